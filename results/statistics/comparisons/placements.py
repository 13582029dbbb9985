"""Runs of two levels placed among each other: what share of the other level's does each beat?

Placements say how often a level wins, and how far that may be from the truth. A run that failed is
given as minus infinity: it loses against all but another failed one, with which it ties.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from results.statistics.comparisons.difference import seed_error
from results.statistics.error import StandardError

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Placements:
    """The runs of two levels among each other, context by context.

    Args:
        better: the share of the worse level's runs that each run of the better one beats, ties
            counted half, 0-1, `(n_contexts, n_seeds)`; NaN where there is no run.
        worse: the share of the better level's runs that beat each run of the worse one, likewise.
        alike: the variance of each context's wins if its runs might change places, given which of
            them tie, `(n_contexts,)`; 0 where all do.

    Examples:
        >>> placed = place_runs([[0.9, 0.8]], [[0.8, 0.7]])
        >>> placed.better.tolist(), placed.wins.tolist(), placed.alike.round(3).tolist()
        ([[1.0, 0.75]], [0.875], [0.094])
    """

    better: _Floats
    worse: _Floats
    alike: _Floats

    @property
    def counts(self) -> tuple[_Floats, _Floats]:
        """How many runs of the better and of the worse level each context has."""
        first, second = (np.isfinite(side).sum(axis=1) for side in (self.better, self.worse))
        return first.astype(float), second.astype(float)

    @property
    def weights(self) -> _Floats:
        """How much each context counts, `(n_contexts,)`, as van Elteren 1960 has it; sum 1."""
        first, second = self.counts
        known = first * second / (first + second + 1)
        return known / known.sum()

    @property
    def wins(self) -> _Floats:
        """The share of each context's pairs that the better level wins, 0-1, `(n_contexts,)`."""
        return np.nanmean(self.better, axis=1)


def place_runs(better: ArrayLike, worse: ArrayLike) -> Placements:
    """The runs of two levels placed among each other.

    Args:
        better: responses of one level, `(n_contexts, n_seeds)`, larger is better; minus infinity is
            a failed run, NaN none. Each context has a run.
        worse: responses of the other level in the same contexts, likewise.

    Raises:
        ValueError: the contexts differ in number, there is none, or one has no run of a level.

    Examples:
        >>> place_runs([[0.9, -np.inf]], [[0.8, -np.inf]]).wins.tolist()
        [0.625]
    """
    ours, theirs = (np.asarray(side, dtype=float) for side in (better, worse))
    won = _won(ours, theirs)
    is_ours, is_theirs = ~np.isnan(ours), ~np.isnan(theirs)
    first, second = is_ours.sum(axis=1), is_theirs.sum(axis=1)
    return Placements(
        better=np.where(is_ours, won.sum(axis=2) / second[:, np.newaxis], np.nan),
        worse=np.where(is_theirs, won.sum(axis=1) / first[:, np.newaxis], np.nan),
        alike=_variances_of_alike(np.concatenate([ours, theirs], axis=1), first, second),
    )


def win_probability(better: ArrayLike, worse: ArrayLike) -> float:
    """The share of pairs that the better level wins, ties counted half, over contexts, 0-1.

    Sources: Mann & Whitney 1947; van Elteren 1960 for several contexts; Buyse 2010 for outcomes of
    which some are failures.

    Args:
        better: responses of one level, as `place_runs` takes them.
        worse: responses of the other level in the same contexts.

    Examples:
        >>> win_probability([[0.9, 0.8, 0.7]], [[0.8, 0.6, -np.inf]])
        0.833...
    """
    ours, theirs = (np.asarray(side, dtype=float) for side in (better, worse))
    won = _won(ours, theirs).sum(axis=(1, 2))
    first, second = ((~np.isnan(side)).sum(axis=1) for side in (ours, theirs))
    return float((won / (first + second + 1)).sum() / (first * second / (first + second + 1)).sum())


