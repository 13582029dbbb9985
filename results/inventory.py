"""What a study directory really holds: every file read whole, every row held against its id.

Taken before anything is built on records, so a damaged file costs the trials it held and no others.
"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from results.errors import SchemaError
from results.outcome import Outcome
from results.paths import StudyPaths
from results.record import trial_of
from results.schema import VERSION_KEY, check_columns, check_version
from results.store import COMPACTED, table_files, write_part
from search_spaces import SpaceError

_KEYS = {
    "trials": "trial_id",
    "epochs": "trial_id",
    "predictions": "trial_id",
    "images": "dataset_hash",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The contents of a study directory.

    Args:
        rows: the intact rows of `trials` by trial id; where a trial has both an error and a
            finished row, the finished one.
        recorded: trials that need not be trained again: finished, and whole in all three tables.
        damaged: what is wrong with a file, by its path. Its intact rows are counted as held.
    """

    rows: Mapping[str, Mapping[str, Any]]
    recorded: frozenset[str]
    damaged: Mapping[Path, str]

    @property
    def errors(self) -> tuple[str, ...]:
        """Trials whose last word is that they raised."""
        return tuple(key for key, row in self.rows.items() if row["outcome"] == Outcome.ERROR)

    @property
    def incomplete(self) -> tuple[str, ...]:
        """Trials that finished, but whose epochs or predictions are not all there."""
        return tuple(key for key in self.rows if key not in {*self.recorded, *self.errors})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """Of one file: its intact groups of rows, and what is wrong with the others."""

    groups: tuple[pa.Table, ...]
    damage: str | None


def take_inventory(paths: StudyPaths) -> Inventory:
    """Read every file of the tables; changes nothing.

    Raises:
        SchemaError: a file has a schema version that this code doesn't know.
    """
    damaged: dict[Path, str] = {}
    rows: dict[str, dict[str, Any]] = {}
    lengths: dict[str, Counter[str]] = {name: Counter() for name in _KEYS}
    for name, key in _KEYS.items():
        compacted, parts = table_files(paths, name)
        for path in (*compacted, *parts):
            contents = _read(path, keep=name == "trials")
            if contents.damage:
                damaged[path] = contents.damage
            for group in contents.groups:
                # A part that is left of a compacted trial holds the same rows once more.
                lengths[name] |= Counter(_column(group, key))
                if name == "trials":
                    _add(rows, group)
    recorded = frozenset(key for key, row in rows.items() if _whole(row, lengths))
    return Inventory(rows=rows, recorded=recorded, damaged=damaged)


def set_aside(inventory: Inventory) -> tuple[Path, ...]:
    """Rename the damaged files, their intact rows saved as parts; for the holder of the lock only.

    Returns:
        The new names; they end in `.damaged`, which no reader looks for.
    """
    renamed: list[Path] = []
    for path in inventory.damaged:
        if path.name.startswith(COMPACTED):
            for group in _read(path, keep=True).groups:
                _save_part(path.parent, group)
        renamed.append(path.replace(path.with_name(f"{path.name}.damaged")))
    return tuple(renamed)


def _read(path: Path, *, keep: bool) -> _Contents:
    """The contents of a file; without `keep`, only the column that says whose its rows are."""
    try:
        # No map of the file into memory: one cut short meanwhile would end the process.
        file = pq.ParquetFile(path, page_checksum_verification=True, memory_map=False)
    except (pa.ArrowException, OSError, ValueError) as error:
        return _Contents(groups=(), damage=_one_line(error))
    with file:
        schema = file.schema_arrow
        if VERSION_KEY not in (schema.metadata or {}):
            return _Contents(groups=(), damage="names no schema version")
        # Another version is no damage: such a study is refused.
        check_version(schema, path)
        try:
            check_columns(schema, path.parent.name, path)
        except SchemaError as error:
            return _Contents(groups=(), damage=str(error).removeprefix(f"{path}: "))
        groups: list[pa.Table] = []
        damage = None
        for number in range(file.num_row_groups):
            group, wrong = _read_group(file, number, path)
            damage = damage or wrong
            if group is not None:
                groups.append(group if keep else group.select([_KEYS[path.parent.name]]))
    return _Contents(groups=tuple(groups), damage=damage)


def _read_group(
    file: pq.ParquetFile, number: int, path: Path
) -> tuple[pa.Table | None, str | None]:
    """A group of rows, or what is wrong with it."""
    try:
        group = file.read_row_group(number)
    except (pa.ArrowException, OSError, ValueError) as error:
        return None, _one_line(error)
    wrong = _wrong_ids(group, path)
    return (None, wrong) if wrong else (group, None)


def _wrong_ids(group: pa.Table, path: Path) -> str | None:
    """Which id isn't that of its rows."""
    ids = set(_column(group, _KEYS[path.parent.name]))
    if not path.name.startswith(COMPACTED) and not ids <= {path.stem}:
        return f"holds rows of {', '.join(sorted(ids))}"
    if path.parent.name != "trials":
        return None
    for row in group.to_pylist():
        try:
            actual = trial_of(row).id
        except (SpaceError, TypeError, ValueError) as error:
            return _one_line(error)
        if actual != row["trial_id"]:
            return f"the row of trial {row['trial_id']} has another content: {actual}"
    return None


def _add(rows: dict[str, dict[str, Any]], group: pa.Table) -> None:
    for row in group.to_pylist():
        known = rows.get(row["trial_id"])
        if known is None or known["outcome"] == Outcome.ERROR:
            rows[row["trial_id"]] = row


def _whole(row: Mapping[str, Any], lengths: Mapping[str, Counter[str]]) -> bool:
    key = row["trial_id"]
    return (
        row["outcome"] != Outcome.ERROR
        and lengths["epochs"][key] == row["epochs"]
        and lengths["predictions"][key] == row["test_size"]
    )


def _save_part(folder: Path, group: pa.Table) -> None:
    for key in set(_column(group, "trial_id")):
        part = folder / f"{key}.parquet"
        if not part.exists():
            write_part(part, group)


def _column(group: pa.Table, name: str) -> list[str]:
    return [str(value) for value in group[name].to_pylist()]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
