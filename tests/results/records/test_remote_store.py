"""A study in a store is the study that a local directory holds."""

import dataclasses

import pandas as pd
import pyarrow as pa
import pytest

from dashboards.pages.drawing import build_pages
from dashboards.watch import file_stamps
from results import Outcome, RemotePath, ResultsError, StudyPaths, load_study
from results.records.inventory import drop_remnants, set_aside, take_inventory
from results.records.parquet_files import naming_damage, table_files
from results.records.store import compact, read_trials, recorded_ids, write_record
from results.report.render import to_markdown
from results.storage.errors import StoreError
from results.verify import verify
from search_spaces import find_space
from tests.given.studies import plan, record, report_of, write_study

TRIALS = plan(find_space("smoke"))


@pytest.fixture
def root(bucket):
    """Of a study that is not there yet."""
    return RemotePath(f"{bucket}/studies/one")


def failing(trial):
    return Outcome.ERROR if trial.id == TRIALS[0].id else Outcome.TRAINED


def test_a_study_in_a_store_equals_its_local_copy(tmp_path, root):
    local = load_study(write_study(tmp_path, outcome=failing).root)
    remote = load_study(write_study(root, outcome=failing).root)
    for name in ("trials", "epochs", "predictions", "images"):
        pd.testing.assert_frame_equal(getattr(local, name), getattr(remote, name))
    assert local.description == remote.description
    assert to_markdown(report_of(local)) == to_markdown(report_of(remote))
    assert verify(root) == verify(tmp_path)
    for here, there in zip(build_pages(tmp_path), build_pages(root), strict=True):
        assert here.read_bytes() == there.read_bytes()


def test_records_are_compacted_and_an_error_is_replaced(root):
    paths = StudyPaths(root)
    for trial in TRIALS:
        write_record(paths, record(trial, outcome=failing(trial)))
    compact(paths)
    assert len(recorded_ids(paths)) == 3
    write_record(paths, record(TRIALS[0]))
    assert len(recorded_ids(paths)) == 4
    compact(paths)
    compacted, parts = table_files(paths, "trials")
    assert (len(compacted), [path.stem for path in parts]) == (1, [TRIALS[0].id])
    assert len(read_trials(paths)) == 4
    assert verify(root).problems == ()


def test_a_damaged_file_is_set_aside_and_costs_its_own_trial(root):
    paths = StudyPaths(root)
    for trial in TRIALS:
        write_record(paths, record(trial))
    damaged = paths.part("epochs", TRIALS[1].id)
    damaged.write_bytes(damaged.read_bytes()[:-50])
    paths.part("epochs", TRIALS[2].id).write_bytes(b"")
    inventory = take_inventory(paths)
    assert len(set_aside(inventory)) == 2
    assert damaged.with_name(f"{damaged.name}.damaged").exists()
    inventory = take_inventory(paths)
    assert inventory.recorded == {TRIALS[0].id, TRIALS[3].id}
    drop_remnants(paths, inventory, [trial.id for trial in TRIALS])
    assert len(read_trials(paths)) == 2
    for trial in TRIALS[1:3]:
        write_record(paths, record(trial))
    assert take_inventory(paths).recorded == {trial.id for trial in TRIALS}


def test_a_store_out_of_reach_is_no_damage():
    for error in (StoreError("away"), FileNotFoundError("gone")):
        with pytest.raises(type(error)), naming_damage(RemotePath("s3://bucket/a")):
            raise error
    with pytest.raises(ResultsError, match="damaged"), naming_damage(RemotePath("s3://bucket/a")):
        raise pa.ArrowInvalid("no Parquet")


def test_a_change_of_the_records_is_noticed_and_one_of_the_pages_is_not(root):
    assert file_stamps(root) == {}
    paths = write_study(root)
    stamps = file_stamps(root)
    assert {path.parent.name for path in stamps} == {
        "one", "trials", "epochs", "predictions", "images",
    }  # fmt: skip
    build_pages(root)
    assert file_stamps(root) == stamps
    trial = dataclasses.replace(TRIALS[0], seed=9)
    write_record(paths, record(trial))
    assert file_stamps(root).keys() - stamps.keys() == {
        paths.part(name, trial.id) for name in ("trials", "epochs", "predictions")
    }
