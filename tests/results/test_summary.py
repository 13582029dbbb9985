"""The summary: its figures, then its text."""

import io
import math
import subprocess
import sys

import pytest
from rich.console import Console

from results import Outcome, StudyPaths, load_study, make_record
from results.records.description import describe, write_description
from results.records.outcome import EARLIER
from results.records.store import write_record
from results.report.cells import cell_table
from results.report.findings import analyse
from results.summary import main, summary_text
from search_spaces import find_space
from tests.given.places import ROOT
from tests.given.studies import measured, plan, write_study

SMOKE = find_space("smoke")
TRAINED, CONSTANT, ERROR = Outcome.TRAINED, Outcome.CONSTANT, Outcome.ERROR
# By cell of smoke (normalization · loss), for each seed the outcome and the test accuracy.
THREE_SEEDS = (
    ((TRAINED, 0.98), (TRAINED, 0.96), (TRAINED, 0.97)),
    ((CONSTANT, 0.10), (CONSTANT, 0.12), (CONSTANT, 0.10)),
    ((TRAINED, 0.99), (CONSTANT, 0.10), (TRAINED, 0.95)),
    ((ERROR, None), (TRAINED, 0.91), (CONSTANT, 0.10)),
)


def write_cells(directory, cells=THREE_SEEDS, *, planned=None, error="ValueError: no [/luck]"):
    """A study of smoke with these outcomes and accuracies."""
    seeds = len(cells[0])
    paths = StudyPaths(directory)
    write_description(paths, describe(SMOKE, plan(SMOKE, seeds=planned or seeds), EARLIER))
    ended = [cell[seed] for seed in range(seeds) for cell in cells]
    for trial, (outcome, accuracy) in zip(plan(SMOKE, seeds=seeds), ended, strict=True):
        columns = measured(outcome, test_accuracy=accuracy, seconds=2.0 + trial.seed)
        if outcome is ERROR:
            columns["error"] = error
        write_record(paths, make_record(trial, measured=columns))
    return load_study(directory)


def text_of(study, *, width=120):
    console = Console(width=width, file=io.StringIO())
    console.print(summary_text(study, analyse(study)))
    return console.file.getvalue()


def test_there_is_a_row_for_each_cell_the_best_first_and_failures_last(tmp_path):
    table = cell_table(write_cells(tmp_path))
    assert list(table.columns[:2]) == ["normalization", "loss"]
    cells = list(zip(table["normalization"], table["loss"], strict=True))
    assert cells == [
        ("none", "categorical_crossentropy"),
        ("range", "categorical_crossentropy"),
        ("range", "mse"),
        ("none", "mse"),
    ]
    assert table["trained"].tolist() == [3, 2, 1, 0]
    assert table["seeds"].tolist() == [3, 3, 3, 3]


def test_only_trained_seeds_enter_an_accuracy(tmp_path):
    table = cell_table(write_cells(tmp_path))
    nan = math.nan
    assert table["mean"].tolist() == pytest.approx([0.97, 0.97, 0.91, nan], nan_ok=True)
    assert table["low"].tolist() == pytest.approx([0.96, 0.95, 0.91, nan], nan_ok=True)
    assert table["high"].tolist() == pytest.approx([0.98, 0.99, 0.91, nan], nan_ok=True)
    assert table["seconds"].tolist() == [3.0, 3.0, 3.0, 3.0]


def test_all_finished_runs_stand_beside_the_mean_of_those_that_trained(tmp_path):
    study = write_cells(tmp_path)
    table = cell_table(study)
    # Deviations of .98 .96 .97; .99 .10 .95; .91 .10; .10 .12 .10, the mean of each before.
    assert table["all_runs"].tolist() == [
        "97.00 ± 1.00 % (3 of 3)",
        "68.00 ± 50.27 % (3 of 3)",
        "50.50 ± 57.28 % (2 of 3)",
        "10.67 ± 1.15 % (3 of 3)",
    ]
    assert table["finished"].tolist() == [3, 3, 2, 3]
    assert "68.00 ± 50.27 % (3 of 3)" in text_of(study, width=160)


