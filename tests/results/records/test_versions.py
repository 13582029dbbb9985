"""Files of earlier schema versions. One study of version 1 is checked in as it was written."""

import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from results import StudyPaths, load_study
from results.records.inventory import take_inventory
from results.records.outcome import EARLIER, recorded_thresholds
from results.records.record import trial_of
from results.records.schema import COLUMNS, SCHEMA_VERSION, VERSION_KEY
from results.records.store import compact, recorded_ids, write_record
from results.verify import verify
from search_spaces import Seeding, find_space
from tests.given.studies import plan, record

VERSION_1 = Path(__file__).parent / "fixtures" / "version_1"


@pytest.fixture
def paths(tmp_path):
    shutil.copytree(VERSION_1, tmp_path, dirs_exist_ok=True)
    return StudyPaths(tmp_path)


def test_its_records_are_read_and_what_came_later_is_null(paths):
    study = load_study(paths.root)
    assert len(study.trials) == 4
    assert study.others == 2
    assert (len(study.epochs), len(study.predictions), len(study.images)) == (8, 80, 360)
    assert study.trials[["continued", "kernel", "regime", "seeding"]].isna().all(axis=None)
    assert set(study.trials["schema_version"]) == {1}
    assert study.description.runs == ()


def test_its_seeds_are_shared(paths):
    study = load_study(paths.root)
    assert study.description.protocol["seeding"] == "shared"
    assert study.seeding is Seeding.SHARED
    paths.description.unlink()
    assert load_study(paths.root).seeding is Seeding.SHARED


def test_what_it_calls_learned_is_kept(paths):
    study = load_study(paths.root)
    assert study.description.thresholds == EARLIER
    assert recorded_thresholds(study.trials.iloc[0]) == EARLIER
    paths.description.unlink()
    assert load_study(paths.root).description.thresholds == EARLIER


def test_its_trials_need_no_training(paths):
    inventory = take_inventory(paths)
    assert inventory.recorded == recorded_ids(paths)
    assert len(inventory.recorded) == 6
    assert inventory.damaged == {}
    for row in inventory.rows.values():
        assert {column.name for column in COLUMNS["trials"]} <= row.keys()


def test_its_parts_are_compacted_with_new_ones(paths):
    before = load_study(paths.root)
    for trial in plan(find_space("smoke")):
        write_record(paths, record(trial))
    compact(paths)
    for path in paths.table("trials").glob("compacted-*"):
        metadata = pq.read_schema(path).metadata
        assert metadata[b"study_schema_version"] in (b"1", str(SCHEMA_VERSION).encode())
    after = load_study(paths.root)
    pd.testing.assert_frame_equal(before.trials, after.trials, check_dtype=False)
    pd.testing.assert_frame_equal(before.predictions, after.predictions)
    assert after.others == 6


def write_as_version(version, paths, trial):
    """The record of a trial as an earlier version would have left it."""
    write_record(paths, record(trial))
    for name in ("trials", "epochs", "predictions"):
        path = paths.part(name, trial.id)
        rows = pq.read_table(path)
        later = [column.name for column in COLUMNS[name] if column.since > version]
        metadata = {**rows.schema.metadata, VERSION_KEY: str(version).encode()}
        pq.write_table(rows.drop_columns(later).replace_schema_metadata(metadata), path)


def test_files_of_all_versions_lie_in_one_directory(tmp_path):
    paths, smoke = StudyPaths(tmp_path), find_space("smoke")
    versions = range(1, SCHEMA_VERSION + 1)
    seedings = [Seeding.OWN if version >= 5 else Seeding.SHARED for version in versions]
    trials = [
        plan(smoke, seeds=version, seeding=seeding)[version - 1]
        for version, seeding in zip(versions, seedings, strict=True)
    ]
    for version, trial in zip(versions, trials, strict=True):
        write_as_version(version, paths, trial)
    for _ in ("parts", "compacted"):
        rows = take_inventory(paths).rows
        assert take_inventory(paths).recorded == {trial.id for trial in trials}
        assert [trial_of(rows[trial.id]) for trial in trials] == trials
        assert len(load_study(tmp_path).trials) == SCHEMA_VERSION
        assert verify(tmp_path).problems == ()
        compact(paths)


def test_its_pages_are_drawn(paths):
    from dashboards import build_pages

    assert [page.stat().st_size > 1_000_000 for page in build_pages(paths.root)] == [True, True]
