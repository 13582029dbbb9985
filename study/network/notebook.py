"""The model factory that all declared spaces share: it builds the notebook's models."""

from typing import Any

import keras

FILTERS = {"ascending": (2, 4, 8), "descending": (8, 4, 2), "constant": (4, 4, 4)}
KERNELS = ((4, 16), (16, 4), (8, 8))


@keras.saving.register_keras_serializable(package="study")
class RangeScaling(keras.layers.Layer):
    """Division by max - min, both over the whole batch tensor.

    This is the notebook's `NORMALIZED`. It only scales, nothing is subtracted, so its output need
    not lie in 0-1; it depends on the whole batch; and a constant input gives 0/0 = NaN or x/0 =
    infinity. All three are as in the notebook.

    Examples:
        >>> RangeScaling()(keras.ops.array([[2.0, 4.0, 6.0]])).numpy().tolist()
        [[0.5, 1.0, 1.5]]
    """

    def call(self, inputs):
        """The inputs, of any shape, divided by their range."""
        return inputs / keras.ops.subtract(keras.ops.max(inputs), keras.ops.min(inputs))

    def compute_output_shape(self, input_shape):
        """The shape of the outputs, which is that of the inputs."""
        return input_shape


def _normalized(flow: keras.KerasTensor, normalization: str) -> Any:
    """The maps `(n, height, width, channels)` or values `(n, units)` after a new normalization."""
    units: Any = tuple(range(1, len(flow.shape)))
    match normalization:
        case "none":
            return flow
        case "range":
            return RangeScaling()(flow)
        case "batch":
            return keras.layers.BatchNormalization()(flow)
        case "layer":
            return keras.layers.LayerNormalization(axis=units)(flow)
        case "group":
            # The channels of a branch lie side by side, and so are a group.
            return keras.layers.GroupNormalization(groups=len(KERNELS))(flow)
    raise ValueError(f"unknown normalization {normalization!r}")


def build_model(
    *,
    normalization: str,
    activation: str,
    filter_order: str,
    image_shape: tuple[int, int, int] = (28, 28, 1),
    classes: int = 10,
) -> keras.Model:
    """The notebook's model with these levels, uncompiled.

    It has three units, each of three parallel convolutions (4x16, 16x4, 8x8) concatenated in that
    order, a 2x2 max-pooling and, if asked for, a normalization; then 9 dense units and a softmax.
    Keras' defaults hold elsewhere. On 28x28x1 images and 10 classes it has, without normalization,
    25,519 parameters with ascending filters and 25,213 with descending ones.

    Args:
        normalization: the kind of normalization after each pooling and after flattening: `none`,
            `range`, `batch`, `layer` (over all units of an image) or `group` (three groups: of
            maps, the branches).
        activation: the activation of the convolutions and the dense units, by Keras' name.
        filter_order: the order of the filters per branch over the units, a key of `FILTERS`.
        image_shape: the height, width (at least 8 each) and channels of an image.
        classes: the number of outputs.

    Raises:
        ValueError: the normalization is unknown.

    Examples:
        >>> model = build_model(normalization="none", activation="relu", filter_order="ascending")
        >>> model.count_params(), model.output_shape
        (25519, (None, 10))
    """
    inputs = keras.Input(image_shape)
    flow = inputs
    for filters in FILTERS[filter_order]:
        branches = [
            keras.layers.Conv2D(filters, kernel, padding="same", activation=activation)(flow)
            for kernel in KERNELS
        ]
        flow = keras.layers.MaxPooling2D((2, 2))(keras.layers.Concatenate()(branches))
        flow = _normalized(flow, normalization)
    flow = _normalized(keras.layers.Flatten()(flow), normalization)
    flow = keras.layers.Dense(9, activation=activation)(flow)
    outputs = keras.layers.Dense(classes, activation="softmax")(flow)
    return keras.Model(inputs, outputs)
