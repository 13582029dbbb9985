"""The recall of a class, 0-1, with intervals for new images or for new seeds."""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from results.statistics.conventions import COVERAGE
from results.statistics.proportions import clopper_pearson
from results.statistics.t_interval import t_interval

# The recall and the low and high end of its interval, 0-1.
Recall = tuple[float, float, float]


def network_recall(correct: int, images: int) -> Recall:
    """The recall of a class by one network, with its Clopper-Pearson interval of 95 %.

    The interval is about new images of the class, read by this very network.

    Args:
        correct: number of images of the class that the network reads right.
        images: number of images of the class, at least 1.

    Examples:
        >>> network_recall(8, 10)
        (0.8, 0.443..., 0.974...)
    """
    return correct / images, *_interval(correct, images)


def cell_recall(correct: NDArray[np.integer], images: NDArray[np.integer]) -> Recall | None:
    """The recall of a class averaged over a cell's networks, with a t interval of 95 % over them.

    The interval is about new seeds on these images (n_networks - 1 degrees of freedom). It has no
    width if all networks agree, and its ends stay within 0-1. A single network has the interval of
    `network_recall`. The recall is None if a network saw no image of the class.

    Args:
        correct: number of images of the class that each network reads right, `(n_networks,)`, for
            at least one network.
        images: number of images of the class that each network saw, `(n_networks,)`.

    Examples:
        >>> cell_recall(np.array([5, 6, 4]), np.array([10, 10, 10]))  # 0.5 ± 4.303 · 0.1 / √3
        (0.5, 0.251..., 0.748...)
    """
    if not images.all():
        return None
    if len(images) == 1:
        return network_recall(int(correct[0]), int(images[0]))
    shares = correct / images
    mean = float(shares.mean())
    # The range tells equal shares, which must not get a width by rounding.
    spread = float(shares.std(ddof=1)) if np.ptp(shares) else 0.0
    error = spread / math.sqrt(len(shares))
    low, high = t_interval(mean, error, df=len(shares) - 1, coverage=COVERAGE)
    return mean, max(low, 0.0), min(high, 1.0)


@functools.cache
def _interval(correct: int, images: int) -> tuple[float, float]:
    return clopper_pearson(correct, images, COVERAGE)
