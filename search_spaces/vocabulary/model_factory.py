"""Where the function that builds a space's networks is found."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFactory:
    """The name of a model factory, and the file that it stands in if it can't be imported.

    Args:
        name: `module:function`, or the name of a function in `source`.
        source: text of the file that declares the space; empty where the factory is imported.
        file: path of that file, as messages give it.

    Examples:
        >>> ModelFactory(name="study.network.notebook:build_model").in_file
        False
        >>> ModelFactory(name="build", source="def build(): ...", file="mine.py").in_file
        True
    """

    name: str
    source: str = ""
    file: str = ""

    @property
    def in_file(self) -> bool:
        """Whether the factory is a function of a space's own file, rather than of a module."""
        return ":" not in self.name
