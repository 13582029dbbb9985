"""Means that single bad runs don't move: Huber's M-estimate of each cell, as pseudo-values.

A pseudo-value stands for its run wherever an ordinary analysis takes the run itself: the mean of a
cell's pseudo-values is the estimate, their variance over their number its sandwich variance. Where
no run stands out they are the runs, and every analysis is least squares.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from results.statistics.error import variance

_Floats = NDArray[np.float64]

# A run counts in full up to the quantile of t with so much below it: few seeds cut little off.
_QUANTILE = 0.975
# Makes the median absolute deviation that of a normal distribution, and of so few values without
# bias: from 2 to 9 values, beyond by n / (n - 0.8) (Croux & Rousseeuw 1992).
_NORMAL = 1.4826
_OF_FEW = np.array([1.0, 1.0, 1.196, 1.495, 1.363, 1.206, 1.2, 1.14, 1.129, 1.107])
_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Huber:
    """Huber's M-estimate of each cell.

    Args:
        centre: the estimate of each cell, `(n_cells,)`; NaN for a cell without runs.
        values: the pseudo-values, `(n_cells, n_seeds)`; NaN where there is no run.
        weights: how much each run counts, `(n_cells, n_seeds)`: 1 in full, less the further it
            stands out; NaN where there is no run.

    Examples:
        >>> huber([[1.0, 2.0, 3.0, 2.0, -50.0], [1.0, 2.0, 3.0, 2.0, 2.0]]).centre.round(2).tolist()
        [0.76, 2.0]
    """

    centre: _Floats
    values: _Floats
    weights: _Floats


def huber(y: ArrayLike) -> Huber:
    """Huber's M-estimate of each cell, with one scale for cells whose own is too small.

    A run counts in full up to k scales from the centre, and as k scales beyond; k is the 97.5 %
    quantile of t with n - 1 degrees of freedom (4.3, 2.8, 2.3 and 2.1 at 3, 5, 10 and 20 runs). The
    scale is the larger of the cell's own median absolute deviation and the median of those of all
    cells: three runs that happen to agree must not make a fourth an outlier. Where both are 0, as
    of accuracies on few examples, nothing tells what stands out, and the runs count as they are.

    Sources: Huber 1964 and 1981 (the estimate, its sandwich variance); Croux & Rousseeuw 1992 (the
    deviation of few values).

    Args:
        y: responses `(n_cells, n_seeds)`; NaN where a run is missing. The cells are those that are
            compared with each other.

    Raises:
        ValueError: another shape, or no run at all.

    Examples:
        >>> huber([[0.90, 0.92, 0.91], [0.93, 0.95, 0.94]]).values.tolist()
        [[0.9, 0.92, 0.91], [0.93, 0.95, 0.94]]
    """
    response = np.asarray(y, dtype=float)
    if response.ndim != 2 or not np.isfinite(response).any():
        raise ValueError(f"y has shape {response.shape} and must hold at least one run")
    counts = np.isfinite(response).sum(axis=1, keepdims=True)
    cut = special.stdtrit(np.maximum(counts - 1, 1), _QUANTILE)
    centre = _medians(response)
    scale = _scales(response, centre, counts)
    for _ in range(_STEPS):
        residual = (response - centre) / scale
        in_full = np.maximum((np.abs(residual) <= cut).sum(axis=1, keepdims=True), 1)
        clipped = np.clip(residual, -cut, cut)
        centre = centre + scale * np.nansum(clipped, axis=1, keepdims=True) / in_full
    residual = (response - centre) / scale
    in_full = np.maximum((np.abs(residual) <= cut).sum(axis=1, keepdims=True), 1)
    share = in_full / np.maximum(counts, 1)
    is_calm = (np.abs(residual) <= cut).all(axis=1, where=np.isfinite(residual), keepdims=True)
    values = centre + scale * np.clip(residual, -cut, cut) / share
    return Huber(
        centre=np.where(counts > 0, centre, np.nan)[:, 0],
        # To the bit: where nothing stands out the pseudo-values are the runs.
        values=np.where(is_calm, response, values),
        weights=np.minimum(1.0, cut / np.maximum(np.abs(residual), 1e-12)),
    )


def cell_variances(cells: Huber) -> _Floats:
    """The variance of each cell's pseudo-values, `(n_cells,)`; NaN for fewer than two runs.

    Examples:
        >>> cell_variances(huber([[1.0, 2.0, 3.0], [5.0, 5.0, 5.0]])).tolist()
        [1.0, 0.0]
    """
    return np.array([variance(values[np.isfinite(values)]) for values in cells.values])


def _medians(response: _Floats) -> _Floats:
    """The median of each cell's runs, `(n_cells, 1)`; 0 for a cell without any."""
    known = [runs[np.isfinite(runs)] for runs in response]
    return np.array([[np.median(runs) if len(runs) else 0.0] for runs in known])


def _scales(response: _Floats, centre: _Floats, counts: NDArray[np.int64]) -> _Floats:
    """The scale of each cell, `(n_cells, 1)`, none below the typical one."""
    corrections = np.where(
        counts < len(_OF_FEW),
        _OF_FEW[np.minimum(counts, len(_OF_FEW) - 1)],
        counts / (counts - 0.8),
    )
    deviations = np.abs(response - centre)
    own = _medians(deviations) * _NORMAL * corrections
    has_spread = counts > 1
    typical = float(np.median(own[has_spread])) if has_spread.any() else 0.0
    scale = np.maximum(own, typical)
    # So large that no run is cut; 1 where all are equal and none can be.
    farthest = np.array([[np.max(run, initial=0.0, where=np.isfinite(run))] for run in deviations])
    return np.where(scale > 0, scale, np.where(farthest > 0, 2 * farthest, 1.0))
