"""What is in a study directory, and what to do where some of it is damaged."""

import dataclasses

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from results import Outcome, SchemaError, StudyPaths, load_study
from results.records.inventory import drop_remnants, set_aside, take_inventory
from results.records.parquet_files import write_part
from results.records.store import (
    compact,
    read_predictions,
    read_trials,
    recorded_ids,
    write_record,
)
from results.verify import verify
from search_spaces import find_space
from tests.given.studies import plan, record, write_study

TRIALS = plan(find_space("smoke"), seeds=2)
IDS = [trial.id for trial in TRIALS]
TABLES = ("trials", "epochs", "predictions")


@pytest.fixture
def paths(tmp_path):
    return StudyPaths(tmp_path)


def write(paths, trials=TRIALS, outcome=Outcome.TRAINED):
    for trial in trials:
        write_record(paths, record(trial, outcome=outcome))


def truncate(path):
    path.write_bytes(path.read_bytes()[:-100])


def flip(path):
    """Flip a bit in the values of the first column of the first group of rows."""
    column = pq.ParquetFile(path).metadata.row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    content = bytearray(path.read_bytes())
    content[start + column.total_compressed_size - 1] ^= 1
    path.write_bytes(content)


def test_what_is_recorded_whole_needs_no_training(paths):
    write(paths, TRIALS[:4])
    write(paths, TRIALS[4:5], outcome=Outcome.ERROR)
    for _ in range(2):
        inventory = take_inventory(paths)
        assert inventory.recorded == recorded_ids(paths) == set(IDS[:4])
        assert inventory.errors == {IDS[4]}
        assert inventory.incomplete == frozenset()
        assert inventory.damaged == {}
        compact(paths)


def test_an_empty_directory_holds_nothing(paths):
    assert take_inventory(paths).recorded == frozenset()


@pytest.mark.parametrize("harm", [truncate, flip, lambda path: path.write_bytes(b"")])
@pytest.mark.parametrize("table", TABLES)
def test_a_damaged_part_costs_its_own_trial_only(paths, table, harm):
    write(paths)
    harm(paths.part(table, IDS[0]))
    inventory = take_inventory(paths)
    assert list(inventory.damaged) == [paths.part(table, IDS[0])]
    assert inventory.recorded == set(IDS[1:])
    set_aside(inventory)
    assert take_inventory(paths).damaged == {}
    write(paths, TRIALS[:1])
    assert recorded_ids(paths) == set(IDS)


@pytest.mark.parametrize("table", TABLES)
def test_a_damaged_compacted_file_costs_the_trials_in_the_damaged_rows_only(paths, table):
    write(paths)
    whole = read_predictions(paths, IDS[:-1])
    compact(paths)
    (path,) = paths.table(table).glob("*.parquet")
    flip(path)
    content = path.read_bytes()
    inventory = take_inventory(paths)
    (lost,) = set(IDS) - inventory.recorded
    (renamed,) = set_aside(inventory)
    assert renamed.read_bytes() == content
    assert take_inventory(paths).recorded == set(IDS) - {lost}
    compact(paths)
    assert recorded_ids(paths) == set(IDS) - {lost}
    kept = read_predictions(paths, IDS)
    expected = whole[whole["trial_id"].isin(kept["trial_id"])]
    assert len(kept) >= len(expected)
    assert len(read_trials(paths)) == 8 - (table == "trials")


def test_setting_aside_twice_changes_nothing(paths):
    write(paths)
    compact(paths)
    for path in paths.table("trials").glob("*.parquet"):
        flip(path)
    set_aside(take_inventory(paths))
    names = sorted(paths.root.rglob("*"))
    set_aside(take_inventory(paths))
    assert sorted(paths.root.rglob("*")) == names


def test_a_row_whose_content_is_not_that_of_its_id_is_damage(paths):
    write(paths)
    path = paths.part("trials", IDS[0])
    rows = pq.read_table(path)
    changed = rows.set_column(rows.column_names.index("seed"), "seed", pa.array([7], pa.int64()))
    pq.write_table(changed, path)
    inventory = take_inventory(paths)
    assert "has another content" in inventory.damaged[path]
    assert IDS[0] not in inventory.recorded


