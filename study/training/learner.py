"""The learner: a network and what trains it, whole epochs as single calls of a traced graph.

Keras layers, losses and optimizers, but not `fit`: the data lies in memory as a tensor and a loop
inside the graph walks over it, which spares `fit`'s waits between steps and makes the order of the
images an input. Tracing a graph costs some tenths of a second and 30 MB or more that TensorFlow
never gives back, so one learner serves every trial of its cell; `restart` puts it back to the
start.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search_spaces import Cell
from study.data.dataset import ImageForm
from study.data.npz import Array
from study.network.building import (
    BATCH_SPEC,
    Factory,
    Network,
    find_network,
    images_spec,
    scaled,
)
from study.network.parts import Loss, find_loss, make_optimizer


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A network and what trains it.

    Args:
        network: the network, shared with the cells that differ in optimizer and loss alone.
        optimizer: the optimizer, in the state of the trial at hand, as the network's weights are.
        loss: the loss, from targets and outputs `(n, classes)` to losses `(n,)`.
        train_epoch: the graph that trains an epoch, from images, labels, order `(n,)` and batch
            size to mean loss and accuracy (0-1) over the images, each as it was when it was trained
            on. Penalties of the model's regularizers are trained on, but not part of that loss.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> def undecided(image_shape, classes):
        ...     layer = keras.layers.Dense(classes, "softmax", kernel_initializer="zeros")
        ...     return keras.Sequential([keras.Input(image_shape), keras.layers.Flatten(), layer])
        >>> cell = Cell.of({"optimizer": "sgd", "loss": "categorical_crossentropy"})
        >>> digits = load_dataset("digits")
        >>> learner = find_learner(undecided, cell, digits.form, "stock")
        >>> # Each of ten classes is given 0.1, whose negative logarithm is 2.30.
        >>> learner.evaluate(digits.x_test[:1], digits.y_test[:1], 1)
        (2.30..., array([[0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1]], dtype=float32))
    """

    network: Network
    optimizer: keras.Optimizer
    loss: Loss
    train_epoch: Callable[..., tuple[tf.Tensor, tf.Tensor]]

    def evaluate(self, images: Array, labels: Array, batch: int) -> tuple[float, Array]:
        """The mean loss and the outputs `(n, classes)`.

        Args:
            images: the images, `(n, height, width, channels)`, pixels as in the data set.
            labels: the class of each image, `(n,)`.
            batch: how many images are computed at a time.
        """
        outputs = self.network.predict(images, batch)
        losses = self.loss(tf.one_hot(labels, outputs.shape[1]), outputs)
        return float(tf.reduce_mean(losses)), outputs.numpy()


# A process trains a bounded number of cells, and a traced graph is never freed anyway.
@functools.cache
def find_learner(factory: Factory, cell: Cell, form: ImageForm, kernel: str) -> Learner:
    """The learner of a cell, made when it is first asked for.

    Args:
        factory: the function that builds the model; see `study.network.building.find_network`.
        cell: the levels; those of `optimizer` and `loss`, by the names of `study.network.parts`,
            say how the network is trained.
        form: the form of the images it will see.
        kernel: how convolutions are computed, one of `study.process.rounding.KERNELS`.

    Raises:
        TypeError, ValueError: the factory returns no model, or one with other outputs.

    Examples:
        >>> from search_spaces import find_space
        >>> from study.network.notebook import build_model
        >>> form = ImageForm(shape=(28, 28, 1), dtype="uint8", pixel_max=255.0, classes=10)
        >>> learner = find_learner(build_model, find_space("smoke").cells()[0], form, "stock")
        >>> learner.network.model.count_params(), learner.optimizer.name
        (25519, 'sgd')
    """
    levels = cell.as_dict()
    network = find_network(factory, cell, form, kernel)
    optimizer = _optimizer(str(levels["optimizer"]), network.model, learning_rate=0.0)
    loss = find_loss(str(levels["loss"]))
    return Learner(
        network=network,
        optimizer=optimizer,
        loss=loss,
        train_epoch=_training_graph(network, optimizer, loss, form),
    )


