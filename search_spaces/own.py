"""A space of one's own: a Python file that declares `SPACE`."""

import dataclasses
import hashlib
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType

from search_spaces.vocabulary.factor import SpaceError
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.space import Space

# What a factory may take besides the levels of the cell.
_IMAGE_PARAMETERS = ("image_shape", "classes")
# Factors that the training takes instead of the factory; their levels are Keras' names.
_TRAINING_FACTORS = ("optimizer", "loss")


def load_space(path: Path) -> Space:
    """The space that a file declares; the file is run to find out.

    A factory without a colon, as `build_model`, is a function of the file itself; workers run the
    file's text to get it. A space that names no version of its maths has a hash of this text for
    one, so that records of changed code never mix.

    Args:
        path: the path of a Python file whose `SPACE` is a `Space`.

    Raises:
        SpaceError: the file can't be read or run, declares no space, or its factory has other
            parameters than the factors; the message names file and line.

    Examples:
        >>> text = '''
        ... from search_spaces import Factor, Space
        ... SPACE = Space(
        ...     name="mine",
        ...     title="Two widths",
        ...     factors=(Factor(name="width", levels=(8, 16)),),
        ...     settings={"epochs": 5},
        ...     factory="my_package:build_model",
        ... )
        ... '''
        >>> _ = Path("mine.py").write_text(text)
        >>> load_space(Path("mine.py")).title
        'Two widths'
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise SpaceError(f"{path}: can't be read ({error})") from error
    module = _run(path, text)
    space = getattr(module, "SPACE", None)
    if not isinstance(space, Space):
        problem = f"SPACE is {space!r}" if hasattr(module, "SPACE") else "declares no SPACE"
        raise SpaceError(f"{path}: {problem}; write SPACE = Space(...)")
    factory = space.model_factory
    if factory.in_file:
        _check_factory(path, space, module)
        factory = dataclasses.replace(factory, source=text, file=str(path))
        space = dataclasses.replace(space, factory=factory)
    version = hashlib.sha256(text.encode()).hexdigest()[:12]
    return dataclasses.replace(space, maths=space.maths or f"{space.name}/{version}")


def _run(path: Path, text: str) -> ModuleType:
    module = ModuleType("own_space")
    # Dataclasses look up the module they are declared in.
    sys.modules[module.__name__] = module
    try:
        exec(compile(text, str(path), "exec"), module.__dict__)
    except SyntaxError as error:
        raise SpaceError(f"{path}:{error.lineno}: {error.msg}") from error
    except (Exception, SystemExit) as error:
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == str(path)
        ]
        reason = str(error) if isinstance(error, SpaceError) else f"{type(error).__name__}: {error}"
        raise SpaceError(f"{path}:{lines[-1] if lines else 1}: {reason}") from error
    return module


def _check_factory(path: Path, space: Space, module: ModuleType) -> None:
    """Check that every factor has someone to take it: the file's factory, or the training."""
    functions = [name for name, value in vars(module).items() if inspect.isfunction(value)]
    name = space.model_factory.name
    if name not in functions:
        raise SpaceError(f"{path}: {unknown_name('factory', name, functions)}")
    function = getattr(module, name)
    where = f"{path}:{function.__code__.co_firstlineno}: factory {name!r}"
    factors = [factor.name for factor in space.factors]
    parameters = inspect.signature(function).parameters
    allowed = [*factors, *_IMAGE_PARAMETERS]
    for parameter in parameters:
        if parameter not in allowed:
            raise SpaceError(f"{where} takes {unknown_name('parameter', parameter, allowed)}")
    for factor in factors:
        if factor not in (*parameters, *_TRAINING_FACTORS):
            raise SpaceError(
                f"{where} doesn't take the factor {factor!r}, so it would change nothing"
            )
    for factor in _TRAINING_FACTORS:
        if factor not in factors:
            raise SpaceError(
                f"{path}: space {space.name!r} has no factor {factor!r}; "
                "give it one level to hold it"
            )
