"""A study as declared and as read back."""

import dataclasses
import json

import pytest

from results import Outcome, ResultsError, SchemaError, StudyPaths, Thresholds, load_study
from results.records.description import describe, read_description, write_description
from results.records.outcome import EARLIER
from results.records.store import compact, read_trials, write_images, write_record
from search_spaces import Factor, Seeding, find_space
from tests.given.studies import DATASET_HASH, N_IMAGES, images, plan, record, write_study

SMOKE = find_space("smoke")
WIDTHS = dataclasses.replace(
    SMOKE, factors=(Factor(name="width", levels=(16, 8, 0.5)),), claims=(), nuisance=None
)


def edit(paths, **changes):
    """Change `study.json` as a person might; None takes a key out."""
    document = {**json.loads(paths.description.read_text()), **changes}
    kept = {key: value for key, value in document.items() if value is not None}
    paths.description.write_text(json.dumps(kept))


@pytest.mark.parametrize("name", ["smoke", "notebook", "full"])
def test_a_description_is_read_as_it_was_written(tmp_path, name):
    paths = StudyPaths(tmp_path)
    space = find_space(name)
    written = describe(space, plan(space, seeds=2), EARLIER)
    write_description(paths, written)
    assert read_description(paths) == written


def test_a_description_says_what_was_declared():
    trials = plan(SMOKE, seeds=2)
    described = describe(SMOKE, trials, EARLIER)
    assert described.dataset == "digits"
    assert described.protocol["learning_rate"] == 0.05
    assert described.protocol["dataset_hash"] == DATASET_HASH
    assert described.factors[2] == ("loss", ("categorical_crossentropy", "mse"))
    assert described.trial_ids == tuple(trial.id for trial in trials)


def test_recorded_figures_are_described():
    notebook = find_space("notebook")
    models = describe(notebook, plan(notebook), EARLIER).models
    assert [model["test_accuracy"] for model in models] == [
        0.986,
        0.9888,
        0.9857,
        0.1135,
        None,
        0.9901,
    ]
    assert models[4]["settings"] == {"learning_rate": 0.1}


def test_without_a_description_one_is_gathered_from_the_rows(tmp_path):
    paths = write_study(tmp_path / "mine", seeds=2)
    paths.description.unlink()
    study = load_study(paths.root)
    assert study.description.space == "mine"
    assert study.description.dataset == "digits"
    assert dict(study.description.factors)["loss"] == ("categorical_crossentropy", "mse")
    assert (len(study.trials), study.others, len(study.images)) == (8, 0, 40)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", "null", "\udcff"])
def test_a_damaged_description_is_named(tmp_path, text):
    paths = write_study(tmp_path)
    paths.description.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ResultsError, match=r"study\.json: (can't be read|not a study description)"):
        load_study(tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"factors": None},
        {"factors": 5},
        {"factors": [["loss", [None]]]},
        {"trial_ids": 5},
        {"trial_ids": [5]},
        {"title": 5},
        {"protocol": {}},
        {"protocol": {"dataset_hash": 5}},
        {"protocol": 5},
        {"protocol": {"dataset_hash": "ab", "seeding": ["own"]}},
        {"models": [5]},
        {"models": [{"name": "m", "levels": {}, "settings": {"epochs": "many"}}]},
        {"claims": [5]},
        {"claims": [{"name": "half a claim"}]},
        {"mood": "good"},
    ],
)
def test_a_description_with_other_contents_is_named(tmp_path, changes):
    edit(write_study(tmp_path), **changes)
    with pytest.raises(ResultsError, match=r"study\.json: not a study description"):
        load_study(tmp_path)


@pytest.mark.parametrize("version", [1, 4])
def test_a_description_of_an_earlier_version_says_that_seeds_are_shared(tmp_path, version):
    paths = write_study(tmp_path)
    protocol = read_description(paths).protocol
    assert protocol.pop("seeding") == "own"
    edit(paths, protocol=protocol, schema_version=version)
    assert read_description(paths).protocol == {**protocol, "seeding": "shared"}
    edit(paths, schema_version=5)
    with pytest.raises(ResultsError, match=r"not a study description \('seeding'\)"):
        read_description(paths)


@pytest.mark.parametrize("seeding", Seeding)
def test_a_study_says_what_its_runs_were_drawn_from(tmp_path, seeding):
    paths, trials = StudyPaths(tmp_path), plan(SMOKE, seeding=seeding)
    write_description(paths, describe(SMOKE, trials, EARLIER))
    write_record(paths, record(trials[0]))
    assert load_study(tmp_path).seeding is seeding
    paths.description.unlink()
    assert load_study(tmp_path).seeding is seeding


@pytest.mark.parametrize("version", [99, "one", None])
def test_a_description_of_another_version_is_refused(tmp_path, version):
    edit(write_study(tmp_path), schema_version=version)
    with pytest.raises(SchemaError, match=f"schema version {version}, this program reads 1"):
        load_study(tmp_path)


def test_a_directory_without_records_says_how_to_get_some(tmp_path):
    missing = tmp_path / "nothing"
    with pytest.raises(ResultsError, match=f"{missing}: no records here; run `python -m study.run"):
        load_study(missing)
    assert not missing.exists()


