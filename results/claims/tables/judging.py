"""Judges claims about anyone's runs: quality, learning at all, and on what either depends."""

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.claims.tables.deciding import Decision, Rule, decide
from results.claims.tables.runs import Runs, matched_cells
from results.statistics.comparisons.crossed import calmed, crossed_difference, split_difference
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
from results.statistics.power import t_test_power
from search_spaces import Claim, Endpoint, Level

_POWER = 0.8
_MOST_SEEDS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Basis:
    """What all claims of a table are judged on.

    Args:
        runs: the runs of the table.
        shared: whether runs of one seed go together over cells, as a training that draws its
            weights from the seed alone makes them.
        sign: 1 where larger responses are better, -1 where smaller ones are.
        wrong: for each run, by its row, whether it misses each example, `(n_rows, n_examples)`;
            None where only responses are known.
        split: rows that each seed trained and tested on, where each drew a split of its own; None
            where all have the same.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.tables.runs import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> Basis(runs=read_runs(frame, Columns(factors=("width",), response="score"))).sign
        1
    """

    runs: Runs
    shared: bool = False
    sign: int = 1
    wrong: NDArray[np.bool_] | None = None
    split: tuple[int, int] | None = None


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
        about: what the verdict speaks of: `these` examples, new `examples`, or new `data`.
        where: the contexts for which the claim is confirmed, if it depends: levels by factor.
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
    about: str = "these"
    where: Mapping[str, Level] = dataclasses.field(default_factory=dict[str, Level])
    seeds: int = 0
    seeds_needed: int | None = None


def judge_claim(basis: Basis, claim: Claim, rule: Rule) -> Judgement:
    """What the runs say of one claim.

    Args:
        basis: the runs.
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
        >>> basis = Basis(runs=read_runs(frame, Columns(factors=("width",), response="score")))
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> judge_claim(basis, claim, Rule(alpha=0.05, smallest=0.001)).decision
        <Decision.CONFIRMED: 'confirmed'>
    """
    pair = (claim.worse, claim.better)
    contexts, cells = matched_cells(basis.runs, claim.factor, pair, claim.scope)
    if not contexts:
        return Judgement(
            claim=claim,
            decision=Decision.INCONCLUSIVE,
            reason=f"{claim.better} and {claim.worse} stand beside each other nowhere",
        )
    if claim.endpoint is Endpoint.TRAINED:
        return _judge_learning(basis, claim, rule, cells)
    return _judge_quality(basis, claim, rule, contexts, cells)


def _judge_learning(basis: Basis, claim: Claim, rule: Rule, cells: NDArray[np.int64]) -> Judgement:
    """Judge whether a level learns more often, by the exact stratified test over contexts."""
    counts = _learned_counts(basis.runs, cells)
    p_value = stratified_exact_p(counts)
    shares = [
        (context.better / context.better_runs, context.worse / context.worse_runs)
        for context in counts
    ]
    wins = sum(better > worse for better, worse in shares)
    losses = sum(better < worse for better, worse in shares)
    words = (
        f"learns more often in {wins} of {len(counts)} contexts and less often in {losses} "
        f"(sign test over contexts p = {context_sign_p(counts):.2g})"
    )
    decision = Decision.INCONCLUSIVE
    if p_value < rule.alpha and wins and losses:
        decision = Decision.DEPENDS
    elif p_value < rule.alpha:
        decision = Decision.CONFIRMED if wins else Decision.REFUTED
    return Judgement(
        claim=claim,
        decision=decision,
        reason=words,
        p_value=p_value,
        contexts=len(counts),
        seeds=_fewest_runs(basis.runs, cells),
        about="data",
    )


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
    basis: Basis,
    claim: Claim,
    rule: Rule,
    contexts: Sequence[Mapping[str, Level]],
    cells: NDArray[np.int64],
) -> Judgement:
    healthy = np.array([_all_learned(basis.runs, pair) for pair in cells])
    if not healthy.any():
        return _judge_without_healthy(basis, claim, rule, cells)
    healthy_contexts = list(itertools.compress(contexts, healthy))
    compared = cells[healthy]
    difference, about = _difference(basis, compared)
    decision, reason = decide(difference, rule)
    judgement = Judgement(
        claim=claim,
        decision=decision,
        reason=_with_left_out(reason, len(cells) - len(compared)),
        difference=difference,
        p_value=difference.p_value,
        contexts=len(compared),
        about=about,
        seeds=_fewest_runs(basis.runs, compared),
    )
    dependence = _dependence(basis, rule, healthy_contexts, compared)
    if dependence is not None:
        return dataclasses.replace(
            judgement,
            decision=Decision.DEPENDS,
            reason=_with_left_out(dependence.reason, len(cells) - len(compared)),
            where=dependence.where,
        )
    needed = _seeds_needed(judgement, rule) if decision is Decision.INCONCLUSIVE else None
    return dataclasses.replace(judgement, seeds_needed=needed)


