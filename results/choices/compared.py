"""The cells of which the means can be compared, and what is known of these."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.claims.comparing import packed
from results.runs.runs import Examples, Runs
from results.statistics.comparisons.difference import (
    Difference,
    RobustCells,
    robust_cells,
    weighted_sum,
)
from results.statistics.comparisons.new_examples import (
    ExamplePart,
    cell_answers,
    crossed_error,
    crossed_variances,
)
from results.statistics.comparisons.resampling import resampled_error
from results.statistics.error import ROUNDING, StandardError
from search_spaces import About

_Floats = NDArray[np.float64]
_Cells = NDArray[np.int64]

# Examples are put into so many parts, of which some choose and others measure.
_PARTS = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answered:
    """What the answers of compared cells say of single examples.

    Args:
        right: the share of each cell's runs that answer each example right, less the mean of these
            shares, `(n_cells, n_examples)`.
        rest: the variance of each cell's mean that neither run nor example explains, `(n_cells,)`.
        parts: what each run gives on each part of the examples, `(n_cells, n_seeds, n_parts)`.
        sizes: the number of examples of each part, `(n_parts,)`.

    Examples:
        >>> Answered(
        ...     right=np.zeros((1, 2), dtype=np.float32),
        ...     rest=np.zeros(1),
        ...     parts=np.ones((1, 3, 2)),
        ...     sizes=np.ones(2),
        ... ).right.shape
        (1, 2)
    """

    right: NDArray[np.float32]
    rest: _Floats
    parts: _Floats
    sizes: _Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Compared:
    """The cells that learned with every run, of two runs or more, and what is known of them.

    Args:
        runs: the runs they are of; larger responses are better.
        numbers: their numbers there, `(n_cells,)`.
        cells: their robust means; if seeds go together, a column is a seed.
        answers: their answers to single examples; None: what is said is about these examples.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {"width": [8, 8, 16, 16], "seed": [0, 1, 0, 1], "score": [0.7, 0.8, 0.9, 1.0]}
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> compared = compared_cells(runs)
        >>> compared.numbers.tolist(), round(compared.weighted(np.array([-1.0, 1.0])).estimate, 3)
        ([0, 1], 0.2)
    """

    runs: Runs
    numbers: _Cells
    cells: RobustCells
    answers: Answered | None

    @property
    def about(self) -> About:
        """What is said is about this."""
        if self.runs.split is not None:
            return About.DATA
        return About.THESE if self.answers is None else About.EXAMPLES

    @property
    def variances(self) -> _Floats:
        """The squared error of each cell's mean from its runs, `(n_cells,)`."""
        return self.cells.variance / self.cells.counts

    @property
    def overlap(self) -> float:
        """How often a squared error counts, as splits of the same data overlap; 1 without splits.

        Source: Nadeau & Bengio 2003, as `resampled_error`.
        """
        if self.runs.split is None:
            return 1.0
        train_size, test_size = self.runs.split
        unit = StandardError(value=1.0, df=math.inf)
        splits = self.runs.typical(self.numbers)
        return (
            resampled_error(unit, splits=splits, train_size=train_size, test_size=test_size).value
            ** 2
        )

    def weighted(self, weights: _Floats) -> Difference:
        """A weighted sum of the cells: a mean, or a difference of means.

        Args:
            weights: the weight of each cell, `(n_cells,)`.
        """
        shared = self.runs.seed_is_unit(int(np.count_nonzero(weights)))
        found = weighted_sum(self.cells, weights, shared=shared)
        if self.runs.split is not None:
            value = found.error.value * math.sqrt(self.overlap)
            error = StandardError(value=value, df=found.error.df)
            return Difference(estimate=found.estimate, error=error)
        if self.answers is None:
            return found
        chosen = np.flatnonzero(weights)
        sums = weights[chosen].astype(np.float32) @ self.answers.right[chosen]
        part = ExamplePart(
            variance=float(sums.var(ddof=1, dtype=float)) / len(sums),
            # Where the seed is the unit nothing is taken off for what seeds and examples both hold,
            # which leaves the error rather too large.
            rest=0.0 if shared else float((weights**2 * self.answers.rest).sum()),
            examples=len(sums),
        )
        # Of cells with two runs or more an unknown error is none: seeds change nothing there.
        changes_nothing = math.isnan(found.error.value)
        seeds = StandardError(value=0.0, df=1.0) if changes_nothing else found.error
        error = crossed_error(seeds, part)
        if not error.value > 0:
            error = StandardError(value=math.nan, df=error.df)
        return Difference(estimate=found.estimate, error=error)

    def pair_errors(self, rows: _Cells) -> tuple[_Floats, _Floats]:
        """The standard errors of some cells minus each, and their degrees of freedom.

        Runs of different cells are taken as independent: Welch's error of each pair. Where each
        seed drew its own split, the same for all cells, the two cells are paired by it.

        Args:
            rows: places of the cells here, `(n_some,)`.

        Returns:
            Errors and degrees of freedom, `(n_some, n_cells)`; an error is NaN where neither runs
            nor examples vary.
        """
        if self.runs.split is not None:
            return self._paired_errors(rows)
        variances, free = self.variances, self.variances**2 / (self.cells.counts - 1)
        seeds = variances[rows, np.newaxis] + variances
        with np.errstate(divide="ignore", invalid="ignore"):
            dfs = np.maximum(np.nan_to_num(seeds**2 / (free[rows, np.newaxis] + free)), 1.0)
        if self.answers is not None:
            right, count = self.answers.right, self.answers.right.shape[1]
            squares = np.einsum("ce,ce->c", right, right, dtype=float)
            gaps = squares[rows, np.newaxis] + squares - 2.0 * (right[rows] @ right.T)
            gaps = np.maximum(gaps, 0.0) / (count - 1) / count
            rests = self.answers.rest[rows, np.newaxis] + self.answers.rest
            seeds, dfs = crossed_variances(seeds, dfs, gaps, rests, examples=count)
        return np.where(seeds > 0, np.sqrt(seeds), np.nan), dfs

    def _paired_errors(self, rows: _Cells) -> tuple[_Floats, _Floats]:
        """The same by splits: what each split adds to a difference, squared and summed."""
        cells = self.cells
        scale = np.sqrt(cells.counts * (cells.counts - 1.0))[:, np.newaxis]
        parts = np.nan_to_num((cells.values - cells.centre[:, np.newaxis]) / scale)
        squares = (parts**2).sum(axis=1)
        seeds = squares[rows, np.newaxis] + squares - 2 * (parts[rows] @ parts.T)
        # What is rounding is no variation.
        seeds = np.where(seeds > ROUNDING * (squares[rows, np.newaxis] + squares), seeds, 0.0)
        dfs = np.minimum(cells.counts[rows, np.newaxis], cells.counts) - 1.0
        return np.where(seeds > 0, np.sqrt(seeds * self.overlap), np.nan), dfs


