"""The small local Ray Tune run, and what the driver promises."""

import contextlib
import os
import signal
from pathlib import Path

import pytest
import ray
from optuna.storages import InMemoryStorage

from search_spaces import find_space
from study.cluster.driver import run_trials
from study.network.notebook import build_model
from study.process.environment import WORKER
from study.training.trial import train_trial
from study.tuning.agenda import Agenda
from study.tuning.budget import Budget
from study.tuning.plan import plan_tuning
from study.tuning.search import Search
from tests.given.trials import FACTORY, ORIGIN, Received, same_numbers, small_digits, small_trial
from tests.given.workshops import workshop

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("ray_cluster", "one_thread")]

DIGITS = small_digits()


def run(trials, *, factory=FACTORY.name, dataset=DIGITS, max_concurrent=None):
    """The records by trial id in order of arrival, and the epochs reported."""
    received = Received()
    run_trials(
        Agenda(trials),
        workshop(dataset, factory=factory),
        receiver=received,
        max_concurrent=max_concurrent,
    )
    return received.records, received.epochs


def test_ray_gives_the_records_that_training_in_process_gives():
    trials = [
        small_trial(DIGITS, normalization=normalization, optimizer=optimizer)
        for normalization in ("none", "range")
        for optimizer in ("sgd", "adam")
    ]
    records, epochs = run(trials)
    assert set(records) == {trial.id for trial in trials}
    assert sorted(epochs) == sorted((trial.id, epoch) for trial in trials for epoch in (1, 2))
    for trial in trials:
        alone = train_trial(trial, DIGITS, factory=build_model, origin=ORIGIN)
        assert same_numbers(records[trial.id], alone)
        assert records[trial.id].row["threads"] == 1
        assert records[trial.id].row["onednn"]


def test_as_many_trials_wait_for_a_worker_as_there_are_workers():
    assert os.environ["TUNE_MAX_PENDING_TRIALS_PG"] == "2"


def test_a_worker_has_its_variables():
    assert ray.get(ray.remote(lambda: dict(os.environ)).remote()).items() >= WORKER.items()


def test_long_trials_start_first():
    short = [small_trial(DIGITS, seed=seed) for seed in range(4)]
    long = [small_trial(DIGITS, seed=seed, filter_order="descending") for seed in range(2)]
    # One at a time: of two workers, one may still be starting.
    _, epochs = run([*short, *long], max_concurrent=1)
    in_order = [trial_id for trial_id, epoch in epochs if epoch == 1]
    assert in_order == [trial.id for trial in (*long, *short)]


def unsavable_factory(normalization):
    import keras

    class Odd(keras.layers.Layer):
        def call(self, inputs):
            return inputs

        def get_config(self):
            raise NotImplementedError("no config")

    model = build_model(normalization="none", activation="relu", filter_order="ascending")
    if normalization == "none":
        return model
    return keras.Sequential([keras.Input((28, 28, 1)), Odd(), model])


def test_networks_come_with_their_records_or_the_reason_why_not():
    good, bad = small_trial(DIGITS, normalization="none"), small_trial(DIGITS)
    received = Received()
    run_trials(
        Agenda([good, bad]),
        workshop(
            DIGITS, factory="tests.study.cluster.test_driver:unsavable_factory", save_models=True
        ),
        receiver=received,
    )
    assert received.models[good.id][:2] == b"PK"
    assert received.models[bad.id] == "NotImplementedError: no config"
    assert all(record.row["outcome"] != "error" for record in received.records.values())


def test_networks_that_only_try_a_learning_rate_are_not_kept():
    trials = [small_trial(DIGITS)]
    budget = Budget(values=2, seeds=1, sampler="grid")
    plan = plan_tuning(find_space("full"), trials, DIGITS, budget)
    search, received = Search(plan, {}, InMemoryStorage()), Received()
    run_trials(
        Agenda(trials, search),
        workshop(DIGITS, plan.dataset, save_models=True),
        receiver=received,
    )
    assert len(received.records) == 4
    kept = {key for key, record in received.records.items() if record.row["regime"] != "tuning"}
    assert set(received.models) == kept
    assert kept == {trials[0].id, *search.found().tuned_ids}


