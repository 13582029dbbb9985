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
# A conjunction as pairs of a factor's position and a level.
_Literals = tuple[tuple[int, Level], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellCount:
    """How many runs of a cell trained, with the 95 % interval of Clopper & Pearson.

    Args:
        cell: the cell's level of each varied factor.
        trained: number of runs that trained.
        seeds: number of runs.
        low, high: ends of the interval of the probability to train, 0-1.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> count = failure_map(make_lattice(load_study(directory)))[0]
        >>> f"{count.trained} of {count.seeds}: {count.low:.2f} to {count.high:.2f}"
        '3 of 3: 0.29 to 1.00'
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
        levels: the levels by factor; none at all where every cell failed.
        cells: number of cells that have these levels.
        failed: number of their runs that failed.
        runs: number of their runs.

    Examples:
        >>> levels = {"optimizer": "sgd", "loss": "mse"}
        >>> str(Conjunction(levels=levels, cells=8, failed=20, runs=24))
        'optimizer=sgd and loss=mse'
    """

    levels: Mapping[str, Level]
    cells: int
    failed: int
    runs: int

    def __str__(self) -> str:
        parts = (f"{factor}={level}" for factor, level in self.levels.items())
        return " and ".join(parts) or "every cell"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainedCount:
    """How often two levels of a factor trained in one context.

    Args:
        context: the levels of the other factors.
        first, second: number of runs of each level that trained.
        seeds: number of runs of each level.
        p_value: two-sided p-value of Fisher's exact test; NaN where all runs trained or none did,
            as no such test can tell anything (Tarone 1990, Biometrics 46).
        holm_p: that p-value adjusted by Holm over the contexts that are tested.

    Examples:
        >>> import dataclasses
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> lattice = make_lattice(load_study(directory))
        >>> mse_fails = np.array([[True] * 3, [False] * 3] * 2)
        >>> failing = dataclasses.replace(lattice, trained=mse_fails)
        >>> count = count_trained(failing, find_contexts(failing, "loss"))[0]
        >>> f"{count.first} against {count.second}: p = {count.p_value:.1f}, {count.holm_p:.1f}"
        '3 against 0: p = 0.1, 0.2'
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
        factor: name of the factor.
        levels: the two levels that are compared, in declared order.
        contexts: one count for each context in which both stand beside each other.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> effect = failure_effects(make_lattice(load_study(directory)))[0]
        >>> effect.factor, effect.levels, len(effect.contexts)
        ('normalization', ('none', 'range'), 2)
    """

    factor: str
    levels: tuple[Level, Level]
    contexts: tuple[TrainedCount, ...]


def failure_map(lattice: Lattice) -> tuple[CellCount, ...]:
    """How often each cell of a lattice trained, in the order of the lattice.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> [count.trained for count in failure_map(make_lattice(load_study(directory)))]
        [3, 3, 3, 3]
    """
    return tuple(
        _cell_count(dict(zip(lattice.factors, cell, strict=True)), trained.tolist())
        for cell, trained in zip(lattice.cells, lattice.trained, strict=True)
    )


def failed_conjunctions(lattice: Lattice) -> tuple[Conjunction, ...]:
    """The fewest and shortest conjunctions of levels that hold all failed cells and no other.

    A cell has failed if it did with some seed. A conjunction says nothing of cells that are not in
    the lattice. The conjunctions are found as a minimal sum of products is (Quine 1952, McCluskey
    1956), with levels in place of bits: first all that can't be shortened, then the fewest of these
    that hold every failed cell, of equally many the shortest. Where more than twelve are left to
    choose from, the one that holds most of the remaining cells is taken each time.

    Returns:
        The conjunctions, the widest first; one without levels if every cell failed; none if no cell
        did.

    Examples:
        >>> import dataclasses
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> lattice = make_lattice(load_study(directory))
        >>> trained = np.array([[True] * 3, [False] * 3, [True] * 3, [True] * 3])
        >>> failing = dataclasses.replace(lattice, trained=trained)
        >>> [str(conjunction) for conjunction in failed_conjunctions(failing)]
        ['normalization=none and loss=mse']
    """
    failed = set(np.flatnonzero(~lattice.healthy).tolist())
    cover = _fewest(_shortest(lattice.cells, failed), failed)
    conjunctions = [_conjunction(lattice, literals, cells) for literals, cells in cover.items()]
    return tuple(sorted(conjunctions, key=lambda conjunction: -conjunction.cells))


def count_trained(lattice: Lattice, found: Contexts) -> tuple[TrainedCount, ...]:
    """How often two levels trained in each of their contexts.

    Args:
        lattice: the runs of a study.
        found: the contexts of the two levels in this lattice.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> lattice = make_lattice(load_study(directory))
        >>> counts = count_trained(lattice, find_contexts(lattice, "loss"))
        >>> [(count.first, count.second, count.p_value) for count in counts]
        [(3, 3, nan), (3, 3, nan)]
    """
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
    """What each pair of levels of each factor does to training at all.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> effects = failure_effects(make_lattice(load_study(directory)))
        >>> [(effect.factor, effect.levels) for effect in effects]
        [('normalization', ('none', 'range')), ('loss', ('categorical_crossentropy', 'mse'))]
    """
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
    """How many recorded runs would have failed if it took this test accuracy, 0-1, to have trained.

    A run that raised, was not finite or gave one answer to everything failed at any accuracy.

    Examples:
        >>> from results import load_study
        >>> failures_at(load_study(directory), 0.95)
        5
    """
    by_kind = study.trials["outcome"].isin([kind.value for kind in _BY_KIND])
    return int((by_kind | (study.trials["test_accuracy"] < threshold)).sum())


def _cell_count(cell: Mapping[str, Level], trained: Sequence[bool]) -> CellCount:
    low, high = clopper_pearson(sum(trained), len(trained))
    return CellCount(cell=cell, trained=sum(trained), seeds=len(trained), low=low, high=high)


def _shortest(cells: Sequence[tuple[Level, ...]], failed: set[int]) -> dict[_Literals, set[int]]:
    """The cells, by number, of every conjunction that has failed ones only and can't be shortened.

    Args:
        cells: the levels of each cell.
        failed: numbers of the cells that failed.
    """
    shortest: dict[_Literals, set[int]] = {}
    positions = range(len(cells[0]) if cells else 0)
    for size in range(len(positions) + 1):
        for combination in itertools.combinations(positions, size):
            numbers_by_literals: dict[_Literals, set[int]] = {}
            for number, cell in enumerate(cells):
                literals = tuple((position, cell[position]) for position in combination)
                numbers_by_literals.setdefault(literals, set()).add(number)
            for literals, numbers in numbers_by_literals.items():
                if numbers <= failed and not _has_part(literals, shortest):
                    shortest[literals] = numbers
    return shortest


def _has_part(literals: _Literals, conjunctions: Mapping[_Literals, set[int]]) -> bool:
    """Whether a part of the conjunction is a conjunction already."""
    return any(
        part in conjunctions
        for size in range(len(literals))
        for part in itertools.combinations(literals, size)
    )


def _fewest(
    conjunctions: Mapping[_Literals, set[int]], failed: set[int]
) -> dict[_Literals, set[int]]:
    """The fewest of these conjunctions that hold all failed cells between them.

    Args:
        conjunctions: numbers of the cells that each conjunction holds.
        failed: numbers of the cells that failed.
    """
    holders = Counter(number for cells in conjunctions.values() for number in cells)
    necessary = {
        literals: cells
        for literals, cells in conjunctions.items()
        if any(holders[number] == 1 for number in cells)
    }
    rest = failed.difference(*necessary.values())
    useful = {literals: cells & rest for literals, cells in conjunctions.items() if cells & rest}
    cover = _exact_cover if len(useful) <= _EXACT_UP_TO else _greedy_cover
    return necessary | {literals: conjunctions[literals] for literals in cover(useful, rest)}


def _exact_cover(useful: Mapping[_Literals, set[int]], rest: set[int]) -> Sequence[_Literals]:
    """The fewest conjunctions that hold the rest of the cells, of equally many the shortest."""
    for size in range(len(useful) + 1):
        covers = [
            cover
            for cover in itertools.combinations(useful, size)
            if rest <= set().union(*(useful[literals] for literals in cover))
        ]
        if covers:
            return min(covers, key=lambda cover: sum(map(len, cover)))
    raise AssertionError("every failed cell is held by itself at least")


def _greedy_cover(useful: Mapping[_Literals, set[int]], rest: set[int]) -> Iterator[_Literals]:
    """Conjunctions that hold the rest of the cells, each time the one that holds most of them."""
    while rest:
        best = max(useful, key=lambda literals: (len(useful[literals] & rest), -len(literals)))
        rest = rest - useful[best]
        yield best


def _conjunction(lattice: Lattice, literals: _Literals, cells: set[int]) -> Conjunction:
    """The conjunction of these literals, which holds these cells, by number."""
    names = list(lattice.factors)
    trained = lattice.trained[sorted(cells)]
    return Conjunction(
        levels={names[position]: level for position, level in literals},
        cells=len(cells),
        failed=int((~trained).sum()),
        runs=trained.size,
    )
