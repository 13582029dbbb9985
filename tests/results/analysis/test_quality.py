"""Effects where everything trained, against numbers computed by hand."""

import math

import numpy as np
import pytest

from results.analysis.quality import analyse_quality, log_error_rate
from tests.given.lattices import make, notebook_factors

TWO = {"a": (0, 1), "b": (0, 1)}
# By cell 00, 01, 10, 11 and seed 0, 1.
RUNS = {(0, 0): (0.90, 0.92), (0, 1): (0.93, 0.95), (1, 0): (0.94, 0.96), (1, 1): (0.95, 0.99)}


def by_hand():
    return make(TWO, lambda cell, seed: RUNS[cell["a"], cell["b"]][seed], seeds=2)


def effect(quality, term, levels=None):
    (found,) = [
        one
        for one in quality.effects
        if one.term == term and (levels is None or one.levels == levels)
    ]
    return found


def test_main_effects_and_interactions_are_those_of_the_textbook():
    quality = analyse_quality(by_hand(), images=1000)
    means = {cell: sum(runs) / 2 for cell, runs in RUNS.items()}
    a = (means[1, 0] + means[1, 1] - means[0, 0] - means[0, 1]) / 2
    b = (means[0, 1] + means[1, 1] - means[0, 0] - means[1, 0]) / 2
    ab = (means[1, 1] - means[0, 1] - means[1, 0] + means[0, 0]) / 2
    assert effect(quality, "a").accuracy.estimate == pytest.approx(a)
    assert effect(quality, "b").accuracy.estimate == pytest.approx(b)
    assert effect(quality, "a:b").accuracy.estimate == pytest.approx(ab)
    assert effect(quality, "a").levels == "0 → 1"
    assert effect(quality, "a:b").levels == "0 → 1, 0 → 1"


def test_simple_effects_average_to_the_main_effect():
    quality = analyse_quality(by_hand(), images=1000)
    simple = [one for one in quality.simple if one.term == "a"]
    assert [one.context for one in simple] == [{"b": 0}, {"b": 1}]
    mean = np.mean([one.accuracy.estimate for one in simple])
    assert mean == pytest.approx(effect(quality, "a").accuracy.estimate)


def test_failed_contexts_are_left_out_and_counted():
    def trained(cell, seed):
        return not (cell["b"] == 1 and seed == 0)

    lattice = make(
        TWO, lambda cell, seed: RUNS[cell["a"], cell["b"]][seed], seeds=2, trained=trained
    )
    quality = analyse_quality(lattice, images=1000)
    main = effect(quality, "a")
    assert (main.healthy, main.contexts) == (1, 2)
    assert main.accuracy.estimate == pytest.approx(0.95 - 0.91)
    assert effect(quality, "b").accuracy is None
    assert effect(quality, "a:b").accuracy is None
    assert math.isnan(effect(quality, "b").holm_p)


def test_one_failed_cell_does_not_reach_the_effects_of_the_others():
    rng = np.random.default_rng(0)

    def accuracy(cell, seed):
        lowest = cell["loss"] == "mse" and cell["optimizer"] == "sgd"
        better = 0.0028 * (cell["normalization"] == "range")
        return 0.1135 if lowest else 0.985 + better + 0.001 * rng.standard_normal()

    lattice = make(
        notebook_factors(),
        accuracy,
        seeds=5,
        trained=lambda cell, seed: not (cell["loss"] == "mse" and cell["optimizer"] == "sgd"),
    )
    quality = analyse_quality(lattice, images=10_000)
    main = effect(quality, "normalization")
    assert (main.healthy, main.contexts) == (12, 16)
    low, high = main.accuracy.interval(0.95)
    assert low < 0.0028 < high
    assert high - low < 0.001
    # Losses stand beside each other with Adam only, optimizers with cross-entropy only.
    assert effect(quality, "loss").healthy == effect(quality, "optimizer").healthy == 8
    assert effect(quality, "optimizer:loss").accuracy is None


def test_levels_of_a_three_level_factor_are_compared_in_pairs():
    lattice = make({"f": ("x", "y", "z"), "g": (0, 1)}, lambda cell, seed: 0.9 + 0.01 * seed)
    quality = analyse_quality(lattice, images=100)
    mains = [one.levels for one in quality.effects if one.term == "f"]
    assert mains == ["x → y", "x → z", "y → z"]
    assert len([one for one in quality.effects if one.term == "f:g"]) == 3


def test_additive_cells_have_no_interaction():
    lattice = make(TWO, lambda cell, seed: 0.9 + 0.01 * cell["a"] + 0.02 * cell["b"] + 0.001 * seed)
    quality = analyse_quality(lattice, images=1000)
    assert effect(quality, "a:b").accuracy.estimate == pytest.approx(0, abs=1e-12)


def test_one_seed_has_effects_without_intervals_and_lenths_limits():
    lattice = make(TWO, lambda cell, seed: RUNS[cell["a"], cell["b"]][0], seeds=1)
    quality = analyse_quality(lattice, images=1000)
    assert effect(quality, "a").accuracy.error is None
    assert np.isnan(effect(quality, "a").accuracy.interval()).all()
    assert quality.lenth.effects == 3
    assert len(quality.half_normal) == 3
    assert np.isnan(quality.bartlett_p)


def test_nothing_healthy_has_no_effect_and_no_crash():
    for seeds in (1, 3):
        lattice = make(TWO, lambda cell, seed: 0.1, seeds=seeds, trained=lambda cell, seed: False)
        quality = analyse_quality(lattice, images=1000)
        assert all(one.accuracy is None for one in quality.effects)
        assert quality.anova is None
        assert quality.lenth is None


def test_one_cell_has_no_effect():
    quality = analyse_quality(make({}, lambda cell, seed: 0.9), images=100)
    assert quality.effects == quality.simple == ()
    assert quality.anova is None


def test_sums_of_squares_are_those_of_the_healthy_cells():
    quality = analyse_quality(by_hand(), images=1000)
    table = quality.anova.set_index("term")
    assert table.loc[["seed", "a", "b", "a:b", "residual"], "sum_sq"].sum() == pytest.approx(
        table.loc["total", "sum_sq"]
    )


def test_holm_is_over_all_main_effects_and_interactions():
    quality = analyse_quality(by_hand(), images=1000)
    raw = sorted(one.accuracy.p_value for one in quality.effects)
    assert min(one.holm_p for one in quality.effects) == pytest.approx(min(1, 3 * raw[0]))


def test_failed_runs_are_the_worst_in_the_share_of_pairs_won():
    lattice = make(TWO, lambda cell, seed: 0.95, seeds=2, trained=lambda cell, seed: cell["a"] == 1)
    quality = analyse_quality(lattice, images=1000)
    assert effect(quality, "a").wins == 1
    assert effect(quality, "b").wins == 0.5


def test_log_error_of_no_error_is_finite():
    logs = log_error_rate(np.array([1.0, 0.99]), images=100)
    assert logs.tolist() == pytest.approx([math.log(0.5 / 101), math.log(1.5 / 101)])