def failing_factory(normalization):
    if normalization == "range":
        raise RuntimeError("no <b>such</b> network")
    return build_model(normalization=normalization, activation="relu", filter_order="ascending")


def test_a_trial_that_raises_leaves_its_error_and_the_others_their_records():
    good, bad = small_trial(DIGITS, normalization="none"), small_trial(DIGITS)
    records, _ = run([good, bad], factory="tests.study.cluster.test_driver:failing_factory")
    assert records[bad.id].row["outcome"] == "error"
    assert records[bad.id].row["error"] == "RuntimeError: no <b>such</b> network"
    assert records[bad.id].predictions.num_rows == 0
    assert records[good.id].row["outcome"] != "error"
    assert records[good.id].predictions.num_rows == 50


def deadly_factory(normalization):
    if normalization == "range":
        os.kill(os.getpid(), signal.SIGKILL)
    return build_model(normalization=normalization, activation="relu", filter_order="ascending")


def test_a_worker_that_dies_each_time_leaves_an_error_and_the_others_their_records():
    good, bad = small_trial(DIGITS, normalization="none"), small_trial(DIGITS)
    records, _ = run([good, bad], factory="tests.study.cluster.test_driver:deadly_factory")
    assert records[bad.id].row["outcome"] == "error"
    assert "died" in records[bad.id].row["error"]
    assert records[good.id].row["outcome"] != "error"


def telling_factory(normalization, optimizer):
    raise RuntimeError(f"in process {os.getpid()}")


@pytest.mark.parametrize(("cells", "processes"), [(100, 1), (2, 2), (1, 4)])
def test_workers_make_place_for_new_ones_after_so_many_cells(cells, processes):
    trials = [
        small_trial(DIGITS, normalization=normalization, optimizer=optimizer)
        for normalization in ("none", "range")
        for optimizer in ("sgd", "adam")
    ]
    received = Received()
    run_trials(
        Agenda(trials, cells_of_a_worker=cells),
        workshop(DIGITS, factory="tests.study.cluster.test_driver:telling_factory"),
        receiver=received,
        max_concurrent=1,
    )
    told = [received.records[trial.id].row["error"] for trial in trials]
    assert all("in process" in text for text in told)
    assert len(set(told)) == processes


def kill_if_own(worker):
    """Its parent is a raylet, whose parent is the driver: another study's workers go on."""
    if parent(parent(worker)) == os.getpid():
        os.kill(worker, signal.SIGKILL)


def parent(process):
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


class KillsWorkersAtTheFirstRecord(Received):
    """Between a record and the end of its trial, as a machine may be lost."""

    def on_record(self, trial, record):
        if not self.records:
            self.arrived = []
            for process in Path("/proc").glob("[0-9]*"):
                with contextlib.suppress(OSError):
                    if (process / "cmdline").read_bytes().startswith(b"ray::ImplicitFunc"):
                        kill_if_own(int(process.name))
        self.arrived.append(trial.id)
        super().on_record(trial, record)


def test_a_worker_that_dies_after_its_record_has_nothing_trained_again():
    trials = [small_trial(DIGITS, seed=seed) for seed in range(2)]
    received = KillsWorkersAtTheFirstRecord()
    run_trials(
        Agenda(trials),
        workshop(DIGITS),
        receiver=received,
        max_concurrent=1,
    )
    assert received.arrived == [trial.id for trial in trials]
    assert all(record.row["outcome"] != "error" for record in received.records.values())
    first = trials[0].id
    assert received.epochs.count((first, 1)) == received.epochs.count((first, 2)) == 1


def test_memory_of_a_worker_stays_flat_over_a_hundred_trials():
    small = small_digits(train_size=20, test_size=10)
    settings = {"epochs": 1}
    trials = [small_trial(small, seed=seed, settings=settings) for seed in range(220)]
    records, _ = run(trials, dataset=small)
    by_end = sorted(records.values(), key=lambda record: record.row["finished_at"])
    resident = [record.row["resident_mb"] for record in by_end]
    assert max(resident[-10:]) - min(resident[10:20]) < 50
