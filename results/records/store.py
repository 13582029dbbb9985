"""The Parquet store of a study directory: writing records, compacting, reading.

One part file per trial and table while a study runs, merged into larger files when it ends; readers
see both alike. A trial counts as recorded once its row stands in `trials`, which is written last.
Where a part and a compacted file both hold a trial, the compacted rows stand.
"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

import hashlib
import json
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results.records.outcome import Outcome
from results.records.record import Record
from results.records.schema import (
    EPOCHS,
    IMAGES,
    PREDICTIONS,
    check_columns,
    trials_schema,
    upgraded,
)
from results.storage.errors import ResultsError, SchemaError
from results.storage.files import parquet_source, remove, write_atomically
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath

_EMPTY = {
    "trials": trials_schema({}).empty_table(),
    "epochs": EPOCHS.empty_table(),
    "predictions": PREDICTIONS.empty_table(),
    "images": IMAGES.empty_table(),
}
# Names of files that hold more than one trial begin so.
COMPACTED = "compacted-"
_IDS_KEY = b"trial_ids"


def write_record(paths: StudyPaths, record: Record) -> None:
    """Store a record; writing the same one again changes nothing.

    An error replaces an earlier error only, never what a finished trial left.

    Raises:
        ResultsError: the files can't be written, or one that is there can't be read.
    """
    trial_id = record.trial_id
    if record.row["outcome"] == Outcome.ERROR:
        if trial_id in _finished(paths, trial_ids=[trial_id]):
            return
    else:
        write_part(paths.part("predictions", trial_id), record.predictions)
        write_part(paths.part("epochs", trial_id), record.epochs)
    write_part(paths.part("trials", trial_id), record.trial)


def write_images(paths: StudyPaths, images: pa.Table) -> None:
    """Store a data set's test images unless they are there already.

    Args:
        paths: the study directory.
        images: `(n_test_images)` rows of the `images` schema, all of one data set.
    """
    path = paths.part("images", images["dataset_hash"][0].as_py())
    if not path.exists():
        write_part(path, images.cast(IMAGES))


def recorded_ids(paths: StudyPaths) -> frozenset[str]:
    """Trials that need not be trained again: all three tables hold them, and not as an error.

    Raises:
        ResultsError: a file is damaged or of another schema version; the message names it.
    """
    finished = _finished(paths)
    for name in ("epochs", "predictions"):
        compacted, parts = table_files(paths, name)
        finished &= _stored_ids(compacted) | {path.stem for path in parts}
    return finished


def read_trials(paths: StudyPaths) -> pd.DataFrame:
    """Every row of `trials`, each trial once, ordered by id; empty where nothing is recorded.

    A factor column is null in the rows of trials without that factor.

    Raises:
        ResultsError: a file is damaged or of another schema version; the message names it.
        SchemaError: a factor is text in some records and a number in others.
    """
    trials = _read(paths, "trials").to_pandas()
    return trials.drop_duplicates("trial_id").sort_values("trial_id", ignore_index=True)


def read_epochs(paths: StudyPaths, trial_ids: Collection[str]) -> pd.DataFrame:
    """The `epochs` rows of these trials, ordered by trial and epoch."""
    epochs = _read(paths, "epochs", trial_ids=trial_ids).to_pandas()
    kept = epochs.drop_duplicates(["trial_id", "epoch"])
    return kept.sort_values(["trial_id", "epoch"], ignore_index=True)


def read_predictions(paths: StudyPaths, trial_ids: Collection[str]) -> pd.DataFrame:
    """The `predictions` rows of these trials, ordered by trial and image."""
    predictions = _read(paths, "predictions", trial_ids=trial_ids).to_pandas()
    kept = predictions.drop_duplicates(["trial_id", "index"])
    return kept.sort_values(["trial_id", "index"], ignore_index=True)


def read_images(paths: StudyPaths, dataset_hash: str) -> pd.DataFrame:
    """The `images` rows of a data set, ordered by index; empty where there are none."""
    path = paths.part("images", dataset_hash)
    return (read_rows(path) if path.exists() else IMAGES.empty_table()).to_pandas()


def compact(paths: StudyPaths) -> None:
    """Merge each table's part files into one more compacted file; for the holder of the lock only.

    Parts of trials that are not recorded stay as they are, errors among them: such a trial will be
    run again and its parts replaced. Killed in between, the next call finishes the work: a part
    that a compacted file holds already is dropped, and so are temporary files.
    """
    recorded = recorded_ids(paths)
    for name in ("predictions", "epochs", "trials"):
        _compact_table(paths, name, recorded)


def drop_trials(paths: StudyPaths, trial_ids: Collection[str], name: str) -> None:
    """Delete all rows of these trials from a table; for the holder of the lock only.

    Raises:
        ResultsError: a file can't be read, written or deleted.
    """
    compacted, parts = table_files(paths, name)
    for path in compacted:
        held = _stored_ids([path])
        if kept := sorted(held.difference(trial_ids)):
            if len(kept) < len(held):
                _rewrite(path, kept)
        elif held:
            remove(path)
    for path in parts:
        if path.stem in trial_ids:
            remove(path)


def _rewrite(path: AnyPath, trial_ids: list[str]) -> None:
    """Keep these trials of a compacted file, which gets the name of its new contents."""
    schema = _schema(path)
    ids = json.dumps(trial_ids).encode()
    schema = schema.with_metadata({**(schema.metadata or {}), _IDS_KEY: ids})
    target = path.with_name(f"{COMPACTED}{hashlib.sha256(ids).hexdigest()[:16]}.parquet")

    def write(temporary: Path) -> None:
        with pq.ParquetWriter(
            temporary, schema, compression="zstd", write_page_checksum=True
        ) as writer:
            for trial_id in trial_ids:
                rows = read_rows(path, trial_ids=[trial_id]).select(schema.names)
                whole = rows.replace_schema_metadata(schema.metadata)
                writer.write_table(whole, row_group_size=_group_size(whole))

    write_atomically(target, write)
    remove(path)


def _compact_table(paths: StudyPaths, name: str, recorded: frozenset[str]) -> None:
    compacted, files = table_files(paths, name)
    held = _stored_ids(compacted)
    parts = {path.stem: path for path in files if path.stem in recorded}
    fresh = {trial_id: path for trial_id, path in parts.items() if trial_id not in held}
    if len(fresh) > 1:
        _merge(paths, name, fresh)
        held.update(fresh)
    for trial_id, path in parts.items():
        if trial_id in held:
            remove(path)
    for leftover in paths.table(name).glob(".*.tmp"):
        remove(leftover)


def _merge(paths: StudyPaths, name: str, parts: dict[str, AnyPath]) -> None:
    ids = json.dumps(sorted(parts)).encode()
    target = paths.part(name, f"{COMPACTED}{hashlib.sha256(ids).hexdigest()[:16]}")
    schemas = [upgraded(_schema(path).empty_table(), name).schema for path in parts.values()]
    schema = _unified(schemas, paths.table(name))
    schema = schema.with_metadata({**(schema.metadata or {}), _IDS_KEY: ids})

    def write(path: Path) -> None:
        # One row group per trial: memory stays flat, and a reader of one trial skips the others.
        with pq.ParquetWriter(path, schema, compression="zstd", write_page_checksum=True) as writer:
            for part in parts.values():
                padded = [schema.empty_table(), read_rows(part)]
                table = pa.concat_tables(padded, promote_options="default")
                writer.write_table(
                    table.replace_schema_metadata(schema.metadata),
                    row_group_size=_group_size(table),
                )

    write_atomically(target, write)


def write_part(path: AnyPath, table: pa.Table) -> None:
    """Put these rows into a file of their own.

    Raises:
        ResultsError: it can't be written.
    """
    write_atomically(
        path,
        lambda temporary: pq.write_table(
            table,
            temporary,
            compression="zstd",
            write_page_checksum=True,
            row_group_size=_group_size(table),
        ),
    )


def _group_size(table: pa.Table) -> int:
    """All rows in one group, which pyarrow else ends after 1,048,576."""
    return max(1, len(table))


def table_files(paths: StudyPaths, name: str) -> tuple[list[AnyPath], list[AnyPath]]:
    """The compacted files of a table, and its parts, each in order of name."""
    files = sorted(paths.table(name).glob("[!.]*.parquet"))
    compacted = [path for path in files if path.name.startswith(COMPACTED)]
    return compacted, [path for path in files if path not in compacted]


def _stored_ids(compacted: list[AnyPath]) -> set[str]:
    """The trials that these files hold, by their footers alone."""
    ids: set[str] = set()
    for path in compacted:
        with naming_damage(path):
            ids.update(listed_ids(pq.read_schema(parquet_source(path))))
    return ids


def listed_ids(schema: pa.Schema) -> list[str]:
    """The trials that a compacted file says it holds.

    Raises:
        ValueError: its list can't be read.
    """
    return json.loads((schema.metadata or {}).get(_IDS_KEY, b"[]"))


def _finished(paths: StudyPaths, *, trial_ids: Collection[str] | None = None) -> frozenset[str]:
    """Of these trials, or of all, those with a row in `trials` that isn't an error."""
    trials = _read(paths, "trials", columns=["trial_id", "outcome"], trial_ids=trial_ids)
    kept = trials.filter(pc.field("outcome") != Outcome.ERROR.value)
    return frozenset(map(str, kept["trial_id"].to_pylist()))


