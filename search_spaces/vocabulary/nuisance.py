"""A nuisance hyperparameter: what is tuned in each cell so that comparing cells is fair."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from search_spaces.vocabulary.factor import Factor, Level, SpaceError
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.protocol import SETTINGS


@dataclass(frozen=True, slots=True)
class LogRange:
    """Values from `low` to `high`, looked at by their logarithm.

    Raises:
        SpaceError: an end is no finite number above 0, or `low` is not below `high`.
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        for end in (self.low, self.high):
            if not _is_positive(end):
                raise SpaceError(
                    f"range {self.low!r} to {self.high!r}: {end!r} is no finite number above 0"
                )
        if self.low >= self.high:
            raise SpaceError(
                f"range {self.low!r} to {self.high!r} is empty; low must be below high"
            )

    def at(self, share: float) -> float:
        """The value at a share (0-1) of the way from low to high, to four digits."""
        value = float(f"{self.low * (self.high / self.low) ** share:.4g}")
        return float(min(max(value, self.low), self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuisance:
    """A protocol setting that has a range of its own for each level of a factor.

    Args:
        setting: name of the setting, one that is a number with decimals.
        factor: on whose levels the range depends.
        ranges: one for each level.

    Raises:
        SpaceError: the setting can't be tuned, or there is no range.
    """

    setting: str
    factor: str
    ranges: Mapping[Level, LogRange]

    def __post_init__(self) -> None:
        tunable = [name for name, kind in SETTINGS.items() if kind is float]
        if self.setting not in tunable:
            raise SpaceError(f"nuisance: {unknown_name('tunable setting', self.setting, tunable)}")
        if not self.ranges:
            raise SpaceError(f"nuisance {self.setting!r} has no range; give each level one")
        for level, range_ in self.ranges.items():
            _check_range(f"nuisance {self.setting!r}, {self.factor}={level}", range_)

    def narrowed(self, levels: Sequence[Level]) -> "Nuisance":
        """With the ranges of these levels only."""
        kept = {level: range_ for level, range_ in self.ranges.items() if level in levels}
        return dataclasses.replace(self, ranges=kept)


def check_nuisance(nuisance: Nuisance, factors: Sequence[Factor]) -> None:
    """Check that it gives each level of one of these factors a range, and no other level.

    Raises:
        SpaceError: it doesn't; the message names the factor or level, and what is allowed.
    """
    where = f"nuisance {nuisance.setting!r}"
    levels = {factor.name: factor.levels for factor in factors}
    if nuisance.factor not in levels:
        raise SpaceError(f"{where}: {unknown_name('factor', nuisance.factor, levels)}")
    known = levels[nuisance.factor]
    for level in nuisance.ranges:
        if level not in known:
            reason = unknown_name(f"level of {nuisance.factor}", str(level), map(str, known))
            raise SpaceError(f"{where}: {reason}")
    lacking = [str(level) for level in known if level not in nuisance.ranges]
    if lacking:
        raise SpaceError(f"{where}: no range for {nuisance.factor} {', '.join(lacking)}")


def _is_positive(end: object) -> bool:
    if isinstance(end, bool) or not isinstance(end, int | float):
        return False
    return math.isfinite(end) and end > 0


def _check_range(where: str, range_: object) -> None:
    if not isinstance(range_, LogRange):
        raise SpaceError(f"{where}: {range_!r} is no LogRange(low, high)")
