"""From the name of a model factory to the function, and where in its file something went wrong."""

import functools
import pkgutil
import sys
import traceback
from types import ModuleType
from typing import Any

from study.network.building import Factory

_NAMELESS = "own_space.py"


# A cached learner is found by its factory, so the same one has to come back each time.
@functools.cache
def find_factory(name: str, source: str, file: str = "") -> Factory:
    """The model factory of a space.

    Args:
        name: "module:function", or a function of the source.
        source: text of the file that declares the space; empty if the factory can be imported.
        file: what that file is called in messages.
    """
    if ":" in name:
        return pkgutil.resolve_name(name)
    module = ModuleType("own_space")
    # Keras looks up classes by their module when it saves a model.
    sys.modules[module.__name__] = module
    exec(compile(source, file or _NAMELESS, "exec"), module.__dict__)
    return getattr(module, name)


def _first_line(function: Any) -> int:
    return function.__code__.co_firstlineno


def error_text(error: Exception, *, name: str, source: str, file: str) -> str:
    """The error in one line; of a space of one's own with the file and the line.

    The line is the innermost one in that file, or where its factory begins if what that returned
    was found wrong elsewhere. The other arguments are those of `find_factory`.
    """
    told = " ".join(f"{type(error).__name__}: {error}".split())
    if not source:
        return told
    file = file or _NAMELESS
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == file]
    if not lines:
        lines = [_first_line(find_factory(name, source, file))]
    return f"{file}:{lines[-1]}: {told}"
