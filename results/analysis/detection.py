"""What a plan can find out: the smallest difference it detects, and the seeds a given one needs."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from results.analysis.fraction import equivalent_contexts
from results.analysis.lattice import make_lattice
from results.records.study import Study
from results.statistics.conventions import ENOUGH_SEEDS, SMALLEST_DIFFERENCE
from results.statistics.error import residual_noise
from results.statistics.power import minimum_detectable_effect, seeds_needed
from search_spaces import Cell, Level

# Deviation from one run to the next, in accuracy 0-1: about what 1.1 % of errors in 10,000 images
# give by themselves (Jordan 2024, arXiv 2304.01910).
ASSUMED_SIGMA = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigma:
    """The standard deviation of one run from seed to seed, and where it comes from.

    Args:
        value: the deviation, in accuracy 0-1.
        source: what it was taken from, in words.

    Examples:
        >>> Sigma()
        Sigma(value=0.001, source='assumed')
    """

    value: float = ASSUMED_SIGMA
    source: str = "assumed"


def estimated_sigma(study: Study) -> Sigma:
    """The deviation in a study's own records, or the assumed one where they don't tell.

    Examples:
        >>> from results import load_study
        >>> estimated_sigma(load_study(directory))
        Sigma(value=0.0190..., source='estimated from 4 trained cells of 3 seeds')
    """
    lattice = make_lattice(study)
    accuracy = lattice.accuracy[lattice.healthy]
    if len(accuracy) < 2 or len(lattice.seeds) < 2:
        return Sigma()
    noise = residual_noise(accuracy)
    if not noise.mean_square > 0:
        return Sigma()
    source = f"estimated from {noise.cells} trained cells of {noise.seeds} seeds"
    return Sigma(value=math.sqrt(noise.mean_square), source=source)


def detection_sentences(cells: Sequence[Cell], *, seeds: int, sigma: Sigma) -> tuple[str, ...]:
    """The sentences on what a design can detect with 80 % power at the 5 % level.

    They take it that every cell trains. A design of a single cell has none.

    Args:
        cells: the cells of the design, each once.
        seeds: number of runs of each cell.
        sigma: the deviation of one run.

    Examples:
        >>> cells = [Cell.of({"width": w, "depth": d}) for w in (8, 16) for d in (1, 2)]
        >>> detection_sentences(cells, seeds=5, sigma=Sigma())[1]
        '0.10 pp takes 10 seeds in a main effect (2 contexts), 18 between two cells'
    """
    side_by_side = main_effect_contexts(cells)
    contexts = {**side_by_side, **equivalent_contexts(cells)}
    if not contexts:
        return ()
    design = _Design(cells=len(cells), seeds=seeds, sigma=sigma.value)
    warning = "; one seed gives no interval, so this is if that deviation is right" * (seeds == 1)
    effects = _main_effects(contexts, worth="worth " if contexts != side_by_side else "")
    smallest = [f"{_points(design.detectable(n))} in {effect}" for n, effect in effects]
    seed_counts = [f"{design.needed(n)} seeds in {effect}" for n, effect in effects]
    return (
        f"{', '.join(smallest)}, {_points(design.detectable(1))} between two cells, with {seeds} "
        f"seed{'s' * (seeds > 1)}; run-to-run deviation {_points(sigma.value)} ({sigma.source})"
        f"{warning}",
        f"{_points(SMALLEST_DIFFERENCE)} takes {', '.join(seed_counts)}, "
        f"{design.needed(1)} between two cells",
    )


def main_effect_contexts(cells: Sequence[Cell]) -> Mapping[str, int]:
    """For each varied factor, the number of contexts in which levels of it can be compared.

    A context can compare levels where two cells or more differ in nothing but this factor.

    Examples:
        >>> pairs = [(8, 1), (8, 2), (16, 1), (16, 2), (32, 2)]
        >>> main_effect_contexts([Cell.of({"width": w, "depth": d}) for w, d in pairs])
        {'width': 2, 'depth': 2}
    """
    names = [name for name, _ in cells[0].levels]
    counts: dict[str, int] = {}
    for position, name in enumerate(names):
        levels_by_context: defaultdict[tuple[Level, ...], set[Level]] = defaultdict(set)
        for cell in cells:
            levels = tuple(level for _, level in cell.levels)
            context = levels[:position] + levels[position + 1 :]
            levels_by_context[context].add(levels[position])
        if count := sum(len(levels) > 1 for levels in levels_by_context.values()):
            counts[name] = count
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
    """What the power of a design depends on: cells, seeds, the deviation of a run (0-1)."""

    cells: int
    seeds: int
    sigma: float

    def detectable(self, contexts: int) -> float:
        """The minimum detectable effect, by the error that an interval will rest on."""
        pooled = 1 < self.seeds < ENOUGH_SEEDS
        df = (self.cells - 1) * (self.seeds - 1) if pooled else None
        return minimum_detectable_effect(
            sigma=self.sigma, contexts=contexts, seeds=self.seeds, pooled_df=df
        )

    def needed(self, contexts: int) -> int:
        """The seeds that it takes to detect the smallest difference that matters."""
        pooled, own = (
            seeds_needed(
                SMALLEST_DIFFERENCE,
                sigma=self.sigma,
                contexts=contexts,
                cells=self.cells,
                pooled=rule,
            )
            for rule in (True, False)
        )
        return pooled if pooled < ENOUGH_SEEDS else max(own, ENOUGH_SEEDS)


def _main_effects(contexts: Mapping[str, int], *, worth: str) -> list[tuple[int, str]]:
    """Each number of contexts, most first, and the words for the main effects that have it.

    Args:
        contexts: the number of contexts of each factor.
        worth: the word before a number to which cells of a fraction are equivalent; else empty.
    """
    counts = sorted(set(contexts.values()), reverse=True)
    if len(counts) == 1:
        return [(counts[0], f"a main effect ({worth}{_contexts(counts[0])})")]
    return [
        (n, f"{' and '.join(name for name in contexts if contexts[name] == n)} ({count})")
        for n in counts
        for count in [f"{worth}{_contexts(n)}"]
    ]


def _contexts(count: int) -> str:
    return f"{count} context{'s' * (count > 1)}"


def _points(value: float) -> str:
    return f"{100 * value:.2f} pp"
