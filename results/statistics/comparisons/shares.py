"""How much of what varies between cells is due to one choice: shares of variance with intervals."""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from results.statistics.conventions import COVERAGE

_Floats = NDArray[np.floating]
# Beyond, a noncentral chi-square is normal in its root for any purpose here.
_LARGE = 1e5


@dataclass(frozen=True, slots=True, kw_only=True)
class SquaredSum:
    """The sum of squares that a term has among cell means, and what noise does to it.

    Args:
        square: the sum of squares.
        noise: what it would be on average from noise alone: the trace of the means' covariance in
            the space of the term.
        noise_squared: the trace of that covariance squared.
        along: the noise along the effect that is seen, m' V m in that space.
        df: degrees of freedom of the noise.

    Examples:
        >>> SquaredSum(square=9.0, noise=1.0, noise_squared=1.0, along=9.0, df=math.inf).size
        8.0
    """

    square: float
    noise: float
    noise_squared: float
    along: float
    df: float

    @property
    def size(self) -> float:
        """The sum of squares of the true means, 0 or above: what noise adds is taken off."""
        return max(self.square - self.noise, 0.0)

    def interval(self, coverage: float = COVERAGE) -> tuple[float, float]:
        """The interval (low, high) of the true sum of squares.

        By inversion of the noncentral chi-square, scaled so that its mean and variance are those of
        this sum, whatever the cells' variances (Box 1954); for the noise being estimated, with the
        tails of t. A sum below what noise gives counts as that much for the high end.

        Source: Steiger 2004, with a scaled chi-square in place of F.

        Args:
            coverage: the coverage, 0-1.

        Examples:
            >>> found = SquaredSum(square=9.0, noise=1.0, noise_squared=1.0, along=9.0, df=math.inf)
            >>> [round(end, 1) for end in found.interval()]
            [1.1, 24.6]
        """
        spread = self.noise_squared + 2 * max(self.along - self.noise_squared, 0.0)
        if not spread > 0:
            return self.size, self.size
        scale = spread / (self.noise + 2 * self.size)
        half = special.stdtrit(min(self.df, 1e9), (1 + coverage) / 2)
        tail = float(special.ndtr(-half))
        free = self.noise / scale
        low = _noncentrality(self.square / scale, free, 1 - tail)
        high = _noncentrality(max(self.square, self.noise) / scale, free, tail)
        return scale * low, scale * high


def share(part: SquaredSum, rest: SquaredSum, coverage: float = COVERAGE) -> tuple[float, ...]:
    """The share of one sum of squares in it and the rest, 0-1, with its interval (low, high).

    NaN where nothing is seen of either. The interval is put together from those of both sums.

    Source: Zou & Donner 2008, for a ratio Donner & Zou 2010 (the method of variance estimates
    recovery).

    Args:
        part: the sum of squares of the part.
        rest: that of everything else.
        coverage: the coverage, 0-1.

    Examples:
        >>> mine = SquaredSum(square=9.0, noise=1.0, noise_squared=1.0, along=9.0, df=math.inf)
        >>> none = SquaredSum(square=1.0, noise=1.0, noise_squared=1.0, along=1.0, df=math.inf)
        >>> [round(figure, 2) for figure in share(mine, none)]
        [1.0, 0.31, 1.0]
    """
    sizes = part.size + rest.size
    low, high = part.interval(coverage), rest.interval(coverage)
    least = _odds(part.size, rest.size, below=part.size - low[0], above=high[1] - rest.size)
    most = _odds(rest.size, part.size, below=rest.size - high[0], above=low[1] - part.size)
    return (
        part.size / sizes if sizes > 0 else math.nan,
        1.0 if math.isinf(least) else least / (1 + least),
        1 / (1 + most),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellMeans:
    """The means of cells, as far as their differences are known.

    Args:
        means: the mean of each cell, `(n_cells,)`, two or more.
        covariance: their covariance, `(n_cells, n_cells)`.
        seed_parts: the part of each cell's variance that is estimated from its runs, `(n_cells,)`.
        dfs: the degrees of freedom of these parts, `(n_cells,)`.
        most_df: more than these the noise never has: seeds - 1 where cells share their seeds.

    Examples:
        >>> ones = np.ones(2)
        >>> means = np.array([0.0, 4.0])
        >>> cells = CellMeans(means=means, covariance=np.eye(2), seed_parts=ones, dfs=ones)
        >>> column = np.array([[-1.0], [1.0]]) / math.sqrt(2)
        >>> round(cells.within(column).size, 6), round(cells.outside(column).size, 6)
        (7.0, 0.0)
    """

    means: _Floats
    covariance: _Floats
    seed_parts: _Floats
    dfs: _Floats
    most_df: float = math.inf

    def within(self, basis: _Floats) -> SquaredSum:
        """The sum of squares in the space of a term.

        Args:
            basis: orthonormal columns that span it, `(n_cells, n_columns)`.
        """
        effect = basis.T @ self.means
        noise = basis.T @ self.covariance @ basis
        return SquaredSum(
            square=float(effect @ effect),
            noise=float(np.trace(noise)),
            noise_squared=float((noise**2).sum()),
            along=float(effect @ noise @ effect),
            df=self._df(float(np.trace(noise)), (basis**2).sum(axis=1)),
        )

    def outside(self, basis: _Floats) -> SquaredSum:
        """The sum of squares of all differences between cells outside the space of a term.

        Args:
            basis: orthonormal columns that span it, orthogonal to the mean,
                `(n_cells, n_columns)`.
        """
        centred = self.covariance - self.covariance.mean(axis=0)
        centred = centred - centred.mean(axis=1, keepdims=True)
        across = centred @ basis
        noise = basis.T @ across
        trace = max(float(np.trace(centred) - np.trace(noise)), 0.0)
        squared = float((centred**2).sum() - 2 * (across**2).sum() + (noise**2).sum())
        effect = self.means - self.means.mean()
        effect = effect - basis @ (basis.T @ effect)
        columns = 1 - 1 / len(self.means) - (basis**2).sum(axis=1)
        return SquaredSum(
            square=float(effect @ effect),
            noise=trace,
            noise_squared=max(squared, 0.0),
            along=float(effect @ self.covariance @ effect),
            df=self._df(trace, np.maximum(columns, 0.0)),
        )

    def _df(self, noise: float, shares: _Floats) -> float:
        """Satterthwaite's degrees of freedom of noise, to which cells contribute such shares."""
        free = float(((shares * self.seed_parts) ** 2 / self.dfs).sum())
        return min(max(noise**2 / free, 1.0) if free > 0 else math.inf, self.most_df)


def _noncentrality(statistic: float, df: float, below: float) -> float:
    """The noncentrality at which so much of a chi-square lies below the statistic; 0: none does."""
    if statistic > _LARGE:
        # The root of such a chi-square is normal.
        root = math.sqrt(statistic) - float(special.ndtri(below))
        return max(root**2 - df + 1, 0.0)
    if special.chdtr(df, statistic) <= below:
        return 0.0
    return float(special.chndtrinc(statistic, df, below))


def _odds(part: float, rest: float, *, below: float, above: float) -> float:
    """The low end of part / rest, from how far below the part and above the rest may lie."""
    # The smaller root of (part - odds rest)^2 = below^2 + odds^2 above^2.
    squared = part**2 - below**2
    if squared <= 0:
        return 0.0
    across = rest**2 - above**2
    root = math.sqrt(max((part * rest) ** 2 - across * squared, 0.0))
    scale = part * rest + root
    # Of nothing besides, without noise, any part is all there is.
    return squared / scale if scale > 0 else math.inf
