"""How much of each class is read right, with intervals that say what they speak of."""

import functools
import math

import numpy as np
from numpy.typing import NDArray

from results.statistics.proportions import clopper_pearson
from results.statistics.t_interval import t_interval

COVERAGE = 0.95
# Recall, low end and high end, 0-1.
Recall = tuple[float, float, float]


def network_recall(correct: int, images: int) -> Recall:
    """The recall of a class of `images` by one network, with its Clopper-Pearson interval.

    It speaks of new images of the class, read by this very network.
    """
    return correct / images, *_interval(correct, images)


def cell_recall(correct: NDArray[np.integer], images: NDArray[np.integer]) -> Recall | None:
    """The recall of a class averaged over networks, with a t interval over them.

    It speaks of new seeds on these images (n_networks - 1 degrees of freedom) and has no width
    where all networks agree; its ends stay within 0-1. That of a single network is
    `network_recall`. None for a class without images.

    Args:
        correct: images of the class that each network reads right, `(n_networks,)`, at least one.
        images: of the class that each network saw, `(n_networks,)`.
    """
    if not images.all():
        return None
    if len(images) == 1:
        return network_recall(int(correct[0]), int(images[0]))
    shares = correct / images
    mean = float(shares.mean())
    # By the range: equal shares must not get a width by rounding.
    spread = float(shares.std(ddof=1)) if np.ptp(shares) else 0.0
    error = spread / math.sqrt(len(shares))
    low, high = t_interval(mean, error, df=len(shares) - 1, coverage=COVERAGE)
    return mean, max(low, 0.0), min(high, 1.0)


@functools.cache
def _interval(correct: int, images: int) -> tuple[float, float]:
    return clopper_pearson(correct, images, COVERAGE)
