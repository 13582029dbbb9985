"""What a plan can find out: the smallest difference it detects, and the seeds a given one needs."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from results.analysis.fraction import equivalent_contexts
from results.analysis.lattice import make_lattice
from results.analysis.quality import ROPE
from results.records.study import Study
from results.statistics.contrast import ENOUGH_SEEDS, residual_noise
from results.statistics.power import minimum_detectable_effect, seeds_needed
from search_spaces import Cell, Level

# One run to the next, in accuracy 0-1: about what 1.1 % of errors in 10,000 images give by
# themselves (Jordan 2024, arXiv 2304.01910).
ASSUMED_SIGMA = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigma:
    """Standard deviation of one run from seed to seed, accuracy 0-1, and where it comes from."""

    value: float = ASSUMED_SIGMA
    source: str = "assumed"


def estimated_sigma(study: Study) -> Sigma:
    """The deviation in a study's own records, or the assumed one where they don't tell."""
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
    """What a design can detect with 80 % power at the 5 % level, if every cell trains.

    Args:
        cells: of the design, each once.
        seeds: runs of each.
        sigma: of one run.
    """
    matched = main_effect_contexts(cells)
    contexts = {**matched, **equivalent_contexts(cells)}
    worth = "worth " if contexts != matched else ""
    if not contexts:
        return ()
    design = _Design(cells=len(cells), seeds=seeds, sigma=sigma.value)
    alone = "; one seed gives no interval, so this is if that deviation is right" * (seeds == 1)
    mains = _mains(contexts, worth)
    found = [f"{_points(design.detectable(n))} in {named}" for n, named in mains]
    needed = [f"{design.needed(n)} seeds in {named}" for n, named in mains]
    return (
        f"{', '.join(found)}, {_points(design.detectable(1))} between two cells, with {seeds} "
        f"seed{'s' * (seeds > 1)}; run-to-run deviation {_points(sigma.value)} ({sigma.source})"
        f"{alone}",
        f"{_points(ROPE)} takes {', '.join(needed)}, {design.needed(1)} between two cells",
    )


def main_effect_contexts(cells: Sequence[Cell]) -> Mapping[str, int]:
    """For each varied factor, in how many contexts some of its levels stand beside each other."""
    names = [name for name, _ in cells[0].levels]
    counts: dict[str, int] = {}
    for position, name in enumerate(names):
        beside: defaultdict[tuple[Level, ...], set[Level]] = defaultdict(set)
        for cell in cells:
            levels = tuple(level for _, level in cell.levels)
            beside[levels[:position] + levels[position + 1 :]].add(levels[position])
        if compared := sum(len(found) > 1 for found in beside.values()):
            counts[name] = compared
    return counts


@dataclass(frozen=True, slots=True, kw_only=True)
class _Design:
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
        """The seeds that a difference of the ROPE needs."""
        pooled, own = (
            seeds_needed(ROPE, sigma=self.sigma, contexts=contexts, cells=self.cells, pooled=rule)
            for rule in (True, False)
        )
        return pooled if pooled < ENOUGH_SEEDS else max(own, ENOUGH_SEEDS)


def _mains(contexts: Mapping[str, int], worth: str) -> list[tuple[int, str]]:
    """Each number of contexts, or what is worth so many, and whose main effects have it."""
    counts = sorted(set(contexts.values()), reverse=True)
    if len(counts) == 1:
        return [(counts[0], f"a main effect ({worth}{_contexts(counts[0])})")]
    return [
        (n, f"{' and '.join(name for name in contexts if contexts[name] == n)} ({there})")
        for n in counts
        for there in [f"{worth}{_contexts(n)}"]
    ]


def _contexts(count: int) -> str:
    return f"{count} context{'s' * (count > 1)}"


def _points(value: float) -> str:
    return f"{100 * value:.2f} pp"
