"""What a data set is. Where it comes from is `study.data.sources`, which workers do not load."""

from dataclasses import dataclass

from study.data.npz import Array


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageForm:
    """What a network must know of its data before it sees any.

    Args:
        shape: height, width and channels of an image.
        dtype: `uint8` or `float32`.
        pixel_max: largest pixel of the whole training array; images are divided by it.
        classes: number of classes.
    """

    shape: tuple[int, int, int]
    dtype: str
    pixel_max: float
    classes: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dataset:
    """Images and classes, split for training and testing.

    Args:
        name: what it is called on screens.
        hash: SHA-256 (hex) over the four whole arrays, unchanged by `subset`.
        x_train, x_test: `(n, height, width, channels)`, at least 0.
        y_train, y_test: `(n)`, `int64`, 0 to the number of classes - 1.
        test_index: `(n_test)`, position of each test image in the whole test array.
        form: shape, type and range of the images.
    """

    name: str
    hash: str
    x_train: Array
    y_train: Array
    x_test: Array
    y_test: Array
    test_index: Array
    form: ImageForm