def test_a_part_under_the_name_of_another_trial_is_damage(paths):
    write(paths)
    paths.part("epochs", IDS[0]).replace(paths.part("epochs", IDS[1]))
    inventory = take_inventory(paths)
    assert inventory.damaged[paths.part("epochs", IDS[1])] == f"holds rows of {IDS[0]}"
    assert inventory.recorded == set(IDS[2:])


def test_a_trial_with_too_few_rows_is_incomplete(paths):
    write(paths)
    path = paths.part("predictions", IDS[0])
    pq.write_table(pq.read_table(path).slice(1), path)
    inventory = take_inventory(paths)
    assert inventory.incomplete == {IDS[0]}
    assert inventory.damaged == {}


def test_damaged_images_are_set_aside_too(tmp_path):
    paths = write_study(tmp_path)
    (path,) = paths.table("images").glob("*.parquet")
    flip(path)
    set_aside(take_inventory(paths))
    assert len(load_study(tmp_path).images) == 0


def test_a_later_schema_version_is_refused_and_left_alone(paths):
    write(paths)
    path = paths.part("trials", IDS[0])
    rows = pq.read_table(path)
    pq.write_table(rows.replace_schema_metadata({b"study_schema_version": b"99"}), path)
    with pytest.raises(SchemaError, match="schema version 99"):
        take_inventory(paths)


@pytest.mark.parametrize("listed", [b'["nonsense"]', b"[", b"[]", b"7"])
def test_a_footer_that_lists_other_trials_is_repaired_at_no_cost(paths, listed):
    write(paths)
    compact(paths)
    (path,) = paths.table("epochs").glob("*.parquet")
    rows = pq.read_table(path)
    metadata = {**rows.schema.metadata, b"trial_ids": listed}
    pq.write_table(rows.replace_schema_metadata(metadata), path)
    inventory = take_inventory(paths)
    assert "its list of trials" in inventory.damaged[path]
    set_aside(inventory)
    repaired = take_inventory(paths)
    assert repaired.damaged == {}
    assert repaired.recorded == recorded_ids(paths) == set(IDS)


def test_a_group_of_several_trials_as_other_tools_write_it_is_read(paths):
    write(paths)
    compact(paths)
    for table in TABLES:
        (path,) = paths.table(table).glob("*.parquet")
        pq.write_table(pq.read_table(path), path)
    inventory = take_inventory(paths)
    assert (inventory.recorded, inventory.damaged) == (set(IDS), {})
    assert verify(paths.root).problems == ()


def changed(trial):
    """The record of a training elsewhere, whose answers differ."""
    other = record(trial)
    field = other.predictions.schema.field("predicted")
    predicted = [(label + 1) % 10 for label in other.predictions["label"].to_pylist()]
    place = other.predictions.column_names.index("predicted")
    rows = other.predictions.set_column(place, field, pa.array(predicted, field.type))
    return dataclasses.replace(other, predictions=rows)


@pytest.mark.parametrize("table", TABLES)
def test_what_is_left_of_a_trial_is_never_mixed_with_its_new_training(paths, table):
    write(paths)
    compact(paths)
    (path,) = paths.table(table).glob("*.parquet")
    flip(path)
    inventory = take_inventory(paths)
    set_aside(inventory)
    (lost,) = set(IDS) - take_inventory(paths).recorded
    drop_remnants(paths, take_inventory(paths), [lost])
    for name in TABLES:
        assert lost not in {path.stem for path in paths.table(name).glob("*.parquet")}
    write_record(paths, changed(next(trial for trial in TRIALS if trial.id == lost)))
    compact(paths)
    assert recorded_ids(paths) == take_inventory(paths).recorded == set(IDS)
    rows = read_predictions(paths, [lost])
    assert (rows["predicted"] != rows["label"]).all()
    others = read_predictions(paths, IDS)
    assert len(others) == 8 * 40


def test_other_trials_keep_their_remnants(paths):
    write(paths, TRIALS[:2])
    for trial in TRIALS[:2]:
        paths.part("trials", trial.id).unlink()
    drop_remnants(paths, take_inventory(paths), IDS[:1])
    assert [path.stem for path in paths.table("epochs").glob("*")] == [IDS[1]]


def test_a_table_of_many_rows_stays_one_group(tmp_path):
    rows = pa.table({"x": pa.array(range(1_100_000), pa.int32())})
    write_part(tmp_path / "many.parquet", rows)
    assert pq.ParquetFile(tmp_path / "many.parquet").num_row_groups == 1
