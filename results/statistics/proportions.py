"""Exact intervals and tests for counts: how often did a cell train?

The trials counted have to be independent: the seeds of one cell, not runs of several cells.
"""
# statsmodels and scipy.stats come without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import functools
from typing import cast

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint


def clopper_pearson(k: int, n: int, coverage: float = 0.95) -> tuple[float, float]:
    """The exact interval (low, high), 0-1, of a probability after k of n.

    Covers at least at its nominal rate for every probability, usually more. The low end of 0 of n
    is 0 and the high end of n of n is 1, exactly.

    Source: Clopper & Pearson 1934, as quantiles of the beta distribution.

    Raises:
        ValueError: k of n is no count, n is 0, or the coverage isn't between 0 and 1.
    """
    _check_count(k, n)
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; allowed is between 0 and 1")
    ends = np.asarray(proportion_confint(k, n, alpha=1 - coverage, method="beta"))
    return (0.0 if k == 0 else float(ends[0])), (1.0 if k == n else float(ends[1]))


# A lattice holds few different counts many times, and SciPy takes 0.3 ms for each.
@functools.cache
def fisher(k1: int, n1: int, k2: int, n2: int) -> float:
    """The two-sided p-value of Fisher's exact test that k1 of n1 and k2 of n2 are one probability.

    Tables as probable as the one seen or less count as extreme, both ways.

    Source: Fisher 1935; `scipy.stats.fisher_exact`.

    Raises:
        ValueError: k1 of n1 or k2 of n2 is no count, or n1 or n2 is 0.
    """
    _check_count(k1, n1)
    _check_count(k2, n2)
    result = stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]])
    # pyright takes the class of the result for a plain tuple.
    return cast(float, result.pvalue)  # pyright: ignore[reportAttributeAccessIssue]


def _check_count(k: int, n: int) -> None:
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no count; allowed is k of n with 0 <= k <= n and n >= 1")
