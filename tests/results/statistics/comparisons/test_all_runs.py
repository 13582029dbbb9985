"""Two levels by all their runs: by hand, by scipy, by R's exact test, and how often it is wrong."""

import math

import numpy as np
import pytest
from scipy import stats

from results.statistics.comparisons.all_runs import compare_all_runs, wins_by_context
from results.statistics.comparisons.placements import place_runs, win_probability

FAILED = -math.inf


def test_ties_count_half_and_a_failed_run_loses_against_all_but_another():
    better = [[0.9, 0.8, FAILED, FAILED], [FAILED, 0.5, 0.6, 0.2]]
    worse = [[0.8, 0.8, FAILED, 0.1], [0.6, 0.6, 0.5, FAILED]]
    # Won by each run of the better level: 4, 3, 1/2, 1/2 and 1/2, 1 1/2, 3, 1 of 4.
    assert place_runs(better, worse).better.tolist() == [
        [1, 0.75, 0.125, 0.125],
        [0.125, 0.375, 0.75, 0.25],
    ]
    assert win_probability(better, worse) == pytest.approx(14 / 32)
    assert compare_all_runs(better, worse).wins == pytest.approx(14 / 32)


def test_contexts_count_by_how_well_they_are_known():
    # Van Elteren's weights: n m / (n + m + 1), here 1/3 and 4/5 for 1 and 0.
    found = compare_all_runs([[2.0, np.nan], [0.0, 0.0]], [[1.0, np.nan], [1.0, 1.0]])
    assert found.wins == pytest.approx((1 / 3) / (1 / 3 + 4 / 5))


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ([6, 7, 8, 9, 10], [1, 2, 3, 4, 5]),
        ([5, 7, 8, 9, 10], [1, 2, 3, 4, 6]),
        (range(5, 15), [0, 1, 2, 3, 4.5, 5.5, 6.5, 7.5, 8.5, 9.5]),
        (range(20), np.arange(-7.5, 12)),
    ],
)
def test_in_one_context_it_is_wilcoxons_exact_test_nearly(better, worse):
    exact = stats.mannwhitneyu(list(better), list(worse), method="exact").pvalue
    found = compare_all_runs([list(better)], [list(worse)])
    assert found.p_value == pytest.approx(exact, rel=0.1)


def test_where_only_learning_tells_it_is_the_exact_stratified_test():
    """R's mantelhaen.test(exact = TRUE) of 3 of 3 against 0 of 3 in 16 contexts: 3.05e-21."""
    never_always = compare_all_runs([[0.9, 0.8, 0.7]] * 16, [[FAILED] * 3] * 16)
    assert never_always.p_value == pytest.approx(3.05175781249999e-21)
    assert (never_always.wins, never_always.estimate) == (1, math.inf)
    one = compare_all_runs([[0.9, 0.8, 0.7]], [[FAILED] * 3])
    assert one.p_value == pytest.approx(0.1)
    assert [one.wins_interval(c)[0] > 0.5 for c in (0.89, 0.91)] == [True, False]
    assert one.interval(0.89) == (math.inf, math.inf)
    assert one.interval(0.91) == (-math.inf, math.inf)


def test_the_shift_is_the_median_of_all_differences():
    rng = np.random.default_rng(3)
    better, worse = rng.normal(1, 1, (1, 7)), rng.normal(0, 1, (1, 6))
    differences = np.subtract.outer(better[0], worse[0])
    found = compare_all_runs(better, worse)
    assert found.estimate == pytest.approx(np.median(differences))
    assert found.wins == pytest.approx((differences > 0).mean())
    assert found.wins_at(found.estimate) == pytest.approx(0.5)


def random_pair(rng):
    """Runs of two levels, some failed, some missing, with and without ties."""
    contexts, first, second = rng.integers(1, 5), rng.integers(1, 7), rng.integers(1, 7)
    better = rng.normal(2 * rng.random(), 1, (contexts, first))
    worse = rng.normal(0, 1, (contexts, second))
    if rng.random() < 0.4:
        better, worse = better.round(), worse.round()
    better[rng.random(better.shape) < rng.random()] = FAILED
    worse[rng.random(worse.shape) < rng.random()] = FAILED
    better[:, 1:][rng.random((contexts, first - 1)) < 0.2] = np.nan
    return better, worse


def test_intervals_and_p_values_invert_each_other():
    rng = np.random.default_rng(0)
    for _ in range(300):
        better, worse = random_pair(rng)
        found = compare_all_runs(better, worse, spread=rng.choice([0.0, 0.1, 1.0]))
        for coverage in (0.71, 0.951, 0.993):
            low, high = found.interval(coverage)
            wins_low, wins_high = found.wins_interval(coverage)
            assert (low > 0 or high < 0) == (found.p_value < 1 - coverage)
            assert (wins_low > 0.5 or wins_high < 0.5) == (found.wins_p < 1 - coverage)
            assert low <= high
            assert 0 <= wins_low <= found.wins + 1e-9
            assert found.wins - 1e-9 <= wins_high <= 1


