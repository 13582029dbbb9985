"""The numbers behind the figures of cost and of paths."""

import pytest

from dashboards.tables.cells import cost_points, costly_factor, path_counts
from results import Outcome, load_study
from search_spaces import find_space
from tests.given.studies import write_study


def mse_fails(trial):
    return Outcome.STUCK if trial.cell.as_dict()["loss"] == "mse" else Outcome.TRAINED


@pytest.fixture
def study(tmp_path):
    study = load_study(write_study(tmp_path, seeds=2, outcome=mse_fails).root)
    slow = study.trials["normalization"] == "range"
    study.trials["seconds"] = [3.0 if is_slow else 1.0 for is_slow in slow]
    return study


def test_the_costly_factor_has_the_levels_that_differ_most_in_time(study):
    assert costly_factor(study) == "normalization"


def test_the_only_cell_has_no_costly_factor(tmp_path):
    space = find_space("smoke").narrowed({"normalization": ["none"], "loss": ["mse"]})
    alone = load_study(write_study(tmp_path, space=space).root)
    assert costly_factor(alone) is None
    assert cost_points(alone, None)["cell"].tolist() == ["the only cell"]


def test_cost_is_of_the_cells_that_trained(study):
    points = cost_points(study, "normalization").set_index("level")
    assert sorted(points.index) == ["none", "range"]
    assert points.loc["range", "seconds"] == 3.0
    runs = study.trials[(study.trials["outcome"] == "trained") & (study.trials["seconds"] == 3)]
    assert points.loc["range", "error"] == pytest.approx(1 - runs["test_accuracy"].mean())


def test_paths_count_every_run_once(study):
    counts = path_counts(study)
    assert counts["runs"].sum() == len(study.trials)
    assert counts.loc[counts["trained"], "loss"].unique().tolist() == ["categorical_crossentropy"]
    assert counts.loc[~counts["trained"], "outcome"].unique().tolist() == ["stuck"]
