"""Counts: intervals and tests against published and textbook figures."""

import pytest
from scipy import stats

from results.statistics.proportions import clopper_pearson, fisher


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [(0, 5, 0, 0.52), (5, 5, 0.48, 1), (0, 10, 0, 0.31), (10, 10, 0.69, 1)],
)
def test_the_interval_of_none_or_all_ends_at_exactly_0_or_1(k, n, low, high):
    ends = clopper_pearson(k, n)
    assert ends == pytest.approx((low, high), abs=0.005)
    assert (ends[0] == 0) == (k == 0)
    assert (ends[1] == 1) == (k == n)


@pytest.mark.parametrize("coverage", [0.5, 0.9, 0.99])
@pytest.mark.parametrize(("k", "n"), [(1, 2), (3, 10), (39, 40)])
def test_the_interval_is_that_of_scipy(k, n, coverage):
    exact = stats.binomtest(k, n).proportion_ci(coverage, method="exact")
    assert clopper_pearson(k, n, coverage) == pytest.approx((exact.low, exact.high), abs=1e-12)


@pytest.mark.parametrize("n", [3, 10])
@pytest.mark.parametrize("probability", [0.05, 0.5, 0.83])
def test_the_interval_covers_every_probability(n, probability):
    ends = [clopper_pearson(k, n) for k in range(n + 1)]
    covering = [k for k, (low, high) in enumerate(ends) if low <= probability <= high]
    assert stats.binom.pmf(covering, n, probability).sum() >= 0.95


@pytest.mark.parametrize(("n", "p_value"), [(3, 0.10), (5, 0.0079), (6, 0.0022)])
def test_always_against_never_needs_more_than_three_seeds(n, p_value):
    assert fisher(n, n, 0, n) == pytest.approx(p_value, abs=5e-5)
    assert fisher(0, n, n, n) == fisher(n, n, 0, n)


def test_equal_counts_are_no_evidence():
    assert fisher(2, 5, 2, 5) == 1
    assert fisher(0, 5, 0, 5) == 1


@pytest.mark.parametrize(("k", "n"), [(-1, 5), (6, 5), (0, 0)])
def test_what_is_no_count_is_refused(k, n):
    with pytest.raises(ValueError, match=f"{k} of {n} is no count"):
        clopper_pearson(k, n)
    with pytest.raises(ValueError, match=f"{k} of {n} is no count"):
        fisher(1, 5, k, n)


def test_a_coverage_of_percents_is_refused():
    with pytest.raises(ValueError, match="coverage is 95"):
        clopper_pearson(1, 5, 95)
