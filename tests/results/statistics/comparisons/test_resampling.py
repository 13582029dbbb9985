"""Splits of the same data, which overlap."""

import math

import numpy as np
import pytest

from results.statistics.comparisons.resampling import resampled_error
from results.statistics.error import StandardError


def test_the_error_is_that_of_nadeau_and_bengio():
    """By hand: the variance 4 of ten splits of 90 and 10 counts 1/10 + 10/90 times."""
    over_splits = StandardError(value=math.sqrt(4 / 10), df=9)
    error = resampled_error(over_splits, splits=10, train_size=90, test_size=10)
    assert error.value**2 == pytest.approx(4 * (1 / 10 + 10 / 90))
    assert error.df == 9


def test_more_splits_never_tell_more_than_the_data():
    def value(splits):
        over_splits = StandardError(value=math.sqrt(1 / splits), df=splits - 1)
        return resampled_error(over_splits, splits=splits, train_size=80, test_size=20).value

    assert value(10) > value(1_000) > 0.5
    assert value(1e9) == pytest.approx(math.sqrt(20 / 80))


def test_an_unknown_error_stays_unknown():
    unknown = StandardError(value=math.nan, df=math.inf)
    assert math.isnan(resampled_error(unknown, splits=5, train_size=8, test_size=2).value)
    assert np.isinf(resampled_error(unknown, splits=5, train_size=8, test_size=2).df)
