"""What a study survives: real kills, full disks, damaged files, clocks that jump."""

import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from results import StudyPaths, load_study
from results.records.store import read_trials
from results.verify import verify
from tests.given.places import ROOT

pytestmark = pytest.mark.fault

PROVENANCE = [
    "seconds", "continued", "resident_mb", "finished_at", "host", "git_commit", "git_dirty", "ray",
]  # fmt: skip
CELLS, EPOCHS, WORKERS = 4, 6, 2


class Command:
    """`python -m tests.given.counted` on one study directory, with its tally of epochs."""

    def __init__(self, directory, *options, space="counted", pause=0.0, study=None, **environment):
        directory.mkdir(exist_ok=True)
        self.study = study or directory / "study"
        self.tally = directory / "tally"
        self.arguments = ["--space", space, "--dataset", "digits", "--out", str(self.study)]
        self.arguments += options
        self.environment = {
            **os.environ,
            "TALLY": str(self.tally),
            "PAUSE": str(pause),
            **environment,
        }

    def start(self):
        """The command in a session of its own, as in a terminal of its own."""
        return subprocess.Popen(
            [sys.executable, "-m", "tests.given.counted", *self.arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self):
        """Exit code, output and errors of the command left alone."""
        running = self.start()
        output, errors = running.communicate(timeout=300)
        return running.returncode, output, errors

    def pids(self):
        """The worker of each epoch that was begun, the first one first."""
        return self.tally.read_text().split() if self.tally.exists() else []

    def wait_for_epochs(self, number, running):
        """Wait until this many more epochs have begun, or the command has ended."""
        enough = len(self.pids()) + number
        wait_until(lambda: len(self.pids()) >= enough or running.poll() is not None)

    def records(self):
        """The three tables without what may differ between two runs."""
        study = load_study(self.study)
        return (
            study.trials.drop(columns=PROVENANCE),
            study.epochs.drop(columns="seconds"),
            study.predictions,
        )


def wait_until(condition, seconds=120):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def assert_same_records(first, second):
    for left, right in zip(first.records(), second.records(), strict=True):
        pd.testing.assert_frame_equal(left, right)
    assert verify(second.study).problems == ()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A study of 4 cells, 3 seeds and 6 epochs that nothing happened to."""
    command = Command(tmp_path_factory.mktemp("undisturbed"), "--seeds", "3")
    code, _, errors = command.run()
    assert code == 0, errors
    assert len(command.pids()) == CELLS * 3 * EPOCHS
    return command


def test_twenty_kills_of_the_driver_cost_an_epoch_each_at_most(undisturbed, tmp_path):
    rng = random.Random(20)
    command = Command(tmp_path, "--seeds", "3", pause=0.25)
    kills = 0
    while kills < 20:
        running = command.start()
        if kills % 4 == 3:
            # While Ray, the workers or their first trials start.
            time.sleep(rng.uniform(0.5, 9))
        else:
            command.wait_for_epochs(rng.randint(1, 3), running)
            time.sleep(rng.uniform(0, 0.5))
        assert running.poll() is None, "the study ended before it was killed often enough"
        running.kill()
        running.communicate()
        kills += 1
    code, output, errors = command.run()
    assert code == 0, output + errors
    assert_same_records(undisturbed, command)
    assert len(load_study(command.study).trials) == CELLS * 3
    planned = CELLS * 3 * EPOCHS
    assert planned <= len(command.pids()) <= planned + kills * WORKERS
    assert not list(StudyPaths(command.study).checkpoints.iterdir())


def killed_on_its_way(command, rng):
    """Start it and kill it up to six times, until it ends by itself; yields after each kill."""
    for _ in range(6):
        running = command.start()
        command.wait_for_epochs(rng.randint(10, 50), running)
        if running.poll() is not None:
            break
        running.kill()
        running.communicate()
        yield


@pytest.mark.parametrize("sampler", ["qmc", "tpe"])
def test_kills_while_tuning_change_no_value_and_no_budget(tmp_path, sampler):
    options = ("--seeds", "2", "--tune", "--tune-values", "4", "--sampler", sampler)
    undisturbed = Command(tmp_path / "left_alone", *options)
    disturbed = Command(tmp_path / "disturbed", *options, pause=0.05)
    code, _, errors = undisturbed.run()
    assert code == 0, errors
    kills = len(list(killed_on_its_way(disturbed, random.Random(5))))
    assert kills >= 3, "the study ended before it was killed often enough"
    disturbed.environment["PAUSE"] = "0"
    code, output, errors = disturbed.run()
    assert code == 0, output + errors
    assert_same_records(undisturbed, disturbed)
    first, second = (load_study(command.study) for command in (undisturbed, disturbed))
    assert second.description.tuning == first.description.tuning
    assert [cell.spent for cell in second.description.tuning.cells] == [8] * CELLS
    for name in ("tuning", "tuned"):
        left, right = (getattr(study, name).drop(columns=PROVENANCE) for study in (first, second))
        pd.testing.assert_frame_equal(left, right)
    planned = CELLS * (8 + 2 + 2) * EPOCHS
    assert len(undisturbed.pids()) == planned
    assert planned <= len(disturbed.pids()) <= planned + kills * WORKERS


def test_kills_while_pruning_train_nothing_pruned_again_and_touch_no_other_trial(tmp_path):
    options = ("--seeds", "2", "--tune", "--tune-values", "4")
    whole = Command(tmp_path / "whole", *options)
    pruned = Command(tmp_path / "pruned", *options, "--prune", pause=0.05)
    code, _, errors = whole.run()
    assert code == 0, errors
    kills, ended = 0, {}
    for _ in killed_on_its_way(pruned, random.Random(7)):
        kills += 1
        ended |= pruned_ends(pruned)
    assert kills >= 3, "the study ended before it was killed often enough"
    code, output, errors = pruned.run()
    assert code == 0, output + errors
    assert ended.items() <= pruned_ends(pruned).items()
    # What is confirmed is as it is without pruning.
    assert_same_records(whole, pruned)
    before, after = (load_study(command.study) for command in (whole, pruned))
    shared = set(before.tuned["trial_id"]) & set(after.tuned["trial_id"])
    left, right = (
        study.tuned[study.tuned["trial_id"].isin(shared)].drop(columns=PROVENANCE)
        for study in (before, after)
    )
    pd.testing.assert_frame_equal(left.reset_index(drop=True), right.reset_index(drop=True))
    assert "pruned" not in {*after.trials["outcome"], *after.tuned["outcome"]}
    tuning = after.description.tuning
    assert tuning.prune
    assert [cell.spent for cell in tuning.cells] == [8] * CELLS
    assert len(tuning.pruned_at) == len(pruned_ends(pruned)) > 0
    spent = sum(cell.epochs for cell in tuning.cells) + CELLS * (2 + 2) * EPOCHS
    assert spent < len(whole.pids())
    assert spent <= len(pruned.pids()) <= spent + kills * WORKERS


def pruned_ends(command):
    """When each training that is recorded as pruned ended."""
    trials = read_trials(StudyPaths(command.study))
    trials = trials[trials["outcome"] == "pruned"]
    return dict(zip(trials["trial_id"], trials["finished_at"], strict=True))


def test_killed_workers_cost_an_epoch_each_at_most(undisturbed, tmp_path):
    command = Command(tmp_path, "--seeds", "3", pause=0.25)
    running = command.start()
    for _ in range(3):
        command.wait_for_epochs(9, running)
        os.kill(int(command.pids()[-1]), signal.SIGKILL)
    output, errors = running.communicate(timeout=300)
    assert running.returncode == 0, output + errors
    assert_same_records(undisturbed, command)
    assert load_study(command.study).trials["continued"].sum() >= 1
    planned = CELLS * 3 * EPOCHS
    assert planned <= len(command.pids()) <= planned + 3


def test_a_killed_node_costs_its_running_trials_an_epoch_each(undisturbed, tmp_path, monkeypatch):
    from ray.cluster_utils import Cluster

    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    tally = {"TALLY": str(tmp_path / "tally"), "PAUSE": "0.25", "PYTHONPATH": str(ROOT)}
    for name, value in tally.items():
        monkeypatch.setenv(name, value)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    try:
        second = cluster.add_node(num_cpus=1)
        command = Command(tmp_path, "--seeds", "3", "--address", cluster.address, pause=0.25)
        running = command.start()
        wait_until(lambda: len(set(command.pids())) >= 2)
        command.wait_for_epochs(5, running)
        cluster.remove_node(second, allow_graceful=False)
        output, errors = running.communicate(timeout=300)
    finally:
        cluster.shutdown()
    assert running.returncode == 0, output + errors
    assert_same_records(undisturbed, command)
    planned = CELLS * 3 * EPOCHS
    assert planned <= len(command.pids()) <= planned + 1


def test_out_of_memory_and_a_worker_that_dies_each_time_are_failures_with_their_text(tmp_path):
    command = Command(tmp_path, space="doomed")
    code, output, errors = command.run()
    assert code == 1, errors
    assert "Traceback" not in output + errors
    assert "1 of 3 raised: " in output
    assert "Unable to allocate" in output
    assert "2 of 3 trials are not recorded; go on with: python -m study.run" in output
    trials = load_study(command.study).trials.set_index("fate")
    assert trials.loc["well", "error"] is None or pd.isna(trials.loc["well", "error"])
    assert "Unable to allocate" in trials.loc["starved", "error"]
    assert "died" in trials.loc["killed", "error"]
    code, output, _ = command.run()
    assert code == 1
    assert "3, 1 recorded, 2 to train" in " ".join(output.split())
    assert "1 raised, to be tried again" in output


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 450 kB."""
    directory = tmp_path / "disk"
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=450k", "tmpfs", str(directory)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("mounting a file system needs root's rights")
    yield directory
    subprocess.run(["umount", str(directory)], check=True)


def test_a_full_disk_stops_the_study_and_loses_nothing(undisturbed, tmp_path, small_disk):
    command = Command(tmp_path, "--seeds", "3", study=small_disk / "study")
    code, output, errors = command.run()
    assert code == 1
    assert "No space left on device" in errors
    assert "Traceback" not in output + errors
    assert "go on with: python -m study.run" in output
    kept = load_study(command.study).trials
    assert 1 <= len(kept) < CELLS * 3
    assert verify(command.study).problems == ()
    subprocess.run(["mount", "-o", "remount,size=100m", str(small_disk)], check=True)
    code, _, errors = command.run()
    assert code == 0, errors
    assert_same_records(undisturbed, command)
    finished = load_study(command.study).trials
    assert set(kept["finished_at"]) <= set(finished["finished_at"])


def flip(path):
    column = pq.ParquetFile(path).metadata.row_group(0).column(0)
    start = column.dictionary_page_offset or column.data_page_offset
    content = bytearray(path.read_bytes())
    content[start + column.total_compressed_size - 1] ^= 1
    path.write_bytes(content)


def truncate(path):
    path.write_bytes(path.read_bytes()[:-50])


@pytest.mark.parametrize("harm", [flip, truncate])
def test_damaged_files_are_set_aside_and_their_trials_trained_again(undisturbed, tmp_path, harm):
    shutil.copytree(undisturbed.study, tmp_path / "study")
    command = Command(tmp_path, "--seeds", "3")
    (damaged,) = (command.study / "predictions").glob("*.parquet")
    (command.study / "study.json").write_text("{")
    harm(damaged)
    code, output, errors = command.run()
    assert code == 0, errors
    assert "is damaged and will be set aside" in " ".join(output.split())
    assert damaged.with_name(f"{damaged.name}.damaged").exists()
    assert_same_records(undisturbed, command)
    trained = 1 if harm is flip else CELLS * 3
    assert len(command.pids()) == trained * EPOCHS


def test_a_second_driver_is_refused_at_once(undisturbed, tmp_path):
    command = Command(tmp_path, "--seeds", "3", pause=0.2)
    running = command.start()
    command.wait_for_epochs(2, running)
    code, _, errors = command.run()
    assert code == 2
    assert errors == f"study.run: {command.study} is in use by another driver; wait for it to end\n"
    running.communicate(timeout=300)
    assert running.returncode == 0
    assert_same_records(undisturbed, command)


@pytest.fixture
def jumping_clock(tmp_path):
    """A library that moves the wall clock of processes by the seconds in the file `offset`."""
    library = tmp_path / "jumping_clock.so"
    source = Path(__file__).parent / "jumping_clock.c"
    if shutil.which("cc") is None:
        pytest.skip("needs a C compiler")
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-o", library, source, "-ldl"], check=True, timeout=60
    )
    return library


