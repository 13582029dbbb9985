"""A space of one's own, trained on Ray by the command; and what a wrong factory leaves."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from results import Outcome, StudyPaths
from results.records.store import read_trials
from search_spaces import Cell, ModelFactory
from study.network.factory import error_text, find_factory
from study.process.rounding import BANDED
from study.training.learner import find_learner
from tests.given.trials import small_digits
from tests.search_spaces.test_own import EXAMPLE

pytestmark = pytest.mark.usefixtures("one_thread")
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
    words = " ".join(told.split())
    assert "Dropout raises test accuracy.” → inconclusive: " in words


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
    assert by_width.loc[64, f"{path}:13: AssertionError: too wide"] == 2
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
    factory = ModelFactory(name="build", source=source, file="mine.py")
    with pytest.raises(error, match=message) as raised:
        find_learner(find_factory(factory), CELL, FORM, BANDED)
    told = error_text(raised.value, factory)
    assert told.startswith(f"mine.py:1: {error.__name__}: ")
    assert "\n" not in told


def test_a_factory_that_raises_is_told_with_file_and_line():
    source = "import keras\n\ndef build(*, width):\n    keras.layers.Dense(-width)\n"
    factory = ModelFactory(name="build", source=source, file="mine.py")
    with pytest.raises(ValueError, match="units") as raised:
        find_learner(find_factory(factory), CELL, FORM, BANDED)
    told = error_text(raised.value, factory)
    assert told.startswith("mine.py:4: ValueError: ")


@pytest.mark.slow
def test_an_estimate_of_a_factory_that_raises_is_one_line(tmp_path):
    text = EXAMPLE.read_text(encoding="utf-8").replace("(width, act", "(-width, act")
    path = tmp_path / "harmed.py"
    path.write_text(text, encoding="utf-8")
    done = run("--space", str(path), "--dataset", "digits", "--dry-run")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"study.run: cell 64 · 0.5 · adam · categorical_crossentropy: {path}:1" in done.stderr


@pytest.mark.study
def test_images_of_ones_own_are_studied_by_a_space_of_ones_own(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = (rng.integers(0, 50, (60, 12, 10, 3)) + 80 * labels[:, None, None, None]).astype("u1")
    arrays = {"x_train": images, "y_train": labels, "x_test": images[:9], "y_test": labels[:9]}
    np.savez(tmp_path / "mine.npz", **arrays)
    out = tmp_path / "out"
    done = run(
        *("--space", str(EXAMPLE), "--dataset", str(tmp_path / "mine.npz"), "--out", str(out)),
        *("--epochs", "1", "--set", "optimizer=sgd", "--save-models"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (read_trials(StudyPaths(out))["outcome"] != Outcome.ERROR.value).all()
    np.save(tmp_path / "one.npy", images[0])
    model = next((out / "models").glob("*.keras"))
    told = run(str(model), str(tmp_path / "one.npy"), module="study.predict")
    assert told.returncode == 0, told.stderr
    assert re.fullmatch(r".*one\.npy: [012] \(\d+\.\d %\)\n", told.stdout)
