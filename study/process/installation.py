"""What a process computes with: its versions and its code, which all of a study's must share."""

import functools
import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
_PACKAGES = ("ray", "tensorflow", "keras", "numpy")
# What a worker runs of this project.
_CODE = ("search_spaces", "results", "study")
_ABSENT = "none"


@functools.cache
def installation() -> Mapping[str, str]:
    """Versions by name, and under `code` the first 12 hex digits of a SHA-256 of this project."""
    versions = {"python": platform.python_version(), "code": code_hash(_ROOT)}
    return {**versions, **{package: _version(package) for package in _PACKAGES}}


def difference(expected: Mapping[str, str], found: Mapping[str, str]) -> str:
    """What isn't as expected, as a text to read; empty if all is."""
    return ", ".join(
        f"{name} {found.get(name, _ABSENT)} instead of {value}"
        for name, value in expected.items()
        if found.get(name) != value
    )


def code_hash(root: Path) -> str:
    """The first 12 hex digits of a SHA-256 over the code under `root` that a worker runs."""
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
