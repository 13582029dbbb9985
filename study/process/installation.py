"""The versions and the code that a process computes with; all processes of a study share them."""

import functools
import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("ray", "tensorflow", "keras", "numpy")
# The packages of this project that a worker runs.
_CODE = ("search_spaces", "results", "study")
_ABSENT = "none"


@functools.cache
def installation() -> Mapping[str, str]:
    """The versions of Python and packages by name, and under `code` the project's `code_hash`.

    Examples:
        >>> list(installation())
        ['python', 'code', 'ray', 'tensorflow', 'keras', 'numpy']
        >>> installation()["python"] == platform.python_version()
        True
    """
    versions = {"python": platform.python_version(), "code": code_hash(_ROOT)}
    return {**versions, **{package: _version(package) for package in _PACKAGES}}


def difference(expected: Mapping[str, str], found: Mapping[str, str]) -> str:
    """A text that names what isn't as expected; empty if two installations agree.

    Args:
        expected: the installation that is required, as from `installation`.
        found: the installation that is there; more names in it don't matter.

    Examples:
        >>> difference({"python": "3.12.3", "keras": "3.15.1"}, {"python": "3.11.7"})
        'python 3.11.7 instead of 3.12.3, keras none instead of 3.15.1'
    """
    return ", ".join(
        f"{name} {found.get(name, _ABSENT)} instead of {value}"
        for name, value in expected.items()
        if found.get(name) != value
    )


def code_hash(root: Path) -> str:
    """The first 12 hex digits of a SHA-256 over the code under `root` that a worker runs.

    Args:
        root: the directory that holds the project's packages.

    Examples:
        >>> Path("study").mkdir()
        >>> _ = Path("study/one.py").write_text("x = 1")
        >>> before = code_hash(Path())
        >>> _ = Path("study/one.py").write_text("x = 2")
        >>> code_hash(Path()) == before
        False
    """
    digest = hashlib.sha256()
    for package in _CODE:
        for path in sorted((root / package).rglob("*.py")):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(root).as_posix()} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()[:12]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _ABSENT
