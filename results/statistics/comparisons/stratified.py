"""Does one level learn more often? Exact tests over contexts, without pooling their runs."""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import stats

# Tables this much more probable than the one seen still count as equally probable: rounding.
_TIE = 1 + 1e-7


@dataclass(frozen=True, slots=True, kw_only=True)
class LearnedCounts:
    """How many runs of two levels learned in one context.

    Args:
        worse, better: runs of each level that learned.
        worse_runs, better_runs: how many runs of each level there are.

    Examples:
        >>> LearnedCounts(worse=0, worse_runs=3, better=3, better_runs=3).better
        3
    """

    worse: int
    worse_runs: int
    better: int
    better_runs: int


def stratified_exact_p(contexts: Sequence[LearnedCounts]) -> float:
    """The two-sided p-value that both levels learn equally often in each context.

    Given how many runs of each context learned, the better level's share of them is hypergeometric;
    the sum over the contexts is tested, and sums as probable as the one seen or less count.

    Source: the exact conditional test of Cochran, Mantel and Haenszel (Agresti 2013, section
    7.3.5), as R's `mantelhaen.test(exact = TRUE)`.

    Args:
        contexts: the counts of each context; those in which all runs agree tell nothing.

    Examples:
        >>> never_always = LearnedCounts(worse=0, worse_runs=3, better=3, better_runs=3)
        >>> round(stratified_exact_p([never_always]), 6)
        0.1
        >>> stratified_exact_p([never_always] * 16)
        3.05...e-21
    """
    position = 0
    distributions: list[NDArray[np.float64]] = [np.ones(1)]
    for context in contexts:
        learned = context.worse + context.better
        runs = context.worse_runs + context.better_runs
        low = max(0, learned - context.worse_runs)
        high = min(learned, context.better_runs)
        counts = np.arange(low, high + 1)
        chances = stats.hypergeom.pmf(counts, runs, learned, context.better_runs)
        distributions.append(np.asarray(chances, dtype=float))
        position += context.better - low
    sums = reduce(np.convolve, distributions)
    return float(min(1.0, sums[sums <= sums[position] * _TIE].sum()))


def context_sign_p(contexts: Sequence[LearnedCounts]) -> float:
    """The two-sided sign test over contexts: in how many does which level learn more often?

    The context is the unit: it speaks of contexts like these, not of their seeds. Contexts in which
    both learn equally often are left out.

    Args:
        contexts: the counts of each context.

    Examples:
        >>> never_always = LearnedCounts(worse=0, worse_runs=3, better=3, better_runs=3)
        >>> context_sign_p([never_always] * 16)
        3.05...e-05
        >>> context_sign_p([])
        1.0
    """
    gaps = [
        context.better / context.better_runs - context.worse / context.worse_runs
        for context in contexts
        if context.better_runs and context.worse_runs
    ]
    wins, losses = sum(gap > 0 for gap in gaps), sum(gap < 0 for gap in gaps)
    if not wins + losses:
        return 1.0
    return float(stats.binomtest(wins, wins + losses).pvalue)
