"""What a data set is. Where it comes from is `study.data.sources`, which workers do not load."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from study.data.npz import ARRAYS, Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageForm:
    """What a network must know of its data before it sees any.

    Args:
        shape: the height, width and channels of an image.
        dtype: the type of the pixels, `uint8` or `float32`.
        pixel_max: the largest pixel of the whole training array; images are divided by it.
        classes: the number of classes.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> load_dataset("digits").form
        ImageForm(shape=(28, 28, 1), dtype='uint8', pixel_max=255.0, classes=10)
    """

    shape: tuple[int, int, int]
    dtype: str
    pixel_max: float
    classes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Images and classes, split for training and testing.

    Args:
        name: the data set's name on screens.
        hash: the SHA-256 (hex) over the four whole arrays; a subset keeps it.
        x_train, x_test: the images, `(n, height, width, channels)`, pixels at least 0.
        y_train, y_test: the class of each image, `(n,)`, `int64`, 0 to the number of classes - 1.
        test_index: the position of each test image in the whole test array, `(n_test,)`.
        form: the shape, type and range of the images.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> digits = load_dataset("digits")
        >>> digits.x_train.shape, digits.x_test.shape
        ((1437, 28, 28, 1), (360, 28, 28, 1))
        >>> np.unique(digits.y_test).tolist()
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    """

    name: str
    hash: str
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    test_index: Array
    form: ImageForm


def content_hash(arrays: Mapping[str, Array]) -> str:
    """The SHA-256 (hex) over name, type, shape and bytes of a data set's four arrays.

    Args:
        arrays: the arrays under the names in `ARRAYS`; others are passed over.

    Examples:
        >>> arrays = dict.fromkeys(ARRAYS, np.zeros(3))
        >>> brighter = {**arrays, "x_test": np.ones(3)}
        >>> content_hash(arrays) == content_hash(brighter)
        False
        >>> len(content_hash(arrays))
        64
    """
    digest = hashlib.sha256()
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
