"""Designs: which cells a study runs."""

import itertools
from collections.abc import Mapping, Sequence

from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.factor import Factor, Level


def full_factorial(factors: Sequence[Factor]) -> tuple[Cell, ...]:
    """Every combination of one level per factor; the last factor changes fastest.

    Its length is the product of the factors' numbers of levels.
    """
    names = [factor.name for factor in factors]
    combinations = itertools.product(*(factor.levels for factor in factors))
    return tuple(Cell(levels=tuple(zip(names, levels, strict=True))) for levels in combinations)


def one_at_a_time(factors: Sequence[Factor], baseline: Mapping[str, Level]) -> tuple[Cell, ...]:
    """The baseline, and each cell that departs from it in one factor: the classic ablation.

    Its length is 1 and the sum of the factors' numbers of levels less 1 each. It tells nothing of
    interactions.

    Args:
        factors: in declared order.
        baseline: a level of each.
    """
    departures = [
        {**baseline, factor.name: level}
        for factor in factors
        for level in factor.levels
        if level != baseline[factor.name]
    ]
    return tuple(
        Cell(levels=tuple((factor.name, cell[factor.name]) for factor in factors))
        for cell in (baseline, *departures)
    )
