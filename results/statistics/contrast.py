"""One contrast of cells: its estimate, its p-values, and its interval by the error that fits.

Works on arrays of cells by seeds, the seed being the block; which cells are healthy enough to be
compared is decided elsewhere.
"""
# scipy and statsmodels come without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false

import math
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special
from statsmodels.stats.multitest import multipletests

from results.statistics.proportions import clopper_pearson
from results.statistics.t_interval import t_interval, t_p_value

_Floats = NDArray[np.float64]

# From so many seeds on their own spread is enough to judge by.
ENOUGH_SEEDS = 8
_SUSPICIOUS = 0.05
_EXACT_UP_TO = 20
_SIGN_DRAWS = 100_000
# Relative to the responses that went in: what is smaller is rounding, not variation.
_ROUNDING = 1e-12


class Method(StrEnum):
    """By which error a contrast is judged."""

    SEED_CONTRAST = "seed-contrast t"
    POOLED = "pooled t"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What varies from run to run once cell and seed are taken out.

    Attributes:
        mean_square: variance of one run, in response units squared; NaN without `df`.
        df: degrees of freedom, (cells - 1) * (seeds - 1).
        cells: how many cells it comes from.
        seeds: how many seeds each of them was run with.
    """

    mean_square: float
    df: int
    cells: int
    seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """An estimate with both of its standard errors and the one chosen.

    Estimate and errors are in response units; NaN marks what so few seeds or cells don't tell.

    Attributes:
        estimate: mean over the seeds of the contrast of the cells.
        seeds: over how many seeds.
        pooled_se: standard error from the residual of the whole lattice.
        pooled_df: its degrees of freedom.
        seed_se: standard error from the spread of the contrast over the seeds, nothing else.
        seed_df: its degrees of freedom, seeds - 1.
        ratio: mean square of seed x contrast over that of the rest of the residual.
        ratio_p: p-value of the ratio by the F test, one-sided: is it above 1?
        method: the error that `p_value` and `interval` use.
        reason: why that one, in a sentence.
        p_value: two-sided t test of 0 by `method`; 0 for an effect that nothing disturbs.
        sign_flip_p: two-sided sign-flip test of 0; no smaller than 2 / 2**seeds.
    """

    estimate: float
    seeds: int
    pooled_se: float
    pooled_df: int
    seed_se: float
    seed_df: int
    ratio: float
    ratio_p: float
    method: Method
    reason: str
    p_value: float
    sign_flip_p: float

    def interval(
        self, coverage: float = 0.95, *, method: Method | None = None
    ) -> tuple[float, float]:
        """The t interval (low, high), by the chosen method or by the one asked for.

        NaN, NaN by `Method.NONE`; of no width where nothing varied.

        Raises:
            ValueError: the coverage isn't between 0 and 1.
        """
        if not 0 < coverage < 1:
            raise ValueError(f"coverage is {coverage}; allowed is between 0 and 1")
        error, df = self._error(method or self.method)
        return t_interval(self.estimate, error, df=df, coverage=coverage)

    @property
    def standard_error(self) -> float:
        """The standard error by the chosen method; NaN by `Method.NONE`."""
        return self._error(self.method)[0]

    @property
    def df(self) -> int:
        """The degrees of freedom of `standard_error`."""
        return self._error(self.method)[1]

    def equivalent(self, rope: float, alpha: float = 0.05) -> bool:
        """Whether the 1 - 2 * alpha interval lies strictly inside (-rope, rope); one seed: never.

        Source: the two one-sided tests (TOST) of Schuirmann 1987.
        """
        low, high = self.interval(1 - 2 * alpha)
        return -rope < low and high < rope

    def _error(self, method: Method) -> tuple[float, int]:
        if method is Method.SEED_CONTRAST:
            return self.seed_se, self.seed_df
        if method is Method.POOLED:
            return self.pooled_se, self.pooled_df
        return math.nan, 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Improvement:
    """How often the better level won against the worse one.

    Attributes:
        wins: pairs won, ties counted half.
        pairs: pairs compared, at least 1.
    """

    wins: float
    pairs: int

    @property
    def probability(self) -> float:
        """The share of pairs won, 0-1."""
        return self.wins / self.pairs

    def interval(self, coverage: float = 0.95) -> tuple[float, float]:
        """The interval (low, high), 0-1, of Clopper & Pearson, half wins rounded outwards.

        It speaks of new seeds in the same contexts, and takes the pairs as independent. That the
        contexts have probabilities of their own makes it wider than need be (Hoeffding 1956, on
        sums of unequal Bernoulli trials). A seed that shifts the effect in all contexts at once
        makes it too narrow: over 16 contexts and 5 seeds a nominal 95 % was measured to be 86 %
        where the shift has 0.35 times the SD of a difference of two runs, 69 % at 0.7. With one
        context and no ties it covers at least as often as it says.
        """
        low, _ = clopper_pearson(math.floor(self.wins), self.pairs, coverage)
        _, high = clopper_pearson(math.ceil(self.wins), self.pairs, coverage)
        return low, high


def residual_noise(y: ArrayLike) -> Noise:
    """The residual of the two-way model with cell and seed as main effects.

    Args:
        y: responses `(n_cells, n_seeds)`, finite, two cells or more; one seed leaves no residual.

    Raises:
        ValueError: another shape, or not finite.
    """
    response = _finite_table(y)
    cells, seeds = response.shape
    df = (cells - 1) * (seeds - 1)
    if not df:
        return Noise(mean_square=math.nan, df=0, cells=cells, seeds=seeds)
    by_cell = response.mean(axis=1, keepdims=True)
    by_seed = response.mean(axis=0, keepdims=True)
    residual = response - by_cell - by_seed + response.mean()
    if np.abs(residual).max() <= _ROUNDING * np.abs(response).max():
        return Noise(mean_square=0.0, df=df, cells=cells, seeds=seeds)
    return Noise(mean_square=float((residual**2).sum()) / df, df=df, cells=cells, seeds=seeds)


def estimate_contrast(y: ArrayLike, weights: ArrayLike, *, noise: Noise) -> Contrast:
    """The contrast of each seed, their mean, and the error to judge it by.

    The rule: from 8 seeds on the spread of the contrast over the seeds, which assumes nothing of
    the cells. With fewer the residual of the lattice, unless the F test finds the contrast to vary
    more than the rest of it (p < .05): then the wider interval, which is the first again.

    What the rule costs, measured: nominal 95 % intervals for a main effect over 32 cells cover 95 %
    at 3, 5 and 10 seeds, also where the noise differs by cell. Where the seeds shift the factor as
    well, which the F test often misses, they cover less below 8 seeds: 85 % at 3 seeds and 88 % at
    5 where the shift makes the variance of the contrast 3 times what the runs alone give, 83 and
    88 % at the worst size of the shift. From 8 seeds on it is 95 %. A simple effect by the pooled
    error is judged by the noise of the average cell: with its own two cells twice as noisy its
    intervals cover 82 % at 3 seeds and 89 % at 5, with quieter cells up to 100 %.

    Args:
        y: responses `(n_cells, n_seeds)`, finite: the cells of this contrast, or more.
        weights: `(n_cells,)`, their sum 0, not all 0: +1/16 and -1/16 for a main effect over 16
            contexts, +1 and -1 for one simple effect.
        noise: of all healthy cells, those of `y` among them, run with the same seeds.

    Raises:
        ValueError: `y` or `weights` are not of this kind, or `noise` comes from other seeds or
            fewer cells.
    """
    response = _finite_table(y)
    contrast = _contrast_weights(weights, response)
    _check_noise(noise, response)
    by_seed = _without_rounding(contrast, response)
    seeds, estimate = len(by_seed), float(by_seed.mean())
    squares, variance = float((contrast**2).sum()), _variance(by_seed)
    ratio, ratio_p = _seed_by_contrast(variance / squares, noise)
    method, reason = _choice(seeds, ratio, ratio_p)
    pooled_se = math.sqrt(noise.mean_square * squares / seeds)
    seed_se = math.sqrt(variance / seeds)
    error, df = (pooled_se, noise.df) if method is Method.POOLED else (seed_se, seeds - 1)
    return Contrast(
        estimate=estimate,
        seeds=seeds,
        pooled_se=pooled_se,
        pooled_df=noise.df,
        seed_se=seed_se,
        seed_df=seeds - 1,
        ratio=ratio,
        ratio_p=ratio_p,
        method=method,
        reason=reason,
        p_value=t_p_value(estimate, error, df=df),
        sign_flip_p=sign_flip_p(by_seed),
    )


def sign_flip_p(by_seed: ArrayLike, *, seed: int = 0) -> float:
    """The two-sided p-value that the contrasts of the seeds are symmetric about 0.

    The share of sign patterns whose sum is as far from 0 as the one seen, or farther; all patterns
    up to 20 seeds, above that 100,000 random ones and the one seen (Phipson & Smyth 2010).

    Source: Fisher 1935, section 21.

    Args:
        by_seed: one contrast for each seed `(n_seeds,)`, finite. One seed gives NaN.
        seed: of the random patterns.
    """
    values = np.asarray(by_seed, dtype=float)
    if len(values) < 2:
        return math.nan
    seen = abs(values.sum()) - _ROUNDING * np.abs(values).sum()
    if len(values) <= _EXACT_UP_TO:
        return float((np.abs(_signed_sums(values)) >= seen).mean())
    rng = np.random.default_rng(seed)
    signs = rng.choice(np.array([-1.0, 1.0]), size=(_SIGN_DRAWS, len(values)))
    hits = int((np.abs(signs @ values) >= seen).sum())
    return (hits + 1) / (_SIGN_DRAWS + 1)


def holm(p_values: ArrayLike) -> _Floats:
    """The p-values `(n,)` adjusted for being n, by Holm 1979; NaN stays NaN and isn't counted."""
    values = np.asarray(p_values, dtype=float)
    adjusted = np.full_like(values, np.nan)
    known = ~np.isnan(values)
    if known.any():
        adjusted[known] = multipletests(values[known], method="holm")[1]
    return adjusted


