"""The network of a cell: its Keras model with the graphs that don't depend on how it is trained.

The model may be computed in another form than that of its layers, see `study.network.kernels`.
Tracing a graph costs some tenths of a second and some 10 MB that TensorFlow never gives back, so
one network serves all cells that differ in optimizer and loss alone.
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
from study.process.rounding import BANDED

Factory = Callable[..., keras.Model]
BATCH_SPEC = tf.TensorSpec((), tf.int32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A Keras model of a cell and the graph that predicts with it.

    Args:
        build: a function that builds the model anew, with fresh initial weights.
        model: the model as the factory built it, with the weights of the trial at hand.
        forward: the model in the form in which it is computed, with the same variables.
        predict: a function of images `(n, height, width, channels)` and a batch size to outputs
            `(n, classes)`.

    Examples:
        >>> import numpy as np
        >>> layers = [keras.Input((8, 8, 1)), keras.layers.Flatten(), keras.layers.Dense(3)]
        >>> form = ImageForm(shape=(8, 8, 1), dtype="uint8", pixel_max=255.0, classes=3)
        >>> network = find_network(lambda: keras.Sequential(layers), Cell.of({}), form, BANDED)
        >>> network.predict(np.zeros((5, 8, 8, 1), np.uint8), 2).shape.as_list()
        [5, 3]
    """

    build: Callable[[], keras.Model]
    model: keras.Model
    forward: keras.Model
    predict: Callable[[Any, int], tf.Tensor]


def find_network(factory: Factory, cell: Cell, form: ImageForm, kernel: str) -> Network:
    """The network of a cell, made when first asked for.

    The factory is called with those of the cell's levels, `image_shape` and `classes` that it has
    parameters for. Cells that agree in these share a network.

    Args:
        factory: the function that builds a model, uncompiled, from levels.
        cell: the levels that are to be trained.
        form: the form of the images that the model will see.
        kernel: the form in which convolutions are computed, one of
            `study.process.rounding.KERNELS`.

    Raises:
        TypeError: the factory returns no Keras model.
        ValueError: the model's outputs are not one for each class.

    Examples:
        >>> def build(width, classes):
        ...     flat = [keras.Input((8, 8, 1)), keras.layers.Flatten()]
        ...     return keras.Sequential([*flat, *map(keras.layers.Dense, (width, classes))])
        >>> form = ImageForm(shape=(8, 8, 1), dtype="uint8", pixel_max=255.0, classes=3)
        >>> cells = [Cell.of({"width": 4, "optimizer": name}) for name in ("sgd", "adam")]
        >>> sgd, adam = (find_network(build, cell, form, BANDED) for cell in cells)
        >>> adam is sgd
        True
    """
    values = {**cell.as_dict(), "image_shape": form.shape, "classes": form.classes}
    parameters = inspect.signature(factory).parameters
    arguments = tuple((name, value) for name, value in values.items() if name in parameters)
    return _shared_network(factory, arguments, form, kernel)


# A process trains a bounded number of cells, and a traced graph is never freed anyway.
@functools.cache
def _shared_network(
    factory: Factory, arguments: tuple[tuple[str, Any], ...], form: ImageForm, kernel: str
) -> Network:
    """The network of all cells for which the factory has these arguments."""
    build = functools.partial(factory, **dict(arguments))
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
    """The shape and type of images as a data set holds them, for the signature of a graph.

    Examples:
        >>> form = ImageForm(shape=(8, 8, 1), dtype="uint8", pixel_max=255.0, classes=3)
        >>> images_spec(form)
        TensorSpec(shape=(None, 8, 8, 1), dtype=tf.uint8, name=None)
    """
    return tf.TensorSpec((None, *form.shape), form.dtype)


def scaled(images: tf.Tensor, form: ImageForm) -> tf.Tensor:
    """Images as a model takes them: `float32`, divided by the largest pixel of the data set.

    Args:
        images: the images as the data set holds them, of any shape.
        form: the form of the data set's images.

    Examples:
        >>> form = ImageForm(shape=(8, 8, 1), dtype="uint8", pixel_max=16.0, classes=3)
        >>> scaled(tf.constant([0, 8, 16], tf.uint8), form).numpy().tolist()
        [0.0, 0.5, 1.0]
    """
    return tf.cast(images, tf.float32) / form.pixel_max