def test_outcomes_are_counted(tmp_path):
    outcomes = cell_table(write_cells(tmp_path))["outcomes"].tolist()
    assert outcomes[0] == "3 trained"
    assert outcomes[1] == "2 trained, 1 constant"
    assert sorted(outcomes[2].split(", ")) == ["1 constant", "1 error", "1 trained"]
    assert outcomes[3] == "3 constant"


def test_the_headline_counts_cells_and_trials(tmp_path):
    text = text_of(write_cells(tmp_path, planned=5))
    assert "1 of 4 cells trained with every seed; 12 of 20 planned trials recorded." in text
    assert "8 of 20 planned trials are not recorded." in text


@pytest.mark.parametrize(
    "row",
    [
        "none categorical_crossentropy 3 3 3 trained 97.00 % 96.00 % 98.00 % "
        "97.00 ± 1.00 % (3 of 3) 3.0",
        "none mse 3 0 3 constant - - - 10.67 ± 1.15 % (3 of 3) 3.0",
    ],
)
def test_accuracies_are_shown_in_percent_with_their_range(tmp_path, row):
    text = text_of(write_cells(tmp_path), width=160)
    assert row in [" ".join(line.split()) for line in text.splitlines()]


def test_errors_are_shown_as_they_are_with_their_number(tmp_path):
    assert "1 of 12 raised: ValueError: no [/luck]" in text_of(write_cells(tmp_path))


@pytest.mark.parametrize(("seeds", "warned"), [(1, True), (2, False)])
def test_one_seed_comes_with_its_caveat(tmp_path, seeds, warned):
    write_study(tmp_path, seeds=seeds)
    caveat = "One seed: differences between cells can't be told from seed noise."
    assert (caveat in text_of(load_study(tmp_path))) is warned


def test_records_of_other_plans_are_mentioned(tmp_path):
    paths = write_study(tmp_path, seeds=2)
    write_description(paths, describe(SMOKE, plan(SMOKE), EARLIER))
    assert "4 records of other plans in this directory" in text_of(load_study(tmp_path))


def test_a_cell_that_raised_every_time_has_no_seconds(tmp_path):
    raised = ((ERROR, None),)
    study = write_cells(tmp_path, (raised, raised, raised, ((TRAINED, 0.95),)))
    assert "3 of 4 raised" in text_of(study)
    assert cell_table(study)["outcomes"].tolist() == ["1 trained", "1 error", "1 error", "1 error"]


def test_a_plan_of_which_nothing_is_recorded_yet_has_an_empty_table(tmp_path):
    paths = write_study(tmp_path)
    write_description(paths, describe(SMOKE, plan(SMOKE, epochs=99), EARLIER))
    study = load_study(tmp_path)
    assert cell_table(study).empty
    assert "0 of 0 cells trained with every seed; 0 of 4 planned" in text_of(study)


def test_a_space_without_a_choice_has_one_cell(tmp_path):
    write_study(tmp_path, space=SMOKE.narrowed({"normalization": ["none"], "loss": ["mse"]}))
    assert "1 of 1 cells trained with every seed" in text_of(load_study(tmp_path))


def test_the_command_prints_the_summary(tmp_path, capsys):
    write_study(tmp_path)
    assert main([str(tmp_path)]) == 0
    assert "cells trained with every seed; 4 of 4 planned" in capsys.readouterr().out


def test_the_command_tells_what_it_cannot_read_in_one_line(tmp_path, capsys):
    assert main([str(tmp_path / "none")]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert output.err.startswith(f"results.summary: {tmp_path}/none: no records here")
    assert output.err.count("\n") == 1


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--seeds", "a"]])
def test_mistaken_arguments_are_told_in_one_line(arguments, capsys):
    with pytest.raises(SystemExit, match="2"):
        main(arguments)
    errors = capsys.readouterr().err
    assert errors.startswith("results.summary: ")
    assert errors.count("\n") == 1


def test_the_module_is_a_command_with_help():
    command = [sys.executable, "-m", "results.summary", "--help"]
    root = ROOT
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root)
    assert "python -m results.summary" in done.stdout
    assert "a study directory" in done.stdout
