"""A network with its traced graphs: whole epochs as single graph calls.

Keras layers, losses and optimizers, but not `fit`: the data lies in memory as a tensor and a loop
inside the graph walks over it, which spares `fit`'s waits between steps and makes the order of the
images an input. What the layers compute may take another form, see
`study.kernels`. Tracing a graph costs about a second and some 10 MB that TensorFlow never gives
back, so one learner serves every trial of its cell; `restart` puts it back to the start.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from search_spaces import Cell
from study.data import ImageForm
from study.environment import BANDED
from study.kernels import banded_model
from study.npz import Array
from study.parts import Loss, find_loss, make_optimizer

Factory = Callable[..., keras.Model]
Graph = Callable[..., tuple[tf.Tensor, tf.Tensor]]
_BATCH_SPEC = tf.TensorSpec((), tf.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learner:
    """A model and what trains it.

    Args:
        build: makes the model as its factory does, with fresh initial weights.
        model, optimizer: in the state of the trial at hand.
        train_epoch: images, labels, order `(n)`, batch size -> mean loss and accuracy (0-1) over
            the images, each as it was when it was trained on. Penalties of the model's regularizers
            are trained on, but not part of a loss returned.
        evaluate: images, labels, batch size -> mean loss and the outputs `(n, classes)`.
    """

    build: Callable[[], keras.Model]
    model: keras.Model
    optimizer: keras.Optimizer
    train_epoch: Graph
    evaluate: Graph


# A process trains a bounded number of cells, and a traced graph is never freed anyway.
@functools.cache
def find_learner(factory: Factory, cell: Cell, form: ImageForm, kernel: str) -> Learner:
    """The learner of a cell, made when first asked for.

    Args:
        factory: called with those of the cell's levels, `image_shape` and `classes` that it has
            parameters for; returns an uncompiled model.
        cell: its `optimizer` and `loss`, by the names of `study.parts`, say how it is trained.
        form: of the images it will see.
        kernel: one of `study.environment.KERNELS`.

    Raises:
        TypeError, ValueError: the factory returns no model, or one with other outputs.
    """
    levels = cell.as_dict()
    offered = {**levels, "image_shape": form.shape, "classes": form.classes}
    taken = inspect.signature(factory).parameters
    build = functools.partial(factory, **{k: v for k, v in offered.items() if k in taken})
    model = build()
    _check_model(model, form)
    optimizer = _optimizer(str(levels["optimizer"]), model, learning_rate=0.0)
    loss = find_loss(str(levels["loss"]))
    forward = banded_model(model) if kernel == BANDED else model
    return Learner(
        build=build,
        model=model,
        optimizer=optimizer,
        train_epoch=_training_graph(model, forward, optimizer, loss, form),
        evaluate=_evaluation_graph(forward, loss, form),
    )


def _check_model(model: object, form: ImageForm) -> None:
    if not isinstance(model, keras.Model):
        raise TypeError(
            f"the factory returned {model!r}; it has to return an uncompiled Keras model"
        )
    if model.output_shape != (None, form.classes):
        raise ValueError(
            f"the factory's model has outputs {model.output_shape}; these images have "
            f"{form.classes} classes, so they have to be (None, {form.classes})"
        )


def restart(learner: Learner, *, seed: int, learning_rate: float) -> None:
    """Put the learner in the state of a model just built and compiled under this seed.

    Every variable is copied from a fresh model and optimizer: weights, moving averages, states of
    random layers, moments, step counter, learning rate.
    """
    keras.utils.set_random_seed(seed)
    model = learner.build()
    optimizer = _optimizer(learner.optimizer.name, model, learning_rate=learning_rate)
    for current, fresh in (
        *zip(learner.model.variables, model.variables, strict=True),
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
    return [*learner.model.variables, *learner.optimizer.variables]


def _optimizer(name: str, model: keras.Model, *, learning_rate: float) -> keras.Optimizer:
    optimizer = make_optimizer(name, learning_rate=learning_rate)
    optimizer.build(model.trainable_variables)
    return optimizer


def _training_graph(
    model: keras.Model,
    forward: keras.Model,
    optimizer: keras.Optimizer,
    loss: Loss,
    form: ImageForm,
) -> Graph:
    """One epoch of a model, computed by another form of it that has the same variables."""
    spec_of_order = tf.TensorSpec((None,), tf.int32)

    @tf.function(input_signature=(*_split_spec(form), spec_of_order, _BATCH_SPEC))
    def train_epoch(images, labels, order, batch):
        size = tf.shape(order)[0]
        total_loss, correct = tf.constant(0.0), tf.constant(0.0)
        for start in tf.range(0, size, batch):
            chosen = order[start : start + batch]
            inputs = _scaled(tf.gather(images, chosen), form)
            targets = tf.one_hot(tf.gather(labels, chosen), form.classes)
            with tf.GradientTape() as tape:
                outputs = forward(inputs, training=True)
                mean_loss = tf.reduce_mean(loss(targets, outputs))
                objective = tf.add_n([mean_loss, *forward.losses])
            gradients = tape.gradient(objective, model.trainable_variables)
            optimizer.apply(gradients, model.trainable_variables)
            total_loss += mean_loss * tf.cast(tf.shape(chosen)[0], tf.float32)
            correct += _count_correct(outputs, targets)
        return total_loss / tf.cast(size, tf.float32), correct / tf.cast(size, tf.float32)

    return train_epoch


def _evaluation_graph(forward: keras.Model, loss: Loss, form: ImageForm) -> Graph:
    @tf.function(input_signature=(*_split_spec(form), _BATCH_SPEC))
    def evaluate(images, labels, batch):
        size = tf.shape(images)[0]
        total_loss = tf.constant(0.0)
        collected = tf.TensorArray(
            tf.float32, 0, True, infer_shape=False, element_shape=(None, form.classes)
        )
        for start in tf.range(0, size, batch):
            inputs = _scaled(images[start : start + batch], form)
            targets = tf.one_hot(labels[start : start + batch], form.classes)
            outputs = forward(inputs, training=False)
            total_loss += tf.reduce_sum(loss(targets, outputs))
            collected = collected.write(collected.size(), outputs)
        return total_loss / tf.cast(size, tf.float32), collected.concat()

    return evaluate


def _split_spec(form: ImageForm) -> tuple[tf.TensorSpec, tf.TensorSpec]:
    return tf.TensorSpec((None, *form.shape), form.dtype), tf.TensorSpec((None,), tf.int64)


def _scaled(images: tf.Tensor, form: ImageForm) -> tf.Tensor:
    return tf.cast(images, tf.float32) / form.pixel_max


def _count_correct(outputs: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    hits = tf.equal(tf.argmax(outputs, axis=-1), tf.argmax(targets, axis=-1))
    return tf.reduce_sum(tf.cast(hits, tf.float32))
