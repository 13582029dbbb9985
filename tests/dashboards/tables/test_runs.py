"""The numbers behind the figures, against hand-made studies."""

import numpy as np
import pytest

from dashboards.tables.runs import (
    cell_names,
    curve_points,
    model_table,
    outcome_lattice,
    run_points,
    trial_table,
)
from results import Outcome, load_study
from search_spaces import find_space
from tests.given.studies import N_IMAGES, write_study


def study_of(directory, **options):
    return load_study(write_study(directory, **options).root)


def mse_is_constant(trial):
    return Outcome.CONSTANT if trial.cell.as_dict()["loss"] == "mse" else Outcome.TRAINED


def test_a_cell_is_named_by_the_factors_that_vary(tmp_path):
    assert cell_names(study_of(tmp_path)).tolist() == [
        "none · categorical_crossentropy",
        "none · mse",
        "range · categorical_crossentropy",
        "range · mse",
    ]


def test_the_only_cell_has_a_name_too(tmp_path):
    space = find_space("smoke").narrowed({"normalization": ["none"], "loss": ["mse"]})
    study = study_of(tmp_path, space=space)
    assert cell_names(study).tolist() == ["the only cell"]
    assert outcome_lattice(study)[["row", "column", "seeds"]].to_numpy().tolist() == [["", "", 1]]


def test_the_lattice_counts_trained_seeds_per_cell(tmp_path):
    lattice = outcome_lattice(study_of(tmp_path, seeds=3, outcome=mse_is_constant))
    assert lattice.to_numpy().tolist() == [
        ["none", "categorical_crossentropy", 3, 3, "trained"],
        ["none", "mse", 0, 3, "constant"],
        ["range", "categorical_crossentropy", 3, 3, "trained"],
        ["range", "mse", 0, 3, "constant"],
    ]


def test_at_a_tie_the_lattice_names_the_worst_outcome(tmp_path):
    def half(trial):
        return Outcome.NAN if trial.seed else Outcome.TRAINED

    assert set(outcome_lattice(study_of(tmp_path, seeds=2, outcome=half))["outcome"]) == {"nan"}


def test_the_full_lattice_has_eight_rows_and_four_columns(tmp_path):
    lattice = outcome_lattice(study_of(tmp_path, space=find_space("full")))
    assert lattice["row"].nunique() == 8
    assert lattice["column"].nunique() == 4


def test_points_are_one_per_run_and_errors_leave_none(tmp_path):
    def raises(trial):
        return Outcome.ERROR if trial.seed else Outcome.TRAINED

    points = run_points(study_of(tmp_path, seeds=2, outcome=raises))
    assert len(points) == 4
    assert points["seed"].tolist() == [0, 0, 0, 0]
    assert points["error"].tolist() == pytest.approx((1 - points["test_accuracy"]).tolist())


def test_the_best_cell_is_drawn_uppermost(tmp_path):
    points = run_points(study_of(tmp_path, seeds=2, outcome=mse_is_constant))
    assert points["outcome"].tolist() == ["constant"] * 4 + ["trained"] * 4


def test_no_error_is_plotted_below_half_an_image(tmp_path):
    study = study_of(tmp_path)
    study.trials.loc[0, "test_accuracy"] = 1.0
    assert run_points(study)["error"].min() == pytest.approx(0.5 / N_IMAGES)


def test_curves_hold_every_epoch_of_every_trial(tmp_path):
    study = study_of(tmp_path, seeds=2, outcome=mse_is_constant)
    curves = curve_points(study)
    assert len(curves) == 8 * 10
    one = curves[(curves["cell"] == "none · mse") & (curves["seed"] == 1)]
    assert one["epoch"].tolist() == list(range(1, 11))
    assert not one["trained"].any()
    first = study.epochs[study.epochs["epoch"] == 1]["test_accuracy"]
    assert curves[curves["epoch"] == 1]["test_error"].tolist() == pytest.approx(
        1 - first.to_numpy()
    )


def test_the_table_of_trials_has_levels_outcome_and_figures(tmp_path):
    table = trial_table(study_of(tmp_path))
    assert list(table.columns[:6]) == [
        "trial_id",
        "normalization",
        "optimizer",
        "loss",
        "activation",
        "filter_order",
    ]
    assert len(table) == 4


def test_recorded_models_stand_beside_ours(tmp_path):
    table = model_table(study_of(tmp_path, space=find_space("notebook"), outcome=mse_is_constant))
    assert table["name"].tolist() == [f"model {number}" for number in range(1, 7)]
    assert table["recorded"].tolist()[:2] == [0.9860, 0.9888]
    assert table["trained"].tolist() == [1, 1, 1, 0, 1, 1]
    assert table.loc[table["cell"].str.endswith("learning rate 0.1"), "name"].item() == "model 5"
    assert np.isnan(table["ours"][3])
