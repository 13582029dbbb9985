"""Reading a `.npz` of images and classes, and refusing what is none. Nothing is unpickled."""

import struct
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

ARRAYS = ("x_train", "y_train", "x_test", "y_test")
# Three 2x2 poolings must leave at least one pixel.
SMALLEST_SIDE = 8

Array = NDArray[Any]
# What a damaged archive or a header of nonsense raises in zipfile and numpy, but for ValueError.
DAMAGE = (
    OSError,
    EOFError,
    KeyError,
    MemoryError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TypeError,
    struct.error,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


class DataError(ValueError):
    """A data set can't be had or isn't what it should be; the message says which and why.

    Examples:
        >>> read_npz(Path("missing.npz"))
        Traceback (most recent call last):
            ...
        study.data.npz.DataError: missing.npz: there is no such file
    """


def read_npz(path: Path, *, source: str = "") -> dict[str, Array]:
    """The arrays `x_train`, `y_train`, `x_test` and `y_test` of a file, unchecked.

    Args:
        path: the path of a `.npz` file.
        source: the file's name in messages; empty for its path.

    Raises:
        DataError: the file is missing, damaged, pickled, or lacks an array.

    Examples:
        >>> np.savez("tiny.npz", x_train=[[0]], y_train=[0], x_test=[[9]], y_test=[1])
        >>> read_npz(Path("tiny.npz"))["x_test"].tolist()
        [[9]]
    """
    source = source or str(path)
    try:
        # Opened here, as numpy leaves a truncated file open.
        with path.open("rb") as stream:
            return _named_arrays(np.load(stream, allow_pickle=False), source)
    except FileNotFoundError as error:
        raise DataError(f"{source}: there is no such file") from error
    except DataError:
        raise
    except DAMAGE as error:
        raise DataError(f"{source}: can't be read as .npz ({error})") from error
    except ValueError as error:
        raise DataError(f"{source}: refused ({error}); plain number arrays only") from error


def _named_arrays(file: object, source: str) -> dict[str, Array]:
    if not isinstance(file, NpzFile):
        raise DataError(f"{source}: holds one array; a .npz with {', '.join(ARRAYS)} is needed")
    missing = [name for name in ARRAYS if name not in file.files]
    if missing:
        raise DataError(
            f"{source}: has no array {missing[0]!r}; "
            f"it has {', '.join(file.files) or 'none'}, needed: {', '.join(ARRAYS)}"
        )
    return {name: file[name] for name in ARRAYS}


def checked_images(images: Array, where: str) -> Array:
    """Images as `(n, height, width, channels)`, `uint8` as they are, other numbers as `float32`.

    Args:
        images: the images as they were read, with or without their channels.
        where: the beginning of the message: which array of which file.

    Raises:
        DataError: the images have a wrong shape or type, or a pixel is below 0 or not finite.

    Examples:
        >>> images = checked_images(np.zeros((2, 10, 12)), "mine.npz: x_train")
        >>> images.shape, images.dtype.name
        ((2, 10, 12, 1), 'float32')
    """
    if images.ndim == 3:
        images = images[..., np.newaxis]
    if images.ndim != 4 or 0 in images.shape or images.shape[3] not in (1, 3):
        raise DataError(
            f"{where} has shape {images.shape}; (n, height, width) or (n, height, width, 1 or 3) "
            "is needed"
        )
    if min(images.shape[1:3]) < SMALLEST_SIDE:
        raise DataError(f"{where}: images of {images.shape[1:3]} pixels; at least 8x8 is needed")
    if images.dtype == np.uint8:
        return images
    if images.dtype.kind not in "uif":
        raise DataError(f"{where} has type {images.dtype}; numbers are needed")
    if not np.isfinite(images).all() or images.min() < 0:
        raise DataError(f"{where} holds a negative, infinite or NaN pixel")
    return images.astype(np.float32)


def checked_labels(labels: Array, where: str) -> Array:
    """The labels as `(n,)`, `int64`.

    Args:
        labels: the labels as they were read, `(n,)` or `(n, 1)`.
        where: the beginning of the message: which array of which file.

    Raises:
        DataError: the labels have another shape, or are no whole numbers.

    Examples:
        >>> checked_labels(np.array([[3], [1]], np.uint8), "mine.npz: y_train")
        array([3, 1])
    """
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.ndim != 1:
        raise DataError(f"{where} has shape {labels.shape}; (n) is needed")
    if labels.dtype.kind not in "ui":
        raise DataError(f"{where} has type {labels.dtype}; whole numbers are needed")
    return labels.astype(np.int64)


def count_classes(train: Array, test: Array, source: str) -> int:
    """The number of classes, every one of which the training labels show.

    Args:
        train: the training labels, `(n_train,)`, as from `checked_labels`.
        test: the test labels, `(n_test,)`, as from `checked_labels`.
        source: the beginning of the message: the file's name.

    Raises:
        DataError: a label is not among 0 to classes - 1, or there is one class only.

    Examples:
        >>> count_classes(np.array([0, 1, 2, 1]), np.array([2, 2]), "mine.npz")
        3
    """
    classes = len(np.unique(train))
    for labels, part in ((train, "train"), (test, "test")):
        strays = labels[(labels < 0) | (labels >= classes)]
        if len(strays):
            raise DataError(
                f"{source}: y_{part} holds the label {strays[0]}; y_train shows {classes} "
                f"classes, so 0 to {classes - 1} are allowed"
            )
    if classes < 2:
        raise DataError(f"{source}: y_train shows one class only; at least two are needed")
    return classes