def test_levels_are_ordered_as_declared(tmp_path):
    write_study(tmp_path, space=WIDTHS, seeds=2)
    width = load_study(tmp_path).trials["width"]
    assert width.cat.ordered
    assert width.cat.categories.tolist() == [16, 8, 0.5]
    assert width.tolist() == [16, 16, 8, 8, 0.5, 0.5]


def test_text_levels_are_ordered_as_declared_too(tmp_path):
    write_study(tmp_path)
    study = load_study(tmp_path)
    assert study.trials["normalization"].tolist() == ["none", "none", "range", "range"]
    assert study.factors == (
        "normalization",
        "optimizer",
        "loss",
        "activation",
        "filter_order",
    )
    assert study.varied == ("normalization", "loss")


def test_trials_come_by_cell_and_then_by_seed(tmp_path):
    write_study(tmp_path, seeds=3)
    assert load_study(tmp_path).trials["seed"].tolist() == [0, 1, 2] * 4


def test_records_of_other_plans_are_counted_and_left_out(tmp_path):
    paths = write_study(tmp_path, seeds=3)
    one_seed = plan(SMOKE)
    write_description(paths, describe(SMOKE, one_seed, EARLIER))
    study = load_study(tmp_path)
    assert set(study.trials["trial_id"]) == {trial.id for trial in one_seed}
    assert set(study.predictions["trial_id"]) == set(study.trials["trial_id"])
    assert (len(study.trials), study.others) == (4, 8)


def test_trials_that_have_not_run_are_missing_from_the_rows(tmp_path):
    paths = write_study(tmp_path)
    write_description(paths, describe(SMOKE, plan(SMOKE, seeds=2), EARLIER))
    study = load_study(tmp_path)
    assert (len(study.trials), len(study.description.trial_ids), study.others) == (4, 8, 0)


def test_a_new_plan_of_other_factors_has_no_rows_yet(tmp_path):
    paths = write_study(tmp_path)
    write_description(paths, describe(WIDTHS, plan(WIDTHS), EARLIER))
    study = load_study(tmp_path)
    assert (len(study.trials), len(study.epochs), study.others) == (0, 0, 4)
    assert study.trials["width"].cat.categories.tolist() == [16, 8, 0.5]


def test_the_images_are_those_of_the_planned_data_set(tmp_path):
    """Not those of the first record, which may belong to another plan."""
    paths = StudyPaths(tmp_path)
    planned = plan(SMOKE)
    others = [
        dataclasses.replace(
            trial, protocol=dataclasses.replace(trial.protocol, dataset_hash=f"{number:064}")
        )
        for number, trial in enumerate(planned * 5)
    ]
    assert min(trial.id for trial in others) < min(trial.id for trial in planned)
    write_description(paths, describe(SMOKE, planned, EARLIER))
    write_images(paths, images())
    for trial in [*planned, *others]:
        write_record(paths, record(trial))
    assert set(load_study(tmp_path).images["dataset_hash"]) == {DATASET_HASH}


def test_a_trial_that_raised_has_a_row_and_no_predictions(tmp_path):
    paths = StudyPaths(tmp_path)
    write_description(paths, describe(SMOKE, plan(SMOKE), EARLIER))
    for trial in plan(SMOKE):
        write_record(paths, record(trial, outcome=Outcome.ERROR))
    compact(paths)
    study = load_study(tmp_path)
    assert study.trials["error"].tolist() == ["RuntimeError: no luck"] * 4
    assert len(study.epochs) == len(study.predictions) == len(study.images) == 0


def test_rows_left_by_a_killed_driver_are_not_those_of_the_error_that_followed(tmp_path):
    paths = write_study(tmp_path, seeds=2, outcome=lambda trial: Outcome.ERROR)
    trial = plan(SMOKE)[0]
    write_record(paths, record(trial))
    paths.part("trials", trial.id).unlink()
    write_record(paths, record(trial, outcome=Outcome.ERROR))
    study = load_study(tmp_path)
    assert len(study.trials) == 8
    assert len(study.epochs) == len(study.predictions) == 0


@pytest.mark.parametrize(
    ("trained", "outcome"),
    [(0.5, "trained"), (0.75, "trained"), (0.7501, "partial"), (1.0, "partial")],
)
def test_another_accuracy_to_have_learned_needs_no_training(tmp_path, trained, outcome):
    """Trials that read three images in four, which their records call trained."""
    paths = write_study(tmp_path, misread=lambda _: range(0, N_IMAGES, 4))
    described = read_description(paths)
    thresholds = Thresholds(trained=trained, stuck=0.5)
    write_description(paths, dataclasses.replace(described, thresholds=thresholds))
    study = load_study(tmp_path)
    assert study.description.thresholds == thresholds
    assert set(study.trials["outcome"]) == {outcome}
    assert set(read_trials(paths)["outcome"]) == {"trained"}


def test_a_trial_without_figures_has_its_outcome_by_any_accuracy(tmp_path):
    ended = {0: Outcome.ERROR, 1: Outcome.CONSTANT}
    paths = write_study(tmp_path, seeds=2, outcome=lambda trial: ended[trial.seed])
    described = read_description(paths)
    thresholds = Thresholds(trained=0.01, stuck=0.01, declared=False)
    write_description(paths, dataclasses.replace(described, thresholds=thresholds))
    assert set(load_study(tmp_path).trials["outcome"]) == {"error", "constant"}
