"""Claims in a file: `.toml` tables, or a Python file that declares a space."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

from results.runs.table import check_known
from search_spaces import About, Claim, Endpoint, Qualifier, SpaceError, find_space

_FIELDS = (
    *("name", "text", "source", "factor", "better", "worse", "endpoint", "qualifier", "scope"),
    *("smallest", "about"),
)
_LEVEL = (str, int, float)
_NUMBER = (int, float)
_KINDS: Mapping[str, type | tuple[type, ...]] = {
    **dict.fromkeys(("name", "text", "source", "factor", "endpoint", "qualifier", "about"), str),
    **dict.fromkeys(("better", "worse"), _LEVEL),
    "smallest": _NUMBER,
    "scope": dict,
}
_WORDS: Mapping[type | tuple[type, ...], str] = {
    str: "text",
    _LEVEL: "a text or a number",
    _NUMBER: "a number",
    dict: "a table of levels",
}


def read_claims(path: Path) -> tuple[Claim, ...]:
    r"""The claims in a `.toml` file, tables `[[claim]]` with the fields of `Claim`, or of a space.

    Raises:
        ValueError, SpaceError: the file can't be read or holds no such claim; the message names it.

    Examples:
        >>> text = '[[claim]]\nname = "1"\nfactor = "width"\nbetter = 16\nworse = 8\n'
        >>> _ = Path("claims.toml").write_text(text)
        >>> [claim.better for claim in read_claims(Path("claims.toml"))]
        [16]
    """
    if path.suffix == ".py":
        return find_space(str(path)).claims
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: can't be read ({error})") from error
    tables = document.get("claim")
    if not isinstance(tables, list) or not tables:
        raise ValueError(f"{path}: has no [[claim]]; give at least one")
    claims = cast(list[Mapping[str, Any]], tables)
    return tuple(_claim(path, number, fields) for number, fields in enumerate(claims, start=1))


def _claim(path: Path, number: int, fields: Mapping[str, Any]) -> Claim:
    where = f"{path}: claim {number}"
    try:
        for name in fields:
            check_known("field", name, _FIELDS)
        for name in ("factor", "better", "worse"):
            if name not in fields:
                raise ValueError(f"has no {name!r}")
        for name, kind in _KINDS.items():
            if name in fields and not _is(fields[name], kind):
                raise ValueError(f"{name} is {fields[name]!r}, which is not {_WORDS[kind]}")
        parts: dict[str, Any] = {
            "name": str(number),
            "text": f"{fields['better']} is better than {fields['worse']}.",
            **fields,
            "endpoint": _one_of(Endpoint, fields.get("endpoint", "quality")),
            "qualifier": _one_of(Qualifier, fields.get("qualifier", "none")),
            "about": _one_of(About, fields["about"]) if "about" in fields else None,
        }
        return Claim(**parts)
    except (ValueError, TypeError, SpaceError) as error:
        raise ValueError(f"{where}: {error}") from error


def _is(value: object, kind: type | tuple[type, ...]) -> bool:
    """Whether a value is of a kind; true and false are no numbers where one is asked for."""
    return isinstance(value, kind) and not (kind == _NUMBER and isinstance(value, bool))


def _one_of(kind: type[StrEnum], value: str) -> StrEnum:
    try:
        return kind(value)
    except ValueError as error:
        raise ValueError(f"{error}; allowed: {', '.join(kind)}") from error
