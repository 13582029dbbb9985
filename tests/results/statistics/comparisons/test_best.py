"""Multiple comparisons with the best, against worked examples and Hsu's definition."""

import math

import numpy as np
import pytest
from scipy import stats

from results.statistics.comparisons import best
from results.statistics.comparisons.best import known_errors
from results.statistics.comparisons.held_out import held_out


def compare_with_best(estimates, error=1.0):
    return best.compare_with_best(estimates, known_errors(error, len(estimates)))


def test_intervals_are_hsus_of_equal_known_errors():
    """Four treatments, error 1 of each difference: d = z(1 - .05 / 3) = 2.128."""
    margin = stats.norm.isf(0.05 / 3)
    found = compare_with_best([0.0, 2.0, 5.0, 6.0])
    assert found.may_be_best.tolist() == [False, False, True, True]
    assert found.high == pytest.approx([0, 0, margin - 1, margin + 1], abs=1e-3)
    assert found.low == pytest.approx([-6 - margin, -4 - margin, -1 - margin, 1 - margin], abs=1e-3)


def test_the_only_one_that_may_be_best_is_the_best_for_sure():
    found = compare_with_best([0.0, 9.0])
    assert found.may_be_best.tolist() == [False, True]
    assert found.low[1] == 0
    assert found.high[0] == 0


def test_of_two_the_test_is_two_sided():
    just_inside, just_outside = 1.9, 2.0
    for gap, left_in in ((just_inside, True), (just_outside, False)):
        assert compare_with_best([0.0, gap]).may_be_best[0] == left_in


def test_a_difference_of_unknown_error_leaves_both_in():
    found = compare_with_best([0.0, 99.0], math.nan)
    assert found.may_be_best.all()
    assert np.isinf(found.low).all()


def test_one_alone_is_the_best():
    assert compare_with_best([1.0]).may_be_best.tolist() == [True]


def test_many_candidates_in_batches_give_what_few_do():
    """300 candidates are held against each other in two batches."""
    values = np.linspace(0, 30, 300)
    margin = stats.norm.isf(0.05 / 299)
    found = compare_with_best(values)
    assert found.may_be_best.tolist() == (values.max() - values < margin).tolist()


def test_what_is_held_out_is_measured_on_the_runs_that_did_not_choose():
    """Two runs each: whichever chooses, the other measures, of the cell that is not the lucky one.

    Chosen by its 9, the first cell gives 0; chosen by its 0, the second gives 1.
    """
    values = np.array([[0.0, 9.0], [1.0, 1.0]])[:, :, np.newaxis]
    found = held_out(values, shared=True)
    assert found.estimate == pytest.approx(0.5)
    assert found.chosen.tolist() == [0.5, 0.5]


def test_a_clear_winner_keeps_its_mean_to_rounding():
    values = np.random.default_rng(0).normal(size=(3, 5, 4))
    values[1] += 50
    sizes = np.array([10.0, 10.0, 10.0, 10.0])
    found = held_out(values, sizes=sizes)
    assert found.estimate == pytest.approx(values[1].mean())
    assert found.chosen.tolist() == [0, 1, 0]


def test_luck_with_some_examples_is_left_out_as_luck_with_some_runs_is():
    """Each cell is good on a part of the examples of its own: none is better on the others."""
    values = np.repeat(np.eye(6)[:, np.newaxis, :], 3, axis=1)
    assert held_out(values).estimate < values.mean(axis=(1, 2)).max()


def test_missing_runs_take_no_part():
    values = np.array([[1.0, 2.0, 3.0], [5.0, 7.0, np.nan]])[:, :, np.newaxis]
    assert held_out(values).estimate == pytest.approx(6.0, abs=0.2)


def test_the_same_values_give_the_same_figure():
    values = np.random.default_rng(3).normal(size=(8, 4, 1))
    assert held_out(values).estimate == held_out(values).estimate
