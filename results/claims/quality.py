"""Claims on quality: is one level better where both learned, by how much, and everywhere?"""

import dataclasses
import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from results.analysis.fraction import FractionModel, fraction_model
from results.claims.deciding import Rule, Verdict, decide
from results.claims.dependence import find_dependence
from results.claims.judgement import Context, InContext, Judgement, counted
from results.claims.learning import judge_learning, learned_counts
from results.claims.runs import Matched, Runs
from results.statistics.aliases import difference_weights
from results.statistics.comparisons.difference import (
    Difference,
    robust_contrast,
    robust_difference,
)
from results.statistics.comparisons.partners import ContextDifferences, context_differences
from results.statistics.conventions import POWER
from results.statistics.error import StandardError
from results.statistics.power import t_test_power
from search_spaces import Claim

_MOST_SEEDS = 10_000


def judge_quality(runs: Runs, judgement: Judgement, rule: Rule, matched: Matched) -> Judgement:
    """Judge by how much a level is better, over the contexts in which every run of both learned.

    Where most cells have no counterpart, as in a fraction, the difference is estimated from all
    cells together, if these tell it. Where contexts differ, the claim depends.

    Args:
        runs: the runs.
        judgement: what is known of the claim before.
        rule: by what it is decided.
        matched: the contexts of the claim, the worse level first; may be none.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.runs import Columns, matched_cells, read_runs
        >>> scores = [0.70, 0.71, 0.69, 0.80, 0.81, 0.79]
        >>> frame = pd.DataFrame(
        ...     {"width": [8] * 3 + [16] * 3, "seed": [0, 1, 2] * 2, "score": scores}
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> open_ = Judgement(claim=claim, verdict=Verdict.INCONCLUSIVE, reason="", coverage=0.95)
        >>> matched = matched_cells(runs, "width", (8, 16), {})
        >>> judged = judge_quality(runs, open_, Rule(alpha=0.05, smallest=0.001), matched)
        >>> str(judged.verdict), round(judged.difference.estimate, 3)
        ('confirmed', 0.1)
    """
    concerned = _concerned(runs, judgement.claim)
    fraction = None
    if 4 * len(matched.contexts) <= concerned:
        fraction = fraction_model(runs.factors, runs.cells, runs.healthy)
        if by_model := fraction and _judge_by_model(runs, judgement, rule, fraction):
            return by_model
    if not matched.contexts:
        return _without_contexts(judgement, fraction)
    healthy = matched.only(runs.healthy)
    if not healthy.contexts:
        return _judge_without_healthy(runs, judgement, rule, matched)
    judged = _judge_by_contexts(runs, judgement, rule, healthy)
    reasons = [judged.reason] if judged.reason else []
    if failed := len(matched.contexts) - len(healthy.contexts):
        reasons.append(f"{counted(failed, 'context')} left out, as not every run learned")
    if alone := concerned - 2 * len(matched.contexts):
        reasons.append(f"{counted(alone, 'cell')} left out, without the other level beside it")
    return _with_seeds_needed(dataclasses.replace(judged, reason="; ".join(reasons)), rule)


def compared_difference(runs: Runs, cells: NDArray[np.int64]) -> Difference:
    """Better minus worse, averaged over contexts.

    Args:
        runs: the runs.
        cells: numbers of the two cells of each context, the worse level's first, `(n_contexts, 2)`.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.runs import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> round(compared_difference(runs, np.array([[0, 1]])).estimate, 3)
        0.2
    """
    worse, better = runs.response[cells[:, 0]], runs.response[cells[:, 1]]
    if runs.shared:
        return robust_difference(worse, better, shared=True)
    return robust_difference(*_packed(worse, better))


def _judge_by_contexts(runs: Runs, judgement: Judgement, rule: Rule, healthy: Matched) -> Judgement:
    """Judge by the contexts in which every run of both levels learned, one or more."""
    worse, better = (runs.response[healthy.cells[:, side]] for side in (0, 1))
    differences = context_differences(*_packed(worse, better))
    difference = compared_difference(runs, healthy.cells)
    verdict, reason = decide(difference, rule)
    where: tuple[Context, ...] = ()
    dependence = find_dependence(
        differences,
        healthy.contexts,
        rule,
        lambda numbers: compared_difference(runs, healthy.cells[list(numbers)]),
    )
    if dependence:
        verdict, reason, where = Verdict.DEPENDS, dependence.reason, dependence.where
    in_contexts = _in_contexts(healthy.contexts, differences)
    return dataclasses.replace(
        judgement,
        verdict=verdict,
        reason=reason,
        difference=difference,
        p_value=difference.p_value,
        compared=len(healthy.contexts),
        in_contexts=in_contexts,
        own=_own_context(judgement.claim, in_contexts),
        where=where,
        cells=healthy.cells.ravel(),
        seeds=runs.fewest(healthy.cells),
    )


