"""The sections on choices: which matters most, which level of each, and which cell to take."""

import dataclasses
import math
from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from results.choices.best import BestCells, CellBeside
from results.choices.choices import Choices, find_choices
from results.choices.levels import FactorLevels, LevelMean
from results.choices.ranking import Endpoint, Ranking
from results.claims.judgement import counted, named_places
from results.report.section import (
    ACCURACY,
    Section,
    Wording,
    figure,
    percent,
    points,
    share,
    signed,
    whole,
)
from results.runs.runs import Runs
from results.statistics.comparisons.difference import Difference
from results.statistics.conventions import ALPHA, COVERAGE
from search_spaces import About, Level

# What the reading of a level says.
_BEST, _MAY_BE_BEST, _NOT_BEST, _NOT_COMPARED = "best", "may be best", "not best", "not compared"
_TUNED = "That each cell chose its setting on noisy scores is not in these intervals."
_SUBJECTS: Mapping[Endpoint, str] = {
    Endpoint.LEARNING: "For learning at all",
    Endpoint.QUALITY: "Where every run learned",
}


def choices_report(
    runs: Runs,
    *,
    response: str,
    about: About | None = None,
    higher_is_better: bool = True,
    accuracy: bool = False,
) -> tuple[Section, ...]:
    """The sections on the choices behind any runs, those of a table or of a study.

    Args:
        runs: the runs, with responses as they were measured.
        response: what the response is called.
        about: what is to be said something about; None: new examples where that can be had.
        higher_is_better: whether larger responses are better.
        accuracy: whether the response is an accuracy in 0-1, to be read in percent and points.

    Examples:
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {"width": [8, 8, 16, 16], "seed": [0, 1, 0, 1], "score": [0.70, 0.71, 0.90, 0.91]}
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> for section in choices_report(runs, response="score"):
        ...     print(f"{section.title}: {section.sentences[0]}")
        Levels: Best: width=16.
        Which cell to take: 1 of 2 cells may be the best: width=16.
    """
    if not higher_is_better:
        runs = dataclasses.replace(runs, response=-runs.response)
    wording = table_wording(response, higher_is_better=higher_is_better, accuracy=accuracy)
    sections = choice_sections(find_choices(runs, about), wording)
    return tuple(section for section in sections if section.sentences)


def table_wording(response: str, *, higher_is_better: bool, accuracy: bool) -> Wording:
    """How the response of anyone's table is told.

    Args:
        response: what the response is called.
        higher_is_better: whether larger responses are better.
        accuracy: whether the response is an accuracy in 0-1, to be read in percent and points.

    Examples:
        >>> table_wording("seconds", higher_is_better=False, accuracy=False).reads(-12.5)
        '12.5'
    """
    return Wording(
        response=response,
        examples="examples",
        value=percent if accuracy else figure,
        difference=points if accuracy else signed,
        sign=1 if higher_is_better else -1,
        limits=(0.0, 1.0) if accuracy else (-math.inf, math.inf),
    )


def choice_sections(
    choices: Choices, wording: Wording = ACCURACY, *, tuned: bool = False
) -> tuple[Section, ...]:
    """The three sections on choices; those without sentences have nothing to say.

    Args:
        choices: what runs say of them.
        wording: how the response is told.
        tuned: whether these are the trials at tuned settings.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> choices = analyse(load_study(directory)).choices
        >>> [section.title for section in choice_sections(choices)]
        ['Which choice matters most', 'Levels', 'Which cell to take']
    """
    sections = (
        ranking_section(choices, wording),
        levels_section(choices, wording),
        best_section(choices, wording),
    )
    if not tuned:
        return sections
    return tuple(
        dataclasses.replace(
            section,
            name=f"tuned_{section.name}",
            title=f"{section.title} at tuned settings",
            sentences=(*section.sentences, _TUNED) if section.sentences else (),
        )
        for section in sections
    )


def ranking_section(choices: Choices, wording: Wording = ACCURACY) -> Section:
    """Which choice matters most: factors and pairs by their share of the variance between cells.

    Returns:
        The section; its table has one row per endpoint for which cells surely differ, and term:
        `endpoint`, `term`; `share` (0-1) with its interval `low`, `high`.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = ranking_section(analyse(load_study(directory)).choices)
        >>> section.sentences[0]
        'Where every run learned, cells as a whole differ no more than chance explains.'
    """
    rows = [
        {
            "endpoint": ranking.endpoint.value,
            "term": term.term,
            "share": term.share,
            "low": term.low,
            "high": term.high,
        }
        for ranking in choices.rankings
        if ranking.differ
        for term in ranking.terms
    ]
    name, title = "ranking", "Which choice matters most"
    sentences = tuple(_ranking_sentences(choices.rankings))
    if not rows:
        return Section(name=name, title=title, sentences=sentences)
    rule = (
        f"Shares of the variance between the true means of cells, {_noise(choices, wording)} taken "
        f"off, with {share(COVERAGE)} intervals; a:b is what two do together beyond each alone. "
        "They are about the levels that were tried."
    )
    return Section(
        name=name,
        title=title,
        sentences=(*sentences, rule),
        table=pd.DataFrame(rows),
        formats={"share": share, "low": share, "high": share},
    )


