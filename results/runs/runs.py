"""The runs that claims are judged on, cells by seeds, and the contexts among them."""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search_spaces import Level

_Cell = tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examples:
    """The answers of runs to single examples.

    Args:
        count: the number of examples.
        right: from the number of a cell, whether each of its runs that learned, in the order of
            their seeds, answers each example right, `(n_runs, n_examples)`; None where that of one
            of them isn't known.

    Examples:
        >>> Examples(count=2, right=lambda cell: np.array([[True, False]])).right(0).shape
        (1, 2)
    """

    count: int
    right: Callable[[int], NDArray[np.bool_] | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runs:
    """The runs of a study or a table, cells by seeds; some may be missing.

    Args:
        factors: the levels of each factor that occur, in order of their first row.
        cells: a level of each factor, for each cell that occurs.
        seeds: the seeds that occur, in order.
        present: whether there is a run, `(n_cells, n_seeds)`.
        response: the responses, `(n_cells, n_seeds)`; NaN where there is no run, or a run that did
            not learn has none.
        learned: whether a run learned, `(n_cells, n_seeds)`; False where there is none.
        shared: whether runs of one seed go together over cells. As read: whether some seed stands
            in more than one cell.
        split: the numbers of examples that each seed trained and tested on, `(train, test)`, where
            it drew its own for all cells; None where all seeds have the same.
        examples: the answers to single examples, of which a response is the share that is right;
            None where they aren't known.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 8, 16], "seed": [0, 1, 0], "score": [0.7, 0.8, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> runs.cells, runs.response.tolist(), runs.shared
        (((8,), (16,)), [[0.7, 0.8], [0.9, nan]], True)
    """

    factors: Mapping[str, tuple[Level, ...]]
    cells: tuple[_Cell, ...]
    seeds: tuple[object, ...]
    present: NDArray[np.bool_]
    response: NDArray[np.float64]
    learned: NDArray[np.bool_]
    shared: bool
    split: tuple[int, int] | None = None
    examples: Examples | None = None

    @property
    def healthy(self) -> NDArray[np.bool_]:
        """Whether each cell learned with every run that it has, `(n_cells,)`."""
        return np.asarray((self.learned == self.present).all(axis=1))

    @property
    def repeated(self) -> NDArray[np.bool_]:
        """Whether each cell has two runs or more, without which its spread isn't known."""
        return np.asarray(self.present.sum(axis=1) > 1)

    def typical(self, cells: NDArray[np.int64]) -> float:
        """How many runs these cells, by number, have, as their harmonic mean."""
        counts = self.present[cells.ravel()].sum(axis=1)
        return float(len(counts) / (1 / counts).sum())

    def fewest(self, cells: NDArray[np.int64]) -> int:
        """The fewest runs that one of these cells, by number, has."""
        return int(self.present[cells.ravel()].sum(axis=1).min())

    def seed_is_unit(self, cells: int) -> bool:
        """Whether the seed is the unit of a weighted sum of so many cells, and not the run.

        In a single context it is the run, which takes it that a seed doesn't favour one level there
        and harm the other; unless seeds drew their own examples, the same for both levels.
        """
        return self.split is not None or (self.shared and cells > 2)

    def varied(self, scope: Mapping[str, Level]) -> dict[str, Level]:
        """The part of a scope that is about factors which vary here."""
        return {name: level for name, level in scope.items() if name in self.factors}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matched:
    """The contexts in which two levels of a factor stand beside each other.

    Args:
        contexts: for each context its levels of the other factors.
        cells: the numbers of the two cells of each, `(n_contexts, 2)`.

    Examples:
        >>> matched = Matched(contexts=({"loss": "mse"},), cells=np.array([[0, 1]]))
        >>> len(matched.only(np.array([True, True])).contexts)
        1
    """

    contexts: tuple[Mapping[str, Level], ...]
    cells: NDArray[np.int64]

    def only(self, cells: NDArray[np.bool_]) -> "Matched":
        """The contexts of which both cells are among these, `(n_cells_of_all_runs,)`."""
        chosen = cells[self.cells].all(axis=1)
        contexts = tuple(itertools.compress(self.contexts, np.asarray(chosen)))
        return Matched(contexts=contexts, cells=self.cells[chosen])


def matched_cells(
    runs: Runs, factor: str, levels: tuple[Level, Level], scope: Mapping[str, Level]
) -> Matched:
    """The contexts in which two levels of a factor stand beside each other.

    Args:
        runs: the runs.
        factor: the factor that the two levels are of.
        levels: the two levels.
        scope: levels of other factors that a context must have; factors that don't vary are passed
            over.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> matched_cells(runs, "width", (8, 16), {}).cells.tolist()
        [[0, 1]]
    """
    names = list(runs.factors)
    position = names.index(factor)
    limits = runs.varied(scope)
    numbers = {cell: number for number, cell in enumerate(runs.cells)}
    contexts: list[dict[str, Level]] = []
    pairs: list[list[int]] = []
    for cell in runs.cells:
        if cell[position] != levels[0]:
            continue
        partner = numbers.get((*cell[:position], levels[1], *cell[position + 1 :]))
        context = {name: cell[n] for n, name in enumerate(names) if name != factor}
        if partner is not None and limits.items() <= context.items():
            contexts.append(context)
            pairs.append([numbers[cell], partner])
    return Matched(contexts=tuple(contexts), cells=np.array(pairs, dtype=np.int64).reshape(-1, 2))
