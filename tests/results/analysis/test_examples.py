"""What single images tell of a lattice: by hand, and where little is left of it."""

import math

import numpy as np
import pytest

from results.analysis.examples import analyse_images
from results.records.answers import Errors
from tests.given.lattices import make

FACTORS = {"a": ("x", "y"), "b": ("p", "q")}
# Cells xp, xq, yp, yq; two seeds each; four images of classes 0, 0, 1, 1.
WRONG = [
    [[1, 1, 0, 0], [1, 1, 1, 0]],
    [[1, 1, 0, 0], [1, 1, 0, 0]],
    [[1, 0, 0, 0], [1, 0, 0, 0]],
    [[1, 0, 0, 0], [1, 0, 0, 1]],
]


def lattice(factors=FACTORS, *, seeds=2, trained=lambda cell, seed: True):
    return make(factors, lambda cell, seed: 0.95, seeds=seeds, trained=trained)


def errors(wrong=WRONG, *, label=(0, 0, 1, 1), without=()):
    by_trial = {
        f"{cell}-{seed}": np.array(row, dtype=bool)
        for cell, rows in enumerate(wrong)
        for seed, row in enumerate(rows)
        if cell not in without
    }
    return Errors(index=10 * np.arange(1, len(label) + 1), label=np.array(label), by_trial=by_trial)


@pytest.fixture(scope="module")
def quality():
    return analyse_images(lattice(), errors())


def test_noise_is_pooled_over_cells(quality):
    # One of four images is disputed in xp and in yq: (1/2) / 4^2 each; 0 in xq and yp.
    assert quality.seed_sd == pytest.approx(math.sqrt(1 / 64))
    assert (quality.cells, quality.seeds, quality.images, quality.left_out) == (4, 2, 4, 0)
    # Accuracies of xp and yq differ by 1/4 between seeds: variance 1/32 each, as expected.
    assert quality.dispersion.phi == pytest.approx(1)
    assert quality.dispersion.df == 4


def test_images_are_named_by_their_position_in_the_test_array(quality):
    assert quality.missed_by_all == (10,)
    assert [(fixed.factor, fixed.level, fixed.index) for fixed in quality.fixed] == [
        ("a", "x", ()),
        ("a", "y", (20,)),
        ("b", "p", ()),
        ("b", "q", ()),
    ]


def test_main_effects_are_averaged_over_contexts(quality):
    effect = quality.effects[0]
    assert (effect.factor, effect.levels, effect.contexts) == ("a", ("x", "y"), 2)
    # x misses 9 of 16, y 5; the images' differences are 0, 1, 1/4 and -1/4.
    assert effect.errors.difference == pytest.approx(4 / 16)
    assert effect.errors.total == pytest.approx(math.sqrt(0.875 / 3) / 2)
    assert effect.errors.seed == pytest.approx(math.sqrt(1 / 128))
    assert [effect.factor for effect in quality.effects] == ["a", "b"]


def test_classes_gain_what_the_second_level_reads(quality):
    classes = quality.effects[0].classes
    assert classes["class"].tolist() == [0, 1]
    assert classes["difference"].tolist() == pytest.approx([0.5, 0])


def test_of_several_seeds_the_networks_of_the_first_are_compared(quality):
    rows = [
        (pair.factor, pair.only_first_wrong, pair.only_second_wrong) for pair in quality.comparisons
    ]
    assert rows == [("a", 1, 0), ("a", 1, 0), ("b", 0, 0), ("b", 0, 0)]


def test_a_failed_cell_is_not_looked_at():
    def trained(cell, seed):
        return cell["a"] == "x" or cell["b"] == "p" or seed == 0

    found = analyse_images(lattice(trained=trained), errors())
    assert (found.cells, found.left_out) == (3, 0)
    assert [(effect.factor, effect.contexts) for effect in found.effects] == [("a", 1), ("b", 1)]
    assert found.effects[0].errors.difference == pytest.approx(3 / 8)


def test_a_cell_without_predictions_of_each_seed_is_left_out():
    several = errors()
    fewer = {trial: wrong for trial, wrong in several.by_trial.items() if trial != "3-1"}
    found = analyse_images(
        lattice(), Errors(index=several.index, label=several.label, by_trial=fewer)
    )
    assert (found.cells, found.left_out) == (3, 1)


def test_a_factor_with_one_level_left_has_no_images_of_its_own():
    found = analyse_images(lattice(), errors(without=(2, 3)))
    assert {fixed.factor for fixed in found.fixed} == {"b"}
    assert [effect.factor for effect in found.effects] == ["b"]
    assert found.missed_by_all == (10, 20)


def test_of_one_cell_there_is_only_its_noise():
    found = analyse_images(lattice(), errors(without=(1, 2, 3)))
    assert found.seed_sd == pytest.approx(math.sqrt(1 / 32))
    assert found.missed_by_all is None
    assert (found.fixed, found.effects) == ((), ())


def test_a_study_of_one_cell_without_factors_has_only_its_noise():
    found = analyse_images(lattice({}), errors(without=(1, 2, 3)))
    assert (found.cells, found.effects) == (1, ())


def test_where_nothing_trained_or_is_stored_there_is_nothing():
    assert analyse_images(lattice(trained=lambda cell, seed: False), errors()) is None
    assert analyse_images(lattice(), errors(without=(0, 1, 2, 3))) is None


def one_seed():
    """Only the network xp misses images: six of eight."""
    none = [[0] * 8]
    return errors([[[1] * 6 + [0] * 2], none, none, none], label=[0] * 8)


def test_networks_of_one_seed_are_compared_by_mcnemar():
    found = analyse_images(lattice(seeds=1), one_seed())
    rows = [
        (pair.factor, dict(pair.context), pair.only_first_wrong, pair.only_second_wrong)
        for pair in found.comparisons
    ]
    assert rows == [
        ("a", {"b": "p"}, 6, 0),
        ("a", {"b": "q"}, 0, 0),
        ("b", {"a": "x"}, 6, 0),
        ("b", {"a": "y"}, 0, 0),
    ]
    # 2 / 2^6, and by Holm over four.
    assert [pair.p_value for pair in found.comparisons] == pytest.approx([1 / 32, 1, 1 / 32, 1])
    assert [pair.holm_p for pair in found.comparisons] == pytest.approx([1 / 8, 1, 1 / 8, 1])


def test_one_seed_has_the_total_error_only():
    found = analyse_images(lattice(seeds=1), one_seed())
    assert math.isnan(found.seed_sd)
    assert math.isnan(found.effects[0].errors.seed)
    # The differences of the images are 1/2 six times, and 0 twice.
    assert found.effects[0].errors.total == pytest.approx(math.sqrt(8 * 3 / 64 / 7 / 8))


def test_a_factor_of_many_pairs_is_not_compared_one_by_one():
    wrong = [[[0, 1]]] * 14
    factors = {"a": tuple("stuvwxy"), "b": ("p", "q")}
    found = analyse_images(lattice(factors, seeds=1), errors(wrong, label=(0, 1)))
    assert found.not_compared == ("a",)
    assert {pair.factor for pair in found.comparisons} == {"b"}
    assert len(found.comparisons) == 7
