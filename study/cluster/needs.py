"""What a study needs of each process that trains for it."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """A share of a GPU, and an installation.

    Args:
        gpus: GPUs of a trial: a part of one, or a whole number; 0: none is seen.
        tf32: whether these may round the factors of matrix products to 10 bits.
        installation: what it must compute with, see `study.process.installation`; None on one
            machine, where it can be no other.
    """

    gpus: float = 0.0
    tf32: bool = False
    installation: Mapping[str, str] | None = None
