"""From the name of a model factory to the function, and where in its file something went wrong."""

import functools
import pkgutil
import sys
import traceback
from types import ModuleType
from typing import Any

from search_spaces import ModelFactory
from study.network.building import Factory

_NAMELESS = "own_space.py"


# A cached learner is found by its factory, so the same one has to come back each time.
@functools.cache
def find_factory(factory: ModelFactory) -> Factory:
    """The function that builds the networks of a space.

    Args:
        factory: where it is found. A factory in a file of one's own is had by running its text.

    Examples:
        >>> source = "def build(width): return width"
        >>> find_factory(ModelFactory(name="build", source=source))(16)
        16
    """
    if not factory.in_file:
        return pkgutil.resolve_name(factory.name)
    module = ModuleType("own_space")
    # Keras looks up classes by their module when it saves a model.
    sys.modules[module.__name__] = module
    exec(compile(factory.source, factory.file or _NAMELESS, "exec"), module.__dict__)
    return getattr(module, factory.name)


def _first_line(function: Any) -> int:
    return function.__code__.co_firstlineno


def error_text(error: Exception, factory: ModelFactory) -> str:
    """The error of a training in one line; with the file and the line of a space of one's own.

    The line is the innermost one in that file, or where its factory begins if what that returned
    was found wrong elsewhere.

    Examples:
        >>> error_text(ValueError("no such activation"), ModelFactory(name="module:build"))
        'ValueError: no such activation'
    """
    told = " ".join(f"{type(error).__name__}: {error}".split())
    if not factory.source:
        return told
    file = factory.file or _NAMELESS
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    if not lines:
        lines = [_first_line(find_factory(factory))]
    return f"{file}:{lines[-1]}: {told}"
