"""What anyone's table says: a row for each claim, sections on its cells and its factors."""

import math
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from results.claims.judgement import Judgement, counted, named_places, wins_words
from results.claims.questions import JudgedTable
from results.report.choices import choices_report
from results.report.section import Format, Section, figure, percent, points, probability, signed
from results.runs.effort import time_words
from results.runs.runs import Runs
from results.statistics.factorial import effects
from search_spaces import About, Level

COLUMNS = (
    *("claim", "verdict", "estimate", "low", "high", "p", "smallest", "where", "seeds_needed"),
    *("seconds_needed", "contexts", "wins", "wins_low", "wins_high", "wins_p", "sentence"),
)
# With more rows of interactions nobody reads them, and they take long.
_MOST_INTERACTIONS = 400


def judged_row(judgement: Judgement) -> dict[str, object]:
    """What is found out about a claim, as a row with `COLUMNS`, which `judge_table` describes.

    Examples:
        >>> from results.claims.deciding import Verdict
        >>> from search_spaces import Claim
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> judgement = Judgement(claim=claim, verdict=Verdict.INCONCLUSIVE, reason="one run")
        >>> judged_row(judgement)["sentence"]
        'mine: inconclusive (one run).'
    """
    low, high = judgement.interval
    all_runs = judgement.all_runs
    wins = all_runs.wins_interval(judgement.coverage) if all_runs else (math.nan, math.nan)
    return {
        "claim": judgement.claim.name,
        "verdict": judgement.verdict.value,
        "estimate": judgement.estimate,
        "low": low,
        "high": high,
        "p": judgement.p_value,
        "smallest": _or_missing(judgement.smallest),
        "where": named_places(judgement.where),
        "seeds_needed": pd.NA if judgement.seeds_needed is None else judgement.seeds_needed,
        "seconds_needed": _or_missing(judgement.seconds_needed),
        "contexts": judgement.compared,
        "wins": all_runs.wins if all_runs else math.nan,
        "wins_low": wins[0],
        "wins_high": wins[1],
        "wins_p": all_runs.wins_p if all_runs else math.nan,
        "sentence": _sentence(judgement),
    }


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


def _or_missing(value: float | None) -> float:
    return math.nan if value is None else value


def _sentence(judgement: Judgement) -> str:
    outcome = f"{judgement.claim.name}: {judgement.verdict.value}"
    if judgement.reason:
        outcome += f" ({judgement.reason})"
    parts = [outcome, wins_words(judgement)]
    if judgement.by_all_runs:
        parts += [_shift(judgement), _where_all_learned(judgement), _about_new(judgement)]
        parts.append(judgement.unit)
    elif judgement.difference:
        parts += [_difference(judgement), _about_new(judgement), judgement.unit]
    if judgement.seeds_needed is not None:
        words = f"a decision at this estimate takes about {judgement.seeds_needed} seeds"
        if judgement.seconds_needed is not None:
            words += f", {time_words(judgement.seconds_needed)} more of training, one run at a time"
        parts.append(words)
    elif judgement.needs_examples:
        more = "data" if judgement.about is About.DATA else "examples"
        parts.append(f"more seeds alone don't decide it, more {more} would")
    return "; ".join(filter(None, parts)) + "."


def _difference(judgement: Judgement) -> str:
    claim = judgement.claim
    return (
        f"{claim.better} better than {claim.worse} by {judgement.estimate:+.4g}"
        f"{_interval(judgement.interval, judgement.coverage)} {_place(judgement)}"
    )


def _shift(judgement: Judgement) -> str:
    """By how much a level is better by all runs; empty where failures alone tell."""
    if not math.isfinite(judgement.estimate):
        return ""
    claim = judgement.claim
    return (
        f"as if {claim.better} were better than {claim.worse} by {judgement.estimate:+.4g}"
        f"{_interval(judgement.interval, judgement.coverage)}"
    )


def _where_all_learned(judgement: Judgement) -> str:
    """What holds in the contexts in which every run learned; empty where there is none."""
    if judgement.difference is None:
        return ""
    contexts = counted(len(judgement.in_contexts), "context")
    interval = judgement.difference.interval(judgement.coverage)
    return (
        f"{judgement.difference.estimate:+.4g}{_interval(interval, judgement.coverage)} in "
        f"{contexts} where every run learned"
    )


def _interval(interval: tuple[float, float], coverage: float) -> str:
    """An interval in brackets; empty where nothing is known of it."""
    low, high = interval
    if math.isnan(low) or (math.isinf(low) and math.isinf(high)):
        return ""
    ends = f"{low:+.4g} to {high:+.4g}"
    if math.isinf(high):
        ends = f"{low:+.4g} or more"
    elif math.isinf(low):
        ends = f"{high:+.4g} or less"
    return f" ({ends}, {100 * coverage:.4g} %)"


def _about_new(judgement: Judgement) -> str:
    """About what new it is, and what holds on these examples; empty where it is about these."""
    if judgement.about is About.DATA:
        return "about new data of the same source, the splits' overlap reckoned with"
    if judgement.about is About.EXAMPLES and judgement.by_all_runs:
        return "about new examples"
    if not judgement.these or math.isnan(judgement.seed_share):
        return ""
    ends = judgement.these.interval(judgement.coverage)
    on_these = "" if math.isnan(ends[0]) else f" ({ends[0]:+.4g} to {ends[1]:+.4g} on these)"
    return (
        f"about new examples{on_these}, {100 * judgement.seed_share:.0f} % of the squared error "
        "being seeds"
    )


def _place(judgement: Judgement) -> str:
    """Where a difference was seen."""
    if judgement.by_model:
        return f"from {counted(judgement.compared, 'cell')} together"
    if judgement.contexts == 1:
        return "in this one context"
    return f"in {counted(judgement.compared, 'context')}"