def levels_section(choices: Choices, wording: Wording = ACCURACY) -> Section:
    """A mean for each level, and which may be the best.

    Returns:
        The section; its table has one row per factor and level: `mean` with its own interval `low`,
        `high`; `best_low`, `best_high`, the interval of the mean minus that of the best other
        level; `contexts` compared, `of` all; `reading`: `best`, `may be best`, `not best` or `not
        compared`.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = levels_section(analyse(load_study(directory)).choices)
        >>> section.table[["factor", "level", "mean", "reading"]].round(3)
                  factor                     level   mean      reading
        0  normalization                      none  0.917  may be best
        1  normalization                     range  0.971  may be best
        2           loss  categorical_crossentropy  0.954  may be best
        3           loss                       mse  0.933  may be best
    """
    name, title = "levels", "Levels"
    if not any(found.levels for found in choices.levels):
        return Section(name=name, title=title)
    table = pd.DataFrame([row for found in choices.levels for row in _level_rows(found, wording)])
    rule = (
        "Means over the contexts in which all levels of a factor learned with every run, with "
        f"{share(COVERAGE)} intervals, about {_about(choices, wording)}. Best low and high: the "
        "mean minus that of the best other level. Of each factor the best level is left out with a "
        f"chance of {share(ALPHA)} at most."
    )
    return Section(
        name=name,
        title=title,
        sentences=(*_level_sentences(choices.levels), rule),
        table=table,
        formats={
            **dict.fromkeys(("mean", "low", "high"), wording.value),
            **dict.fromkeys(("best_low", "best_high"), wording.difference),
            "contexts": whole,
        },
    )


def best_section(choices: Choices, wording: Wording = ACCURACY) -> Section:
    """Which cell to take: those that may be the best, and what the first of them really gives.

    Returns:
        The section; its table has the cells that may be the best, the highest mean first, unless
        all may be: a column per factor; `runs`; `mean` with its own interval `low`, `high`,
        uncorrected; `best_low`, `best_high`, the interval of the mean minus that of the best other
        cell.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = best_section(analyse(load_study(directory)).choices)
        >>> section.sentences[0]
        '4 of 4 cells may be the best.'
    """
    name, title = "best_cells", "Which cell to take"
    best = choices.best
    if not best.cells or not choices.factors:
        return Section(name=name, title=title, sentences=_nothing_to_take(choices))
    rows = [
        {
            **dict(zip(choices.factors, cell.cell, strict=True)),
            "runs": cell.runs,
            **_mean_and_ends(cell.mean, wording),
            **_best_ends(cell, wording),
        }
        for cell in best.may_be_best
    ]
    return Section(
        name=name,
        title=title,
        sentences=tuple(_best_sentences(choices, best, wording)),
        table=pd.DataFrame(rows) if len(rows) < len(best.cells) else None,
        formats={
            **dict.fromkeys(("mean", "low", "high"), wording.value),
            **dict.fromkeys(("best_low", "best_high"), wording.difference),
        },
    )


def _noise(choices: Choices, wording: Wording) -> str:
    more = {About.EXAMPLES: f" and {wording.examples}", About.DATA: " and data"}
    return f"the noise of runs{more.get(choices.about, '')}"


def _about(choices: Choices, wording: Wording) -> str:
    return {
        About.DATA: "new seeds and new data of the same source, training part too",
        About.EXAMPLES: f"new seeds and new {wording.examples} of the same source",
        About.THESE: f"new seeds on these {wording.examples}",
    }[choices.about]


def _ranking_sentences(rankings: Sequence[Ranking]) -> Iterator[str]:
    for ranking in rankings:
        subject = _SUBJECTS[ranking.endpoint]
        if not ranking.differ:
            yield f"{subject}, cells as a whole differ no more than chance explains."
            continue
        top = ranking.terms[0]
        size = f"{share(top.share)} ({_span(top.low, top.high)}) of what varies"
        if ranking.first:
            yield f"{subject}, {top.term} matters most: {size}."
        else:
            yield f"{subject}, no choice surely matters most; {top.term} seems to: {size}."
    quality = [ranking for ranking in rankings if ranking.endpoint is Endpoint.QUALITY]
    if not all(ranking.balanced for ranking in rankings if ranking.differ):
        yield "As cells are missing, shares overlap and don't add up."
    if untold := {term for ranking in quality for term in ranking.untold}:
        yield f"{counted(len(untold), 'term')} can't be told from others by these cells."


