"""A cell: one level per factor."""

from collections.abc import Mapping
from dataclasses import dataclass

from search_spaces.vocabulary.factor import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One level for each factor, in the order in which the space declares its factors.

    Args:
        levels: pairs of a factor's name and its level.

    Examples:
        >>> cell = Cell.of({"width": 8, "loss": "mse"})
        >>> cell.as_dict()["width"]
        8
        >>> str(cell)
        '8 · mse'
    """

    levels: tuple[tuple[str, Level], ...]

    @classmethod
    def of(cls, levels: Mapping[str, Level]) -> "Cell":
        """The cell of a mapping from factor names to levels."""
        return cls(levels=tuple(levels.items()))

    def as_dict(self) -> dict[str, Level]:
        """The levels of the cell by the names of their factors."""
        return dict(self.levels)

    def __str__(self) -> str:
        return " · ".join(str(level) for _, level in self.levels)
