"""Bartlett's test against its published example and where it can't be had."""

import math

import numpy as np
import pytest
from scipy import stats

from results.statistics.bartlett import bartlett_p


def test_the_example_of_nist_gives_its_p_value():
    """NIST e-Handbook 1.3.5.7, gear diameters: T = 20.78580 with 9 degrees of freedom."""
    gears = [
        "1.006 0.996 0.998 1.000 0.992 0.993 1.002 0.999 0.994 1.000",
        "0.998 1.006 1.000 1.002 0.997 0.998 0.996 1.000 1.006 0.988",
        "0.991 0.987 0.997 0.999 0.995 0.994 1.000 0.999 0.996 0.996",
        "1.005 1.002 0.994 1.000 0.995 0.994 0.998 0.996 1.002 0.996",
        "0.998 0.998 0.982 0.990 1.002 0.984 0.996 0.993 0.980 0.996",
        "1.009 1.013 1.009 0.997 0.988 1.002 0.995 0.998 0.981 0.996",
        "0.990 1.004 0.996 1.001 0.998 1.000 1.018 1.010 0.996 1.002",
        "0.998 1.000 1.006 1.000 1.002 0.996 0.998 0.996 1.002 1.006",
        "1.002 0.998 0.996 0.995 0.996 1.004 1.004 0.998 0.999 0.991",
        "0.991 0.995 0.984 0.994 0.997 0.997 0.991 0.998 1.004 0.997",
    ]
    y = [[float(value) for value in gear.split()] for gear in gears]
    assert bartlett_p(y) == pytest.approx(stats.chi2.sf(20.78580, 9), rel=1e-4)


@pytest.mark.parametrize(
    "y", [np.zeros((0, 5)), [[1, 2, 3]], [[1], [2]], np.ones((4, 5)), [[1, 2], [3, 3]]]
)
def test_without_cells_seeds_or_noise_there_is_no_test(y):
    assert math.isnan(bartlett_p(y))


def test_three_seeds_are_enough_to_tell_cells_six_times_as_noisy():
    """Where Levene's test about medians finds nothing."""
    rng = np.random.default_rng(0)
    y = rng.standard_normal((32, 3)) * np.repeat([1, 6], 16)[:, np.newaxis]
    assert bartlett_p(y) < 1e-6
    assert stats.levene(*y, center="median").pvalue > 0.05
