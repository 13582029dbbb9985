"""A factor and its levels: one choice that a study varies."""

import keyword
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from search_spaces.vocabulary.names import unknown_name

Level = str | int | float


class SpaceError(ValueError):
    """A space, factor, cell or protocol was declared wrongly; the message names the culprit.

    Examples:
        >>> Factor(name="width", levels=(8, 8))
        Traceback (most recent call last):
            ...
        search_spaces.vocabulary.factor.SpaceError: factor 'width' has the level 8 twice
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelNote:
    """What a level stands for.

    Args:
        part: the part that implements the level, as `keras.layers.BatchNormalization`.
        why: a sentence that says why the level is compared.

    Examples:
        >>> note = LevelNote(part="keras.activations.relu", why="the default; can die")
        >>> factor = Factor(name="activation", levels=("relu", "elu"), notes={"relu": note})
        >>> factor.notes["relu"].why
        'the default; can die'
    """

    part: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A choice under study and the values it takes, in the order in which they are compared.

    Args:
        name: the factor's name, an identifier: it becomes a column of the records and a parameter
            of the model factory.
        levels: the values, all strings or all finite numbers, no two equal, at least one.
        relative_cost: the training time of a level relative to the others, for those levels where
            it differs much. Used to start long trials first, never in a result.
        notes: an explanation of some levels, for a person who reads the plan.

    Raises:
        SpaceError: the name is no identifier, the levels are not as said above, a cost is not
            positive and finite, or a cost or note is not that of a level.

    Examples:
        >>> width = Factor(name="width", levels=(8, 16), relative_cost={16: 1.8})
        >>> width.levels
        (8, 16)
    """

    name: str
    levels: tuple[Level, ...]
    relative_cost: Mapping[Level, float] = field(default_factory=dict[Level, float])
    notes: Mapping[Level, LevelNote] = field(default_factory=dict[Level, LevelNote])

    def __post_init__(self) -> None:
        if not self.name.isidentifier() or keyword.iskeyword(self.name):
            raise SpaceError(f"factor name {self.name!r} is not an identifier (letters, digits, _)")
        if isinstance(self.levels, str):
            raise SpaceError(
                f"factor {self.name!r}: levels {self.levels!r} is one text; "
                f"for a single level write ({self.levels!r},)"
            )
        if not self.levels:
            raise SpaceError(f"factor {self.name!r} has no level; give it at least one")
        for level in self.levels:
            _check_level(self.name, level)
        if len({isinstance(level, str) for level in self.levels}) > 1:
            raise SpaceError(f"factor {self.name!r} mixes text and numbers: {self.levels}")
        for position, level in enumerate(self.levels):
            if level in self.levels[:position]:
                raise SpaceError(f"factor {self.name!r} has the level {level!r} twice")
        self._check_costs_and_notes()

    def _check_costs_and_notes(self) -> None:
        for level, cost in self.relative_cost.items():
            if level not in self.levels or not 0 < cost < math.inf:
                raise SpaceError(
                    f"factor {self.name!r}: relative_cost {cost!r} of level {level!r} must be a "
                    f"positive number for one of {self.levels}"
                )
        for level in self.notes:
            if level not in self.levels:
                raise SpaceError(f"factor {self.name!r} has a note on {level!r}, which is no level")


def is_number(value: object) -> bool:
    """Whether a value from a file of someone's own is a number, as true and false are not.

    Examples:
        >>> is_number(0.5), is_number(True), is_number("0.5")
        (True, False, False)
    """
    return isinstance(value, float | int) and not isinstance(value, bool)


def check_levels(where: str, named: Iterable[tuple[str, Level]], factors: Sequence[Factor]) -> None:
    """Check that each of these levels is one that its factor has.

    Args:
        where: the beginning of the message: what names the levels.
        named: pairs of a factor's name and a level.
        factors: the factors as the space declares them.

    Raises:
        SpaceError: a factor or a level is unknown; the message lists what is allowed.

    Examples:
        >>> check_levels("baseline", [("width", 9)], [Factor(name="width", levels=(8, 16))])
        Traceback (most recent call last):
            ...
        search_spaces.vocabulary.factor.SpaceError: baseline: unknown level of width '9'; ...
    """
    levels = {factor.name: factor.levels for factor in factors}
    for name, level in named:
        if name not in levels:
            raise SpaceError(f"{where}: {unknown_name('factor', name, levels)}")
        if level not in levels[name]:
            reason = unknown_name(f"level of {name}", str(level), map(str, levels[name]))
            raise SpaceError(f"{where}: {reason}")


def _check_level(factor: str, level: object) -> None:
    plain = isinstance(level, str | int | float) and not isinstance(level, bool)
    if not plain or level == "" or (isinstance(level, float) and not math.isfinite(level)):
        raise SpaceError(
            f"factor {factor!r}: level {level!r} must be a non-empty text or a finite number "
            "(write 'none' for an absent choice)"
        )
