"""Designs: which cells a study runs."""

import itertools
from collections.abc import Sequence

from search_spaces.cell import Cell
from search_spaces.factor import Factor


def full_factorial(factors: Sequence[Factor]) -> tuple[Cell, ...]:
    """Every combination of one level per factor; the last factor changes fastest.

    Its length is the product of the factors' numbers of levels.
    """
    names = [factor.name for factor in factors]
    combinations = itertools.product(*(factor.levels for factor in factors))
    return tuple(Cell(levels=tuple(zip(names, levels, strict=True))) for levels in combinations)
