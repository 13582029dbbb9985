"""Judges claims about anyone's runs: quality, learning at all, and on what either depends."""

import dataclasses
import itertools
import math
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.claims.tables.deciding import Decision, Rule, decide
from results.claims.tables.runs import Runs, matched_cells
from results.statistics.comparisons.difference import Difference, robust_difference
from results.statistics.comparisons.partners import (
    alike_groups,
    common_levels,
    context_differences,
)
from results.statistics.comparisons.stratified import (
    LearnedCounts,
    context_sign_p,
    stratified_exact_p,
)
from results.statistics.contrast import holm
from results.statistics.conventions import POWER
from results.statistics.power import t_test_power
from search_spaces import Claim, Endpoint, Level

_MOST_SEEDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What runs say of a claim.

    Args:
        claim: the claim.
        decision: the verdict.
        reason: why, in words.
        difference: better minus worse, the interval of which decides; None where there is none.
        p_value: the p-value of no difference; of a claim on learning at all, that both levels learn
            equally often.
        contexts: the number of contexts that the verdict rests on.
        where: the contexts for which the claim is confirmed, if it depends: the levels that they
            have and no other, or, where no levels tell them, each context by itself.
        seeds: the fewest runs that a compared cell has.
        seeds_needed: how many a decision would take at the estimate; None where none would do, or
            where it is decided.

    Examples:
        >>> from search_spaces import Claim
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> Judgement(claim=claim, decision=Decision.INCONCLUSIVE, reason="one run").contexts
        0
    """

    claim: Claim
    decision: Decision
    reason: str
    difference: Difference | None = None
    p_value: float = math.nan
    contexts: int = 0
    where: tuple[Mapping[str, Level], ...] = ()
    seeds: int = 0
    seeds_needed: int | None = None


def judge_claim(runs: Runs, claim: Claim, rule: Rule) -> Judgement:
    """What the runs say of one claim.

    Args:
        runs: the runs of a table; larger responses are better.
        claim: about two levels of a factor that occur among them.
        rule: by what it is decided.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.tables.runs import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {
        ...         "width": [8] * 4 + [16] * 4,
        ...         "seed": list(range(8)),
        ...         "score": [0.70, 0.71, 0.69, 0.70, 0.80, 0.81, 0.79, 0.80],
        ...     }
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> judge_claim(runs, claim, Rule(alpha=0.05, smallest=0.001)).decision
        <Decision.CONFIRMED: 'confirmed'>
    """
    pair = (claim.worse, claim.better)
    contexts, cells = matched_cells(runs, claim.factor, pair, claim.scope)
    if not contexts:
        return Judgement(
            claim=claim,
            decision=Decision.INCONCLUSIVE,
            reason=f"{claim.better} and {claim.worse} stand beside each other nowhere",
        )
    if claim.endpoint == Endpoint.TRAINED:
        return _judge_learning(runs, claim, rule, cells)
    return _judge_quality(runs, claim, rule, contexts, cells)


def _judge_learning(runs: Runs, claim: Claim, rule: Rule, cells: NDArray[np.int64]) -> Judgement:
    """Judge whether a level learns more often, by the exact stratified test over contexts."""
    counts = _learned_counts(runs, cells)
    p_value = stratified_exact_p(counts)
    wins, losses = _directions(counts)
    words = (
        f"learns more often in {len(wins)} of {_counted(len(counts), 'context')} and less often in "
        f"{len(losses)} (sign test over contexts p = {context_sign_p(counts):.2g})"
    )
    decision = Decision.INCONCLUSIVE
    if p_value < rule.alpha:
        decision = Decision.CONFIRMED if _surplus(counts) > 0 else Decision.REFUTED
        minority = losses if decision is Decision.CONFIRMED else wins
        # Against the rest by more than chance, not only by a run.
        if any(p < rule.alpha for p in _single_p_values(counts, minority)):
            decision = Decision.DEPENDS
    return Judgement(
        claim=claim,
        decision=decision,
        reason=words,
        p_value=p_value,
        contexts=len(counts),
        seeds=_fewest_runs(runs, cells),
    )


def _directions(counts: Sequence[LearnedCounts]) -> tuple[list[int], list[int]]:
    """The contexts in which the better level learns more often, and where the worse does."""
    gaps = [
        context.better * context.worse_runs - context.worse * context.better_runs
        for context in counts
    ]
    return (
        [number for number, gap in enumerate(gaps) if gap > 0],
        [number for number, gap in enumerate(gaps) if gap < 0],
    )


def _surplus(counts: Sequence[LearnedCounts]) -> float:
    """How many more runs of the better level learned than if both learned equally often."""
    return sum(
        context.better
        - (context.better + context.worse)
        * context.better_runs
        / (context.better_runs + context.worse_runs)
        for context in counts
    )


def _single_p_values(counts: Sequence[LearnedCounts], chosen: Sequence[int]) -> list[float]:
    """The exact test in some contexts by themselves, by Holm over all."""
    adjusted = holm([stratified_exact_p([context]) for context in counts])
    return [float(adjusted[number]) for number in chosen]


def _learned_counts(runs: Runs, cells: NDArray[np.int64]) -> list[LearnedCounts]:
    learned, present = runs.learned.sum(axis=1), runs.present.sum(axis=1)
    return [
        LearnedCounts(
            worse=int(learned[worse]),
            worse_runs=int(present[worse]),
            better=int(learned[better]),
            better_runs=int(present[better]),
        )
        for worse, better in cells
    ]


def _judge_quality(
    runs: Runs,
    claim: Claim,
    rule: Rule,
    contexts: Sequence[Mapping[str, Level]],
    cells: NDArray[np.int64],
) -> Judgement:
    healthy = np.array([_all_learned(runs, pair) for pair in cells])
    if not healthy.any():
        return _judge_without_healthy(runs, claim, rule, cells)
    healthy_contexts = list(itertools.compress(contexts, healthy))
    compared = cells[healthy]
    difference = _difference(runs, compared)
    decision, reason = decide(difference, rule)
    where: tuple[Mapping[str, Level], ...] = ()
    if dependence := _dependence(runs, rule, healthy_contexts, compared):
        decision, reason, where = Decision.DEPENDS, dependence.reason, dependence.where
    left_out = _left_out(runs, claim, matched=len(cells), compared=len(compared))
    judgement = Judgement(
        claim=claim,
        decision=decision,
        reason="; ".join([*([reason] if reason else []), *left_out]),
        difference=difference,
        p_value=difference.p_value,
        contexts=len(compared),
        where=where,
        seeds=_fewest_runs(runs, compared),
    )
    needed = _seeds_needed(judgement, rule) if decision is Decision.INCONCLUSIVE else None
    return dataclasses.replace(judgement, seeds_needed=needed)


def _judge_without_healthy(
    runs: Runs, claim: Claim, rule: Rule, cells: NDArray[np.int64]
) -> Judgement:
    """Judge quality where in no context every run of both levels learned.

    A run that failed is worse than any that learned, so where one level never learns all runs
    together say what the counts of those that learned say.
    """
    counts = _learned_counts(runs, cells)
    learned = [
        any(context.worse for context in counts),
        any(context.better for context in counts),
    ]
    learning = _judge_learning(runs, claim, rule, cells)
    if learned.count(True) == 1 and learning.decision is not Decision.DEPENDS:
        return dataclasses.replace(
            learning, reason=f"by all runs, a failed one the worst: {learning.reason}"
        )
    reason = "in no context did every run of both levels learn"
    return dataclasses.replace(learning, decision=Decision.INCONCLUSIVE, reason=reason)


def _all_learned(runs: Runs, pair: NDArray[np.int64]) -> bool:
    return bool((runs.learned[pair] == runs.present[pair]).all())


def _left_out(runs: Runs, claim: Claim, *, matched: int, compared: int) -> list[str]:
    """What is not in a comparison: no run is left out without a word.

    Args:
        runs: the runs of the table.
        claim: the claim.
        matched: number of contexts in which both levels stand beside each other.
        compared: how many of these are compared.
    """
    words: list[str] = []
    if failed := matched - compared:
        words.append(f"{_counted(failed, 'context')} left out, as not every run learned")
    named = (dict(zip(runs.factors, cell, strict=True)) for cell in runs.cells)
    concerned = sum(
        levels[claim.factor] in (claim.better, claim.worse)
        and claim.scope.items() <= levels.items()
        for levels in named
    )
    if alone := concerned - 2 * matched:
        words.append(f"{_counted(alone, 'cell')} left out, without the other level beside it")
    return words


def _fewest_runs(runs: Runs, cells: NDArray[np.int64]) -> int:
    return int(runs.present[cells.ravel()].sum(axis=1).min())


def _difference(runs: Runs, cells: NDArray[np.int64]) -> Difference:
    """Better minus worse, averaged over the contexts of these pairs of cells."""
    worse, better = runs.response[cells[:, 0]], runs.response[cells[:, 1]]
    if runs.shared:
        return robust_difference(worse, better, shared=True)
    return robust_difference(*_packed(worse, better))


def _packed(
    worse: NDArray[np.float64], better: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each cell's runs first, what is missing behind: no column is a block of cells."""
    values = np.concatenate([worse, better])
    order = np.argsort(np.isnan(values), axis=1, kind="stable")
    packed = np.take_along_axis(values, order, axis=1)
    packed = packed[:, : int(np.isfinite(packed).sum(axis=1).max())]
    return packed[: len(worse)], packed[len(worse) :]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dependence:
    """What is said where a claim depends, and the levels for which it is confirmed."""

    reason: str
    where: tuple[Mapping[str, Level], ...]


