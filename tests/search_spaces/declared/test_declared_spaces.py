"""The declared spaces against the notebook; its figures are typed from its text, not imported."""

import json

import pytest

from search_spaces import SPACES, LogRange, find_space
from tests.given.places import SHARED
from tests.given.studies import plan

CONFUSION = SHARED / "notebook" / "confusion.json"
LEVELS = {
    "normalization": ("none", "range"),
    "optimizer": ("sgd", "adam"),
    "loss": ("categorical_crossentropy", "mse"),
    "activation": ("relu", "sigmoid"),
    "filter_order": ("ascending", "descending"),
}
# train loss, train accuracy, test loss, test accuracy
RECORDED = {
    "model 1": (0.019496, 0.99461667, 0.073772, 0.9860),
    "model 2": (0.018801, 0.99470000, 0.036967, 0.9888),
    "model 3": (None, None, None, 0.9857),
    "model 4": (0.089994, 6742 / 60_000, 0.089987, 1135 / 10_000),
    "model 5": (None, None, None, None),
    "model 6": (0.001483, 1.0, 0.028013, 0.9901),
}
CELLS = {
    "model 1": "none · sgd · categorical_crossentropy · relu · ascending",
    "model 2": "range · sgd · categorical_crossentropy · relu · ascending",
    "model 3": "range · adam · categorical_crossentropy · relu · ascending",
    "model 4": "range · sgd · mse · relu · ascending",
    "model 5": "range · sgd · categorical_crossentropy · sigmoid · ascending",
    "model 6": "range · sgd · categorical_crossentropy · relu · descending",
}
MODELS = {model.name: model for model in find_space("notebook").models}


def test_the_register_names_each_space_by_its_own_name():
    assert {name: space.name for name, space in SPACES.items()} == {
        "smoke": "smoke",
        "notebook": "notebook",
        "full": "full",
        "tuned": "tuned",
        "extended": "extended",
    }


@pytest.mark.parametrize("name", ["notebook", "full", "tuned"])
def test_the_factors_are_the_five_choices_of_the_notebook(name):
    assert {factor.name: factor.levels for factor in find_space(name).factors} == LEVELS


def test_full_space_has_32_cells():
    assert len(set(find_space("full").cells())) == 32


def test_smoke_has_four_cells_of_two_varied_factors():
    assert [str(cell) for cell in find_space("smoke").cells()] == [
        "none · sgd · categorical_crossentropy · relu · ascending",
        "none · sgd · mse · relu · ascending",
        "range · sgd · categorical_crossentropy · relu · ascending",
        "range · sgd · mse · relu · ascending",
    ]


@pytest.mark.parametrize("name", ["notebook", "full", "tuned"])
def test_the_protocol_is_that_of_the_notebooks_code(name):
    assert find_space(name).default_settings("mnist") == {
        "epochs": 45,
        "batch_size": 100,
        "evaluation_batch_size": 32,
        "learning_rate": 0.05,
    }


@pytest.mark.parametrize("name", SPACES)
def test_every_space_plans_trials_on_any_data_set(name):
    space = find_space(name)
    assert len(plan(space, seeds=2)) == 2 * len(space.cells())


def test_the_notebook_has_six_cells_in_its_own_order():
    cells = zip(MODELS, find_space("notebook").cells(), strict=True)
    assert {name: str(cell) for name, cell in cells} == CELLS


def test_only_model_5_leaves_the_protocol():
    departures = {name: dict(model.settings) for name, model in MODELS.items() if model.settings}
    assert departures == {"model 5": {"learning_rate": 0.1}}


@pytest.mark.parametrize("name", RECORDED)
def test_recorded_figures_are_the_notebooks(name):
    model = MODELS[name]
    figures = (model.train_loss, model.train_accuracy, model.test_loss, model.test_accuracy)
    assert figures == pytest.approx(RECORDED[name], abs=5e-9)


@pytest.mark.parametrize("name", ["model_1", "model_2", "model_3", "model_6"])
def test_recorded_accuracies_are_the_traces_of_the_recorded_matrices(name):
    if not CONFUSION.exists():
        pytest.skip(f"{CONFUSION} is not here")
    matrix = json.loads(CONFUSION.read_text())[name]
    assert sum(map(sum, matrix)) == 10_000
    correct = sum(row[digit] for digit, row in enumerate(matrix))
    assert correct == round(10_000 * MODELS[name.replace("_", " ")].test_accuracy)


def test_full_finds_the_notebooks_trials_but_model_5():
    full = {trial.id for trial in plan(find_space("full"))}
    found = [trial.id in full for trial in plan(find_space("notebook"))]
    assert found == [True, True, True, True, False, True]


def test_full_finds_the_trials_of_smoke_on_digits():
    smoke = {trial.id for trial in plan(find_space("smoke"), seeds=2)}
    assert len(smoke) == 8
    assert smoke < {trial.id for trial in plan(find_space("full"), seeds=2)}


@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
def test_each_space_has_a_range_of_learning_rates_for_each_cell(space):
    ranges = {cell.as_dict()["optimizer"]: space.range_of(cell) for cell in space.cells()}
    assert ranges["sgd"] == LogRange(1e-3, 1.0)
    assert ranges.get("adam", LogRange(1e-5, 1e-2)) == LogRange(1e-5, 1e-2)


def test_tuned_is_full_with_learning_rates_tuned_by_default():
    full, tuned = find_space("full"), find_space("tuned")
    assert tuned.tuned
    assert not full.tuned
    assert tuned.cells() == full.cells()
    assert tuned.maths == full.maths
