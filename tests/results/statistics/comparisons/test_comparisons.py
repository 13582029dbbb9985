"""The parts by which two levels are compared: by hand, by other libraries, and by R."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from results.statistics.comparisons.difference import robust_contrast
from results.statistics.comparisons.partners import (
    ContextDifferences,
    alike_groups,
    common_levels,
    context_differences,
    heterogeneity_p,
)
from results.statistics.comparisons.robust import huber
from results.statistics.comparisons.stratified import (
    LearnedCounts,
    context_sign_p,
    stratified_exact_p,
)

NEVER_ALWAYS = LearnedCounts(worse=0, worse_runs=3, better=3, better_runs=3)


def test_where_nothing_stands_out_hubers_values_are_the_runs_to_the_bit():
    y = np.random.default_rng(0).normal(size=(6, 4)).round(3)
    found = huber(y)
    calm = (found.weights == 1).all(axis=1)
    assert calm.any()
    assert (found.values[calm] == y[calm]).all()
    assert found.centre[calm] == pytest.approx(y[calm].mean(axis=1))


def test_a_run_far_off_counts_as_one_at_the_cut():
    # Median 2, both deviations 1 x 1.4826 x 1.363; a run is cut at t's 97.5 % quantile times that.
    y = np.array([[1.0, 2.0, 3.0, 2.0, -50.0], [1.0, 2.0, 3.0, 2.0, 2.0]])
    found = huber(y)
    assert found.weights[0, :4].tolist() == [1, 1, 1, 1]
    assert found.weights[0, 4] < 0.15
    assert found.values[0].mean() == pytest.approx(found.centre[0])
    farther = huber(np.where(y == -50, -5000, y))
    assert farther.centre == pytest.approx(found.centre)


def difference(worse, better, *, shared=False):
    """Better minus worse, averaged over contexts."""
    weights = np.repeat([-1, 1], len(worse)) / len(worse)
    return robust_contrast(np.concatenate([worse, better]), weights, shared=shared)


def test_a_cell_of_a_single_run_leaves_the_error_unknown():
    for shared in (False, True):
        found = difference([[0.8, 0.9], [0.7, 0.8]], [[0.9, np.nan], [0.8, 0.7]], shared=shared)
        assert found.estimate == pytest.approx(0.025)
        assert math.isnan(found.error.value)


@pytest.mark.parametrize("shared", [False, True])
def test_rounded_responses_are_decided_wrongly_no_more_often_than_they_may(shared):
    # Half of the runs of most cells are equal: a deviation of 0 must not make the rest outliers.
    rng = np.random.default_rng(4)
    tables = rng.binomial(100, 0.99, (1000, 2, 2, 3)) / 100
    p_values = [difference(*y, shared=shared).p_value for y in tables]
    assert np.mean([p < 0.05 for p in p_values]) <= 0.06


def test_runs_that_are_all_equal_have_no_error():
    found = difference([[0.8, 0.8]], [[0.9, 0.9]])
    assert math.isnan(found.error.value)
    assert math.isnan(found.p_value)


def test_a_missing_run_is_missing_and_nothing_else():
    found = huber([[1.0, np.nan, 3.0], [np.nan, np.nan, np.nan]])
    assert found.centre.tolist() == [2.0, pytest.approx(math.nan, nan_ok=True)]
    assert np.isnan(found.values).tolist() == [[False, True, False], [True, True, True]]


def test_runs_of_no_shape_are_refused():
    with pytest.raises(ValueError, match="must hold at least one run"):
        huber([[np.nan]])


@pytest.mark.parametrize(("first", "second"), [(3, 3), (4, 12), (12, 4)])
def test_one_context_of_independent_runs_is_welchs_test(first, second):
    rng = np.random.default_rng(first)
    y = np.full((2, 12), np.nan)
    y[0, :first], y[1, :second] = rng.uniform(size=first), rng.uniform(size=second)
    found = difference(y[:1], y[1:])
    expected = stats.ttest_ind(y[1, :second], y[0, :first], equal_var=False)
    assert found.estimate == pytest.approx(y[1, :second].mean() - y[0, :first].mean())
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))


@pytest.mark.parametrize("contexts", [2, 4, 16])
def test_shared_seeds_without_gaps_are_the_t_test_of_the_seeds_differences(contexts):
    rng = np.random.default_rng(contexts)
    worse, better = rng.uniform(size=(2, contexts, 6))
    found = difference(worse, better, shared=True)
    expected = stats.ttest_1samp((better - worse).mean(axis=0), 0)
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.error.df == pytest.approx(5)


def test_heterogeneity_of_two_contexts_is_the_square_of_their_t():
    two = ContextDifferences(
        estimates=np.array([0.0, 3.0]), variances=np.array([1.0, 2.0]), dfs=np.full(2, 1e9)
    )
    assert heterogeneity_p(two) == pytest.approx(2 * stats.norm.sf(3 / math.sqrt(3)), rel=1e-4)


def contexts_of(effect, *, rng, factors=3, seeds=8):
    levels = list(itertools.product((0, 1), repeat=factors))
    worse = rng.normal(size=(len(levels), seeds))
    better = rng.normal(size=(len(levels), seeds))
    better += np.array([[effect(context)] for context in levels])
    return context_differences(worse, better), levels


@pytest.mark.parametrize(
    ("effect", "groups"),
    [
        (lambda _: 2.0, ((0, 1, 2, 3, 4, 5, 6, 7),)),
        (lambda context: 8.0 * context[1], ((0, 1, 4, 5), (2, 3, 6, 7))),
        (lambda context: 20.0 * all(context), ((0, 1, 2, 3, 4, 5, 6), (7,))),
    ],
)
def test_contexts_are_grouped_by_what_tells_them_apart(effect, groups):
    differences, levels = contexts_of(effect, rng=np.random.default_rng(3))
    assert alike_groups(differences, levels, alpha=0.01) == groups


def test_a_level_among_three_can_be_the_one_that_differs():
    levels = [(letter, number) for letter in "xyz" for number in (0, 1)]
    differences = ContextDifferences(
        estimates=np.array([0, 0.1, 0, 0.1, 9, 9.1]), variances=np.ones(6), dfs=np.full(6, 8.0)
    )
    groups = alike_groups(differences, levels, alpha=0.05)
    assert groups == ((0, 1, 2, 3), (4, 5))
    assert common_levels(groups[1], levels) == ((0, "z"),)
    assert common_levels(groups[0], levels) is None


def test_the_exact_test_of_one_context_is_fishers():
    context = LearnedCounts(worse=1, worse_runs=6, better=6, better_runs=6)
    expected = stats.fisher_exact([[1, 5], [6, 0]]).pvalue
    assert stratified_exact_p([context]) == pytest.approx(expected)


def test_contexts_in_which_all_runs_agree_tell_nothing():
    agree = LearnedCounts(worse=3, worse_runs=3, better=3, better_runs=3)
    assert stratified_exact_p([agree]) == 1
    assert context_sign_p([agree]) == 1
    alone = stratified_exact_p([NEVER_ALWAYS])
    assert stratified_exact_p([NEVER_ALWAYS, agree]) == pytest.approx(alone)


def test_exact_p_values_of_sixteen_contexts_are_those_of_r():
    assert stratified_exact_p([NEVER_ALWAYS] * 16) == pytest.approx(3.0517578125e-21)
    assert context_sign_p([NEVER_ALWAYS] * 16) == pytest.approx(3.0517578125e-05)
