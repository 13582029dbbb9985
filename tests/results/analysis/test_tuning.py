"""The tables and sections on tuning, of a study whose numbers are given."""

import json
import math

import pytest

from results import Outcome, ResultsError, StudyPaths, load_study
from results.analysis.tuning import best_table, response_table, tuned_table
from results.records.description import read_description, write_description
from results.records.inventory import take_inventory
from results.report.findings import analyse
from results.report.section import find_section
from results.report.tuning import tuning_sections
from results.verify import verify
from tests.given.studies import report_of, write_study
from tests.given.tuned_studies import OPTIMIZERS, write_tuned_study

PAIR = OPTIMIZERS.narrowed({"normalization": ["range"]})


def error(trial):
    """sgd is best at 0.03162, the middle of its range, adam at 0.001; two decades cost 0.2."""
    best, least = (0.03162, 0.02) if trial.cell.as_dict()["optimizer"] == "sgd" else (1e-3, 0.03)
    away = abs(math.log10(trial.protocol.learning_rate / best))
    return min(least + 0.1 * away + 0.02 * (trial.seed % 2), 0.9)


def failed(trial):
    return Outcome.STUCK if trial.protocol.learning_rate > 0.5 else Outcome.TRAINED


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    directory = tmp_path_factory.mktemp("tuned")
    options = {"values": 7, "sampler": "grid", "seeds": 2}
    write_tuned_study(directory, space=PAIR, error=error, outcome=failed, **{**options, "seeds": 3})
    return load_study(directory)


def test_errors_respond_to_the_value(study):
    sgd = response_table(study).query("cell == 'sgd'")
    values = [0.001, 0.003162, 0.01, 0.03162, 0.1, 0.3162, 1.0]
    assert sgd["value"].tolist() == values
    # Seeds 1,000,000 and 1,000,001: the second reads 0.02 more of its images wrong.
    assert sgd["error"].iloc[3] == pytest.approx(0.03, abs=1e-3)
    assert (sgd["high"] - sgd["low"]).tolist() == pytest.approx([0.02] * 7)
    assert sgd["chosen"].tolist() == [False, False, False, True, False, False, False]
    assert sgd["failed"].tolist() == [False] * 6 + [True]


def test_each_cell_stands_beside_itself_in_the_other_regime(study):
    sgd, adam = tuned_table(study).to_dict("records")
    assert (sgd["chosen"], adam["chosen"]) == (0.03162, 1e-3)
    assert (sgd["fixed_trained"], sgd["fixed_runs"], sgd["tuned_trained"]) == (3, 3, 3)
    assert sgd["tuned_mean"] == pytest.approx(1 - 0.02 - 0.02 / 3, abs=1e-3)
    assert sgd["tuned_sd"] == pytest.approx(0.02 / math.sqrt(3), abs=1e-3)
    assert sgd["doubts"] == adam["doubts"] == ""
    assert (sgd["failed"], sgd["spent"]) == (1, 14)


def test_the_expected_best_is_only_given_for_independent_draws(study, tmp_path):
    assert best_table(study).empty
    write_tuned_study(tmp_path, space=PAIR, error=error, values=4, sampler="random")
    drawn = load_study(tmp_path)
    errors = response_table(drawn).query("cell == 'sgd'")["error"]
    best = best_table(drawn).query("cell == 'sgd'")
    assert best["values"].tolist() == [1, 2, 3, 4]
    assert best["trainings"].tolist() == [2, 4, 6, 8]
    assert best["error"].iloc[0] == pytest.approx(errors.mean())
    assert best["error"].iloc[-1] == pytest.approx(errors.min())


def test_the_sections_say_who_wins_and_what_was_spent(study):
    sections = tuple(tuning_sections(study, analyse(study)))
    claims, cells = (find_section(sections, name) for name in ("regimes", "chosen_settings"))
    told = " ".join(claims.sentences)
    assert claims.title == "Fixed against tuned"
    assert "conclusion 2: sgd does better at the fixed setting, neither at tuned ones. " in told
    assert cells.title == "Chosen learning rates"
    assert "14 trainings in each of 2 cells: 7 values by grid, 2 seeds each" in cells.sentences[0]
    assert "on 84 training images, validated on 16 others" in cells.sentences[0]


