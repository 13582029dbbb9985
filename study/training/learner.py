"""A network with its traced graphs: whole epochs as single graph calls.

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
        network: shared with the cells that differ in optimizer and loss alone.
        optimizer: in the state of the trial at hand, as the network's weights are.
        loss: targets and outputs `(n, classes)` to losses `(n)`.
        train_epoch: images, labels, order `(n)`, batch size -> mean loss and accuracy (0-1) over
            the images, each as it was when it was trained on. Penalties of the model's regularizers
            are trained on, but not part of a loss returned.
    """

    network: Network
    optimizer: keras.Optimizer
    loss: Loss
    train_epoch: Callable[..., tuple[tf.Tensor, tf.Tensor]]

    def evaluate(self, images: Array, labels: Array, batch: int) -> tuple[float, Array]:
        """Mean loss and the outputs `(n, classes)`."""
        outputs = self.network.predict(images, batch)
        losses = self.loss(tf.one_hot(labels, outputs.shape[1]), outputs)
        return float(tf.reduce_mean(losses)), outputs.numpy()


# A process trains a bounded number of cells, and a traced graph is never freed anyway.
@functools.cache
def find_learner(factory: Factory, cell: Cell, form: ImageForm, kernel: str) -> Learner:
    """The learner of a cell, made when first asked for.

    Args:
        factory: builds the model; see `study.network.building.find_network`.
        cell: its `optimizer` and `loss`, by the names of `study.network.parts`, say how it is
            trained.
        form: of the images it will see.
        kernel: one of `study.process.environment.KERNELS`.

    Raises:
        TypeError, ValueError: the factory returns no model, or one with other outputs.
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
    """Put the learner in the state of a model just built and compiled under this seed.

    Every variable is copied from a fresh model and optimizer: weights, moving averages, states of
    random layers, moments, step counter, learning rate.
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
    """A copy of every variable of model and optimizer."""
    return tuple(variable.numpy().copy() for variable in _variables(learner))


def write_state(learner: Learner, state: tuple[Array, ...]) -> None:
    """Put the learner into a state once read.

    Raises:
        ValueError: the state is not one of this learner: other variables, shapes or types.
    """
    variables = _variables(learner)
    found = [(array.shape, array.dtype) for array in state]
    if found != [(tuple(own.shape), np.dtype(own.dtype)) for own in variables]:
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
    labels_spec, order_spec = tf.TensorSpec((None,), tf.int64), tf.TensorSpec((None,), tf.int32)
    forward, weights = network.forward, network.model.trainable_variables

    @tf.function(input_signature=(images_spec(form), labels_spec, order_spec, BATCH_SPEC))
    def train_epoch(images, labels, order, batch):
        size = tf.shape(order)[0]
        total_loss, correct = tf.constant(0.0), tf.constant(0.0)
        for start in tf.range(0, size, batch):
            chosen = order[start : start + batch]
            inputs = scaled(tf.gather(images, chosen), form)
            targets = tf.one_hot(tf.gather(labels, chosen), form.classes)
            with tf.GradientTape() as tape:
                outputs = forward(inputs, training=True)
                mean_loss = tf.reduce_mean(loss(targets, outputs))
                objective = tf.add_n([mean_loss, *forward.losses])
            gradients = tape.gradient(objective, weights)
            optimizer.apply(gradients, weights)
            total_loss += mean_loss * tf.cast(tf.shape(chosen)[0], tf.float32)
            correct += _count_correct(outputs, targets)
        return total_loss / tf.cast(size, tf.float32), correct / tf.cast(size, tf.float32)

    return train_epoch


def _count_correct(outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    hits = tf.equal(tf.argmax(outputs, axis=-1), tf.argmax(targets, axis=-1))
    return tf.reduce_sum(tf.cast(hits, tf.float32))
