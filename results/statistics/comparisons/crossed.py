"""Differences that speak of new examples or of new data: seeds crossed with examples, splits."""

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from results.statistics.comparisons.difference import Difference
from results.statistics.comparisons.robust import huber
from results.statistics.error import StandardError, variance

_Floats = NDArray[np.float64]


def crossed_difference(gaps: ArrayLike) -> Difference:
    """A difference for new seeds and new examples of the same source.

    With S the variance of the seeds' means over their number, E that of the examples' means over
    theirs and R the mean square of the rest over both, the squared error is max(S + E - R, S, E),
    its degrees of freedom by Satterthwaite. One seed, or seeds that are equal to the bit, are one
    run: then E alone decides, with one degree of freedom less than examples.

    Sources: Cornfield & Tukey 1956 (moments of crossed effects); Satterthwaite 1946.

    Args:
        gaps: for each seed and example, averaged over contexts, by how much the better level's
            response is larger, `(n_seeds, n_examples)`, finite, two examples or more.

    Raises:
        ValueError: another shape, or values that aren't finite.

    Examples:
        >>> one_seed = crossed_difference([[1.0, 0.0, 0.0, 1.0]])
        >>> one_seed.estimate, one_seed.error
        (0.5, StandardError(value=0.288..., df=3))
    """
    gap = np.asarray(gaps, dtype=float)
    if gap.ndim != 2 or gap.shape[1] < 2 or not gap.shape[0] or not np.isfinite(gap).all():
        raise ValueError(
            f"gaps have shape {gap.shape}; allowed are finite values, one seed or more by two "
            "examples or more"
        )
    seeds, examples = gap.shape
    mean, by_seed, by_example = float(gap.mean()), gap.mean(axis=1), gap.mean(axis=0)
    example = variance(by_example) / examples
    if seeds == 1 or (gap == gap[:1]).all():
        error = StandardError(value=math.sqrt(example), df=examples - 1)
        return Difference(estimate=mean, error=error)
    seed = variance(by_seed) / seeds
    residual = gap - by_seed[:, np.newaxis] - by_example + mean
    residual_df = (seeds - 1) * (examples - 1)
    rest = float((residual**2).sum()) / residual_df / gap.size
    total = max(seed + example - rest, seed, example)
    spread = seed**2 / (seeds - 1) + example**2 / (examples - 1) + rest**2 / residual_df
    df = total**2 / spread if spread > 0 else float(examples - 1)
    return Difference(estimate=mean, error=StandardError(value=math.sqrt(total), df=df))


def calmed(wrong: ArrayLike) -> _Floats:
    """What runs answer, those that stand out drawn to what their cell's other runs answer.

    A run that counts with weight w < 1 in `huber` enters as the cell's weighted mean of each
    example, and w times its departure from that.

    Args:
        wrong: whether each run misses each example, `(n_cells, n_seeds, n_examples)`.

    Examples:
        >>> calmed([[[0, 1], [1, 0]]]).tolist()
        [[[0.0, 1.0], [1.0, 0.0]]]
    """
    bits = np.asarray(wrong, dtype=float)
    weights = huber(bits.mean(axis=2)).weights[..., np.newaxis]
    typical = (weights * bits).sum(axis=1, keepdims=True) / weights.sum(axis=1, keepdims=True)
    return np.where(weights < 1, typical + weights * (bits - typical), bits)


def split_difference(differences: ArrayLike, *, n_train: int, n_test: int) -> Difference:
    """A difference for new data of the same source, where each seed drew its own split of it.

    Splits overlap, so their differences are alike: the variance is multiplied by 1/n + n_test /
    n_train in place of 1/n.

    Source: the corrected resampled t test of Nadeau & Bengio 2003.

    Args:
        differences: the difference of each split, `(n_splits,)`, two or more.
        n_train: rows that each split trains on.
        n_test: rows that it is tested on.

    Raises:
        ValueError: fewer than two splits, or no rows.

    Examples:
        >>> split_difference([1.0, 2.0, 3.0], n_train=80, n_test=20).error
        StandardError(value=0.763..., df=2)
    """
    values = np.asarray(differences, dtype=float)
    if values.ndim != 1 or len(values) < 2 or n_train < 1 or n_test < 1:
        raise ValueError(
            f"{values.size} splits of {n_train} and {n_test} rows; allowed are two splits or more "
            "of one row or more each"
        )
    factor = 1 / len(values) + n_test / n_train
    error = StandardError(value=math.sqrt(variance(values) * factor), df=len(values) - 1)
    return Difference(estimate=float(values.mean()), error=error)
