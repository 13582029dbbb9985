"""Which level of a choice: a mean for each, and which may be the best."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.choices.compared import Compared
from results.statistics.comparisons.best import compare_with_best
from results.statistics.comparisons.difference import Difference
from search_spaces import Level

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelMean:
    """What a level gives, averaged over contexts.

    Args:
        level: the level.
        mean: its mean response, with its error.
        low, high: the interval of this mean minus that of the best other level, of the factor's
            joint coverage; it ends at 0 where the level is surely the best or surely not.
        may_be_best: whether the level may be the best.

    Examples:
        >>> from results.statistics.error import StandardError
        >>> mean = Difference(estimate=0.9, error=StandardError(value=0.01, df=8))
        >>> LevelMean(level="adam", mean=mean, low=0.0, high=0.1, may_be_best=True).level
        'adam'
    """

    level: Level
    mean: Difference
    low: float
    high: float
    may_be_best: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorLevels:
    """The levels of a factor beside each other.

    Args:
        factor: the factor.
        levels: those that are compared, in declared order; none where in no context all learned.
        absent: the levels with which no cell learned with every run; they are left out.
        contexts: how many contexts are compared: those in which all levels, but for the absent
            ones, learned with every run.
        of: how many contexts there are in which all levels, whether they learned or not, stand
            beside each other; none in a fraction.

    Examples:
        >>> FactorLevels(factor="loss", levels=(), absent=("mse",), contexts=0, of=4).best
        ()
    """

    factor: str
    levels: tuple[LevelMean, ...]
    absent: tuple[Level, ...]
    contexts: int
    of: int

    @property
    def best(self) -> tuple[Level, ...]:
        """The levels that may be the best."""
        return tuple(found.level for found in self.levels if found.may_be_best)


def find_levels(compared: Compared) -> tuple[FactorLevels, ...]:
    """The levels of each factor, over the contexts in which all of them can be compared.

    Args:
        compared: the cells that can be compared.

    Examples:
        >>> import pandas as pd
        >>> from results.choices.compared import compared_cells
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {"width": [8, 8, 16, 16], "seed": [0, 1, 0, 1], "score": [0.7, 0.71, 0.9, 0.91]}
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> (found,) = find_levels(compared_cells(runs))
        >>> [round(level.mean.estimate, 3) for level in found.levels], found.best
        ([0.705, 0.905], (16,))
    """
    return tuple(_factor_levels(compared, factor) for factor in compared.runs.factors)


def _factor_levels(compared: Compared, factor: str) -> FactorLevels:
    runs = compared.runs
    position = list(runs.factors).index(factor)
    contexts: dict[tuple[Level, ...], dict[Level, int]] = {}
    for place, number in enumerate(map(int, compared.numbers)):
        cell = runs.cells[number]
        contexts.setdefault((*cell[:position], *cell[position + 1 :]), {})[cell[position]] = place
    present = [
        level
        for level in runs.factors[factor]
        if any(level in by_level for by_level in contexts.values())
    ]
    complete = [by_level for by_level in contexts.values() if len(by_level) == len(present)]
    tried = Counter((*cell[:position], *cell[position + 1 :]) for cell in runs.cells)
    is_compared = len(present) > 1 and bool(complete)
    weights = np.zeros((len(present), len(compared.numbers)))
    for row, level in enumerate(present):
        weights[row, [by_level[level] for by_level in complete]] = 1 / max(len(complete), 1)
    return FactorLevels(
        factor=factor,
        levels=_means(compared, present, weights) if is_compared else (),
        absent=tuple(level for level in runs.factors[factor] if level not in present),
        contexts=len(complete) if is_compared else 0,
        of=sum(count == len(runs.factors[factor]) for count in tried.values()),
    )


def _means(compared: Compared, levels: list[Level], weights: _Floats) -> tuple[LevelMean, ...]:
    """The mean of each level, weights `(n_levels, n_cells)`, and how far it is from the best."""
    means = [compared.weighted(row) for row in weights]

    def errors(rows: NDArray[np.int64]) -> tuple[_Floats, _Floats]:
        found = [
            [compared.weighted(weights[row] - other).error for other in weights]
            for row in rows.tolist()
        ]
        return (
            np.array([[error.value for error in row] for row in found]),
            np.array([[error.df for error in row] for row in found]),
        )

    best = compare_with_best([mean.estimate for mean in means], errors)
    return tuple(
        LevelMean(
            level=level,
            mean=mean,
            low=float(best.low[row]),
            high=float(best.high[row]),
            may_be_best=bool(best.may_be_best[row]),
        )
        for row, (level, mean) in enumerate(zip(levels, means, strict=True))
    )
