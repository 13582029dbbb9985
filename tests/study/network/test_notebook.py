import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from search_spaces import find_space
from study.network.notebook import RangeScaling, build_model

pytestmark = pytest.mark.usefixtures("one_thread")


def notebook_network(normalization, activation, filter_order):
    """The notebook's cells, line by line, with stock layers only."""
    layers = keras.layers
    scale = (
        (lambda x: layers.Lambda(lambda t: t / (tf.reduce_max(t) - tf.reduce_min(t)))(x))
        if normalization == "range"
        else (lambda x: x)
    )
    first, second, third = {"ascending": (2, 4, 8), "descending": (8, 4, 2)}[filter_order]

    def unit(x, k):
        v = layers.Conv2D(k, (4, 16), padding="same", activation=activation)(x)
        h = layers.Conv2D(k, (16, 4), padding="same", activation=activation)(x)
        s = layers.Conv2D(k, (8, 8), padding="same", activation=activation)(x)
        return scale(layers.MaxPool2D(pool_size=(2, 2))(layers.concatenate([v, h, s])))

    x = keras.Input((28, 28, 1))
    flat = scale(layers.Flatten()(unit(unit(unit(x, first), second), third)))
    return keras.Model(x, layers.Dense(10, "softmax")(layers.Dense(9, activation)(flat)))


VARIANTS = list(
    itertools.product(("none", "range"), ("relu", "sigmoid"), ("ascending", "descending"))
)
# One conv of each unit, then the two dense layers, by hand: kernel area 64.
PARAMETERS = {
    "ascending": [130] * 3 + [1540] * 3 + [6152] * 3 + [1953, 100],
    "descending": [520] * 3 + [6148] * 3 + [1538] * 3 + [495, 100],
}


def levels_of(model_name):
    levels = dict(next(m for m in find_space("notebook").models if m.name == model_name).levels)
    return {name: levels[name] for name in ("normalization", "activation", "filter_order")}


@pytest.mark.parametrize("number", range(1, 7))
def test_each_notebook_model_has_the_layers_and_parameters_of_the_notebook(number):
    levels = levels_of(f"model {number}")
    model = build_model(**levels)
    counts = [layer.count_params() for layer in model.layers if layer.count_params()]
    assert counts == PARAMETERS[levels["filter_order"]]
    assert model.count_params() == {"ascending": 25519, "descending": 25213}[levels["filter_order"]]


@pytest.mark.parametrize("number", range(1, 7))
def test_each_notebook_model_has_the_shapes_of_the_notebook(number):
    levels = levels_of(f"model {number}")
    model = build_model(**levels)
    shapes = [tuple(layer.output.shape[1:]) for layer in model.layers]
    expected = [tuple(x.output.shape[1:]) for x in notebook_network(**levels).layers]
    assert shapes == expected
    first, _, last = {"ascending": (2, 4, 8), "descending": (8, 4, 2)}[levels["filter_order"]]
    assert shapes[1] == (28, 28, first)
    assert (3, 3, 3 * last) in shapes


def test_scaling_layers_stand_after_each_pooling_and_after_flattening():
    kinds = [type(x).__name__ for x in build_model(**levels_of("model 2")).layers]
    places = [i for i, kind in enumerate(kinds) if kind == "RangeScaling"]
    assert [kinds[i - 1] for i in places] == ["MaxPooling2D"] * 3 + ["Flatten"]
    assert "RangeScaling" not in [
        type(x).__name__ for x in build_model(**levels_of("model 1")).layers
    ]


@pytest.mark.parametrize(("normalization", "activation", "filter_order"), VARIANTS)
def test_the_forward_pass_equals_the_notebooks_stock_layers(
    normalization, activation, filter_order
):
    keras.utils.set_random_seed(1)
    ours = build_model(
        normalization=normalization, activation=activation, filter_order=filter_order
    )
    theirs = notebook_network(normalization, activation, filter_order)
    theirs.set_weights(ours.get_weights())
    images = np.random.default_rng(0).random((7, 28, 28, 1), dtype=np.float32)
    assert np.array_equal(ours(images), theirs(images))


def test_range_scaling_divides_by_the_range_of_the_whole_batch():
    batch = np.array([[1.0, 3.0], [5.0, 9.0]], dtype=np.float32)
    assert RangeScaling()(batch).numpy().tolist() == [[0.125, 0.375], [0.625, 1.125]]


def test_range_scaling_of_a_dead_unit_is_nan():
    assert np.isnan(RangeScaling()(np.zeros((2, 3), np.float32)).numpy()).all()


def test_other_images_and_classes_are_possible():
    model = build_model(
        normalization="range",
        activation="relu",
        filter_order="ascending",
        image_shape=(8, 20, 3),
        classes=4,
    )
    assert model(np.ones((2, 8, 20, 3), np.float32)).shape == (2, 4)


def test_a_saved_model_is_loaded_with_the_registered_layer(tmp_path):
    model = build_model(**levels_of("model 6"))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = np.random.default_rng(0).random((3, 28, 28, 1), dtype=np.float32)
    assert np.array_equal(loaded(images), model(images))
