"""Recall and its intervals, against published and hand-computed numbers."""

import math

import numpy as np
import pytest

from results.statistics.examples.recall import cell_recall, network_recall


def test_the_recall_of_one_network_has_the_exact_binomial_interval():
    """Clopper & Pearson's interval of 8 of 10 by 95 %: 44.39 to 97.48 %."""
    assert network_recall(8, 10) == pytest.approx((0.8, 0.4439, 0.9748), abs=5e-5)
    assert network_recall(10, 10)[2] == 1


def test_the_recall_of_a_cell_is_the_mean_over_its_networks_with_a_t_interval():
    recall = cell_recall(np.array([5, 6, 4]), np.array([10, 10, 10]))
    # Standard deviation 0.1, t of 2 degrees of freedom 4.3027.
    half = 4.3027 * 0.1 / math.sqrt(3)
    assert recall == pytest.approx((0.5, 0.5 - half, 0.5 + half), abs=5e-5)


def test_a_recall_does_not_leave_0_to_1():
    assert cell_recall(np.array([9, 10, 8]), np.array([10, 10, 10]))[2] == 1
    assert cell_recall(np.array([0, 0, 2]), np.array([10, 10, 10]))[1] == 0


def test_networks_that_agree_leave_no_width():
    assert cell_recall(np.array([1, 1, 1]), np.array([3, 3, 3])) == (1 / 3, 1 / 3, 1 / 3)


def test_one_network_alone_has_its_own_interval():
    assert cell_recall(np.array([8]), np.array([10])) == network_recall(8, 10)


def test_a_class_without_images_has_no_recall():
    assert cell_recall(np.array([0, 0]), np.array([0, 0])) is None
