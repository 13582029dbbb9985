"""What a plan takes from the records that are there."""

import shutil

import pytest

from results import ResultsError
from results.records.store import read_trials, write_record
from search_spaces import Seeding
from study.planning.options import read_options
from study.planning.plan import make_plan
from study.planning.table import plan_table
from study.run import main
from tests.given.studies import N_IMAGES, record
from tests.given.tuned_studies import write_tuned_study
from tests.results.records.test_versions import VERSION_1

# What the study of schema version 1 was recorded with.
AS_VERSION_1 = [
    *("--space", "smoke", "--dataset", "digits"),
    *("--epochs", "2", "--train-size", "60", "--test-size", "20"),
]


def planned(out, *arguments):
    return make_plan(read_options([*AS_VERSION_1, "--out", str(out), *arguments]))


@pytest.fixture
def version_1(tmp_path):
    """A study from before there was a choice of seeding."""
    return shutil.copytree(VERSION_1, tmp_path / "version-1")


def test_a_study_stopped_while_it_tunes_keeps_its_kernel(tmp_path):
    """Nothing but tuning is recorded by then, and that is of the study too."""
    paths = write_tuned_study(tmp_path / "study", error=lambda _: 0.1, most=2)
    rows = read_trials(paths)
    assert (set(rows["regime"]), set(rows["kernel"])) == ({"tuning"}, {"banded"})
    command = ["--space", "tuned", "--dataset", "digits", "--out", str(paths.root)]
    assert make_plan(read_options(command)).kernel == "banded"
    with pytest.raises(ResultsError, match="recorded with kernel banded, and a study has one"):
        make_plan(read_options([*command, "--kernel", "stock"]))


@pytest.mark.parametrize(
    ("arguments", "seeding"), [((), "own"), (("--seeding", "shared"), "shared")]
)
def test_a_new_study_has_seeds_of_its_own_for_every_cell_unless_told_otherwise(
    tmp_path, arguments, seeding
):
    plan = planned(tmp_path / "new", "--seeds", "2", *arguments)
    assert {trial.protocol.seeding for trial in plan.trials} == {Seeding(seeding)}
    assert plan.description.protocol["seeding"] == seeding
    generators = {trial.generator_seed for trial in plan.trials}
    assert len(generators) == (8 if seeding == "own" else 2)


def test_a_study_from_before_is_found_whole_and_goes_on_under_ids_as_before(version_1):
    recorded = {"023fdc3b4c6f1af6", "bc261d291de0224b", "fd67344066b152a0", "11b1b093480c481a"}
    plan = planned(version_1, "--set", "loss=mse", "--seeds", "2")
    assert ({trial.id for trial in plan.trials}, plan.missing) == (recorded, ())
    more = planned(version_1, "--set", "loss=mse", "--seeds", "3")
    assert [trial.id for trial in more.missing] == ["53c7cac266a6736d", "8cb5fd490ee4a495"]
    assert {trial.protocol.seeding for trial in more.trials} == {Seeding.SHARED}


@pytest.mark.parametrize("other", Seeding)
def test_a_study_keeps_the_seeding_it_began_with(tmp_path, other):
    (began,) = set(Seeding) - {other}
    first = planned(tmp_path, "--test-size", str(N_IMAGES), "--seeding", began)
    write_record(first.paths, record(first.trials[0]))
    assert {trial.protocol.seeding for trial in planned(tmp_path).trials} == {began}
    message = f"trials of this study are recorded with seeding {began}, and a study keeps the one"
    with pytest.raises(ResultsError, match=message):
        planned(tmp_path, "--seeding", other)


def test_another_seeding_than_recorded_is_told_in_one_line(version_1, capsys):
    command = [*AS_VERSION_1, "--out", str(version_1), "--seeding", "own", "--dry-run"]
    assert main(command) == 2
    told = capsys.readouterr().err
    assert "recorded with seeding shared, and a study keeps the one it began with" in told
    assert (told.count("\n"), "Traceback" in told) == (1, False)


def test_an_unknown_seeding_is_told_in_one_line(capsys):
    with pytest.raises(SystemExit, match="2"):
        read_options([*AS_VERSION_1, "--seeding", "mine"])
    told = capsys.readouterr().err
    assert ("invalid choice: 'mine' (choose from" in told, told.count("\n")) == (True, 1)


def test_a_study_stopped_while_it_tunes_keeps_its_seeding(tmp_path):
    seeding = Seeding.SHARED
    paths = write_tuned_study(tmp_path / "study", error=lambda _: 0.1, most=2, seeding=seeding)
    command = ["--space", "tuned", "--dataset", "digits", "--out", str(paths.root)]
    plan = make_plan(read_options(command))
    assert {trial.protocol.seeding for trial in plan.trials} == {Seeding.SHARED}
    tuned = [trial for cell in plan.tuning.cells for trial in plan.tuning.tuning_trials(cell, 0.1)]
    assert {trial.protocol.seeding for trial in tuned} == {Seeding.SHARED}


def test_the_plan_says_what_runs_are_drawn_from(tmp_path, version_1):
    rows = [
        dict(zip(*(column.cells for column in plan_table(planned(out)).columns), strict=True))
        for out in (tmp_path / "new", version_1)
    ]
    assert [row["seeding"] for row in rows] == [
        "own: runs of different cells are independent, so few seeds tell much",
        "shared: runs of one seed go together in all cells, so the seed is the unit",
    ]
