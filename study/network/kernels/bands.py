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
        taps: of the kernel along this axis.
        inputs: length of the line.
        outputs: how many are wanted, from the first on.
        before: taps before that of the output's own place; None for those of a "same" convolution.
    """
    tap, at = np.ogrid[:taps, :outputs]
    read = at + tap - ((taps - 1) // 2 if before is None else before)
    return (np.arange(inputs)[None, :, None] == read[:, None, :]).astype(np.float32)


def row_band(kernel: Tensor, band: Array) -> Tensor:
    """A kernel written out along its width, `(height, inputs, channels, outputs, filters)`.

    Args:
        kernel: `(height, taps, channels, filters)`.
        band: `(taps, inputs, outputs)` of 0 and 1.
    """
    return tf.einsum("twp,htcf->hwcpf", tf.constant(band, kernel.dtype), kernel)


def whole_band(kernels: Sequence[Tensor], size: tuple[int, int], wanted: tuple[int, int]) -> Tensor:
    """Kernels written out along both axes as one matrix, `(inputs, outputs)`.

    Args:
        kernels: each `(taps, taps, channels, filters)`; the outputs have their filters in turn.
        size: height and width of the map.
        wanted: rows and columns of the output, from the first on.
    """
    (height, width), (rows, columns) = size, wanted
    before = max((kernel.shape[0] - 1) // 2 for kernel in kernels)
    after = max(kernel.shape[0] // 2 for kernel in kernels)
    # Brought to one height, so that a single product writes out all.
    lines = tf.concat([_line(kernel, width, columns, (before, after)) for kernel in kernels], -1)
    taps = before + 1 + after
    joined = taps_band(taps, height, rows, before=before).transpose(1, 2, 0)
    joined = tf.constant(joined.reshape(height * rows, taps), lines.dtype)
    flat = tf.matmul(joined, tf.reshape(lines, (taps, -1)))
    channels, filters = kernels[0].shape[2], sum(kernel.shape[3] for kernel in kernels)
    written = tf.reshape(flat, (height, rows, width * channels, columns * filters))
    inputs, outputs = height * width * channels, rows * columns * filters
    return tf.reshape(tf.transpose(written, (0, 2, 1, 3)), (inputs, outputs))


def _line(kernel: Tensor, width: int, columns: int, around: tuple[int, int]) -> Tensor:
    """The row band of a kernel with so many rows before and after that of its output's row."""
    before, after = around
    taps = kernel.shape[0]
    missing = before - (taps - 1) // 2, after - taps // 2
    band = row_band(kernel, taps_band(kernel.shape[1], width, columns))
    return tf.pad(band, (missing, *[(0, 0)] * 4))
