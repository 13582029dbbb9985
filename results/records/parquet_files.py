"""The Parquet files of a table: which there are, how rows are put into them and read from them.

A part holds one trial, or one data set's images. A compacted file holds many trials, each in a row
group of its own, and lists them in its footer.
"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

import hashlib
import json
from collections.abc import Collection, Generator, Iterable, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from results.records.schema import check_columns, upgraded
from results.storage.errors import ResultsError
from results.storage.files import parquet_source, write_atomically
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath

# The beginning of the names of compacted files.
COMPACTED = "compacted-"
# The footer of a compacted file lists its trials under this key.
_IDS_KEY = b"trial_ids"


def table_files(paths: StudyPaths, name: str) -> tuple[list[AnyPath], list[AnyPath]]:
    """The compacted files of a table and its parts, both sorted by name.

    Args:
        paths: the study directory.
        name: name of the table.

    Examples:
        >>> compacted, parts = table_files(StudyPaths(directory), "trials")
        >>> [file.name for file in compacted], parts
        (['compacted-....parquet'], [])
    """
    files = sorted(paths.table(name).glob("[!.]*.parquet"))
    compacted = [path for path in files if path.name.startswith(COMPACTED)]
    return compacted, [path for path in files if path not in compacted]


def stored_ids(compacted: Iterable[AnyPath]) -> set[str]:
    """The ids of the trials in these compacted files, from their footers alone.

    Raises:
        ResultsError: a file is damaged; the message names it.

    Examples:
        >>> compacted, _ = table_files(StudyPaths(directory), "epochs")
        >>> len(stored_ids(compacted))
        12
    """
    ids: set[str] = set()
    for path in compacted:
        with naming_damage(path):
            ids.update(listed_ids(pq.read_schema(parquet_source(path))))
    return ids


def listed_ids(schema: pa.Schema) -> list[str]:
    """The ids of the trials that a compacted file says it holds.

    Args:
        schema: Arrow schema of the file, with its metadata.

    Raises:
        ValueError: the list can't be read.

    Examples:
        >>> listed_ids(pa.schema([], metadata={"trial_ids": '["a1", "b2"]'}))
        ['a1', 'b2']
    """
    return json.loads((schema.metadata or {}).get(_IDS_KEY, b"[]"))


def write_part(path: AnyPath, table: pa.Table) -> None:
    """Write the rows of one trial, or one data set's images, to a file of their own.

    Raises:
        ResultsError: the file can't be written.

    Examples:
        >>> from results.records.schema import IMAGES
        >>> path = StudyPaths(Path("study")).part("images", "ab12")
        >>> image = {"dataset_hash": "ab12", "index": 0, "label": 7, "png": b"..."}
        >>> write_part(path, pa.Table.from_pylist([image], schema=IMAGES))
        >>> read_rows(path, columns=["index", "label"]).to_pylist()
        [{'index': 0, 'label': 7}]
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


def write_compacted(
    folder: AnyPath, tables: Iterable[pa.Table], *, schema: pa.Schema, trial_ids: Sequence[str]
) -> None:
    """Write a compacted file, which is named after its trials.

    Args:
        folder: the folder of the table.
        tables: the rows of each trial; one is in memory at a time.
        schema: the columns of all of them.
        trial_ids: ids of the trials.

    Raises:
        ResultsError: the file can't be written, or `tables` read from one that is damaged.

    Examples:
        >>> rows = [pa.table({"trial_id": [key], "epoch": [1]}) for key in ("a1", "b2")]
        >>> write_compacted(Path("epochs"), rows, schema=rows[0].schema, trial_ids=["a1", "b2"])
        >>> stored_ids(Path("epochs").iterdir()) == {"a1", "b2"}
        True
    """
    ids = json.dumps(trial_ids).encode()
    schema = schema.with_metadata({**(schema.metadata or {}), _IDS_KEY: ids})

    def write(temporary: Path) -> None:
        # One row group per trial: memory stays flat, and a reader of one trial skips the others.
        with pq.ParquetWriter(
            temporary, schema, compression="zstd", write_page_checksum=True
        ) as writer:
            for rows in tables:
                writer.write_table(
                    rows.replace_schema_metadata(schema.metadata), row_group_size=_group_size(rows)
                )

    write_atomically(folder / f"{COMPACTED}{hashlib.sha256(ids).hexdigest()[:16]}.parquet", write)


def _group_size(table: pa.Table) -> int:
    """The row group size that puts all rows into one group; pyarrow's own ends at 1,048,576."""
    return max(1, len(table))


def read_schema(path: AnyPath) -> pa.Schema:
    """The Arrow schema of a Parquet file, with its metadata.

    Raises:
        ResultsError: the file is damaged; the message names it.

    Examples:
        >>> compacted, _ = table_files(StudyPaths(directory), "predictions")
        >>> read_schema(compacted[0]).names
        ['trial_id', 'index', 'label', 'predicted', 'confidence']
    """
    with naming_damage(path):
        return pq.read_schema(parquet_source(path))


def read_rows(
    path: AnyPath,
    *,
    columns: list[str] | None = None,
    trial_ids: Collection[str] | None = None,
) -> pa.Table:
    """The rows of a file, in the current schema unless `columns` names some of its columns.

    Args:
        path: the file; its folder has the name of its table.
        columns: names of the columns to read; None reads all.
        trial_ids: ids of the trials whose rows to read; None reads all rows.

    Raises:
        ResultsError: the file is damaged or of a later schema version; the message names it.

    Examples:
        >>> compacted, _ = table_files(StudyPaths(directory), "trials")
        >>> read_rows(compacted[0], columns=["test_size"]).to_pylist()[0]
        {'test_size': 40}
    """
    name = path.parent.name
    with (
        naming_damage(path),
        # Not read as a data set, which takes five times the memory with thousands of row groups.
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
    file: pq.ParquetFile, trial_ids: frozenset[str], *, columns: list[str] | None
) -> pa.Table:
    """The rows of these trials; row groups of other trials are not read."""
    position = file.schema_arrow.get_field_index("trial_id")
    groups: list[int] = []
    for number in range(file.num_row_groups):
        statistics = file.metadata.row_group(number).column(position).statistics
        # Files of other writers may lack statistics, or mix trials in a group.
        if (
            statistics is None
            or not statistics.has_min_max
            or statistics.min != statistics.max
            or statistics.min in trial_ids
        ):
            groups.append(number)
    rows = file.read_row_groups(groups, columns=columns)
    return rows.filter(pc.field("trial_id").isin(pa.array(list(trial_ids), pa.string())))


@contextmanager
def naming_damage(path: AnyPath) -> Generator[None]:
    """Turn whatever reading a damaged file raises into an error that names the file.

    Raises:
        ResultsError: the block raised an error that a damaged file causes.

    Examples:
        >>> with naming_damage(Path("epochs/a1.parquet")):
        ...     pq.read_schema(pa.BufferReader(b"half a file"))
        Traceback (most recent call last):
        results.storage.errors.ResultsError: epochs/a1.parquet: damaged (...); run the study ...
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ResultsError(
            f"{path}: damaged ({' '.join(str(error).split())}); run the study again: that sets "
            "the file aside and trains again what it held"
        ) from error