def restart(learner: Learner, *, seed: int, learning_rate: float) -> None:
    """Put the learner in the state of a model that was just built and compiled under this seed.

    Every variable is copied from a fresh model and optimizer: weights, moving averages, states of
    random layers, moments, step counter, learning rate.

    Args:
        learner: the learner, whatever it trained before.
        seed: the seed of the weights and of random layers.
        learning_rate: the learning rate of the optimizer.

    Examples:
        >>> from search_spaces import find_space
        >>> from study.network.notebook import build_model
        >>> form = ImageForm(shape=(28, 28, 1), dtype="uint8", pixel_max=255.0, classes=10)
        >>> learner = find_learner(build_model, find_space("smoke").cells()[0], form, "stock")
        >>> restart(learner, seed=1, learning_rate=0.25)
        >>> float(learner.optimizer.learning_rate)
        0.25
    """
    keras.utils.set_random_seed(seed)
    model = learner.network.build()
    optimizer = _optimizer(learner.optimizer.name, model, learning_rate=learning_rate)
    for current, fresh in (
        *zip(learner.network.model.variables, model.variables, strict=True),
        *zip(learner.optimizer.variables, optimizer.variables, strict=True),
    ):
        current.assign(fresh)


def read_state(learner: Learner) -> tuple[Array, ...]:
    """A copy of every variable of model and optimizer, in the order in which they were made.

    Examples:
        >>> from search_spaces import find_space
        >>> from study.network.notebook import build_model
        >>> form = ImageForm(shape=(28, 28, 1), dtype="uint8", pixel_max=255.0, classes=10)
        >>> learner = find_learner(build_model, find_space("smoke").cells()[0], form, "stock")
        >>> # The first convolution: two filters of 4 x 16 pixels and one channel.
        >>> [array.shape for array in read_state(learner)[:2]]
        [(4, 16, 1, 2), (2,)]
    """
    return tuple(variable.numpy().copy() for variable in _variables(learner))


def write_state(learner: Learner, state: tuple[Array, ...]) -> None:
    """Put the learner into a state that `read_state` gave.

    Raises:
        ValueError: the state is not one of this learner: other variables, shapes or types.

    Examples:
        >>> from search_spaces import find_space
        >>> from study.network.notebook import build_model
        >>> form = ImageForm(shape=(28, 28, 1), dtype="uint8", pixel_max=255.0, classes=10)
        >>> learner = find_learner(build_model, find_space("smoke").cells()[0], form, "stock")
        >>> state = read_state(learner)
        >>> restart(learner, seed=7, learning_rate=0.5)
        >>> write_state(learner, state)
        >>> all(map(np.array_equal, read_state(learner), state))
        True
    """
    variables = _variables(learner)
    shapes = [(array.shape, array.dtype) for array in state]
    if shapes != [(tuple(own.shape), np.dtype(own.dtype)) for own in variables]:
        raise ValueError("the state of another network or optimizer")
    for variable, array in zip(variables, state, strict=True):
        variable.assign(array)


def _variables(learner: Learner) -> list[Any]:
    return [*learner.network.model.variables, *learner.optimizer.variables]


def _optimizer(name: str, model: keras.Model, *, learning_rate: float) -> keras.Optimizer:
    optimizer = make_optimizer(name, learning_rate=learning_rate)
    optimizer.build(model.trainable_variables)
    return optimizer


def _training_graph(
    network: Network, optimizer: keras.Optimizer, loss: Loss, form: ImageForm
) -> Callable[..., tuple[tf.Tensor, tf.Tensor]]:
    """The graph that trains an epoch, see `Learner.train_epoch`; traced when first called."""
    labels_spec, order_spec = tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.int32)
    forward, weights = network.forward, network.model.trainable_variables

    @tf.function(input_signature=(images_spec(form), labels_spec, order_spec, BATCH_SPEC))
    def train_epoch(images, labels, order, batch):
        size = tf.shape(order)[0]
        total_loss, correct = tf.constant(0.0), tf.constant(0.0)
        for start in tf.range(0, size, batch):
            places = order[start : start + batch]
            inputs = scaled(tf.gather(images, places), form)
            targets = tf.one_hot(tf.gather(labels, places), form.classes)
            with tf.GradientTape() as tape:
                outputs = forward(inputs, training=True)
                mean_loss = tf.reduce_mean(loss(targets, outputs))
                objective = tf.add_n([mean_loss, *forward.losses])
            gradients = tape.gradient(objective, weights)
            optimizer.apply(gradients, weights)
            total_loss += mean_loss * tf.cast(tf.shape(places)[0], tf.float32)
            correct += _count_correct(outputs, targets)
        return total_loss / tf.cast(size, tf.float32), correct / tf.cast(size, tf.float32)

    return train_epoch


def _count_correct(outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    hits = tf.equal(tf.argmax(outputs, axis=-1), tf.argmax(targets, axis=-1))
    return tf.reduce_sum(tf.cast(hits, tf.float32))
