"""Predictions of a network, computed in units."""

import keras
import numpy as np
import pytest

from study.network.building import find_network, scaled
from study.network.kernels.model import find_units
from study.network.notebook import build_model
from study.process.rounding import BANDED
from tests.given.trials import small_digits, small_trial

pytestmark = pytest.mark.usefixtures("one_thread")

DIGITS = small_digits()
CELL = small_trial(DIGITS).cell


def network_of(model):
    return find_network(lambda: model, CELL, DIGITS.form, BANDED)


def test_predictions_follow_the_weights():
    """Written out once in a graph's call, not once in the life of the graph."""
    model = build_model(normalization="none", activation="relu", filter_order="ascending")
    network, kernel = network_of(model), model.layers[1].kernel
    before = network.predict(DIGITS.x_test, 7)
    kernel.assign(kernel + 0.1)
    after = network.predict(DIGITS.x_test, 7)
    assert not np.allclose(before, after)
    np.testing.assert_allclose(after, model(scaled(DIGITS.x_test, DIGITS.form)), atol=1e-5)


def test_predicting_reads_no_kernel_inside_its_loop():
    model = build_model(normalization="none", activation="relu", filter_order="ascending")
    graph = network_of(model).predict.get_concrete_function().graph.as_graph_def()
    (body,) = [
        function for function in graph.library.function if "while_body" in function.signature.name
    ]
    read = [node for node in body.node_def if node.op == "ReadVariableOp"]
    # Of the two dense layers alone.
    assert len(read) == 4


def test_a_network_for_images_of_any_size_is_computed_in_units_too():
    inputs = keras.Input((None, None, 1))
    convolved = keras.layers.Conv2D(2, (4, 16), padding="same")(inputs)
    flow = keras.layers.GlobalAveragePooling2D()(keras.layers.MaxPooling2D(2)(convolved))
    model = keras.Model(inputs, keras.layers.Dense(10, "softmax")(flow))
    assert find_units(model)
    outputs = network_of(model).predict(DIGITS.x_test, 7)
    np.testing.assert_allclose(outputs, model(scaled(DIGITS.x_test, DIGITS.form)), atol=1e-5)
