"""The model factory of a space: the function found by its name, and where in its file it failed."""

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
    """The function that builds the models of a space from levels.

    Args:
        factory: the place of the function. One in a file of one's own is had by running the file's
            text.

    Examples:
        >>> source = "def build(width): return f'a model with {width} units'"
        >>> find_factory(ModelFactory(name="build", source=source))(16)
        'a model with 16 units'
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
    """The error of a training in one line; with file and line if the factory is in a file.

    The line number is that of the innermost line in that file, or of the factory's first line where
    the error was raised elsewhere, about the model that the factory returned.

    Args:
        error: the error that the training raised.
        factory: the place of the space's factory.

    Examples:
        >>> error = ValueError("no such activation")
        >>> error_text(error, ModelFactory(name="module:build"))
        'ValueError: no such activation'
        >>> source = "def build(width): return None"
        >>> error_text(error, ModelFactory(name="build", source=source, file="mine.py"))
        'mine.py:1: ValueError: no such activation'
    """
    sentence = " ".join(f"{type(error).__name__}: {error}".split())
    if not factory.source:
        return sentence
    file = factory.file or _NAMELESS
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    if not lines:
        lines = [_first_line(find_factory(factory))]
    return f"{file}:{lines[-1]}: {sentence}"
