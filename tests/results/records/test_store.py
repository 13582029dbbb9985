"""The store: what is written is read, whatever happened in between."""

import contextlib
import dataclasses
import shutil
import subprocess
import sys
import threading

import duckdb
import pandas as pd
import polars
import pyarrow.parquet as pq
import pytest

from results import Outcome, ResultsError, SchemaError, StudyPaths, load_study
from results.records.store import (
    compact,
    read_epochs,
    read_images,
    read_predictions,
    read_trials,
    recorded_ids,
    write_images,
    write_record,
)
from results.storage.files import write_atomically
from results.storage.lock import locked
from search_spaces import Factor, find_space
from tests.given.places import ROOT
from tests.given.studies import DATASET_HASH, images, plan, record, write_study

TRIALS = plan(find_space("smoke"))
IDS = [trial.id for trial in TRIALS]
TABLES = ("trials", "epochs", "predictions")


@pytest.fixture
def paths(tmp_path):
    return StudyPaths(tmp_path)


def write(paths, trials=TRIALS, outcome=Outcome.TRAINED):
    for trial in trials:
        write_record(paths, record(trial, outcome=outcome))


def everything(paths):
    """All rows of the three tables of trials."""
    return read_trials(paths), read_epochs(paths, IDS), read_predictions(paths, IDS)


def assert_same(first, second):
    for left, right in zip(first, second, strict=True):
        pd.testing.assert_frame_equal(left, right)


def files(paths):
    return sorted(str(path.relative_to(paths.root)) for path in paths.root.rglob("*.parquet"))


def test_a_record_is_read_as_it_was_written(paths):
    write(paths, TRIALS[:1])
    trials, epochs, predictions = everything(paths)
    assert trials["trial_id"].tolist() == IDS[:1]
    assert epochs["epoch"].tolist() == list(range(1, 11))
    written = record(TRIALS[0]).predictions.to_pandas()
    pd.testing.assert_frame_equal(predictions, written)


def test_an_empty_directory_has_empty_tables(paths):
    assert [len(table) for table in everything(paths)] == [0, 0, 0]
    assert recorded_ids(paths) == frozenset()
    assert len(read_images(paths, DATASET_HASH)) == 0


def test_writing_a_record_again_changes_nothing(paths):
    write(paths)
    before, names = everything(paths), files(paths)
    write(paths)
    assert files(paths) == names
    assert_same(everything(paths), before)


def test_parts_and_compacted_files_read_alike(paths):
    write(paths)
    before = everything(paths)
    compact(paths)
    assert len(files(paths)) == 3
    assert_same(everything(paths), before)


def test_a_directory_named_like_a_partition_gains_no_column(tmp_path):
    paths = StudyPaths(tmp_path / "width=64")
    write(paths)
    compact(paths)
    assert "width" not in read_trials(paths)


def test_compacting_twice_changes_nothing(paths):
    write(paths)
    compact(paths)
    names = files(paths)
    compact(paths)
    assert files(paths) == names


def test_later_records_join_the_compacted_ones(paths):
    write(paths, TRIALS[:2])
    compact(paths)
    write(paths, TRIALS[2:])
    before = everything(paths)
    assert before[0]["trial_id"].tolist() == sorted(IDS)
    compact(paths)
    assert len(files(paths)) == 6
    assert_same(everything(paths), before)


def test_rows_of_some_trials_are_read_alone(paths):
    write(paths)
    compact(paths)
    assert read_epochs(paths, IDS[1:3])["trial_id"].unique().tolist() == sorted(IDS[1:3])
    assert len(read_predictions(paths, [])) == 0


def test_rows_of_some_trials_are_found_in_files_of_other_writers(paths):
    write(paths)
    compact(paths)
    expected = read_epochs(paths, IDS[:1])
    (file,) = paths.table("epochs").iterdir()
    # All trials in one row group, and nothing said about what it holds.
    pq.write_table(pq.read_table(file), file, write_statistics=False)
    pd.testing.assert_frame_equal(read_epochs(paths, IDS[:1]), expected)


def test_errors_are_read_but_are_not_recorded(paths):
    write(paths, TRIALS[:1], outcome=Outcome.ERROR)
    write(paths, TRIALS[1:])
    assert recorded_ids(paths) == set(IDS[1:])
    assert read_trials(paths)["outcome"].value_counts().to_dict() == {"trained": 3, "error": 1}


