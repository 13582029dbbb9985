"""What the fixed and the tuned setting say of a claim together, by a rule fixed beforehand."""

from dataclasses import dataclass
from enum import StrEnum

from results.claims.deciding import Verdict
from search_spaces import Regime


class Overall(StrEnum):
    """What both regimes say of a claim together.

    Examples:
        >>> roll_up(Verdict.DEPENDS, None)[0] is Overall.DEPENDS
        True
        >>> str(Overall.REFUTED_AS_STATED)
        'REFUTED AS STATED'
    """

    CONFIRMED = "CONFIRMED"
    NEGLIGIBLE = "NEGLIGIBLE"
    REFUTED = "REFUTED"
    REFUTED_AS_STATED = "REFUTED AS STATED"
    CONDITIONAL = "CONDITIONAL"
    DEPENDS = "DEPENDS"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What the runs with tuned learning rates say of a claim.

    Args:
        verdict: the verdict on the claim at tuned rates.
        adequate: whether the tuning can be trusted: all cells had equal budgets, and no best rate
            lies at the end of its range.
        differs: whether the interval of the fixed minus the tuned effect excludes 0.

    Examples:
        >>> tuned = Tuned(verdict=Verdict.REFUTED, adequate=True, differs=True)
        >>> overall, reason = roll_up(Verdict.CONFIRMED, tuned)
        >>> f"{overall}: {reason}"
        'REFUTED AS STATED: an artefact of the fixed learning rate'
    """

    verdict: Verdict
    adequate: bool
    differs: bool


def roll_up(
    fixed: Verdict, tuned: Tuned | None, *, decided_on: Regime | None = None
) -> tuple[Overall, str]:
    """What the fixed and the tuned learning rates say of a claim together, and why, in words.

    A claim that is decided on one regime takes its verdict from there; the other is context. No
    tuned runs are as good as inconclusive ones.

    Args:
        fixed: verdict at the fixed learning rate.
        tuned: what the tuned learning rates say; None where there are no such runs.
        decided_on: the regime that the claim is decided on; None for both together.

    Examples:
        >>> overall, reason = roll_up(Verdict.CONFIRMED, None)
        >>> f"{overall}: {reason}"
        'CONDITIONAL: holds at the fixed learning rate; not tested with tuned learning rates'
    """
    if decided_on is Regime.FIXED:
        return _plain(fixed), "decided at the fixed learning rate"
    if tuned is None:
        return _without_tuned(fixed, decided_on)
    if not tuned.adequate:
        return Overall.INCONCLUSIVE, "the tuning is not adequate"
    if decided_on is Regime.TUNED:
        return _plain(tuned.verdict), "decided with tuned learning rates"
    if fixed is tuned.verdict:
        return _plain(fixed), "at the fixed learning rate and with tuned ones"
    match fixed, tuned.verdict:
        case Verdict.CONFIRMED, Verdict.REFUTED | Verdict.NEGLIGIBLE if tuned.differs:
            return Overall.REFUTED_AS_STATED, "an artefact of the fixed learning rate"
        case Verdict.CONFIRMED, Verdict.INCONCLUSIVE:
            return Overall.CONDITIONAL, "holds at the fixed learning rate only"
        case Verdict.REFUTED | Verdict.NEGLIGIBLE, Verdict.CONFIRMED:
            return Overall.CONDITIONAL, "true after tuning; what it was drawn from does not show it"
        case _:
            return (
                Overall.INCONCLUSIVE,
                f"{fixed} at the fixed learning rate, {tuned.verdict} with tuned ones",
            )


def _without_tuned(fixed: Verdict, decided_on: Regime | None) -> tuple[Overall, str]:
    untuned = "not tested with tuned learning rates"
    if decided_on is Regime.TUNED:
        return Overall.INCONCLUSIVE, f"{untuned}, on which it is decided"
    if fixed is Verdict.CONFIRMED:
        return Overall.CONDITIONAL, f"holds at the fixed learning rate; {untuned}"
    if fixed is Verdict.DEPENDS:
        return Overall.DEPENDS, untuned
    return Overall.INCONCLUSIVE, untuned


def _plain(reading: Verdict) -> Overall:
    """The overall verdict of the same name."""
    return Overall[reading.name]
