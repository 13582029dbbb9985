"""A unit: parallel convolutions of one input, concatenated and pooled; its fastest form."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from study.network.kernels import forms
from study.network.kernels.bands import Tensor

# Both commute with the maximum, and so come after it, on a quarter of the values.
_MONOTONE = (
    keras.activations.linear,
    keras.activations.relu,
    keras.activations.sigmoid,
    keras.activations.tanh,
)
# With more filters a stock convolution fills the vector unit by itself.
_FEW_FILTERS, _FEWER_FILTERS = 8, 4
# A band may have this many times the products of the convolution, and still be faster.
_WORTHWHILE, _WORTHWHILE_FEWER, _WORTHWHILE_DENSE = 2.0, 4.0, 1.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Layers that are computed together.

    Args:
        branches: convolutions of the same input, in the order in which they are concatenated.
        pooling: what they end in.
    """

    branches: tuple[keras.layers.Conv2D, ...]
    pooling: keras.layers.MaxPooling2D


def fits(branches: Sequence[keras.layers.Layer], pooling: keras.layers.Layer) -> bool:
    """Whether these layers are a unit that the forms here compute exactly."""
    return (
        all(isinstance(branch, keras.layers.Conv2D) and _plain(branch) for branch in branches)
        and len({branch.activation for branch in branches}) == 1
        and isinstance(pooling, keras.layers.MaxPooling2D)
        and (tuple(pooling.pool_size), tuple(pooling.strides)) == ((2, 2), (2, 2))
        and (pooling.padding, pooling.data_format) == ("valid", "channels_last")
    )


def write_out(unit: Unit, size: forms.Size) -> forms.Computation:
    """Write the unit's kernels out as they are now, for maps of this height and width.

    Returns what takes images `(n, height, width, channels)` to the unit's output
    `(n, height // 2, width // 2, all filters)`.
    """
    kernels = [tf.convert_to_tensor(branch.kernel) for branch in unit.branches]
    bias = tf.concat([_bias(branch) for branch in unit.branches], axis=0)
    activation = unit.branches[0].activation
    if _is_dense(size, kernels):
        parts = [forms.dense(kernels, size)]
    else:
        parts = [choose_form(size, kernel)(kernel, size) for kernel in kernels]

    def compute(images: Tensor) -> Tensor:
        pooled = [part(images) for part in parts]
        joined = tf.concat(pooled, axis=-1) if len(pooled) > 1 else pooled[0]
        return activation(tf.nn.bias_add(joined, bias))

    return compute


def choose_form(size: forms.Size, kernel: Tensor) -> forms.Form:
    """The form that is fastest for a kernel `(taps, taps, channels, filters)` on such a map.

    By shape alone, never by timing: a study that goes on elsewhere has to take the same form. The
    rule is that of the measurements in `benchmarks/README.md`.
    """
    height, width = size
    tall, wide, channels, filters = kernel.shape
    if filters > _FEW_FILTERS:
        return forms.stock
    single = channels == 1 and height % 2 == width % 2 == 0
    worthwhile = _WORTHWHILE_FEWER if single and filters < _FEWER_FILTERS else _WORTHWHILE
    if wide >= tall and width / wide <= worthwhile:
        return forms.patches if single else forms.line
    if tall > wide and height / tall <= worthwhile:
        return forms.patches_of_columns if single else forms.line_of_columns
    return forms.stock


def _is_dense(size: forms.Size, kernels: Sequence[Tensor]) -> bool:
    """Whether one product of whole images takes hardly more multiplications, if more at all."""
    (height, width), filters = size, sum(kernel.shape[3] for kernel in kernels)
    if max(kernel.shape[3] for kernel in kernels) > _FEW_FILTERS:
        return False
    outputs = (height // 2 * 2) * (width // 2 * 2)
    whole = height * width * outputs * filters
    taps = sum(kernel.shape[0] * kernel.shape[1] * kernel.shape[3] for kernel in kernels)
    return whole <= _WORTHWHILE_DENSE * height * width * taps


def _plain(branch: keras.layers.Conv2D) -> bool:
    return (
        tuple(branch.strides) == tuple(branch.dilation_rate) == (1, 1)
        and (branch.padding, branch.data_format, branch.groups) == ("same", "channels_last", 1)
        and branch.activation in _MONOTONE
        and branch.activity_regularizer is None
        and branch.compute_dtype == branch.variable_dtype
        and branch.compute_dtype in ("float32", "float64")
        and not branch.lora_enabled
    )


def _bias(branch: keras.layers.Conv2D) -> Tensor:
    if branch.use_bias:
        return tf.convert_to_tensor(branch.bias)
    return tf.zeros(branch.filters, branch.compute_dtype)
