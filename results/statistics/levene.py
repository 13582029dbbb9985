"""Levene's test: are all cells equally noisy?"""
# scipy.stats comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def levene_p(y: ArrayLike) -> float:
    """The p-value of Levene's test that all cells are equally noisy.

    NaN for fewer than two cells, fewer than three seeds, or if no cell has any noise.

    Source: Levene 1960, about the medians as Brown & Forsythe 1974; `scipy.stats.levene`.

    Args:
        y: the responses, finite, `(n_cells, n_seeds)`.

    Examples:
        >>> levene_p([[1, 2, 3, 4], [3, 4, 5, 6]])  # the same spread about both medians
        1.0
        >>> levene_p([[1, 2, 3, 4], [10, 20, 30, 40]])  # F = 162 / (101 / 6) with 1 and 6 df
        0.0210...
    """
    response = np.asarray(y, dtype=float)
    cells, seeds = response.shape
    if cells < 2 or seeds < 3 or not np.ptp(response, axis=1).any():
        return math.nan
    return float(cast(Any, stats.levene(*response, center="median")).pvalue)
