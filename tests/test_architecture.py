"""The house of `docs/architecture.md`: who imports whom, and what loads without Ray."""

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.given.places import ROOT

# The rooms of each folder, in a line: each may import itself and those before it. The folder's own
# files come last: they may import every room, and no room imports them; where `.` stands among the
# rooms, they come there.
ROOMS = {
    "": ("search_spaces", "results", "dashboards", "study"),
    "search_spaces": ("vocabulary", "declared"),
    "results": (
        "statistics",
        "storage",
        "records",
        "analysis",
        "runs",
        "claims",
        "choices",
        "report",
    ),
    "dashboards": ("tables", "figures", "pages"),
    "study": (
        *("process", "data", "network", "training", "tuning", "planning", "cluster", "running"),
    ),
    "results/statistics": (".", "comparisons", "examples"),
    "study/network": ("kernels",),
}
PACKAGES = ROOMS[""]
HEAVY = {"ray", "tensorflow", "keras", "sklearn", "optuna"}
KNOWS_RAY = "study/cluster"
MOST_FILES = 14
MAX_LINES = 400
# Of a function or method, without its docstring; and its parameters, without `self` or `cls`.
MAX_FUNCTION_LINES = 60
MAX_PARAMETERS = 7
# It lists the options of a command, one by one.
LONG_FUNCTIONS: set[str] = set()
# Its signature is the interface.
MANY_PARAMETERS = {"results/judge.py: judge_table"}


def imports(root: Path, path: Path) -> Iterator[tuple[int, str]]:
    """Line and full name of every module imported in a file, those inside functions included.

    What is imported from a package is a module of its own where there is one under `root`. A
    relative import is given as it stands, with its dots.
    """
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            names = [f"{module}.{alias.name}" for alias in node.names]
            for name in dict.fromkeys(name if is_module(root, name) else module for name in names):
                yield node.lineno, name


def is_module(root: Path, name: str) -> bool:
    """Whether a module or a package of this full name lies under `root`."""
    path = root.joinpath(*name.split("."))
    return not name.startswith(".") and (path.is_dir() or path.with_suffix(".py").is_file())


def outside_allowed(file: str, imported: str) -> bool:
    """Whether a file, named from the root, may import a package that isn't one of the house."""
    package = file.partition("/")[0]
    if package == "search_spaces":
        return imported in sys.stdlib_module_names
    if package in ("results", "dashboards"):
        return imported not in HEAVY
    return imported != "ray" or file.startswith(f"{KNOWS_RAY}/")


def place(root: Path, module: str) -> tuple[str, ...]:
    """Folders and file of a module of the house; a package is its `__init__`."""
    parts = tuple(module.split("."))
    return (*parts, "__init__") if root.joinpath(*parts).is_dir() else parts


def points_down(importer: tuple[str, ...], imported: tuple[str, ...]) -> bool:
    """Whether an import is of the importer's own room, or of one before it."""
    shared = next(
        number
        for number, (one, other) in enumerate(zip(importer, imported, strict=False))
        if one != other or number == min(len(importer), len(imported)) - 1
    )
    rooms = ROOMS.get("/".join(importer[:shared]), ())
    own = rooms.index(".") if "." in rooms else len(rooms)
    from_rank, to_rank = (
        rooms.index(path[shared]) if path[shared] in rooms else own for path in (importer, imported)
    )
    return to_rank <= from_rank


def allowed(root: Path, file: Path, module: str) -> bool:
    """Whether a file, named from the root, may import a module; never by a relative import."""
    if module.startswith("."):
        return False
    package = module.partition(".")[0]
    if package in PACKAGES:
        return points_down((*file.parts[:-1], file.stem), place(root, module))
    return outside_allowed(file.as_posix(), package)


def wrong_arrows(root: Path) -> list[str]:
    """`file:line: module` for each import under `root` that the house doesn't allow."""
    found: list[str] = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            file = path.relative_to(root)
            for line, module in imports(root, path):
                if not allowed(root, file, module):
                    found.append(f"{file.as_posix()}:{line}: {module}")
    return found


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


def furnish(root: Path, file: str, source: str) -> None:
    """Every room of the house, empty but for one file."""
    for folder, rooms in ROOMS.items():
        for name in rooms:
            (root / folder / name).mkdir(parents=True, exist_ok=True)
    (root / file).write_text(source)


def test_imports_point_one_way():
    assert wrong_arrows(ROOT) == []


