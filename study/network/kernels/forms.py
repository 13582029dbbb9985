"""Forms of a "same" convolution followed by a 2x2 max-pooling, all with the same result.

Each takes a kernel `(taps, taps, channels, filters)` and the size of a map, writes the kernel out,
and returns what takes images `(n, height, width, channels)` to `(n, height // 2, width // 2,
filters)`. Where inputs of a pooling are equal, its gradient goes to the first of them, row by row,
as that of the stock layer does.
"""

from collections.abc import Callable, Sequence
from typing import Any

import tensorflow as tf

from study.network.kernels.bands import Tensor, row_band, taps_band, whole_band

Size = tuple[int, int]
Computation = Callable[[Tensor], Tensor]
Form = Callable[[Tensor, Size], Computation]
# Positions of a pooling window row by row, and where height and width are swapped.
_BY_ROW, _BY_COLUMN = (0, 1, 2, 3), (0, 2, 1, 3)


def stock(kernel: Tensor, size: Size) -> Computation:
    """As the layers do it."""
    return lambda images: _pool(tf.nn.conv2d(images, kernel, 1, "SAME"))


def line(kernel: Tensor, size: Size) -> Computation:
    """A convolution down the rows, each row with its channels a single pixel."""
    convolve = _line(kernel, size)
    return lambda images: _pool(convolve(images))


def line_of_columns(kernel: Tensor, size: Size) -> Computation:
    """The same along the rows, for kernels that are taller than wide."""
    # Which of several equal inputs is the first differs here: pooled where rows are rows again.
    height, width = size
    convolve = _line(_swap_taps(kernel), (width, height))
    return lambda images: _pool(_swap(convolve(_swap(images))))


def patches(kernel: Tensor, size: Size) -> Computation:
    """One product of all rows that a row of the output reads; for few channels and even sizes."""
    return _patches(kernel, size, _BY_ROW)


def patches_of_columns(kernel: Tensor, size: Size) -> Computation:
    """The same with columns, for kernels that are taller than wide."""
    height, width = size
    compute = _patches(_swap_taps(kernel), (width, height), _BY_COLUMN)
    return lambda images: _swap(compute(_swap(images)))


def dense(kernels: Sequence[Tensor], size: Size) -> Computation:
    """Several kernels at once as one product of whole images; for small maps.

    Its result has the filters of all kernels in turn. Rows and columns that the pooling drops are
    not computed.
    """
    rows, columns = (length // 2 * 2 for length in size)
    band = whole_band(kernels, size, (rows, columns))
    inputs, filters = band.shape[0], sum(kernel.shape[3] for kernel in kernels)

    def compute(images: Tensor) -> Tensor:
        product = tf.matmul(tf.reshape(images, (-1, inputs)), band)
        return _pool(tf.reshape(product, (-1, rows, columns, filters)))

    return compute


def _pool(convolved: Tensor) -> Tensor:
    return tf.nn.max_pool2d(convolved, 2, 2, "VALID")


def _line(kernel: Tensor, size: Size) -> Computation:
    (height, width), (taps, along, channels, filters) = size, kernel.shape
    band = row_band(kernel, taps_band(along, width, width))
    band = tf.reshape(band, (taps, width * channels, width * filters))

    def convolve(images: Tensor) -> Tensor:
        rows = tf.reshape(images, (-1, height, 1, width * channels))
        return tf.reshape(_convolve(rows, band), (-1, height, width, filters))

    return convolve


def _swap(images: Tensor) -> Tensor:
    return tf.transpose(images, (0, 2, 1, 3))


def _swap_taps(kernel: Tensor) -> Tensor:
    return tf.transpose(kernel, (1, 0, 2, 3))


def _patches(kernel: Tensor, size: Size, order: Sequence[int]) -> Computation:
    (height, width), (taps, along, channels, filters) = size, kernel.shape
    # Neighbours of a pooling window come to lie half a row apart: pooling is then a maximum of
    # long lines, not of a few filters at a time.
    band = taps_band(along, width, width).reshape(-1, width, width // 2, 2)
    band = band.transpose(0, 1, 3, 2).reshape(-1, width, width)
    written = tf.reshape(row_band(kernel, band), (taps * width * channels, width * filters))

    def compute(images: Tensor) -> Tensor:
        padded = _padded(tf.reshape(images, (-1, height, width * channels)), taps)
        read = tf.concat([padded[:, tap : tap + height] for tap in range(taps)], axis=-1)
        product = tf.matmul(tf.reshape(read, (-1, taps * width * channels)), written)
        windows = tf.reshape(product, (-1, height // 2, 4, width // 2 * filters))
        return tf.reshape(_largest(windows, order), (-1, height // 2, width // 2, filters))

    return compute


def _padded(rows: Tensor, taps: int) -> Tensor:
    before = (taps - 1) // 2
    return tf.pad(rows, ((0, 0), (before, taps - 1 - before), (0, 0)))


def _largest(windows: Tensor, order: Sequence[int]) -> Tensor:
    """The largest along the third axis, of four; its gradient goes to the first that is equal."""

    # Of the whole at once: the gradients of four slices would each be padded, and then added.
    @tf.custom_gradient
    def largest(windows: Tensor) -> Any:
        first, second, third, fourth = (windows[:, :, place] for place in order)
        upper, lower = tf.maximum(first, second), tf.maximum(third, fourth)

        def gradient(upstream: Tensor):
            above = tf.where(upper >= lower, upstream, 0.0)
            below = upstream - above
            to_first = tf.where(first >= second, above, 0.0)
            to_third = tf.where(third >= fourth, below, 0.0)
            each = to_first, above - to_first, to_third, below - to_third
            return tf.stack([each[place] for place in order], axis=2)

        return tf.maximum(upper, lower), gradient

    return largest(windows)


@tf.custom_gradient
def _convolve(rows: Tensor, band: Tensor) -> Any:
    """Rows `(n, height, 1, inputs)` and a band `(taps, inputs, outputs)`, convolved downwards."""
    height, inputs = rows.shape[1], rows.shape[3]
    taps, _, outputs = band.shape

    def gradient(upstream: Tensor):
        # Two products for all taps take half as long as the convolution's own gradients.
        before = (taps - 1) // 2
        padded = tf.pad(upstream[:, :, 0], ((0, 0), (taps - 1 - before, before), (0, 0)))
        shifted = [padded[:, tap : tap + height] for tap in reversed(range(taps))]
        wanted = tf.reshape(tf.concat(shifted, axis=-1), (-1, taps * outputs))
        written = tf.reshape(tf.transpose(band, (1, 0, 2)), (inputs, taps * outputs))
        to_rows = tf.matmul(wanted, written, transpose_b=True)
        to_band = tf.matmul(tf.reshape(rows, (-1, inputs)), wanted, transpose_a=True)
        to_band = tf.transpose(tf.reshape(to_band, (inputs, taps, outputs)), (1, 0, 2))
        return tf.reshape(to_rows, tf.shape(rows)), to_band

    return tf.nn.conv2d(rows, band[:, None], 1, "SAME"), gradient
