"""Every level of the extended space by what it computes."""

import itertools

import keras
import numpy as np
import pytest

from search_spaces import Cell, find_space
from study.network.kernels.model import find_units
from study.network.notebook import build_model
from study.network.parts import find_loss, make_optimizer
from study.planning.estimate import spread
from study.process.rounding import BANDED
from study.training.learner import find_learner, restart
from study.training.trial import image_order
from tests.given.trials import MODEL_2, small_digits

pytestmark = pytest.mark.usefixtures("one_thread")
DIGITS = small_digits()
EXTENDED = find_space("extended")
PLAIN = {"normalization": "none", "activation": "relu", "filter_order": "ascending"}


def test_momentum_is_sgd_with_momentum():
    optimizer = make_optimizer("momentum", learning_rate=0.5)
    assert isinstance(optimizer, keras.optimizers.SGD)
    assert (optimizer.name, optimizer.momentum) == ("momentum", 0.9)
    assert float(optimizer.learning_rate) == 0.5


@pytest.mark.parametrize("name", EXTENDED.factor("optimizer").levels)
def test_each_optimizer_is_the_part_that_its_note_names(name):
    part = EXTENDED.factor("optimizer").notes[name].part
    optimizer = make_optimizer(str(name), learning_rate=0.1)
    assert f"keras.optimizers.{type(optimizer).__name__}" == part.partition("(")[0]


def test_focal_loss_is_cross_entropy_that_looks_away_from_what_is_right():
    targets, outputs = np.array([[1.0, 0.0]]), np.array([[0.8, 0.2]])
    # alpha (1 - p)^gamma (-log p), Keras' alpha 0.25 and gamma 2
    expected = 0.25 * 0.2**2 * -np.log(0.8)
    assert float(find_loss("focal")(targets, outputs)[0]) == pytest.approx(expected, rel=1e-5)
    assert find_loss("mse") is keras.losses.mean_squared_error


@pytest.mark.parametrize(
    ("normalization", "kind", "added"),
    [
        # Two per channel, moving averages too: 4 x (6 + 12 + 24) and 4 x 216 units
        ("batch", keras.layers.BatchNormalization, 4 * (6 + 12 + 24 + 216)),
        # Two per unit of the maps 14x14x6, 7x7x12 and 3x3x24, and of the 216
        ("layer", keras.layers.LayerNormalization, 2 * (1176 + 588 + 216 + 216)),
        ("group", keras.layers.GroupNormalization, 2 * (6 + 12 + 24 + 216)),
    ],
)
def test_a_normalization_stands_after_each_pooling_and_after_flattening(normalization, kind, added):
    model = build_model(**{**PLAIN, "normalization": normalization})
    places = [i for i, layer in enumerate(model.layers) if type(layer) is kind]
    before = [type(model.layers[i - 1]).__name__ for i in places]
    assert before == ["MaxPooling2D"] * 3 + ["Flatten"]
    assert model.count_params() == 25_519 + added


def test_layer_normalization_takes_all_units_of_an_image():
    model = build_model(**{**PLAIN, "normalization": "layer"})
    layer = next(x for x in model.layers if type(x) is keras.layers.LayerNormalization)
    images = np.random.default_rng(0).random((2, 14, 14, 6), dtype=np.float32)
    normalized = np.asarray(layer(images))
    assert normalized.mean(axis=(1, 2, 3)) == pytest.approx([0, 0], abs=1e-5)
    assert normalized.std(axis=(1, 2, 3)) == pytest.approx([1, 1], abs=0.01)


def test_group_normalization_takes_each_branch_by_itself():
    model = build_model(**{**PLAIN, "normalization": "group"})
    layer = next(x for x in model.layers if type(x) is keras.layers.GroupNormalization)
    images = np.random.default_rng(0).random((1, 14, 14, 6), dtype=np.float32)
    images[..., 4:] += 100
    normalized = np.asarray(layer(images))
    for branch in (slice(0, 2), slice(2, 4), slice(4, 6)):
        assert normalized[..., branch].mean() == pytest.approx(0, abs=1e-3)


def test_constant_filters_are_between_the_two_ends():
    sizes = [
        layer.filters
        for layer in build_model(**{**PLAIN, "filter_order": "constant"}).layers
        if isinstance(layer, keras.layers.Conv2D)
    ]
    assert sizes == [4] * 9


@pytest.mark.parametrize("activation", EXTENDED.factor("activation").levels)
def test_only_activations_that_commute_with_pooling_are_banded(activation):
    units = find_units(build_model(**{**PLAIN, "activation": activation}))
    assert len(units) == (0 if activation in ("gelu", "silu") else 3)


def cells():
    """Each level once beside model 2, as in an ablation."""
    factors = EXTENDED.factors
    return [
        Cell.of({factor.name: MODEL_2[factor.name] for factor in factors} | {factor.name: level})
        for factor in factors
        for level in factor.levels
    ]


@pytest.mark.slow
@pytest.mark.parametrize("cell", dict.fromkeys(cells()), ids=str)
def test_each_level_trains_and_restarts(cell):
    learner = find_learner(build_model, cell, DIGITS.form, BANDED)
    order = image_order(60, seed=0, epoch=1)
    losses = []
    for _ in range(2):
        restart(learner, seed=0, learning_rate=0.001)
        loss, _ = learner.train_epoch(DIGITS.x_train, DIGITS.y_train, order, 20)
        again, outputs = learner.evaluate(DIGITS.x_test, DIGITS.y_test, 50)
        losses.append((float(loss), float(again)))
        assert np.isfinite(outputs).all()
    assert losses[0] == losses[1]


def test_an_estimate_looks_at_few_costs_the_ends_among_them():
    assert spread([1.0, 2.0], 6) == [1.0, 2.0]
    assert spread(list(range(100)), 4) == [0, 33, 66, 99]
    assert list(itertools.pairwise(spread(list(range(10)), 2))) == [(0, 9)]
