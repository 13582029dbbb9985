"""The four tables of a study: their columns, types, labels and units.

The public interface for everyone's own tools; a change here raises `SCHEMA_VERSION`. Files of an
older version are read as if written by this one: what they lack is null.
"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from results.storage.errors import SchemaError

SCHEMA_VERSION = 4
VERSION_KEY = b"study_schema_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name and Arrow type, how axes and tables call it, its unit and meaning.

    `since` is the schema version that brought it.
    """

    name: str
    type: pa.DataType
    label: str
    meaning: str
    unit: str = ""
    since: int = 1


_ID = Column(
    name="trial_id",
    type=pa.string(),
    label="trial",
    meaning="first 16 hex digits of SHA-256 over cell, seed, protocol and maths",
)


def _column(
    name: str, type_: pa.DataType, meaning: str, *, label: str = "", unit: str = ""
) -> Column:
    label = label or name.replace("_", " ")
    return Column(name=name, type=type_, label=label, meaning=meaning, unit=unit)


# After `trial_id` and before these stands one column per factor, with the cell's own levels.
TRIAL_COLUMNS = (
    _column("seed", pa.int64(), "replicate and block"),
    _column("space", pa.string(), "the space under which it was first trained"),
    Column(
        name="regime",
        type=pa.string(),
        label="regime",
        meaning="`fixed` learning rate, `tuning` it on a validation split, or `tuned`, when it was "
        "first trained; null: `fixed`",
        since=4,
    ),
    _column("dataset", pa.string(), "what the data set was called"),
    _column("dataset_hash", pa.string(), "SHA-256 over its four arrays"),
    _column("train_size", pa.int64(), "training images used", unit="images"),
    _column("test_size", pa.int64(), "test images used", unit="images"),
    _column("subset_seed", pa.int64(), "seed of the stratified draw of those images"),
    _column("epochs", pa.int64(), "passes over the training images"),
    _column("batch_size", pa.int64(), "images per training step", unit="images"),
    _column("evaluation_batch_size", pa.int64(), "images per prediction batch", unit="images"),
    _column("learning_rate", pa.float64(), "step size of the optimizer"),
    _column("maths", pa.string(), "name and version of the computation"),
    _column("outcome", pa.string(), "did it train? see `results.records.outcome`"),
    _column(
        "train_loss",
        pa.float64(),
        "after the last epoch, on the training images; null if it was pruned",
    ),
    _column(
        "train_accuracy",
        pa.float64(),
        "after the last epoch, 0-1; null if it was pruned",
        label="training accuracy",
    ),
    _column("test_loss", pa.float64(), "after the last epoch, on the test images"),
    _column("test_accuracy", pa.float64(), "after the last epoch, 0-1"),
    _column("seconds", pa.float64(), "wall time of the trial", unit="s"),
    Column(
        name="continued",
        type=pa.int64(),
        label="continued",
        meaning="how often it went on from a checkpoint",
        since=2,
    ),
    _column("resident_mb", pa.float64(), "memory of its process when it ended", unit="MB"),
    _column("finished_at", pa.timestamp("us", tz="UTC"), "when it ended"),
    _column("host", pa.string(), "where it ran"),
    _column("device", pa.string(), "processor or accelerator it ran on"),
    _column("threads", pa.int64(), "TensorFlow threads it was given"),
    _column("onednn", pa.bool_(), "whether TensorFlow's oneDNN kernels were on"),
    Column(
        name="kernel",
        type=pa.string(),
        label="kernel",
        meaning="in which form convolutions were computed; null: `stock`",
        since=3,
    ),
    _column("git_commit", pa.string(), "commit of the code; null outside a checkout"),
    _column("git_dirty", pa.bool_(), "whether the checkout had uncommitted changes"),
    _column("python", pa.string(), "version"),
    _column("tensorflow", pa.string(), "version"),
    _column("keras", pa.string(), "version"),
    _column("ray", pa.string(), "version; null where Ray was not involved"),
    _column("error", pa.string(), "what it raised; null unless outcome is `error`"),
    _column("schema_version", pa.int64(), "version of these columns"),
)

EPOCH_COLUMNS = (
    _ID,
    _column("epoch", pa.int64(), "from 1"),
    _column("train_loss", pa.float64(), "mean over the epoch's images as they were trained on"),
    _column("train_accuracy", pa.float64(), "likewise, 0-1", label="training accuracy"),
    _column("test_loss", pa.float64(), "after the epoch"),
    _column("test_accuracy", pa.float64(), "after the epoch, 0-1"),
    _column("seconds", pa.float64(), "wall time of the epoch, evaluation included", unit="s"),
)

