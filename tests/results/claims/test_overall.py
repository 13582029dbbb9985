"""What the fixed and the tuned setting say together."""

import pytest

from results.claims.deciding import Verdict
from results.claims.overall import Overall, Tuned, roll_up
from search_spaces import Regime

CONFIRMED, REFUTED, NEGLIGIBLE = Verdict.CONFIRMED, Verdict.REFUTED, Verdict.NEGLIGIBLE
DEPENDS, OPEN = Verdict.DEPENDS, Verdict.INCONCLUSIVE


def tuned(verdict, *, adequate=True, differs=False):
    return Tuned(verdict=verdict, adequate=adequate, differs=differs)


@pytest.mark.parametrize(
    ("fixed", "beside", "overall"),
    [
        (CONFIRMED, tuned(CONFIRMED), Overall.CONFIRMED),
        (REFUTED, tuned(REFUTED), Overall.REFUTED),
        (CONFIRMED, tuned(REFUTED, differs=True), Overall.REFUTED_AS_STATED),
        (CONFIRMED, tuned(REFUTED), Overall.INCONCLUSIVE),
        (CONFIRMED, tuned(NEGLIGIBLE, differs=True), Overall.REFUTED_AS_STATED),
        (NEGLIGIBLE, tuned(NEGLIGIBLE), Overall.NEGLIGIBLE),
        (NEGLIGIBLE, tuned(CONFIRMED), Overall.CONDITIONAL),
        (NEGLIGIBLE, tuned(REFUTED), Overall.INCONCLUSIVE),
        (NEGLIGIBLE, None, Overall.INCONCLUSIVE),
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


@pytest.mark.parametrize("fixed", Verdict)
def test_a_claim_decided_on_tuned_rates_takes_their_verdict(fixed):
    assert roll_up(fixed, tuned(CONFIRMED), decided_on=Regime.TUNED)[0] is Overall.CONFIRMED
    assert roll_up(fixed, tuned(REFUTED), decided_on=Regime.TUNED)[0] is Overall.REFUTED
    overall, reason = roll_up(fixed, None, decided_on=Regime.TUNED)
    assert overall is Overall.INCONCLUSIVE
    assert reason == "not tested with tuned learning rates, on which it is decided"


def test_a_claim_decided_on_the_fixed_rate_needs_no_tuned_ones():
    assert roll_up(CONFIRMED, None, decided_on=Regime.FIXED)[0] is Overall.CONFIRMED
    beside = tuned(REFUTED, differs=True)
    assert roll_up(CONFIRMED, beside, decided_on=Regime.FIXED)[0] is Overall.CONFIRMED
