"""What a study needs of its workers, as far as a machine without a GPU can tell."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from study.cluster.driver import resources_of, run_trials
from study.cluster.needs import Needs
from study.cluster.nodes import _gpus_to_come, check_installations
from study.process.installation import installation
from study.tuning.agenda import Agenda
from tests.given.trials import Received, small_digits, small_trial
from tests.given.workshops import workshop

DIGITS = small_digits()
SMALL = ["--space", "smoke", "--dataset", "digits", "--epochs", "1", "--train-size", "60"]


@pytest.mark.parametrize(
    ("gpus", "resources"),
    [(0.0, {"cpu": 1}), (0.25, {"cpu": 1, "gpu": 0.25}), (2.0, {"cpu": 1, "gpu": 2.0})],
)
def test_a_trial_asks_ray_for_its_share_of_a_gpu(gpus, resources):
    assert resources_of(Needs(gpus=gpus)) == resources


def test_machines_that_may_join_count_with_their_gpus(tmp_path):
    kinds = {
        "head": {"resources": {"CPU": 0, "GPU": 8}, "max_workers": 0},
        "worker": {"resources": {"CPU": 8}, "max_workers": 4},
        "gpu_worker": {"resources": {"CPU": 8, "GPU": 4}, "max_workers": 2},
    }
    file = tmp_path / "ray_bootstrap_config.yaml"
    assert list(_gpus_to_come(file)) == []
    file.write_text(json.dumps({"available_node_types": kinds}))
    assert list(_gpus_to_come(file)) == [0, 4]


def study_run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "study.run", *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.slow
def test_a_machine_without_a_gpu_refuses_a_study_on_gpus(tmp_path):
    out = tmp_path / "study"
    done = study_run(*SMALL, "--gpus-per-trial", "0.25", "--out", str(out), CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2
    assert done.stderr == (
        "study.run: a trial needs 0.25 GPUs, and no machine of this cluster has more than 0\n"
    )
    assert not out.exists()


# A cluster that claims to have a GPU, on a machine where TensorFlow finds none.
CLAIMED = """
from study.process.environment import prepare_driver
prepare_driver(local=True)
import ray
from study.cluster.driver import run_trials
from study.tuning.agenda import Agenda
from study.cluster.needs import Needs
from tests.given.trials import Received, small_digits, small_trial
from tests.given.workshops import workshop

ray.init(address="local", num_cpus=1, num_gpus=1, log_to_driver=False, include_dashboard=False)
digits, received = small_digits(), Received()
try:
    run_trials(
        Agenda([small_trial(digits, seed=seed) for seed in range(3)]),
        workshop(digits, needs=Needs(gpus=0.25)),
        receiver=received,
    )
except ConnectionError as error:
    print(error)
print(len(received.records), "records")
"""


@pytest.mark.slow
@pytest.mark.skipif(Path("/dev/nvidia0").exists(), reason="here TensorFlow may find a GPU")
def test_a_worker_whose_tensorflow_finds_no_gpu_stops_the_study_rather_than_train_without():
    done = subprocess.run(
        [sys.executable, "-c", CLAIMED], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    told, records = done.stdout.splitlines()[-2:]
    assert told.startswith("TensorFlow finds no GPU on ")
    assert records == "0 records"


@pytest.mark.slow
@pytest.mark.usefixtures("ray_cluster")
def test_a_cluster_of_another_installation_is_refused_before_the_first_trial():
    check_installations(installation())
    with pytest.raises(ConnectionError, match=r"has numpy [\d.]+ instead of 1.0;"):
        check_installations({**installation(), "numpy": "1.0"})


@pytest.mark.slow
@pytest.mark.usefixtures("ray_cluster")
def test_a_worker_of_another_installation_stops_the_study_without_a_record():
    received = Received()
    needs = Needs(installation={**installation(), "code": "0" * 12})
    with pytest.raises(ConnectionError, match=r" has code \w{12} instead of 000000000000"):
        run_trials(
            Agenda([small_trial(DIGITS, seed=seed) for seed in range(8)]),
            workshop(DIGITS, needs=needs),
            receiver=received,
        )
    assert received.records == {}


def visible_factory(normalization):
    raise RuntimeError(f"sees {os.environ.get('CUDA_VISIBLE_DEVICES')!r}")


@pytest.mark.slow
@pytest.mark.usefixtures("ray_cluster", "one_thread")
def test_a_trial_that_asked_for_no_gpu_is_shown_none():
    trial, received = small_trial(DIGITS), Received()
    run_trials(
        Agenda([trial]),
        workshop(DIGITS, factory="tests.study.cluster.test_needs:visible_factory"),
        receiver=received,
    )
    assert received.records[trial.id].row["error"] == "RuntimeError: sees ''"
