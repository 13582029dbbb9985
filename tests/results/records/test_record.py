"""Records and the schema they must fit."""

import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from results import Outcome, SchemaError, error_record, make_record
from results.records.description import describe
from results.records.outcome import EARLIER
from results.records.record import seeding_of, trial_of
from results.records.schema import (
    EPOCHS,
    IMAGES,
    PREDICTIONS,
    SCHEMA_VERSION,
    TRIAL_COLUMNS,
    check_columns,
    check_version,
    factor_names,
    trials_schema,
)
from search_spaces import Cell, Factor, Seeding, Space, find_space
from tests.given.studies import measured, plan, record

TRIAL = plan(find_space("smoke"))[0]


def without(columns, name):
    return {key: value for key, value in columns.items() if key != name}


def test_a_row_carries_its_levels_seed_and_protocol():
    row = record(TRIAL).row
    assert row["trial_id"] == TRIAL.id
    assert {name: row[name] for name in TRIAL.cell.as_dict()} == TRIAL.cell.as_dict()
    assert (row["seed"], row["epochs"], row["batch_size"]) == (0, 10, 10)
    assert row["schema_version"] == SCHEMA_VERSION


def test_every_row_of_epochs_and_predictions_carries_the_trial():
    kept = record(TRIAL)
    assert set(kept.epochs["trial_id"].to_pylist()) == {TRIAL.id}
    assert kept.predictions["index"].to_pylist() == list(range(40))
    assert kept.predictions.schema.equals(PREDICTIONS)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (without(measured(), "host"), "columns differ from the schema in host"),
        (measured(mood="good"), "columns differ from the schema in mood"),
        (measured(seconds="long"), "values don't fit the schema: .*long"),
        (measured(threads="one"), "values don't fit the schema"),
        (measured(seed=5), "seed: said by the trial, not to be measured"),
        (measured(loss="mse"), "loss: said by the trial"),
    ],
)
def test_a_row_that_does_not_fit_is_refused(columns, message):
    with pytest.raises(SchemaError, match=message):
        make_record(TRIAL, measured=columns)


@pytest.mark.parametrize(
    ("predictions", "message"),
    [
        ({}, "columns differ from the schema in confidence, index, label, predicted"),
        ({"index": [0], "label": [1], "predicted": [1]}, "schema in confidence"),
        (
            {"index": [0], "label": [40_000], "predicted": [1], "confidence": [0.5]},
            "values don't fit the schema: .*40000",
        ),
        (
            {"index": [0, 1], "label": [1], "predicted": [1], "confidence": [0.5]},
            "values don't fit the schema",
        ),
    ],
)
def test_predictions_that_do_not_fit_are_refused(predictions, message):
    with pytest.raises(SchemaError, match=message):
        make_record(TRIAL, measured=measured(), predictions=predictions)


def test_an_error_record_keeps_what_is_known_and_nulls_the_rest():
    failed = error_record(TRIAL, error="MemoryError: none left", known={"host": "far"})
    assert failed.row["outcome"] == Outcome.ERROR
    assert failed.row["error"] == "MemoryError: none left"
    assert (failed.row["host"], failed.row["test_accuracy"], failed.row["ray"]) == (
        "far",
        None,
        None,
    )
    assert failed.epochs.num_rows == failed.predictions.num_rows == 0


@pytest.mark.parametrize("name", ["trial_id", *(column.name for column in TRIAL_COLUMNS)])
def test_a_factor_may_not_have_the_name_of_a_column(name):
    with pytest.raises(SchemaError, match=f"factor name '{name}' is already a column"):
        trials_schema({name: "a"})


def test_a_study_whose_factor_has_the_name_of_a_column_is_refused_before_it_is_described():
    space = Space(
        name="mine",
        title="Mine",
        factors=(Factor(name="seconds", levels=(1, 2)),),
        settings=find_space("smoke").settings,
        factory="my:model",
        maths="mine/1",
    )
    with pytest.raises(SchemaError, match="factor name 'seconds' is already a column"):
        describe(space, plan(space), EARLIER)


def test_text_levels_are_strings_and_numbers_doubles():
    schema = trials_schema({"loss": "mse", "width": 64, "rate": 0.5})
    types = [schema.field(name).type for name in ("loss", "width", "rate")]
    assert types == [pa.string(), pa.float64(), pa.float64()]
    assert schema.names[:4] == ["trial_id", "loss", "width", "rate"]


def test_factors_are_the_columns_that_the_schema_does_not_know():
    assert factor_names(trials_schema({"loss": "mse", "width": 64}).names) == ("loss", "width")


@pytest.mark.parametrize("schema", [EPOCHS, PREDICTIONS, IMAGES, trials_schema({"loss": "mse"})])
def test_files_of_this_version_are_accepted_and_others_refused(schema):
    check_version(schema, "file.parquet")
    other = schema.with_metadata({b"study_schema_version": b"99"})
    message = (
        "file.parquet: written with schema version 99, this program reads 1, 2, 3, 4, 5, 6; use"
    )
    with pytest.raises(SchemaError, match=message):
        check_version(other, "file.parquet")


@pytest.mark.parametrize(
    ("metadata", "version"),
    [(None, "none"), ({b"mine": b"1"}, "none"), ({b"study_schema_version": b"\xff"}, "\ufffd")],
)
def test_a_file_without_a_version_is_refused(metadata, version):
    schema = EPOCHS.remove_metadata().with_metadata(metadata)
    with pytest.raises(SchemaError, match=f"written with schema version {version}"):
        check_version(schema, "file.parquet")


def test_a_file_may_have_more_columns_but_not_fewer():
    check_columns(EPOCHS.append(pa.field("more", pa.int8())), "epochs", "file.parquet")
    fewer = EPOCHS.remove(EPOCHS.get_field_index("epoch"))
    with pytest.raises(SchemaError, match=r"file\.parquet: no column 'epoch'"):
        check_columns(fewer, "epochs", "file.parquet")


def test_a_column_of_another_type_is_refused():
    other = EPOCHS.set(EPOCHS.get_field_index("epoch"), pa.field("epoch", pa.string()))
    with pytest.raises(SchemaError, match="column 'epoch' is string, not"):
        check_columns(other, "epochs", "file.parquet")


def test_a_row_says_which_trial_it_is_of():
    for level in ("mse", 3, 0.5):
        trial = dataclasses.replace(TRIAL, cell=Cell.of({"loss": level, "width": 64}))
        row = make_record(trial, measured=measured()).row
        assert trial_of(row).id == row["trial_id"] == trial.id


@pytest.mark.parametrize("seeding", Seeding)
def test_a_row_says_what_its_trial_was_drawn_from(seeding):
    (trial, *_) = plan(find_space("smoke"), seeding=seeding)
    row = make_record(trial, measured=measured()).row
    assert row["seeding"] == seeding.value
    assert trial_of(row) == trial


@pytest.mark.parametrize("nothing", [{"seeding": None}, {}])
def test_a_row_without_a_seeding_shared_its_seed(nothing):
    (trial, *_) = plan(find_space("smoke"), seeding=Seeding.SHARED)
    row = {**without(make_record(trial, measured=measured()).row, "seeding"), **nothing}
    assert seeding_of(row) is Seeding.SHARED
    assert trial_of(row) == trial


def test_confidence_may_be_nan():
    columns = {"index": [0], "label": [1], "predicted": [1], "confidence": [np.nan]}
    kept = make_record(TRIAL, measured=measured(), predictions=columns)
    assert np.isnan(kept.predictions["confidence"].to_numpy()).all()
