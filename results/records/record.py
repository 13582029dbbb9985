"""A record: what one trial left behind."""

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
from search_spaces import Cell, Protocol, Regime, Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The rows a trial adds to the tables.

    Args:
        trial: one row of `trials`.
        epochs: `epochs` rows `(n_epochs)`, fewer where it was pruned; none where it raised.
        predictions: `predictions` rows `(n_test_images)`; none where the trial raised.
    """

    trial: pa.Table
    epochs: pa.Table
    predictions: pa.Table

    @property
    def trial_id(self) -> str:
        """Identity of the trial."""
        return self.row["trial_id"]

    @property
    def row(self) -> dict[str, Any]:
        """The row of `trials` by column name."""
        return self.trial.to_pylist()[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a trial comes from: the columns of its row that only the driver knows.

    Args:
        space: name of the space.
        regime: how the trial's nuisance setting came about; None in records from before version 4.
        kernel: the form in which convolutions are computed.
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
        """The values by column name of `trials`."""
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
        trial: what was trained.
        measured: the columns of `trials` that the trial itself doesn't determine.
        epochs: columns of `epochs` without `trial_id`, each `(n_epochs)`.
        predictions: columns of `predictions` without `trial_id`, each `(n_test_images)`.

    Raises:
        SchemaError: a column is missing, unknown, of another type, or the trial's own.
    """
    levels = trial.cell.as_dict()
    own = {
        "trial_id": trial.id,
        **levels,
        "seed": trial.seed,
        **protocol_columns(trial.protocol),
        "maths": trial.maths,
    }
    doubled = sorted(set(own) & set(measured))
    if doubled:
        raise SchemaError(f"{', '.join(doubled)}: said by the trial, not to be measured")
    columns = {name: [value] for name, value in {**own, **measured}.items()}
    return Record(
        trial=_table(columns, trials_schema(levels)),
        epochs=_rows(trial, epochs, EPOCHS),
        predictions=_rows(trial, predictions, PREDICTIONS),
    )


def error_record(trial: Trial, *, error: str, known: Mapping[str, object]) -> Record:
    """The record of a trial that raised, or whose process died: the error's text, no figures.

    Args:
        trial: what was to be trained.
        error: one line for the failure list.
        known: measured columns that are known all the same; the others become null.
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
    """The trial that a row of `trials` says it is of: `trial_of(row).id == row["trial_id"]`.

    Args:
        row: by column name, None where a column is null: factors the trial doesn't have.

    Raises:
        SpaceError, TypeError: the row's protocol is none.
    """
    levels = {name: row[name] for name in factor_names(row) if row[name] is not None}
    settings = {name: row[name] for name in Protocol.__dataclass_fields__}
    return Trial(
        cell=Cell.of(levels), seed=row["seed"], protocol=Protocol(**settings), maths=row["maths"]
    )


def protocol_columns(protocol: Protocol) -> dict[str, object]:
    """The protocol as columns of `trials`."""
    return {name: getattr(protocol, name) for name in protocol.__dataclass_fields__}


def _rows(trial: Trial, columns: Mapping[str, Any] | None, schema: pa.Schema) -> pa.Table:
    if columns is None:
        return schema.empty_table()
    length = len(next(iter(columns.values()), ()))
    return _table({"trial_id": [trial.id] * length, **columns}, schema)


def _table(columns: Mapping[str, Any], schema: pa.Schema) -> pa.Table:
    if set(columns) != set(schema.names):
        wrong = sorted(set(columns) ^ set(schema.names))
        raise SchemaError(f"a record's columns differ from the schema in {', '.join(wrong)}")
    try:
        return pa.table({name: columns[name] for name in schema.names}, schema=schema)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise SchemaError(f"a record's values don't fit the schema: {error}") from error
