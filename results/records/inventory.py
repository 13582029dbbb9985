"""What a study directory really holds: every file read whole, every row held against its id.

Taken before anything is built on records, so a damaged file costs the trials it held and no others.
"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results.records.outcome import Outcome
from results.records.record import trial_of
from results.records.schema import VERSION_KEY, check_columns, check_version
from results.records.store import COMPACTED, drop_trials, listed_ids, table_files, write_part
from results.storage.errors import ResultsError, SchemaError
from results.storage.files import parquet_source, rename
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath
from search_spaces import Regime, SpaceError

_DAMAGE = (pa.ArrowException, OSError, ValueError)
# The column of each table that says whose a row is.
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
        remnants: trials that have epochs or predictions and are not recorded, whatever else.
        curves: the accuracies after each epoch of trials that tune.
    """

    rows: Mapping[str, Mapping[str, Any]]
    recorded: frozenset[str]
    damaged: Mapping[AnyPath, str]
    remnants: frozenset[str]
    curves: Mapping[str, tuple[float, ...]]

    @property
    def errors(self) -> frozenset[str]:
        """Trials whose last word is that they raised."""
        return frozenset(key for key, row in self.rows.items() if row["outcome"] == Outcome.ERROR)

    @property
    def incomplete(self) -> frozenset[str]:
        """Trials that finished, but whose epochs or predictions are not all there."""
        return frozenset(self.rows) - self.recorded - self.errors


def take_inventory(paths: StudyPaths) -> Inventory:
    """Read every file of the tables; changes nothing.

    Raises:
        SchemaError: a file has a schema version that this code doesn't know.
    """
    try:
        return _take_inventory(paths)
    except FileNotFoundError:
        # A driver compacts: what the part held stands in a compacted file now.
        return _take_inventory(paths)


def _take_inventory(paths: StudyPaths) -> Inventory:
    damaged: dict[AnyPath, str] = {}
    rows: dict[str, dict[str, Any]] = {}
    curves: dict[str, tuple[float, ...]] = {}
    lengths: dict[str, dict[str, int]] = {name: {} for name in _KEYS}
    for name, key in _KEYS.items():
        compacted, parts = table_files(paths, name)
        for path in (*compacted, *parts):
            for group in read_groups(path):
                if isinstance(group, str):
                    damaged.setdefault(path, group)
                    continue
                counted = count_values(group, key)
                for held, length in counted.items():
                    # A part that is left of a compacted trial holds the same rows once more.
                    lengths[name][held] = max(length, lengths[name].get(held, 0))
                if name == "trials":
                    _add(rows, group)
                if name == "epochs":
                    curves.update(_curves(group, [held for held in counted if _tunes(rows, held)]))
    recorded = frozenset(key for key, row in rows.items() if _whole(row, lengths))
    held = frozenset(lengths["epochs"]) | frozenset(lengths["predictions"])
    return Inventory(
        rows=rows, recorded=recorded, damaged=damaged, remnants=held - recorded, curves=curves
    )


def set_aside(inventory: Inventory) -> tuple[AnyPath, ...]:
    """Rename the damaged files, their intact rows saved as parts; for the holder of the lock only.

    Returns:
        The new names; they end in `.damaged`, which no reader looks for.

    Raises:
        ResultsError: a file can't be renamed, or its intact rows can't be written.
    """
    renamed: list[AnyPath] = []
    for path in inventory.damaged:
        if path.name.startswith(COMPACTED):
            for group in read_groups(path):
                if not isinstance(group, str):
                    _save_part(path.parent, group)
        try:
            renamed.append(rename(path, f"{path.name}.damaged"))
        except OSError as error:
            raise ResultsError(f"{path}: can't be set aside ({error})") from error
    return tuple(renamed)


def drop_remnants(paths: StudyPaths, inventory: Inventory, trial_ids: Collection[str]) -> None:
    """Delete what is left of these trials, which are about to be trained again.

    Else what a new training leaves could be mixed with rows of the old one. The text of an error
    stays until there is a record. For the holder of the lock only.

    Raises:
        ResultsError: a file can't be read, written or deleted.
    """
    wanted = frozenset(trial_ids)
    for name, left in (
        ("trials", inventory.incomplete),
        ("epochs", inventory.remnants),
        ("predictions", inventory.remnants),
    ):
        if dropped := wanted & left:
            drop_trials(paths, dropped, name)


