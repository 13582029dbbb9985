"""A Keras model of some factor levels with the graphs that do not depend on how it is trained.

What the layers compute may take another form, see `study.network.kernels`. Tracing a graph costs
some tenths of a second and some 10 MB that TensorFlow never gives back, so one network serves all
cells that differ in optimizer and loss alone.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import tensorflow as tf

from search_spaces import Cell
from study.data.dataset import ImageForm
from study.network.kernels import banded_model, written_out
from study.process.environment import BANDED

Factory = Callable[..., keras.Model]
BATCH_SPEC = tf.TensorSpec((), tf.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A model and its graphs.

    Args:
        build: makes the model as its factory does, with fresh initial weights.
        model: its weights are those of the trial at hand.
        forward: the model in the form in which it is computed, with the same variables.
        predict: images, batch size -> outputs `(n, classes)`.
    """

    build: Callable[[], keras.Model]
    model: keras.Model
    forward: keras.Model
    predict: Callable[[Any, int], tf.Tensor]


def find_network(factory: Factory, cell: Cell, form: ImageForm, kernel: str) -> Network:
    """The network of a cell, made when first asked for.

    Args:
        factory: called with those of the cell's levels, `image_shape` and `classes` that it has
            parameters for; returns an uncompiled model. Cells that agree in these share a network.
        cell: what is to be trained.
        form: of the images it will see.
        kernel: one of `study.process.environment.KERNELS`.

    Raises:
        TypeError, ValueError: the factory returns no model, or one with other outputs.
    """
    offered = {**cell.as_dict(), "image_shape": form.shape, "classes": form.classes}
    parameters = inspect.signature(factory).parameters
    taken = tuple((name, value) for name, value in offered.items() if name in parameters)
    return _network(factory, taken, form, kernel)


# A process trains a bounded number of cells, and a traced graph is never freed anyway.
@functools.cache
def _network(
    factory: Factory, taken: tuple[tuple[str, Any], ...], form: ImageForm, kernel: str
) -> Network:
    """The network that the factory builds of these arguments."""
    build = functools.partial(factory, **dict(taken))
    model = build()
    _check_model(model, form)
    forward = banded_model(model) if kernel == BANDED else model
    return Network(
        build=build, model=model, forward=forward, predict=_prediction_graph(forward, form)
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


def _prediction_graph(forward: keras.Model, form: ImageForm) -> Callable[[Any, int], tf.Tensor]:
    @tf.function(input_signature=(images_spec(form), BATCH_SPEC))
    def predict(images, batch):
        collected = tf.TensorArray(
            tf.float32, 0, True, infer_shape=False, element_shape=(None, form.classes)
        )
        with written_out(forward):
            for start in tf.range(0, tf.shape(images)[0], batch):
                outputs = forward(scaled(images[start : start + batch], form), training=False)
                collected = collected.write(collected.size(), outputs)
        return collected.concat()

    return predict


def images_spec(form: ImageForm) -> tf.TensorSpec:
    """Of images as a data set holds them, in a graph."""
    return tf.TensorSpec((None, *form.shape), form.dtype)


def scaled(images: tf.Tensor, form: ImageForm) -> tf.Tensor:
    """Images as a model takes them."""
    return tf.cast(images, tf.float32) / form.pixel_max
