"""On what a difference depends: contexts that differ, told apart by the fewest other factors."""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from results.statistics.comparisons.robust import cell_variances, huber
from results.statistics.error import StandardError, independent_error
from results.statistics.t_interval import t_p_value
from search_spaces import Level

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ContextDifferences:
    """The difference of two levels in each context by itself.

    Args:
        estimates: the differences, `(n_contexts,)`.
        variances: their squared standard errors, independent of each other, `(n_contexts,)`.
        dfs: the degrees of freedom of these, `(n_contexts,)`.
        shared: what examples add to that, the same ones in all contexts: a covariance,
            `(n_contexts, n_contexts)`; None where the differences are about these examples.
        shared_df: its degrees of freedom.

    Examples:
        >>> ContextDifferences(
        ...     estimates=np.array([0.0, 4.0]), variances=np.ones(2), dfs=np.full(2, 8.0)
        ... ).estimates.tolist()
        [0.0, 4.0]
    """

    estimates: _Floats
    variances: _Floats
    dfs: _Floats
    shared: _Floats | None = None
    shared_df: float = math.inf

    def only(self, contexts: Sequence[int]) -> "ContextDifferences":
        """The differences of some contexts only, by number."""
        chosen = list(contexts)
        return ContextDifferences(
            estimates=self.estimates[chosen],
            variances=self.variances[chosen],
            dfs=self.dfs[chosen],
            shared=None if self.shared is None else self.shared[np.ix_(chosen, chosen)],
            shared_df=self.shared_df,
        )

    def error(self, weights: _Floats) -> StandardError:
        """The standard error of a weighted sum of the differences, weights `(n_contexts,)`."""
        parts, dfs = weights**2 * self.variances, self.dfs
        if self.shared is not None:
            # What all contexts share cancels, but for rounding.
            parts = np.append(parts, max(weights @ self.shared @ weights, 0.0))
            dfs = np.append(dfs, self.shared_df)
        return independent_error(parts, dfs)


def context_differences(worse: ArrayLike, better: ArrayLike) -> ContextDifferences:
    """The better level minus the worse one in each context, by Huber's means of the cells.

    Runs of different cells are taken as independent: Welch's error in each context. All cells share
    the least scale of `huber`.

    Args:
        worse: responses of the worse level, `(n_contexts, n_seeds)`; NaN where a run is missing.
        better: those of the better level in the same contexts.

    Examples:
        >>> found = context_differences([[1.0, 2.0, 3.0]], [[3.0, 4.0, 5.0]])
        >>> found.estimates.tolist(), found.dfs.tolist()
        ([2.0], [4.0])
    """
    runs = np.stack([np.asarray(worse, dtype=float), np.asarray(better, dtype=float)])
    cells = huber(runs.reshape(-1, runs.shape[2]))
    counts = np.isfinite(cells.values).sum(axis=1)
    variances = (cell_variances(cells) / np.maximum(counts, 1)).reshape(2, -1)
    dfs = (counts - 1).reshape(2, -1)
    # A cell whose runs are all equal has the typical spread; of a single run none is known.
    is_known = variances > 0
    typical = float(np.median(variances[is_known])) if is_known.any() else np.nan
    variances = np.where(variances == 0, typical, variances)
    errors = [independent_error(*pair) for pair in zip(variances.T, dfs.T, strict=True)]
    centre = cells.centre.reshape(2, -1)
    return ContextDifferences(
        estimates=centre[1] - centre[0],
        variances=np.array([error.value**2 for error in errors]),
        dfs=np.array([error.df for error in errors]),
    )


def heterogeneity_p(differences: ContextDifferences) -> float:
    """The p-value that all contexts have one difference, whatever their variances.

    Source: the ANOVA-type statistic of Brunner, Dette & Munk 1997.

    Args:
        differences: those of two contexts or more, with variances above 0.

    Examples:
        >>> alike = ContextDifferences(
        ...     estimates=np.array([1.0, 1.1]), variances=np.ones(2), dfs=np.full(2, 8.0)
        ... )
        >>> heterogeneity_p(alike) > 0.9
        True
    """
    size = len(differences.estimates)
    variances, share = differences.variances, 1 - 1 / size
    trace = share * float(variances.sum())
    squared_parts = float(((share * variances) ** 2 / differences.dfs).sum())
    if differences.shared is None:
        # The trace of the squared covariance of the deviations from their mean.
        squares = (1 - 2 / size) * float((variances**2).sum()) + (variances.sum() / size) ** 2
    else:
        covariance = np.diag(variances) + differences.shared
        centred = covariance - covariance.mean(axis=0)
        squares = float((centred * centred.T).sum())
        by_examples = float(np.trace(differences.shared) - differences.shared.sum() / size)
        trace += by_examples
        squared_parts += by_examples**2 / differences.shared_df
    deviations = differences.estimates - differences.estimates.mean()
    if not squared_parts > 0:
        return 0.0 if deviations.any() else 1.0
    statistic = float((deviations**2).sum()) / trace
    return float(special.fdtrc(trace**2 / squares, trace**2 / squared_parts, statistic))