def read_groups(path: AnyPath) -> Iterator[pa.Table | str]:
    """The intact groups of rows of a file, one after the other, and in words what is damaged.

    A group is one trial, or one data set's images, if this program wrote it.

    Raises:
        SchemaError: the file has a schema version that this code doesn't know.
        FileNotFoundError: it is gone.
    """
    try:
        # No map of the file into memory: one cut short meanwhile would end the process.
        file = pq.ParquetFile(
            parquet_source(path), page_checksum_verification=True, memory_map=False
        )
    except FileNotFoundError:
        raise
    except _DAMAGE as error:
        yield _one_line(error)
        return
    with file:
        if wrong := _wrong_schema(file.schema_arrow, path):
            yield wrong
            return
        ids: set[str] = set()
        for number in range(file.num_row_groups):
            try:
                group = file.read_row_group(number)
            except _DAMAGE as error:
                yield _one_line(error)
            else:
                ids.update(count_values(group, _KEYS[path.parent.name]))
                yield _wrong_ids(group, path) or group
        if path.name.startswith(COMPACTED) and (wrong := _wrong_list(file.schema_arrow, ids)):
            yield wrong


def count_values(group: pa.Table, name: str) -> dict[str, int]:
    """How often each value of a column occurs in it, the values as text."""
    counted = group.group_by(name).aggregate([([], "count_all")])
    values = map(str, counted[name].to_pylist())
    return dict(zip(values, counted["count_all"].to_numpy().tolist(), strict=True))


def _wrong_schema(schema: pa.Schema, path: AnyPath) -> str | None:
    if VERSION_KEY not in (schema.metadata or {}):
        return "names no schema version"
    # Another version is no damage: such a study is refused.
    check_version(schema, path)
    try:
        check_columns(schema, path.parent.name, path)
    except SchemaError as error:
        return str(error).removeprefix(f"{path}: ")
    return None


def _wrong_list(schema: pa.Schema, ids: set[str]) -> str | None:
    """Whether a compacted file names other trials than it holds: no checksum covers its footer."""
    try:
        listed = set(listed_ids(schema))
    except (TypeError, ValueError) as error:
        return f"its list of trials can't be read ({_one_line(error)})"
    return None if listed == ids else "its list of trials is not that of its rows"


def _wrong_ids(group: pa.Table, path: AnyPath) -> str | None:
    """Which id isn't that of its rows."""
    ids = count_values(group, _KEYS[path.parent.name]).keys()
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


def _tunes(rows: Mapping[str, Mapping[str, Any]], key: str) -> bool:
    return rows.get(key, {}).get("regime") == Regime.TUNING


def _curves(group: pa.Table, trial_ids: Collection[str]) -> dict[str, tuple[float, ...]]:
    """The accuracies after each epoch of these of the group's trials."""
    epochs = {key: group.filter(pc.field("trial_id") == key).sort_by("epoch") for key in trial_ids}
    return {key: tuple(rows["test_accuracy"].to_numpy().tolist()) for key, rows in epochs.items()}


def _whole(row: Mapping[str, Any], lengths: Mapping[str, Mapping[str, int]]) -> bool:
    key = row["trial_id"]
    epochs = lengths["epochs"].get(key, 0)
    pruned = row["outcome"] == Outcome.PRUNED
    return (
        row["outcome"] != Outcome.ERROR
        and (0 < epochs < row["epochs"] if pruned else epochs == row["epochs"])
        and lengths["predictions"].get(key, 0) == row["test_size"]
    )


def split_trials(group: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """Each trial of a group of rows with its rows; other tools put several into a group."""
    ids = list(count_values(group, "trial_id"))
    for key in ids:
        yield key, group if len(ids) == 1 else group.filter(pc.field("trial_id") == key)


def _save_part(folder: AnyPath, group: pa.Table) -> None:
    for key, rows in split_trials(group):
        part = folder / f"{key}.parquet"
        if not part.exists():
            write_part(part, rows)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
