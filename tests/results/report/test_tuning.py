"""What the report says of a claim at fixed and at tuned settings."""

import pytest

from results.claims.deciding import Verdict
from results.claims.judgement import Judgement
from results.claims.regimes import InRegimes
from results.report.tuning import regime_sentence, regime_table
from search_spaces import Claim

CLAIM = Claim(name="mine", text="No dropout is better.", factor="dropout", better=0, worse=0.5)


def in_regimes(*winners):
    fixed, tuned = (Judgement(claim=CLAIM, verdict=Verdict.INCONCLUSIVE, reason="") for _ in "ab")
    return InRegimes(
        fixed=fixed, tuned=tuned, winners=winners, change=None, healthy=0, differs=False, doubts=()
    )


@pytest.mark.parametrize(
    ("winners", "words"),
    [
        ((0, 0), "0 does better in both regimes"),
        ((0, None), "0 does better at the fixed setting, neither at tuned ones"),
        ((None, None), "neither does better"),
        ((0, 0.5), "the winner flips: 0 at the fixed setting, 0.5 at tuned ones"),
    ],
)
def test_a_level_of_zero_can_win(winners, words):
    assert f"mine: {words}" in regime_sentence(in_regimes(*winners))


def test_the_table_names_a_winner_of_level_zero():
    assert regime_table([in_regimes(0, None)])["winner"].tolist() == ["0 → neither"]