def test_a_clock_that_jumps_changes_no_figure(undisturbed, tmp_path, jumping_clock):
    offset = tmp_path / "offset"
    offset.write_bytes(struct.pack("q", 0))
    environment = {"LD_PRELOAD": str(jumping_clock), "CLOCK_OFFSET": str(offset)}
    command = Command(tmp_path, "--seeds", "3", pause=0.1, **environment)
    running = command.start()
    for days in (-2, 3, 0):
        command.wait_for_epochs(12, running)
        with offset.open("r+b") as stream:
            stream.write(struct.pack("q", days * 86_400))
    output, errors = running.communicate(timeout=300)
    assert running.returncode == 0, output + errors
    assert_same_records(undisturbed, command)
    trials = load_study(command.study).trials
    assert trials["seconds"].between(0, 60).all()
    assert trials["finished_at"].max() - trials["finished_at"].min() > pd.Timedelta(days=1)


def test_a_second_ctrl_c_stops_at_once_and_loses_nothing(undisturbed, tmp_path):
    command = Command(tmp_path, "--seeds", "3", pause=2.0)
    running = command.start()
    command.wait_for_epochs(5, running)
    os.killpg(running.pid, signal.SIGINT)
    time.sleep(0.2)
    os.killpg(running.pid, signal.SIGINT)
    output, errors = running.communicate(timeout=60)
    assert running.returncode == 1, errors
    assert "Traceback" not in output + errors
    assert "go on with: python -m study.run" in output
    begun = len(command.pids())
    command.environment["PAUSE"] = "0"
    code, _, errors = command.run()
    assert code == 0, errors
    assert_same_records(undisturbed, command)
    assert begun < len(command.pids()) <= CELLS * 3 * EPOCHS + WORKERS
