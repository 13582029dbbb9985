"""The contrast engine: an estimate over cells, with the error by which it is judged as one part.

It serves effects, claims and fractions alike: each is a weighted sum of cells, over arrays of cells
by seeds. Which cells are healthy enough to be compared is decided elsewhere.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from results.statistics.conventions import ALPHA, COVERAGE, ENOUGH_SEEDS
from results.statistics.error import (
    ROUNDING,
    BySeed,
    Error,
    Noise,
    Pooled,
    StandardError,
    contrast_by_seed,
    finite_table,
    standard_error,
    variance,
)
from results.statistics.t_interval import t_interval, t_p_value

_Floats = NDArray[np.float64]

# Below this p-value of the F test, a contrast is suspected to vary more than the rest.
_SUSPICIOUS = 0.05
# With so many seeds every sign pattern can be tried: there are half a million up to sign.
_EXACT_UP_TO = 20
_SIGN_DRAWS = 100_000


@dataclass(frozen=True, slots=True)
class Fitting:
    """The rule that chooses the error which fits so many seeds, `Pooled` or `BySeed`.

    From 8 seeds on it takes the spread of the contrast over its seeds, which assumes nothing of the
    cells. With fewer it takes the residual of the lattice, unless the F test finds the contrast to
    vary more than the rest of that residual (p < .05): then it takes the wider interval, which is
    again that of the contrast's own seeds.

    What the rule costs, measured: nominal 95 % intervals for a main effect over 32 cells cover 95 %
    at 3, 5 and 10 seeds, also where the noise differs by cell. Where the seeds shift the factor as
    well, which the F test often misses, they cover less below 8 seeds: 85 % at 3 seeds and 88 % at
    5 where the shift makes the variance of the contrast 3 times what the runs alone give, 83 and
    88 % at the worst size of the shift. From 8 seeds on it is 95 %. A simple effect by the pooled
    error is judged by the noise of the average cell: with its own two cells twice as noisy its
    intervals cover 82 % at 3 seeds and 89 % at 5, with quieter cells up to 100 %.

    Args:
        noise: the residual of all healthy cells, those of the contrast among them, run with the
            same seeds.

    Examples:
        >>> from results.statistics.error import residual_noise
        >>> y = [[0.0, 2.0], [4.0, 6.0], [1.0, 1.0], [5.0, 11.0]]
        >>> estimate_contrast(y, [-1, 1, 0, 0], error=Fitting(residual_noise(y))).reason
        '2 seeds, fewer than 8: the spread is pooled over all cells.'
    """

    noise: Noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """An estimate and the error that it is judged by.

    Estimate and error are in response units; NaN marks what so few seeds or cells don't tell.

    Args:
        estimate: mean over the seeds of the contrast of the cells.
        seeds: number of seeds.
        error: what the estimate is judged by; None where one seed gives nothing to judge it by.
        standard_error: standard error of the estimate by `error`; NaN where that is None.
        df: degrees of freedom of the standard error; infinite for an error that is taken as known.
        reason: sentence that says why it is judged by `error`; empty where no rule chose it.
        ratio: mean square of seed x contrast over that of the rest of the residual; NaN where no
            residual was given.
        ratio_p: one-sided p-value, by the F test, that the ratio is above 1.
        p_value: two-sided t test of 0 by the error; 0 for an effect that nothing disturbs.
        by_seed: the contrast of each seed, `(n_seeds,)`; none where these don't tell all that is
            uncertain.

    Examples:
        >>> accuracies = [[0.5, 0.6, 0.7], [0.7, 0.9, 0.8]]
        >>> contrast = estimate_contrast(accuracies, [-1, 1], error=BySeed())
        >>> f"{contrast.estimate:.1f} ± {contrast.standard_error:.4f}"
        '0.2 ± 0.0577'
    """

    estimate: float
    seeds: int
    error: Error | None
    standard_error: float
    df: float
    reason: str
    ratio: float
    ratio_p: float
    p_value: float
    by_seed: tuple[float, ...]

    @property
    def sign_flip_p(self) -> float:
        """The two-sided sign-flip test of 0; no smaller than 2 / 2**seeds, NaN of one seed."""
        # Computed when asked for: claims, of which there are many, never do.
        return sign_flip_p(self.by_seed)

    @property
    def method(self) -> str:
        """The name of the error, as tables have it; `none` without one."""
        return self.error.name if self.error else "none"

    def interval(self, coverage: float = COVERAGE) -> tuple[float, float]:
        """The t interval (low, high) around the estimate, in response units.

        Both ends are NaN without an error; the interval has no width where nothing varied.

        Args:
            coverage: share of cases in which it holds the true value, 0-1.

        Raises:
            ValueError: the coverage isn't between 0 and 1.
        """
        if not 0 < coverage < 1:
            raise ValueError(f"coverage is {coverage}; allowed is between 0 and 1")
        return t_interval(self.estimate, self.standard_error, df=self.df, coverage=coverage)

    def equivalent(self, smallest: float, alpha: float = ALPHA) -> bool:
        """Whether the 1 - 2 * alpha interval lies strictly inside ±smallest; at one seed never.

        Args:
            smallest: the smallest difference that matters, in response units.
            alpha: the level of each of the two tests, 0-0.5.

        Source: the two one-sided tests (TOST) of Schuirmann 1987.
        """
        low, high = self.interval(1 - 2 * alpha)
        return -smallest < low and high < smallest


def estimate_contrast(y: ArrayLike, weights: ArrayLike, *, error: Error | Fitting) -> Contrast:
    """The mean over the seeds of a weighted sum of cells, with the error to judge it by.

    Args:
        y: responses `(n_cells, n_seeds)`, finite: the cells of this contrast, or more.
        weights: the weight of each cell, `(n_cells,)`, their sum 0, not all 0: +1/16 and -1/16 for
            a main effect over 16 contexts, +1 and -1 for one simple effect.
        error: what to judge the estimate by, or the rule that chooses it.

    Raises:
        ValueError: `y` or `weights` are not of this kind, or the error comes from other cells or
            seeds.

    Examples:
        >>> from results.statistics.error import Welch
        >>> contrast = estimate_contrast([[0.0, 2.0], [5.0, 5.0]], [-1, 1], error=Welch())
        >>> contrast.estimate, contrast.standard_error, contrast.method
        (4.0, 1.0, 'Welch t')
    """
    response = finite_table(y)
    contrast = _contrast_weights(weights, response)
    by_seed = contrast_by_seed(contrast, response)
    ratio = ratio_p = math.nan
    chosen, reason = error, ""
    if isinstance(chosen, Fitting):
        # Whatever the rule chooses, noise of other cells or seeds is to be refused.
        standard_error(Pooled(chosen.noise), response, contrast)
        mean_square = variance(by_seed) / float((contrast**2).sum())
        ratio, ratio_p = _seed_by_contrast(mean_square, chosen.noise)
        chosen, reason = _fitting_error(chosen.noise, len(by_seed), ratio, ratio_p)
    uncertainty = StandardError(value=math.nan, df=1)
    if chosen is not None:
        uncertainty = standard_error(chosen, response, contrast)
    estimate = float(by_seed.mean())
    return Contrast(
        estimate=estimate,
        seeds=len(by_seed),
        error=chosen,
        standard_error=uncertainty.value,
        df=uncertainty.df,
        reason=reason,
        ratio=ratio,
        ratio_p=ratio_p,
        p_value=t_p_value(estimate, uncertainty.value, df=uncertainty.df),
        by_seed=tuple(by_seed.tolist()),
    )


def with_error(contrast: Contrast, uncertainty: StandardError) -> Contrast:
    """The contrast judged by an error that runs alone don't give; its seeds don't tell of that.

    Examples:
        >>> narrow = estimate_contrast([[0.0, 2.0], [5.0, 5.0]], [-1, 1], error=BySeed())
        >>> wide = with_error(narrow, StandardError(value=3.0, df=9))
        >>> narrow.standard_error, wide.standard_error, wide.sign_flip_p
        (1.0, 3.0, nan)
    """
    return replace(
        contrast,
        standard_error=uncertainty.value,
        df=uncertainty.df,
        p_value=t_p_value(contrast.estimate, uncertainty.value, df=uncertainty.df),
        by_seed=(),
    )


def sign_flip_p(by_seed: ArrayLike, *, seed: int = 0) -> float:
    """The two-sided p-value that the contrasts of the seeds are symmetric about 0.

    It is the share of sign patterns whose sum is as far from 0 as the observed one, or farther:
    among all patterns up to 20 seeds, above that among 100,000 random ones and the observed one
    (Phipson & Smyth 2010). One seed gives NaN.

    Source: Fisher 1935, section 21.

    Args:
        by_seed: the contrast of each seed, `(n_seeds,)`, finite.
        seed: seed of the generator that draws the random patterns.

    Examples:
        >>> sign_flip_p([0.1, 0.3, 0.2])
        0.25
    """
    values = np.asarray(by_seed, dtype=float)
    if len(values) < 2:
        return math.nan
    observed = abs(values.sum()) - ROUNDING * np.abs(values).sum()
    if len(values) <= _EXACT_UP_TO:
        return float((np.abs(_signed_sums(values)) >= observed).mean())
    rng = np.random.default_rng(seed)
    signs = rng.choice(np.array([-1.0, 1.0]), size=(_SIGN_DRAWS, len(values)))
    hits = int((np.abs(signs @ values) >= observed).sum())
    return (hits + 1) / (_SIGN_DRAWS + 1)


def holm(p_values: ArrayLike) -> _Floats:
    """The p-values, `(n,)`, adjusted for being n; NaN stays NaN and isn't counted.

    Source: Holm 1979.

    Examples:
        >>> holm([0.01, 0.04, 0.03]).tolist()
        [0.03, 0.06, 0.06]
    """
    values = np.asarray(p_values, dtype=float)
    adjusted = np.full_like(values, np.nan)
    is_known = ~np.isnan(values)
    # Not by statsmodels: its multipletests collects all garbage of the process at every call, which
    # took five sixths of an analysis (findings/multipletests_collects_garbage.sh).
    ascending = np.sort(values[is_known])
    # The smallest is multiplied by n, the next by n - 1; none falls below one before it.
    factors = np.arange(len(ascending), 0, -1)
    steps = np.minimum(np.maximum.accumulate(ascending * factors), 1.0)
    adjusted[is_known] = steps[np.searchsorted(ascending, values[is_known], side="right") - 1]
    return adjusted


def _contrast_weights(weights: ArrayLike, response: _Floats) -> _Floats:
    contrast = np.asarray(weights, dtype=float)
    if contrast.shape != (len(response),):
        raise ValueError(f"weights have shape {contrast.shape}; allowed is ({len(response)},)")
    size = np.abs(contrast).sum()
    if not (size > 0 and abs(contrast.sum()) <= ROUNDING * size):
        raise ValueError(f"weights sum to {contrast.sum()}; allowed is 0, and not all of them 0")
    return contrast


def _seed_by_contrast(mean_square: float, noise: Noise) -> tuple[float, float]:
    """The ratio of a mean square to that of the rest of the residual, and its p-value.

    Both are NaN where the residual has no rest.
    """
    df = noise.seeds - 1
    rest_df = noise.df - df
    if df < 1 or rest_df < 1:
        return math.nan, math.nan
    total = noise.mean_square * noise.df
    rest = total - mean_square * df
    if rest <= ROUNDING * total:
        # All that varies is the contrast, or nothing does.
        return (math.inf, 0.0) if mean_square > 0 else (math.nan, math.nan)
    ratio = mean_square / (rest / rest_df)
    return ratio, float(special.fdtrc(df, rest_df, ratio))


def _fitting_error(
    noise: Noise, seeds: int, ratio: float, ratio_p: float
) -> tuple[Pooled | BySeed | None, str]:
    """The error by the rule of `Fitting`, and the sentence that says why that one."""
    if seeds == 1:
        return None, "One seed: replication gives no interval."
    if seeds >= ENOUGH_SEEDS:
        return BySeed(), (
            f"{seeds} seeds, {ENOUGH_SEEDS} or more: their own spread is enough to judge by."
        )
    few = f"{seeds} seeds, fewer than {ENOUGH_SEEDS}"
    if ratio_p < _SUSPICIOUS:
        # A ratio this far above 1 makes the seeds' error the larger; its t quantile always is.
        return BySeed(), (
            f"{few}, but the contrast varies from seed to seed {ratio:.1f} times as much as the "
            f"rest (mean squares, p = {ratio_p:.2g}): the wider interval, by its own spread."
        )
    return Pooled(noise), f"{few}: the spread is pooled over all cells."


def _signed_sums(values: _Floats) -> _Floats:
    """The sums under every sign pattern but for the overall sign, `(2**(n_seeds - 1),)`."""
    sums = values[:1]
    for value in values[1:]:
        sums = np.concatenate([sums + value, sums - value])
    return sums