def test_the_description_of_a_tuning_comes_back_as_it_was_written(study):
    again = read_description(study.paths)
    write_description(study.paths, again)
    assert read_description(study.paths).tuning == study.description.tuning


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"setting": "<b>"}, "'<b>' is tuned, and no setting of the protocol"),
        ({"seeds": ["1"]}, "'1' is not a whole number"),
        ({"cells": [{"levels": {}}]}, "'values'"),
    ],
)
def test_a_tuning_that_no_study_wrote_is_refused(study, tmp_path, changes, message):
    document = json.loads(study.paths.description.read_text())
    document["tuning"] |= changes
    paths = StudyPaths(tmp_path)
    paths.description.write_text(json.dumps(document))
    with pytest.raises(ResultsError, match=message):
        read_description(paths)


def test_an_untuned_study_has_no_such_sections(tmp_path):
    write_study(tmp_path)
    titles = [section.title for section in report_of(load_study(tmp_path))]
    assert "Fixed against tuned" not in titles


def test_a_tuning_under_way_is_shown_as_far_as_it_is(tmp_path):
    write_tuned_study(tmp_path, space=PAIR, error=error, values=7, most=5)
    study = load_study(tmp_path)
    told = " ".join(word for section in report_of(study) for word in section.sentences)
    assert "No claim can be compared" in told
    assert "of 14 trainings in 2 cells, so far: nothing is decided on unequal budgets" in told
    assert len(response_table(study)) == 2


def pruned(trial):
    """Of adam's trials that tune, those far from its best rate; one epoch is known of them."""
    far = trial.cell.as_dict()["optimizer"] == "adam" and error(trial) > 0.1
    return Outcome.PRUNED if far and trial.seed >= 1_000_000 else Outcome.TRAINED


@pytest.fixture(scope="module")
def pruned_study(tmp_path_factory):
    directory = tmp_path_factory.mktemp("pruned")
    options = {"values": 4, "sampler": "random", "prune": True}
    write_tuned_study(directory, space=PAIR, error=error, outcome=pruned, **options)
    return load_study(directory)


def test_pruned_values_are_told_and_budgets_are_equal_but_for_epochs(pruned_study):
    tuning = pruned_study.description.tuning
    sgd, adam = tuning.cells
    assert tuning.prune
    assert tuning.equal_budgets
    assert (sgd.pruned, sgd.pruned_at) == (0, ())
    assert 0 < adam.pruned < 4
    assert set(adam.pruned_at) == {1}
    assert adam.epochs < sgd.epochs
    points = response_table(pruned_study)
    assert points.groupby("cell")["pruned"].sum().to_dict() == {"sgd": 0, "adam": adam.pruned}
    assert not points[points["pruned"]]["chosen"].any()
    chosen = find_section(report_of(pruned_study), "chosen_settings")
    told = " ".join(chosen.sentences)
    count = len(adam.pruned_at)
    assert f"{count} of 16 trainings were pruned after epoch 1, of {adam.pruned} values" in told
    assert f"not that of epochs: {adam.epochs} to {sgd.epochs} epochs in a cell" in told


def test_no_budget_is_judged_where_values_were_pruned(pruned_study):
    assert pruned_study.description.tuning.independent
    assert best_table(pruned_study).empty


def test_a_study_with_pruned_trainings_is_as_it_should_be(pruned_study):
    problems = verify(pruned_study.paths.root).problems
    assert not [told for told in problems if "epochs" in told or "pruned" in told]
    inventory = take_inventory(pruned_study.paths)
    assert inventory.incomplete == frozenset()
    ids = [key for key, row in inventory.rows.items() if row["outcome"] == Outcome.PRUNED]
    assert {len(inventory.curves[key]) for key in ids} == {1}


def test_a_description_from_before_pruning_is_read(pruned_study, tmp_path):
    document = json.loads(pruned_study.paths.description.read_text())
    del document["tuning"]["prune"]
    for cell in document["tuning"]["cells"]:
        for name in ("epochs", "pruned", "pruned_at"):
            del cell[name]
    (tmp_path / "study.json").write_text(json.dumps(document))
    tuning = read_description(StudyPaths(tmp_path)).tuning
    assert not tuning.prune
    assert tuning.pruned_at == ()
