"""The rule: where the interval of better minus worse lies, and what that says."""

import math

import pytest

from results.claims.deciding import Rule, Verdict, decide
from results.statistics.comparisons.difference import Difference
from results.statistics.error import StandardError
from search_spaces import Qualifier

HALF = 1.959963984540054


def between(low, high):
    """A difference whose 95 % interval has these ends."""
    error = StandardError(value=(high - low) / 2 / HALF, df=math.inf)
    return Difference(estimate=(low + high) / 2, error=error)


# The interval against a smallest difference of 1; unqualified, and said to be slight.
CASES = [
    ((1.5, 3.0), "confirmed", "confirmed"),
    ((0.5, 3.0), "confirmed", "confirmed"),
    ((0.2, 0.8), "negligible", "confirmed"),
    ((-0.5, 0.8), "refuted", "negligible"),
    ((-3.0, -0.5), "refuted", "refuted"),
    ((-0.8, -0.2), "refuted", "refuted"),
    ((-0.5, 3.0), "inconclusive", "inconclusive"),
    ((-3.0, 0.5), "inconclusive", "inconclusive"),
    ((-3.0, 3.0), "inconclusive", "inconclusive"),
]


@pytest.mark.parametrize(("interval", "plain", "slight"), CASES)
def test_the_interval_decides(interval, plain, slight):
    for qualifier, expected in ((Qualifier.NONE, plain), (Qualifier.SLIGHT, slight)):
        rule = Rule(alpha=0.05, smallest=1.0, qualifier=qualifier)
        assert decide(between(*interval), rule)[0] == expected


@pytest.mark.parametrize(
    ("interval", "reason"),
    [
        ((0.5, 3.0), "its size is open"),
        ((1.5, 3.0), ""),
        ((-3.0, -0.5), "reversed: the other level is better"),
        ((-0.8, -0.2), "no difference that matters, and its sign is against the claim"),
        ((-0.5, 0.8), "no difference that matters"),
    ],
)
def test_the_reason_says_where_it_lies(interval, reason):
    assert decide(between(*interval), Rule(alpha=0.05, smallest=1.0))[1] == reason


@pytest.mark.parametrize(
    ("interval", "expected"),
    [((0.1, 9.0), "confirmed"), ((-9.0, -0.1), "refuted"), ((-0.1, 0.1), "inconclusive")],
)
def test_without_a_smallest_difference_nothing_is_negligible(interval, expected):
    assert decide(between(*interval), Rule(alpha=0.05, smallest=None))[0] == Verdict(expected)


def test_an_error_that_is_not_known_decides_nothing():
    unknown = Difference(estimate=5.0, error=StandardError(value=math.nan, df=0))
    assert decide(unknown, Rule(alpha=0.05, smallest=1.0))[0] is Verdict.INCONCLUSIVE
