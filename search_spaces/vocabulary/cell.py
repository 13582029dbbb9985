"""A cell: one level per factor."""

from collections.abc import Mapping
from dataclasses import dataclass

from search_spaces.vocabulary.factor import Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One level for each factor, in the order in which the space declares its factors."""

    levels: tuple[tuple[str, Level], ...]

    @classmethod
    def of(cls, levels: Mapping[str, Level]) -> "Cell":
        """The cell with these levels by factor name."""
        return cls(levels=tuple(levels.items()))

    def as_dict(self) -> dict[str, Level]:
        """Factor name to level."""
        return dict(self.levels)

    def __str__(self) -> str:
        return " · ".join(str(level) for _, level in self.levels)
