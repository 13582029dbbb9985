"""From the name of a model factory to the function."""

import functools
import pkgutil
import sys
from types import ModuleType

from study.learner import Factory


# A cached learner is found by its factory, so the same one has to come back each time.
@functools.cache
def find_factory(name: str, source: str) -> Factory:
    """The model factory of a space.

    Args:
        name: "module:function", or a function of the source.
        source: text of the file that declares the space; empty if the factory can be imported.
    """
    if ":" in name:
        return pkgutil.resolve_name(name)
    module = ModuleType("own_space")
    # Keras looks up classes by their module when it saves a model.
    sys.modules[module.__name__] = module
    exec(compile(source, "own_space.py", "exec"), module.__dict__)
    return getattr(module, name)
