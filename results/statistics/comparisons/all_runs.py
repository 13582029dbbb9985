"""Two levels compared by all their runs, a failed one being the worst: how often does which win?

No run is left out, so nothing is hidden and nothing lost where runs fail. A response enters by its
order alone; by how much a level is better, is the shift at which it would win half of the pairs.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from results.statistics.comparisons.partners import ContextDifferences
from results.statistics.comparisons.placements import (
    Placements,
    null_error_by_seed,
    null_variance,
    place_runs,
)
from results.statistics.comparisons.stratified import LearnedCounts, stratified_exact_p
from results.statistics.error import StandardError
from results.statistics.t_interval import t_p_value

_Floats = NDArray[np.float64]

# How exactly a p-value is found, and the least that is.
_PRECISION_OF_LOG_P, _LEAST_P = 1e-9, 1e-300
# Shares of pairs are sums of rounded numbers.
_ROUNDED = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AllRuns:
    """How often the better level beats the worse one, run against run in the same context.

    `wins` and `wins_interval` are that probability; `estimate` and `interval` are in response
    units: what could be taken off the better level's runs before it wins no more than half of the
    pairs. Both intervals and the p-value come from one test and say the same.

    Args:
        gaps: better minus worse of each pair of runs that both learned, ascending, `(n_pairs,)`.
        won: the share of all pairs that the first so many of these are, 0-1, `(n_pairs + 1,)`.
        decided: the share that the better level wins as a run failed.
        variance: the variance of the wins where neither level is better.
        step: half of what the wins move by if one pair turns.
        kurtosis: by how much their distribution reaches out less than the normal, as an excess.
        by_seed: the standard error with the seed as the unit; None where every run counts.
        spread: how far new examples may move the levels apart, as a standard error in response
            units; 0 where it is about these examples.

    Examples:
        >>> found = compare_all_runs([[0.9, 0.8, 0.7]], [[0.8, 0.6, -math.inf]])
        >>> round(found.wins, 3), round(found.estimate, 3)
        (0.833, 0.2)
        >>> [round(end, 2) for end in found.wins_interval(0.95)]
        [0.33, 0.99]
    """

    gaps: _Floats
    won: _Floats
    decided: float
    variance: float
    step: float
    kurtosis: float
    by_seed: StandardError | None = None
    spread: float = 0.0

    @property
    def wins(self) -> float:
        """The share of pairs that the better level wins, ties counted half, 0-1."""
        return self.wins_at(0.0)

    @property
    def any_failed(self) -> bool:
        """Whether some run failed."""
        return bool(self.won[-1] < 1 - 1e-9)

    @property
    def estimate(self) -> float:
        """The shift at which the better level wins half of the pairs, in response units.

        Infinite where failures alone decide who wins more; NaN where no shift changes anything.

        Source: Hodges & Lehmann 1963, over contexts.
        """
        above = self.decided + self.won[-1] - self.won
        winning = self.gaps[above[:-1] > 0.5 + _ROUNDED]
        losing = self.gaps[above[1:] < 0.5 - _ROUNDED]
        if len(winning) and len(losing):
            return float(winning[-1] + losing[0]) / 2
        excess = self.wins - 0.5
        return math.copysign(math.inf, excess) if abs(excess) > _ROUNDED else math.nan

    @property
    def p_value(self) -> float:
        """The two-sided p-value of no shift, to which `interval` belongs."""
        if not self.spread:
            return self.wins_p
        # New examples only add to it: between that of these and 1.
        least, most = math.log(max(self.wins_p, _LEAST_P)), 0.0
        while most - least > _PRECISION_OF_LOG_P:
            middle = (least + most) / 2
            alpha = math.exp(middle)
            is_outside = self._low(alpha) > 0 or self._high(alpha) < 0
            least, most = (least, middle) if is_outside else (middle, most)
        return math.exp(most)

    @property
    def wins_p(self) -> float:
        """The two-sided p-value that neither level wins more often, on these examples."""
        distance = max(abs(self.wins - 0.5) - self.step, 0.0)
        if not distance or not self.variance:
            return 1.0
        normal = _straightened(distance / math.sqrt(self.variance), self.kurtosis)
        p = float(2 * special.ndtr(-normal))
        if self.by_seed:
            p = max(p, t_p_value(distance, self.by_seed.value, df=self.by_seed.df))
        return min(p, 1.0)

    def wins_interval(self, coverage: float) -> tuple[float, float]:
        """The interval (low, high) of the wins on these examples, 0-1, of this coverage, 0-1.

        A probability θ is tested as a share is, with 4 θ (1 - θ) times the variance at 1/2.

        Source: Wilson 1927, for a share.
        """
        reach = self._reach(1 - coverage)
        low = _lowest_share(self.wins - self.step, reach)
        return low, 1 - _lowest_share(1 - self.wins - self.step, reach)

    def interval(self, coverage: float) -> tuple[float, float]:
        """The interval (low, high) of the shift, of this coverage, 0-1.

        An end is infinite where no shift on that side can be told apart.
        """
        return self._low(1 - coverage), self._high(1 - coverage)

    def wins_at(self, shift: float) -> float:
        """The share of pairs that the better level wins with so much taken off its runs, 0-1."""
        below = self.won[np.searchsorted(self.gaps, shift, side="left")]
        not_above = self.won[np.searchsorted(self.gaps, shift, side="right")]
        return min(float(self.decided + self.won[-1] - (below + not_above) / 2), 1.0)

    def grown(self, times: float) -> "AllRuns":
        """What so many times as many runs would tell, if they are like these.

        Examples:
            >>> found = compare_all_runs([[0.9, 0.8, 0.7]], [[0.8, 0.6, -math.inf]])
            >>> round(found.p_value, 2), round(found.grown(4.0).p_value, 2)
            (0.29, 0.02)
        """
        by_seed = self.by_seed and StandardError(
            value=self.by_seed.value / math.sqrt(times), df=self.by_seed.df * times
        )
        return replace(
            self,
            variance=self.variance / times,
            kurtosis=self.kurtosis / times,
            by_seed=by_seed,
        )

    def power(self, alpha: float) -> float:
        """The chance that as many runs decide at a level alpha, 0-1, if this is the truth."""
        low, high = self.interval(1 - alpha) if self.spread else (-math.inf, math.inf)
        if math.isfinite(high - low):
            error = (high - low) / 2 / _quantile(alpha)
            return float(special.ndtr(abs(self.estimate) / error - _quantile(alpha)))
        margin = abs(self.wins - 0.5) - self.step - self._reach(alpha)
        spread = 4 * self.wins * (1 - self.wins) * self.variance
        return float(special.ndtr(margin / math.sqrt(spread))) if spread else float(margin > 0)

    def _low(self, alpha: float) -> float:
        needed = 0.5 + self.step + self._reach(alpha)
        low = _last_winning(self.gaps, self.won, self.decided, needed)
        return _farther(low, self.estimate, _quantile(alpha) * self.spread)

    def _high(self, alpha: float) -> float:
        needed = 0.5 + self.step + self._reach(alpha)
        total = float(self.won[-1])
        lost, lost_by_failure = total - self.won[::-1], 1 - self.decided - total
        high = _last_winning(-self.gaps[::-1], lost, lost_by_failure, needed)
        return -_farther(high, -self.estimate, _quantile(alpha) * self.spread)

    def _reach(self, alpha: float) -> float:
        """How far from 1/2 the wins may be by chance."""
        reach = _quantile(alpha, self.kurtosis) * math.sqrt(self.variance)
        if self.by_seed:
            quantile = float(special.stdtrit(self.by_seed.df, 1 - alpha / 2))
            reach = max(reach, quantile * self.by_seed.value)
        return reach


def compare_all_runs(
    better: ArrayLike, worse: ArrayLike, *, shared: bool = False, spread: float = 0.0
) -> AllRuns:
    """How often the better level wins, run against run, over contexts.

    The test is van Elteren's, with its tails by their kurtosis (Cornish & Fisher 1938) and half a
    step off. Its variance is raised where the placements vary by more than those of levels that are
    alike, so that a noisier level isn't taken for a better one (Brunner & Munzel 2000). Where only
    whether a run learned can tell, it is the exact test of that.

    Sources: van Elteren 1960; Buyse 2010.

    Args:
        better: responses of one level, `(n_contexts, n_seeds)`, larger is better; minus infinity is
            a failed run, NaN none. Each context has a run of both levels.
        worse: responses of the other level in the same contexts, likewise.
        shared: whether runs of one seed, a column, go together over contexts: then it has to be
            sure with the seed as the unit as well.
        spread: how far new examples may move the levels apart, as a standard error in response
            units.

    Raises:
        ValueError: the contexts differ in number, there is none, or one has no run of a level.

    Examples:
        >>> never_always = compare_all_runs([[0.9, 0.8, 0.9]] * 16, [[-math.inf] * 3] * 16)
        >>> never_always.wins, never_always.p_value
        (1.0, 3.05...e-21)
    """
    ours, theirs = (np.asarray(side, dtype=float) for side in (better, worse))
    placed = place_runs(ours, theirs)
    first, second = placed.counts
    with np.errstate(invalid="ignore"):
        gaps = ours[:, :, np.newaxis] - theirs[:, np.newaxis, :]
    shares = np.broadcast_to(
        (placed.weights / (first * second))[:, np.newaxis, np.newaxis], gaps.shape
    )
    both = np.isfinite(gaps)
    order = np.argsort(gaps[both], kind="stable")
    won = np.concatenate([[0.0], np.cumsum(shares[both][order])])
    found = AllRuns(
        gaps=gaps[both][order],
        won=won,
        decided=_decided(ours, theirs, shares),
        variance=null_variance(placed),
        step=_half_step(placed),
        kurtosis=_kurtosis(placed),
        by_seed=null_error_by_seed(placed) if shared else None,
        spread=spread,
    )
    return found if both.any() else _by_counts(found, ours, theirs)


def wins_by_context(better: ArrayLike, worse: ArrayLike) -> ContextDifferences:
    """How much more than half of the pairs the better level wins, in each context by itself.

    The variances are those of runs that win as often everywhere: so what differs is told from what
    contexts of few runs show by chance.

    Args:
        better: responses of one level, as `compare_all_runs` takes them.
        worse: responses of the other level in the same contexts.

    Examples:
        >>> found = wins_by_context([[0.9, 0.8], [0.7, 0.6]], [[0.6, 0.7], [0.8, 0.5]])
        >>> found.estimates.tolist()
        [0.5, 0.0]
    """
    placed = place_runs(better, worse)
    wins = float(placed.weights @ placed.wins)
    alike = float(placed.weights**2 @ placed.alike)
    uneven = null_variance(placed) / alike if alike else 1.0
    first, second = placed.counts
    return ContextDifferences(
        estimates=placed.wins - 0.5,
        variances=placed.alike * uneven * 4 * wins * (1 - wins),
        dfs=np.maximum(first + second - 2, 1.0),
    )


def _decided(ours: _Floats, theirs: _Floats, shares: _Floats) -> float:
    """The share of pairs that the better level wins as a run failed, those where both did half."""
    learned, failed = np.isfinite(ours), np.isneginf(ours)
    against = np.isneginf(theirs)[:, np.newaxis, :]
    won = learned[:, :, np.newaxis] & against
    tied = failed[:, :, np.newaxis] & against
    return float((shares * (won + tied / 2)).sum())


def _by_counts(found: AllRuns, ours: _Floats, theirs: _Floats) -> AllRuns:
    """The comparison with the variance at which its test is the exact one of how many learned."""
    counts = [
        LearnedCounts(
            worse=int(np.isfinite(second).sum()),
            worse_runs=int((~np.isnan(second)).sum()),
            better=int(np.isfinite(first).sum()),
            better_runs=int((~np.isnan(first)).sum()),
        )
        for first, second in zip(ours, theirs, strict=True)
    ]
    # At 1 no variance would do.
    p = min(stratified_exact_p(counts), 1 - 1e-9)
    error = abs(found.wins - 0.5) / -float(special.ndtri(p / 2))
    return replace(found, variance=error**2, step=0.0, kurtosis=0.0, by_seed=None)


def _half_step(placed: Placements) -> float:
    """Half of what the wins move by if one pair turns, of the contexts in which that matters."""
    first, second = placed.counts
    tells = placed.alike > 0
    weights = placed.weights
    moved = float((weights**2 / (first * second))[tells].sum())
    return moved / 2 / float(weights[tells].sum()) if tells.any() else 0.0


def _kurtosis(placed: Placements) -> float:
    """By how much the wins of levels that are alike reach out less than the normal, as an excess.

    Source: the cumulants of Wilcoxon's statistic without ties (Fix & Hodges 1955).
    """
    first, second = placed.counts
    products = first * second
    ratio = (first**2 + second**2 + products + first + second) / (products * (first + second + 1))
    parts = placed.weights**2 * placed.alike
    total = float(parts.sum())
    return 1.2 * float(parts**2 @ ratio) / total**2 if total else 0.0


def _quantile(alpha: float, kurtosis: float = 0.0) -> float:
    """The distance, in standard errors, that is passed with a chance of alpha on both sides.

    Its tails are those of `_straightened`, of which this is the inverse.
    """
    normal = -float(special.ndtri(alpha / 2))
    if not kurtosis:
        return normal
    cubic, linear = kurtosis / 24, 1 - kurtosis / 8
    angle = math.asinh(1.5 * normal / linear * math.sqrt(3 * cubic / linear)) / 3
    return 2 * math.sqrt(linear / (3 * cubic)) * math.sinh(angle)


def _straightened(distance: float, kurtosis: float) -> float:
    """A distance in standard errors, of a distribution of short tails, as one of the normal."""
    return distance + kurtosis / 24 * (distance**3 - 3 * distance)


def _lowest_share(share: float, reach: float) -> float:
    """The smallest θ from which a share may be as far as reach * sqrt(4 θ (1 - θ)), 0-1."""
    if share <= 0 or math.isinf(reach):
        return 0.0
    wide = 1 + 4 * reach**2
    middle = share + 2 * reach**2
    return (middle - math.sqrt(max(middle**2 - wide * share**2, 0.0))) / wide


def _farther(low: float, estimate: float, moved: float) -> float:
    """The low end of an interval that new examples may have moved by so much as well."""
    if not moved or math.isinf(low):
        return low
    # Of an estimate without end nothing says how far it is from this one.
    return estimate - math.hypot(estimate - low, moved) if math.isfinite(estimate) else low - moved


def _last_winning(gaps: _Floats, won: _Floats, decided: float, needed: float) -> float:
    """The largest shift at which more than the needed share is still won; see `AllRuns`."""
    if decided > needed:
        return math.inf
    below = np.searchsorted(gaps, gaps, side="left")
    passed = np.flatnonzero(decided + won[-1] - won[below] > needed)
    if not len(passed):
        return -math.inf
    last = passed[-1]
    at_last = decided + won[-1] - (won[below[last]] + won[last + 1]) / 2
    # Where half of a tie is enough, the shift of the tie itself still wins.
    end = float(gaps[last])
    return math.nextafter(end, math.inf) if at_last > needed else end
