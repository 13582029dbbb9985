"""A unit: parallel convolutions of one input, concatenated and pooled; its fastest form."""

from collections.abc import Sequence
from dataclasses import dataclass

import keras
import tensorflow as tf

from study.network.kernels import forms
from study.network.kernels.bands import Tensor

# These commute with the maximum, and so come after it, on a quarter of the values.
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
        branches: the convolutions of one input, in the order in which they are concatenated.
        pooling: the pooling of their concatenation.

    Examples:
        >>> wide, tall = (keras.layers.Conv2D(2, t, padding="same") for t in ((4, 16), (16, 4)))
        >>> unit = Unit(branches=(wide, tall), pooling=keras.layers.MaxPooling2D(2))
        >>> [branch.kernel_size for branch in unit.branches]
        [(4, 16), (16, 4)]
    """

    branches: tuple[keras.layers.Conv2D, ...]
    pooling: keras.layers.MaxPooling2D


def fits(branches: Sequence[keras.layers.Layer], pooling: keras.layers.Layer) -> bool:
    """Whether these layers make a unit that the forms of `forms` compute exactly.

    Args:
        branches: the layers whose outputs are concatenated.
        pooling: the layer that reads their concatenation.

    Examples:
        >>> same = keras.layers.Conv2D(2, (4, 16), padding="same")
        >>> valid = keras.layers.Conv2D(2, (4, 16), padding="valid")
        >>> pooling = keras.layers.MaxPooling2D(2)
        >>> fits([same], pooling), fits([same, valid], pooling)
        (True, False)
    """
    return (
        all(isinstance(branch, keras.layers.Conv2D) and _is_plain(branch) for branch in branches)
        and len({branch.activation for branch in branches}) == 1
        and isinstance(pooling, keras.layers.MaxPooling2D)
        and (tuple(pooling.pool_size), tuple(pooling.strides)) == ((2, 2), (2, 2))
        and (pooling.padding, pooling.data_format) == ("valid", "channels_last")
    )


def write_out(unit: Unit, size: forms.Size) -> forms.Computation:
    """Write a unit's kernels out as they are now; returns the computation of its output.

    That is a function of images `(n, height, width, channels)` to maps `(n, height // 2,
    width // 2, filters of all branches)`.

    Args:
        unit: a unit whose layers have their weights.
        size: the height and width of the images.

    Examples:
        >>> branch = keras.layers.Conv2D(1, (1, 2), padding="same", kernel_initializer="ones")
        >>> branch.build((None, 2, 4, 1))
        >>> unit = Unit(branches=(branch,), pooling=keras.layers.MaxPooling2D(2))
        >>> images = tf.reshape([0.0, 1, 2, 3, 4, 5, 6, 7], (1, 2, 4, 1))
        >>> write_out(unit, (2, 4))(images).numpy().ravel().tolist()
        [11.0, 13.0]
    """
    kernels = [tf.convert_to_tensor(branch.kernel) for branch in unit.branches]
    bias = tf.concat([_bias(branch) for branch in unit.branches], axis=0)
    activation = unit.branches[0].activation
    if _is_dense(size, kernels):
        parts = [forms.dense(kernels, size)]
    else:
        parts = [choose_form(size, kernel)(kernel, size) for kernel in kernels]

    def compute(images: Tensor) -> Tensor:
        outputs = [part(images) for part in parts]
        maps = tf.concat(outputs, axis=-1) if len(outputs) > 1 else outputs[0]
        return activation(tf.nn.bias_add(maps, bias))

    return compute


def choose_form(size: forms.Size, kernel: Tensor) -> forms.Form:
    """The form that is fastest for such a kernel on such a map.

    The choice is made by shape alone, never by timing: a study that goes on elsewhere has to take
    the same form. The rule is that of the measurements in `benchmarks/README.md`.

    Args:
        size: the height and width of the map.
        kernel: the kernel, `(taps, taps, channels, filters)`.

    Examples:
        >>> [choose_form((28, 28), tf.ones((*taps, 1, 2))).__name__ for taps in ((4, 16), (16, 4))]
        ['patches', 'patches_of_columns']
        >>> choose_form((28, 28), tf.ones((3, 3, 1, 64))).__name__
        'stock'
    """
    height, width = size
    rows, columns, channels, filters = kernel.shape
    if filters > _FEW_FILTERS:
        return forms.stock
    takes_patches = channels == 1 and height % 2 == width % 2 == 0
    has_fewer_filters = takes_patches and filters < _FEWER_FILTERS
    limit = _WORTHWHILE_FEWER if has_fewer_filters else _WORTHWHILE
    if columns >= rows and width / columns <= limit:
        return forms.patches if takes_patches else forms.line
    if rows > columns and height / rows <= limit:
        return forms.patches_of_columns if takes_patches else forms.line_of_columns
    return forms.stock


def _is_dense(size: forms.Size, kernels: Sequence[Tensor]) -> bool:
    """Whether one product of whole images takes hardly more multiplications, if more at all."""
    (height, width), filters = size, sum(kernel.shape[3] for kernel in kernels)
    if max(kernel.shape[3] for kernel in kernels) > _FEW_FILTERS:
        return False
    outputs = (height // 2 * 2) * (width // 2 * 2)
    products = height * width * outputs * filters
    taps = sum(kernel.shape[0] * kernel.shape[1] * kernel.shape[3] for kernel in kernels)
    return products <= _WORTHWHILE_DENSE * height * width * taps


def _is_plain(branch: keras.layers.Conv2D) -> bool:
    """Whether a convolution has nothing that the forms don't compute."""
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
