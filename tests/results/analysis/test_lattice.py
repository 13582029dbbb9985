"""From rows of records to a lattice without gaps."""

import dataclasses

import numpy as np
import pytest

from results import Outcome, StudyPaths, load_study
from results.analysis.lattice import find_contexts, level_pairs, make_lattice
from results.records.description import describe, write_description
from results.records.outcome import EARLIER
from results.records.store import write_record
from search_spaces import Factor, find_space
from tests.given.lattices import make
from tests.given.studies import plan, record, report_of, write_study

SMOKE = find_space("smoke")


def write(directory, trials, *, planned):
    paths = StudyPaths(directory)
    write_description(paths, describe(SMOKE, planned, EARLIER))
    for trial in trials:
        write_record(paths, record(trial))
    return load_study(directory)


def test_cells_and_seeds_stand_in_declared_order(tmp_path):
    write_study(tmp_path, seeds=3)
    study = load_study(tmp_path)
    lattice = make_lattice(study)
    assert dict(lattice.factors) == {
        "normalization": ("none", "range"),
        "loss": ("categorical_crossentropy", "mse"),
    }
    assert lattice.cells[:2] == (("none", "categorical_crossentropy"), ("none", "mse"))
    assert lattice.seeds == (0, 1, 2)
    first = study.trials.query("normalization == 'none' and loss == 'mse'").sort_values("seed")
    assert lattice.accuracy[1].tolist() == first["test_accuracy"].tolist()
    assert lattice.left_out == ()
    assert lattice.healthy.all()


def test_a_training_that_raised_is_a_failed_one(tmp_path):
    def outcome(trial):
        return Outcome.ERROR if trial.cell.as_dict()["loss"] == "mse" else Outcome.TRAINED

    write_study(tmp_path, seeds=2, outcome=outcome)
    lattice = make_lattice(load_study(tmp_path))
    assert lattice.healthy.tolist() == [True, False, True, False]
    assert np.isnan(lattice.accuracy[1]).all()


def test_a_seed_that_some_cells_lack_is_left_out_and_named(tmp_path):
    planned = plan(SMOKE, seeds=3)
    kept = [trial for trial in planned if trial.seed < 2 or trial.cell == planned[0].cell]
    lattice = make_lattice(write(tmp_path, kept, planned=planned))
    assert (len(lattice.cells), lattice.seeds) == (4, (0, 1))
    assert lattice.left_out == (
        "3 of 12 planned trials are not recorded",
        "effects leave out seed 2, which some cells lack",
    )


def test_cells_that_have_not_run_are_left_out(tmp_path):
    planned = plan(SMOKE)
    lattice = make_lattice(write(tmp_path, planned[:3], planned=planned))
    assert (len(lattice.cells), lattice.seeds) == (3, (0,))
    assert lattice.left_out == ("1 of 4 planned trials are not recorded",)


def test_cells_that_share_no_seed_keep_the_most_common_one(tmp_path):
    planned = plan(SMOKE, seeds=2)
    first = planned[0].cell
    kept = [trial for trial in planned if (trial.seed == 1) == (trial.cell == first)]
    lattice = make_lattice(write(tmp_path, kept, planned=planned))
    assert (len(lattice.cells), lattice.seeds) == (3, (0,))
    assert "effects leave out 1 cells that lack a seed" in lattice.left_out


def test_a_study_of_one_cell_is_a_lattice_of_one_cell(tmp_path):
    space = SMOKE.narrowed({"normalization": ["none"], "loss": ["mse"]})
    write_study(tmp_path, space=space, seeds=2)
    lattice = make_lattice(load_study(tmp_path))
    assert (lattice.cells, lattice.accuracy.shape) == (((),), (1, 2))


def test_no_planned_record_makes_an_empty_lattice(tmp_path):
    paths = write_study(tmp_path)
    other = plan(SMOKE, epochs=3)
    write_description(paths, describe(SMOKE, other, EARLIER))
    lattice = make_lattice(load_study(tmp_path))
    assert (lattice.cells, lattice.seeds, lattice.accuracy.shape) == ((), (), (0, 0))


FACTORS = {"a": (0, 1), "b": ("x", "y", "z")}


def test_contexts_hold_every_level_side_by_side():
    lattice = make(FACTORS, lambda cell, seed: 0.9)
    found = find_contexts(lattice, "b")
    assert found.contexts == ({"a": 0}, {"a": 1})
    assert found.cells.tolist() == [[0, 1, 2], [3, 4, 5]]
    two = find_contexts(lattice, "b", ("z", "x"))
    assert two.cells.tolist() == [[2, 0], [5, 3]]


def test_a_context_is_healthy_where_every_level_trained_with_every_seed():
    lattice = make(FACTORS, lambda cell, seed: 0.9, trained=lambda cell, seed: cell["b"] != "z")
    assert find_contexts(lattice, "b").healthy.tolist() == [False, False]
    assert find_contexts(lattice, "b", ("x", "y")).healthy.tolist() == [True, True]
    assert find_contexts(lattice, "a").healthy.tolist() == [True, True, False]


def test_a_context_without_one_of_the_cells_is_none():
    whole = make(FACTORS, lambda cell, seed: 0.9)
    lattice = type(whole)(
        factors=whole.factors,
        cells=whole.cells[1:],
        seeds=whole.seeds,
        accuracy=whole.accuracy[1:],
        trained=whole.trained[1:],
        trial_ids=whole.trial_ids[1:],
    )
    assert find_contexts(lattice, "b").contexts == ({"a": 1},)
    assert find_contexts(lattice, "b", ("y", "z")).contexts == ({"a": 0}, {"a": 1})


@pytest.mark.parametrize(("levels", "pairs"), [("ab", 1), ("abc", 3), ("a", 0)])
def test_each_pair_of_levels_once(levels, pairs):
    assert len(level_pairs(levels)) == pairs


def test_records_of_mixed_spaces_are_told_apart_and_not_compared(tmp_path):
    """Without study.json everything recorded is planned, and a factor may be missing."""
    factors = (Factor(name="width", levels=(8, 16)),)
    widths = dataclasses.replace(SMOKE, factors=factors, claims=(), nuisance=None)
    paths = StudyPaths(tmp_path)
    for trial in [*plan(SMOKE, seeds=3), *plan(widths, seeds=3)]:
        write_record(paths, record(trial))
    study = load_study(tmp_path)
    lattice = make_lattice(study)
    assert lattice.cells == ()
    assert lattice.left_out == (
        "effects leave out 18 records that lack a factor which others have",
    )
    sections = {section.title: section for section in report_of(study)}
    assert len(sections["Cells"].table) == 6
    assert sections["Ablation"].table["width=16.0"].tolist().count("✓") == 1
    assert "no two cells differ in one factor" in sections["Main effects"].sentences[0]
