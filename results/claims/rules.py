"""The rules by which a claim is judged, on intervals alone; nothing here looks at records.

The rules are fixed before any record is seen: a claim is confirmed, refuted or neither by where an
interval lies, beside 0 and beside the smallest difference that matters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from results.statistics.conventions import ALPHA, SMALLEST_DIFFERENCE
from search_spaces import Qualifier, Regime

# Gives the interval (low, high) of better minus worse that has a coverage, 0-1.
Interval = Callable[[float], tuple[float, float]]


class Code(StrEnum):
    """Where the interval of better minus worse lies.

    Examples:
        >>> Code("V5") is Code.REVERSED
        True
        >>> str(code_of(lambda coverage: (0.002, 0.004), comparisons=1))
        'V1'
    """

    MATERIAL = "V1"  # above the smallest difference that matters
    POSITIVE = "V2"  # above 0, and perhaps above the smallest difference that matters
    SIGN_ONLY = "V3"  # above 0 and below the smallest difference that matters
    EQUIVALENT = "V4"  # around 0, and on both sides below the smallest difference that matters
    REVERSED = "V5"  # below 0
    OPEN = "V6"  # anywhere else


class Reading(StrEnum):
    """What an endpoint says of a claim in one regime.

    Examples:
        >>> reading_of(Code.REVERSED, Qualifier.NONE)[0] is Reading.REFUTED
        True
        >>> [str(reading) for reading in Reading]
        ['confirmed', 'refuted', 'depends', 'inconclusive']
    """

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    DEPENDS = "depends"
    INCONCLUSIVE = "inconclusive"


class Overall(StrEnum):
    """What both regimes say of a claim together.

    Examples:
        >>> roll_up(Reading.DEPENDS, None)[0] is Overall.DEPENDS
        True
        >>> str(Overall.REFUTED_AS_STATED)
        'REFUTED AS STATED'
    """

    CONFIRMED = "CONFIRMED"
    REFUTED = "REFUTED"
    REFUTED_AS_STATED = "REFUTED AS STATED"
    CONDITIONAL = "CONDITIONAL"
    DEPENDS = "DEPENDS"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What the runs with tuned learning rates say of a claim.

    Args:
        reading: reading of the claim at tuned rates.
        adequate: whether the tuning can be trusted: all cells had equal budgets, and no best rate
            lies at the end of its range.
        differs: whether the interval of the fixed minus the tuned effect excludes 0.

    Examples:
        >>> tuned = Tuned(reading=Reading.REFUTED, adequate=True, differs=True)
        >>> overall, reason = roll_up(Reading.CONFIRMED, tuned)
        >>> f"{overall}: {reason}"
        'REFUTED AS STATED: an artefact of the fixed learning rate'
    """

    reading: Reading
    adequate: bool
    differs: bool


def code_of(interval: Interval, *, comparisons: int, smallest: float = SMALLEST_DIFFERENCE) -> Code:
    """The code of one difference among several that are looked at.

    Its interval covers 1 - ALPHA / comparisons. The difference is equivalent to 0 if the interval
    that covers 1 - 2 * ALPHA / comparisons lies inside ±smallest (two one-sided tests, Schuirmann
    1987).

    Args:
        interval: function that gives the interval of better minus worse, accuracy 0-1, from its
            coverage.
        comparisons: number of claims, or claims times contexts, that are judged together, at least
            1.
        smallest: the smallest difference that matters, accuracy 0-1.

    Examples:
        >>> str(code_of(lambda coverage: (-0.0004, 0.0006), comparisons=2))
        'V4'
        >>> str(code_of(lambda coverage: (-0.0004, 0.0600), comparisons=2))
        'V6'
    """
    alpha = ALPHA / comparisons
    low, high = interval(1 - alpha)
    if low > smallest:
        return Code.MATERIAL
    if high < 0:
        return Code.REVERSED
    inner_low, inner_high = interval(1 - 2 * alpha)
    equivalent = -smallest < inner_low and inner_high < smallest
    if low > 0:
        return Code.SIGN_ONLY if equivalent else Code.POSITIVE
    return Code.EQUIVALENT if equivalent else Code.OPEN


