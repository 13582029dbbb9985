"""The record of a trial: the rows that it leaves in the tables."""

import dataclasses
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from results.records.outcome import Outcome
from results.records.schema import (
    EPOCHS,
    PREDICTIONS,
    SCHEMA_VERSION,
    TRIAL_COLUMNS,
    factor_names,
    trials_schema,
)
from results.storage.errors import SchemaError
from search_spaces import Cell, Protocol, Regime, Seeding, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The rows that a trial adds to the tables.

    Args:
        trial: the trial's row of `trials`.
        epochs: its `epochs` rows, one per epoch; fewer if it was pruned, none if it raised.
        predictions: its `predictions` rows, one per test image; none if it raised.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> row = next(iter(take_inventory(StudyPaths(directory)).rows.values()))
        >>> record = error_record(trial_of(row), error="MemoryError: none left", known={})
        >>> record.row["outcome"], record.epochs.num_rows, record.trial_id == row["trial_id"]
        ('error', 0, True)
    """

    trial: pa.Table
    epochs: pa.Table
    predictions: pa.Table

    @property
    def trial_id(self) -> str:
        """Id of the trial."""
        return self.row["trial_id"]

    @property
    def row(self) -> dict[str, Any]:
        """The trial's row of `trials`, by column name."""
        return self.trial.to_pylist()[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The columns of a trial's row that only the driver knows: where the trial comes from.

    Args:
        space: name of the space.
        regime: how the trial's nuisance setting came about; None in records of schema versions
            before 4.
        kernel: form in which convolutions are computed.
        git_commit: commit of the checkout that the study runs from; None outside one.
        git_dirty: whether that checkout has changes that are not committed; None outside one.

    Examples:
        >>> origin = Origin(space="full", kernel="banded", git_commit=None, git_dirty=None)
        >>> origin.columns()["regime"]
        'fixed'
    """

    space: str
    regime: Regime | None = Regime.FIXED
    kernel: str
    git_commit: str | None
    git_dirty: bool | None

    def columns(self) -> dict[str, object]:
        """The values by name of their column of `trials`."""
        return {**dataclasses.asdict(self), "regime": self.regime and self.regime.value}


def make_record(
    trial: Trial,
    *,
    measured: Mapping[str, object],
    epochs: Mapping[str, Any] | None = None,
    predictions: Mapping[str, Any] | None = None,
) -> Record:
    """The record of a trial.

    Args:
        trial: the trial, which determines its id, levels, seed, protocol and maths.
        measured: the value of each other column of `trials`.
        epochs: the columns of `epochs` without `trial_id`, each `(n_epochs,)`.
        predictions: the columns of `predictions` without `trial_id`, each `(n_test_images,)`.

    Raises:
        SchemaError: a column is missing, unknown, of another type, or determined by the trial.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> row = next(iter(take_inventory(StudyPaths(directory)).rows.values()))
        >>> trial, names = trial_of(row), [column.name for column in TRIAL_COLUMNS]
        >>> fixed = {"seed", "maths", *protocol_columns(trial.protocol)}
        >>> record = make_record(trial, measured={n: row[n] for n in names if n not in fixed})
        >>> record.row == row
        True
    """
    levels = trial.cell.as_dict()
    own = {
        "trial_id": trial.id,
        **levels,
        "seed": trial.seed,
        **protocol_columns(trial.protocol),
        "maths": trial.maths,
    }
    duplicates = sorted(set(own) & set(measured))
    if duplicates:
        raise SchemaError(f"{', '.join(duplicates)}: said by the trial, not to be measured")
    columns = {name: [value] for name, value in {**own, **measured}.items()}
    return Record(
        trial=_table(columns, trials_schema(levels)),
        epochs=_rows(trial, epochs, EPOCHS),
        predictions=_rows(trial, predictions, PREDICTIONS),
    )


def error_record(trial: Trial, *, error: str, known: Mapping[str, object]) -> Record:
    """The record of a trial that raised or whose process died: the error's text, no figures.

    Args:
        trial: the trial that failed.
        error: text of the error, one line.
        known: the values of measured columns that are known; all others become null.

    Raises:
        SchemaError: a known column is unknown to the schema, of another type, or determined by the
            trial.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> row = next(iter(take_inventory(StudyPaths(directory)).rows.values()))
        >>> record = error_record(trial_of(row), error="OSError: no disk", known={"host": "node-3"})
        >>> [record.row[name] for name in ("outcome", "error", "host", "test_accuracy")]
        ['error', 'OSError: no disk', 'node-3', None]
    """
    unknown = {column.name: None for column in TRIAL_COLUMNS}
    for name in ("seed", *protocol_columns(trial.protocol), "maths"):
        del unknown[name]
    return make_record(
        trial,
        measured={
            **unknown,
            "outcome": Outcome.ERROR.value,
            "error": error,
            "finished_at": datetime.datetime.now(datetime.UTC),
            "schema_version": SCHEMA_VERSION,
            **known,
        },
    )


def trial_of(row: Mapping[str, Any]) -> Trial:
    """The trial whose record a row of `trials` belongs to.

    If the row is intact, `trial_of(row).id == row["trial_id"]`.

    Args:
        row: the row by column name; None for a null, as in the column of a factor that the trial
            doesn't have.

    Raises:
        ValueError, TypeError: the row's settings are no protocol.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> row = next(iter(take_inventory(StudyPaths(directory)).rows.values()))
        >>> trial_of(row).cell.as_dict()["optimizer"], trial_of(row).id == row["trial_id"]
        ('sgd', True)
    """
    levels = {name: row[name] for name in factor_names(row) if row[name] is not None}
    chosen = ("seeding", "resample")
    settings = {name: row[name] for name in Protocol.__dataclass_fields__ if name not in chosen}
    resample = bool(row.get("resample"))
    protocol = Protocol(**settings, seeding=seeding_of(row), resample=resample)
    return Trial(cell=Cell.of(levels), seed=row["seed"], protocol=protocol, maths=row["maths"])


def seeding_of(row: Mapping[str, Any]) -> Seeding:
    """What the weights, order and noise of a recorded trial were drawn from.

    Args:
        row: the trial's row of the `trials` table; trials recorded before there was a choice have
            no seeding there, and shared their seeds.

    Raises:
        ValueError: the row holds no seeding that there is.

    Examples:
        >>> seeding_of({"seeding": "own"}).value, seeding_of({"seeding": None}).value
        ('own', 'shared')
    """
    return Seeding(row.get("seeding") or Seeding.SHARED)


def protocol_columns(protocol: Protocol) -> dict[str, object]:
    """The value of each protocol setting, by name of its column of `trials`.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> row = next(iter(take_inventory(StudyPaths(directory)).rows.values()))
        >>> columns = protocol_columns(trial_of(row).protocol)
        >>> columns["dataset"], columns["test_size"]
        ('digits', 40)
    """
    columns = {name: getattr(protocol, name) for name in protocol.__dataclass_fields__}
    return {**columns, "seeding": str(protocol.seeding)}


def _rows(trial: Trial, columns: Mapping[str, Any] | None, schema: pa.Schema) -> pa.Table:
    """The rows that these columns and the trial's id make; none without columns."""
    if columns is None:
        return schema.empty_table()
    length = len(next(iter(columns.values()), ()))
    return _table({"trial_id": [trial.id] * length, **columns}, schema)


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    differences = sorted(set(columns) ^ set(schema.names))
    if differences:
        raise SchemaError(f"a record's columns differ from the schema in {', '.join(differences)}")
    try:
        return pa.table({name: columns[name] for name in schema.names}, schema=schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaError(f"a record's values don't fit the schema: {error}") from error
