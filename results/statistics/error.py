"""The errors of a contrast: what says how far its estimate may be from the truth.

There are several, each a frozen value that the one engine, `results.statistics.contrast`, takes as
a part: pooled over all cells, from the spread of the contrast over its seeds, or from each cell's
own spread.
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Floats = NDArray[np.float64]

# What is smaller than this share of the responses is rounding, not variation.
ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What varies from run to run once cell and seed are taken out.

    Args:
        mean_square: variance of one run, in response units squared; NaN where `df` is 0.
        df: degrees of freedom, (cells - 1) * (seeds - 1).
        cells: number of cells that it comes from.
        seeds: number of seeds that each cell was run with.

    Examples:
        >>> residual_noise([[0.0, 2.0], [4.0, 6.0], [1.0, 3.0]]).mean_square
        0.0
    """

    mean_square: float
    df: int
    cells: int
    seeds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardError:
    """A standard error and its degrees of freedom.

    Args:
        value: the standard error, in response units; NaN where so few seeds or cells don't tell.
        df: its degrees of freedom; infinite where the value is taken as known.

    Examples:
        >>> standard_error(BySeed(), [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]], [-1, 1])
        StandardError(value=0.577..., df=2)
    """

    value: float
    df: float


@dataclass(frozen=True, slots=True)
class Pooled:
    """The error from the residual of all cells together, which takes them as equally noisy.

    Args:
        noise: the residual of all healthy cells, those of the contrast among them.

    Examples:
        >>> y = [[0.0, 2.0], [4.0, 6.0], [1.0, 1.0], [5.0, 11.0]]
        >>> standard_error(Pooled(residual_noise(y)), y, [-0.5, 0.5, -0.5, 0.5]).df
        3
    """

    noise: Noise
    name: ClassVar[str] = "pooled t"


@dataclass(frozen=True, slots=True)
class BySeed:
    """The error from the spread of the contrast over its own seeds, each a block of all cells.

    Examples:
        >>> standard_error(BySeed(), [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0]], [-1, 1])
        StandardError(value=0.577..., df=2)
    """

    name: ClassVar[str] = "seed-contrast t"


@dataclass(frozen=True, slots=True)
class Welch:
    """The error from the spread of each cell by itself.

    No two cells need be equally noisy, and no seed need be a block.

    Source: Welch 1938 and 1947, with the degrees of freedom of Satterthwaite 1946.

    Examples:
        >>> standard_error(Welch(), [[0.0, 2.0], [1.0, 1.0]], [-1, 1])
        StandardError(value=1.0, df=1.0)
    """

    name: ClassVar[str] = "Welch t"


Error = Pooled | BySeed | Welch


def residual_noise(y: ArrayLike) -> Noise:
    """The residual of the two-way model with cell and seed as main effects.

    Args:
        y: responses `(n_cells, n_seeds)`, finite, two cells or more; one seed leaves no residual.

    Raises:
        ValueError: `y` has another shape, or holds a value that isn't finite.

    Examples:
        >>> residual_noise([[0.0, 2.0], [4.0, 6.0], [1.0, 1.0], [5.0, 11.0]])
        Noise(mean_square=3.166..., df=3, cells=4, seeds=2)
    """
    response = finite_table(y)
    cells, seeds = response.shape
    df = (cells - 1) * (seeds - 1)
    if not df:
        return Noise(mean_square=math.nan, df=0, cells=cells, seeds=seeds)
    by_cell = response.mean(axis=1, keepdims=True)
    by_seed = response.mean(axis=0, keepdims=True)
    residual = response - by_cell - by_seed + response.mean()
    if np.abs(residual).max() <= ROUNDING * np.abs(response).max():
        return Noise(mean_square=0.0, df=df, cells=cells, seeds=seeds)
    return Noise(mean_square=float((residual**2).sum()) / df, df=df, cells=cells, seeds=seeds)


def noise_of(y: ArrayLike) -> Noise:
    """The residual of these cells as `residual_noise` gives it, NaN for fewer than two cells.

    Args:
        y: responses `(n_cells, n_seeds)`, finite, of any number of cells.

    Examples:
        >>> noise_of([[0.9, 0.8]])
        Noise(mean_square=nan, df=0, cells=1, seeds=2)
    """
    response = np.asarray(y, dtype=float)
    if len(response) >= 2:
        return residual_noise(response)
    cells, seeds = response.shape
    return Noise(mean_square=math.nan, df=0, cells=cells, seeds=seeds)