def null_variance(placed: Placements) -> float:
    """The variance of the wins over all contexts, where neither level is better.

    That of runs which might change places (van Elteren 1960) or, where it is more, as the
    placements themselves vary: of a level that is noisier than the other.

    Examples:
        >>> placed = place_runs([[4.0, 5.0, 6.0]], [[1.0, 2.0, 3.0]])
        >>> null_variance(placed)  # 7 / (12 * 3 * 3)
        0.0648...
    """
    scale = float(placed.weights**2 @ placed.alike)
    known = _repeated(placed)
    parts = [
        np.nanvar(side[known], axis=1, ddof=1) / count[known]
        for side, count in zip((placed.better, placed.worse), placed.counts, strict=True)
    ]
    expected = float((placed.weights**2 * _expected_variances(placed))[known].sum())
    seen = float(placed.weights[known] ** 2 @ (parts[0] + parts[1]))
    return scale * max(1.0, seen / expected) if expected > 0 else scale


def null_error_by_seed(placed: Placements) -> StandardError:
    """The standard error of the wins where neither level is better, with the seed as the unit.

    Each column is a seed, the runs of which go together over all contexts. The error is infinite
    where no context has two runs of each level.

    Examples:
        >>> placed = place_runs([[1.0, 5.0, 3.0]] * 2, [[2.0, 4.0, 0.0]] * 2)
        >>> round(null_error_by_seed(placed).df, 6)
        2.0
    """
    known = _repeated(placed)
    if not known.any():
        return StandardError(value=np.inf, df=1.0)
    values = np.concatenate([placed.better[known], placed.worse[known]])
    seen = seed_error(values, np.concatenate([placed.weights[known]] * 2))
    expected = float((placed.weights**2 * _expected_variances(placed))[known].sum())
    ratio = seen.value**2 / expected if expected > 0 else 1.0
    scale = float(placed.weights**2 @ placed.alike)
    return StandardError(value=float(np.sqrt(scale * ratio)), df=seen.df)


def _won(ours: _Floats, theirs: _Floats) -> _Floats:
    """Whether each pair of runs is won, `(n_contexts, n_ours, n_theirs)`; 1/2 for a tie."""
    if ours.ndim != 2 or len(ours) != len(theirs) or not len(ours):
        raise ValueError(
            f"shapes are {ours.shape} and {theirs.shape}; allowed are as many contexts, 1 or more"
        )
    if np.isnan(ours).all(axis=1).any() or np.isnan(theirs).all(axis=1).any():
        raise ValueError("a context has no run of one of the levels; leave it out")
    equal = ours[:, :, np.newaxis] == theirs[:, np.newaxis, :]
    return (ours[:, :, np.newaxis] > theirs[:, np.newaxis, :]) + equal / 2


def _repeated(placed: Placements) -> NDArray[np.bool_]:
    """Whether each context has two runs or more of each level, `(n_contexts,)`."""
    first, second = placed.counts
    return (first > 1) & (second > 1)


def _expected_variances(placed: Placements) -> _Floats:
    """What the placements' variances are on average if runs might change places.

    At wins of 0 or 1 nothing varies, so that in between they are taken as of a share, without bias.
    """
    wins = placed.wins
    total = sum(placed.counts)
    of_share = 4 * wins * (1 - wins) / np.maximum(1 - 4 * placed.alike, 1e-9)
    return placed.alike * of_share * (total + 2) / (total + 1)


def _variances_of_alike(
    runs: _Floats, first: NDArray[np.int64], second: NDArray[np.int64]
) -> _Floats:
    """The variance of the wins over all ways to call so many of these runs the better level's.

    Source: Lehmann 1975, appendix 4, with ties.
    """
    ties = (runs[:, :, np.newaxis] == runs[:, np.newaxis, :]).sum(axis=2)
    total = first + second
    # Each run of a tie of t adds t² - 1; a missing run ties with none, itself included.
    tied = np.where(ties > 0, ties**2 - 1, 0).sum(axis=1)
    return (total + 1 - tied / (total * (total - 1))) / (12 * first * second)
