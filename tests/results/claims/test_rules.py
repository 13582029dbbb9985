"""The decision rules by themselves, on intervals made by hand."""

import pytest

from results.claims.rules import Code, Overall, Reading, Tuned, code_of, reading_of, roll_up
from search_spaces import Qualifier, Regime

CONFIRMED, REFUTED = Reading.CONFIRMED, Reading.REFUTED
DEPENDS, OPEN = Reading.DEPENDS, Reading.INCONCLUSIVE


def points(low, high):
    """An interval in percentage points that is the same at every coverage."""
    return lambda coverage: (low / 100, high / 100)


@pytest.mark.parametrize(
    ("low", "high", "code"),
    [
        (0.11, 0.30, "V1"),
        (0.05, 0.30, "V2"),
        (0.10, 0.30, "V2"),
        (0.01, 0.09, "V3"),
        (-0.05, 0.09, "V4"),
        (0.00, 0.09, "V4"),
        (-0.09, -0.01, "V5"),
        (-0.50, -0.20, "V5"),
        (-0.05, 0.30, "V6"),
        (-0.30, 0.05, "V6"),
        (-0.10, 0.10, "V6"),
    ],
)
def test_a_code_says_where_the_interval_lies(low, high, code):
    assert code_of(points(low, high), comparisons=5) == code


def test_intervals_are_shared_among_the_comparisons():
    asked = []

    def interval(coverage):
        asked.append(coverage)
        return -0.01, 0.01

    code_of(interval, comparisons=5)
    assert asked == pytest.approx([0.99, 0.98])
    asked.clear()
    code_of(interval, comparisons=80)
    assert asked == pytest.approx([1 - 0.05 / 80, 1 - 0.1 / 80])


def test_equivalence_is_judged_by_the_narrower_interval():
    def interval(coverage):
        return (-0.0011, 0.0011) if coverage > 0.985 else (-0.0009, 0.0009)

    assert code_of(interval, comparisons=5) is Code.EQUIVALENT


@pytest.mark.parametrize(
    ("code", "slight", "unqualified"),
    [
        (Code.MATERIAL, CONFIRMED, CONFIRMED),
        (Code.POSITIVE, CONFIRMED, CONFIRMED),
        (Code.SIGN_ONLY, CONFIRMED, REFUTED),
        (Code.EQUIVALENT, REFUTED, REFUTED),
        (Code.REVERSED, REFUTED, REFUTED),
        (Code.OPEN, OPEN, OPEN),
    ],
)
def test_a_code_is_read_by_how_large_the_difference_is_said_to_be(code, slight, unqualified):
    assert reading_of(code, Qualifier.SLIGHT)[0] is slight
    assert reading_of(code, Qualifier.NONE)[0] is unqualified


def tuned(reading, *, adequate=True, differs=False):
    return Tuned(reading=reading, adequate=adequate, differs=differs)


@pytest.mark.parametrize(
    ("fixed", "beside", "overall"),
    [
        (CONFIRMED, tuned(CONFIRMED), Overall.CONFIRMED),
        (REFUTED, tuned(REFUTED), Overall.REFUTED),
        (CONFIRMED, tuned(REFUTED, differs=True), Overall.REFUTED_AS_STATED),
        (CONFIRMED, tuned(REFUTED), Overall.INCONCLUSIVE),
        (CONFIRMED, tuned(OPEN), Overall.CONDITIONAL),
        (REFUTED, tuned(CONFIRMED), Overall.CONDITIONAL),
        (CONFIRMED, tuned(CONFIRMED, adequate=False), Overall.INCONCLUSIVE),
        (REFUTED, tuned(REFUTED, adequate=False), Overall.INCONCLUSIVE),
        (REFUTED, tuned(OPEN), Overall.INCONCLUSIVE),
        (OPEN, tuned(CONFIRMED), Overall.INCONCLUSIVE),
        (OPEN, tuned(OPEN), Overall.INCONCLUSIVE),
        (DEPENDS, tuned(DEPENDS), Overall.DEPENDS),
        (DEPENDS, tuned(CONFIRMED), Overall.INCONCLUSIVE),
        (CONFIRMED, None, Overall.CONDITIONAL),
        (REFUTED, None, Overall.INCONCLUSIVE),
        (OPEN, None, Overall.INCONCLUSIVE),
        (DEPENDS, None, Overall.DEPENDS),
    ],
)
def test_both_regimes_are_rolled_up(fixed, beside, overall):
    assert roll_up(fixed, beside)[0] is overall


@pytest.mark.parametrize("fixed", Reading)
def test_a_claim_decided_on_tuned_rates_takes_their_reading(fixed):
    assert roll_up(fixed, tuned(CONFIRMED), decided_on=Regime.TUNED)[0] is Overall.CONFIRMED
    assert roll_up(fixed, tuned(REFUTED), decided_on=Regime.TUNED)[0] is Overall.REFUTED
    overall, reason = roll_up(fixed, None, decided_on=Regime.TUNED)
    assert overall is Overall.INCONCLUSIVE
    assert reason == "not tested with tuned learning rates, on which it is decided"


def test_a_claim_decided_on_the_fixed_rate_needs_no_tuned_ones():
    assert roll_up(CONFIRMED, None, decided_on=Regime.FIXED)[0] is Overall.CONFIRMED
    beside = tuned(REFUTED, differs=True)
    assert roll_up(CONFIRMED, beside, decided_on=Regime.FIXED)[0] is Overall.CONFIRMED