def probability_of_improvement(better: ArrayLike, worse: ArrayLike) -> Improvement:
    """How often `better` wins, by pairs of the same context and seed; ties count half.

    Source: Agarwal et al. 2021, the probability of improvement, as the mean over the contexts;
    unlike there, runs are paired by their seed, as in Bouthillier et al. 2021.

    Args:
        better: responses `(n_contexts, n_seeds)`, larger is better; NaN is a failed run and loses
            against all but another failed one.
        worse: likewise.

    Raises:
        ValueError: their shapes differ or they are empty.
    """
    ours, theirs = (np.asarray(side, dtype=float) for side in (better, worse))
    if ours.shape != theirs.shape or not ours.size:
        raise ValueError(
            f"shapes are {ours.shape} and {theirs.shape}; allowed is the same, not empty"
        )
    ours, theirs = (np.where(np.isnan(side), -np.inf, side) for side in (ours, theirs))
    wins = float((ours > theirs).sum() + 0.5 * (ours == theirs).sum())
    return Improvement(wins=wins, pairs=ours.size)


def _finite_table(y: ArrayLike) -> _Floats:
    response = np.asarray(y, dtype=float)
    if response.ndim != 2 or len(response) < 2 or not response.shape[1]:
        raise ValueError(
            f"y has shape {response.shape}; allowed is (2 cells or more, 1 seed or more)"
        )
    if not np.isfinite(response).all():
        raise ValueError("y holds values that aren't finite; leave the failed cells out")
    return response


