"""What a plan takes from the records that are there."""

import itertools
import shutil

import numpy as np
import pytest

from results import ResultsError
from results.records.description import write_description
from results.records.store import read_trials, write_record
from search_spaces import Above, Seeding
from study.data.sources import load_dataset
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


AS_FRACTION = [*("--space", "full", "--dataset", "digits"), *("--design", "fraction")]


def fraction(out, *arguments):
    command = [*AS_FRACTION, "--test-size", str(N_IMAGES), "--out", str(out), *arguments]
    return make_plan(read_options(command))


def test_a_study_keeps_the_fraction_it_began_with(tmp_path, monkeypatch):
    """Were the half with the other sign the earlier choice."""
    monkeypatch.setattr("study.planning.fraction._of_earlier_versions", lambda *_: "a b c d -abcd")
    cells = {trial.cell for trial in fraction(tmp_path).trials}
    whole = fraction(tmp_path, "--design", "full")
    other = next(trial for trial in whole.trials if trial.cell not in cells)
    write_record(whole.paths, record(other))
    extended = fraction(tmp_path, "--seeds", "2")
    kept = {trial.cell for trial in extended.trials}
    assert (len(kept), kept & cells, other.cell in kept) == (16, set(), True)
    assert len(extended.missing) == 31
    # A cell of both or of every combination began with neither.
    for trial in whole.trials:
        if trial.cell in cells:
            write_record(whole.paths, record(trial))
    assert {trial.cell for trial in fraction(tmp_path).trials} == cells


def column(plan, row):
    """What the plan says in this row and those below it without a name."""
    names, texts = ([str(cell) for cell in c.cells] for c in plan_table(plan).columns)
    first = names.index(row)
    rest = itertools.takewhile(
        lambda pair: not pair[0], zip(names[first + 1 :], texts[first + 1 :], strict=True)
    )
    return [texts[first], *(text for _, text in rest)]


def test_a_plan_says_what_cannot_be_decided(tmp_path):
    alone, averaged = column(fraction(tmp_path), "can't decide")
    assert alone.startswith("conclusion 3: learning at all needs cells that differ in this factor")
    assert averaged.startswith(
        "conclusion 1, conclusion 2, conclusion 4, conclusion 5: not whether"
    )
    dropped, *_ = column(
        fraction(tmp_path, "--design", "full", "--set", "optimizer=sgd"), "can't decide"
    )
    assert dropped == "conclusion 2: not asked, as --set leaves out what it speaks of"
    whole = plan_table(fraction(tmp_path, "--design", "full", "--seeds", "3"))
    assert "can't decide" not in [str(cell) for cell in whole.columns[0].cells]


def test_a_tuned_plan_promises_what_both_regimes_tell(tmp_path):
    command = ["--dataset", "digits", "--seeds", "3", "--out", str(tmp_path)]
    tuned, fixed = (
        column(make_plan(read_options(["--space", space, *command])), "can decide")
        for space in ("tuned", "full")
    )
    assert "at the fixed setting and at tuned ones both" in tuned[0]
    assert float(tuned[0].split()[0]) > float(fixed[0].split()[0])


def test_a_plan_says_what_a_lost_cell_would_do(tmp_path):
    column = list(plan_table(fraction(tmp_path)).columns[1].cells)
    told = [str(text) for text in column if "to spare" in str(text)]
    assert told == [
        "no cell to spare: where one fails, 15 effects are mixed with interactions, the intervals "
        "getting wider as these are larger; --design full keeps them apart"
    ]


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


@pytest.mark.parametrize(
    ("arguments", "trained", "declared"),
    [
        ((), 0.9, True),
        (("--learned", "0.7"), 0.7, True),
        (("--learned", "constant"), 13 / 60, False),
    ],
)
def test_what_has_learned_is_asked_for_or_declared(tmp_path, arguments, trained, declared):
    """Of 60 test images 6 are of each class: that 13 are right by chance has p 0.0063, 12 0.017."""
    thresholds = planned(tmp_path, "--test-size", "60", *arguments).description.thresholds
    assert (thresholds.trained, thresholds.declared) == (trained, declared)
    assert thresholds.stuck == 13 / 60


def test_other_images_than_the_space_declares_it_for_tell_by_themselves(tmp_path):
    digits = load_dataset("digits")
    arrays = {name: getattr(digits, name) for name in ("x_train", "y_train", "x_test", "y_test")}
    np.savez(tmp_path / "mine.npz", **arrays)
    command = ["--space", "smoke", "--dataset", str(tmp_path / "mine.npz"), "--out", str(tmp_path)]
    assert not make_plan(read_options([*command, "--epochs", "1"])).description.thresholds.declared


def test_a_study_keeps_what_it_calls_learned_until_told_otherwise(tmp_path):
    first = planned(tmp_path, "--learned", "0.6")
    write_description(first.paths, first.description)
    assert planned(tmp_path).description.thresholds.trained == 0.6
    assert planned(tmp_path, "--seeds", "3").description.thresholds.trained == 0.6
    assert planned(tmp_path, "--learned", "0.8").description.thresholds.trained == 0.8
    other = make_plan(read_options([*AS_VERSION_1, "--space", "full", "--out", str(tmp_path)]))
    assert other.description.thresholds.trained == 0.9


def test_a_study_from_before_keeps_its_nine_in_ten(version_1):
    assert planned(version_1).description.thresholds.rule == Above(accuracy=0.9)


def test_the_plan_says_what_counts_as_learned(tmp_path, capsys):
    command = [*AS_VERSION_1, "--out", str(tmp_path), "--dry-run"]
    assert main(command) == 0
    assert "learned        test accuracy of 90 % or more, as declared" in capsys.readouterr().out
    assert main([*command, "--learned", "constant"]) == 0
    assert "surely better than the best constant answer" in capsys.readouterr().out


@pytest.mark.parametrize("given", ["90", "0", "trained", "nan"])
def test_what_can_be_no_accuracy_is_refused_in_a_line(tmp_path, capsys, given):
    with pytest.raises(SystemExit, match="2"):
        main([*AS_VERSION_1, "--out", str(tmp_path), "--learned", given])
    told = capsys.readouterr().err
    assert given in told
    assert "above 0 to 1, as 0.9" in told


def test_images_that_can_not_tell_who_has_learned_are_refused(tmp_path, capsys):
    x, y = np.ones((8, 8, 8)), np.arange(8) % 2
    np.savez(tmp_path / "few.npz", x_train=x, y_train=y, x_test=x[:4], y_test=y[:4])
    command = ["--space", "smoke", "--dataset", str(tmp_path / "few.npz"), "--out", str(tmp_path)]
    assert main([*command, "--set", "batch_size=2", "--dry-run"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("study.run: few: 4 test examples, 2 of them of one class")
    assert told.endswith("say from which accuracy on a run has learned: --learned 0.9\n")
    declared = make_plan(read_options([*command, "--set", "batch_size=2", "--learned", "0.9"]))
    assert declared.description.thresholds.trained == 0.9
