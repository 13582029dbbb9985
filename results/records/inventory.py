"""The inventory of a study directory: every file read whole, every row checked against its id.

It is taken before anything is built on records, so a damaged file costs the trials that it holds
and no others.
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
from results.records.parquet_files import COMPACTED, listed_ids, table_files, write_part
from results.records.record import trial_of
from results.records.schema import VERSION_KEY, check_columns, check_version, upgraded
from results.records.store import drop_trials
from results.storage.errors import ResultsError, SchemaError
from results.storage.files import parquet_source, rename
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath
from search_spaces import Regime, SpaceError

_DAMAGE = (pa.ArrowException, OSError, ValueError)
# The column of each table that says to which trial or data set a row belongs.
_KEY_COLUMNS = {
    "trials": "trial_id",
    "epochs": "trial_id",
    "predictions": "trial_id",
    "images": "dataset_hash",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """The contents of a study directory.

    Args:
        rows: the intact rows of `trials` by trial id, in the current schema; of a trial with an
            error and a finished row, the finished one.
        recorded: ids of the trials that need not be trained again, as they finished and are whole
            in all three tables.
        damaged: what is wrong with a damaged file, by its path; intact rows of such a file count.
        remnants: ids of the trials that have epochs or predictions but are not recorded.
        curves: for each trial that tunes, its accuracy after each epoch, 0-1.

    Examples:
        >>> inventory = take_inventory(StudyPaths(directory))
        >>> len(inventory.rows), len(inventory.recorded), inventory.errors, inventory.damaged
        (12, 12, frozenset(), {})
    """

    rows: Mapping[str, Mapping[str, Any]]
    recorded: frozenset[str]
    damaged: Mapping[AnyPath, str]
    remnants: frozenset[str]
    curves: Mapping[str, tuple[float, ...]]

    @property
    def errors(self) -> frozenset[str]:
        """Ids of the trials that raised an error and have no finished row."""
        return frozenset(key for key, row in self.rows.items() if row["outcome"] == Outcome.ERROR)

    @property
    def incomplete(self) -> frozenset[str]:
        """Ids of the trials that finished but lack some of their epochs or predictions."""
        return frozenset(self.rows) - self.recorded - self.errors


def take_inventory(paths: StudyPaths) -> Inventory:
    """Read every file of the tables of a study directory; changes no file.

    Raises:
        SchemaError: a file has a schema version that this program doesn't know.

    Examples:
        >>> take_inventory(StudyPaths(directory / "nowhere")).rows
        {}
        >>> rows = take_inventory(StudyPaths(directory)).rows
        >>> sorted({row["test_accuracy"] for row in rows.values()})
        [0.9, 0.925, 0.95, 0.975, 1.0]
    """
    try:
        return _take_inventory(paths)
    except FileNotFoundError:
        # A driver compacts: the rows of that part stand in a compacted file now.
        return _take_inventory(paths)


def _take_inventory(paths: StudyPaths) -> Inventory:
    damaged: dict[AnyPath, str] = {}
    rows: dict[str, dict[str, Any]] = {}
    curves: dict[str, tuple[float, ...]] = {}
    lengths: dict[str, dict[str, int]] = {name: {} for name in _KEY_COLUMNS}
    # In this order, as only the rows of `trials` tell which curves to read.
    for name, column in _KEY_COLUMNS.items():
        compacted, parts = table_files(paths, name)
        for path in (*compacted, *parts):
            for group in read_groups(path):
                if isinstance(group, str):
                    damaged.setdefault(path, group)
                    continue
                counts = count_values(group, column)
                for key, length in counts.items():
                    # A part of a trial that was compacted repeats its rows.
                    lengths[name][key] = max(length, lengths[name].get(key, 0))
                if name == "trials":
                    _add(rows, group)
                if name == "epochs":
                    curves.update(_curves(group, [key for key in counts if _tunes(rows, key)]))
    recorded = frozenset(key for key, row in rows.items() if _is_whole(row, lengths))
    partial = frozenset(lengths["epochs"]) | frozenset(lengths["predictions"])
    return Inventory(
        rows=rows, recorded=recorded, damaged=damaged, remnants=partial - recorded, curves=curves
    )


def set_aside(inventory: Inventory) -> tuple[AnyPath, ...]:
    """Rename the damaged files and save their intact rows as parts.

    For the holder of the lock only.

    Returns:
        The new paths; they end in `.damaged`, which no reader looks for.

    Raises:
        ResultsError: a file can't be new_paths, or its intact rows can't be written.

    Examples:
        >>> from results import RemotePath
        >>> paths = StudyPaths(RemotePath("memory://set-aside/study"))
        >>> paths.part("epochs", "a1").write_bytes(b"half a file")
        >>> [file.name for file in set_aside(take_inventory(paths))]
        ['a1.parquet.damaged']
    """
    new_paths: list[AnyPath] = []
    for path in inventory.damaged:
        if path.name.startswith(COMPACTED):
            for group in read_groups(path):
                if not isinstance(group, str):
                    _save_part(path.parent, group)
        try:
            new_paths.append(rename(path, f"{path.name}.damaged"))
        except OSError as error:
            raise ResultsError(f"{path}: can't be set aside ({error})") from error
    return tuple(new_paths)


def drop_remnants(paths: StudyPaths, inventory: Inventory, trial_ids: Collection[str]) -> None:
    """Delete the remnants of these trials, which are about to be trained again.

    Otherwise rows of the new training could be mixed with rows of the old one. The row of an error
    stays until there is a record. For the holder of the lock only.

    Args:
        paths: the study directory.
        inventory: its inventory.
        trial_ids: ids of the trials that will be trained; recorded ones keep their rows.

    Raises:
        ResultsError: a file can't be read, written or deleted.

    Examples:
        >>> import pathlib, shutil
        >>> paths = StudyPaths(shutil.copytree(directory, pathlib.Path("copy")))
        >>> shutil.rmtree(paths.table("epochs"))
        >>> inventory = take_inventory(paths)
        >>> drop_remnants(paths, inventory, inventory.incomplete)
        >>> len(inventory.remnants), len(take_inventory(paths).remnants)
        (12, 0)
    """
    for name, partial in (
        ("trials", inventory.incomplete),
        ("epochs", inventory.remnants),
        ("predictions", inventory.remnants),
    ):
        if partial_ids := partial.intersection(trial_ids):
            drop_trials(paths, partial_ids, name)


def read_groups(path: AnyPath) -> Iterator[pa.Table | str]:
    """The groups of rows of a file, one by one; a damaged group gives a text that says how.

    In files of this program, a group is one trial, or one data set's images.

    Raises:
        SchemaError: the file has a schema version that this program doesn't know.
        FileNotFoundError: the file is gone.

    Examples:
        >>> compacted, _ = table_files(StudyPaths(directory), "predictions")
        >>> [len(group) for group in read_groups(compacted[0])] == 12 * [40]
        True
    """
    try:
        # Not mapped into memory: if the file were cut short meanwhile, the process would die.
        file = pq.ParquetFile(
            parquet_source(path), page_checksum_verification=True, memory_map=False
        )
    except FileNotFoundError:
        raise
    except _DAMAGE as error:
        yield _one_line(error)
        return
    with file:
        if problem := _wrong_schema(file.schema_arrow, path):
            yield problem
            return
        ids: set[str] = set()
        for number in range(file.num_row_groups):
            try:
                group = file.read_row_group(number)
            except _DAMAGE as error:
                yield _one_line(error)
            else:
                ids.update(count_values(group, _KEY_COLUMNS[path.parent.name]))
                yield _wrong_ids(group, path) or group
        if path.name.startswith(COMPACTED) and (problem := _wrong_list(file.schema_arrow, ids)):
            yield problem


def count_values(group: pa.Table, name: str) -> dict[str, int]:
    """How often each value of a column occurs, by the value as text.

    Args:
        group: rows of any table.
        name: name of the column.

    Examples:
        >>> count_values(pa.table({"trial_id": ["a1", "b2", "a1"]}), "trial_id")
        {'a1': 2, 'b2': 1}
    """
    counts = group.group_by(name).aggregate([([], "count_all")])
    values = map(str, counts[name].to_pylist())
    return dict(zip(values, counts["count_all"].to_numpy().tolist(), strict=True))


def split_trials(group: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The id and the rows of each trial in a group; other tools put several into a group.

    Examples:
        >>> group = pa.table({"trial_id": ["a1", "b2", "a1"], "epoch": [1, 1, 2]})
        >>> [(key, rows["epoch"].to_pylist()) for key, rows in split_trials(group)]
        [('a1', [1, 2]), ('b2', [1])]
    """
    ids = list(count_values(group, "trial_id"))
    for key in ids:
        yield key, group if len(ids) == 1 else group.filter(pc.field("trial_id") == key)