def _span(low: float, high: float) -> str:
    return f"{100 * low:.0f} to {share(high)}"


def _level_sentences(factors: Sequence[FactorLevels]) -> Iterator[str]:
    compared = [found for found in factors if found.levels]
    sure = [f"{found.factor}={found.best[0]}" for found in compared if len(found.best) == 1]
    if sure:
        yield f"Best: {', '.join(sure)}."
    for found in compared:
        others = [level.level for level in found.levels if not level.may_be_best]
        if len(found.best) > 1 and others:
            yield (
                f"{found.factor}: {_listed(found.best, 'or')} may be best, "
                f"{_listed(others, 'and')} surely {'is' if len(others) == 1 else 'are'} not."
            )
    if undecided := [found.factor for found in compared if len(found.best) == len(found.levels)]:
        yield f"Any level may be best: {', '.join(undecided)}."
    for found in factors:
        if found.absent:
            yield (
                f"{found.factor}: with {_listed(found.absent, 'or')} no cell learned with every "
                "run, two or more."
            )
        elif not found.of:
            yield f"{found.factor}: its levels stand beside each other nowhere."
        elif not found.levels:
            yield f"{found.factor}: in none of {counted(found.of, 'context')} did all levels learn."


def _listed(levels: Sequence[Level], last: str) -> str:
    """Levels in a list of words, the last two joined by `and` or `or`."""
    words = list(map(str, levels))
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else words[0]


def _level_rows(found: FactorLevels, wording: Wording) -> Iterator[dict[str, object]]:
    for level in found.levels:
        alone = len(found.best) == 1
        yield {
            "factor": found.factor,
            "level": level.level,
            **_mean_and_ends(level.mean, wording),
            **_best_ends(level, wording),
            "contexts": found.contexts,
            "of": found.of,
            "reading": (_BEST if alone else _MAY_BE_BEST) if level.may_be_best else _NOT_BEST,
        }
    columns = ("mean", "low", "high", "best_low", "best_high", "contexts")
    for level in found.absent:
        yield {
            "factor": found.factor,
            "level": level,
            **dict.fromkeys(columns, math.nan),
            "of": found.of,
            "reading": _NOT_COMPARED,
        }


def _best_ends(found: LevelMean | CellBeside, wording: Wording) -> dict[str, float]:
    """How far a mean is from the best of the others; an end that isn't known is NaN."""
    low, high = sorted((wording.sign * found.low, wording.sign * found.high))
    return {
        "best_low": low if math.isfinite(low) else math.nan,
        "best_high": high if math.isfinite(high) else math.nan,
    }


def _mean_and_ends(mean: Difference, wording: Wording) -> dict[str, float]:
    """A mean with its own interval."""
    low, high = wording.turned(*mean.interval(COVERAGE))
    return {"mean": wording.sign * mean.estimate, "low": low, "high": high}


def _nothing_to_take(choices: Choices) -> tuple[str, ...]:
    best = choices.best
    if best.failed and not best.single:
        return (f"None: in none of {counted(best.failed, 'cell')} did every run learn.",)
    if best.single:
        return (
            f"Can't be told: {counted(best.single, 'cell')} with a single run, which tells no "
            "spread" + (f", {best.failed} with a run that did not learn." if best.failed else "."),
        )
    return ()


def _best_sentences(choices: Choices, best: BestCells, wording: Wording) -> Iterator[str]:
    may_be, first = best.may_be_best, best.cells[0]
    count = f"{len(may_be)} of {counted(len(best.cells), 'cell')} may be the best"
    named = named_places([dict(zip(choices.factors, first.cell, strict=True))])
    if len(may_be) == 1:
        yield f"{count}: {named}."
    else:
        common = f", all with {named_places([best.common])}" if best.common else ""
        yield f"{count}{common}."
    expected = best.expected
    if expected and len(best.cells) > 1:
        low, high = wording.turned(expected.low, expected.high)
        span = f" ({wording.value(low)} to {wording.value(high)})"
        interval = "" if math.isnan(low) else span
        yield (
            f"The highest mean, of {named}, is {wording.reads(first.mean.estimate)}. As it was "
            f"chosen for that, expect {wording.reads(expected.estimate)}{interval} of "
            f"{_about(choices, wording)}."
        )
    failed = f"{best.failed} as not every run learned" if best.failed else ""
    single = f"{best.single} with a single run" if best.single else ""
    if failed or single:
        yield f"Set aside: {', '.join(filter(None, (failed, single)))}."
