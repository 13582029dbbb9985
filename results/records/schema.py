"""The four tables of a study: their columns, types, labels and units.

They are the public interface for everyone's own tools; a change here raises `SCHEMA_VERSION`. Files
of an older version are read as if this one had written them: columns that they lack are null.
"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from results.storage.errors import SchemaError

SCHEMA_VERSION = 6
VERSION_KEY = b"study_schema_version"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Args:
        name: name of the column in the Parquet files.
        type: Arrow type of its values.
        label: name of the column on axes and in printed tables.
        meaning: a phrase that says what the column holds.
        unit: unit of its values; empty for pure numbers, texts and flags.
        since: schema version that brought the column.

    Examples:
        >>> column = next(c for c in COLUMNS["epochs"] if c.name == "seconds")
        >>> column.label, column.unit, column.meaning
        ('seconds', 's', 'wall time of the epoch, including its evaluation')
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
    meaning="id of the trial: the first 16 hex digits of SHA-256 over its cell, seed, protocol and "
    "maths",
)


def _column(
    name: str, type_: pa.DataType, meaning: str, *, label: str = "", unit: str = ""
) -> Column:
    label = label or name.replace("_", " ")
    return Column(name=name, type=type_, label=label, meaning=meaning, unit=unit)


# Between `trial_id` and these columns stands one column per factor, with the trial's level of it.
TRIAL_COLUMNS = (
    _column(
        "seed",
        pa.int64(),
        "number of the replicate; where seeds are `shared`, also the block in analyses across "
        "cells",
    ),
    _column("space", pa.string(), "name of the space under which the trial was first trained"),
    Column(
        name="regime",
        type=pa.string(),
        label="regime",
        meaning="how the learning rate came about when the trial was first trained: `fixed` by the "
        "protocol, tried in `tuning` on a validation split, or `tuned`; null means `fixed`",
        since=4,
    ),
    _column("dataset", pa.string(), "name of the data set"),
    _column(
        "dataset_hash",
        pa.string(),
        "SHA-256 (hex) over the four arrays of the whole data set; if resampled, over that hash",
    ),
    _column("train_size", pa.int64(), "number of training images used", unit="images"),
    _column("test_size", pa.int64(), "number of test images used", unit="images"),
    _column("subset_seed", pa.int64(), "seed of the stratified draw of the images used"),
    _column("epochs", pa.int64(), "planned number of passes over the training images"),
    _column("batch_size", pa.int64(), "number of images in a training step", unit="images"),
    _column(
        "evaluation_batch_size", pa.int64(), "number of images in a prediction batch", unit="images"
    ),
    _column("learning_rate", pa.float64(), "step size of the optimizer"),
    Column(
        name="seeding",
        type=pa.string(),
        label="seeding",
        meaning="what weights, order of images and noise are drawn from: `own`, from cell and "
        "seed, or `shared`, from the seed alone; null means `shared`",
        since=5,
    ),
    Column(
        name="resample",
        type=pa.bool_(),
        label="resample",
        meaning="whether the seed drew training and test images of its own from all images, and "
        "`index` of `predictions` is a position in these, the test images first; null means no",
        since=6,
    ),
    _column("maths", pa.string(), "name and version of the computation that trains the network"),
    _column(
        "outcome",
        pa.string(),
        "how the trial ended, as `trained` or `stuck`, by the next two columns; see "
        "`results.records.outcome`",
    ),
    Column(
        name="learned_from",
        type=pa.float64(),
        label="learned from",
        meaning="test accuracy, 0-1, from which on a trial counts as trained: it has learned; null "
        "means 0.9",
        since=6,
    ),
    Column(
        name="stuck_below",
        type=pa.float64(),
        label="stuck below",
        meaning="test accuracy, 0-1, below which one that has not counts as stuck or collapsed; "
        "null means 0.5",
        since=6,
    ),
    _column(
        "train_loss",
        pa.float64(),
        "loss on the training images after the last epoch; null if the trial was pruned",
    ),
    _column(
        "train_accuracy",
        pa.float64(),
        "accuracy on the training images after the last epoch, 0-1; null if the trial was pruned",
        label="training accuracy",
    ),
    _column("test_loss", pa.float64(), "loss on the test images after the last epoch"),
    _column("test_accuracy", pa.float64(), "accuracy on the test images after the last epoch, 0-1"),
    _column("seconds", pa.float64(), "wall time of the trial", unit="s"),
    Column(
        name="continued",
        type=pa.int64(),
        label="continued",
        meaning="number of times that the trial went on from a checkpoint",
        since=2,
    ),
    _column(
        "resident_mb",
        pa.float64(),
        "resident memory of the trial's process when the trial ended",
        unit="MB",
    ),
    _column("finished_at", pa.timestamp("us", tz="UTC"), "time at which the trial ended"),
    _column("host", pa.string(), "name of the machine that the trial ran on"),
    _column("device", pa.string(), "processor or accelerator that the trial ran on"),
    _column("threads", pa.int64(), "number of threads that TensorFlow was given"),
    _column("onednn", pa.bool_(), "whether TensorFlow's oneDNN kernels were on"),
    Column(
        name="kernel",
        type=pa.string(),
        label="kernel",
        meaning="form in which convolutions were computed; null means `stock`",
        since=3,
    ),
    _column("git_commit", pa.string(), "git commit of the code; null if it ran outside a checkout"),
    _column(
        "git_dirty",
        pa.bool_(),
        "whether the checkout had uncommitted changes; null outside a checkout",
    ),
    _column("python", pa.string(), "version of Python"),
    _column("tensorflow", pa.string(), "version of TensorFlow"),
    _column("keras", pa.string(), "version of Keras"),
    _column("ray", pa.string(), "version of Ray; null if the trial ran without Ray"),
    _column(
        "error", pa.string(), "the error that the trial raised; null unless the outcome is `error`"
    ),
    _column("schema_version", pa.int64(), "schema version under which the record was written"),
)

EPOCH_COLUMNS = (
    _ID,
    _column("epoch", pa.int64(), "number of the epoch, from 1"),
    _column(
        "train_loss",
        pa.float64(),
        "mean loss over the training images while the epoch trained on them",
    ),
    _column(
        "train_accuracy",
        pa.float64(),
        "mean accuracy over the training images while the epoch trained on them, 0-1",
        label="training accuracy",
    ),
    _column("test_loss", pa.float64(), "loss on the test images after the epoch"),
    _column("test_accuracy", pa.float64(), "accuracy on the test images after the epoch, 0-1"),
    _column("seconds", pa.float64(), "wall time of the epoch, including its evaluation", unit="s"),
)

PREDICTION_COLUMNS = (
    _ID,
    _column("index", pa.int32(), "position of the image in the data set's test array"),
    _column("label", pa.int16(), "class of the image"),
    _column("predicted", pa.int16(), "class for which the network gave the largest output"),
    _column("confidence", pa.float32(), "the largest output, 0-1; NaN if the network gave NaN"),
)

IMAGE_COLUMNS = (
    _column("dataset_hash", pa.string(), "SHA-256 (hex) over the data set's four arrays"),
    _column("index", pa.int32(), "position of the image in the data set's test array"),
    _column("label", pa.int16(), "class of the image"),
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
    """The schema of `trials` for the trials of a cell.

    Args:
        levels: the cell's level of each factor; a text level makes the factor's column strings, a
            number makes it doubles.

    Raises:
        SchemaError: a factor has the name of one of the schema's own columns.

    Examples:
        >>> trials_schema({"loss": "mse", "width": 64}).names[:4]
        ['trial_id', 'loss', 'width', 'seed']
    """
    fixed = [(c.name, c.type) for c in TRIAL_COLUMNS]
    clashes = sorted({_ID.name, *(name for name, _ in fixed)} & set(levels))
    if clashes:
        raise SchemaError(
            f"factor name {clashes[0]!r} is already a column of the records; rename it"
        )
    factors = [
        (name, pa.string() if isinstance(level, str) else pa.float64())
        for name, level in levels.items()
    ]
    return pa.schema([(_ID.name, _ID.type), *factors, *fixed], metadata=_METADATA)


def factor_names(columns: Iterable[str]) -> tuple[str, ...]:
    """The names of the factors among the columns of a `trials` table, in their order there.

    Examples:
        >>> factor_names(["trial_id", "loss", "width", "seed", "outcome"])
        ('loss', 'width')
    """
    own = {_ID.name, *(column.name for column in TRIAL_COLUMNS)}
    return tuple(name for name in columns if name not in own)


def check_version(schema: pa.Schema, source: object) -> int:
    """The schema version that a file was written with, if this program can read it.

    Args:
        schema: Arrow schema of the file.
        source: path of the file, for the message.

    Raises:
        SchemaError: the version is missing or a later one; the message names the file.

    Examples:
        >>> check_version(EPOCHS.with_metadata({VERSION_KEY: b"3"}), "epochs/a.parquet")
        3
    """
    version = (schema.metadata or {}).get(VERSION_KEY, b"none").decode(errors="replace")
    return readable_version(version, source)


def readable_version(version: object, source: object) -> int:
    """The schema version as a number, if this program can read it.

    Args:
        version: the version as a file gives it, a number or a text.
        source: path of the file, for the message.

    Raises:
        SchemaError: the version is missing or a later one; the message names the file.

    Examples:
        >>> readable_version("2", "study.json")
        2
    """
    readable = {str(number): number for number in range(1, SCHEMA_VERSION + 1)}
    if str(version) not in readable:
        raise SchemaError(
            f"{source}: written with schema version {version}, this program reads "
            f"{', '.join(readable)}; use the release that wrote it"
        )
    return readable[str(version)]


def check_columns(schema: pa.Schema, table: str, source: object) -> None:
    """Refuse a file that lacks a column of its schema version, or has one of another type.

    Further columns, such as those of factors, are allowed.

    Args:
        schema: Arrow schema of the file.
        table: name of the file's table, a key of `COLUMNS`.
        source: path of the file, for the message.

    Raises:
        SchemaError: a column is missing or has another type, or the version can't be read; the
            message names the column and the file.

    Examples:
        >>> check_columns(EPOCHS.remove(EPOCHS.get_field_index("epoch")), "epochs", "a.parquet")
        Traceback (most recent call last):
        results.storage.errors.SchemaError: a.parquet: no column 'epoch'; damaged, or not from ...
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
    """The rows of a table in the current schema: columns that came later are added as nulls.

    Args:
        rows: rows of any schema version.
        table: name of their table, a key of `COLUMNS`.

    Examples:
        >>> old = trials_schema({}).remove(trials_schema({}).get_field_index("kernel"))
        >>> "kernel" in upgraded(old.empty_table(), "trials").column_names
        True
    """
    for column in COLUMNS[table]:
        if column.name not in rows.column_names:
            nulls = pa.array([None] * len(rows), column.type)
            rows = rows.append_column(column.name, nulls)
    metadata = {**(rows.schema.metadata or {}), VERSION_KEY: str(SCHEMA_VERSION).encode()}
    return rows.replace_schema_metadata(metadata)
