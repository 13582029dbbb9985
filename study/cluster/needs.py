"""What a study needs of each worker that trains for it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a worker must have: a share of GPUs, and an installation.

    Args:
        gpus: the GPUs of a trial: a part of one, or a whole number of them; 0 for none, and then
            the worker sees none.
        tf32: whether GPUs may round the factors of matrix products to 10 bits.
        installation: the versions that a worker must compute with, see
            `study.process.installation`; None on one machine, where there can be no others.

    Examples:
        >>> Needs(gpus=0.25)
        Needs(gpus=0.25, tf32=False, installation=None)
    """

    gpus: float = 0.0
    tf32: bool = False
    installation: Mapping[str, str] | None = None