def alike_groups(
    differences: ContextDifferences, levels: Sequence[Sequence[Level]], *, alpha: float
) -> tuple[tuple[int, ...], ...]:
    """The contexts in groups within which the difference doesn't differ.

    While contexts differ, by the heterogeneity or by the contrast of a level of another factor with
    the rest (Welch t, by Holm; alpha / 2 each), they are split by the contrast with the largest
    |t|. Then the two groups most alike are joined while they don't differ at alpha, so that a
    difference in one corner isn't told as many.

    Args:
        differences: those of every context.
        levels: for each context its levels of the other factors.
        alpha: the chance that contexts are told apart which don't differ, 0-1.

    Returns:
        Numbers of the contexts in each group, ascending; one group where nothing differs.

    Examples:
        >>> differences = ContextDifferences(
        ...     estimates=np.array([0.0, 0.1, 9.0, 9.1]), variances=np.ones(4), dfs=np.full(4, 8.0)
        ... )
        >>> levels = [("sgd", 8), ("sgd", 16), ("adam", 8), ("adam", 16)]
        >>> alike_groups(differences, levels, alpha=0.05)
        ((0, 1), (2, 3))
    """
    alone = np.eye(len(levels))
    if not all(differences.error(weights).value > 0 for weights in alone):
        return (tuple(range(len(levels))),)
    groups: list[tuple[int, ...]] = _split(differences, levels, alpha, tuple(range(len(levels))))
    while len(groups) > 2:
        likeness = {
            pair: heterogeneity_p(differences.only((*groups[pair[0]], *groups[pair[1]])))
            for pair in itertools.combinations(range(len(groups)), 2)
        }
        first, second = max(likeness, key=lambda pair: likeness[pair])
        if likeness[first, second] < alpha:
            break
        joined: tuple[int, ...] = tuple(sorted((*groups[first], *groups[second])))
        rest = [group for number, group in enumerate(groups) if number not in (first, second)]
        groups = [joined, *rest]
    return tuple(sorted(groups))


def common_levels(
    group: Sequence[int], levels: Sequence[Sequence[Level]]
) -> tuple[tuple[int, Level], ...] | None:
    """The fewest levels, as positions and levels, that the group's contexts have and no other.

    None where no conjunction of levels tells the group from the rest.

    Examples:
        >>> levels = [("sgd", 8), ("sgd", 16), ("adam", 8), ("adam", 16)]
        >>> common_levels((2, 3), levels)
        ((0, 'adam'),)
        >>> common_levels((0, 3), levels) is None
        True
    """
    first = levels[group[0]]
    shared = [
        (position, level)
        for position, level in enumerate(first)
        if all(levels[number][position] == level for number in group)
    ]
    for size in range(len(shared) + 1):
        for chosen in itertools.combinations(shared, size):
            holding = [
                number
                for number, others in enumerate(levels)
                if all(others[position] == level for position, level in chosen)
            ]
            if tuple(holding) == tuple(group):
                return chosen
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cut:
    """How far a level of another factor differs from the rest, and the contexts on either side."""

    t: float
    p_value: float
    inside: tuple[int, ...]
    outside: tuple[int, ...]


def _split(
    differences: ContextDifferences,
    levels: Sequence[Sequence[Level]],
    alpha: float,
    contexts: tuple[int, ...],
) -> list[tuple[int, ...]]:
    cuts = list(_cuts(differences, levels, contexts))
    if not cuts:
        return [contexts]
    differs = heterogeneity_p(differences.only(contexts)) < alpha / 2
    if not differs and min(cut.p_value for cut in cuts) * len(cuts) >= alpha / 2:
        return [contexts]
    best = max(cuts, key=lambda cut: cut.t)
    return [
        group
        for side in (best.outside, best.inside)
        for group in _split(differences, levels, alpha, side)
    ]


def _cuts(
    differences: ContextDifferences,
    levels: Sequence[Sequence[Level]],
    contexts: tuple[int, ...],
) -> Iterator[_Cut]:
    """Each level of each other factor against the rest; of two levels only one."""
    for position in range(len(levels[0])):
        found = list(dict.fromkeys(levels[number][position] for number in contexts))
        for level in found[1:] if len(found) == 2 else found if len(found) > 2 else ():
            inside = tuple(n for n in contexts if levels[n][position] == level)
            outside = tuple(n for n in contexts if levels[n][position] != level)
            yield _cut(differences, inside, outside)


def _cut(
    differences: ContextDifferences, inside: tuple[int, ...], outside: tuple[int, ...]
) -> _Cut:
    weights = np.zeros(len(differences.estimates))
    weights[list(inside)] = 1 / len(inside)
    weights[list(outside)] = -1 / len(outside)
    error = differences.error(weights)
    gap = float(weights @ differences.estimates)
    return _Cut(
        t=abs(gap) / error.value if error.value > 0 else math.inf if gap else 0.0,
        p_value=t_p_value(gap, error.value, df=error.df),
        inside=inside,
        outside=outside,
    )
