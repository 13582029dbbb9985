"""Bartlett's test: are all cells equally noisy?"""
# scipy.stats comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def bartlett_p(y: ArrayLike) -> float:
    """The p-value of Bartlett's test that all cells are equally noisy.

    NaN for fewer than two cells or two seeds, or where a cell has no noise at all, of which the
    test would be sure. Unlike tests that are robust to other distributions, as Levene's, it finds
    something with three seeds.

    Source: Bartlett 1937; `scipy.stats.bartlett`.

    Args:
        y: the responses, finite, `(n_cells, n_seeds)`.

    Examples:
        >>> bartlett_p([[1, 2, 3, 4], [3, 4, 5, 6]])
        1.0
        >>> round(bartlett_p([[1, 2, 3, 4], [10, 20, 30, 40]]), 4)
        0.0039
    """
    response = np.asarray(y, dtype=float)
    cells, seeds = response.shape
    if cells < 2 or seeds < 2 or not np.ptp(response, axis=1).all():
        return math.nan
    return float(cast(Any, stats.bartlett(*response)).pvalue)
