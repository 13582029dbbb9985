"""Where the model factory of a space is found: the function that builds a model from levels."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelFactory:
    """The name of a model factory, and the file that it stands in if it can't be imported.

    Args:
        name: `module:function` of a factory to import, or the name of a function in `source`.
        source: the text of the file that declares the space; empty where the factory is imported.
        file: the path of that file, as messages give it; empty where the factory is imported.

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
