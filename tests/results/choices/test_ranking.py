"""Which choice matters most."""

import dataclasses

import numpy as np
import pytest

from results.choices.compared import compared_cells
from results.choices.ranking import HIGHER, Endpoint, rank_choices
from results.runs.runs import Examples
from tests.given.lattices import kept, make, notebook_factors, runs


def ranked(effect, *, sd=0.001, seeds=5, trained=lambda cell, seed: True, keep=None):
    rng = np.random.default_rng(0)
    lattice = make(
        notebook_factors(),
        lambda cell, _: 0.95 + effect(cell) + rng.normal(0, sd),
        seeds=seeds,
        trained=trained,
    )
    if keep:
        lattice = kept(lattice, keep)
    return {ranking.endpoint: ranking for ranking in rank_choices(compared_cells(runs(lattice)))}


def quality(effect, **options):
    return ranked(effect, **options)[Endpoint.QUALITY]


def two_and_both(cell):
    """Effects of 3 and 1, and of 1 for both together: shares 9, 1 and 1 of 11."""
    loss, optimizer = cell["loss"] == "mse", cell["optimizer"] == "adam"
    both = 1 if loss == optimizer else -1
    return 0.01 * (1.5 * (2 * loss - 1) + 0.5 * (2 * optimizer - 1) + 0.5 * both)


def test_shares_are_those_of_the_true_means():
    found = quality(two_and_both)
    shares = {term.term: term for term in found.terms}
    for term, true in (("loss", 9 / 11), ("optimizer", 1 / 11), ("optimizer:loss", 1 / 11)):
        assert shares[term].share == pytest.approx(true, abs=0.01)
        assert shares[term].low < true < shares[term].high
    assert found.first == found.terms[0] == shares["loss"]
    assert (found.differ, found.balanced, found.untold) == (True, True, ())
    assert sum(term.share for term in found.terms) == pytest.approx(1, abs=0.01)


def test_interactions_of_three_are_told_together():
    def parity(cell):
        signs = [cell["loss"] == "mse", cell["optimizer"] == "adam", cell["activation"] == "relu"]
        return 0.02 * (sum(signs) % 2)

    found = quality(parity)
    assert found.first.term == HIGHER
    assert found.first.share == pytest.approx(1, abs=0.02)


def test_where_nothing_differs_no_term_is_first():
    found = quality(lambda _: 0.0)
    assert not found.differ
    assert found.first is None
    assert all(term.low < 0.2 for term in found.terms)


def test_two_that_matter_alike_leave_the_first_open():
    found = quality(
        lambda cell: 0.003 * ((cell["loss"] == "mse") + (cell["optimizer"] == "adam")), sd=0.004
    )
    assert found.differ
    assert found.first is None


def test_what_makes_runs_learn_is_ranked_before_quality():
    found = ranked(lambda _: 0.0, trained=lambda cell, _: cell["loss"] == "mse", seeds=3)
    assert list(found) == [Endpoint.LEARNING, Endpoint.QUALITY]
    learning = found[Endpoint.LEARNING]
    assert learning.first.term == "loss"
    # Three runs of three don't show that all would learn.
    assert 0.5 < learning.first.low < 1 == learning.first.high
    assert learning.cells == 32
    assert found[Endpoint.QUALITY].cells == 16
    assert "loss" not in {term.term for term in found[Endpoint.QUALITY].terms}


def test_missing_cells_leave_shares_that_do_not_add_up_and_say_so():
    found = quality(
        two_and_both,
        keep=lambda cell: (
            (cell["loss"], cell["optimizer"], cell["activation"]) != ("mse", "adam", "relu")
        ),
    )
    assert found.cells == 28
    assert not found.balanced
    assert {term.term for term in found.terms} >= {"loss", "optimizer", "optimizer:loss"}


def test_terms_that_cells_cannot_tell_apart_are_named():
    found = quality(
        two_and_both,
        keep=lambda cell: (
            sum(
                level == second
                for level, second in zip(
                    [cell["loss"], cell["optimizer"], cell["activation"]],
                    ["mse", "adam", "sigmoid"],
                    strict=True,
                )
            )
            % 2
            == 0
        ),
    )
    assert set(found.untold) >= {"loss", "optimizer", "activation", "optimizer:loss"}


def test_runs_without_spread_or_too_few_cells_rank_nothing():
    assert ranked(two_and_both, sd=0.0) == {}
    assert ranked(two_and_both, trained=lambda cell, _: cell["loss"] == "ce") == {}


def test_a_push_of_shared_seeds_is_noise():
    """Seeds favour adam in every context by chance: with runs as the unit it would matter."""
    pushes = np.array([0.03, 0.02, 0.008])
    rng = np.random.default_rng(0)

    def pushed(cell, seed):
        return 0.9 + pushes[seed] * (cell["optimizer"] == "adam") + rng.normal(0, 0.0005)

    own = runs(make(notebook_factors(), pushed))
    shared = dataclasses.replace(own, shared=True)
    (by_run,), (by_seed,) = (rank_choices(compared_cells(some)) for some in (own, shared))
    assert by_run.differ
    assert not by_seed.differ


def test_luck_with_examples_is_noise():
    """Cells are equal in the population and answer other examples wrong, all seeds alike."""
    rng = np.random.default_rng(1)
    by_cell = rng.random((32, 1, 300)) < 0.9
    right = by_cell ^ (rng.random((32, 4, 300)) < 0.002)
    some = runs(make(notebook_factors(), lambda *_: 0.0, seeds=4))
    these = dataclasses.replace(some, response=right.mean(axis=2))
    new = dataclasses.replace(these, examples=Examples(count=300, right=lambda cell: right[cell]))
    (about_these,), (about_new,) = (rank_choices(compared_cells(each)) for each in (these, new))
    assert about_these.differ
    assert not about_new.differ
