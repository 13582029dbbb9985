"""What differences a study can detect, and how many seeds a difference needs.

Two-sided t tests of an average over healthy pairs of cells; nothing here looks at records.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from bisect import bisect_left
from typing import cast

import numpy as np
from scipy import optimize, special

_MOST_SEEDS = 1_000_000


def t_test_power(noncentrality: float, *, df: float, alpha: float = 0.05) -> float:
    """The probability, 0-1, that a two-sided t test rejects at `alpha`.

    The test rejects where the normal estimate, squared, exceeds the critical value squared times
    chi2 / df: so its power is the mean over the normal of the distribution function of chi2. The
    integrand is bounded and smooth, and the trapezoidal rule exact to 1e-6. `scipy.stats.nct`, and
    with it `statsmodels.stats.power.TTestPower`, gives the same figures where it gives any, but
    NaN from a noncentrality of about 10 on.

    Args:
        noncentrality: true effect over the standard deviation of its estimate.
        df: degrees of freedom of that standard deviation; 0 means that it is known.
        alpha: level of the test, 0-1.
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


def minimum_detectable_effect(
    *,
    sigma: float,
    contexts: int,
    seeds: int,
    pooled_df: int | None = None,
    alpha: float = 0.05,
    power: float = 0.8,
) -> float:
    """The smallest true difference found with probability `power`, in the unit of `sigma`.

    The standard deviation of the estimate is sigma * sqrt(2 / (contexts * seeds)), its degrees of
    freedom those of the error it is judged by. With none (one seed) sigma is taken as known.

    Source: noncentral t power, as in Cohen 1988, chapter 2.

    Args:
        sigma: standard deviation of one run from seed to seed, above 0.
        contexts: healthy pairs of cells averaged: 1 for a simple effect, 16 for a main effect over
            32 cells.
        seeds: runs of each cell, at least 1.
        pooled_df: degrees of freedom of a pooled sigma, (cells - 1) * (seeds - 1); None: the
            seeds of this contrast alone, seeds - 1.
        alpha: level of the two-sided test, 0-1.
        power: probability of detection, above alpha and below 1.

    Raises:
        ValueError: an argument is outside its range.
    """
    _check(sigma=sigma, contexts=contexts, alpha=alpha, power=power)
    if seeds < 1:
        raise ValueError(f"seeds is {seeds}; allowed is 1 or more")
    df = seeds - 1 if pooled_df is None else pooled_df
    if df < 0:
        raise ValueError(f"pooled_df is {pooled_df}; allowed is 0 or more")
    return _standard_error(sigma, contexts, seeds) * _needed_noncentrality(df, alpha, power)


def seeds_needed(
    effect: float,
    *,
    sigma: float,
    contexts: int,
    cells: int,
    pooled: bool,
    alpha: float = 0.05,
    power: float = 0.8,
) -> int:
    """The smallest number of seeds, 2 or more, that detects a true difference `effect`.

    One seed is never enough: it gives no interval from replication.

    Args:
        effect: true difference, in the unit of `sigma`, not 0; its sign makes no difference.
        sigma: as in `minimum_detectable_effect`, like `contexts`, `alpha` and `power`.
        contexts: healthy pairs of cells averaged.
        cells: cells over which sigma is pooled, at least 2; without pooling it makes no difference.
        pooled: whether the error is pooled, with (cells - 1) * (seeds - 1) degrees of freedom, or
            comes from the contrast itself, with seeds - 1.
        alpha: level of the two-sided test.
        power: probability of detection.

    Raises:
        ValueError: an argument is outside its range, or a million seeds are too few.
    """
    _check(sigma=sigma, contexts=contexts, alpha=alpha, power=power)
    if not 0 < abs(effect) < math.inf:
        raise ValueError(f"effect is {effect}; allowed is a finite number but 0")
    if cells < 2:
        raise ValueError(f"cells is {cells}; allowed is 2 or more")
    df_per_seed = cells - 1 if pooled else 1

    def power_with(seeds: int) -> float:
        noncentrality = abs(effect) / _standard_error(sigma, contexts, seeds)
        return t_test_power(noncentrality, df=df_per_seed * (seeds - 1), alpha=alpha)

    candidates = range(2, _MOST_SEEDS + 1)
    found = bisect_left(candidates, power, key=power_with)
    if found == len(candidates):
        raise ValueError(f"an effect of {effect} needs more than {_MOST_SEEDS:,} seeds")
    return candidates[found]


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