def _judge_by_model(
    runs: Runs, judgement: Judgement, rule: Rule, fraction: FractionModel
) -> Judgement | None:
    """Judge by all cells of a fraction in which every run learned; None where they don't tell."""
    claim = judgement.claim
    pair = (claim.worse, claim.better)
    weights = difference_weights(fraction.model, claim.factor, pair, runs.varied(claim.scope))
    if weights is None:
        return None
    difference = robust_contrast(runs.response[fraction.cells], weights, shared=runs.shared)
    verdict, reason = decide(difference, rule)
    judged = dataclasses.replace(
        judgement,
        verdict=verdict,
        reason=reason,
        difference=difference,
        p_value=difference.p_value,
        compared=len(fraction.cells),
        contexts=len(runs.cells),
        by_model=True,
        cells=fraction.cells,
        seeds=runs.fewest(fraction.cells),
    )
    return _with_seeds_needed(judged, rule)


def _without_contexts(judgement: Judgement, fraction: FractionModel | None) -> Judgement:
    """What is said where the two levels stand beside each other nowhere."""
    claim = judgement.claim
    reason = f"{claim.better} and {claim.worse} stand beside each other nowhere"
    if fraction and (others := fraction.aliases(claim.factor)):
        reason += f", and this design can't tell {claim.factor} from {others}"
    elif fraction:
        reason += f", and too few cells learned to tell the effect of {claim.factor}"
    return dataclasses.replace(judgement, reason=f"not testable: {reason}")


def _judge_without_healthy(
    runs: Runs, judgement: Judgement, rule: Rule, matched: Matched
) -> Judgement:
    """Judge quality where in no context every run of both levels learned.

    A run that failed is worse than any that learned, so where one level never learns all runs
    together say what the counts of those that learned say.
    """
    counts = learned_counts(runs, matched.cells)
    learned = [
        any(context.worse for context in counts),
        any(context.better for context in counts),
    ]
    learning = judge_learning(runs, judgement, rule, matched)
    if learned.count(True) == 1 and learning.verdict is not Verdict.DEPENDS:
        return dataclasses.replace(
            learning, reason=f"by all runs, a failed one the worst: {learning.reason}"
        )
    contexts = counted(len(matched.contexts), "context")
    reason = f"in 0 of {contexts} did every run of both levels learn"
    return dataclasses.replace(learning, verdict=Verdict.INCONCLUSIVE, reason=reason, compared=0)


def _concerned(runs: Runs, claim: Claim) -> int:
    """The number of cells within a claim's scope that have one of its levels."""
    scope = runs.varied(claim.scope)
    named = (dict(zip(runs.factors, cell, strict=True)) for cell in runs.cells)
    return sum(
        levels[claim.factor] in (claim.better, claim.worse) and scope.items() <= levels.items()
        for levels in named
    )


def _in_contexts(
    contexts: Sequence[Context], differences: ContextDifferences
) -> tuple[InContext, ...]:
    return tuple(
        InContext(
            context=context,
            difference=Difference(
                estimate=float(estimate),
                error=StandardError(value=math.sqrt(variance), df=float(df)),
            ),
        )
        for context, estimate, variance, df in zip(
            contexts, differences.estimates, differences.variances, differences.dfs, strict=True
        )
    )


def _own_context(claim: Claim, in_contexts: Sequence[InContext]) -> InContext | None:
    """The context that the claim was drawn from; None if it is not among these."""
    recorded = claim.recorded.context
    for found in in_contexts:
        if found.context.items() <= recorded.items():
            return found
    return None


def _packed(
    worse: NDArray[np.float64], better: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each cell's runs first, what is missing behind: no column is a block of cells."""
    values = np.concatenate([worse, better])
    order = np.argsort(np.isnan(values), axis=1, kind="stable")
    packed = np.take_along_axis(values, order, axis=1)
    packed = packed[:, : int(np.isfinite(packed).sum(axis=1).max())]
    return packed[: len(worse)], packed[len(worse) :]


def _with_seeds_needed(judgement: Judgement, rule: Rule) -> Judgement:
    """The judgement with what a decision would take, if it is open."""
    if judgement.verdict is not Verdict.INCONCLUSIVE:
        return judgement
    return dataclasses.replace(judgement, seeds_needed=_seeds_needed(judgement, rule))


def _seeds_needed(judgement: Judgement, rule: Rule) -> int | None:
    """How many runs a cell, more than there are, decide in 80 % of studies at this estimate."""
    difference = judgement.difference
    if difference is None or not (difference.error.value > 0 and judgement.seeds):
        return None
    per_run = difference.error.value * math.sqrt(judgement.seeds)
    margin = abs(difference.estimate)
    if rule.smallest is not None and margin < rule.smallest:
        margin = max(margin, rule.smallest - margin)
    df_per_run = max(difference.error.df / max(judgement.seeds - 1, 1), 1.0)

    def power(seeds: int) -> float:
        noncentrality = margin / (per_run / math.sqrt(seeds))
        return t_test_power(noncentrality, df=df_per_run * (seeds - 1), alpha=rule.alpha)

    candidates = range(judgement.seeds + 1, _MOST_SEEDS + 1)
    if not margin > 0 or power(_MOST_SEEDS) < POWER:
        return None
    return candidates[bisect_left(candidates, POWER, key=power)]
