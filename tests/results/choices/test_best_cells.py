"""Which cell to take, and what it really gives."""

import dataclasses

import numpy as np
import pytest

from results.choices.best import find_best_cells
from results.choices.compared import compared_cells
from results.choices.levels import find_levels
from results.runs.runs import Examples
from tests.given.lattices import make, notebook_factors, runs


def lattice(accuracy, *, seeds=5, trained=lambda cell, seed: True):
    return runs(make(notebook_factors(), accuracy, seeds=seeds, trained=trained))


def noisy(rng, effect, sd=0.001):
    return lambda cell, _: 0.95 + effect(cell) + rng.normal(0, sd)


def best(runs_of_them):
    return find_best_cells(compared_cells(runs_of_them))


def test_the_cells_that_may_be_best_share_the_level_that_matters():
    rng = np.random.default_rng(0)
    found = best(lattice(noisy(rng, lambda cell: 0.03 * (cell["loss"] == "mse"))))
    assert len(found.may_be_best) == 16
    assert found.common == {"loss": "mse"}
    assert found.cells[0].mean.estimate == max(cell.mean.estimate for cell in found.cells)
    assert all(cell.high == 0 for cell in found.cells if not cell.may_be_best)


def test_one_far_ahead_of_all_is_the_only_one_and_keeps_its_mean():
    rng = np.random.default_rng(0)
    ahead = ("range", "adam", "mse", "relu", "descending")
    found = best(lattice(noisy(rng, lambda cell: 0.04 * (tuple(cell.values()) == ahead))))
    assert [cell.cell for cell in found.may_be_best] == [ahead]
    assert found.expected.estimate == pytest.approx(found.cells[0].mean.estimate)
    assert found.expected.low < found.expected.estimate < found.expected.high


def test_the_luckiest_of_equal_cells_is_to_be_expected_to_give_what_all_give():
    rng = np.random.default_rng(1)
    found = best(lattice(noisy(rng, lambda _: 0.0), seeds=3))
    assert found.cells[0].mean.estimate > 0.9505
    assert abs(found.expected.estimate - 0.95) < 0.0008
    assert found.expected.low < 0.95 < found.expected.high
    assert found.common == {}


def test_cells_that_failed_or_have_a_single_run_are_set_aside_and_counted():
    rng = np.random.default_rng(0)
    some = lattice(
        noisy(rng, lambda cell: 0.03 * (cell["optimizer"] == "adam")),
        trained=lambda cell, seed: cell["optimizer"] == "sgd" or seed > 0,
    )
    present = some.present.copy()
    present[0, 1:] = False
    some = dataclasses.replace(some, present=present, learned=some.learned & present)
    found = best(some)
    assert (found.failed, found.single, len(found.cells)) == (16, 1, 15)
    assert {cell.cell[1] for cell in found.cells} == {"sgd"}


def test_where_no_cell_learned_there_is_none_to_take():
    found = best(lattice(lambda *_: 0.1, trained=lambda *_: False))
    assert (found.cells, found.expected, found.failed) == ((), None, 32)


def test_a_cell_that_alone_learned_is_taken_as_it_is():
    rng = np.random.default_rng(0)
    only = {"optimizer": "adam", "loss": "mse", "activation": "relu", "filter_order": "ascending"}
    one = lattice(
        noisy(rng, lambda _: 0.0),
        trained=lambda cell, _: only.items() <= cell.items() and cell["normalization"] == "none",
    )
    found = best(one)
    assert len(found.may_be_best) == 1
    assert found.expected.estimate == found.cells[0].mean.estimate
    assert (found.expected.low, found.expected.high) == found.cells[0].mean.interval(0.95)


def test_seeds_that_change_nothing_leave_every_cell_in():
    found = best(lattice(lambda cell, _: 0.9 + 0.05 * (cell["loss"] == "mse")))
    assert len(found.may_be_best) == 32
    assert np.isnan(found.expected.low)


def test_with_answers_equal_seeds_leave_what_examples_tell():
    """All runs of a cell answer alike; cells with mse answer all examples but one in twenty."""
    right = np.ones((32, 3, 400), dtype=bool)
    factors = notebook_factors()
    good = make(factors, lambda cell, _: float(cell["loss"] == "mse")).accuracy[:, 0] > 0
    right[good, :, ::20] = False
    right[~good, :, ::2] = False
    accuracy = right.mean(axis=2)
    some = runs(make(factors, lambda *_: 0.0))
    some = dataclasses.replace(
        some,
        response=accuracy,
        examples=Examples(count=400, right=lambda cell: right[cell]),
    )
    found = best(some)
    assert {cell.cell[2] for cell in found.may_be_best} == {"mse"}
    assert found.expected.estimate == pytest.approx(0.95, abs=0.01)
    assert found.expected.low < 0.95 < found.expected.high
    assert {level.factor: level.best for level in find_levels(compared_cells(some))}["loss"] == (
        "mse",
    )
