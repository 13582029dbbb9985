"""Units in another form, against the stock layers."""

import dataclasses
import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from study.data.sources import load_dataset
from study.data.subsets import subset
from study.network.kernels import banded_model, forms, written_out
from study.network.kernels.bands import taps_band, whole_band
from study.network.kernels.model import find_units
from study.network.kernels.unit import choose_form
from study.network.notebook import FILTERS, KERNELS, build_model
from study.process.rounding import BANDED, STOCK
from study.training.learner import find_learner, restart
from study.training.trial import train_trial
from tests.given.trials import ORIGIN, small_digits, small_trial

pytestmark = pytest.mark.usefixtures("one_thread")

DIGITS = small_digits()
VARIANTS = list(itertools.product(("none", "range"), ("relu", "sigmoid"), FILTERS))
# What takes minutes is run for the first study's networks only.
NOTEBOOK = [levels for levels in VARIANTS if levels[2] != "constant"]
COMPILED = list(itertools.product(("sgd", "adam"), ("categorical_crossentropy", "mse")))
OPTIMIZERS = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}
FORMS = (forms.line, forms.line_of_columns, forms.patches, forms.patches_of_columns)
SHAPES = [
    # height, width, channels, filters
    (28, 28, 1, 2),
    (14, 14, 6, 4),
    (12, 20, 3, 3),
]


def images_and_kernel(shape, taps, *, draw):
    height, width, channels, filters = shape
    images = tf.constant(draw(size=(3, height, width, channels)), tf.float32)
    return images, tf.constant(draw(size=(*taps, channels, filters)), tf.float32)


def applied(form):
    """A form as a function of images and kernel."""
    return lambda images, kernel: form(kernel, images.shape[1:3])(images)


def values_and_gradients(function, *inputs):
    """Its value, and the gradients of a weighted sum of it."""
    with tf.GradientTape() as tape:
        tape.watch(inputs)
        value = function(*inputs)
        weights = tf.reshape(tf.range(tf.size(value), dtype=tf.float32) % 7 + 1, tf.shape(value))
        total = tf.reduce_sum(value * weights)
    return [value, *tape.gradient(total, inputs)]


