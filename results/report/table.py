"""The sections on anyone's table: its cells, and the effects of its factors."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from results.claims.judgement import counted
from results.claims.questions import JudgedTable
from results.report.choices import choices_report
from results.report.section import Format, Section, figure, percent, points, probability, signed
from results.runs.runs import Runs
from results.statistics.factorial import effects
from search_spaces import Level

# With more rows of interactions nobody reads them, and they take long.
_MOST_INTERACTIONS = 400


def table_report(judged: JudgedTable) -> tuple[Section, ...]:
    """What a table shows besides verdicts: choices, effects and cells.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame(
        ...     {"width": [8, 8, 16, 16], "seed": [0, 1, 0, 1], "score": [0.70, 0.71, 0.90, 0.91]}
        ... )
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> [section.name for section in table_report(judge_question(frame, [], question))]
        ['levels', 'best_cells', 'effects', 'cells']
    """
    choices = choices_report(
        measured(judged),
        response=judged.question.columns.response,
        higher_is_better=judged.question.higher_is_better,
        accuracy=judged.accuracy,
    )
    return (*choices, effects_section(judged), table_cells_section(judged))


def measured(judged: JudgedTable) -> Runs:
    """The runs with their responses as they were measured.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> columns = Columns(factors=("width",), response="score")
        >>> question = Question(columns=columns, higher_is_better=False)
        >>> measured(judge_question(frame, [], question)).response.tolist()
        [[0.7], [0.9]]
    """
    if judged.question.higher_is_better:
        return judged.runs
    return replace(judged.runs, response=-judged.runs.response)


def effects_section(judged: JudgedTable) -> Section:
    """The effects of all factors, and of each two, over the runs that learned.

    Returns:
        The section; its table is that of `results.effects.effects`.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame(
        ...     {"width": [8, 8, 16, 16], "seed": [0, 1, 0, 1], "score": [0.70, 0.71, 0.90, 0.91]}
        ... )
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> table = effects_section(judge_question(frame, [], question)).table
        >>> table[["term", "levels", "estimate"]].round(3)
            term  levels  estimate
        0  width  8 → 16       0.2
    """
    name, title = "effects", "Effects"
    runs = measured(judged)
    varied = {factor: levels for factor, levels in runs.factors.items() if len(levels) > 1}
    frame, columns = runs_table(judged, only_learned=True), judged.question.columns
    if not varied or frame.empty:
        why = "no factor varies" if not varied else "no run learned"
        return Section(name=name, title=title, sentences=(f"There are none to tell: {why}.",))
    order = 2 if _interactions(varied) <= _MOST_INTERACTIONS else 1
    block = columns.seed if runs.shared and len(runs.seeds) > 1 else None
    table = effects(frame, varied, columns.response, block=block, order=order)
    blocks = ", seeds taken out as blocks" if block else ""
    sentences = [
        "The second level minus the first, averaged over the others by least squares, over the "
        f"{counted(len(frame), 'run')} that learned; 95 % intervals, each by itself{blocks}. They "
        "assume that all cells are equally noisy; verdicts don't.",
    ]
    if order == 1:
        sentences.append("Interactions of so many levels are left out.")
    difference: Format = points if judged.accuracy else signed
    formats: Mapping[str, Format] = {
        **dict.fromkeys(("estimate", "low", "high"), difference),
        "p": probability,
    }
    return Section(
        name=name,
        title=title,
        sentences=tuple(sentences),
        table=table,
        formats=formats,
        shown=("term", "levels", "estimate", "low", "high", "p"),
    )


def table_cells_section(judged: JudgedTable) -> Section:
    """The cells of a table: how many of their runs learned, and what these and all gave.

    Returns:
        The section; its table has one row per cell, the best mean first: a column per factor;
        `runs`, `learned`; `mean` and `sd` over all runs with a response; `of`, how many these are.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame(
        ...     {"width": [8, 8, 16, 16], "seed": [0, 1, 0, 1], "score": [0.70, 0.71, 0.90, 0.91]}
        ... )
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> table_cells_section(judge_question(frame, [], question)).table.round(3)
           width  runs  learned   mean     sd  of
        0     16     2        2  0.905  0.007   2
        1      8     2        2  0.705  0.007   2
    """
    runs = measured(judged)
    rows: list[dict[str, object]] = []
    for cell, response, present, learned in zip(
        runs.cells, runs.response, runs.present, runs.learned, strict=True
    ):
        known = response[np.isfinite(response)]
        rows.append(
            {
                **dict(zip(runs.factors, cell, strict=True)),
                "runs": int(present.sum()),
                "learned": int(learned.sum()),
                "mean": float(known.mean()) if len(known) else math.nan,
                "sd": float(known.std(ddof=1)) if len(known) > 1 else math.nan,
                "of": len(known),
            }
        )
    table = pd.DataFrame(rows).sort_values(
        "mean", ascending=not judged.question.higher_is_better, ignore_index=True, kind="stable"
    )
    failed = int(runs.present.sum() - runs.learned.sum())
    sentences = [
        f"{counted(len(runs.cells), 'cell')}, {counted(int(runs.present.sum()), 'run')}; means and "
        "deviations are over all runs with a response, those that failed too."
    ]
    if failed:
        sentences.append(f"{counted(failed, 'run')} did not learn.")
    value: Format = percent if judged.accuracy else figure
    deviation: Format = percent if judged.accuracy else figure
    return Section(
        name="cells",
        title="Cells",
        sentences=tuple(sentences),
        table=table,
        formats={"mean": value, "sd": deviation},
    )


def runs_table(judged: JudgedTable, *, only_learned: bool = False) -> pd.DataFrame:
    """The runs as a table, under the names of the columns that they were read from.

    Args:
        judged: the table.
        only_learned: whether to leave out the runs that did not learn.

    Returns:
        One row per run: a column per factor, the seed, the response as it was measured, and whether
        the run learned, if a column says so.

    Examples:
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> runs_table(judge_question(frame, [], question))
           width  seed  score
        0      8     0    0.7
        1     16     0    0.9
    """
    runs, columns = measured(judged), judged.question.columns
    names = [*runs.factors, columns.seed, columns.response]
    chosen = runs.learned if only_learned else runs.present
    rows = [
        (*cell, runs.seeds[place], float(runs.response[number, place]))
        for number, cell in enumerate(runs.cells)
        for place in np.flatnonzero(chosen[number]).tolist()
    ]
    table = pd.DataFrame(rows, columns=names)
    return table.assign(**{columns.learned: runs.learned[chosen]}) if columns.learned else table


def _interactions(factors: Mapping[str, tuple[Level, ...]]) -> int:
    """How many rows the interactions of each two factors would have."""
    pairs = [math.comb(len(levels), 2) for levels in factors.values()]
    return (sum(pairs) ** 2 - sum(pair**2 for pair in pairs)) // 2
