"""Parts of a data set: fewer images, or training images held out to tune with."""

import dataclasses
import hashlib
from collections.abc import Sequence

import numpy as np
from sklearn.model_selection import train_test_split
from sklearn.utils import resample

from search_spaces import Trial
from study.data.dataset import Dataset, content_hash
from study.data.npz import Array, DataError

# What the name of a validation split ends with; one image in so many is held out for it.
VALIDATION = " validation"
_HELD_OUT = 6


def subset(dataset: Dataset, *, train_size: int, test_size: int, seed: int) -> Dataset:
    """A data set with this many of the images, drawn so that each class keeps its share.

    Its hash is that of the whole data set.

    Args:
        dataset: a whole data set.
        train_size: the number of training images to keep.
        test_size: the number of test images to keep.
        seed: the seed of the draw; the same seed draws the same images.

    Raises:
        DataError: fewer images are asked for than there are classes, or more than there are images.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> digits = load_dataset("digits")
        >>> part = subset(digits, train_size=50, test_size=20, seed=0)
        >>> len(part.y_train), len(part.y_test)
        (50, 20)
        >>> np.bincount(part.y_test).tolist()
        [2, 2, 2, 2, 2, 2, 2, 2, 2, 2]
    """
    classes = dataset.form.classes
    train = _draw(dataset.y_train, train_size, seed=seed, classes=classes, what="train-size")
    test = _draw(dataset.y_test, test_size, seed=seed, classes=classes, what="test-size")
    return dataclasses.replace(
        dataset,
        x_train=dataset.x_train[train],
        y_train=dataset.y_train[train],
        x_test=dataset.x_test[test],
        y_test=dataset.y_test[test],
        test_index=dataset.test_index[test],
    )


def pooled(dataset: Dataset) -> Dataset:
    """All images of a data set, for training and for testing alike: what `resampled` draws from.

    Its hash is its own, since positions in it are others; the test images come first.

    Args:
        dataset: a whole data set.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> pool = pooled(load_dataset("digits"))
        >>> len(pool.y_train), len(pool.y_test), pool.x_train is pool.x_test
        (1797, 1797, True)
    """
    images = np.concatenate([dataset.x_test, dataset.x_train])
    classes = np.concatenate([dataset.y_test, dataset.y_train])
    return dataclasses.replace(
        dataset,
        hash=hashlib.sha256(f"all images of {dataset.hash}".encode()).hexdigest(),
        x_train=images,
        y_train=classes,
        x_test=images,
        y_test=classes,
        test_index=np.arange(len(classes)),
    )


def resampled(pool: Dataset, *, train_size: int, test_size: int, seed: Sequence[int]) -> Dataset:
    """Training and test images drawn from a pool, so that each class keeps its share.

    Args:
        pool: all images, as `pooled` has them.
        train_size: the number of training images to draw.
        test_size: the number of test images to draw; none of them is a training image.
        seed: the seed of the draw, one number or more; the same seed draws the same images.

    Raises:
        DataError: more images are asked for than there are, or fewer than there are classes, or a
            class has a single image.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> pool = pooled(load_dataset("digits"))
        >>> split = resampled(pool, train_size=50, test_size=20, seed=[0, 3])
        >>> np.bincount(split.y_train).tolist(), np.bincount(split.y_test).tolist()
        ([5, 5, 5, 5, 5, 5, 5, 5, 5, 5], [2, 2, 2, 2, 2, 2, 2, 2, 2, 2])
    """
    try:
        train, test = train_test_split(
            np.arange(len(pool.y_test)),
            train_size=train_size,
            test_size=test_size,
            stratify=pool.y_test,
            random_state=int(np.random.SeedSequence(seed).generate_state(1)[0]),
        )
    except ValueError as error:
        raise DataError(
            f"--resample with {train_size} training and {test_size} test images of "
            f"{len(pool.y_test)}: {error}"
        ) from error
    # In ascending order, as all that is drawn here.
    train, test = np.sort(train), np.sort(test)
    return dataclasses.replace(
        pool,
        x_train=pool.x_train[train],
        y_train=pool.y_train[train],
        x_test=pool.x_test[test],
        y_test=pool.y_test[test],
        test_index=pool.test_index[test],
    )


def images_of(trial: Trial, dataset: Dataset) -> Dataset:
    """The images that a trial is trained and tested on.

    Args:
        trial: the trial.
        dataset: those of its study; where each seed draws its own, all there are.

    Raises:
        DataError: as `resampled`.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> options = "--space smoke --dataset digits --resample --seeds 2"
        >>> plan = make_plan(read_options(options.split()))
        >>> tested = [images_of(trial, plan.dataset).test_index[:3] for trial in plan.trials]
        >>> bool((tested[0] == tested[1]).all()), bool((tested[0] == tested[4]).all())
        (True, False)
    """
    protocol = trial.protocol
    if not protocol.resample:
        return dataset
    return resampled(
        dataset,
        train_size=protocol.train_size,
        test_size=protocol.test_size,
        seed=[protocol.subset_seed, trial.seed],
    )


def validation_split(dataset: Dataset, *, seed: int) -> Dataset:
    """A data set made of the training images alone, a sixth of them held out as its test images.

    Each class keeps its share. The images differ from those of `dataset`, hence the hash does too.

    Args:
        dataset: the data set whose training images are split; its test images have no part in this.
        seed: the seed of the draw.

    Raises:
        DataError: there are too few training images to have each class in both parts.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> split = validation_split(load_dataset("digits"), seed=0)
        >>> split.name, len(split.y_train), len(split.y_test)
        ('digits validation', 1198, 239)
    """
    total, classes = len(dataset.y_train), dataset.form.classes
    if total < 2 * classes:
        raise DataError(
            f"tuning holds training images out: {total} are too few, from {2 * classes} on allowed"
        )
    size = max(total // _HELD_OUT, classes)
    validation = _draw(dataset.y_train, size, seed=seed, classes=classes, what="train-size")
    train = np.setdiff1d(np.arange(total), validation)
    arrays = {
        "x_train": dataset.x_train[train],
        "y_train": dataset.y_train[train],
        "x_test": dataset.x_train[validation],
        "y_test": dataset.y_train[validation],
    }
    return dataclasses.replace(
        dataset,
        name=f"{dataset.name}{VALIDATION}",
        hash=content_hash(arrays),
        test_index=np.arange(size),
        **arrays,
    )


def _draw(labels: Array, size: int, *, seed: int, classes: int, what: str) -> Array:
    """Positions of `size` of these labels, in ascending order; `what` is the option at fault."""
    positions = np.arange(len(labels))
    if size == len(labels):
        return positions
    if not classes <= size <= len(labels):
        raise DataError(
            f"--{what} {size}: from {classes} (one image per class) to {len(labels)} (all) allowed"
        )
    sample = resample(positions, n_samples=size, replace=False, stratify=labels, random_state=seed)
    return np.sort(np.asarray(sample))