def _wrong_schema(schema: pa.Schema, path: AnyPath) -> str | None:
    """How the file's schema is damaged; None if it isn't."""
    if VERSION_KEY not in (schema.metadata or {}):
        return "names no schema version"
    # A later version isn't damage: it raises, and so the study is refused.
    check_version(schema, path)
    try:
        check_columns(schema, path.parent.name, path)
    except SchemaError as error:
        return str(error).removeprefix(f"{path}: ")
    return None


def _wrong_list(schema: pa.Schema, ids: set[str]) -> str | None:
    """How a compacted file's list of trials differs from its rows: no checksum covers the list."""
    try:
        footer_ids = set(listed_ids(schema))
    except (TypeError, ValueError) as error:
        return f"its list of trials can't be read ({_one_line(error)})"
    return None if footer_ids == ids else "its list of trials is not that of its rows"


def _wrong_ids(group: pa.Table, path: AnyPath) -> str | None:
    """How the ids of a group differ from its file's name or its rows' content; None if not."""
    ids = count_values(group, _KEY_COLUMNS[path.parent.name]).keys()
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
    """Add a group of `trials` to the rows by trial id; only errors are replaced."""
    for row in upgraded(group, "trials").to_pylist():
        earlier = rows.get(row["trial_id"])
        if earlier is None or earlier["outcome"] == Outcome.ERROR:
            rows[row["trial_id"]] = row


