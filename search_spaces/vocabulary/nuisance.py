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
    """The values from `low` to `high`, on a logarithmic scale.

    Args:
        low: the smallest value, above 0.
        high: the largest value.

    Raises:
        SpaceError: an end is no finite number above 0, or `low` is not below `high`.

    Examples:
        >>> rates = LogRange(1e-4, 1.0)
        >>> rates.at(0.0), rates.at(0.5), rates.at(1.0)
        (0.0001, 0.01, 1.0)
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
        """The value at a share (0-1) of the way from low to high, rounded to four digits."""
        value = float(f"{self.low * (self.high / self.low) ** share:.4g}")
        return float(min(max(value, self.low), self.high))


@dataclass(frozen=True, slots=True, kw_only=True)
class Nuisance:
    """A protocol setting that is tuned in each cell, in a range that depends on a factor's level.

    Args:
        setting: the setting's name; the setting has to be a float, as `learning_rate` is.
        factor: the name of the factor whose levels decide the range.
        ranges: the range of each level.

    Raises:
        SpaceError: the setting can't be tuned, there is no range, or one is no `LogRange`.

    Examples:
        >>> rates = {"sgd": LogRange(1e-3, 1.0), "adam": LogRange(1e-5, 1e-2)}
        >>> nuisance = Nuisance(setting="learning_rate", factor="optimizer", ranges=rates)
        >>> nuisance.narrowed(["adam"]).ranges
        {'adam': LogRange(low=1e-05, high=0.01)}
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
        """The nuisance with the ranges of these levels only."""
        ranges = {level: range_ for level, range_ in self.ranges.items() if level in levels}
        return dataclasses.replace(self, ranges=ranges)


def check_nuisance(nuisance: Nuisance, factors: Sequence[Factor]) -> None:
    """Check that a nuisance has a range for each level of its factor, and for no other level.

    Args:
        nuisance: the nuisance that a space declares.
        factors: the factors of that space.

    Raises:
        SpaceError: the factor or a level is unknown (the message lists what is allowed), or a level
            has no range.

    Examples:
        >>> rates = {"sgd": LogRange(1e-3, 1.0)}
        >>> nuisance = Nuisance(setting="learning_rate", factor="optimizer", ranges=rates)
        >>> check_nuisance(nuisance, [Factor(name="optimizer", levels=("sgd", "adam"))])
        Traceback (most recent call last):
            ...
        search_spaces.vocabulary.factor.SpaceError: nuisance 'learning_rate': no range for
        optimizer adam
    """
    where = f"nuisance {nuisance.setting!r}"
    levels = {factor.name: factor.levels for factor in factors}
    if nuisance.factor not in levels:
        raise SpaceError(f"{where}: {unknown_name('factor', nuisance.factor, levels)}")
    allowed = levels[nuisance.factor]
    for level in nuisance.ranges:
        if level not in allowed:
            reason = unknown_name(f"level of {nuisance.factor}", str(level), map(str, allowed))
            raise SpaceError(f"{where}: {reason}")
    missing = [str(level) for level in allowed if level not in nuisance.ranges]
    if missing:
        raise SpaceError(f"{where}: no range for {nuisance.factor} {', '.join(missing)}")


def _is_positive(end: object) -> bool:
    if isinstance(end, bool) or not isinstance(end, int | float):
        return False
    return math.isfinite(end) and end > 0


def _check_range(where: str, range_: object) -> None:
    if not isinstance(range_, LogRange):
        raise SpaceError(f"{where}: {range_!r} is no LogRange(low, high)")
