"""The README's main job, whole, on the embedded data."""

import subprocess
import sys

import pytest

from results import load_study
from results.records.outcome import Outcome

pytestmark = pytest.mark.study


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    directory = tmp_path_factory.mktemp("full") / "study"
    command = ["--space", "full", "--dataset", "digits", "--out", str(directory)]
    done = subprocess.run(
        [sys.executable, "-m", "study.run", *command], capture_output=True, text=True, timeout=1500
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return load_study(directory)


def test_every_cell_leaves_its_rows_in_every_table(study):
    assert len(study.trials) == 32
    assert study.trials["trial_id"].nunique() == 32
    assert len(study.epochs) == 32 * 10
    assert len(study.predictions) == 32 * 360
    assert len(study.images) == 360


def test_the_good_cells_pass_95_percent(study):
    good = study.trials.query(
        "optimizer == 'sgd' and loss == 'categorical_crossentropy' and activation == 'relu'"
    )
    assert len(good) == 4
    assert (good["outcome"] == Outcome.TRAINED).all()
    assert (good["test_accuracy"] > 0.95).all()


def test_what_failed_is_recorded_as_failed(study):
    outcomes = set(study.trials["outcome"])
    assert Outcome.CONSTANT in outcomes
    assert Outcome.ERROR not in outcomes


def test_predictions_and_accuracies_agree(study):
    hits = study.predictions["label"] == study.predictions["predicted"]
    accuracy = hits.groupby(study.predictions["trial_id"]).mean()
    recorded = study.trials.set_index("trial_id")["test_accuracy"]
    assert (accuracy - recorded).abs().max() < 1e-9


def test_the_long_trials_ran_first(study):
    ended = study.trials.sort_values("finished_at")["filter_order"].astype(str).tolist()
    assert ended[:14].count("descending") == 14