def test_a_band_joins_each_output_with_the_inputs_of_a_same_convolution():
    assert taps_band(4, 3, 3).tolist() == [
        [[0, 1, 0], [0, 0, 1], [0, 0, 0]],
        [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        [[0, 0, 0], [1, 0, 0], [0, 1, 0]],
        [[0, 0, 0], [0, 0, 0], [1, 0, 0]],
    ]


def test_kernels_written_out_are_one_matrix():
    """A 1 x 2 and a 2 x 1 kernel on a map of two by two, its first row wanted."""
    wide = tf.reshape(tf.constant([1.0, 2.0]), (1, 2, 1, 1))
    tall = tf.reshape(tf.constant([3.0, 4.0]), (2, 1, 1, 1))
    assert whole_band([wide, tall], (2, 2), (1, 2)).numpy().tolist() == [
        [1, 3, 0, 0],
        [2, 0, 1, 3],
        [0, 4, 0, 0],
        [0, 0, 0, 4],
    ]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("taps", KERNELS)
@pytest.mark.parametrize("shape", SHAPES)
def test_each_form_has_the_values_and_gradients_of_the_stock_one(form, taps, shape):
    images, kernel = images_and_kernel(shape, taps, draw=np.random.default_rng(1).normal)
    ours = values_and_gradients(applied(form), images, kernel)
    stocks = values_and_gradients(applied(forms.stock), images, kernel)
    for own, stock in zip(ours, stocks, strict=True):
        np.testing.assert_allclose(own, stock, rtol=1e-5, atol=1e-4 * float(tf.norm(stock)) ** 0.5)


@pytest.mark.parametrize("size", [(7, 7), (6, 9)])
def test_the_dense_form_computes_all_kernels_at_once(size):
    rng = np.random.default_rng(2)
    images = tf.constant(rng.normal(size=(3, *size, 5)), tf.float32)
    kernels = [tf.constant(rng.normal(size=(*taps, 5, 2)), tf.float32) for taps in KERNELS]

    def dense(images, *kernels):
        return forms.dense(kernels, size)(images)

    def stock(images, *kernels):
        return tf.concat([applied(forms.stock)(images, kernel) for kernel in kernels], axis=-1)

    ours = values_and_gradients(dense, images, *kernels)
    for own, other in zip(ours, values_and_gradients(stock, images, *kernels), strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("taps", KERNELS)
def test_where_inputs_of_a_pooling_are_equal_the_stock_rule_holds(form, taps):
    """Small whole numbers: nothing is rounded, and a window often has several largest values."""

    def draw(size):
        return np.random.default_rng(3).integers(-1, 2, size)

    images, kernel = images_and_kernel((8, 12, 2, 3), taps, draw=draw)
    images = images * tf.constant(np.arange(12) < 5, tf.float32)[:, None]
    convolved = tf.nn.conv2d(images, kernel, 1, "SAME")
    windows = tf.reshape(convolved, (3, 4, 2, 6, 2, 3))
    largest = tf.reduce_max(windows, axis=(2, 4), keepdims=True)
    ties = tf.reduce_sum(tf.cast(windows == largest, tf.int32), axis=(2, 4))
    assert float(tf.reduce_mean(tf.cast(ties > 1, tf.float32))) > 0.1
    ours = values_and_gradients(applied(form), images, kernel)
    stocks = values_and_gradients(applied(forms.stock), images, kernel)
    for own, stock in zip(ours, stocks, strict=True):
        assert np.array_equal(own, stock)


def gradients(model, loss, images, targets, variables):
    with tf.GradientTape() as tape:
        value = tf.reduce_mean(loss(targets, model(images, training=True)))
    return tape.gradient(value, variables)


def digits(size):
    images = tf.constant(DIGITS.x_train[:size] / 255, tf.float32)
    return images, tf.one_hot(DIGITS.y_train[:size], 10)


def batches():
    """Twenty of 20 of the first 60 digits."""
    rng = np.random.default_rng(0)
    return [rng.permutation(60)[:20].astype(np.int32) for _ in range(20)]


def test_kernels_are_written_out_once_within_a_block_and_anew_after_it():
    model = build_model(normalization="none", activation="relu", filter_order="ascending")
    banded, images = banded_model(model), tf.ones((2, 28, 28, 1))
    kernel, before = model.layers[1].kernel, banded(images)
    with written_out(banded):
        assert np.array_equal(banded(images), before)
        kernel.assign(kernel + 0.1)
        assert np.array_equal(banded(images), before)
    assert not np.array_equal(banded(images), before)
    np.testing.assert_allclose(banded(images), model(images), atol=1e-5)


@pytest.mark.parametrize(("normalization", "activation", "filter_order"), VARIANTS)
def test_gradients_of_one_step_are_those_of_stock_keras(normalization, activation, filter_order):
    keras.utils.set_random_seed(0)
    model = build_model(
        normalization=normalization, activation=activation, filter_order=filter_order
    )
    assert len(find_units(model)) == 3
    for name in ("categorical_crossentropy", "mse"):
        arguments = keras.losses.get(name), *digits(32), model.trainable_variables
        ours = gradients(banded_model(model), *arguments)
        for own, stock in zip(ours, gradients(model, *arguments), strict=True):
            scale = float(tf.norm(stock))
            assert float(tf.norm(own - stock)) <= 1e-5 * scale


def distance(weights, others):
    """The largest difference of any weight, relative to the largest of its array."""
    pairs = zip(weights, others, strict=True)
    return max(float(np.abs(one - other).max() / np.abs(other).max()) for one, other in pairs)


@pytest.fixture
def float64():
    before = keras.config.floatx(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx(before[0])
    keras.config.set_dtype_policy(before[1])


@pytest.mark.study
@pytest.mark.usefixtures("float64")
@pytest.mark.parametrize(("optimizer", "loss"), COMPILED)
@pytest.mark.parametrize(("normalization", "activation", "filter_order"), NOTEBOOK)
def test_twenty_steps_move_each_weight_as_stock_keras_does(
    normalization, activation, filter_order, optimizer, loss
):
    """In double precision, where rounding decides no maximum: see the test after this."""
    levels = {"normalization": normalization, "activation": activation}
    models = []
    for _ in range(2):
        keras.utils.set_random_seed(0)
        models.append(build_model(**levels, filter_order=filter_order))
    model, stock = models
    stock.compile(OPTIMIZERS[optimizer](0.001), loss)
    own, lossy, forward = OPTIMIZERS[optimizer](0.001), keras.losses.get(loss), banded_model(model)
    assert forward is not model
    images, targets = (tf.cast(values, tf.float64) for values in digits(60))

    @tf.function
    def step(images, targets):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(lossy(targets, forward(images, training=True)))
        own.apply(tape.gradient(value, model.trainable_variables), model.trainable_variables)

    started = model.get_weights()
    for order in batches():
        batch = tf.gather(images, order), tf.gather(targets, order)
        step(*batch)
        stock.train_on_batch(*batch)
    assert distance(model.get_weights(), stock.get_weights()) <= 1e-6
    assert distance(started, model.get_weights()) > 1e-3


@pytest.mark.study
def test_twenty_steps_part_from_stock_keras_no_more_than_it_does_from_itself():
    """In single precision a maximum of two that are almost equal can be either.

    Adam multiplies what follows. So two runs of stock Keras part as well, if the images of one are
    scaled by a product instead of a quotient; more than 1e-4 in some variants, far less in most.
    """
    own, stock = [], []
    images, targets = digits(60)
    for levels, (optimizer, loss) in itertools.product(NOTEBOOK, COMPILED):
        names = dict(zip(("normalization", "activation", "filter_order"), levels, strict=True))
        trial = small_trial(DIGITS, **names, optimizer=optimizer, loss=loss)
        models = []
        for pixels in (images, DIGITS.x_train[:60] * np.float32(1 / 255)):
            keras.utils.set_random_seed(0)
            models.append(build_model(**names))
            models[-1].compile(OPTIMIZERS[optimizer](0.001), loss)
            started = models[-1].get_weights()
            for order in batches():
                models[-1].train_on_batch(tf.gather(pixels, order), tf.gather(targets, order))
        learner = find_learner(build_model, trial.cell, DIGITS.form, BANDED)
        restart(learner, seed=0, learning_rate=0.001)
        learner.network.model.set_weights(started)
        for order in batches():
            learner.train_epoch(DIGITS.x_train, DIGITS.y_train, order, len(order))
        reference = models[0].get_weights()
        own.append(distance(learner.network.model.get_weights(), reference))
        stock.append(distance(models[1].get_weights(), reference))
    assert np.median(own) <= 1e-4
    assert np.mean(np.less_equal(own, 1e-4)) >= np.mean(np.less_equal(stock, 1e-4)) - 0.2
    assert max(own) <= 10 * max(stock)


@pytest.mark.study
@pytest.mark.parametrize("filter_order", ["ascending", "descending"])
def test_final_accuracies_differ_less_by_kernel_than_by_seed(filter_order, mnist, monkeypatch):
    """Three epochs of 3,000 images, five seeds: rounding grows, but no kernel trains better."""
    monkeypatch.setenv("STUDY_DATA", str(mnist))
    dataset = subset(load_dataset("mnist"), train_size=3000, test_size=2000, seed=0)
    settings = {"epochs": 3, "batch_size": 100, "evaluation_batch_size": 1000}

    def accuracies(kernel):
        origin = dataclasses.replace(ORIGIN, kernel=kernel)
        trials = [
            small_trial(dataset, seed=seed, settings=settings, filter_order=filter_order)
            for seed in range(5)
        ]
        records = [
            train_trial(trial, dataset, factory=build_model, origin=origin) for trial in trials
        ]
        return np.array([record.row["test_accuracy"] for record in records])

    banded, stock = accuracies(BANDED), accuracies(STOCK)
    assert len(set(stock)) > 1
    assert abs(banded - stock).mean() <= stock.std(ddof=1)
    # By two standard errors of a difference of two means.
    error = np.sqrt((banded.var(ddof=1) + stock.var(ddof=1)) / 5)
    assert abs(banded.mean() - stock.mean()) <= 2 * error


@pytest.mark.parametrize("shape", [(28, 28, 3), (15, 18, 1)])
def test_other_images_are_read_as_by_stock_keras(shape):
    keras.utils.set_random_seed(0)
    model = build_model(
        normalization="range",
        activation="relu",
        filter_order="ascending",
        image_shape=shape,
        classes=4,
    )
    images = tf.constant(np.random.default_rng(0).random((5, *shape)), tf.float32)
    np.testing.assert_allclose(banded_model(model)(images), model(images), atol=1e-6)


def unit(flow, **options):
    branches = [keras.layers.Conv2D(2, 5, padding="same", **options)(flow) for _ in range(2)]
    return keras.layers.MaxPooling2D(2)(keras.layers.Concatenate()(branches))


def model_of(make):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((12, 12, 1))
    outputs = keras.layers.Dense(3)(keras.layers.Flatten()(make(inputs)))
    return keras.Model(inputs, outputs)


def shared_convolution(flow):
    convolution = keras.layers.Conv2D(2, 5, padding="same")
    return keras.layers.Concatenate()(
        [keras.layers.MaxPooling2D(2)(convolution(flow)), convolution(flow)[:, :6, :6]]
    )


def read_elsewhere(flow):
    convolved = keras.layers.Conv2D(2, 5, padding="same")(flow)
    pooled = keras.layers.MaxPooling2D(2)(convolved)
    return keras.layers.Concatenate()([pooled, convolved[:, ::2, ::2]])


@pytest.mark.parametrize(
    "make",
    [
        lambda flow: unit(flow, activation="gelu"),
        lambda flow: unit(flow, strides=2),
        lambda flow: unit(flow, activity_regularizer="l2"),
        lambda flow: keras.layers.AveragePooling2D(2)(keras.layers.Conv2D(2, 5)(flow)),
        shared_convolution,
        read_elsewhere,
    ],
    ids=["gelu", "strides", "activity", "average", "shared", "read elsewhere"],
)
def test_what_is_not_a_unit_is_left_as_it_is(make):
    model = model_of(make)
    assert banded_model(model) is model


@pytest.mark.parametrize("options", [{}, {"activation": "tanh"}, {"use_bias": False}])
def test_units_of_a_network_of_ones_own_are_found(options):
    model = model_of(lambda flow: keras.layers.Dropout(0.5)(unit(flow, **options)))
    banded = banded_model(model)
    assert banded is not model
    images = tf.constant(np.random.default_rng(0).random((4, 12, 12, 1)), tf.float32)
    np.testing.assert_allclose(banded(images), model(images), atol=1e-6)
    # Dropout drops while training only, in either.
    assert not np.allclose(banded(images, training=True), model(images))


def test_penalties_count_as_in_the_model_itself():
    model = model_of(lambda flow: unit(flow, kernel_regularizer="l2"))
    banded = banded_model(model)
    assert float(sum(banded.losses)) == pytest.approx(float(sum(model.losses)))
    assert len(banded.losses) == 2


def test_sequential_and_subclassed_models_are_left_as_they_are():
    model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Flatten()])
    assert banded_model(model) is model


def test_large_kernels_of_many_filters_stay_stock():
    kernel = tf.zeros((5, 5, 32, 64))
    assert choose_form((28, 28), kernel) is forms.stock
    assert choose_form((28, 28), tf.zeros((4, 16, 1, 2))) is forms.patches


def test_the_model_that_is_saved_has_stock_layers_only(tmp_path):
    trial = small_trial(DIGITS)
    learner = find_learner(build_model, trial.cell, DIGITS.form, BANDED)
    restart(learner, seed=3, learning_rate=0.01)
    order = np.arange(20, dtype=np.int32)
    learner.train_epoch(DIGITS.x_train, DIGITS.y_train, order, 10)
    learner.network.model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert {type(layer).__module__.partition(".")[0] for layer in loaded.layers} <= {
        "keras",
        "study",
    }
    assert not any("Unit" in type(layer).__name__ for layer in loaded.layers)
    images, _ = digits(8)
    _, outputs = learner.evaluate(DIGITS.x_train[:8], DIGITS.y_train[:8], 8)
    np.testing.assert_allclose(loaded(images), outputs, atol=1e-6)


def test_each_kernel_has_its_learner():
    trial = small_trial(DIGITS)
    banded, stock = (
        find_learner(build_model, trial.cell, DIGITS.form, kernel) for kernel in (BANDED, STOCK)
    )
    assert banded is not stock