def test_errors_stay_parts_and_are_replaced_by_a_later_training(paths):
    write(paths, TRIALS[:1], outcome=Outcome.ERROR)
    write(paths, TRIALS[1:])
    compact(paths)
    assert f"trials/{IDS[0]}.parquet" in files(paths)
    write(paths, TRIALS[:1])
    assert recorded_ids(paths) == set(IDS)
    compact(paths)
    assert read_trials(paths)["outcome"].tolist() == ["trained"] * 4


@pytest.mark.parametrize("compacted", [False, True])
def test_an_error_never_replaces_what_a_training_left(paths, compacted):
    write(paths)
    if compacted:
        compact(paths)
    before = everything(paths)
    write(paths, outcome=Outcome.ERROR)
    assert_same(everything(paths), before)


@pytest.mark.parametrize("interrupted", [TABLES, TABLES[:1], TABLES[1:]])
def test_an_interrupted_compaction_is_read_once_and_finished_by_the_next(paths, interrupted):
    write(paths)
    before = everything(paths)
    shutil.copytree(paths.root, paths.root / "saved")
    compact(paths)
    for table in interrupted:
        shutil.copytree(paths.root / "saved" / table, paths.table(table), dirs_exist_ok=True)
    assert len(list(paths.table(interrupted[0]).iterdir())) == 5
    assert_same(everything(paths), before)
    compact(paths)
    assert [len(list(paths.table(table).iterdir())) for table in TABLES] == [1, 1, 1]
    assert_same(everything(paths), before)


def test_rows_of_a_trial_that_was_never_recorded_are_not_compacted(paths):
    """Killed between predictions and `trials`: the next training writes them anew."""
    write(paths)
    paths.part("trials", IDS[0]).unlink()
    compact(paths)
    assert f"predictions/{IDS[0]}.parquet" in files(paths)


@pytest.mark.parametrize("table", TABLES)
def test_a_trial_without_its_rows_in_any_table_is_trained_again(paths, table):
    write(paths)
    paths.part(table, IDS[0]).unlink()
    assert recorded_ids(paths) == set(IDS[1:])


def test_reading_goes_on_while_a_driver_compacts(paths):
    write(paths, plan(find_space("full")))
    compaction = threading.Thread(target=compact, args=[paths])
    compaction.start()
    counts = {len(read_trials(paths))}
    while compaction.is_alive():
        counts.add(len(read_trials(paths)))
    compaction.join()
    assert counts == {32}


@pytest.mark.parametrize("table", TABLES)
def test_a_truncated_part_is_named(paths, table):
    write(paths)
    part = paths.part(table, IDS[0])
    part.write_bytes(part.read_bytes()[:-20])
    with pytest.raises(ResultsError, match=f"{part}: damaged .*; run the study again: that sets"):
        everything(paths)


@pytest.mark.parametrize("table", TABLES)
def test_a_truncated_compacted_file_is_named_by_reading_and_compacting(paths, table):
    write(paths)
    compact(paths)
    (compacted,) = paths.table(table).iterdir()
    compacted.write_bytes(compacted.read_bytes()[:100])
    for read in (everything, compact, recorded_ids):
        with pytest.raises(ResultsError, match=f"{compacted}: damaged"):
            read(paths)


def test_a_flipped_bit_in_the_data_is_never_read_as_a_result(paths):
    write(paths, TRIALS[:1])
    part = paths.part("predictions", IDS[0])
    good, before = part.read_bytes(), read_predictions(paths, IDS)
    footer = len(good) - 8 - int.from_bytes(good[-8:-4], "little")
    refused = 0
    for position in range(0, footer, 3):
        flipped = bytearray(good)
        flipped[position] ^= 1 << position % 8
        part.write_bytes(flipped)
        try:
            pd.testing.assert_frame_equal(read_predictions(paths, IDS), before)
        except ResultsError as error:
            assert str(part) in str(error)  # noqa: PT017  either is right, wrong rows are not
            refused += 1
    assert refused > footer / 3 / 2


def test_a_file_that_lacks_a_column_is_named(paths):
    write(paths, TRIALS[:1])
    part = paths.part("epochs", IDS[0])
    pq.write_table(pq.read_table(part).drop_columns("test_loss"), part)
    with pytest.raises(SchemaError, match=f"{part}: no column 'test_loss'"):
        read_epochs(paths, IDS)


def test_a_foreign_file_in_a_table_is_named(paths):
    write(paths)
    pd.DataFrame({"a": [1]}).to_parquet(paths.part("trials", "mine"))
    with pytest.raises(SchemaError, match=r"mine\.parquet: written with schema version none"):
        read_trials(paths)


