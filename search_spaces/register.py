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
    """The declared space of this name, or the one that a file of this name (`.py`) declares.

    Raises:
        SpaceError: there is none; the message lists those there are, or says what is wrong where.
    """
    if name.endswith(".py"):
        return load_space(Path(name))
    if name not in SPACES:
        raise SpaceError(unknown_name("space", name, SPACES))
    return SPACES[name]