def _read(
    paths: StudyPaths,
    name: str,
    *,
    columns: list[str] | None = None,
    trial_ids: Collection[str] | None = None,
) -> pa.Table:
    try:
        return _read_files(paths, name, columns=columns, trial_ids=trial_ids)
    except FileNotFoundError:
        # A driver compacts: the rows of the part that vanished stand in a compacted file now, and
        # no part that such a file holds is read.
        return _read_files(paths, name, columns=columns, trial_ids=trial_ids)


def _read_files(
    paths: StudyPaths,
    name: str,
    *,
    columns: list[str] | None,
    trial_ids: Collection[str] | None,
) -> pa.Table:
    compacted, parts = table_files(paths, name)
    held = _stored_ids(compacted)
    files = compacted + [
        path
        for path in parts
        if path.stem not in held and (trial_ids is None or path.stem in trial_ids)
    ]
    if not files:
        return _EMPTY[name].select(columns or _EMPTY[name].schema.names)
    tables = [read_rows(path, columns=columns, trial_ids=trial_ids) for path in files]
    _unified([table.schema for table in tables], paths.table(name))
    return pa.concat_tables(tables, promote_options="default")


def read_rows(
    path: AnyPath,
    *,
    columns: list[str] | None = None,
    trial_ids: Collection[str] | None = None,
) -> pa.Table:
    """The rows of a file, of these trials or of all, in the current schema.

    Raises:
        ResultsError: it is damaged or of a later schema version; the message names it.
    """
    name = path.parent.name
    with (
        naming_damage(path),
        # Not as a data set: with thousands of row groups that takes five times the memory.
        pq.ParquetFile(
            parquet_source(path), page_checksum_verification=True, memory_map=False
        ) as file,
    ):
        check_columns(file.schema_arrow, name, path)
        if trial_ids is None:
            rows = file.read(columns=columns)
        else:
            rows = _rows_of(file, frozenset(trial_ids), columns=columns)
    return rows if columns else upgraded(rows, name)


