"""The rules by which a claim is judged, on intervals alone; nothing here looks at records.

The rules are fixed before any record is seen: a claim is confirmed, refuted or neither by where an
interval lies, with the region of practical equivalence (ROPE) as the smallest difference that
matters.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from results.analysis.quality import ROPE
from search_spaces import Qualifier, Regime

# Coverage 0-1 to the interval (low, high) of better minus worse.
Interval = Callable[[float], tuple[float, float]]
# Chance that any of the claims is decided wrongly, shared among them (Bonferroni).
ALPHA = 0.05


class Code(StrEnum):
    """Where the interval of better minus worse lies."""

    MATERIAL = "V1"  # above the ROPE
    POSITIVE = "V2"  # above 0, and may be above the ROPE
    SIGN_ONLY = "V3"  # above 0, inside the ROPE
    EQUIVALENT = "V4"  # around 0, inside the ROPE
    REVERSED = "V5"  # below 0
    OPEN = "V6"  # anywhere else


class Reading(StrEnum):
    """What that says of a claim."""

    CONFIRMED = "confirmed"
    REFUTED = "refuted"
    DEPENDS = "depends"
    INCONCLUSIVE = "inconclusive"


class Overall(StrEnum):
    """What both regimes say together."""

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
        reading: of the claim.
        adequate: whether all cells had equal budgets and no best rate lies at the end of its range.
        differs: whether the interval of the fixed minus the tuned effect excludes 0.
    """

    reading: Reading
    adequate: bool
    differs: bool


def code_of(interval: Interval, *, comparisons: int, rope: float = ROPE) -> Code:
    """The code of one difference among several looked at.

    Its interval covers 1 - 0.05 / comparisons; it is equivalent to 0 if the interval that covers
    1 - 2 * 0.05 / comparisons lies inside the ROPE (two one-sided tests, Schuirmann 1987).

    Args:
        interval: of better minus worse, accuracy 0-1.
        comparisons: claims, or claims times contexts, that are judged together, at least 1.
        rope: half its width, accuracy 0-1.
    """
    alpha = ALPHA / comparisons
    low, high = interval(1 - alpha)
    if low > rope:
        return Code.MATERIAL
    if high < 0:
        return Code.REVERSED
    inner_low, inner_high = interval(1 - 2 * alpha)
    equivalent = -rope < inner_low and inner_high < rope
    if low > 0:
        return Code.SIGN_ONLY if equivalent else Code.POSITIVE
    return Code.EQUIVALENT if equivalent else Code.OPEN


_TOO_SMALL = f"real, but smaller than {100 * ROPE:.2f} points"
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
    """What a code says of a claim that is said to be this large, and what to add to that."""
    if code is Code.EQUIVALENT:
        return Reading.REFUTED, f"no difference of {100 * ROPE:.2f} points or more"
    if code is Code.REVERSED:
        return Reading.REFUTED, "reversed: the other level is better"
    if code is Code.OPEN:
        return Reading.INCONCLUSIVE, "the interval leaves both open"
    return _READINGS[code, qualifier]


def roll_up(
    fixed: Reading, tuned: Tuned | None, *, decided_on: Regime | None = None
) -> tuple[Overall, str]:
    """What a fixed and a tuned learning rate say together, and why.

    A claim that is decided on one regime takes its reading from there; the other is context. No
    tuned runs are as good as inconclusive ones.
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
    return Overall[reading.name]
