"""The errors of networks on single test images, counted by cell, image and seed.

The input is plain arrays that say which network misses which image.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Whether each network misses each image, `(n_networks, n_images)`.
Wrong = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorCounts:
    """The errors of the networks of each cell, counted by image and by seed; see `count_errors`.

    Attributes:
        by_image: number of the cell's networks that miss the image, `(n_cells, n_images)`.
        by_seed: for each cell, the number of images that each of its networks misses,
            `(seeds_of_cell,)`.

    Examples:
        >>> counts = count_errors(np.array([[[1, 1, 0, 0], [1, 0, 0, 0]]], dtype=bool))
        >>> counts.by_image
        array([[2, 1, 0, 0]], dtype=int32)
        >>> counts.by_seed, counts.seeds
        ((array([2, 1]),), array([2]))
    """

    by_image: NDArray[np.int32]
    by_seed: tuple[NDArray[np.int64], ...]

    @property
    def seeds(self) -> NDArray[np.int64]:
        """The number of networks of each cell, `(n_cells,)`, at least 1."""
        return np.array([len(errors) for errors in self.by_seed], dtype=np.int64)

    def only(self, cells: Iterable[int]) -> "ErrorCounts":
        """The counts of the cells with these numbers, in this order."""
        numbers = list(cells)
        return ErrorCounts(
            by_image=self.by_image[numbers],
            by_seed=tuple(self.by_seed[number] for number in numbers),
        )


def count_errors(cells: Iterable[Wrong]) -> ErrorCounts:
    """The errors of the networks of each cell, counted by image and by seed.

    Each array is read once and not kept, so a generator needs the memory of one cell.

    Args:
        cells: for each cell, whether each network misses each image, `(seeds_of_cell, n_images)`,
            bool; as a generator, a list, or an array `(n_cells, n_seeds, n_images)`.

    Raises:
        ValueError: there is no cell, seed or image, an array isn't of booleans, or cells have
            different numbers of images.

    Examples:
        >>> one_seed = np.array([[True, False, False]])
        >>> two_seeds = np.array([[True, True, False], [True, False, False]])
        >>> count_errors([one_seed, two_seeds]).by_image
        array([[1, 0, 0],
               [2, 1, 0]], dtype=int32)
    """
    by_image: list[NDArray[np.int32]] = []
    by_seed: list[NDArray[np.int64]] = []
    for wrong in cells:
        check_cell(wrong, like=by_image[0] if by_image else None)
        by_image.append(wrong.sum(axis=0, dtype=np.int32))
        by_seed.append(np.count_nonzero(wrong, axis=1).astype(np.int64))
    if not by_image:
        raise ValueError("no cells to count errors of")
    return ErrorCounts(by_image=np.stack(by_image), by_seed=tuple(by_seed))


def check_cell(wrong: Wrong, *, like: NDArray[np.int32] | None) -> None:
    """Refuse what is not the errors of a cell.

    Args:
        wrong: whether each network misses each image, `(n_seeds, n_images)`.
        like: an array with the number of images to expect, `(n_images,)`; None expects any number.

    Raises:
        ValueError: the array has another shape, no seed or no image, or isn't of booleans.

    Examples:
        >>> check_cell(np.zeros((2, 3)), like=None)
        Traceback (most recent call last):
        ValueError: errors of type float64; allowed is bool, True where wrong
    """
    if wrong.ndim != 2 or not wrong.size:
        raise ValueError(f"a cell of shape {wrong.shape}; allowed is (seeds, images), at least one")
    # Classes given in place of errors would all count as errors, except class 0.
    if wrong.dtype != np.bool_:
        raise ValueError(f"errors of type {wrong.dtype}; allowed is bool, True where wrong")
    if like is not None and wrong.shape[1] != len(like):
        raise ValueError(f"a cell with {wrong.shape[1]} images, the first one has {len(like)}")
