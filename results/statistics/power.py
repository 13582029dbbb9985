"""The differences that a study can detect.

Everything is about two-sided t tests of an average over healthy pairs of cells, that is, pairs in
which every seed of both cells trained. Nothing here reads records.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from bisect import bisect_left
from collections.abc import Callable
from typing import cast

import numpy as np
from scipy import optimize, special

from results.statistics.conventions import ALPHA, POWER


def t_test_power(noncentrality: float, *, df: float, alpha: float = ALPHA) -> float:
    """The power of a two-sided t test: the probability, 0-1, that it rejects at level `alpha`.

    The test rejects if the normal estimate, squared, exceeds the critical value squared times
    chi2 / df. So its power is the mean over the normal of the distribution function of chi2. The
    integrand is bounded and smooth, and the trapezoidal rule exact to 1e-6. `scipy.stats.nct`, and
    with it `statsmodels.stats.power.TTestPower`, gives the same figures or, from a noncentrality of
    about 10 on, NaN.

    Args:
        noncentrality: the true effect over the standard deviation of its estimate.
        df: degrees of freedom of that standard deviation; 0 means that it is known.
        alpha: level of the test, 0-1.

    Examples:
        >>> round(t_test_power(0, df=10, alpha=0.05), 4)
        0.05
        >>> round(t_test_power(2.8, df=0), 3), round(t_test_power(2.8, df=4), 3)
        (0.8, 0.564)
    """
    if df == 0:
        critical = -special.ndtri(alpha / 2)
        upper = special.ndtr(noncentrality - critical)
        return float(upper + special.ndtr(-noncentrality - critical))
    critical = special.stdtrit(df, 1 - alpha / 2)
    # The step follows the width over which chi2's distribution function rises.
    step = min(0.01, critical / math.sqrt(2 * df))
    normal = np.linspace(-9, 9, 1 + math.ceil(18 / step))
    below = special.chdtr(df, df * ((normal + noncentrality) / critical) ** 2)
    density = np.exp(-(normal**2) / 2) / math.sqrt(2 * math.pi)
    return float(np.trapezoid(below * density, normal))


# Who would need more seeds is told that so many are too few.
MOST_SEEDS = 10_000
# So many studies are drawn: the power is that of 80 % give or take 0.5.
_DRAWS = 4000
# Of more cells the degrees of freedom are as good as known.
_MOST_CELLS = 64


def welch_power(noncentrality: float, *, cells: int, seeds: int, alpha: float = ALPHA) -> float:
    """The power of a Welch-Satterthwaite t test over cells that are equally noisy, 0-1.

    The test estimates its degrees of freedom, so few seeds find less than the noncentral t with
    cells * (seeds - 1) of them promises. Simulated, from fixed draws of the cells' variances.

    Source: Welch 1947 for the test.

    Args:
        noncentrality: the true effect over the standard deviation of its estimate.
        cells: the number of cells that are summed, at least 2, all with the same weight but for its
            sign.
        seeds: the number of seeds of each cell, at least 2.
        alpha: level of the two-sided test, 0-1.

    Examples:
        >>> round(welch_power(0.0, cells=32, seeds=3), 2)
        0.05
        >>> round(welch_power(3.5, cells=2, seeds=3), 1)
        0.6
    """
    free = seeds - 1
    if cells > _MOST_CELLS:
        return t_test_power(noncentrality, df=cells * free, alpha=alpha)
    variances = np.random.default_rng(0).chisquare(free, size=(_DRAWS, cells)) / free
    total = variances.sum(axis=1)
    df = total**2 * free / (variances**2).sum(axis=1)
    critical = special.stdtrit(df, 1 - alpha / 2) * np.sqrt(total / cells)
    found = special.ndtr(noncentrality - critical) + special.ndtr(-noncentrality - critical)
    return float(np.asarray(found).mean())


def fewest_seeds(power: Callable[[int], float], *, least: int) -> int | None:
    """The fewest seeds, from `least` on, with a power of 80 %; None where 10,000 are too few.

    Args:
        power: from a number of seeds to the power, 0-1, which more seeds don't lessen.
        least: the number to begin with, at least 2.

    Examples:
        >>> fewest_seeds(lambda seeds: 1 - 1 / seeds, least=2)
        5
        >>> fewest_seeds(lambda seeds: 0.5, least=2) is None
        True
    """
    if power(MOST_SEEDS) < POWER:
        return None
    candidates = range(least, MOST_SEEDS + 1)
    return candidates[bisect_left(candidates, POWER, key=power)]


def minimum_detectable_effect(
    *,
    sigma: float,
    contexts: int,
    seeds: int,
    pooled_df: int | None = None,
    alpha: float = ALPHA,
    power: float = POWER,
) -> float:
    """The smallest true difference that is detected with probability `power`, in sigma's unit.

    The standard deviation of the estimate is sigma * sqrt(2 / (contexts * seeds)). Its degrees of
    freedom are those of the error that the test uses; without any (one seed) sigma counts as known.

    Source: noncentral t power, as in Cohen 1988, chapter 2.

    Args:
        sigma: standard deviation of one trial from seed to seed, above 0.
        contexts: number of healthy pairs of cells averaged: 1 for a simple effect, 16 for a main
            effect over 32 cells.
        seeds: number of seeds of each cell, at least 1.
        pooled_df: degrees of freedom of a sigma pooled over cells, (cells - 1) * (seeds - 1); None
            for the error of this contrast alone, with seeds - 1.
        alpha: level of the two-sided test, 0-1.
        power: probability of detection, above alpha and below 1.

    Raises:
        ValueError: an argument is outside its range.

    Examples:
        >>> round(minimum_detectable_effect(sigma=0.10, contexts=1, seeds=5), 3)
        0.238
        >>> round(minimum_detectable_effect(sigma=0.10, contexts=16, seeds=5, pooled_df=124), 3)
        0.045
    """
    _check(sigma=sigma, contexts=contexts, alpha=alpha, power=power)
    if seeds < 1:
        raise ValueError(f"seeds is {seeds}; allowed is 1 or more")
    df = seeds - 1 if pooled_df is None else pooled_df
    if df < 0:
        raise ValueError(f"pooled_df is {pooled_df}; allowed is 0 or more")
    return _standard_error(sigma, contexts, seeds) * _needed_noncentrality(df, alpha, power)


def _standard_error(sigma: float, contexts: int, seeds: int) -> float:
    return sigma * math.sqrt(2 / (contexts * seeds))


def _needed_noncentrality(df: float, alpha: float, power: float) -> float:
    """The noncentrality at which the t test has this power."""
    # A normal above its `miss` quantile and a chi2 below its 1 - `miss` quantile suffice together.
    miss = (1 - power) / 2
    critical, spread = -special.ndtri(alpha / 2), 1.0
    if df:
        critical = special.stdtrit(df, 1 - alpha / 2)
        spread = math.sqrt(special.chdtri(df, miss) / df)
    enough = critical * spread - special.ndtri(miss)

    def excess(noncentrality: float) -> float:
        return t_test_power(noncentrality, df=df, alpha=alpha) - power

    return cast(float, optimize.brentq(excess, 0, enough))


def _check(*, sigma: float, contexts: int, alpha: float, power: float) -> None:
    if not 0 < sigma < math.inf:
        raise ValueError(f"sigma is {sigma}; allowed is a finite number above 0")
    if contexts < 1:
        raise ValueError(f"contexts is {contexts}; allowed is 1 or more")
    if not 0 < alpha < power < 1:
        raise ValueError(f"alpha is {alpha} and power {power}; allowed is 0 < alpha < power < 1")
