"""The lattice of a study: what each cell gave with each seed, and where it can be compared.

Accuracies of failed trainings are never averaged: a comparison of levels is made in those contexts,
the levels of the other factors, in which every level trained with every seed.
"""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.records.outcome import Outcome
from results.records.study import Study
from search_spaces import Level

Context = Mapping[str, Level]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lattice:
    """Cells by seeds, without gaps.

    Args:
        factors: levels of each varied factor, in declared order.
        cells: level of each varied factor, for each cell.
        seeds: the blocks.
        accuracy: of the test images, 0-1, `(n_cells, n_seeds)`; NaN where a training raised.
        trained: whether it trained, `(n_cells, n_seeds)`.
        trial_ids: whose record it is, `(n_cells, n_seeds)`.
        left_out: in sentences, what was planned and isn't here.
    """

    factors: Mapping[str, tuple[Level, ...]]
    cells: tuple[tuple[Level, ...], ...]
    seeds: tuple[int, ...]
    accuracy: NDArray[np.float64]
    trained: NDArray[np.bool_]
    trial_ids: tuple[tuple[str, ...], ...]
    left_out: tuple[str, ...] = ()

    @property
    def healthy(self) -> NDArray[np.bool_]:
        """Which cells trained with every seed, `(n_cells)`."""
        return np.asarray(self.trained.all(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contexts:
    """The contexts in which some levels of a factor stand beside each other.

    Args:
        factor: whose levels.
        levels: which, in order.
        contexts: levels of the other varied factors, one mapping each.
        cells: numbers of the lattice's cells, `(n_contexts, n_levels)`.
        healthy: whether every level trained with every seed, `(n_contexts)`.
    """

    factor: str
    levels: tuple[Level, ...]
    contexts: tuple[Context, ...]
    cells: NDArray[np.int64]
    healthy: NDArray[np.bool_]


def make_lattice(study: Study) -> Lattice:
    """The lattice of a study's records.

    Where trials are still missing, it is made of the seeds that most cells have, and of the cells
    that have all of these; `left_out` says what that leaves out. A training that raised is a failed
    one.
    """
    rows = _rows_by_cell(study)
    counts = Counter(seed for by_seed in rows.values() for seed in by_seed)
    seeds = sorted(seed for seed in counts if counts[seed] == max(counts.values()))
    cells = [cell for cell, by_seed in rows.items() if by_seed.keys() >= set(seeds)]
    kept = [[rows[cell][seed] for seed in seeds] for cell in cells]
    shape = (len(cells), len(seeds))
    return Lattice(
        factors={name: levels for name, levels in study.description.factors if len(levels) > 1},
        cells=tuple(cells),
        seeds=tuple(seeds),
        accuracy=np.array([[row.accuracy for row in by_seed] for by_seed in kept]).reshape(shape),
        trained=np.array(
            [[row.trained for row in by_seed] for by_seed in kept], dtype=bool
        ).reshape(shape),
        trial_ids=tuple(tuple(row.trial_id for row in by_seed) for by_seed in kept),
        left_out=tuple(_left_out(study, sorted(set(counts) - set(seeds)), len(rows) - len(cells))),
    )


def find_contexts(lattice: Lattice, factor: str, levels: Sequence[Level] | None = None) -> Contexts:
    """Where these levels of a factor, or all, stand beside each other, in the lattice's order."""
    names = list(lattice.factors)
    position = names.index(factor)
    levels = tuple(lattice.factors[factor] if levels is None else levels)
    numbers = {cell: number for number, cell in enumerate(lattice.cells)}
    found: dict[tuple[Level, ...], list[int]] = {}
    for cell in lattice.cells:
        others = cell[:position] + cell[position + 1 :]
        cells = [(*others[:position], level, *others[position:]) for level in levels]
        if others not in found and all(beside in numbers for beside in cells):
            found[others] = [numbers[beside] for beside in cells]
    rest = [name for name in names if name != factor]
    cells = np.array(list(found.values()), dtype=np.int64).reshape(-1, len(levels))
    return Contexts(
        factor=factor,
        levels=levels,
        contexts=tuple(dict(zip(rest, others, strict=True)) for others in found),
        cells=cells,
        healthy=np.asarray(lattice.healthy[cells].all(axis=1)),
    )


def level_pairs(levels: Sequence[Level]) -> list[tuple[Level, Level]]:
    """Each pair of levels once, in declared order."""
    return list(itertools.combinations(levels, 2))


class _Run(NamedTuple):
    trial_id: str
    accuracy: float
    trained: bool


def _rows_by_cell(study: Study) -> dict[tuple[Level, ...], dict[int, _Run]]:
    """Each cell's runs by seed. Of two models that differ in the protocol only, the first one's."""
    rows: dict[tuple[Level, ...], dict[int, _Run]] = {}
    trials = _with_all_levels(study)
    cells = zip(*(trials[name] for name in study.varied), strict=True)
    runs = zip(
        cells if study.varied else itertools.repeat(()),
        trials["seed"],
        trials["trial_id"],
        trials["test_accuracy"],
        trials["outcome"] == Outcome.TRAINED.value,
        strict=False,
    )
    for cell, seed, trial_id, accuracy, trained in runs:
        run = _Run(trial_id=str(trial_id), accuracy=float(accuracy), trained=bool(trained))
        rows.setdefault(cell, {}).setdefault(int(seed), run)
    return rows


def _with_all_levels(study: Study) -> pd.DataFrame:
    """The trials that have a level of each factor: without study.json, spaces may be mixed."""
    return study.trials.dropna(subset=list(study.varied))


def _left_out(study: Study, seeds: Sequence[int], cells: int) -> Iterator[str]:
    planned = len(study.description.trial_ids)
    if missing := planned - len(study.trials):
        yield f"{missing} of {planned} planned trials are not recorded"
    if lacking := len(study.trials) - len(_with_all_levels(study)):
        yield f"effects leave out {lacking} records that lack a factor which others have"
    if seeds:
        yield f"effects leave out seed {', '.join(map(str, seeds))}, which some cells lack"
    if cells:
        yield f"effects leave out {cells} cells that lack a seed"