PREDICTION_COLUMNS = (
    _ID,
    _column("index", pa.int32(), "position of the image in the data set's test array"),
    _column("label", pa.int16(), "its class"),
    _column("predicted", pa.int16(), "the class with the largest output"),
    _column("confidence", pa.float32(), "that output, 0-1; NaN where the network gave NaN"),
)

IMAGE_COLUMNS = (
    _column("dataset_hash", pa.string(), "SHA-256 over the data set's four arrays"),
    _column("index", pa.int32(), "position in the data set's test array"),
    _column("label", pa.int16(), "class"),
    _column("png", pa.binary(), "the image as a PNG file"),
)

_METADATA: dict[bytes | str, bytes | str] = {VERSION_KEY: str(SCHEMA_VERSION).encode()}
EPOCHS = pa.schema([(c.name, c.type) for c in EPOCH_COLUMNS], metadata=_METADATA)
PREDICTIONS = pa.schema([(c.name, c.type) for c in PREDICTION_COLUMNS], metadata=_METADATA)
IMAGES = pa.schema([(c.name, c.type) for c in IMAGE_COLUMNS], metadata=_METADATA)
COLUMNS = {
    "trials": (_ID, *TRIAL_COLUMNS),
    "epochs": EPOCH_COLUMNS,
    "predictions": PREDICTION_COLUMNS,
    "images": IMAGE_COLUMNS,
}


def trials_schema(levels: Mapping[str, object]) -> pa.Schema:
    """The schema of `trials` for a cell: text levels become strings, numeric ones doubles.

    Raises:
        SchemaError: a factor has the name of a column of its own.
    """
    fixed = [(c.name, c.type) for c in TRIAL_COLUMNS]
    taken = sorted({_ID.name, *(name for name, _ in fixed)} & set(levels))
    if taken:
        raise SchemaError(f"factor name {taken[0]!r} is already a column of the records; rename it")
    factors = [
        (name, pa.string() if isinstance(level, str) else pa.float64())
        for name, level in levels.items()
    ]
    return pa.schema([(_ID.name, _ID.type), *factors, *fixed], metadata=_METADATA)


def factor_names(columns: Iterable[str]) -> tuple[str, ...]:
    """The factors among the columns of a `trials` table: all that aren't columns of the schema."""
    known = {_ID.name, *(column.name for column in TRIAL_COLUMNS)}
    return tuple(name for name in columns if name not in known)


def check_version(schema: pa.Schema, source: object) -> int:
    """The schema version a file was written with, if this code can read it.

    Raises:
        SchemaError: the version is missing or a later one; the message names the file.
    """
    version = (schema.metadata or {}).get(VERSION_KEY, b"none").decode(errors="replace")
    return readable_version(version, source)


def readable_version(version: object, source: object) -> int:
    """The version as a number, if this code can read it.

    Raises:
        SchemaError: as `check_version`.
    """
    known = {str(number): number for number in range(1, SCHEMA_VERSION + 1)}
    if str(version) not in known:
        raise SchemaError(
            f"{source}: written with schema version {version}, this program reads "
            f"{', '.join(known)}; use the release that wrote it"
        )
    return known[str(version)]


def check_columns(schema: pa.Schema, table: str, source: object) -> None:
    """Refuse a file that lacks a column of its version, or has one of another type.

    Further columns, as those of factors, are allowed.

    Raises:
        SchemaError: so it is; the message names the column and the file.
    """
    version = check_version(schema, source)
    for column in COLUMNS[table]:
        if column.since <= version and column.name not in schema.names:
            raise SchemaError(
                f"{source}: no column {column.name!r}; damaged, or not from this program"
            )
        if column.name in schema.names and schema.field(column.name).type != column.type:
            raise SchemaError(
                f"{source}: column {column.name!r} is {schema.field(column.name).type}, not "
                f"{column.type}; damaged, or not from this program"
            )


def upgraded(rows: pa.Table, table: str) -> pa.Table:
    """Rows of an older version with the columns that came later, null."""
    for column in COLUMNS[table]:
        if column.name not in rows.column_names:
            nulls = pa.array([None] * len(rows), column.type)
            rows = rows.append_column(column.name, nulls)
    metadata = {**(rows.schema.metadata or {}), VERSION_KEY: str(SCHEMA_VERSION).encode()}
    return rows.replace_schema_metadata(metadata)
