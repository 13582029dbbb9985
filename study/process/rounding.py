"""What decides how a training rounds: two trainings that agree in it agree in every bit."""

from collections.abc import Mapping
from typing import Any

# TensorFlow threads of a worker. Two workers of one thread train more than one of two; and the
# number decides the order in which sums are taken, so it is the same for every trial.
THREADS = 1

# In which form convolutions are computed: see `study.network.kernels`. The first is the default.
KERNELS = BANDED, STOCK = ("banded", "stock")

# The columns of a record that decide rounding: where they agree, so do all figures, bit for bit.
ROUNDING = ("device", "threads", "onednn", "tensorflow", "keras", "kernel")


def kernel_of(row: Mapping[str, Any]) -> str:
    """The kernel by which a recorded trial was trained, one of `KERNELS`.

    Args:
        row: the trial's row of the `trials` table; trials recorded before there was a choice have
            no kernel there, and were trained by the stock one.

    Examples:
        >>> kernel_of({"kernel": "banded"})
        'banded'
        >>> kernel_of({"kernel": None})
        'stock'
    """
    return row.get("kernel") or STOCK
