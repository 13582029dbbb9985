"""The sections on which cells train at all, and where the others lie."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from results.analysis.failures import (
    CellCount,
    Conjunction,
    FailureEffect,
    TrainedCount,
    failure_map,
    failures_at,
)
from results.records.study import Study
from results.report.findings import Findings
from results.report.section import Format, Section, probability, share
from results.statistics.conventions import ALPHA, COVERAGE


def failure_sections(study: Study, findings: Findings) -> tuple[Section, ...]:
    """All sections on training at all; those with nothing to say are empty.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> [section.name for section in failure_sections(study, analyse(study))]
        ['failure_map', 'training_by_level', 'training_by_context']
    """
    effects = [effect for effect in findings.training if _differing(effect)]
    return (failure_map_section(study, findings), by_level(effects), by_context(effects))


def failure_map_section(study: Study, findings: Findings) -> Section:
    """How many cells failed, where these lie, and how sure so many seeds are.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> failure_map_section(study, analyse(study)).sentences[0]
        'All 4 cells trained with every seed.'
    """
    name, title = "failure_map", "Failure map"
    cells = failure_map(findings.lattice)
    if not cells:
        sentence = "No recorded cell has a level of each factor."
        return Section(name=name, title=title, sentences=(sentence,))
    conjunctions = findings.conjunctions
    return Section(
        name=name,
        title=title,
        sentences=(
            _headline(cells),
            f"A run counts as trained by a {study.description.thresholds}.",
            *_sensitivity(study),
            _intervals(cells),
        ),
        table=conjunction_table(conjunctions) if conjunctions else None,
        formats={"failed_share": share},
    )


def conjunction_table(conjunctions: Sequence[Conjunction]) -> pd.DataFrame:
    """The levels that fail together.

    Returns:
        One row per conjunction of levels: `failures_lie_where`; `cells`, how many cells have these
        levels; `failed` of `runs`; `failed_share`, 0-1.

    Examples:
        >>> levels = {"optimizer": "adam", "loss": "mse"}
        >>> conjunction_table([Conjunction(levels=levels, cells=8, failed=20, runs=40)])
                   failures_lie_where  cells  failed  runs  failed_share
        0  optimizer=adam and loss=mse      8      20    40           0.5
    """
    return pd.DataFrame(
        [
            {
                "failures_lie_where": str(conjunction),
                "cells": conjunction.cells,
                "failed": conjunction.failed,
                "runs": conjunction.runs,
                "failed_share": conjunction.failed / conjunction.runs,
            }
            for conjunction in conjunctions
        ]
    )


def by_level(effects: Sequence[FailureEffect]) -> Section:
    """In how many contexts one level trains more often than another.

    Examples:
        >>> count = TrainedCount(
        ...     context={"loss": "mse"}, first=1, second=5, seeds=5, p_value=0.048, holm_p=0.048
        ... )
        >>> levels = ("none", "range")
        >>> effect = FailureEffect(factor="normalization", levels=levels, contexts=(count,))
        >>> by_level([effect]).table
                  factor        levels  more  less  same  significant
        0  normalization  none → range     1     0     0            1
    """
    name, title = "training_by_level", "Training by level"
    if not effects:
        return Section(name=name, title=title)
    sentence = (
        "In how many contexts the second level trains more or less often than the first, and in "
        f"how many Fisher's exact test, by Holm over the contexts, gives p < {ALPHA:g}. Runs of "
        "different contexts are never pooled."
    )
    rows = [
        {
            "factor": effect.factor,
            "levels": f"{effect.levels[0]} → {effect.levels[1]}",
            "more": sum(count.second > count.first for count in effect.contexts),
            "less": sum(count.second < count.first for count in effect.contexts),
            "same": sum(count.second == count.first for count in effect.contexts),
            "significant": sum(count.holm_p < ALPHA for count in effect.contexts),
        }
        for effect in effects
    ]
    return Section(name=name, title=title, sentences=(sentence,), table=pd.DataFrame(rows))


def by_context(effects: Sequence[FailureEffect]) -> Section:
    """How often two levels trained, in each context in which they differ.

    Examples:
        >>> count = TrainedCount(
        ...     context={"loss": "mse"}, first=1, second=5, seeds=5, p_value=0.048, holm_p=0.048
        ... )
        >>> levels = ("none", "range")
        >>> effect = FailureEffect(factor="normalization", levels=levels, contexts=(count,))
        >>> by_context([effect]).table[["context", "first", "second", "seeds"]]
          context  first  second  seeds
        0     mse      1       5      5
    """
    name, title = "training_by_context", "Training by level and context"
    if not effects:
        return Section(name=name, title=title)
    rows = [
        {
            "factor": effect.factor,
            "levels": f"{effect.levels[0]} → {effect.levels[1]}",
            "context": " · ".join(map(str, count.context.values())),
            "first": count.first,
            "second": count.second,
            "seeds": count.seeds,
            "p": count.p_value,
            "holm_p": count.holm_p,
        }
        for effect in effects
        for count in _differing(effect)
    ]
    formats: Mapping[str, Format] = {"p": probability, "holm_p": probability}
    sentence = "Runs of each level that trained, in the contexts in which they are not as many."
    return Section(
        name=name,
        title=title,
        sentences=(sentence,),
        table=pd.DataFrame(rows),
        formats=formats,
        detail=True,
    )


def _differing(effect: FailureEffect) -> list[TrainedCount]:
    """The contexts in which one level trained more often than the other."""
    return [count for count in effect.contexts if count.first != count.second]


def _headline(cells: Sequence[CellCount]) -> str:
    """How many cells failed, with every seed and with some."""
    failed = sum(not cell.trained for cell in cells)
    healthy = sum(cell.trained == cell.seeds for cell in cells)
    if healthy == len(cells):
        return f"All {len(cells)} cells trained with every seed."
    mixed = len(cells) - failed - healthy
    with_some = f", {mixed} with some but not all" if mixed else ""
    return f"{failed} of {len(cells)} cells failed with every seed{with_some}."


def _sensitivity(study: Study) -> Iterator[str]:
    """Whether the number of failures depends on the threshold; nothing where nothing failed."""
    declared = study.description.thresholds
    if declared.stuck == declared.trained:
        return
    tried = (declared.stuck, (declared.stuck + declared.trained) / 2, declared.trained)
    counts = [failures_at(study, threshold) for threshold in tried]
    if not counts[-1]:
        return
    thresholds = " / ".join(f"{100 * threshold:.0f}" for threshold in tried)
    if len(set(counts)) == 1:
        yield (
            f"Failures are clear-cut: {counts[0]} of {len(study.trials)} runs, wherever a trained "
            f"one begins ({thresholds} % accuracy)."
        )
    else:
        yield (
            f"How many runs failed depends on where a trained one begins: "
            f"{' / '.join(map(str, counts))} of {len(study.trials)} at {thresholds} % accuracy."
        )


def _intervals(cells: Sequence[CellCount]) -> str:
    """What each number of trained seeds that occurs says of a cell's probability to train."""
    by_count = {cell.trained: cell for cell in sorted(cells, key=lambda cell: cell.trained)}
    intervals = ", ".join(
        f"{count} of {cell.seeds} means {100 * cell.low:.0f} to {100 * cell.high:.0f} %"
        for count, cell in by_count.items()
    )
    return f"Of a cell's probability to train (Clopper-Pearson, {share(COVERAGE)}) {intervals}."
