"""The records of a study directory: storing them, compacting their files, reading them as frames.

While a study runs, each trial has a file per table, a part. When it ends, the parts are merged into
larger compacted files. Readers see both alike; if a part and a compacted file hold the same trial,
the compacted rows count. A trial counts as recorded once its row stands in `trials`, which is
written last.
"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Collection

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from results.records.outcome import Outcome
from results.records.parquet_files import (
    read_rows,
    read_schema,
    stored_ids,
    table_files,
    write_compacted,
    write_part,
)
from results.records.record import Record
from results.records.schema import EPOCHS, IMAGES, PREDICTIONS, trials_schema, upgraded
from results.storage.errors import SchemaError
from results.storage.files import remove
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath

_EMPTY = {
    "trials": trials_schema({}).empty_table(),
    "epochs": EPOCHS.empty_table(),
    "predictions": PREDICTIONS.empty_table(),
    "images": IMAGES.empty_table(),
}


def write_record(paths: StudyPaths, record: Record) -> None:
    """Store a record as parts; writing the same record again changes nothing.

    The record of an error replaces an earlier error only, never the record of a finished trial.

    Raises:
        ResultsError: a file can't be written, or an existing one can't be read.

    Examples:
        >>> from pathlib import Path
        >>> from results.records.record import error_record, trial_of
        >>> row = read_rows(table_files(StudyPaths(directory), "trials")[0][0]).to_pylist()[0]
        >>> paths = StudyPaths(Path("new"))
        >>> write_record(paths, error_record(trial_of(row), error="OSError: no disk", known={}))
        >>> read_trials(paths)[["outcome", "error"]]
          outcome             error
        0   error  OSError: no disk
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
        images: rows of the `images` schema, one per test image, all of one data set.

    Raises:
        ResultsError: the file can't be written.

    Examples:
        >>> from pathlib import Path
        >>> image = {"dataset_hash": "ab12", "index": 0, "label": 7, "png": b"..."}
        >>> paths = StudyPaths(Path("pictures"))
        >>> write_images(paths, pa.Table.from_pylist([image], schema=IMAGES))
        >>> read_images(paths, "ab12")
          dataset_hash  index  label     png
        0         ab12      0      7  b'...'
    """
    path = paths.part("images", images["dataset_hash"][0].as_py())
    if not path.exists():
        write_part(path, images.cast(IMAGES))


def recorded_ids(paths: StudyPaths) -> frozenset[str]:
    """Ids of the trials that need not be trained again.

    These are the trials in all three tables whose row of `trials` isn't an error.

    Raises:
        ResultsError: a file is damaged or of a later schema version; the message names it.

    Examples:
        >>> len(recorded_ids(StudyPaths(directory)))
        12
    """
    finished = _finished(paths)
    for name in ("epochs", "predictions"):
        compacted, parts = table_files(paths, name)
        finished &= stored_ids(compacted) | {path.stem for path in parts}
    return finished


def read_trials(paths: StudyPaths) -> pd.DataFrame:
    """All rows of `trials`, each trial once, sorted by id; no rows if nothing is recorded.

    A factor column is null in the rows of trials without that factor.

    Raises:
        ResultsError: a file is damaged or of a later schema version; the message names it.
        SchemaError: a factor is text in some records and a number in others.

    Examples:
        >>> read_trials(StudyPaths(directory)).groupby(["normalization", "loss"]).size()
        normalization  loss
        none           categorical_crossentropy    3
                       mse                         3
        range          categorical_crossentropy    3
                       mse                         3
        dtype: int64
    """
    trials = _read(paths, "trials").to_pandas()
    return trials.drop_duplicates("trial_id").sort_values("trial_id", ignore_index=True)


def read_epochs(paths: StudyPaths, trial_ids: Collection[str]) -> pd.DataFrame:
    """The `epochs` rows of these trials, sorted by trial and epoch.

    Raises:
        ResultsError: a file is damaged or of a later schema version; the message names it.

    Examples:
        >>> paths = StudyPaths(directory)
        >>> trial_id = min(recorded_ids(paths))
        >>> read_epochs(paths, [trial_id])["epoch"].tolist()
        [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]
    """
    epochs = _read(paths, "epochs", trial_ids=trial_ids).to_pandas()
    unique = epochs.drop_duplicates(["trial_id", "epoch"])
    return unique.sort_values(["trial_id", "epoch"], ignore_index=True)


def read_predictions(paths: StudyPaths, trial_ids: Collection[str]) -> pd.DataFrame:
    """The `predictions` rows of these trials, sorted by trial and image.

    Raises:
        ResultsError: a file is damaged or of a later schema version; the message names it.

    Examples:
        >>> paths = StudyPaths(directory)
        >>> predictions = read_predictions(paths, recorded_ids(paths))
        >>> int((predictions["predicted"] != predictions["label"]).sum())
        27
    """
    predictions = _read(paths, "predictions", trial_ids=trial_ids).to_pandas()
    unique = predictions.drop_duplicates(["trial_id", "index"])
    return unique.sort_values(["trial_id", "index"], ignore_index=True)


def read_images(paths: StudyPaths, dataset_hash: str) -> pd.DataFrame:
    """The `images` rows of a data set, in the order written; no rows if none were written.

    Raises:
        ResultsError: the file is damaged or of a later schema version; the message names it.

    Examples:
        >>> len(read_images(StudyPaths(directory), "ab" * 32))
        40
    """
    path = paths.part("images", dataset_hash)
    return (read_rows(path) if path.exists() else IMAGES.empty_table()).to_pandas()


def compact(paths: StudyPaths) -> None:
    """Merge the parts of recorded trials into one compacted file per table.

    Parts of trials that are not recorded, such as errors, stay as they are: such a trial will run
    again and replace them. If the process is killed, the next call finishes the work: it drops
    parts whose trials are in a compacted file already, and temporary files. For the holder of the
    lock only.

    Raises:
        ResultsError: a file can't be read, written or deleted.

    Examples:
        >>> from pathlib import Path
        >>> paths = StudyPaths(Path("study"))
        >>> for table in ("trials", "epochs", "predictions"):
        ...     rows = read_rows(table_files(StudyPaths(directory), table)[0][0])
        ...     for key in recorded_ids(StudyPaths(directory)):
        ...         write_part(paths.part(table, key), rows.filter(pc.field("trial_id") == key))
        >>> compact(paths)
        >>> [file.name for file in paths.table("trials").iterdir()]
        ['compacted-....parquet']
    """
    recorded = recorded_ids(paths)
    for name in ("predictions", "epochs", "trials"):
        _compact_table(paths, name, recorded)


def drop_trials(paths: StudyPaths, trial_ids: Collection[str], name: str) -> None:
    """Delete all rows of these trials from a table; for the holder of the lock only.

    Args:
        paths: the study directory.
        trial_ids: ids of the trials.
        name: name of the table.

    Raises:
        ResultsError: a file can't be read, written or deleted.

    Examples:
        >>> from pathlib import Path
        >>> import shutil
        >>> paths = StudyPaths(shutil.copytree(directory, Path("copy")))
        >>> drop_trials(paths, [min(recorded_ids(paths))], "epochs")
        >>> len(recorded_ids(paths))
        11
    """
    compacted, parts = table_files(paths, name)
    for path in compacted:
        ids = stored_ids([path])
        if remaining := sorted(ids.difference(trial_ids)):
            if len(remaining) < len(ids):
                _rewrite(path, remaining)
        elif ids:
            remove(path)
    for path in parts:
        if path.stem in trial_ids:
            remove(path)


def _rewrite(path: AnyPath, trial_ids: list[str]) -> None:
    """Keep only these trials of a compacted file, which gets the name of its new contents."""
    schema = read_schema(path)
    tables = (read_rows(path, trial_ids=[trial_id]).select(schema.names) for trial_id in trial_ids)
    write_compacted(path.parent, tables, schema=schema, trial_ids=trial_ids)
    remove(path)


def _compact_table(paths: StudyPaths, name: str, recorded: frozenset[str]) -> None:
    compacted, files = table_files(paths, name)
    compacted_ids = stored_ids(compacted)
    parts = {path.stem: path for path in files if path.stem in recorded}
    new_parts = {
        trial_id: path for trial_id, path in parts.items() if trial_id not in compacted_ids
    }
    if len(new_parts) > 1:
        _merge(paths, name, new_parts)
        compacted_ids.update(new_parts)
    for trial_id, path in parts.items():
        if trial_id in compacted_ids:
            remove(path)
    for leftover in paths.table(name).glob(".*.tmp"):
        remove(leftover)


def _merge(paths: StudyPaths, name: str, parts: dict[str, AnyPath]) -> None:
    """Write a compacted file with the rows of these parts, given by trial id."""
    schemas = [upgraded(read_schema(path).empty_table(), name).schema for path in parts.values()]
    schema = _unified(schemas, paths.table(name))
    tables = (
        # Factors that a trial doesn't have become null columns.
        pa.concat_tables([schema.empty_table(), read_rows(path)], promote_options="default")
        for path in parts.values()
    )
    write_compacted(paths.table(name), tables, schema=schema, trial_ids=sorted(parts))


def _finished(paths: StudyPaths, *, trial_ids: Collection[str] | None = None) -> frozenset[str]:
    """The ids of the trials, among these or all, with a row in `trials` that isn't an error."""
    trials = _read(paths, "trials", columns=["trial_id", "outcome"], trial_ids=trial_ids)
    finished = trials.filter(pc.field("outcome") != Outcome.ERROR.value)
    return frozenset(map(str, finished["trial_id"].to_pylist()))


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
        # parts of trials that a compacted file holds are not read.
        return _read_files(paths, name, columns=columns, trial_ids=trial_ids)


def _read_files(
    paths: StudyPaths,
    name: str,
    *,
    columns: list[str] | None,
    trial_ids: Collection[str] | None,
) -> pa.Table:
    compacted, parts = table_files(paths, name)
    compacted_ids = stored_ids(compacted)
    files = compacted + [
        path
        for path in parts
        if path.stem not in compacted_ids and (trial_ids is None or path.stem in trial_ids)
    ]
    if not files:
        return _EMPTY[name].select(columns or _EMPTY[name].schema.names)
    tables = [read_rows(path, columns=columns, trial_ids=trial_ids) for path in files]
    _unified([table.schema for table in tables], paths.table(name))
    return pa.concat_tables(tables, promote_options="default")


def _unified(schemas: list[pa.Schema], folder: AnyPath) -> pa.Schema:
    """The columns of all these schemas, with the metadata of the first."""
    try:
        return pa.unify_schemas(schemas)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaError(
            f"{folder}: a factor is text in some records and a number in others ({error}); "
            "keep such studies in different directories"
        ) from error
