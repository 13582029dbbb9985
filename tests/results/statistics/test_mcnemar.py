"""McNemar's test, against published cases and its own error rate."""

import dataclasses
import math

import numpy as np
import pytest

from results.statistics.mcnemar import mcnemar, mcnemar_of_table


def test_a_published_case_is_met_to_nine_digits():
    # The unit tests of mlxtend's mcnemar.
    test = mcnemar_of_table([[101, 121], [59, 33]])
    assert (test.only_a_wrong, test.only_b_wrong) == (59, 121)
    assert test.corrected_chi2 == pytest.approx(20.672222222222, rel=1e-9)
    assert test.corrected_p == pytest.approx(5.4500948254e-06, rel=1e-9)
    assert test.chi2 == pytest.approx(21.355555555556, rel=1e-9)
    assert test.chi2_p == pytest.approx(3.8151358651e-06, rel=1e-9)
    assert test.exact_p == pytest.approx(4.4344492638e-06, rel=1e-9)


def test_the_cases_of_two_hundred_odd_errors_are_met():
    test = mcnemar_of_table([[9945, 25], [15, 15]])
    assert test.corrected_chi2 == pytest.approx(81 / 40)
    assert test.corrected_p == pytest.approx(0.155, abs=5e-4)
    assert mcnemar_of_table([[9959, 11], [1, 29]]).exact_p == pytest.approx(26 / 2**12)


def test_two_networks_are_counted_into_their_table():
    wrong_a = np.array([True, True, False, True, False, False])
    wrong_b = np.array([True, False, False, False, True, False])
    assert mcnemar(wrong_a, wrong_b) == mcnemar_of_table([[2, 1], [2, 1]])
    assert mcnemar(wrong_a, wrong_b).only_a_wrong == 2


def test_equal_counts_are_no_evidence_corrected_or_not():
    test = mcnemar_of_table([[5, 3], [3, 5]])
    assert dataclasses.astuple(test) == (3, 3, 0, 1, 0, 1, 1)


def test_networks_that_miss_the_same_images_have_no_chi_square():
    wrong = np.array([True, False, False])
    test = mcnemar(wrong, wrong)
    assert test.exact_p == 1
    assert all(map(math.isnan, (test.chi2, test.chi2_p, test.corrected_chi2, test.corrected_p)))


def test_two_networks_of_one_cell_differ_significantly_in_about_one_case_of_twenty():
    rng = np.random.default_rng(1)
    rates = rng.beta(0.05, 2.0, size=5000)
    p_values = []
    for _ in range(1000):
        wrong_a, wrong_b = rng.random((2, 5000)) < rates
        p_values.append(mcnemar(wrong_a, wrong_b).chi2_p)
    assert 0.03 < np.mean(np.array(p_values) < 0.05) < 0.07


@pytest.mark.parametrize(
    ("wrong_a", "wrong_b", "message"),
    [
        (np.zeros(3, bool), np.zeros(2, bool), r"shapes \(3,\) and \(2,\)"),
        (np.zeros((1, 3), bool), np.zeros((1, 3), bool), r"shapes \(1, 3\)"),
        (np.zeros(3, int), np.zeros(3, bool), "types int64 and bool"),
    ],
)
def test_what_is_not_two_networks_on_the_same_images_is_refused(wrong_a, wrong_b, message):
    with pytest.raises(ValueError, match=message):
        mcnemar(wrong_a, wrong_b)


@pytest.mark.parametrize("table", [[[1, 2, 3], [1, 2, 3]], [[1, -2], [3, 4]], [[0.5, 2.0], [1, 1]]])
def test_what_is_no_table_of_counts_is_refused(table):
    with pytest.raises(ValueError, match="no table of counts"):
        mcnemar_of_table(table)
