"""Exact intervals and tests for counts, such as how often a cell trained.

The trials counted must be independent: seeds of one cell, not trials of several cells.
"""
# statsmodels and scipy.stats come without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false, reportUnknownMemberType=false

import functools
from typing import Any, cast

import numpy as np
from scipy import stats
from statsmodels.stats.proportion import proportion_confint

from results.statistics.conventions import COVERAGE


def clopper_pearson(k: int, n: int, coverage: float = COVERAGE) -> tuple[float, float]:
    """The exact interval (low, high) of a probability, 0-1, after k successes in n trials.

    It covers every probability at least at the nominal rate, usually more often. The low end of 0
    of n is exactly 0, the high end of n of n exactly 1.

    Source: Clopper & Pearson 1934, as quantiles of the beta distribution.

    Args:
        k: number of successes, from 0 to n.
        n: number of trials, at least 1.
        coverage: nominal coverage, between 0 and 1.

    Raises:
        ValueError: k of n is no count, n is 0, or the coverage isn't between 0 and 1.

    Examples:
        >>> clopper_pearson(8, 10)
        (0.443..., 0.974...)
        >>> clopper_pearson(10, 10)
        (0.691..., 1.0)
    """
    _check_count(k, n)
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; allowed is between 0 and 1")
    ends = np.asarray(proportion_confint(k, n, alpha=1 - coverage, method="beta"))
    return (0.0 if k == 0 else float(ends[0])), (1.0 if k == n else float(ends[1]))


# A study has the same few counts many times, and SciPy takes 0.3 ms for each.
@functools.cache
def fisher(k1: int, n1: int, k2: int, n2: int) -> float:
    """The two-sided p-value of Fisher's exact test that two counts have the same probability.

    Tables count as extreme if they are at most as probable as the observed one, in both directions.

    Source: Fisher 1935; `scipy.stats.fisher_exact`.

    Args:
        k1: number of successes in the first group, from 0 to n1.
        n1: number of trials in the first group, at least 1.
        k2: number of successes in the second group, from 0 to n2.
        n2: number of trials in the second group, at least 1.

    Raises:
        ValueError: k1 of n1 or k2 of n2 is no count, or n1 or n2 is 0.

    Examples:
        >>> fisher(5, 5, 0, 5)  # 2 of the 252 ways to choose 5 of 10
        0.00793...
    """
    _check_count(k1, n1)
    _check_count(k2, n2)
    return float(cast(Any, stats.fisher_exact([[k1, n1 - k1], [k2, n2 - k2]])).pvalue)


def _check_count(k: int, n: int) -> None:
    if n < 1 or not 0 <= k <= n:
        raise ValueError(f"{k} of {n} is no count; allowed is k of n with 0 <= k <= n and n >= 1")
