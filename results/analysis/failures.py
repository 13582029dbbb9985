"""Which cells train at all: the first part of the analysis, before any quality.

Whether a cell trains is near certain either way, so runs of several cells are never pooled as if
they were independent: what is reported is counts within cells, and where the failures lie.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from results.analysis.lattice import Context, Contexts, Lattice, find_contexts, level_pairs
from results.records.outcome import Outcome
from results.records.study import Study
from results.statistics.contrast import holm
from results.statistics.proportions import clopper_pearson, fisher
from search_spaces import Level

# What no threshold of accuracy makes a trained run.
_BY_KIND = (Outcome.ERROR, Outcome.NAN, Outcome.CONSTANT)
# So many conjunctions can be tried in every combination.
_EXACT_UP_TO = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCount:
    """How many runs of a cell trained, with the 95 % interval of Clopper & Pearson.

    Args:
        cell: level of each varied factor.
        trained, seeds: so many of so many.
        low, high: of the probability to train, 0-1.
    """

    cell: Mapping[str, Level]
    trained: int
    seeds: int
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Conjunction:
    """Levels that fail together: every cell that has all of them failed with some seed.

    Args:
        levels: by factor; none at all: every cell failed.
        cells: how many have these levels.
        failed, runs: so many of their runs failed.
    """

    levels: Mapping[str, Level]
    cells: int
    failed: int
    runs: int

    def __str__(self) -> str:
        named = (f"{factor}={level}" for factor, level in self.levels.items())
        return " and ".join(named) or "every cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedCount:
    """How often two levels of a factor trained in one context.

    Args:
        context: the levels of the other factors.
        first, second: runs of each level that trained.
        seeds: runs of each.
        p_value: Fisher's exact test, two-sided; NaN where all runs trained or none did, as no
            such test can tell anything (Tarone 1990, Biometrics 46).
        holm_p: the same, by Holm over the contexts that are tested.
    """

    context: Context
    first: int
    second: int
    seeds: int
    p_value: float
    holm_p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureEffect:
    """What one level of a factor does to training at all, against another.

    Args:
        factor, levels: the compared ones, in declared order.
        contexts: one count for each context in which both stand beside each other.
    """

    factor: str
    levels: tuple[Level, Level]
    contexts: tuple[TrainedCount, ...]


def failure_map(lattice: Lattice) -> tuple[CellCount, ...]:
    """How often each cell of a lattice trained, in its order."""
    return tuple(
        _cell_count(dict(zip(lattice.factors, cell, strict=True)), trained.tolist())
        for cell, trained in zip(lattice.cells, lattice.trained, strict=True)
    )


def failed_conjunctions(lattice: Lattice) -> tuple[Conjunction, ...]:
    """The fewest and shortest conjunctions of levels that hold all failed cells and no other.

    A cell has failed if it did with some seed. Of the lattice's cells a conjunction holds failed
    ones only; what is not in the lattice it says nothing of. Found as a minimal sum of products is
    (Quine 1952, McCluskey 1956), levels in place of bits: all conjunctions that can't be shortened,
    then the fewest that cover, of equally many the shortest; where more than twelve are left to
    choose from, each time the one that covers most.

    Returns:
        The widest first; one without levels if every cell failed; none if no cell did.
    """
    failed = set(np.flatnonzero(~lattice.healthy).tolist())
    chosen = _fewest(_shortest(lattice.cells, failed), failed)
    found = [_conjunction(lattice, literals, held) for literals, held in chosen.items()]
    return tuple(sorted(found, key=lambda conjunction: -conjunction.cells))


def count_trained(lattice: Lattice, found: Contexts) -> tuple[TrainedCount, ...]:
    """How often two levels trained in each of their contexts."""
    seeds = len(lattice.seeds)
    counts = lattice.trained[found.cells].sum(axis=2).tolist()
    p_values = [
        fisher(first, seeds, second, seeds) if 0 < first + second < 2 * seeds else math.nan
        for first, second in counts
    ]
    return tuple(
        TrainedCount(
            context=context,
            first=first,
            second=second,
            seeds=seeds,
            p_value=p_value,
            holm_p=float(adjusted),
        )
        for context, (first, second), p_value, adjusted in zip(
            found.contexts, counts, p_values, holm(p_values), strict=True
        )
    )


def failure_effects(lattice: Lattice) -> tuple[FailureEffect, ...]:
    """What each pair of levels of each factor does to training at all."""
    return tuple(
        FailureEffect(
            factor=factor,
            levels=pair,
            contexts=count_trained(lattice, find_contexts(lattice, factor, pair)),
        )
        for factor, levels in lattice.factors.items()
        for pair in level_pairs(levels)
    )


def failures_at(study: Study, threshold: float) -> int:
    """How many recorded runs would have failed if a trained one began at this accuracy, 0-1.

    A run that raised, was not finite or gave one answer to everything failed at any accuracy.
    """
    by_kind = study.trials["outcome"].isin([kind.value for kind in _BY_KIND])
    return int((by_kind | (study.trials["test_accuracy"] < threshold)).sum())


def _cell_count(cell: Mapping[str, Level], trained: Sequence[bool]) -> CellCount:
    low, high = clopper_pearson(sum(trained), len(trained))
    return CellCount(cell=cell, trained=sum(trained), seeds=len(trained), low=low, high=high)


# Pairs of a factor's position and a level.
_Literals = tuple[tuple[int, Level], ...]


def _shortest(cells: Sequence[tuple[Level, ...]], failed: set[int]) -> dict[_Literals, set[int]]:
    """Every conjunction that holds failed cells only and can't be shortened, and what it holds."""
    found: dict[_Literals, set[int]] = {}
    positions = range(len(cells[0]) if cells else 0)
    for size in range(len(positions) + 1):
        for chosen in itertools.combinations(positions, size):
            held: dict[_Literals, set[int]] = {}
            for number, cell in enumerate(cells):
                literals = tuple((position, cell[position]) for position in chosen)
                held.setdefault(literals, set()).add(number)
            for literals, numbers in held.items():
                if numbers <= failed and not _shortened(literals, found):
                    found[literals] = numbers
    return found


