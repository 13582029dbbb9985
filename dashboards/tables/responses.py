"""The numbers behind the figures of anyone's table."""

import numpy as np
import pandas as pd

from dashboards.tables.effects import claim_rows
from dashboards.tables.runs import joined_levels
from results.claims.questions import JudgedTable
from results.report.table import effects_section, runs_table

# So many effects are drawn.
EFFECTS_DRAWN = 40


def judged_rows(judged: JudgedTable) -> pd.DataFrame:
    """The table of `claim_rows`, without a regime: nobody knows how these runs were tuned.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> from search_spaces import Claim
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> claim = Claim(name="1", text="Wide.", factor="width", better=16, worse=8)
        >>> rows = judged_rows(judge_question(frame, [claim], question))
        >>> rows[["says", "kind", "effect"]].head(1).round(3)
             says      kind  effect
        0  16 > 8  averaged     0.2
    """
    return claim_rows(judged.judgements).assign(regime="")


def response_points(judged: JudgedTable) -> pd.DataFrame:
    """Every run with a response, best cell last (uppermost on a figure).

    Returns:
        One row per run: `cell`, `seed`, `response` as it was measured, `learned`.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> response_points(judge_question(frame, [], question))
          cell  seed  response  learned
        0    8     0       0.7     True
        1   16     0       0.9     True
    """
    columns = judged.question.columns
    table = runs_table(judged)
    points = pd.DataFrame(
        {
            "cell": joined_levels(table, list(columns.factors)),
            "seed": table[columns.seed],
            "response": table[columns.response],
            "learned": table[columns.learned] if columns.learned else True,
        }
    )
    points = points[np.isfinite(points["response"])]
    mean = points.groupby("cell")["response"].transform("mean")
    ordered = points.assign(mean=mean).sort_values(
        ["mean", "cell", "seed"], ascending=[judged.question.higher_is_better, True, True]
    )
    return ordered.drop(columns="mean").reset_index(drop=True)


def table_effect_rows(judged: JudgedTable) -> pd.DataFrame:
    """The effects that can be told, main effects first, at most forty.

    Returns:
        One row per effect: `term`, `levels`, `effect`, `low`, `high`, in units of the response.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> table_effect_rows(judge_question(frame, [], question))[["term", "levels", "effect"]]
            term  levels  effect
        0  width  8 → 16     0.2
    """
    table = effects_section(judged).table
    if table is None:
        return pd.DataFrame(columns=["term", "levels", "effect", "low", "high"])
    columns = ["term", "levels", "effect", "low", "high"]
    table = table.rename(columns={"estimate": "effect"})[columns]
    return table[table["effect"].notna()].head(EFFECTS_DRAWN).reset_index(drop=True)
