"""Which cell to take: those that may be the best, and what the one that looks best really gives."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.choices.compared import Compared
from results.statistics.comparisons.best import compare_with_best
from results.statistics.comparisons.difference import Difference
from results.statistics.comparisons.held_out import held_out
from results.statistics.conventions import COVERAGE
from results.statistics.error import StandardError, independent_error
from search_spaces import Level

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellBeside:
    """A cell that can be compared, and how far it is from the best of the others.

    Args:
        cell: its level of each factor.
        runs: the number of its runs.
        mean: its mean response, with its error; nothing is taken off for having been chosen.
        low, high: the interval of its mean minus that of the best other cell, of the joint coverage
            of all cells.
        may_be_best: whether it may be the best.

    Examples:
        >>> mean = Difference(estimate=0.9, error=StandardError(value=0.01, df=2))
        >>> cell = CellBeside(
        ...     cell=("adam", 8), runs=3, mean=mean, low=-0.1, high=0.1, may_be_best=True
        ... )
        >>> cell.may_be_best
        True
    """

    cell: tuple[Level, ...]
    runs: int
    mean: Difference
    low: float
    high: float
    may_be_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the cell that looks best is to be expected to give.

    Args:
        estimate: its figure on runs, and examples, that had no part in choosing it.
        low, high: its interval.

    Examples:
        >>> Expected(estimate=0.97, low=0.96, high=0.98).estimate
        0.97
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BestCells:
    """The cells that can be compared, the highest mean first.

    Args:
        cells: the cells; none where no cell learned with two runs or more, and with every one.
        expected: what the first of them is to be expected to give; None without cells.
        failed: how many cells were set aside, as not every run learned.
        single: how many were set aside as they have a single run, which tells no spread.
        common: the levels that all cells that may be the best have, where not all cells have them.

    Examples:
        >>> BestCells(cells=(), expected=None, failed=4, single=0, common={}).may_be_best
        ()
    """

    cells: tuple[CellBeside, ...]
    expected: Expected | None
    failed: int
    single: int
    common: dict[str, Level]

    @property
    def may_be_best(self) -> tuple[CellBeside, ...]:
        """The cells that may be the best."""
        return tuple(cell for cell in self.cells if cell.may_be_best)


def find_best_cells(compared: Compared) -> BestCells:
    """The cells that may be the best, corrected for having chosen among all of them.

    Cells that failed can't be the best where others learned, and are set aside.

    Args:
        compared: the cells that can be compared.

    Examples:
        >>> import pandas as pd
        >>> from results.choices.compared import compared_cells
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {"width": [8, 8, 16, 16], "seed": [0, 1, 0, 1], "score": [0.7, 0.71, 0.9, 0.91]}
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> best = find_best_cells(compared_cells(runs))
        >>> [cell.cell for cell in best.may_be_best], round(best.expected.estimate, 3)
        ([(16,)], 0.905)
    """
    runs = compared.runs
    failed = int((~runs.healthy).sum())
    single = len(runs.cells) - failed - len(compared.numbers)
    if not len(compared.numbers):
        return BestCells(cells=(), expected=None, failed=failed, single=single, common={})
    found = compare_with_best(compared.cells.centre, compared.pair_errors)
    order = np.argsort(-compared.cells.centre, kind="stable")
    cells = tuple(
        CellBeside(
            cell=runs.cells[compared.numbers[place]],
            runs=int(compared.cells.counts[place]),
            mean=_mean(compared, place),
            low=float(found.low[place]),
            high=float(found.high[place]),
            may_be_best=bool(found.may_be_best[place]),
        )
        for place in order.tolist()
    )
    return BestCells(
        cells=cells,
        expected=_expected(compared, cells[0].mean),
        failed=failed,
        single=single,
        common=_common_levels(list(runs.factors), cells),
    )


def _mean(compared: Compared, place: int) -> Difference:
    return compared.weighted(np.eye(1, len(compared.numbers), place)[0])


def _expected(compared: Compared, highest: Difference) -> Expected:
    """What the cell with the highest mean is to be expected to give.

    The figure is that of the runs and examples held out of the choice. Its error is that of the
    cells that the splits chose, so that their low end allows for the choice; the high end is no
    lower than that of the highest mean itself, which the choice has not made too low.
    """
    answers, cells = compared.answers, compared.cells
    if len(cells.centre) == 1:
        return Expected(estimate=highest.estimate, **_ends(highest, highest))
    found = held_out(
        cells.values[:, :, np.newaxis] if answers is None else answers.parts,
        sizes=None if answers is None else answers.sizes,
        shared=compared.runs.shared,
    )
    # One after the other these cells were chosen by much the same runs: their errors don't cancel.
    places = np.flatnonzero(found.chosen)
    errors = [_mean(compared, place).error for place in places.tolist()]
    parts = found.chosen[places] * [np.nan_to_num(error.value) ** 2 for error in errors]
    error = independent_error(parts, [error.df for error in errors])
    if not error.value > 0:
        error = StandardError(value=math.nan, df=error.df)
    chosen = Difference(estimate=found.estimate, error=error)
    return Expected(estimate=chosen.estimate, **_ends(chosen, highest))


def _ends(chosen: Difference, highest: Difference) -> dict[str, float]:
    low, high = chosen.interval(COVERAGE)
    return {"low": low, "high": float(np.fmax(high, highest.interval(COVERAGE)[1]))}


def _common_levels(factors: list[str], cells: tuple[CellBeside, ...]) -> dict[str, Level]:
    """The levels that all cells that may be the best have, and not all cells."""
    common: dict[str, Level] = {}
    for position, factor in enumerate(factors):
        levels = {cell.cell[position] for cell in cells if cell.may_be_best}
        if len(levels) == 1 and len({cell.cell[position] for cell in cells}) > 1:
            common[factor] = levels.pop()
    return common
