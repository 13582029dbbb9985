"""The register of declared spaces: the one place that names them all."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from search_spaces.declared import extended, full, notebook, smoke, tuned
from search_spaces.own import load_space
from search_spaces.vocabulary.factor import SpaceError
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.space import Space

SPACES: Mapping[str, Space] = MappingProxyType(
    {module.SPACE.name: module.SPACE for module in (smoke, notebook, full, tuned, extended)}
)


def find_space(name: str) -> Space:
    """The space of this name, from the register or from a file.

    Args:
        name: a name in `SPACES`, or the path of a `.py` file that declares a space.

    Raises:
        SpaceError: the register has no such space (the message lists those it has), or the file is
            wrong (the message says where).

    Examples:
        >>> find_space("full").title
        "All 32 combinations of the notebook's five choices, under its protocol"
        >>> find_space("ful")
        Traceback (most recent call last):
            ...
        search_spaces.vocabulary.factor.SpaceError: unknown space 'ful'; did you mean 'full'? ...
    """
    if name.endswith(".py"):
        return load_space(Path(name))
    if name not in SPACES:
        raise SpaceError(unknown_name("space", name, SPACES))
    return SPACES[name]