_TOO_SMALL = f"real, but smaller than {100 * SMALLEST_DIFFERENCE:.2f} points"
_READINGS: Mapping[tuple[Code, Qualifier], tuple[Reading, str]] = MappingProxyType(
    {
        (Code.MATERIAL, Qualifier.SLIGHT): (Reading.CONFIRMED, "and more than slight"),
        (Code.MATERIAL, Qualifier.NONE): (Reading.CONFIRMED, ""),
        (Code.POSITIVE, Qualifier.SLIGHT): (Reading.CONFIRMED, ""),
        (Code.POSITIVE, Qualifier.NONE): (Reading.CONFIRMED, ""),
        (Code.SIGN_ONLY, Qualifier.SLIGHT): (Reading.CONFIRMED, f"but {_TOO_SMALL}"),
        (Code.SIGN_ONLY, Qualifier.NONE): (Reading.REFUTED, f"in size: {_TOO_SMALL}"),
    }
)


def reading_of(code: Code, qualifier: Qualifier) -> tuple[Reading, str]:
    """What a code says of a claim, and what to add to that in words.

    Args:
        code: code of the claim's difference in quality.
        qualifier: how large the claimed difference is said to be.

    Examples:
        >>> reading, addition = reading_of(Code.SIGN_ONLY, Qualifier.SLIGHT)
        >>> f"{reading}, {addition}"
        'confirmed, but real, but smaller than 0.10 points'
    """
    if code is Code.EQUIVALENT:
        return Reading.REFUTED, f"no difference of {100 * SMALLEST_DIFFERENCE:.2f} points or more"
    if code is Code.REVERSED:
        return Reading.REFUTED, "reversed: the other level is better"
    if code is Code.OPEN:
        return Reading.INCONCLUSIVE, "the interval leaves both open"
    return _READINGS[code, qualifier]


def roll_up(
    fixed: Reading, tuned: Tuned | None, *, decided_on: Regime | None = None
) -> tuple[Overall, str]:
    """What the fixed and the tuned learning rates say of a claim together, and why, in words.

    A claim that is decided on one regime takes its reading from there; the other is context. No
    tuned runs are as good as inconclusive ones.

    Args:
        fixed: reading at the fixed learning rate.
        tuned: what the tuned learning rates say; None where there are no such runs.
        decided_on: the regime that the claim is decided on; None for both together.

    Examples:
        >>> overall, reason = roll_up(Reading.CONFIRMED, None)
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
        return _plain(tuned.reading), "decided with tuned learning rates"
    if fixed is tuned.reading:
        return _plain(fixed), "at the fixed learning rate and with tuned ones"
    match fixed, tuned.reading:
        case Reading.CONFIRMED, Reading.REFUTED if tuned.differs:
            return Overall.REFUTED_AS_STATED, "an artefact of the fixed learning rate"
        case Reading.CONFIRMED, Reading.INCONCLUSIVE:
            return Overall.CONDITIONAL, "holds at the fixed learning rate only"
        case Reading.REFUTED, Reading.CONFIRMED:
            return Overall.CONDITIONAL, "true after tuning; what it was drawn from does not show it"
        case _:
            return (
                Overall.INCONCLUSIVE,
                f"{fixed} at the fixed learning rate, {tuned.reading} with tuned ones",
            )


def _without_tuned(fixed: Reading, decided_on: Regime | None) -> tuple[Overall, str]:
    untuned = "not tested with tuned learning rates"
    if decided_on is Regime.TUNED:
        return Overall.INCONCLUSIVE, f"{untuned}, on which it is decided"
    if fixed is Reading.CONFIRMED:
        return Overall.CONDITIONAL, f"holds at the fixed learning rate; {untuned}"
    if fixed is Reading.DEPENDS:
        return Overall.DEPENDS, untuned
    return Overall.INCONCLUSIVE, untuned


def _plain(reading: Reading) -> Overall:
    """The overall verdict that has the same name as a reading."""
    return Overall[reading.name]