def _judge_without_healthy(
    basis: Basis, claim: Claim, rule: Rule, cells: NDArray[np.int64]
) -> Judgement:
    """Judge quality where in no context every run of both levels learned.

    A run that failed is worse than any that learned, so where one level never learns all runs
    together say what the counts of those that learned say.
    """
    counts = _learned_counts(basis.runs, cells)
    learned = [
        any(context.worse for context in counts),
        any(context.better for context in counts),
    ]
    learning = _judge_learning(basis, claim, rule, cells)
    if learned.count(True) == 1 and learning.decision is not Decision.DEPENDS:
        return dataclasses.replace(
            learning, reason=f"by all runs, a failed one the worst: {learning.reason}"
        )
    reason = "in no context did every run of both levels learn"
    return dataclasses.replace(learning, decision=Decision.INCONCLUSIVE, reason=reason)


def _all_learned(runs: Runs, pair: NDArray[np.int64]) -> bool:
    return bool((runs.learned[pair] == runs.present[pair]).all())


def _with_left_out(reason: str, left_out: int) -> str:
    if not left_out:
        return reason
    verb = "is" if left_out == 1 else "are"
    contexts = _counted(left_out, "context")
    words = f"{contexts} in which not every run learned {verb} left out"
    return f"{reason}; {words}" if reason else words


def _fewest_runs(runs: Runs, cells: NDArray[np.int64]) -> int:
    return int(runs.present[cells.ravel()].sum(axis=1).min())


def _difference(basis: Basis, cells: NDArray[np.int64]) -> tuple[Difference, str]:
    """Better minus worse over the contexts, and what it speaks of."""
    runs = basis.runs
    response = basis.sign * runs.response
    worse, better = response[cells[:, 0]], response[cells[:, 1]]
    complete = runs.present[cells.ravel()].all()
    if basis.split is not None and complete and len(runs.seeds) > 1:
        n_train, n_test = basis.split
        by_seed = (better - worse).mean(axis=0)
        return split_difference(by_seed, n_train=n_train, n_test=n_test), "data"
    if basis.wrong is not None and _same_seeds(runs, cells):
        return crossed_difference(_gaps(basis.wrong, runs, cells)), "examples"
    if basis.shared:
        return robust_difference(worse, better, shared=True), "these"
    return robust_difference(*_packed(worse, better)), "these"


def _same_seeds(runs: Runs, cells: NDArray[np.int64]) -> bool:
    """Whether every compared cell has equally many runs, so that seeds stand beside each other."""
    counts = runs.present[cells.ravel()].sum(axis=1)
    return bool((counts == counts[0]).all())


def _gaps(wrong: NDArray[np.bool_], runs: Runs, cells: NDArray[np.int64]) -> NDArray[np.float64]:
    """By how much the better level misses less, `(n_seeds, n_examples)`."""
    count = int(runs.present[cells[0, 0]].sum())
    rows = np.array([[runs.rows[cell][runs.present[cell]] for cell in pair] for pair in cells])
    bits = wrong[rows].reshape(-1, count, wrong.shape[1])
    answers = calmed(bits) if count > 1 else bits.astype(float)
    levels = answers.reshape(len(cells), 2, count, -1).mean(axis=0)
    return levels[0] - levels[1]


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
    where: Mapping[str, Level]


def _dependence(
    basis: Basis,
    rule: Rule,
    contexts: Sequence[Mapping[str, Level]],
    cells: NDArray[np.int64],
) -> _Dependence | None:
    """Where the claim holds and where not, if that differs; None if it doesn't."""
    if len(cells) < 2:
        return None
    response = basis.sign * basis.runs.response
    worse, better = _packed(response[cells[:, 0]], response[cells[:, 1]])
    differences = context_differences(worse, better)
    names = list(contexts[0])
    levels = [tuple(context[name] for name in names) for context in contexts]
    groups = alike_groups(differences, levels, alpha=rule.alpha)
    if len(groups) < 2:
        return None
    decisions = [decide(_difference(basis, cells[list(group)])[0], rule)[0] for group in groups]
    means = [float(differences.estimates[list(group)].mean()) for group in groups]
    if len(set(decisions)) == 1 or max(means) - min(means) < (rule.smallest or 0):
        return None
    best = max(range(len(groups)), key=lambda number: means[number])
    words = [
        f"{decision} {_named(group, names, levels)} ({_counted(len(group), 'context')})"
        for group, decision in zip(groups, decisions, strict=True)
    ]
    is_confirmed = decisions[best] is Decision.CONFIRMED
    chosen = common_levels(groups[best], levels) if is_confirmed else None
    where = {names[place]: level for place, level in chosen or ()}
    return _Dependence(reason="; ".join(words), where=where)


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'s' * (count != 1)}"


def _named(group: Sequence[int], names: Sequence[str], levels: Sequence[Sequence[Level]]) -> str:
    chosen = common_levels(group, levels)
    if chosen is None:
        return "in the other contexts"
    return "with " + " and ".join(f"{names[place]}={level}" for place, level in chosen)


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

    if judgement.about == "examples" or not margin > 0 or power(_MOST_SEEDS) < _POWER:
        return None
    low, high = max(judgement.seeds, 2), _MOST_SEEDS
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle) >= _POWER else (middle + 1, high)
    return low
