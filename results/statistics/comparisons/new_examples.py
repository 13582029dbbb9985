"""Differences about new examples: seeds and examples, each a part of what may be chance.

An interval from the spread over seeds alone is about the examples that were tested. On new ones the
answers of the same networks would differ too: examples are crossed with seeds.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from results.statistics.error import StandardError

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellAnswers:
    """What the answers of a cell's runs say of single examples.

    Args:
        right: the share of the runs that answer each example right, 0-1, `(n_examples,)`; a run
            that stands out counts less.
        rest: the mean square of what neither run nor example explains.
        runs: the number of runs, at least 2.

    Examples:
        >>> cell_answers([[1, 1, 0, 0], [1, 0, 0, 0]], [1.0, 1.0]).right.tolist()
        [1.0, 0.5, 0.0, 0.0]
    """

    right: _Floats
    rest: float
    runs: int


def cell_answers(right: ArrayLike, weights: ArrayLike) -> CellAnswers:
    """The answers of a cell's runs, one that stands out drawn to what the others answer.

    Args:
        right: whether each run answers each example right, `(n_runs, n_examples)`, two of each or
            more.
        weights: how much each run counts, as `Huber.weights`, `(n_runs,)`.

    Examples:
        >>> cell_answers([[1, 0], [0, 1]], [1.0, 1.0]).rest
        1.0
        >>> cell_answers([[1, 0], [0, 1]], [1.0, 0.0]).right.tolist()
        [1.0, 0.0]
    """
    answers, weight = np.asarray(right, dtype=float), np.asarray(weights, dtype=float)
    share = weight @ answers / weight.sum()
    runs, examples = answers.shape
    calmed = (answers - share) * weight[:, np.newaxis]
    # By columns their mean is 0 already.
    rest = calmed - calmed.mean(axis=1, keepdims=True)
    squares = float((rest**2).sum())
    return CellAnswers(right=share, rest=squares / ((runs - 1) * (examples - 1)), runs=runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExamplePart:
    """What examples contribute to the squared error of a weighted sum of cells.

    Args:
        variance: what varies from example to example, over their number; in it is what neither run
            nor example explains.
        rest: that last part, which the seeds' part holds too.
        examples: the number of examples, at least 2.

    Examples:
        >>> part = example_part([cell_answers([[1, 1, 0, 0], [1, 0, 0, 0]], [1, 1])] * 2, [-1, 1])
        >>> part.variance
        0.0
    """

    variance: float
    rest: float
    examples: int


def example_part(cells: Sequence[CellAnswers], weights: ArrayLike) -> ExamplePart:
    """What examples contribute to the error of a weighted sum of cells with seeds of their own.

    Args:
        cells: the answers of each cell to the same examples.
        weights: the weight of each cell, `(n_cells,)`.

    Examples:
        >>> all_right, half = cell_answers([[1, 1]] * 2, [1, 1]), cell_answers([[1, 0]] * 2, [1, 1])
        >>> example_part([half, all_right], [-1, 1]).variance
        0.25
    """
    weight = np.asarray(weights, dtype=float)
    sums = weight @ np.stack([cell.right for cell in cells])
    runs = np.array([cell.runs for cell in cells])
    rests = np.array([cell.rest for cell in cells])
    return ExamplePart(
        variance=float(sums.var(ddof=1)) / len(sums),
        rest=float((weight**2 * rests / runs).sum()) / len(sums),
        examples=len(sums),
    )


def shared_rest(sums: ArrayLike, *, seeds: int) -> float:
    """What seeds and examples both hold where cells share seeds, from the sum of each seed.

    Args:
        sums: the weighted sum of the cells' answers, `(n_seeds, n_examples)`, of the seeds that
            every cell has; with fewer than two seeds the rest isn't known, and 0.
        seeds: the number of seeds that the error of the seeds rests on.

    Examples:
        >>> shared_rest([[1.0, 0.0], [0.0, 1.0]], seeds=2)
        0.25
    """
    values = np.asarray(sums, dtype=float)
    complete, examples = values.shape
    if complete < 2 or examples < 2:
        return 0.0
    rest = values - values.mean(axis=0) - values.mean(axis=1, keepdims=True) + values.mean()
    return float((rest**2).sum()) / ((complete - 1) * (examples - 1)) / (seeds * examples)


def crossed_error(seeds: StandardError, part: ExamplePart) -> StandardError:
    """The error about new seeds and new examples.

    With S the part of the seeds, E that of the examples and R what both hold, the squared error is
    S + E - R, and no less than either; its degrees of freedom are Satterthwaite's.

    Source: Cornfield & Tukey 1956 for the moments; Satterthwaite 1946.

    Args:
        seeds: the error on these examples; a value of 0 where seeds change nothing: then all that
            varies is examples.
        part: what examples contribute.

    Examples:
        >>> part = ExamplePart(variance=3.0, rest=1.0, examples=101)
        >>> crossed_error(StandardError(value=math.sqrt(2.0), df=4), part)
        StandardError(value=2.0, df=14.6...)
    """
    variance, df = crossed_variances(
        seeds.value**2, seeds.df, part.variance, part.rest, examples=part.examples
    )
    return StandardError(value=math.sqrt(variance), df=float(df))


def crossed_variances(
    seeds: ArrayLike, df: ArrayLike, variances: ArrayLike, rests: ArrayLike, *, examples: int
) -> tuple[_Floats, _Floats]:
    """The squared errors about new seeds and new examples of many sums at once, as `crossed_error`.

    Args:
        seeds: the parts of the seeds, of any shape.
        df: their degrees of freedom.
        variances: the parts of the examples.
        rests: what both hold.
        examples: the number of examples, at least 2.

    Returns:
        The squared errors and their degrees of freedom; these are infinite where nothing varies.

    Examples:
        >>> crossed_variances([2.0], [4.0], [3.0], [1.0], examples=101)[0].tolist()
        [4.0]
    """
    squared, part = np.asarray(seeds, dtype=float), np.asarray(variances, dtype=float)
    total = np.maximum(np.maximum(squared + part - np.asarray(rests), squared), part)
    free = squared**2 / np.asarray(df) + part**2 / (examples - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return total, np.where(free > 0, total**2 / free, math.inf)
