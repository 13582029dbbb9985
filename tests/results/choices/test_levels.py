"""A mean for each level, and which may be the best."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from results.choices.best import find_best_cells
from results.choices.compared import compared_cells
from results.choices.levels import find_levels
from results.judge import judge_table
from results.runs.runs import Examples
from results.runs.table import Columns, read_runs
from search_spaces import About, Claim
from tests.given.lattices import make, runs

OPTIMIZERS = {"sgd": 0.0, "adam": 0.04, "lion": 0.04, "momentum": 0.01}


def six_contexts(accuracy, **options):
    factors = {"optimizer": tuple(OPTIMIZERS), "loss": ("ce", "mse"), "width": (8, 16, 32)}
    return runs(make(factors, accuracy, **options))


def noisy(rng, *, sd=0.002):
    return lambda cell, _: 0.9 + OPTIMIZERS[cell["optimizer"]] + rng.normal(0, sd)


def found(runs_of_them, factor="optimizer", about=None):
    by_name = {each.factor: each for each in find_levels(compared_cells(runs_of_them, about))}
    return by_name[factor]


def test_levels_that_may_be_best_are_told_from_those_that_surely_are_not():
    levels = found(six_contexts(noisy(np.random.default_rng(0)), seeds=5))
    assert levels.best == ("adam", "lion")
    assert (levels.contexts, levels.of) == (6, 6)
    sgd = levels.levels[0]
    assert sgd.mean.estimate == pytest.approx(0.9, abs=0.002)
    assert (sgd.high, sgd.may_be_best) == (0, False)
    assert sgd.low < -0.04 < 0


def test_a_mean_has_welchs_interval_over_its_cells():
    """One context: the t interval of the cell's own runs."""
    scores = [0.70, 0.72, 0.71, 0.80, 0.84, 0.82]
    frame = pd.DataFrame({"width": [8] * 3 + [16] * 3, "seed": range(6), "score": scores})
    one = read_runs(frame, Columns(factors=("width",), response="score"))
    low, high = found(one, "width").levels[0].mean.interval(0.95)
    assert (low, high) == pytest.approx(
        stats.t.interval(0.95, 2, loc=0.71, scale=0.01 / np.sqrt(3)), abs=1e-9
    )


def test_contexts_in_which_a_level_failed_are_left_out_and_counted():
    lattice = six_contexts(
        noisy(np.random.default_rng(0)),
        trained=lambda cell, seed: (cell["optimizer"], cell["width"], seed) != ("sgd", 8, 1),
    )
    levels = found(lattice)
    assert (levels.contexts, levels.of, levels.absent) == (4, 6, ())


def test_a_level_that_never_learned_is_set_aside_and_the_others_are_compared():
    lattice = six_contexts(
        noisy(np.random.default_rng(0)), trained=lambda cell, _: cell["optimizer"] != "lion"
    )
    levels = found(lattice)
    assert levels.absent == ("lion",)
    assert levels.contexts == 6
    assert levels.best == ("adam",)


def test_levels_that_stand_beside_each_other_nowhere_have_no_means():
    lattice = six_contexts(
        noisy(np.random.default_rng(0)),
        trained=lambda cell, _: (cell["optimizer"] == "sgd") == (cell["loss"] == "ce"),
    )
    levels = found(lattice)
    assert (levels.levels, levels.contexts) == ((), 0)


def test_two_levels_differ_as_the_judge_says_they_do():
    rng = np.random.default_rng(4)
    names = ["adam"] * 5 + ["sgd"] * 5
    scores = np.repeat([0.92, 0.9], 5) + rng.normal(0, 0.01, 10)
    frame = pd.DataFrame({"optimizer": names, "seed": range(10), "score": scores})
    claim = Claim(name="1", text="Adam.", factor="optimizer", better="adam", worse="sgd")
    judged = judge_table(frame, [claim], factors=["optimizer"], response="score").iloc[0]
    levels = found(read_runs(frame, Columns(factors=("optimizer",), response="score")))
    adam, sgd = levels.levels
    assert adam.mean.estimate - sgd.mean.estimate == pytest.approx(judged["estimate"])
    assert (levels.best == ("adam",)) == (judged["verdict"] == "confirmed")
    assert -sgd.low == pytest.approx(judged["high"], rel=1e-3)


def with_answers(*, spread, seeds=10):
    """Three levels equal in the population, each good at other examples; and their answers."""
    rng = np.random.default_rng(2)
    logit = 2 + spread * rng.standard_normal((3, 1, 200))
    right = rng.random((3, seeds, 200)) < 1 / (1 + np.exp(-logit))
    frame = pd.DataFrame(
        {
            "optimizer": np.repeat(["a", "b", "c"], seeds),
            "seed": range(3 * seeds),
            "score": right.mean(axis=2).ravel(),
        }
    )
    read = read_runs(frame, Columns(factors=("optimizer",), response="score"))
    return dataclasses.replace(read, examples=Examples(count=200, right=lambda cell: right[cell]))


def test_levels_are_compared_on_new_examples_where_answers_are_known():
    answered = with_answers(spread=3.0)
    new, these = found(answered), found(answered, about=About.THESE)
    for one, other in zip(new.levels, these.levels, strict=True):
        assert one.mean.estimate == other.mean.estimate
        assert one.mean.error.value > 2 * other.mean.error.value
    assert len(new.best) == 3
    assert len(these.best) < 3


def test_shared_seeds_are_the_unit():
    rng = np.random.default_rng(0)

    def pushed(cell, seed):
        push = 0.01 if seed % 2 else -0.01
        return 0.9 + push * (cell["optimizer"] == "adam") + rng.normal(0, 0.0005)

    own = six_contexts(pushed, seeds=4)
    shared = dataclasses.replace(own, shared=True)
    by_run, by_seed = found(own).levels[1].mean.error, found(shared).levels[1].mean.error
    assert by_seed.value > 2 * by_run.value


def test_splits_are_paired_and_their_overlap_is_reckoned_with():
    """As the judge does it: two levels, each seed its own split, a fifth of the data tested."""
    rng = np.random.default_rng(3)
    hard = rng.normal(0, 0.02, 10)
    rows = [
        {"optimizer": name, "seed": seed, "score": 0.9 + shift + hard[seed] + rng.normal(0, 0.002)}
        for name, shift in (("adam", 0.006), ("sgd", 0.0))
        for seed in range(10)
    ]
    frame = pd.DataFrame(rows)
    claim = Claim(name="1", text="Adam.", factor="optimizer", better="adam", worse="sgd")
    judged = judge_table(
        frame, [claim], factors=["optimizer"], response="score", split=(400, 100)
    ).iloc[0]
    read = read_runs(frame, Columns(factors=("optimizer",), response="score"))
    split = dataclasses.replace(read, split=(400, 100))
    adam, sgd = found(split).levels
    assert -sgd.low == pytest.approx(judged["high"], rel=1e-3)
    assert adam.low == pytest.approx(min(judged["low"], 0), rel=1e-3)
    cells = find_best_cells(compared_cells(split)).cells
    assert -cells[1].low == pytest.approx(judged["high"], rel=1e-2)
    assert (len(found(split).best) == 1) == (judged["p"] < 0.05)
