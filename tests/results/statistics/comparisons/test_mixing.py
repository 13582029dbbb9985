"""Effects that lost cells mix with interactions: by how much, and how often they are wrong."""

import dataclasses
import itertools

import numpy as np
import pytest

from results.statistics.aliases import cell_model
from results.statistics.comparisons.difference import robust_contrast
from results.statistics.comparisons.mixing import difference_estimator, estimators
from results.statistics.comparisons.robust import huber

FACTORS = {name: (-1, 1) for name in "ABCDE"}
PAIRS = list(itertools.combinations(range(5), 2))
# The product of all signs is the same: resolution V, 16 cells for 16 coefficients.
HALF = np.array([signs for signs in itertools.product((-1, 1), repeat=5) if np.prod(signs) > 0])
PRODUCTS = np.column_stack([HALF[:, a] * HALF[:, b] for a, b in PAIRS])


def model_of(cells):
    return cell_model(FACTORS, [tuple(cell) for cell in cells.tolist()])


def main_effect(cells):
    return difference_estimator(model_of(cells), "A", (-1, 1), {})


def test_all_cells_of_a_clear_fraction_mix_nothing():
    found = estimators(model_of(HALF))
    assert {estimator.mixing for estimator in found.values()} == {None}


def test_one_lost_cell_of_sixteen_leaves_every_effect_told():
    """By hand: with r the lost row, (16 I - r r')^-1 = (I + r r' / 10) / 16, and so 1 / 10 each."""
    found = estimators(model_of(HALF[1:]))
    for (term, _), estimator in found.items():
        is_main = ":" not in term
        assert estimator.mixing.share == pytest.approx(1 / 10 if is_main else 1 / 9)
        assert len(estimator.mixing.terms) == (10 if is_main else 9)
        assert estimator.mixing.df == pytest.approx(9 if is_main else 8)
        # Least squares without interactions: 1.1 times the variance of all 16 cells.
        expected = 4 / 16 * (1.1 if is_main else 10 / 9)
        assert (estimator.weights**2).sum() == pytest.approx(expected)


def test_an_interaction_adds_its_share_to_the_estimate():
    estimator = main_effect(HALF[1:])
    for column in PRODUCTS[1:].T:
        # Effects are twice the coefficients.
        assert abs(estimator.weights @ column) == pytest.approx(2 / 10)
    assert estimator.weights @ HALF[1:, 0] == pytest.approx(2)
    assert estimator.weights @ HALF[1:, 1] == pytest.approx(0)


def test_what_is_kept_apart_adds_nothing():
    """The half of 64 cells has 10 to spare: a lost cell mixes nothing."""
    half = [signs for signs in itertools.product((-1, 1), repeat=6) if np.prod(signs) > 0]
    model = cell_model(dict.fromkeys("ABCDEF", (-1, 1)), half[1:])
    assert {estimator.mixing for estimator in estimators(model).values()} == {None}


def test_what_the_design_mixes_whole_is_not_told():
    thirds = [signs for signs in itertools.product((-1, 1), repeat=3) if np.prod(signs) > 0]
    model = cell_model(dict.fromkeys("ABC", (-1, 1)), thirds)
    assert set(estimators(model).values()) == {None}


def test_an_effect_whose_combination_of_levels_is_lost_is_not_told():
    """Without A=-1 at B=1, A:B is the sum of the mean, A and B: the others are mixed in part."""
    kept = HALF[~((HALF[:, 0] == -1) & (HALF[:, 1] == 1))]
    found = {term: estimator for (term, _), estimator in estimators(model_of(kept)).items()}
    assert [found[name] for name in ("A", "B", "A:B")] == [None] * 3
    assert [found[name].mixing.share for name in "CDE"] == pytest.approx([1 / 3] * 3)


def test_a_level_that_is_lost_is_not_told():
    model = cell_model({"A": (0, 1, 2), "B": (0, 1)}, [(0, 0), (0, 1), (1, 0)])
    assert difference_estimator(model, "A", (0, 2), {}) is None


def test_where_nothing_shows_how_large_interactions_are_nothing_is_told():
    """Five main effects and the mean take up six cells."""
    ablation = np.vstack([np.ones(5), 1 - 2 * np.eye(5)]).astype(int)
    assert set(estimators(model_of(ablation)).values()) == {None}


def test_interactions_of_mean_square_one_make_room_for_what_they_add():
    """The mean of the room over interactions of variance 1 is the variance of what they add."""
    estimator, rng = main_effect(HALF[1:]), np.random.default_rng(0)
    drawn = rng.normal(size=(20_000, 10)) @ PRODUCTS[1:].T
    room = np.mean([estimator.mixing.added(means) for means in drawn])
    assert room == pytest.approx(np.var(drawn @ estimator.weights), rel=0.03)
    assert room == pytest.approx(10 * (2 / 10) ** 2, rel=0.02)


def test_main_effects_and_the_mean_make_no_room():
    means = 0.9 + HALF[1:] @ np.array([0.03, 0.0, -0.2, 0.1, 0.01])
    assert main_effect(HALF[1:]).mixing.added(means) == pytest.approx(0, abs=1e-20)


@pytest.mark.parametrize(("spread", "lost"), [(0.0, 1), (1.0, 1), (1.0, 3)])
def test_a_factor_without_effect_is_seldom_said_to_have_one(spread, lost):
    rng, wrong, plain, studies = np.random.default_rng([int(spread), lost]), 0, 0, 0
    for _ in range(300):
        kept = np.sort(rng.permutation(16)[lost:])
        estimator = main_effect(HALF[kept])
        if estimator is None:
            continue
        means = HALF[kept, 1:] @ rng.normal(0, 2, 4) + PRODUCTS[kept] @ rng.normal(0, spread, 10)
        runs = means[:, np.newaxis] + rng.normal(size=(len(kept), 3))
        found = robust_contrast(runs, estimator.weights)
        wide = estimator.mixing.widened(found.error, huber(runs).centre)
        plain += found.p_value < 0.05
        wrong += dataclasses.replace(found, error=wide).p_value < 0.05
        studies += 1
    assert studies > 150
    assert wrong / studies < 0.05 + 2 * np.sqrt(0.05 * 0.95 / studies)
    # Without the room interactions make it so in every third study and more.
    assert (plain / studies > 0.3) == (spread > 0)