def test_the_other_level_is_the_mirror():
    rng = np.random.default_rng(1)
    for _ in range(100):
        better, worse = random_pair(rng)
        one, other = compare_all_runs(better, worse), compare_all_runs(worse, better)
        assert one.wins == pytest.approx(1 - other.wins)
        assert one.wins_p == pytest.approx(other.wins_p)
        assert one.interval(0.9) == pytest.approx(tuple(-end for end in other.interval(0.9)[::-1]))


def test_new_examples_widen_the_interval_by_their_own_spread():
    better, worse = np.arange(40.0)[np.newaxis] / 1e6 + 1, np.arange(40.0)[np.newaxis] / 1e6
    found = compare_all_runs(better, worse, spread=0.4)
    # Seeds hardly matter: the shift is 1, and its error that of the examples.
    assert found.interval(0.95) == pytest.approx((1 - 1.96 * 0.4, 1 + 1.96 * 0.4), abs=1e-3)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(1 / 0.4), rel=1e-3)
    assert found.wins_p == compare_all_runs(better, worse).p_value


def test_with_shared_seeds_it_has_to_be_sure_with_the_seed_as_the_unit():
    rng = np.random.default_rng(2)
    push = np.array([3, 2, 2, 1, -1])
    better, worse = rng.normal(size=(16, 5)) + push, rng.normal(size=(16, 5)) - push
    assert compare_all_runs(better, worse).p_value < 1e-6
    assert compare_all_runs(better, worse, shared=True).p_value > 0.05


def test_one_run_a_cell_with_shared_seeds_tells_nothing():
    found = compare_all_runs(np.ones((9, 1)), np.zeros((9, 1)), shared=True)
    assert found.p_value == 1
    assert found.wins_interval(0.95) == (0, 1)


def test_more_runs_of_the_same_kind_never_tell_less():
    better, worse = [0.9, 0.8, 0.7, FAILED], [0.75, 0.65, FAILED, FAILED]
    p_values = [compare_all_runs([better * n], [worse * n]).p_value for n in (1, 2, 3, 6)]
    assert sorted(p_values, reverse=True) == p_values


def test_in_each_context_by_itself_wins_are_told_with_the_spread_of_runs_that_are_alike():
    found = wins_by_context([[3.0, 4.0], [1.0, 4.0]], [[1.0, 2.0], [2.0, 3.0]])
    assert found.estimates.tolist() == [0.5, 0]
    # 5 / 48 for two runs each, by 4 * 3/4 * 1/4, and by how much more the placements vary, 1/4,
    # than if runs might change places, 5 / 48 / (1 - 20 / 48) * 6 / 5.
    assert found.variances == pytest.approx([5 / 48 * 0.75 * (1 / 4) / (3 / 14)] * 2)


@pytest.mark.parametrize(
    ("better", "worse", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], r"shapes are \(2,\) and \(2,\)"),
        ([[1.0]], [[1.0], [2.0]], r"shapes are \(1, 1\) and \(2, 1\)"),
        ([[1.0], [np.nan]], [[1.0], [2.0]], "no run of one of the levels"),
    ],
)
def test_what_are_no_runs_of_two_levels_is_refused(better, worse, message):
    with pytest.raises(ValueError, match=message):
        compare_all_runs(better, worse)


def near_the_threshold(rng, contexts, seeds):
    """Equal levels, of which three runs in ten fail."""
    runs = rng.standard_normal((2, contexts, seeds))
    return np.where(runs < -0.5, FAILED, runs)


def one_fails_more(rng, contexts, seeds):
    """A level that fails in three runs of ten, and wins so much more often else."""
    runs = rng.standard_normal((2, contexts, seeds))
    better = runs[1] + math.sqrt(2) * stats.norm.ppf(0.5 / 0.7)
    return runs[0], np.where(rng.random(better.shape) < 0.3, FAILED, better)


def noisier(rng, contexts, seeds):
    """A level that is six times as noisy, and fails where it is far below."""
    runs = rng.standard_normal((2, contexts, seeds)) * np.array([1, 6])[:, np.newaxis, np.newaxis]
    return np.where(runs < -6, FAILED, runs)


@pytest.mark.parametrize(("contexts", "seeds"), [(1, 10), (2, 5), (4, 5), (16, 3)])
@pytest.mark.parametrize("make", [near_the_threshold, one_fails_more, noisier])
def test_neither_level_is_said_to_win_more_often_than_chance_allows(make, contexts, seeds):
    rng = np.random.default_rng([contexts, seeds])
    p = [compare_all_runs(*make(rng, contexts, seeds)).p_value for _ in range(400)]
    # At 5 % in truth, more than 7.2 % of 400 have a probability of .02.
    assert np.mean(np.array(p) < 0.05) <= 0.072
