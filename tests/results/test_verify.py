"""What `results.verify` finds, and what it leaves alone."""

import dataclasses
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from results import Outcome, ResultsError, StudyPaths
from results.records.inventory import take_inventory
from results.records.store import compact, write_record
from results.verify import main, verification_text, verify
from search_spaces import find_space
from tests.given.studies import plan, record, write_study

SMOKE = find_space("smoke")


def outcomes(trial):
    return Outcome.CONSTANT if trial.cell.as_dict()["loss"] == "mse" else Outcome.TRAINED


@pytest.fixture
def paths(tmp_path):
    """A sound study of compacted files, and three parts of another plan."""
    write_study(tmp_path, seeds=2, outcome=outcomes)
    paths = StudyPaths(tmp_path)
    for trial in [trial for trial in plan(SMOKE, seeds=3) if trial.seed == 2][:3]:
        write_record(paths, record(trial, outcome=outcomes(trial)))
    return paths


def change(path, column, value):
    """Set a column of every row of a file."""
    rows = pq.read_table(path)
    place = rows.column_names.index(column)
    values = pa.array([value] * len(rows), rows.schema.field(column).type)
    pq.write_table(rows.set_column(place, column, values), path)


def part(paths, table):
    """The first file of a table that holds one trial."""
    return next(path for path in sorted(paths.table(table).glob("[0-9a-f]*.parquet")))


def test_a_sound_study_has_no_problem(paths):
    found = verify(paths.root)
    assert (found.planned, found.recorded, found.raised, found.others) == (8, 8, 0, 3)
    assert found.problems == ()
    assert "8 of 8 planned trials recorded" in verification_text(found)
    assert main([str(paths.root)]) == 0
    compact(paths)
    assert verify(paths.root).problems == ()


@pytest.mark.parametrize("regime", ["fixed", "tuned"])
def test_only_a_trial_that_tunes_can_have_been_pruned(tmp_path, regime):
    trial = plan(SMOKE, epochs=3)[0]
    whole = record(trial, outcome=Outcome.PRUNED)
    place = whole.trial.schema.get_field_index("regime")
    for name, wrong in (("tuning", False), (regime, True)):
        row = whole.trial.set_column(place, whole.trial.schema.field(place), pa.array([name]))
        paths = StudyPaths(tmp_path / name)
        paths.root.mkdir()
        write_record(paths, dataclasses.replace(whole, trial=row, epochs=whole.epochs.slice(0, 2)))
        assert take_inventory(paths).recorded == {trial.id}
        told = " ".join(verify(paths.root).problems)
        assert ("it was pruned, and was not there to tune" in told) == wrong


def test_checking_changes_nothing(paths):
    before = {path: path.read_bytes() for path in paths.root.rglob("*") if path.is_file()}
    verify(paths.root)
    assert before == {path: path.read_bytes() for path in paths.root.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("table", "column", "value", "problem"),
    [
        ("trials", "test_accuracy", 0.99, "test accuracy 0.99, by its predictions 0"),
        ("trials", "outcome", "stuck", "outcome stuck, by its figures"),
        ("trials", "learning_rate", 0.1, "has another content"),
        ("trials", "learning_rate", -1.0, "learning_rate -1.0 must be"),
        ("epochs", "epoch", 1, "its epochs are not 1 to 10, each once"),
        ("predictions", "index", 3, "an image is predicted twice"),
        ("predictions", "label", 4, "its labels are not those of the stored images"),
        ("predictions", "trial_id", "0" * 16, "holds rows of 0000000000000000"),
    ],
)
def test_what_does_not_fit_is_named(paths, table, column, value, problem, capsys):
    change(part(paths, table), column, value)
    problems = verify(paths.root).problems
    assert any(problem in told for told in problems), problems
    assert main([str(paths.root)]) == 1
    assert problem in capsys.readouterr().out


def test_missing_rows_are_named(paths):
    path = part(paths, "predictions")
    pq.write_table(pq.read_table(path).slice(1), path)
    assert verify(paths.root).problems == (
        f"trial {path.stem}: its epochs or predictions are not all there",
    )


def test_copies_that_differ_are_named(paths):
    compacted = next(paths.table("trials").glob("compacted-*"))
    key = pq.read_table(compacted)["trial_id"][0].as_py()
    trial = next(trial for trial in plan(SMOKE, seeds=2) if trial.id == key)
    write_record(paths, record(trial, outcome=outcomes(trial)))
    assert verify(paths.root).problems == ()
    change(paths.part("trials", key), "seconds", 99.0)
    (problem,) = verify(paths.root).problems
    assert problem.startswith(f"trial {key}: ")
    assert problem.endswith("differ")


def test_a_damaged_file_and_a_damaged_description_are_named(paths):
    path = part(paths, "epochs")
    path.write_bytes(path.read_bytes()[:100])
    paths.description.write_text("{")
    problems = verify(paths.root).problems
    assert any(str(path) in problem for problem in problems)
    assert any("study.json: can't be read" in problem for problem in problems)


def test_a_directory_without_a_study_is_refused(tmp_path, capsys):
    with pytest.raises(ResultsError, match="no study here"):
        verify(tmp_path / "nothing")
    assert main([str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith("results.verify: ")


def test_a_mistaken_option_is_told_in_one_line():
    command = [sys.executable, "-m", "results.verify", "somewhere", "--retrain", "none"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "'none' is not a whole number" in done.stderr
    assert len(done.stderr.splitlines()) == 1