def _contrast_weights(weights: ArrayLike, response: _Floats) -> _Floats:
    contrast = np.asarray(weights, dtype=float)
    if contrast.shape != (len(response),):
        raise ValueError(f"weights have shape {contrast.shape}; allowed is ({len(response)},)")
    size = np.abs(contrast).sum()
    if not (size > 0 and abs(contrast.sum()) <= _ROUNDING * size):
        raise ValueError(f"weights sum to {contrast.sum()}; allowed is 0, and not all of them 0")
    return contrast


def _check_noise(noise: Noise, response: _Floats) -> None:
    cells, seeds = response.shape
    if noise.seeds != seeds or noise.cells < cells:
        raise ValueError(
            f"noise is of {noise.cells} cells and {noise.seeds} seeds, y of {cells} and {seeds}; "
            "allowed is as many seeds, and at least as many cells"
        )


def _without_rounding(contrast: _Floats, response: _Floats) -> _Floats:
    """The contrast of each seed; differences between them, or from 0, of rounding are none."""
    by_seed = contrast @ response
    rounding = _ROUNDING * float(np.abs(contrast).sum() * np.abs(response).max())
    if np.ptp(by_seed) <= rounding:
        by_seed = np.full_like(by_seed, by_seed.mean())
    return np.where(np.abs(by_seed) <= rounding, 0.0, by_seed)


def _variance(by_seed: _Floats) -> float:
    if len(by_seed) < 2:
        return math.nan
    # The mean of equal values may differ from them by its rounding.
    return float(by_seed.var(ddof=1)) if np.ptp(by_seed) else 0.0


def _seed_by_contrast(mean_square: float, noise: Noise) -> tuple[float, float]:
    """Its ratio to the rest of the residual and the p-value; NaN if either of both is missing."""
    df = noise.seeds - 1
    rest_df = noise.df - df
    if df < 1 or rest_df < 1:
        return math.nan, math.nan
    total = noise.mean_square * noise.df
    rest = total - mean_square * df
    if rest <= _ROUNDING * total:
        # All that varies is the contrast, or nothing does.
        return (math.inf, 0.0) if mean_square > 0 else (math.nan, math.nan)
    ratio = mean_square / (rest / rest_df)
    return ratio, float(special.fdtrc(df, rest_df, ratio))


def _choice(seeds: int, ratio: float, ratio_p: float) -> tuple[Method, str]:
    if seeds == 1:
        return Method.NONE, "One seed: replication gives no interval."
    if seeds >= ENOUGH_SEEDS:
        return Method.SEED_CONTRAST, (
            f"{seeds} seeds, {ENOUGH_SEEDS} or more: their own spread is enough to judge by."
        )
    few = f"{seeds} seeds, fewer than {ENOUGH_SEEDS}"
    if ratio_p < _SUSPICIOUS:
        # A ratio this far above 1 makes the seeds' error the larger and its t quantile always is.
        return Method.SEED_CONTRAST, (
            f"{few}, but the contrast varies from seed to seed {ratio:.1f} times as much as the "
            f"rest (mean squares, p = {ratio_p:.2g}): the wider interval, by its own spread."
        )
    return Method.POOLED, f"{few}: the spread is pooled over all cells."


def _signed_sums(values: _Floats) -> _Floats:
    """The sums under every sign pattern but for the overall sign, `(2**(n_seeds - 1),)`."""
    sums = values[:1]
    for value in values[1:]:
        sums = np.concatenate([sums + value, sums - value])
    return sums
