"""The rule for a claim: where an interval lies, and what that says.

It is fixed before any run is looked at, and speaks of one interval alone: whoever shows another one
beside it shows another question.
"""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from search_spaces import Qualifier


class Verdict(StrEnum):
    """What runs say of a claim.

    Examples:
        >>> [str(verdict) for verdict in Verdict]
        ['confirmed', 'negligible', 'refuted', 'depends', 'inconclusive']
    """

    CONFIRMED = "confirmed"
    NEGLIGIBLE = "negligible"
    REFUTED = "refuted"
    DEPENDS = "depends"
    INCONCLUSIVE = "inconclusive"


class Estimated(Protocol):
    """An estimate of better minus worse, with its intervals.

    Examples:
        >>> from results.statistics.comparisons.difference import Difference
        >>> from results.statistics.error import StandardError
        >>> found: Estimated = Difference(estimate=3.0, error=StandardError(value=1.0, df=4))
        >>> found.estimate
        3.0
    """

    @property
    def estimate(self) -> float:
        """In response units."""
        ...

    def interval(self, coverage: float) -> tuple[float, float]:
        """The interval (low, high) of this coverage, 0-1; NaN where nothing is known of it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a claim is decided by.

    Args:
        alpha: the chance that this claim is decided wrongly, 0-1: its share of that of all claims.
        smallest: the smallest difference that matters, in response units, above 0; None where
            nothing is known of it: then no difference is called negligible or none.
        qualifier: how large the difference is said to be.

    Examples:
        >>> Rule(alpha=0.05, smallest=0.001).coverage
        0.95
    """

    alpha: float
    smallest: float | None
    qualifier: Qualifier = Qualifier.NONE

    @property
    def coverage(self) -> float:
        """The coverage of the interval that decides, 0-1."""
        return 1 - self.alpha


def decide(difference: Estimated, rule: Rule) -> tuple[Verdict, str]:
    """What an interval says of a claim, and why in words.

    Args:
        difference: better minus worse; above 0 the claim is true.
        rule: what the claim is decided by.

    Examples:
        >>> import math
        >>> from results.statistics.comparisons.difference import Difference
        >>> from results.statistics.error import StandardError
        >>> clear = Difference(estimate=3.0, error=StandardError(value=0.5, df=math.inf))
        >>> decide(clear, Rule(alpha=0.05, smallest=1.0))[0]
        <Verdict.CONFIRMED: 'confirmed'>
        >>> decide(clear, Rule(alpha=0.05, smallest=5.0))
        (<Verdict.NEGLIGIBLE: 'negligible'>, 'real, but smaller than what matters')
    """
    low, high = difference.interval(rule.coverage)
    if math.isnan(low):
        return Verdict.INCONCLUSIVE, "so few or so equal runs have no spread to judge by"
    slight = rule.qualifier == Qualifier.SLIGHT
    if rule.smallest is None:
        if low > 0:
            return Verdict.CONFIRMED, ""
        if high < 0:
            return Verdict.REFUTED, "reversed: the other level is better"
        return Verdict.INCONCLUSIVE, "the interval leaves both signs open"
    within = -rule.smallest < low and high < rule.smallest
    if low > 0:
        return _above(low, within=within, slight=slight, smallest=rule.smallest)
    if high < 0:
        return _below(low, slight=slight, smallest=rule.smallest)
    if within and slight:
        return Verdict.NEGLIGIBLE, "smaller than what matters, and its sign is open"
    if within:
        return Verdict.REFUTED, "no difference that matters"
    return Verdict.INCONCLUSIVE, "the interval leaves it open"


def _above(low: float, *, within: bool, slight: bool, smallest: float) -> tuple[Verdict, str]:
    if within and not slight:
        return Verdict.NEGLIGIBLE, "real, but smaller than what matters"
    if within:
        return Verdict.CONFIRMED, "smaller than what matters, as claimed"
    return Verdict.CONFIRMED, "its size is open" if low < smallest else ""


def _below(low: float, *, slight: bool, smallest: float) -> tuple[Verdict, str]:
    if low < -smallest:
        return Verdict.REFUTED, "reversed: the other level is better"
    if slight:
        return Verdict.REFUTED, "reversed, by less than what matters"
    return Verdict.REFUTED, "no difference that matters, and its sign is against the claim"
