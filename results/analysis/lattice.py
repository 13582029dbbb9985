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
    """The runs of a study as cells by seeds, without gaps.

    Args:
        factors: the levels of each varied factor, in declared order.
        cells: for each cell, its level of each varied factor.
        seeds: the seeds that every cell was run with.
        accuracy: accuracy on the test images, 0-1, `(n_cells, n_seeds)`; NaN where a training
            raised.
        trained: whether each run trained, `(n_cells, n_seeds)`.
        trial_ids: id of the trial behind each run, `(n_cells, n_seeds)`.
        left_out: sentences on what was planned and isn't here.

    Examples:
        >>> from results import load_study
        >>> lattice = make_lattice(load_study(directory))
        >>> lattice.cells[0], lattice.accuracy[0].round(3).tolist()
        (('none', 'categorical_crossentropy'), [0.925, 0.9, 0.95])
        >>> lattice.healthy.tolist()
        [True, True, True, True]
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
        """Whether each cell trained with every seed, `(n_cells,)`."""
        return np.asarray(self.trained.all(axis=1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Contexts:
    """The contexts in which levels of a factor stand beside each other.

    Args:
        factor: name of the factor.
        levels: the levels that are compared, in order.
        contexts: for each context, the levels of the other varied factors.
        cells: numbers of the cells with these levels in each context, `(n_contexts, n_levels)`.
        healthy: whether all cells of a context trained with every seed, `(n_contexts,)`.

    Examples:
        >>> from results import load_study
        >>> contexts = find_contexts(make_lattice(load_study(directory)), "loss")
        >>> contexts.contexts, contexts.cells.tolist()
        (({'normalization': 'none'}, {'normalization': 'range'}), [[0, 1], [2, 3]])
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

    Examples:
        >>> from results import load_study
        >>> lattice = make_lattice(load_study(directory))
        >>> list(lattice.factors), lattice.seeds, lattice.accuracy.shape
        (['normalization', 'loss'], (0, 1, 2), (4, 3))
    """
    recorded = runs_by_cell(study)
    counts = Counter(seed for by_seed in recorded.values() for seed in by_seed)
    seeds = sorted(seed for seed in counts if counts[seed] == max(counts.values()))
    cells = [cell for cell, by_seed in recorded.items() if by_seed.keys() >= set(seeds)]
    runs = [[recorded[cell][seed] for seed in seeds] for cell in cells]
    other_seeds = sorted(set(counts) - set(seeds))
    shape = (len(cells), len(seeds))
    return Lattice(
        factors={name: levels for name, levels in study.description.factors if len(levels) > 1},
        cells=tuple(cells),
        seeds=tuple(seeds),
        accuracy=np.array([[run.accuracy for run in by_seed] for by_seed in runs]).reshape(shape),
        trained=np.array(
            [[run.trained for run in by_seed] for by_seed in runs], dtype=bool
        ).reshape(shape),
        trial_ids=tuple(tuple(run.trial_id for run in by_seed) for by_seed in runs),
        left_out=tuple(_left_out(study, other_seeds, len(recorded) - len(cells))),
    )


def find_contexts(lattice: Lattice, factor: str, levels: Sequence[Level] | None = None) -> Contexts:
    """The contexts in which levels of a factor stand beside each other, in the lattice's order.

    Args:
        lattice: the cells to look among.
        factor: name of a varied factor.
        levels: the levels to compare; None for all levels of the factor.

    Examples:
        >>> from results import load_study
        >>> lattice = make_lattice(load_study(directory))
        >>> find_contexts(lattice, "normalization", ("none", "range")).contexts
        ({'loss': 'categorical_crossentropy'}, {'loss': 'mse'})
    """
    names = list(lattice.factors)
    position = names.index(factor)
    levels = tuple(lattice.factors[factor] if levels is None else levels)
    numbers = {cell: number for number, cell in enumerate(lattice.cells)}
    numbers_by_context: dict[tuple[Level, ...], list[int]] = {}
    for cell in lattice.cells:
        context = cell[:position] + cell[position + 1 :]
        row = [(*context[:position], level, *context[position:]) for level in levels]
        if context not in numbers_by_context and all(cell in numbers for cell in row):
            numbers_by_context[context] = [numbers[cell] for cell in row]
    other_names = [name for name in names if name != factor]
    cells = np.array(list(numbers_by_context.values()), dtype=np.int64).reshape(-1, len(levels))
    return Contexts(
        factor=factor,
        levels=levels,
        contexts=tuple(
            dict(zip(other_names, context, strict=True)) for context in numbers_by_context
        ),
        cells=cells,
        healthy=np.asarray(lattice.healthy[cells].all(axis=1)),
    )


def level_pairs(levels: Sequence[Level]) -> list[tuple[Level, Level]]:
    """Each pair of levels once, in declared order.

    Examples:
        >>> level_pairs((8, 16, 32))
        [(8, 16), (8, 32), (16, 32)]
    """
    return list(itertools.combinations(levels, 2))


class Run(NamedTuple):
    """One run of a cell: its trial's id, its accuracy (0-1, NaN where it raised), its outcome.

    Examples:
        >>> Run(trial_id="5d94", accuracy=0.9, trained=True).trained
        True
    """

    trial_id: str
    accuracy: float
    trained: bool


def runs_by_cell(study: Study) -> dict[tuple[Level, ...], dict[int, Run]]:
    """The runs of each cell by seed.

    Where two models differ in the protocol only, these are the runs of the first one.

    Args:
        study: the study; a cell is its levels of the factors that vary.

    Examples:
        >>> from results import load_study
        >>> runs = runs_by_cell(load_study(directory))
        >>> runs["range", "mse"][2].trained
        True
    """
    runs_by_cell: dict[tuple[Level, ...], dict[int, Run]] = {}
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
        run = Run(trial_id=str(trial_id), accuracy=float(accuracy), trained=bool(trained))
        runs_by_cell.setdefault(cell, {}).setdefault(int(seed), run)
    return runs_by_cell


def _with_all_levels(study: Study) -> pd.DataFrame:
    """The trials that have a level of each factor; without study.json, spaces may be mixed."""
    return study.trials.dropna(subset=list(study.varied))


def _left_out(study: Study, seeds: Sequence[int], cells: int) -> Iterator[str]:
    """The sentences on what a lattice leaves out: these seeds, and so many cells."""
    planned = len(study.description.trial_ids)
    if missing := planned - len(study.trials):
        yield f"{missing} of {planned} planned trials are not recorded"
    if incomplete := len(study.trials) - len(_with_all_levels(study)):
        yield f"effects leave out {incomplete} records that lack a factor which others have"
    if seeds:
        yield f"effects leave out seed {', '.join(map(str, seeds))}, which some cells lack"
    if cells:
        yield f"effects leave out {cells} cells that lack a seed"