def _shortened(literals: _Literals, found: Mapping[_Literals, set[int]]) -> bool:
    """Whether a part of the conjunction is among those found."""
    return any(
        part in found
        for size in range(len(literals))
        for part in itertools.combinations(literals, size)
    )


def _fewest(found: Mapping[_Literals, set[int]], failed: set[int]) -> dict[_Literals, set[int]]:
    """The fewest conjunctions that hold all failed cells."""
    holders = Counter(number for held in found.values() for number in held)
    chosen = {
        literals: held
        for literals, held in found.items()
        if any(holders[number] == 1 for number in held)
    }
    rest = failed.difference(*chosen.values())
    useful = {literals: held & rest for literals, held in found.items() if held & rest}
    cover = _exact_cover if len(useful) <= _EXACT_UP_TO else _greedy_cover
    return chosen | {literals: found[literals] for literals in cover(useful, rest)}


def _exact_cover(useful: Mapping[_Literals, set[int]], rest: set[int]) -> Sequence[_Literals]:
    for size in range(len(useful) + 1):
        covers = [
            picked
            for picked in itertools.combinations(useful, size)
            if rest <= set().union(*(useful[literals] for literals in picked))
        ]
        if covers:
            return min(covers, key=lambda picked: sum(map(len, picked)))
    raise AssertionError("every failed cell is held by itself at least")


def _greedy_cover(useful: Mapping[_Literals, set[int]], rest: set[int]) -> Iterator[_Literals]:
    while rest:
        best = max(useful, key=lambda literals: (len(useful[literals] & rest), -len(literals)))
        rest = rest - useful[best]
        yield best


def _conjunction(lattice: Lattice, literals: _Literals, held: set[int]) -> Conjunction:
    names = list(lattice.factors)
    trained = lattice.trained[sorted(held)]
    return Conjunction(
        levels={names[position]: level for position, level in literals},
        cells=len(held),
        failed=int((~trained).sum()),
        runs=trained.size,
    )
