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
from results.records.outcome import DEFAULT_THRESHOLDS
from results.records.study import Study
from results.report.findings import Findings
from results.report.section import Format, Section, probability, share

# The threshold of a trained run, and two lower ones.
_THRESHOLDS = (0.2, 0.5, DEFAULT_THRESHOLDS.trained)
_ALPHA = 0.05


def failure_sections(study: Study, findings: Findings) -> tuple[Section, ...]:
    """All sections on training at all."""
    effects = [effect for effect in findings.training if _differing(effect)]
    return (failure_map_section(study, findings), by_level(effects), by_context(effects))


def failure_map_section(study: Study, findings: Findings) -> Section:
    """How many cells failed, where these lie, and how sure so many seeds are."""
    cells = failure_map(findings.lattice)
    if not cells:
        return Section(
            title="Failure map", sentences=("No recorded cell has a level of each factor.",)
        )
    found = findings.conjunctions
    sentences = [_headline(cells), *_sensitivity(study), _intervals(cells)]
    return Section(
        title="Failure map",
        sentences=tuple(sentences),
        table=conjunction_table(found) if found else None,
        formats={"failed_share": share},
    )


def conjunction_table(found: Sequence[Conjunction]) -> pd.DataFrame:
    """One row per conjunction of levels that fail together.

    Columns: `failures_lie_where`; `cells`, how many have these levels; `failed` of `runs`;
    `failed_share`, 0-1.
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
            for conjunction in found
        ]
    )


def by_level(effects: Sequence[FailureEffect]) -> Section:
    """Which levels train more often, counted in contexts."""
    title = "Training by level"
    if not effects:
        return Section(title=title)
    told = (
        "In how many contexts the second level trains more or less often than the first, and in "
        "how many Fisher's exact test, by Holm over the contexts, gives p < 0.05. Runs of "
        "different contexts are never pooled."
    )
    rows = [
        {
            "factor": effect.factor,
            "levels": f"{effect.levels[0]} → {effect.levels[1]}",
            "more": sum(count.second > count.first for count in effect.contexts),
            "less": sum(count.second < count.first for count in effect.contexts),
            "same": sum(count.second == count.first for count in effect.contexts),
            "significant": sum(count.holm_p < _ALPHA for count in effect.contexts),
        }
        for effect in effects
    ]
    return Section(title=title, sentences=(told,), table=pd.DataFrame(rows))


def by_context(effects: Sequence[FailureEffect]) -> Section:
    """The counts in each context in which two levels differ."""
    title = "Training by level and context"
    if not effects:
        return Section(title=title)
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
    told = "Runs of each level that trained, in the contexts in which they are not as many."
    return Section(
        title=title, sentences=(told,), table=pd.DataFrame(rows), formats=formats, detail=True
    )


def _differing(effect: FailureEffect) -> list[TrainedCount]:
    return [count for count in effect.contexts if count.first != count.second]


def _headline(cells: Sequence[CellCount]) -> str:
    never = sum(not cell.trained for cell in cells)
    always = sum(cell.trained == cell.seeds for cell in cells)
    if always == len(cells):
        return f"All {len(cells)} cells trained with every seed."
    sometimes = len(cells) - never - always
    with_some = f", {sometimes} with some but not all" if sometimes else ""
    return f"{never} of {len(cells)} cells failed with every seed{with_some}."


def _sensitivity(study: Study) -> Iterator[str]:
    counts = [failures_at(study, threshold) for threshold in _THRESHOLDS]
    if not counts[-1]:
        return
    named = " / ".join(f"{100 * threshold:.0f}" for threshold in _THRESHOLDS)
    if len(set(counts)) == 1:
        yield (
            f"Failures are clear-cut: {counts[0]} of {len(study.trials)} runs, wherever a trained "
            f"one begins ({named} % accuracy)."
        )
    else:
        yield (
            f"How many runs failed depends on where a trained one begins: "
            f"{' / '.join(map(str, counts))} of {len(study.trials)} at {named} % accuracy."
        )


def _intervals(cells: Sequence[CellCount]) -> str:
    """What each count that was seen says of the probability to train."""
    seen = {cell.trained: cell for cell in sorted(cells, key=lambda cell: cell.trained)}
    told = [
        f"{trained} of {cell.seeds} means {100 * cell.low:.0f} to {100 * cell.high:.0f} %"
        for trained, cell in seen.items()
    ]
    return f"Of a cell's probability to train (Clopper-Pearson, 95 %) {', '.join(told)}."
