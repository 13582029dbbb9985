"""Shares of variance, against the analysis of variance and published noncentral intervals."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from results.statistics.comparisons.shares import CellMeans, SquaredSum, share
from results.statistics.factorial import anova
from results.statistics.linear_model import CodedFactor, crossed, term_spaces


def alone(square, df=math.inf):
    """A sum of squares with one degree of freedom and noise of 1."""
    return SquaredSum(square=square, noise=1.0, noise_squared=1.0, along=square, df=df)


def coded(frame, names):
    return [
        CodedFactor(name=name, levels=(0, 1, 2)[: frame[name].max() + 1], positions=frame[name])
        for name in names
    ]


def unbalanced():
    """A 3 x 2 design without one of its cells, one response each."""
    return pd.DataFrame(
        {"a": [0, 0, 1, 1, 2], "b": [0, 1, 0, 1, 0], "y": [1.0, 4.0, 2.0, 7.0, 3.5]}
    )


def test_an_interval_of_one_degree_of_freedom_holds_the_noncentralities_that_fit():
    low, high = alone(9.0).interval(0.95)
    assert stats.ncx2.sf(9.0, 1, low) == pytest.approx(0.025, abs=1e-6)
    assert stats.ncx2.cdf(9.0, 1, high) == pytest.approx(0.025, abs=1e-6)


def test_a_very_large_sum_has_the_interval_of_its_root():
    low, high = alone(1e8).interval(0.95)
    assert math.sqrt(low) == pytest.approx(1e4 - 1.96, abs=1e-3)
    assert math.sqrt(high) == pytest.approx(1e4 + 1.96, abs=1e-3)


def test_noise_that_is_estimated_makes_it_wider():
    assert alone(9.0, df=4).interval()[1] > alone(9.0).interval()[1]
    # 7 is 2.65 errors squared: beyond 1.96, and within t's 2.78.
    assert alone(7.0).interval()[0] > 0
    assert alone(7.0, df=4).interval()[0] == 0


def test_what_noise_explains_has_no_size():
    assert alone(0.5).size == 0
    assert alone(0.5).interval()[0] == 0


def test_shares_of_two_parts_complement_each_other():
    one, other = alone(30.0), alone(12.0)
    first, low, high = share(one, other)
    second, other_low, other_high = share(other, one)
    assert first + second == pytest.approx(1)
    assert (low, high) == pytest.approx((1 - other_high, 1 - other_low))
    assert low < first < high


def test_nothing_seen_of_either_has_no_share():
    found, low, high = share(alone(0.5), alone(0.5))
    assert math.isnan(found)
    assert (low, high) == (0, 1)


def test_without_noise_a_share_is_exact():
    parts = [SquaredSum(square=s, noise=0.0, noise_squared=0.0, along=0.0, df=1) for s in (3, 1)]
    assert share(*parts) == pytest.approx((0.75, 0.75, 0.75))


@pytest.mark.parametrize("names", [["a", "b"], ["b", "a"]])
def test_sums_of_squares_of_cells_are_those_of_the_analysis_of_variance(names):
    frame = unbalanced()
    terms, matrix = crossed(coded(frame, names), [], rows=len(frame), order=1)
    ones = np.ones(len(frame))
    cells = CellMeans(
        means=frame["y"].to_numpy(), covariance=np.diag(ones), seed_parts=ones, dfs=ones
    )
    table = anova(frame, names, "y", order=1).set_index("term")
    for name, basis in term_spaces(terms, matrix).items():
        assert cells.within(basis).square == pytest.approx(table.loc[name, "sum_sq"])
        outside = table.loc["total", "sum_sq"] - table.loc[name, "sum_sq"]
        assert cells.outside(basis).square == pytest.approx(outside)


def test_noise_outside_a_term_is_that_in_a_basis_of_all_else():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(6, 6))
    cells = CellMeans(
        means=rng.normal(size=6), covariance=root @ root.T, seed_parts=np.ones(6), dfs=np.ones(6)
    )
    constant = np.full((6, 1), 1 / math.sqrt(6))
    term = np.linalg.qr(np.column_stack([constant, rng.normal(size=(6, 2))]))[0][:, 1:]
    whole = np.linalg.qr(np.column_stack([constant, term, rng.normal(size=(6, 3))]))[0][:, 3:]
    inside, outside = cells.within(whole), cells.outside(term)
    for name in ("square", "noise", "noise_squared", "along", "df"):
        assert getattr(outside, name) == pytest.approx(getattr(inside, name)), name


def test_a_term_that_is_another_spans_nothing():
    levels = np.array([0, 0, 1, 1])
    twins = [CodedFactor(name=name, levels=(0, 1), positions=levels) for name in "ab"]
    spaces = term_spaces(*crossed(twins, [], rows=4, order=1))
    assert [basis.shape[1] for basis in spaces.values()] == [0, 0]


def test_without_noise_a_part_beside_nothing_is_all_there_is():
    mine = SquaredSum(square=4.0, noise=0.0, noise_squared=0.0, along=0.0, df=math.inf)
    nothing = SquaredSum(square=0.0, noise=0.0, noise_squared=0.0, along=0.0, df=math.inf)
    assert share(mine, nothing) == (1.0, 1.0, 1.0)
    assert share(nothing, mine) == (0.0, 0.0, 0.0)
