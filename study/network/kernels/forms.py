"""Forms of a "same" convolution followed by a 2x2 max-pooling, all with the same result.

A form takes a kernel and the size of a map, writes the kernel out, and returns a computation: a
function of images `(n, height, width, channels)` to maps `(n, height // 2, width // 2, filters)`.
Where inputs of a pooling are equal, its gradient goes to the first of them, row by row, as that of
the stock layer does.
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
    """The computation of the layers themselves.

    Args:
        kernel: the kernel, `(taps, taps, channels, filters)`.
        size: the height and width of the map, at least 2 each; this form takes any.

    Examples:
        >>> images = tf.reshape([0.0, 1, 2, 3, 4, 5, 6, 7], (1, 2, 4, 1))
        >>> kernel = tf.ones((1, 2, 1, 1))  # each pixel and its right neighbour
        >>> stock(kernel, (2, 4))(images).numpy().ravel().tolist()
        [11.0, 13.0]
    """
    return lambda images: _pool(tf.nn.conv2d(images, kernel, 1, "SAME"))


def line(kernel: Tensor, size: Size) -> Computation:
    """The computation by a convolution down the rows, each row with its channels a single pixel.

    Args:
        kernel: the kernel, `(taps, taps, channels, filters)`.
        size: the height and width of the map.

    Examples:
        >>> images = tf.reshape([0.0, 1, 2, 3, 4, 5, 6, 7], (1, 2, 4, 1))
        >>> kernel = tf.ones((1, 2, 1, 1))  # each pixel and its right neighbour
        >>> line(kernel, (2, 4))(images).numpy().ravel().tolist()
        [11.0, 13.0]
    """
    convolve = _line(kernel, size)
    return lambda images: _pool(convolve(images))


def line_of_columns(kernel: Tensor, size: Size) -> Computation:
    """The computation by a convolution along the columns, each column a single pixel.

    It is `line` with height and width swapped, for kernels that are taller than wide.

    Args:
        kernel: the kernel, `(taps, taps, channels, filters)`.
        size: the height and width of the map.

    Examples:
        >>> images = tf.reshape([0.0, 1, 2, 3, 4, 5, 6, 7], (1, 2, 4, 1))
        >>> kernel = tf.ones((2, 1, 1, 1))  # each pixel and the one below
        >>> line_of_columns(kernel, (2, 4))(images).numpy().ravel().tolist()
        [6.0, 10.0]
    """
    # Which of several equal inputs is the first differs here: pooled where rows are rows again.
    height, width = size
    convolve = _line(_swap_taps(kernel), (width, height))
    return lambda images: _pool(_swap(convolve(_swap(images))))


def patches(kernel: Tensor, size: Size) -> Computation:
    """The computation by one product of all rows that a row of the output reads.

    It is for few channels.

    Args:
        kernel: the kernel, `(taps, taps, channels, filters)`.
        size: the height and width of the map, both even.

    Examples:
        >>> images = tf.reshape([0.0, 1, 2, 3, 4, 5, 6, 7], (1, 2, 4, 1))
        >>> kernel = tf.ones((1, 2, 1, 1))  # each pixel and its right neighbour
        >>> patches(kernel, (2, 4))(images).numpy().ravel().tolist()
        [11.0, 13.0]
    """
    return _patches(kernel, size, _BY_ROW)


def patches_of_columns(kernel: Tensor, size: Size) -> Computation:
    """The computation by one product of all columns that a column of the output reads.

    It is `patches` with height and width swapped, for kernels that are taller than wide.

    Args:
        kernel: the kernel, `(taps, taps, channels, filters)`.
        size: the height and width of the map, both even.

    Examples:
        >>> images = tf.reshape([0.0, 1, 2, 3, 4, 5, 6, 7], (1, 2, 4, 1))
        >>> kernel = tf.ones((2, 1, 1, 1))  # each pixel and the one below
        >>> patches_of_columns(kernel, (2, 4))(images).numpy().ravel().tolist()
        [6.0, 10.0]
    """
    height, width = size
    compute = _patches(_swap_taps(kernel), (width, height), _BY_COLUMN)
    return lambda images: _swap(compute(_swap(images)))


def dense(kernels: Sequence[Tensor], size: Size) -> Computation:
    """The computation of several kernels at once by one product of whole images; for small maps.

    Its result has the filters of the first kernel, then those of the second, and so on. Rows and
    columns that the pooling drops are not computed.

    Args:
        kernels: the kernels, each `(taps, taps, channels, filters)`.
        size: the height and width of the map.

    Examples:
        >>> images = tf.reshape([0.0, 1, 2, 3, 4, 5, 6, 7], (1, 2, 4, 1))
        >>> right, below = tf.ones((1, 2, 1, 1)), tf.ones((2, 1, 1, 1))  # with that neighbour
        >>> dense([right, below], (2, 4))(images).numpy().reshape(2, 2).tolist()
        [[11.0, 6.0], [13.0, 10.0]]
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
    """The convolution of `line` without its pooling."""
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
    """The computation of `patches`; `order` is that in which equal inputs of a pooling count."""
    (height, width), (taps, along, channels, filters) = size, kernel.shape
    # Neighbours of a pooling window come to lie half a row apart: pooling is then a maximum of
    # long lines, not of a few filters at a time.
    band = taps_band(along, width, width).reshape(-1, width, width // 2, 2)
    band = band.transpose(0, 1, 3, 2).reshape(-1, width, width)
    matrix = tf.reshape(row_band(kernel, band), (taps * width * channels, width * filters))

    def compute(images: Tensor) -> Tensor:
        rows = _padded(tf.reshape(images, (-1, height, width * channels)), taps)
        inputs = tf.concat([rows[:, tap : tap + height] for tap in range(taps)], axis=-1)
        product = tf.matmul(tf.reshape(inputs, (-1, taps * width * channels)), matrix)
        windows = tf.reshape(product, (-1, height // 2, 4, width // 2 * filters))
        return tf.reshape(_largest(windows, order), (-1, height // 2, width // 2, filters))

    return compute


def _padded(rows: Tensor, taps: int) -> Tensor:
    """The rows `(n, height, values)` with those of zeros that a "same" convolution reads."""
    before = (taps - 1) // 2
    return tf.pad(rows, ((0, 0), (before, taps - 1 - before), (0, 0)))


def _largest(windows: Tensor, order: Sequence[int]) -> Tensor:
    """The largest of the four values along the third axis, `(n, height, 4, values)`.

    Its gradient goes to the largest; of several to the first in this order.
    """

    # One gradient for all four: those of four slices would each be padded, and then added.
    @tf.custom_gradient
    def largest(windows: Tensor) -> Any:
        first, second, third, fourth = (windows[:, :, place] for place in order)
        upper, lower = tf.maximum(first, second), tf.maximum(third, fourth)

        def gradient(upstream: Tensor):
            to_upper = tf.where(upper >= lower, upstream, 0.0)
            to_lower = upstream - to_upper
            to_first = tf.where(first >= second, to_upper, 0.0)
            to_third = tf.where(third >= fourth, to_lower, 0.0)
            gradients = to_first, to_upper - to_first, to_third, to_lower - to_third
            return tf.stack([gradients[place] for place in order], axis=2)

        return tf.maximum(upper, lower), gradient

    return largest(windows)


@tf.custom_gradient
def _convolve(rows: Tensor, band: Tensor) -> Any:
    """The convolution of rows `(n, height, 1, inputs)` with a band `(taps, inputs, outputs)`."""
    height, inputs = rows.shape[1], rows.shape[3]
    taps, _, outputs = band.shape

    def gradient(upstream: Tensor):
        # Two products for all taps take half as long as the convolution's own gradients.
        before = (taps - 1) // 2
        lines = tf.pad(upstream[:, :, 0], ((0, 0), (taps - 1 - before, before), (0, 0)))
        shifts = [lines[:, tap : tap + height] for tap in reversed(range(taps))]
        upstream_by_tap = tf.reshape(tf.concat(shifts, axis=-1), (-1, taps * outputs))
        matrix = tf.reshape(tf.transpose(band, (1, 0, 2)), (inputs, taps * outputs))
        to_rows = tf.matmul(upstream_by_tap, matrix, transpose_b=True)
        to_band = tf.matmul(tf.reshape(rows, (-1, inputs)), upstream_by_tap, transpose_a=True)
        to_band = tf.transpose(tf.reshape(to_band, (inputs, taps, outputs)), (1, 0, 2))
        return tf.reshape(to_rows, tf.shape(rows)), to_band

    return tf.nn.conv2d(rows, band[:, None], 1, "SAME"), gradient
