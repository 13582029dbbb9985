"""A space of one's own, trained on Ray by the command; and what a wrong factory leaves."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from results import Outcome, StudyPaths
from results.store import read_trials
from search_spaces import Cell
from study.environment import BANDED
from study.factory import find_factory
from study.learner import find_learner
from tests.search_spaces.test_own import EXAMPLE
from tests.study.trials import small_digits

FORM = small_digits().form
CELL = Cell.of({"width": 8, "optimizer": "sgd", "loss": "mse"})


def run(*arguments: str, module: str = "study.run") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=300)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Path, str]:
    directory = tmp_path_factory.mktemp("own")
    done = run(
        *("--space", str(EXAMPLE), "--dataset", "digits", "--out", str(directory)),
        *("--epochs", "1", "--train-size", "100", "--test-size", "50", "--set", "optimizer=sgd"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return directory, done.stdout


@pytest.mark.study
def test_a_space_of_ones_own_is_trained_and_judged(trained):
    directory, told = trained
    trials = read_trials(StudyPaths(directory))
    assert len(trials) == 4
    assert set(trials["space"]) == {"dropout"}
    assert trials["maths"].str.match(r"dropout/[0-9a-f]{12}$").all()
    assert (trials["outcome"] != Outcome.ERROR.value).all()
    assert "Dropout raises test accuracy.” → inconclusive: not testable at one seed" in told


@pytest.mark.study
def test_its_trials_can_be_trained_again(trained):
    directory, _ = trained
    done = run(str(directory), "--retrain", "1", "--space", str(EXAMPLE), module="results.verify")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 4 recorded trials trained again, as recorded" in done.stdout


@pytest.mark.study
def test_a_factory_that_fails_costs_its_own_cells_only(tmp_path):
    text = EXAMPLE.read_text(encoding="utf-8").replace(
        "    import keras\n", "    import keras\n    assert width < 64, 'too wide'\n"
    )
    path = tmp_path / "harmed.py"
    path.write_text(text, encoding="utf-8")
    done = run(
        *("--space", str(path), "--dataset", "digits", "--out", str(tmp_path / "out")),
        *("--epochs", "1", "--train-size", "100", "--test-size", "50", "--set", "optimizer=sgd"),
    )
    trials = read_trials(StudyPaths(tmp_path / "out"))
    by_width = pd.crosstab(trials["width"], trials["error"].fillna("none"))
    assert by_width.loc[16, "none"] == 2
    assert by_width.loc[64, "AssertionError: too wide"] == 2
    assert done.returncode == 1


@pytest.mark.parametrize(
    ("body", "error", "message"),
    [
        (
            "return 5",
            TypeError,
            "the factory returned 5; it has to return an uncompiled Keras model",
        ),
        (
            "import keras\n    return keras.Sequential([keras.Input(image_shape), "
            "keras.layers.Flatten(), keras.layers.Dense(width)])",
            ValueError,
            r"outputs \(None, 8\); these images have 10 classes",
        ),
    ],
)
def test_a_factory_of_other_models_is_refused(body, error, message):
    source = f"def build(*, width, image_shape):\n    {body}\n"
    with pytest.raises(error, match=message):
        find_learner(find_factory("build", source), CELL, FORM, BANDED)
