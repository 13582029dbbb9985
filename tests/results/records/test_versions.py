"""A study that schema version 1 wrote, checked in as it was: parts and compacted files."""

import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from results import StudyPaths, load_study
from results.records.inventory import take_inventory
from results.records.store import compact, recorded_ids, write_record
from search_spaces import find_space
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
    assert study.trials[["continued", "kernel", "regime"]].isna().all(axis=None)
    assert set(study.trials["schema_version"]) == {1}
    assert study.description.runs == ()


def test_its_trials_need_no_training(paths):
    inventory = take_inventory(paths)
    assert inventory.recorded == recorded_ids(paths)
    assert len(inventory.recorded) == 6
    assert inventory.damaged == {}


def test_its_parts_are_compacted_with_new_ones(paths):
    before = load_study(paths.root)
    for trial in plan(find_space("smoke")):
        write_record(paths, record(trial))
    compact(paths)
    for path in paths.table("trials").glob("compacted-*"):
        metadata = pq.read_schema(path).metadata
        assert metadata[b"study_schema_version"] in (b"1", b"4")
    after = load_study(paths.root)
    pd.testing.assert_frame_equal(before.trials, after.trials, check_dtype=False)
    pd.testing.assert_frame_equal(before.predictions, after.predictions)
    assert after.others == 6


def test_its_pages_are_drawn(paths):
    from dashboards import build_pages

    assert [page.stat().st_size > 1_000_000 for page in build_pages(paths.root)] == [True, True]