def compared_cells(runs: Runs, about: About | None = None) -> Compared:
    """The cells that learned with every run, of two runs or more.

    Args:
        runs: the runs; larger responses are better.
        about: what is to be said something about; None: new examples where that can be had.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> compared_cells(runs).numbers.tolist()
        []
    """
    numbers = np.flatnonzero(runs.healthy & runs.repeated)
    if not len(numbers):
        nothing = np.zeros(0)
        cells = RobustCells(
            centre=nothing,
            values=np.zeros((0, 0)),
            weights=np.zeros((0, 0)),
            counts=np.zeros(0, dtype=np.int64),
            variance=nothing,
        )
        return Compared(runs=runs, numbers=numbers, cells=cells, answers=None)
    responses = runs.response[numbers]
    together = runs.shared or runs.split is not None
    cells = robust_cells(responses if together else packed(responses))
    answers = None
    has_split = runs.split is not None
    if (
        about is not About.THESE
        and not has_split
        and runs.examples is not None
        and runs.examples.count > 1
    ):
        answers = _read_answers(runs.examples, numbers, cells)
    return Compared(runs=runs, numbers=numbers, cells=cells, answers=answers)


def _read_answers(examples: Examples, numbers: _Cells, cells: RobustCells) -> Answered | None:
    """The answers of all these cells, read once; None where those of a run aren't known."""
    n_parts = min(_PARTS, examples.count)
    # Neighbouring examples may be alike: parts are drawn.
    part_of = np.random.default_rng(0).permutation(examples.count) % n_parts
    sizes = np.bincount(part_of, minlength=n_parts).astype(float)
    in_part = (part_of[:, np.newaxis] == np.arange(n_parts)).astype(np.float32)
    right = np.zeros((len(numbers), examples.count), dtype=np.float32)
    rest = np.zeros(len(numbers))
    parts = np.full((*cells.values.shape, n_parts), np.nan)
    for place, number in enumerate(numbers.tolist()):
        known = examples.right(number)
        if known is None:
            return None
        present = np.isfinite(cells.values[place])
        weights = cells.weights[place][present]
        answers = cell_answers(known, weights)
        right[place] = answers.right - answers.right.mean()
        rest[place] = answers.rest / answers.runs / examples.count
        # A run that stands out is drawn to what the others answer.
        by_run = known.astype(np.float32) @ in_part / sizes
        typical = weights @ by_run / weights.sum()
        parts[place, present] = typical + weights[:, np.newaxis] * (by_run - typical)
    return Answered(right=right, rest=rest, parts=parts, sizes=sizes)
