"""Weighted sums of cells, as the difference of two levels over contexts, robust to single bad runs.

What decides claims: pseudo-values where an ordinary analysis takes runs, and the error that fits
how runs depend on each other.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from results.statistics.comparisons.robust import cell_variances, huber
from results.statistics.error import ROUNDING, StandardError, independent_error
from results.statistics.t_interval import t_interval, t_p_value

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One level's mean response minus another's, averaged over contexts.

    Args:
        estimate: in response units.
        error: its standard error and degrees of freedom.

    Examples:
        >>> found = Difference(estimate=2.0, error=StandardError(value=1.0, df=math.inf))
        >>> found.p_value
        0.0455...
    """

    estimate: float
    error: StandardError

    @property
    def p_value(self) -> float:
        """The two-sided p-value of no difference; NaN where the error isn't known."""
        return t_p_value(self.estimate, self.error.value, df=self.error.df)

    def interval(self, coverage: float) -> tuple[float, float]:
        """The t interval (low, high) of this coverage, 0-1."""
        return t_interval(self.estimate, self.error.value, df=self.error.df, coverage=coverage)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RobustCells:
    """Cells by Huber's means, of which any weighted sum can be taken.

    Args:
        centre: the estimate of each cell, `(n_cells,)`.
        values: the pseudo-values of its runs, `(n_cells, n_seeds)`; NaN where there is none.
        weights: how much each run counts, 1 in full, in the same shape.
        counts: the number of its runs, `(n_cells,)`.
        variance: the variance of its pseudo-values, `(n_cells,)`; NaN for a single run.

    Examples:
        >>> robust_cells([[1.0, 2.0, 3.0]]).variance.tolist()
        [1.0]
    """

    centre: _Floats
    values: _Floats
    weights: _Floats
    counts: NDArray[np.int64]
    variance: _Floats


def robust_cells(runs: ArrayLike) -> RobustCells:
    """Huber's means of cells that are compared with each other, and their spread.

    Args:
        runs: responses of each cell, `(n_cells, n_seeds)`; NaN where a run is missing, one run of
            each cell at least.

    Examples:
        >>> robust_cells([[1.0, 2.0, 3.0], [3.0, 4.0, float("nan")]]).counts.tolist()
        [3, 2]
    """
    cells = huber(np.asarray(runs, dtype=float))
    return RobustCells(
        centre=cells.centre,
        values=cells.values,
        weights=cells.weights,
        counts=np.isfinite(cells.values).sum(axis=1),
        variance=cell_variances(cells),
    )


def robust_contrast(runs: ArrayLike, weights: ArrayLike, *, shared: bool = False) -> Difference:
    """A weighted sum of cells, by Huber's mean of each, as `weighted_sum` takes it.

    Args:
        runs: responses of each cell, `(n_cells, n_seeds)`; NaN where a run is missing, one run of
            each cell at least. If seeds are shared, a column is a seed.
        weights: the weight of each cell, `(n_cells,)`.
        shared: whether cells were run with the same seeds, so that runs of a seed go together.

    Examples:
        >>> found = robust_contrast([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]], [-1.0, 1.0])
        >>> found.estimate, round(found.error.value, 3)
        (2.0, 0.816)
    """
    return weighted_sum(robust_cells(runs), weights, shared=shared)


def weighted_sum(cells: RobustCells, weights: ArrayLike, *, shared: bool = False) -> Difference:
    """A weighted sum of cells: their mean, or the difference of two levels.

    With seeds of its own for every cell each run is independent: Welch-Satterthwaite over the
    cells. With shared seeds a seed may favour a level in all contexts at once, so the seed is the
    unit: each seed's sum of influences, squared and summed, is the squared error (cluster-robust,
    CR2-like), its degrees of freedom by Satterthwaite from the covariance that these sums have if
    runs are independent. Where no run is missing that is the t test of the seeds' sums. The error
    is not known where a cell has a single run, or no run differs from another of its cell but by
    rounding.

    Sources: Welch 1947; Satterthwaite 1946; Bell & McCaffrey 2002.

    Args:
        cells: the cells; if seeds are shared, a column of their values is a seed.
        weights: the weight of each cell, `(n_cells,)`; cells of weight 0 add nothing.
        shared: whether cells were run with the same seeds, so that runs of a seed go together.

    Examples:
        >>> cells = robust_cells([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]])
        >>> weighted_sum(cells, [0.5, 0.5]).estimate
        3.0
    """
    weight = np.asarray(weights, dtype=float)
    error = StandardError(value=math.nan, df=math.inf)
    if (cells.counts > 1).all():
        known = seed_error(cells.values, weight) if shared else _run_error(cells, weight)
        # Runs that don't differ at all are one run each: nothing is known of their error.
        if known.value > ROUNDING * np.abs(cells.centre).max():
            error = known
    return Difference(estimate=float((weight * cells.centre).sum()), error=error)


def seed_error(values: ArrayLike, weights: ArrayLike) -> StandardError:
    """The error of a weighted sum of cells' means if the runs of one seed go together.

    Cluster-robust, each seed a cluster, as `weighted_sum` says.

    Args:
        values: values of each cell, `(n_cells, n_seeds)`, a column a seed; NaN where one is
            missing, two of each cell at least.
        weights: the weight of each cell, `(n_cells,)`.

    Examples:
        >>> error = seed_error([[1.0, 2.0, 3.0], [3.0, 4.0, 6.0]], [-1.0, 1.0])
        >>> round(error.value, 3), round(error.df, 3)
        (0.333, 2.0)
    """
    table, weight = np.asarray(values, dtype=float), np.asarray(weights, dtype=float)
    present = np.isfinite(table)
    counts = present.sum(axis=1)
    part = weight / np.sqrt(counts * (counts - 1.0))
    influence = np.where(present, table - np.nanmean(table, axis=1, keepdims=True), 0.0)
    total = float(((part @ influence) ** 2).sum())
    scale = part**2 * np.nanvar(table, axis=1, ddof=1)
    mask = present.astype(float)
    # What these sums' covariance is if runs are independent.
    covariance = -np.einsum("c,ci,cj->ij", scale / counts, mask, mask)
    covariance += np.diag(np.einsum("c,ci->i", scale, mask))
    squares = float((covariance**2).sum())
    df = float(np.trace(covariance)) ** 2 / squares if squares > 0 else counts.max() - 1.0
    return StandardError(value=math.sqrt(total), df=df)


def _run_error(cells: RobustCells, weights: _Floats) -> StandardError:
    """The error if all runs are independent: Welch-Satterthwaite over the cells."""
    variances = weights**2 * cells.variance / cells.counts
    return independent_error(variances, cells.counts - 1)
