"""The protocol: everything a trial holds fixed, the data included."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from search_spaces.vocabulary.factor import SpaceError
from search_spaces.vocabulary.names import unknown_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What is held fixed over the cells of a study.

    Args:
        dataset: what the data set is called on screens. Not part of a trial's identity: the same
            arrays under another file name are the same data.
        dataset_hash: SHA-256 (hex) over the four arrays of the whole data set.
        train_size, test_size: images used, after the seeded stratified draw.
        subset_seed: seed of that draw; immaterial where all images are used.
        epochs, batch_size: training passes, images per step.
        evaluation_batch_size: images per batch when predicting. It is part of the protocol because
            `range` normalization makes a prediction depend on the batch it stands in.
        learning_rate: step size of the optimizer.

    Raises:
        SpaceError: a count is no whole number of at least 1, a seed of at least 0, or the learning
            rate no finite float above 0.
    """

    dataset: str
    dataset_hash: str
    train_size: int
    test_size: int
    subset_seed: int = 0
    epochs: int
    batch_size: int
    evaluation_batch_size: int
    learning_rate: float

    def __post_init__(self) -> None:
        for name in ("train_size", "test_size", "epochs", "batch_size", "evaluation_batch_size"):
            _check_count(name, getattr(self, name), least=1)
        _check_count("subset_seed", self.subset_seed, least=0)
        rate = self.learning_rate
        if not isinstance(rate, float):
            raise SpaceError(f"learning_rate {rate!r} must be a float, as 0.05 or 1.0")
        if not math.isfinite(rate) or rate <= 0:
            raise SpaceError(f"learning_rate {rate!r} must be a finite number above 0")


# TensorFlow counts images and batches in 32 bits.
_LARGEST = 2**31 - 1

Setting = int | float
# What a space or a user may set; the data set itself is chosen, not set.
SETTINGS: Mapping[str, type[int] | type[float]] = MappingProxyType(
    {
        "train_size": int,
        "test_size": int,
        "subset_seed": int,
        "epochs": int,
        "batch_size": int,
        "evaluation_batch_size": int,
        "learning_rate": float,
    }
)


def parse_setting(name: str, text: str) -> int | float:
    """The value of a protocol setting given as text.

    Raises:
        SpaceError: there is no such setting, or the text is not a number of its type.
    """
    if name not in SETTINGS:
        raise SpaceError(unknown_name("protocol setting", name, SETTINGS))
    try:
        return SETTINGS[name](text)
    except ValueError as error:
        kind = "whole number" if SETTINGS[name] is int else "number"
        raise SpaceError(f"{name} {text!r} is not a {kind}") from error


def _check_count(name: str, value: object, *, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SpaceError(f"{name} {value!r} must be a whole number of at least {least}")
    if value > _LARGEST:
        raise SpaceError(f"{name} {value!r} is too large; at most {_LARGEST:,} is allowed")
