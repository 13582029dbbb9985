"""Multiple comparisons with the best: which of several may be the best, which surely are not."""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from results.statistics.conventions import ALPHA

_Floats = NDArray[np.float64]
_Cells = NDArray[np.int64]
# From the numbers of some candidates to the standard errors of their differences to all, and the
# degrees of freedom of these, each `(n_some, n_candidates)`; NaN where an error isn't known.
Errors = Callable[[_Cells], tuple[_Floats, _Floats]]

# So many candidates are held against all others at once.
_AT_ONCE = 256
# The inverse of degrees of freedom is rounded up to so much, so that few quantiles are to be had.
_STEPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WithBest:
    """How far each candidate is from the best of the others.

    Args:
        low: the low end of the candidate minus the best of the others, 0 or below,
            `(n_candidates,)`.
        high: the high end, 0 or above.
        may_be_best: whether it may be the best, `(n_candidates,)`.

    Examples:
        >>> compare_with_best([0.0, 9.0], known_errors(1.0, 2)).may_be_best.tolist()
        [False, True]
    """

    low: _Floats
    high: _Floats
    may_be_best: NDArray[np.bool_]


def compare_with_best(estimates: ArrayLike, errors: Errors, *, alpha: float = ALPHA) -> WithBest:
    """Constrained intervals of each candidate minus the best of the others, larger being better.

    With a chance of 1 - alpha all of them hold, and the truly best is among those that may be. A
    candidate is left out where another is surely better: one-sided t tests of alpha over the number
    of the others (Bonferroni), each with its own standard error, so that candidates need not be
    equally noisy. Of two candidates each test has half of alpha: then none is left out that a
    two-sided interval leaves in.

    Source: Hsu 1996, Multiple Comparisons, sections 4.1 and 4.2; Edwards & Hsu 1983 for unequal
    errors. There the critical values are Dunnett's, which take equal variances.

    Args:
        estimates: the estimate of each candidate, `(n_candidates,)`, one or more.
        errors: the standard errors of the differences of some candidates to all.
        alpha: the chance that the best is left out, 0-1.

    Examples:
        >>> found = compare_with_best([0.0, 8.0, 9.0], known_errors(1.0, 3))
        >>> found.may_be_best.tolist()
        [False, True, True]
        >>> found.low.round(2).tolist(), found.high.round(2).tolist()
        ([-10.96, -2.96, -0.96], [0.0, 0.96, 2.96])
    """
    values = np.asarray(estimates, dtype=float)
    tail = alpha / max(len(values) - 1, 2)
    margins = np.vstack([_margins(rows, errors, tail) for rows in _batches(len(values))])
    reach = np.full(len(values), np.inf)
    for rows in _batches(len(values)):
        gaps = _gaps(values, rows)
        reach[rows] = (gaps + margins[rows]).min(axis=1, initial=np.inf)
    may_be_best = reach > 0
    low = np.full(len(values), np.inf)
    for rows in _batches(len(values)):
        gaps = _gaps(values, rows)[:, may_be_best]
        low[rows] = (gaps - margins[rows][:, may_be_best]).min(axis=1, initial=np.inf)
    return WithBest(
        low=np.minimum(low, 0.0),
        high=np.maximum(reach, 0.0),
        may_be_best=may_be_best,
    )


def known_errors(error: float, candidates: int) -> Errors:
    """Errors that are the same for any two of so many candidates, and taken as known.

    Examples:
        >>> known_errors(1.0, 2)(np.array([0]))[0].tolist()
        [[1.0, 1.0]]
    """
    return lambda rows: (
        np.full((len(rows), candidates), error),
        np.full((len(rows), candidates), np.inf),
    )


def _batches(candidates: int) -> Iterator[_Cells]:
    """Numbers of the candidates, so many at once."""
    for start in range(0, candidates, _AT_ONCE):
        yield np.arange(start, min(start + _AT_ONCE, candidates))


def _gaps(values: _Floats, rows: _Cells) -> _Floats:
    """How far some candidates lie above all; none is held against itself."""
    gaps = values[rows, np.newaxis] - values
    gaps[np.arange(len(rows)), rows] = np.inf
    return gaps


def _margins(rows: _Cells, errors: Errors, tail: float) -> NDArray[np.float32]:
    """How far some candidates may lie below all by chance."""
    error, df = errors(rows)
    # A difference of which nothing is known tells nothing.
    margins = np.nan_to_num(_quantiles(df, tail) * error, nan=np.inf).astype(np.float32)
    margins[np.arange(len(rows)), rows] = 0.0
    return margins


def _quantiles(dfs: _Floats, tail: float) -> _Floats:
    """The quantiles of t with so much above them."""
    steps = np.ceil(_STEPS / np.maximum(np.nan_to_num(dfs, nan=1.0, posinf=np.inf), 1.0))
    known, places = np.unique(steps, return_inverse=True)
    with np.errstate(divide="ignore"):
        quantiles = np.asarray(special.stdtrit(_STEPS / known, 1 - tail))
    return quantiles[places].reshape(dfs.shape)
