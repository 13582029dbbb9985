"""The numbers behind the figures, against hand-made studies."""

import json

import numpy as np
import pytest

from dashboards.confusion import confusion_data
from dashboards.tables import (
    cell_names,
    confusion_matrix,
    curve_points,
    model_table,
    outcome_lattice,
    run_points,
    trial_table,
)
from results import Outcome, load_study
from search_spaces import find_space
from tests.studies import N_IMAGES, write_study


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


def test_a_confusion_matrix_has_true_rows_and_predicted_columns():
    label, predicted = np.array([0, 0, 1, 2, 2]), np.array([0, 2, 1, 2, 0])
    assert confusion_matrix(label, predicted, 3).tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


def test_a_network_of_one_answer_fills_one_column():
    matrix = confusion_matrix(np.arange(10), np.full(10, 1), 10)
    assert matrix[:, 1].tolist() == [1] * 10
    assert matrix.sum() == 10


def test_the_page_data_agree_with_the_predictions(tmp_path):
    study = study_of(tmp_path, seeds=2)
    data = confusion_data(study)
    assert data["classes"] == 10
    assert len(data["subsets"]) == 1
    assert [trial["id"] for trial in data["trials"]] == study.trials["trial_id"].tolist()
    for trial, accuracy in zip(data["trials"], study.trials["test_accuracy"], strict=True):
        matrix = np.array(trial["matrix"])
        assert matrix.sum() == N_IMAGES
        assert np.trace(matrix) / N_IMAGES == pytest.approx(accuracy)


def test_only_images_that_someone_misread_are_embedded(tmp_path):
    study = study_of(tmp_path)
    wrong = study.predictions[study.predictions["label"] != study.predictions["predicted"]]
    assert set(confusion_data(study)["images"]) == set(wrong["index"].astype(str))


def test_trials_that_raised_have_no_matrix(tmp_path):
    study = study_of(tmp_path, outcome=lambda _: Outcome.ERROR)
    data = confusion_data(study)
    assert data["trials"] == []
    json.dumps(data)
