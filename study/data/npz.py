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
    """A data set can't be had or isn't what it should be; the message says which and why."""


def read_npz(path: Path, *, source: str = "") -> dict[str, Array]:
    """The four arrays of a file, as they stand in it.

    Args:
        path: of the file.
        source: what a message calls it, if not by its path.

    Raises:
        DataError: the file is missing, damaged, pickled, or lacks an array.
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

    Raises:
        DataError: wrong shape or type, a pixel below 0 or not finite; `where` begins the message.
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
    """Labels as `(n)`, `int64`.

    Raises:
        DataError: wrong shape, or no whole numbers; `where` begins the message.
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
        train: `(n_train)`, as from `checked_labels`.
        test: `(n_test)`, likewise.
        source: begins the message.

    Raises:
        DataError: a label is not among 0 to classes - 1, or there is one class only.
    """
    present = np.unique(train)
    classes = len(present)
    for labels, part in ((train, "train"), (test, "test")):
        outside = labels[(labels < 0) | (labels >= classes)]
        if len(outside):
            raise DataError(
                f"{source}: y_{part} holds the label {outside[0]}; y_train shows {classes} "
                f"classes, so 0 to {classes - 1} are allowed"
            )
    if classes < 2:
        raise DataError(f"{source}: y_train shows one class only; at least two are needed")
    return classes
