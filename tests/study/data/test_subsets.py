import numpy as np
import pytest

from study.data.npz import DataError
from study.data.sources import load_dataset
from study.data.subsets import pooled, resampled, subset


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


def drawn(seed, *, train_size=300, test_size=100):
    pool = pooled(load_dataset("digits"))
    return pool, resampled(pool, train_size=train_size, test_size=test_size, seed=[0, seed])


def test_what_is_resampled_trains_on_no_image_that_it_is_tested_on():
    pool, split = drawn(3)
    shown = {image.tobytes() for image in split.x_train}
    # Some digits are there twice, in the pool as well.
    twice = {image.tobytes() for image in pool.x_test[split.test_index]} & shown
    known = [image.tobytes() for image in pool.x_test]
    assert all(known.count(image) > 1 for image in twice)
    assert (len(split.y_train), len(split.y_test)) == (300, 100)


def test_what_is_resampled_keeps_the_share_of_each_class_and_where_images_stood():
    pool, split = drawn(3)
    shares = np.bincount(pool.y_test) / len(pool.y_test)
    assert np.abs(np.bincount(split.y_test) - 100 * shares).max() < 1
    assert np.array_equal(pool.x_test[split.test_index], split.x_test)
    assert np.array_equal(pool.y_test[split.test_index], split.y_test)


def test_each_seed_draws_its_own_images_and_always_the_same():
    (_, first), (_, again), (_, other) = drawn(3), drawn(3), drawn(4)
    assert np.array_equal(first.test_index, again.test_index)
    assert np.array_equal(first.x_train, again.x_train)
    assert not np.array_equal(np.sort(first.test_index), np.sort(other.test_index))


def test_images_of_a_pool_are_the_test_images_first_under_a_hash_of_their_own():
    digits = load_dataset("digits")
    pool = pooled(digits)
    assert np.array_equal(pool.x_test[:360], digits.x_test)
    assert np.array_equal(pool.x_test[360:], digits.x_train)
    assert pool.hash != digits.hash
    assert pool.hash == pooled(digits).hash


@pytest.mark.parametrize("sizes", [{"train_size": 1700}, {"test_size": 9}])
def test_more_images_than_there_are_or_fewer_than_classes_are_not_resampled(sizes):
    with pytest.raises(DataError, match=r"--resample with .* test images of 1797: "):
        drawn(0, **sizes)