def test_a_factor_that_changed_from_text_to_number_is_told(paths):
    for levels in (("thin", "wide"), (8, 16)):
        write(paths, plan(widths(levels)))
    with pytest.raises(SchemaError, match="a factor is text in some records and a number in oth"):
        read_trials(paths)


def widths(levels):
    factors = (Factor(name="width", levels=levels),)
    return dataclasses.replace(find_space("smoke"), factors=factors, claims=(), nuisance=None)


def test_studies_of_other_factors_share_a_directory(paths):
    write(paths)
    write(paths, plan(widths((8, 16))))
    compact(paths)
    trials = read_trials(paths)
    assert trials["width"].dropna().tolist() in ([8, 16], [16, 8])
    assert trials["loss"].notna().sum() == 4


def test_images_are_written_once(paths):
    write_images(paths, images())
    stamp = paths.part("images", DATASET_HASH).stat().st_mtime_ns
    write_images(paths, images())
    assert paths.part("images", DATASET_HASH).stat().st_mtime_ns == stamp
    assert read_images(paths, DATASET_HASH)["label"].tolist() == list(range(10)) * 4


def test_what_is_being_written_matches_no_readers_pattern(paths):
    seen = []

    def look(temporary):
        temporary.touch()
        seen.extend(temporary.parent.glob("*"))
        assert not list(temporary.parent.glob("*.parquet"))

    write_atomically(paths.part("trials", "abc"), look)
    assert len(seen) == 1
    assert files(paths) == ["trials/abc.parquet"]


def test_a_failed_write_leaves_the_old_file_and_no_other(paths):
    target = paths.root / "study.json"
    target.write_text("old")

    def fail(temporary):
        temporary.write_text("ha")
        raise RuntimeError("pulled out")

    with pytest.raises(RuntimeError, match="pulled out"):
        write_atomically(target, fail)
    assert [path.name for path in paths.root.iterdir()] == ["study.json"]
    assert target.read_text() == "old"


def test_what_a_killed_writer_left_is_not_read_and_compacted_away(paths):
    write(paths)
    leftover = paths.table("trials") / f".{IDS[0]}.parquet.123.tmp"
    leftover.write_bytes(b"half")
    assert len(read_trials(paths)) == 4
    compact(paths)
    assert not leftover.exists()


def test_a_file_that_cannot_be_written_is_named(paths):
    paths.table("trials").write_text("in the way")
    with pytest.raises(ResultsError, match=r"trials/.*\.parquet: can't be written"):
        write(paths)


HOLDER = """
import sys
from pathlib import Path
from results import StudyPaths
from results.storage.lock import locked
with locked(StudyPaths(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def held_by_another_process(paths):
    command = [sys.executable, "-c", HOLDER, paths.root]
    root = ROOT
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
    ) as process:
        try:
            assert process.stdout.readline() == "held\n"
            yield process
        finally:
            process.kill()


def test_a_directory_another_process_holds_is_refused_until_that_is_killed(paths):
    with held_by_another_process(paths) as holder:
        message = f"{paths.root} is in use by another driver"
        with pytest.raises(ResultsError, match=message), locked(paths):
            pass
        holder.kill()
        holder.wait(timeout=10)
        with locked(paths):
            assert paths.lock.exists()


def test_a_lock_is_free_again_after_its_block_even_if_that_raised(paths):
    with pytest.raises(RuntimeError, match="inside"), locked(paths):
        raise RuntimeError("inside")
    with locked(paths):
        assert paths.lock.exists()


def test_a_directory_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    paths = StudyPaths(tmp_path / "file" / "study")
    with (
        pytest.raises(ResultsError, match=r"can't write to .*study: Not a directory"),
        locked(paths),
    ):
        pass


def failing(trial):
    return Outcome.ERROR if trial.id == IDS[0] else Outcome.TRAINED


def test_public_tables_are_read_in_one_line(tmp_path):
    write_study(tmp_path, outcome=failing)
    rows = {"trials": 4, "epochs": 3 * 10, "predictions": 3 * 40, "images": 40}
    for table, expected in rows.items():
        assert duckdb.sql(f"from '{tmp_path}/{table}/*.parquet'").shape[0] == expected
        assert polars.read_parquet(f"{tmp_path}/{table}/*.parquet").height == expected
        assert len(pd.read_parquet(tmp_path / table)) == expected
    assert len(load_study(tmp_path).trials) == 4