def _dependence(
    runs: Runs,
    rule: Rule,
    contexts: Sequence[Mapping[str, Level]],
    cells: NDArray[np.int64],
) -> _Dependence | None:
    """Where the claim holds and where not, if that differs; None if it doesn't."""
    if len(cells) < 2:
        return None
    worse, better = _packed(runs.response[cells[:, 0]], runs.response[cells[:, 1]])
    differences = context_differences(worse, better)
    names = list(contexts[0])
    levels = [tuple(context[name] for name in names) for context in contexts]
    groups = alike_groups(differences, levels, alpha=rule.alpha)
    if len(groups) < 2:
        return None
    decisions = [decide(_difference(runs, cells[list(group)]), rule)[0] for group in groups]
    means = [float(differences.estimates[list(group)].mean()) for group in groups]
    # A difference smaller than what matters reverses nothing.
    if len(set(decisions)) == 1 or max(map(abs, means)) < (rule.smallest or 0):
        return None
    # In an order that the table's rows don't change.
    ranked = sorted(range(len(groups)), key=lambda number: -means[number])
    places = [_places(groups[number], names, levels) for number in ranked]
    words = [
        f"{decisions[number]} with {named_places(place)} "
        f"({_counted(len(groups[number]), 'context')})"
        for number, place in zip(ranked, places, strict=True)
    ]
    is_confirmed = decisions[ranked[0]] is Decision.CONFIRMED
    return _Dependence(reason="; ".join(words), where=places[0] if is_confirmed else ())


def _places(
    group: Sequence[int], names: Sequence[str], levels: Sequence[Sequence[Level]]
) -> tuple[Mapping[str, Level], ...]:
    """The levels that a group of contexts has and no other; else each of its contexts."""
    chosen = common_levels(group, levels)
    if chosen is not None:
        return ({names[place]: level for place, level in chosen},)
    return tuple(dict(zip(names, levels[number], strict=True)) for number in group)


def named_places(places: Sequence[Mapping[str, Level]]) -> str:
    """Contexts in words, as `loss=mse, width=8 or loss=mse, width=16`.

    Examples:
        >>> named_places([{"loss": "mse", "width": 8}, {"loss": "mse", "width": 16}])
        'loss=mse, width=8 or loss=mse, width=16'
    """
    return " or ".join(
        ", ".join(f"{name}={level}" for name, level in place.items()) for place in places
    )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _seeds_needed(judgement: Judgement, rule: Rule) -> int | None:
    """The fewest runs a cell that decide in 80 % of studies, if the estimate is the truth."""
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

    candidates = range(max(judgement.seeds, 2), _MOST_SEEDS + 1)
    if not margin > 0 or power(_MOST_SEEDS) < POWER:
        return None
    return candidates[bisect_left(candidates, POWER, key=power)]
