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
        >>> compare_with_best([0.0, 9.0], known_errors(1.0)).may_be_best.tolist()
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
        >>> found = compare_with_best([0.0, 8.0, 9.0], known_errors(1.0))
        >>> found.may_be_best.tolist()
        [False, True, True]
        >>> found.low.round(2).tolist(), found.high.round(2).tolist()
        ([-10.96, -2.96, -0.96], [0.0, 0.96, 2.96])
    """
    values = np.asarray(estimates, dtype=float)
    tail = alpha / max(len(values) - 1, 2)
    reach = np.full(len(values), np.inf)
    for rows, gaps, margins in _by_rows(values, errors, tail):
        reach[rows] = (gaps + margins).min(axis=1, initial=np.inf)
    may_be_best = reach > 0
    low = np.full(len(values), -np.inf)
    for rows, gaps, margins in _by_rows(values, errors, tail):
        lowest = np.where(may_be_best, gaps - margins, np.inf)
        low[rows] = lowest.min(axis=1, initial=np.inf)
    return WithBest(
        low=np.minimum(low, 0.0),
        high=np.maximum(reach, 0.0),
        may_be_best=may_be_best,
    )


def known_errors(error: float) -> Errors:
    """Errors that are the same for any two candidates and taken as known.

    Examples:
        >>> known_errors(1.0)(np.array([0]))[0].tolist()
        [[1.0]]
    """
    return lambda rows: (np.full((len(rows), 1), error), np.full((len(rows), 1), np.inf))


def _by_rows(
    values: _Floats, errors: Errors, tail: float
) -> Iterator[tuple[_Cells, _Floats, _Floats]]:
    """The gaps of some candidates to all others and their margins, one batch after the other."""
    for start in range(0, len(values), _AT_ONCE):
        rows = np.arange(start, min(start + _AT_ONCE, len(values)))
        error, df = errors(rows)
        gaps = values[rows, np.newaxis] - values
        # A difference of which nothing is known tells nothing.
        margins = np.nan_to_num(_quantiles(df, tail) * error, nan=np.inf)
        margins = np.broadcast_to(margins, gaps.shape).copy()
        # None is held against itself.
        itself = np.arange(len(rows)), rows
        gaps[itself], margins[itself] = np.inf, 0.0
        yield rows, gaps, margins


def _quantiles(dfs: _Floats, tail: float) -> _Floats:
    """The quantiles of t with so much above them."""
    steps = np.ceil(_STEPS / np.maximum(np.nan_to_num(dfs, nan=1.0, posinf=np.inf), 1.0))
    known, places = np.unique(steps, return_inverse=True)
    with np.errstate(divide="ignore"):
        quantiles = np.asarray(special.stdtrit(_STEPS / known, 1 - tail))
    return quantiles[places].reshape(dfs.shape)
