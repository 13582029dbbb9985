"""The examples in docstrings: what people outside would import has one, and all of them run."""

import ast
import doctest
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.given.examples import write_example_study, write_tuned_example_study
from tests.given.places import ROOT

PACKAGES = ("search_spaces", "results", "dashboards", "study")
# What only the commands call: they draw and print, or need a running Ray.
CALLED_BY_COMMANDS = (
    "dashboards/figures/",
    "dashboards/pages/",
    "study/running/",
    *(
        f"study/cluster/{name}.py"
        for name in ("connection", "courier", "driver", "nodes", "supply", "trainable")
    ),
)
CALLED_BY_PEOPLE = ("dashboards/pages/drawing.py",)
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def files() -> list[str]:
    """Every file of the house, named from the root."""
    return sorted(
        path.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    )


def public_names(source: str) -> Iterator[tuple[str, str]]:
    """Public functions and classes of a module, each with its docstring; no command's `main`."""
    for node in ast.parse(source).body:
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        if not node.name.startswith("_") and node.name != "main":
            yield node.name, ast.get_docstring(node) or ""


@pytest.fixture(scope="session")
def directory(tmp_path_factory) -> Path:
    """The study directory of the examples."""
    return write_example_study(tmp_path_factory.mktemp("examples") / "smoke-digits")


@pytest.fixture(scope="session")
def tuned_directory(tmp_path_factory) -> Path:
    """The directory of a tuned study, for examples."""
    return write_tuned_example_study(tmp_path_factory.mktemp("tuned-examples") / "smoke-digits")


def needs_examples(file: str) -> bool:
    """Whether every public name of a file, named from the root, must have an example."""
    return file in CALLED_BY_PEOPLE or not file.startswith(CALLED_BY_COMMANDS)


def exported(package: str) -> Iterator[tuple[str, str]]:
    """Functions and classes in the `__all__` of a package, each with its docstring.

    Constants and names of types have none, and are left out.
    """
    module = importlib.import_module(package)
    for name in module.__all__:
        value = inspect.unwrap(getattr(module, name))
        if inspect.isclass(value) or inspect.isfunction(value):
            yield name, value.__doc__ or ""


@pytest.mark.parametrize("file", [f for f in files() if needs_examples(f)])
def test_every_public_name_has_an_example(file):
    source = (ROOT / file).read_text(encoding="utf-8")
    assert [name for name, text in public_names(source) if ">>> " not in text] == []


def test_every_exported_name_has_an_example():
    texts = {f"{package}.{name}": text for package in PACKAGES for name, text in exported(package)}
    assert {"dashboards.build_pages", "results.Study", "search_spaces.find_space"} <= set(texts)
    assert [name for name, text in texts.items() if ">>> " not in text] == []


# Some start TensorFlow, whose number of threads can't be changed afterwards.
@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize(
    "file", [f for f in files() if ">>> " in (ROOT / f).read_text(encoding="utf-8")]
)
def test_examples_give_what_they_say(file, directory, tuned_directory, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    name = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = importlib.import_module(name)
    known = {**vars(module), "directory": directory, "tuned_directory": tuned_directory}
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    examples = doctest.DocTestFinder(exclude_empty=True).find(module, name, globs=known)
    told: list[str] = []
    for example in examples:
        runner.run(example, out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
    assert runner.tries > 0
