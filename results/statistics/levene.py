"""Levene's test: are all cells equally noisy?"""
# scipy.stats comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from typing import cast

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats


def levene_p(y: ArrayLike) -> float:
    """The p-value that all cells are equally noisy; NaN for one cell, two seeds, or no noise.

    Source: Levene 1960, about the medians as Brown & Forsythe 1974; `scipy.stats.levene`.

    Args:
        y: responses `(n_cells, n_seeds)`, finite.
    """
    response = np.asarray(y, dtype=float)
    cells, seeds = response.shape
    if cells < 2 or seeds < 3 or not np.ptp(response, axis=1).any():
        return math.nan
    return cast(float, stats.levene(*response, center="median").pvalue)