@pytest.mark.parametrize(
    ("file", "source", "wrong"),
    [
        ("search_spaces/a.py", "import json\nimport numpy as np\n", "search_spaces/a.py:2: numpy"),
        ("search_spaces/a.py", "from results import Study\n", "search_spaces/a.py:1: results"),
        ("results/a.py", "def f():\n    from ray import tune\n", "results/a.py:2: ray"),
        ("results/a.py", "import dashboards.build\n", "results/a.py:1: dashboards.build"),
        ("dashboards/pages/a.py", "import keras.ops\n", "dashboards/pages/a.py:1: keras.ops"),
        ("dashboards/a.py", "from study.run import main\n", "dashboards/a.py:1: study.run"),
        ("study/run.py", "import ray\n", "study/run.py:1: ray"),
        # Rooms of one package, in a line.
        (
            "results/statistics/a.py",
            "from results.records.study import Study\n",
            "results/statistics/a.py:1: results.records.study",
        ),
        (
            "results/claims/a.py",
            "def f():\n    import results.report.section\n",
            "results/claims/a.py:2: results.report.section",
        ),
        (
            "study/data/a.py",
            "from study.training import trial\n",
            "study/data/a.py:1: study.training",
        ),
        # No room knows the files that people call, the package itself among them.
        ("results/records/a.py", "from results import Study\n", "results/records/a.py:1: results"),
        (
            "study/running/a.py",
            "from study.predict import predict\n",
            "study/running/a.py:1: study.predict",
        ),
        # A room within a room comes before the files around it, or behind them where `.` says so.
        (
            "results/statistics/a.py",
            "from results.statistics.comparisons.robust import huber\n",
            "results/statistics/a.py:1: results.statistics.comparisons.robust",
        ),
        (
            "study/network/kernels/a.py",
            "from study.network.building import Network\n",
            "study/network/kernels/a.py:1: study.network.building",
        ),
        # A module is imported from its package.
        (
            "results/statistics/a.py",
            "from results.statistics import comparisons\n",
            "results/statistics/a.py:1: results.statistics.comparisons",
        ),
        # A relative import is wrong wherever it points.
        ("study/data/a.py", "from ..training import trial\n", "study/data/a.py:1: ..training"),
        (
            "search_spaces/vocabulary/a.py",
            "from ..declared import full\n",
            "search_spaces/vocabulary/a.py:1: ..declared",
        ),
    ],
)
def test_a_wrong_arrow_is_found(tmp_path, file, source, wrong):
    furnish(tmp_path, file, source)
    assert wrong_arrows(tmp_path) == [wrong]


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("study/cluster/a.py", "import ray\nfrom dashboards import x\nimport keras\n"),
        ("dashboards/a.py", "import plotly\nfrom results import Study\n"),
        ("search_spaces/a.py", "import json\nfrom search_spaces.vocabulary.cell import Cell\n"),
        ("study/running/a.py", "from study.cluster.driver import run_trials\n"),
        ("results/a.py", "from results.report.section import Section\n"),
        ("study/network/a.py", "from study.network.kernels.bands import row_band\n"),
        ("study/training/a.py", "from study.network.kernels import bands\n"),
    ],
)
def test_a_right_arrow_is_let_through(tmp_path, file, source):
    furnish(tmp_path, file, source)
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
    "command",
    [
        *("study.run", "study.predict", "results.summary", "results.judge", "results.compare"),
        "dashboards.build",
    ],
)
def test_help_answers_without_ray_and_tensorflow(command):
    assert loaded_heavy("-m", command, "--help") == set()


def test_every_folder_is_a_room_of_the_house():
    folders = {
        path.parent.relative_to(ROOT).as_posix()
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
    }
    rooms = {
        f"{folder}/{name}".strip("/")
        for folder, names in ROOMS.items()
        for name in names
        if name != "."
    }
    assert folders == rooms


def test_no_folder_is_a_long_shelf():
    shelves = {
        folder.relative_to(ROOT).as_posix(): len(list(folder.glob("*.py")))
        for package in PACKAGES
        for folder in [ROOT / package, *(ROOT / package).rglob("*/")]
    }
    assert {folder: files for folder, files in shelves.items() if files > MOST_FILES} == {}


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


def functions(package: str) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Every function and method of a package, each with its `file: name`."""
    for path in sorted((ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT).as_posix()}: {node.name}", node


def own_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function, its signature included and its docstring not."""
    first = function.body[0]
    docstring = 0
    if ast.get_docstring(function) is not None:
        docstring = (first.end_lineno or first.lineno) - first.lineno + 1
    return (function.end_lineno or function.lineno) - function.lineno + 1 - docstring


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The parameters of a function, in their order, without `self` or `cls`."""
    declared = function.args
    given = [*declared.posonlyargs, *declared.args, declared.vararg, *declared.kwonlyargs]
    names = [one.arg for one in [*given, declared.kwarg] if one is not None]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_is_long(package):
    lengths = [(name, own_lines(function)) for name, function in functions(package)]
    long = [(name, lines) for name, lines in lengths if lines > MAX_FUNCTION_LINES]
    assert [(name, lines) for name, lines in long if name not in LONG_FUNCTIONS] == []


def test_no_function_has_many_parameters():
    many = {
        name
        for package in PACKAGES
        for name, function in functions(package)
        if len(parameters(function)) > MAX_PARAMETERS
    }
    assert many == MANY_PARAMETERS


def test_lines_and_parameters_are_counted():
    source = 'def f(self, a, *b, c=1, **d):\n    """One.\n\n    Two.\n    """\n    return a\n'
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assert (own_lines(function), parameters(function)) == (2, ["a", "b", "c", "d"])


def named_files(text: str) -> Iterator[str]:
    """Paths in backticks, each from the root.

    One without a folder lies beside the path before it, one without a package in its package.
    """
    before = ""
    for path in re.findall(r"`([a-z_/.]+(?:\.py|/))`", text):
        if "/" not in path:
            path = f"{before.rpartition('/')[0]}/{path}"
        elif path.partition("/")[0] not in (*PACKAGES, "tests"):
            path = f"{before.partition('/')[0]}/{path}"
        before = path
        yield path


def test_the_page_on_the_architecture_names_files_that_exist():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    found = list(named_files(text))
    assert len(found) > 50
    assert [path for path in found if not (ROOT / path).exists()] == []


def test_the_page_on_the_architecture_draws_every_room_in_its_order():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for package in PACKAGES:
        assert " --> ".join(ROOMS[package]) in text
