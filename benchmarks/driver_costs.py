"""What the driver of a study spends on each trial and epoch: the real one, on trainings that sleep.

`python -m benchmarks.driver_costs` runs studies whose workers only wait and then report what a
trial on MNIST would: a checkpoint after each epoch, a record of 10,000 predictions at the end. Ray,
the searcher, the store and the progress bar are those of `study.run`. Each study is a line of the
table: processor time and memory of the driver, the time from the first report to the last record,
and what `benchmarks.scale` predicts for it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
from ray import tune
from rich.console import Console

import study.cluster.driver
from benchmarks.processes import process_mb
from benchmarks.scale import Costs, simulate
from benchmarks.summary import invented_record
from results import Origin, StudyPaths
from search_spaces import ModelFactory, Trial, find_space
from study.cluster.connection import connected
from study.cluster.driver import Workshop, run_trials
from study.cluster.messages import EpochDone, TrainTrial, TrialDone, pack, unpack
from study.data.dataset import Dataset
from study.process.checkout import Checkout
from study.process.environment import prepare_driver
from study.running.keeper import Keeper
from study.running.progress import study_progress
from study.running.provenance import RunLog
from study.training.checkpoint import FIGURES, Checkpoint
from study.tuning.agenda import Agenda
from tests.given.studies import plan

# Workers, trials, epochs, seconds of an epoch.
STUDIES = (
    (4, 400, 1, 0.0),
    (4, 400, 11, 0.0),
    (16, 400, 1, 0.0),
    (16, 1600, 1, 0.0),
    (8, 200, 5, 0.5),
)
IMAGES = 10_000
# Of the ascending network with Adam's moments: layers times (weights, two moments), their sizes.
_VARIABLES, _NUMBERS = 42, 1800


def sleep_and_report(config: Mapping[str, Any], *, datasets: Any, **others: Any) -> None:
    """In the place of `study.cluster.trainable.train_and_report`: the same reports, no training."""
    request = unpack(config)
    assert isinstance(request, TrainTrial)
    trial = request.trial
    for epoch in range(1, trial.protocol.epochs + 1):
        time.sleep(datasets["seconds"])
        last = epoch == trial.protocol.epochs
        done = EpochDone(epoch=epoch, checkpoint=None if last else _checkpoint(epoch))
        tune.report(pack(done))
    rng = np.random.default_rng(0)
    tune.report(pack(TrialDone(record=invented_record(trial, rng, np.full(IMAGES, 0.02)))))


class _TimedKeeper(Keeper):
    """Also notes when the first report came: by then most workers have started."""

    first: float | None = None

    def on_epoch(self, trial: Trial, epoch: int, checkpoint: Checkpoint | None) -> None:
        self.first = self.first or time.perf_counter()
        super().on_epoch(trial, epoch, checkpoint)


def measure(workers: int, trials: int, epochs: int, seconds: float) -> dict[str, float]:
    """Run one such study in this process: `cpu` seconds, `wall` seconds, `mb` gained."""
    space = find_space("smoke")
    planned = plan(space, seeds=trials // len(space.cells()), epochs=epochs, test_size=IMAGES)
    study.cluster.driver.train_and_report = sleep_and_report
    with (
        tempfile.TemporaryDirectory() as out,
        connected(address=None, workers=workers, data_bytes=0),
        study_progress(planned, Console(file=Path(os.devnull).open("w"))) as progress,
    ):
        log = RunLog([], Checkout(commit=None, dirty=None))
        keeper = _TimedKeeper(
            StudyPaths(Path(out)), (), progress=progress, log=log, check_lock=lambda: None
        )
        before, cpu = process_mb(os.getpid()), time.process_time()
        run_trials(
            Agenda(planned),
            Workshop(
                datasets=(cast(Dataset, _Seconds(seconds)),),
                factory=ModelFactory(name="none:needed"),
                origin=Origin(space="smoke", kernel="banded", git_commit=None, git_dirty=None),
            ),
            receiver=keeper,
        )
        ended = time.perf_counter()
        return {
            "cpu": time.process_time() - cpu,
            "wall": ended - (keeper.first or ended),
            "mb": process_mb(os.getpid()) - before,
        }


def _checkpoint(epoch: int) -> Checkpoint:
    return Checkpoint(
        epoch=epoch,
        variables=tuple(np.zeros(_NUMBERS, dtype=np.float32) for _ in range(_VARIABLES)),
        rows=np.zeros((epoch, FIGURES)),
        seconds=1.0,
        continued=0,
        machine={},
    )


class _Seconds(float):
    """What stands for a data set: how long an epoch takes."""

    hash = "seconds"


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.driver_costs",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.one:
        prepare_driver(local=True)
        sys.stdout.write(json.dumps(measure(*json.loads(options.one))) + "\n")
        return 0
    sys.stdout.write(
        "| workers | trials | epochs | s an epoch | driver, CPU s | ms a trial | MB gained | "
        "seconds | predicted |\n|---|---|---|---|---|---|---|---|---|\n"
    )
    for workers, trials, epochs, seconds in STUDIES:
        found = _measured(workers, trials, epochs, seconds)
        times = np.full(trials, seconds)
        predicted = simulate(times, epochs=epochs, workers=workers, costs=Costs(worker_start=0.0))
        sys.stdout.write(
            f"| {workers} | {trials} | {epochs} | {seconds} | {found['cpu']:.1f} | "
            f"{found['cpu'] / trials * 1e3:.1f} | {found['mb']:.0f} | {found['wall']:.1f} | "
            f"{predicted.seconds:.1f} |\n"
        )
        sys.stdout.flush()
    return 0


def _measured(*study_of: float) -> dict[str, float]:
    """In a process of its own, as memory and Ray are to be fresh."""
    command = [sys.executable, "-m", "benchmarks.driver_costs", "--one", json.dumps(study_of)]
    # Workers find this module as its own process does.
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)}
    done = subprocess.run(command, stdout=subprocess.PIPE, env=environment, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
