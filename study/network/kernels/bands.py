"""Convolution kernels written out as banded matrices.

A "same" convolution along one axis multiplies the line of inputs by a band: the weight between an
input and an output is the tap that joins them, or 0 (a Toeplitz matrix). Writing a kernel out is
itself a product with zeros and ones, so that its gradient is one too, rather than a scatter.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from study.data.npz import Array

# TensorFlow's own type knows of no sizes.
Tensor = Any


def taps_band(taps: int, inputs: int, outputs: int, *, before: int | None = None) -> Array:
    """Which tap joins an input to an output, `(taps, inputs, outputs)` of 0 and 1.

    Args:
        taps: the number of taps of the kernel along this axis.
        inputs: the length of the line of inputs.
        outputs: the number of outputs, from the first on.
        before: the number of taps before that of the output's own place; None for as many as a
            "same" convolution has.

    Examples:
        >>> taps_band(2, 3, 3)[1]  # the second tap joins an output to the next input
        array([[0., 0., 0.],
               [1., 0., 0.],
               [0., 1., 0.]], dtype=float32)
    """
    tap, output = np.ogrid[:taps, :outputs]
    source = output + tap - ((taps - 1) // 2 if before is None else before)
    return (np.arange(inputs)[None, :, None] == source[:, None, :]).astype(np.float32)


def row_band(kernel: Tensor, band: Array) -> Tensor:
    """A kernel written out along its width, `(height, inputs, channels, outputs, filters)`.

    Args:
        kernel: the kernel, `(height, taps, channels, filters)`.
        band: which tap joins an input to an output, `(taps, inputs, outputs)` of 0 and 1.

    Examples:
        >>> kernel = tf.reshape([5.0, 7.0], (1, 2, 1, 1))
        >>> row_band(kernel, taps_band(2, 3, 3)).numpy().reshape(3, 3)
        array([[5., 0., 0.],
               [7., 5., 0.],
               [0., 7., 5.]], dtype=float32)
    """
    return tf.einsum("twp,htcf->hwcpf", tf.constant(band, kernel.dtype), kernel)


def whole_band(kernels: Sequence[Tensor], size: tuple[int, int], wanted: tuple[int, int]) -> Tensor:
    """Kernels written out along both axes as one matrix, `(inputs, outputs)`.

    Args:
        kernels: the kernels, each `(taps, taps, channels, filters)`; an output has the filters of
            the first kernel, then those of the second, and so on.
        size: the height and width of the map.
        wanted: the numbers of rows and columns of the output, from the first on.

    Examples:
        >>> kernel = tf.reshape([5.0, 7.0], (1, 2, 1, 1))
        >>> whole_band([kernel], (2, 2), (2, 2)).numpy()
        array([[5., 0., 0., 0.],
               [7., 5., 0., 0.],
               [0., 0., 5., 0.],
               [0., 0., 7., 5.]], dtype=float32)
    """
    (height, width), (rows, columns) = size, wanted
    before = max((kernel.shape[0] - 1) // 2 for kernel in kernels)
    after = max(kernel.shape[0] // 2 for kernel in kernels)
    # Brought to one height, so that a single product writes out all.
    lines = tf.concat([_line(kernel, width, columns, (before, after)) for kernel in kernels], -1)
    taps = before + 1 + after
    rows_band = taps_band(taps, height, rows, before=before).transpose(1, 2, 0)
    rows_band = tf.constant(rows_band.reshape(height * rows, taps), lines.dtype)
    products = tf.matmul(rows_band, tf.reshape(lines, (taps, -1)))
    channels, filters = kernels[0].shape[2], sum(kernel.shape[3] for kernel in kernels)
    blocks = tf.reshape(products, (height, rows, width * channels, columns * filters))
    inputs, outputs = height * width * channels, rows * columns * filters
    return tf.reshape(tf.transpose(blocks, (0, 2, 1, 3)), (inputs, outputs))


def _line(kernel: Tensor, width: int, columns: int, margins: tuple[int, int]) -> Tensor:
    """The row band of a kernel, padded to these margins: the rows above and below an output's."""
    before, after = margins
    taps = kernel.shape[0]
    padding = before - (taps - 1) // 2, after - taps // 2
    band = row_band(kernel, taps_band(kernel.shape[1], width, columns))
    return tf.pad(band, (padding, *[(0, 0)] * 4))