def _rows_of(
    file: pq.ParquetFile, wanted: frozenset[str], *, columns: list[str] | None
) -> pa.Table:
    """The rows of these trials; row groups of other trials are not read."""
    position = file.schema_arrow.get_field_index("trial_id")
    groups: list[int] = []
    for number in range(file.num_row_groups):
        found = file.metadata.row_group(number).column(position).statistics
        # Files of other writers may lack them, or mix trials in a group.
        known = found is not None and found.has_min_max and found.min == found.max
        if found is None or not known or found.min in wanted:
            groups.append(number)
    rows = file.read_row_groups(groups, columns=columns)
    return rows.filter(pc.field("trial_id").isin(pa.array(list(wanted), pa.string())))


def _schema(path: AnyPath) -> pa.Schema:
    with naming_damage(path):
        return pq.read_schema(parquet_source(path))


def _unified(schemas: list[pa.Schema], folder: AnyPath) -> pa.Schema:
    """The columns of all these schemas, with the metadata of the first."""
    try:
        return pa.unify_schemas(schemas)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaError(
            f"{folder}: a factor is text in some records and a number in others ({error}); "
            "keep such studies in different directories"
        ) from error


@contextmanager
def naming_damage(path: AnyPath) -> Generator[None]:
    """Turns whatever a damaged file raises into an error that names it."""
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ResultsError(
            f"{path}: damaged ({' '.join(str(error).split())}); run the study again: that sets "
            "the file aside and trains again what it held"
        ) from error
