"""On what a claim depends: the contexts for which it holds, where they differ."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from results.claims.deciding import Estimated, Rule, Verdict, decide
from results.claims.judgement import Context, counted, named_places
from results.statistics.comparisons.partners import (
    ContextDifferences,
    alike_groups,
    common_levels,
)
from search_spaces import Level

# So many contexts are named in a sentence.
_MOST_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependence:
    """What is said where a claim depends.

    Args:
        reason: what holds where, in words.
        where: the contexts for which the claim is confirmed; see `Judgement`.

    Examples:
        >>> Dependence(reason="confirmed with loss=mse", where=({"loss": "mse"},)).where
        ({'loss': 'mse'},)
    """

    reason: str
    where: tuple[Context, ...]


def find_dependence(
    differences: ContextDifferences,
    contexts: Sequence[Context],
    rule: Rule,
    difference_of: Callable[[Sequence[int]], Estimated],
) -> Dependence | None:
    """Where a claim holds and where not, if that differs; None if it doesn't.

    Contexts are told apart by the fewest other factors, and the claim is judged in each group. A
    difference smaller than what matters reverses nothing.

    Args:
        differences: the difference in each context, one or more, in whatever unit tells them apart.
        contexts: the levels of the other factors in each.
        rule: by what the claim is decided.
        difference_of: gives the difference over some of the contexts, by number, in response units.

    Examples:
        >>> import numpy as np
        >>> from results.statistics.comparisons.difference import Difference
        >>> from results.statistics.error import StandardError
        >>> differences = ContextDifferences(
        ...     estimates=np.array([0.0, 9.0]), variances=np.ones(2), dfs=np.full(2, 8.0)
        ... )
        >>> def of(numbers):
        ...     error = StandardError(value=1.0, df=8)
        ...     return Difference(estimate=9.0 * numbers[0], error=error)
        >>> contexts = [{"loss": "mse"}, {"loss": "hinge"}]
        >>> found = find_dependence(differences, contexts, Rule(alpha=0.05, smallest=None), of)
        >>> found.reason
        'confirmed with loss=hinge (1 context); inconclusive with loss=mse (1 context)'
    """
    if len(contexts) < 2:
        return None
    names = list(contexts[0])
    levels = [tuple(context[name] for name in names) for context in contexts]
    groups = alike_groups(differences, levels, alpha=rule.alpha)
    if len(groups) < 2:
        return None
    found = [difference_of(group) for group in groups]
    verdicts = [decide(difference, rule)[0] for difference in found]
    # Where no difference changes anything, there is none.
    estimates = [0.0 if math.isnan(each.estimate) else each.estimate for each in found]
    smallest = rule.smallest or 0
    apart = max(estimates) - min(estimates)
    if len(set(verdicts)) == 1 or max(map(abs, estimates)) < smallest or apart < smallest:
        return None
    # In an order that the order of the runs doesn't change.
    ranked = sorted(range(len(groups)), key=lambda number: -estimates[number])
    places = [_places(groups[number], names, levels) for number in ranked]
    words = [
        f"{verdicts[number]} with {_shortened(place)} ({counted(len(groups[number]), 'context')})"
        for number, place in zip(ranked, places, strict=True)
    ]
    where = [
        place
        for number, places_of in zip(ranked, places, strict=True)
        if verdicts[number] is Verdict.CONFIRMED
        for place in places_of
    ]
    return Dependence(reason="; ".join(words), where=tuple(where))


def _shortened(places: Sequence[Context]) -> str:
    """The first contexts in words, and how many more there are."""
    more = len(places) - _MOST_NAMED
    return named_places(places[:_MOST_NAMED]) + (f" or {more} more" if more > 0 else "")


def _places(
    group: Sequence[int], names: Sequence[str], levels: Sequence[Sequence[Level]]
) -> tuple[Context, ...]:
    """The levels that a group of contexts has and no other; else each of its contexts."""
    chosen = common_levels(group, levels)
    if chosen is not None:
        return ({names[place]: level for place, level in chosen},)
    # In an order that the order of the runs doesn't change.
    return tuple(
        dict(zip(names, chosen_levels, strict=True))
        for chosen_levels in sorted((levels[number] for number in group), key=repr)
    )
