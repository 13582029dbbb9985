import itertools

import keras
import numpy as np
import pytest
import tensorflow as tf

from search_spaces import Seeding
from study.network.building import _shared_network
from study.network.notebook import build_model
from study.process.rounding import BANDED
from study.training.learner import find_learner, restart
from study.training.trial import image_order, train_trial
from tests.given.trials import ORIGIN, same_numbers, small_digits, small_trial

pytestmark = pytest.mark.usefixtures("one_thread")

DIGITS = small_digits()
COMPILED = list(
    itertools.product(("none", "range"), ("sgd", "adam"), ("categorical_crossentropy", "mse"))
)


def train(trial, dataset=DIGITS, **options):
    return train_trial(trial, dataset, factory=build_model, origin=ORIGIN, **options)


def stock_model(trial):
    """What a Keras user would write for this trial."""
    cell = trial.cell.as_dict()
    keras.utils.set_random_seed(trial.generator_seed)
    model = build_model(
        normalization=cell["normalization"],
        activation=cell["activation"],
        filter_order=cell["filter_order"],
    )
    optimizer = {"sgd": keras.optimizers.SGD, "adam": keras.optimizers.Adam}[cell["optimizer"]]
    model.compile(optimizer(trial.protocol.learning_rate), cell["loss"], metrics=["accuracy"])
    return model


def stock_arrays(dataset):
    """Images divided by 255 in double precision and one-hot classes, as in the notebook."""
    train = (dataset.x_train / 255, np.eye(10)[dataset.y_train])
    test = (dataset.x_test / 255, np.eye(10)[dataset.y_test])
    return train, test


@pytest.mark.parametrize(("normalization", "optimizer", "loss"), COMPILED)
def test_one_step_moves_the_weights_as_stock_keras_does(normalization, optimizer, loss):
    # Adam divides a gradient by its own size, so a large step shows the rounding of tiny ones.
    trial = small_trial(
        DIGITS,
        normalization=normalization,
        optimizer=optimizer,
        loss=loss,
        settings={"learning_rate": 0.001},
    )
    learner = find_learner(build_model, trial.cell, DIGITS.form, BANDED)
    restart(learner, seed=trial.generator_seed, learning_rate=0.001)
    stock = stock_model(trial)
    assert all(map(np.array_equal, learner.network.model.get_weights(), stock.get_weights()))
    (images, targets), _ = stock_arrays(DIGITS)
    order = np.arange(16, dtype=np.int32)
    mean_loss, accuracy = learner.train_epoch(DIGITS.x_train, DIGITS.y_train, order, 16)
    stock_loss, stock_accuracy = stock.train_on_batch(images[:16], targets[:16])
    assert float(mean_loss) == pytest.approx(float(stock_loss), rel=1e-6)
    assert float(accuracy) == pytest.approx(float(stock_accuracy))
    for ours, theirs in zip(learner.network.model.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=2e-6)


