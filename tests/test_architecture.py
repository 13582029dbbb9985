"""The house of DESIGN.md: who imports whom, and what loads without Ray and TensorFlow."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# Each may import only itself and those before it.
PACKAGES = ("search_spaces", "results", "dashboards", "study")
HEAVY = {"ray", "tensorflow", "keras", "sklearn", "optuna"}
KNOW_RAY = {"study/driver.py", "study/nodes.py", "study/searcher.py", "study/trainable.py"}
MAX_LINES = 400


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and top-level package of every import in a file, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name.partition(".")[0]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield node.lineno, (node.module or "").partition(".")[0]


def allowed(file: str, imported: str) -> bool:
    """Whether a file, named from the root, may import a top-level package."""
    package = file.partition("/")[0]
    if imported in PACKAGES:
        return PACKAGES.index(imported) <= PACKAGES.index(package)
    if package == "search_spaces":
        return imported in sys.stdlib_module_names
    if package in ("results", "dashboards"):
        return imported not in HEAVY
    return imported != "ray" or file in KNOW_RAY


def wrong_arrows(root: Path) -> list[str]:
    """`file:line: package` for each import under `root` that the house doesn't allow."""
    return [
        f"{file}:{line}: {imported}"
        for package in PACKAGES
        for path in sorted((root / package).rglob("*.py"))
        for file in [path.relative_to(root).as_posix()]
        for line, imported in imports(path)
        if not allowed(file, imported)
    ]


def modules(package: str) -> list[str]:
    """The modules of a package but for those that are only commands."""
    paths = sorted((ROOT / package).rglob("*.py"))
    names = [path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for path in paths]
    return [name.removesuffix(".__init__") for name in names if not name.endswith(".__main__")]


def loaded_heavy(*arguments: str) -> set[str]:
    """Which of the heavy packages a fresh Python loads when run with these arguments."""
    command = [sys.executable, "-X", "importtime", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120)
    assert done.returncode == 0, done.stderr[-2000:]
    loaded = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "argparse" in loaded or "search_spaces" in loaded
    return loaded & HEAVY


def test_imports_point_one_way():
    assert wrong_arrows(ROOT) == []


@pytest.mark.parametrize(
    ("file", "source", "wrong"),
    [
        ("search_spaces/a.py", "import json\nimport numpy as np\n", "search_spaces/a.py:2: numpy"),
        ("search_spaces/a.py", "from results import Study\n", "search_spaces/a.py:1: results"),
        ("results/a.py", "def f():\n    from ray import tune\n", "results/a.py:2: ray"),
        ("results/a.py", "import dashboards.build\n", "results/a.py:1: dashboards"),
        ("dashboards/deep/a.py", "import keras.ops\n", "dashboards/deep/a.py:1: keras"),
        ("dashboards/a.py", "from study.run import main\n", "dashboards/a.py:1: study"),
        ("study/run.py", "import ray\n", "study/run.py:1: ray"),
    ],
)
def test_a_wrong_arrow_is_found(tmp_path, file, source, wrong):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(source)
    assert wrong_arrows(tmp_path) == [wrong]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("study/driver.py", "import ray\nfrom dashboards import x\nimport keras\n"),
        ("dashboards/a.py", "import plotly\nfrom results import Study\nfrom . import b\n"),
        ("search_spaces/a.py", "import json\nfrom search_spaces.cell import Cell\n"),
    ],
)
def test_a_right_arrow_is_let_through(tmp_path, file, source):
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(source)
    assert wrong_arrows(tmp_path) == []


def test_a_heavy_import_is_noticed(tmp_path):
    (tmp_path / "ray.py").write_text("")
    (tmp_path / "light.py").write_text("import argparse, ray")
    source = f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import light"
    assert loaded_heavy("-c", source) == {"ray"}


@pytest.mark.parametrize("package", ["search_spaces", "results", "dashboards"])
def test_loading_a_package_loads_neither_ray_nor_tensorflow(package):
    everything = ", ".join(modules(package))
    assert loaded_heavy("-c", f"import {everything}") == set()


@pytest.mark.parametrize(
    "command", ["study.run", "study.predict", "results.summary", "dashboards.build"]
)
def test_help_answers_without_ray_and_tensorflow(command):
    assert loaded_heavy("-m", command, "--help") == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_every_exported_name_exists(package):
    module = importlib.import_module(package)
    assert [name for name in module.__all__ if not hasattr(module, name)] == []
    assert sorted(set(module.__all__)) == sorted(module.__all__)


@pytest.mark.parametrize("package", [*PACKAGES, "tests", "benchmarks"])
def test_no_file_is_long(package):
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (ROOT / package).rglob("*.py")
    }
    assert {file: lines for file, lines in lengths.items() if lines > MAX_LINES} == {}
