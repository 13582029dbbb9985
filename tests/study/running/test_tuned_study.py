"""A whole tuned study on the embedded data, killed twice on its way."""

import os
import subprocess
import sys
import time

import pytest

from results import load_study
from results.report.findings import analyse
from results.verify import verify
from study.tuning.plan import FIRST_SEED

pytestmark = pytest.mark.study

ARGUMENTS = [
    *("--space", "tuned", "--dataset", "digits", "--seeds", "3", "--epochs", "4"),
    *("--train-size", "600", "--set", "loss=categorical_crossentropy"),
    *("--set", "activation=relu", "--set", "filter_order=ascending"),
]


def start(directory):
    return subprocess.Popen(
        [sys.executable, "-m", "study.run", *ARGUMENTS, "--out", str(directory)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ},
        start_new_session=True,
    )


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """4 cells, 8 values, 2 tuning seeds, 3 seeds; the driver is killed at 20 and at 60 records."""
    directory = tmp_path_factory.mktemp("tuned") / "study"
    for records in (20, 60):
        running = start(directory)
        deadline = time.monotonic() + 900
        while len(list((directory / "trials").glob("*.parquet"))) < records:
            assert running.poll() is None, "the study ended before it was killed"
            assert time.monotonic() < deadline, "waited in vain"
            time.sleep(0.1)
        running.kill()
        running.communicate()
    running = start(directory)
    output, errors = running.communicate(timeout=1500)
    assert running.returncode == 0, output + errors
    assert "trainings, " in output
    return directory


def test_every_cell_has_spent_exactly_the_same(directory):
    study = load_study(directory)
    tuning = study.description.tuning
    assert [cell.spent for cell in tuning.cells] == [16] * 4
    assert len(study.tuning) == 64
    spent = study.tuning.groupby(["normalization", "optimizer"], observed=True).size()
    assert spent.tolist() == [16] * 4
    assert set(study.tuning["seed"]) == {FIRST_SEED, FIRST_SEED + 1}


def test_each_cell_is_trained_anew_at_its_learning_rate(directory):
    study = load_study(directory)
    assert len(study.trials) == len(study.tuned) == 12
    assert set(study.tuned["seed"]) == {0, 1, 2}
    for cell in study.description.tuning.cells:
        mine = study.tuned
        for name, level in cell.levels.items():
            mine = mine[mine[name] == level]
        assert set(mine["learning_rate"]) == {cell.chosen}
        assert cell.low <= cell.chosen <= cell.high


def test_nothing_is_amiss_and_both_regimes_are_told(directory):
    assert verify(directory).problems == ()
    assert verify(directory).planned == 88
    findings = analyse(load_study(directory))
    assert {seen.fixed.claim.name for seen in findings.regimes} == {"conclusion 1", "conclusion 2"}
    done = subprocess.run(
        [sys.executable, "-m", "results.verify", str(directory), "--retrain", "3"],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