def test_penalties_of_regularizers_move_the_weights_as_in_stock_keras():
    def factory():
        inputs = keras.Input((28, 28, 1))
        hidden = keras.layers.Dense(4, "tanh", kernel_regularizer="l2")(
            keras.layers.Flatten()(inputs)
        )
        return keras.Model(inputs, keras.layers.Dense(10, "softmax")(hidden))

    trial = small_trial(DIGITS)
    learner = find_learner(factory, trial.cell, DIGITS.form, BANDED)
    restart(learner, seed=0, learning_rate=0.5)
    keras.utils.set_random_seed(0)
    stock = factory()
    stock.compile(keras.optimizers.SGD(0.5), "categorical_crossentropy")
    (images, targets), _ = stock_arrays(DIGITS)
    learner.train_epoch(DIGITS.x_train, DIGITS.y_train, np.arange(16, dtype=np.int32), 16)
    stock.train_on_batch(images[:16], targets[:16])
    for ours, theirs in zip(learner.network.model.get_weights(), stock.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize(("normalization", "optimizer", "loss"), COMPILED)
def test_a_trial_equals_stock_keras_over_two_epochs(normalization, optimizer, loss):
    # A small step keeps rounding from growing into another path.
    trial = small_trial(
        DIGITS,
        normalization=normalization,
        optimizer=optimizer,
        loss=loss,
        settings={"learning_rate": 0.001},
    )
    record = train(trial)
    stock = stock_model(trial)
    (images, targets), test = stock_arrays(DIGITS)
    for epoch in (1, 2):
        order = image_order(60, seed=trial.generator_seed, epoch=epoch)
        history = stock.fit(
            images[order], targets[order], batch_size=16, shuffle=False, verbose=0
        ).history
        row = record.epochs.to_pylist()[epoch - 1]
        assert row["train_loss"] == pytest.approx(history["loss"][0], rel=1e-4)
        assert row["train_accuracy"] == pytest.approx(history["accuracy"][0], abs=1e-6)
    loss_at_end, accuracy_at_end = stock.evaluate(*test, batch_size=32, verbose=0)
    assert record.row["test_loss"] == pytest.approx(loss_at_end, rel=1e-4)
    assert record.row["test_accuracy"] == pytest.approx(accuracy_at_end, abs=1e-6)
    train_loss, train_accuracy = stock.evaluate(images, targets, batch_size=32, verbose=0)
    assert record.row["train_loss"] == pytest.approx(train_loss, rel=1e-4)
    assert record.row["train_accuracy"] == pytest.approx(train_accuracy, abs=1e-6)
    outputs = stock.predict(test[0], batch_size=32, verbose=0)
    confidence = record.predictions["confidence"].to_numpy()
    np.testing.assert_allclose(confidence, outputs.max(axis=1), rtol=1e-4)
    assert record.predictions["predicted"].to_pylist() == outputs.argmax(axis=1).tolist()


def test_pixels_are_divided_as_exactly_as_the_notebook_does():
    levels = np.arange(256, dtype=np.uint8)
    ours = (tf.cast(levels, tf.float32) / 255.0).numpy()
    assert np.array_equal(ours, (levels / 255).astype(np.float32))


def test_the_same_trial_twice_gives_bit_identical_records():
    trial = small_trial(DIGITS)
    assert same_numbers(train(trial), train(trial))


def forget_graphs():
    """As in a new process."""
    find_learner.cache_clear()
    _shared_network.cache_clear()


def test_a_record_does_not_depend_on_what_its_process_trained_before():
    trial = small_trial(DIGITS, optimizer="adam")
    first = train(trial)
    forget_graphs()
    train(small_trial(DIGITS, optimizer="adam", seed=7))
    train(small_trial(DIGITS, normalization="none"))
    assert same_numbers(train(trial), first)


def test_records_do_not_depend_on_the_order_in_which_a_process_trains():
    trials = [
        small_trial(DIGITS, seed=seed, optimizer=optimizer, normalization=normalization)
        for seed, optimizer, normalization in [
            (0, "sgd", "range"),
            (1, "adam", "range"),
            (0, "adam", "none"),
            (1, "sgd", "range"),
        ]
    ]
    forward = {trial.id: train(trial) for trial in trials}
    forget_graphs()
    for place in (2, 3, 0, 1):
        assert same_numbers(train(trials[place]), forward[trials[place].id])


def test_another_seed_gives_another_record():
    first, other = (train(small_trial(DIGITS, seed=seed)) for seed in (0, 1))
    assert first.row["test_loss"] != other.row["test_loss"]


def test_one_generator_gives_one_order_of_images_which_changes_by_epoch():
    orders = [image_order(60, seed=3, epoch=epoch) for epoch in (1, 2, 1)]
    assert sorted(orders[0]) == list(range(60))
    assert np.array_equal(orders[0], orders[2])
    assert not np.array_equal(orders[0], orders[1])


def drawn(trial, monkeypatch):
    """The weights that a training began with, and the orders in which it saw the images."""
    models, orders = [], []

    def factory():
        inputs = keras.Input((28, 28, 1))
        flat = keras.layers.Flatten()(inputs)
        models.append(keras.Model(inputs, keras.layers.Dense(10, "softmax")(flat)))
        return models[-1]

    def witnessed(*sizes, **drawing):
        orders.append(image_order(*sizes, **drawing))
        return orders[-1]

    monkeypatch.setattr("study.training.trial.image_order", witnessed)
    train_trial(trial, DIGITS, factory=factory, origin=ORIGIN)
    # The last one that was built lent its weights to the training, and was not trained itself.
    return models[-1].get_weights()[0], np.array(orders)


@pytest.mark.parametrize(("seeding", "alike"), [(Seeding.OWN, False), (Seeding.SHARED, True)])
def test_cells_of_one_seed_begin_alike_only_where_seeds_are_shared(seeding, alike, monkeypatch):
    settings = {"seeding": seeding}
    sgd, adam, again = (
        drawn(small_trial(DIGITS, seed=1, optimizer=optimizer, settings=settings), monkeypatch)
        for optimizer in ("sgd", "adam", "sgd")
    )
    for ours, theirs, same in zip(sgd, adam, again, strict=True):
        assert np.array_equal(ours, theirs) is alike
        assert np.array_equal(ours, same)


def test_a_record_holds_every_epoch_and_every_test_image():
    record = train(small_trial(DIGITS))
    assert record.epochs["epoch"].to_pylist() == [1, 2]
    assert record.predictions["index"].to_pylist() == DIGITS.test_index.tolist()
    assert record.predictions["label"].to_pylist() == DIGITS.y_test.tolist()
    hits = (record.predictions["predicted"].to_numpy() == DIGITS.y_test).mean()
    assert record.row["test_accuracy"] == pytest.approx(hits)
    assert record.epochs["test_accuracy"].to_pylist()[-1] == record.row["test_accuracy"]


def test_a_record_says_where_and_with_what_it_was_made():
    row = train(small_trial(DIGITS)).row
    assert row["space"] == "full"
    assert row["threads"] == 1
    assert row["keras"] == keras.__version__
    assert row["tensorflow"] == tf.__version__
    assert 100 < row["resident_mb"] < 10_000


def test_epochs_are_reported_as_they_end():
    seen = []
    train(small_trial(DIGITS), on_epoch=lambda epoch, *_: seen.append(epoch))
    assert seen == [1, 2]


def test_a_training_that_overflows_is_recorded_as_nan_with_all_its_epochs():
    record = train(small_trial(DIGITS, normalization="none", settings={"learning_rate": 1e30}))
    assert record.row["outcome"] == "nan"
    assert np.isnan(record.row["test_loss"])
    assert record.epochs.num_rows == 2
    assert record.predictions.num_rows == 50


def test_a_training_with_one_answer_is_recorded_as_constant():
    record = train(small_trial(DIGITS, activation="sigmoid", settings={"learning_rate": 0.5}))
    assert record.row["outcome"] == "constant"
    assert len(set(record.predictions["predicted"].to_pylist())) == 1


def test_the_factory_gets_only_what_it_has_parameters_for():
    asked = []

    def factory(activation, classes):
        asked.append((activation, classes))
        inputs = keras.Input((28, 28, 1))
        hidden = keras.layers.Dense(4, activation)(keras.layers.Flatten()(inputs))
        return keras.Model(inputs, keras.layers.Dense(classes, "softmax")(hidden))

    record = train_trial(small_trial(DIGITS), DIGITS, factory=factory, origin=ORIGIN)
    assert record.epochs.num_rows == 2
    assert set(asked) == {("relu", 10)}


def test_layers_with_random_state_start_anew_with_each_trial():
    def factory():
        inputs = keras.Input((28, 28, 1))
        flow = keras.layers.Dropout(0.5)(keras.layers.Flatten()(inputs))
        flow = keras.layers.BatchNormalization()(flow)
        return keras.Model(inputs, keras.layers.Dense(10, "softmax")(flow))

    trial = small_trial(DIGITS, optimizer="adam")
    first, second = (train_trial(trial, DIGITS, factory=factory, origin=ORIGIN) for _ in range(2))
    assert same_numbers(first, second)


def test_the_maths_is_still_the_version_that_its_name_says():
    """If this fails on purpose, give `MATHS` another version: old records must not mix with new."""
    settings = {"learning_rate": 0.001, "seeding": Seeding.SHARED}
    trial = small_trial(DIGITS, optimizer="adam", settings=settings)
    record = train(trial)
    assert trial.maths == "notebook-network/1"
    assert record.row["train_loss"] == pytest.approx(2.19583, rel=1e-4)
    assert record.row["test_loss"] == pytest.approx(2.21875, rel=1e-4)