def _tunes(rows: Mapping[str, Mapping[str, Any]], key: str) -> bool:
    return rows.get(key, {}).get("regime") == Regime.TUNING


def _curves(group: pa.Table, trial_ids: Collection[str]) -> dict[str, tuple[float, ...]]:
    """The accuracy after each epoch, for each of these trials of the group."""
    epochs = {key: group.filter(pc.field("trial_id") == key).sort_by("epoch") for key in trial_ids}
    return {key: tuple(rows["test_accuracy"].to_numpy().tolist()) for key, rows in epochs.items()}


def _is_whole(row: Mapping[str, Any], lengths: Mapping[str, Mapping[str, int]]) -> bool:
    """Whether a trial finished and has all its epochs and predictions.

    Args:
        row: the trial's row of `trials`.
        lengths: number of rows by table and trial id.
    """
    key = row["trial_id"]
    epochs = lengths["epochs"].get(key, 0)
    pruned = row["outcome"] == Outcome.PRUNED
    return (
        row["outcome"] != Outcome.ERROR
        and (0 < epochs < row["epochs"] if pruned else epochs == row["epochs"])
        and lengths["predictions"].get(key, 0) == row["test_size"]
    )


def _save_part(folder: AnyPath, group: pa.Table) -> None:
    for key, rows in split_trials(group):
        part = folder / f"{key}.parquet"
        if not part.exists():
            write_part(part, rows)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