def standard_error(error: Error, y: ArrayLike, weights: ArrayLike) -> StandardError:
    """The standard error of a contrast by one of the errors.

    Args:
        error: the error to take it from.
        y: responses `(n_cells, n_seeds)`, finite.
        weights: the weight of each cell, `(n_cells,)`.

    Raises:
        ValueError: the noise of a pooled error comes from other seeds or fewer cells.

    Examples:
        >>> y = [[0.9, 0.8, 0.7], [0.5, 0.5, 0.5]]
        >>> standard_error(BySeed(), y, [1, -1]).df
        2
        >>> standard_error(Pooled(residual_noise(y)), y, [1, -1]).df
        2
    """
    response, contrast = np.asarray(y, dtype=float), np.asarray(weights, dtype=float)
    seeds = response.shape[1]
    match error:
        case Pooled(noise):
            _check_noise(noise, response)
            value = math.sqrt(noise.mean_square * float((contrast**2).sum()) / seeds)
            return StandardError(value=value, df=noise.df)
        case BySeed():
            spread = variance(contrast_by_seed(contrast, response))
            return StandardError(value=math.sqrt(spread / seeds), df=seeds - 1)
        case Welch():
            return _welch(response, contrast)


def contrast_by_seed(contrast: _Floats, response: _Floats) -> _Floats:
    """The contrast of each seed, `(n_seeds,)`; what differs by rounding only is made equal.

    Args:
        contrast: the weight of each cell, `(n_cells,)`.
        response: responses `(n_cells, n_seeds)`, finite.

    Examples:
        >>> contrast_by_seed(np.array([-1.0, 1.0]), np.array([[0.1, 0.2], [0.3, 0.4]]))
        array([0.2, 0.2])
    """
    by_seed = contrast @ response
    rounding = ROUNDING * float(np.abs(contrast).sum() * np.abs(response).max())
    if np.ptp(by_seed) <= rounding:
        by_seed = np.full_like(by_seed, by_seed.mean())
    return np.where(np.abs(by_seed) <= rounding, 0.0, by_seed)


def variance(values: _Floats) -> float:
    """The variance of values `(n,)`: NaN for a single one, exactly 0 where all are equal.

    Examples:
        >>> variance(np.array([1.0, 2.0, 3.0]))
        1.0
        >>> variance(np.array([0.1]))
        nan
    """
    if len(values) < 2:
        return math.nan
    # The mean of equal values may differ from them by its rounding.
    return float(values.var(ddof=1)) if np.ptp(values) else 0.0


def independent_error(variances: ArrayLike, dfs: ArrayLike) -> StandardError:
    """The standard error of a sum of independent estimates.

    Its degrees of freedom are approximate: (sum of v)^2 / sum of v^2 / df. Where nothing varied
    they are those of the estimate that has the fewest.

    Source: Satterthwaite 1946; Welch 1947 for the means of two groups.

    Args:
        variances: the squared standard error of each estimate, `(n,)`.
        dfs: the degrees of freedom of each, `(n,)`; below 1 they count as 1.

    Examples:
        >>> independent_error([1.0, 1.0], [4, 4])
        StandardError(value=1.414..., df=8.0)
    """
    parts = np.asarray(variances, dtype=float)
    free = np.asarray(dfs, dtype=float)
    total = float(parts.sum())
    if not total > 0:
        return StandardError(value=math.sqrt(total), df=float(free.min()))
    df = total**2 / float((parts**2 / np.maximum(free, 1)).sum())
    return StandardError(value=math.sqrt(total), df=df)


def finite_table(y: ArrayLike) -> _Floats:
    """The responses as an array of cells by seeds, checked.

    Raises:
        ValueError: there are fewer than two cells or no seed, or a value isn't finite.

    Examples:
        >>> finite_table([[1, 2], [3, 4]]).shape
        (2, 2)
    """
    response = np.asarray(y, dtype=float)
    if response.ndim != 2 or len(response) < 2 or not response.shape[1]:
        raise ValueError(
            f"y has shape {response.shape}; allowed is (2 cells or more, 1 seed or more)"
        )
    if not np.isfinite(response).all():
        raise ValueError("y holds values that aren't finite; leave the failed cells out")
    return response


def _welch(response: _Floats, contrast: _Floats) -> StandardError:
    seeds = response.shape[1]
    parts = np.array([variance(cell) for cell in response]) * contrast**2 / seeds
    return independent_error(parts, np.full(len(parts), seeds - 1))


def _check_noise(noise: Noise, response: _Floats) -> None:
    cells, seeds = response.shape
    if noise.seeds != seeds or noise.cells < cells:
        raise ValueError(
            f"noise is of {noise.cells} cells and {noise.seeds} seeds, y of {cells} and {seeds}; "
            "allowed is as many seeds, and at least as many cells"
        )
