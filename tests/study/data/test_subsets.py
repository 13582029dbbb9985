import numpy as np
import pytest

from study.data.npz import DataError
from study.data.sources import load_dataset
from study.data.subsets import subset


def test_a_subset_keeps_the_share_of_each_class():
    data = subset(load_dataset("digits"), train_size=500, test_size=100, seed=3)
    assert len(data.y_train) == 500
    shares = np.bincount(data.y_test) / 100
    assert np.abs(shares - 0.1).max() < 0.02


def test_a_subset_is_drawn_by_its_seed():
    digits = load_dataset("digits")
    first = subset(digits, train_size=50, test_size=50, seed=1)
    again = subset(digits, train_size=50, test_size=50, seed=1)
    other = subset(digits, train_size=50, test_size=50, seed=2)
    assert np.array_equal(first.test_index, again.test_index)
    assert not np.array_equal(first.test_index, other.test_index)


def test_a_subset_remembers_where_its_test_images_stood():
    digits = load_dataset("digits")
    data = subset(digits, train_size=1437, test_size=40, seed=0)
    assert np.array_equal(digits.x_test[data.test_index], data.x_test)
    assert np.array_equal(digits.y_test[data.test_index], data.y_test)
    assert data.hash == digits.hash


def test_a_subset_of_all_images_is_everything_in_order():
    digits = load_dataset("digits")
    data = subset(digits, train_size=1437, test_size=360, seed=5)
    assert np.array_equal(data.x_train, digits.x_train)


@pytest.mark.parametrize("size", [9, 1438])
def test_a_subset_too_small_or_too_large_is_refused(size):
    with pytest.raises(DataError, match=rf"--train-size {size}: from 10 .* to 1437 \(all\)"):
        subset(load_dataset("digits"), train_size=size, test_size=360, seed=0)
