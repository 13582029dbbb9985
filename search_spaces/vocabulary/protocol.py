"""The protocol: everything a trial holds fixed, the data included."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from search_spaces.vocabulary.factor import SpaceError
from search_spaces.vocabulary.names import unknown_name


class Seeding(StrEnum):
    """What a run's weights, order of images and noise are drawn from.

    Examples:
        >>> Seeding("shared") is Seeding.SHARED
        True
        >>> [str(seeding) for seeding in Seeding]
        ['own', 'shared']
    """

    OWN = "own"  # cell and seed: runs of different cells are independent
    SHARED = "shared"  # the seed alone: cells with the same seed go together


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """What is held fixed over the cells of a study.

    Args:
        dataset: the data set's name on screens. It is no part of a trial's identity: the same
            arrays under another file name are the same data.
        dataset_hash: the SHA-256 (hex) over the four arrays of the whole data set.
        train_size, test_size: the numbers of images used, after the seeded stratified draw.
        subset_seed: the seed of that draw; immaterial where all images are used.
        epochs: the number of passes over the training images.
        batch_size: the number of images per training step.
        evaluation_batch_size: the number of images per batch when predicting. It is part of the
            protocol because `range` normalization makes a prediction depend on its batch.
        learning_rate: the step size of the optimizer.
        resample: whether each seed draws training and test images of its own from all images, the
            same for all cells; else all seeds train and test on the same ones. Chosen when a study
            begins, too.
        seeding: what a run's weights, order of images and noise are drawn from. It is chosen when a
            study begins, and no setting that a space gives.

    Raises:
        SpaceError: a count is no whole number of at least 1, the seed no whole number of at least
            0, the learning rate no finite float above 0, the seeding unknown, or `resample` neither
            true nor false.

    Examples:
        >>> protocol = Protocol(
        ...     dataset="digits",
        ...     dataset_hash="ab" * 32,
        ...     train_size=100,
        ...     test_size=40,
        ...     epochs=1,
        ...     batch_size=10,
        ...     evaluation_batch_size=32,
        ...     learning_rate=0.05,
        ... )
        >>> protocol.train_size // protocol.batch_size  # steps in an epoch
        10
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
    seeding: Seeding = Seeding.OWN
    resample: bool = False

    def __post_init__(self) -> None:
        for name in ("train_size", "test_size", "epochs", "batch_size", "evaluation_batch_size"):
            _check_count(name, getattr(self, name), least=1)
        _check_count("subset_seed", self.subset_seed, least=0)
        rate = self.learning_rate
        if not isinstance(rate, float):
            raise SpaceError(f"learning_rate {rate!r} must be a float, as 0.05 or 1.0")
        if not math.isfinite(rate) or rate <= 0:
            raise SpaceError(f"learning_rate {rate!r} must be a finite number above 0")
        _check_flag("resample", self.resample)
        # A text that equals a seeding is one: files give it as text.
        if self.seeding not in tuple(Seeding):
            raise SpaceError(f"seeding {self.seeding!r} must be one of {', '.join(Seeding)}")


# TensorFlow counts images and batches in 32 bits.
_LARGEST = 2**31 - 1

Setting = int | float
# What a space or a user may set; the data set itself and the seeding are chosen, not set.
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
    """The value of a protocol setting that was given as text.

    Args:
        name: the setting's name, a key of `SETTINGS`.
        text: the value as a person wrote it.

    Raises:
        SpaceError: there is no such setting, or the text is not a number of its type.

    Examples:
        >>> parse_setting("epochs", "45"), parse_setting("learning_rate", "1e-3")
        (45, 0.001)
    """
    if name not in SETTINGS:
        raise SpaceError(unknown_name("protocol setting", name, SETTINGS))
    try:
        return SETTINGS[name](text)
    except ValueError as error:
        kind = "whole number" if SETTINGS[name] is int else "number"
        raise SpaceError(f"{name} {text!r} is not a {kind}") from error


def _check_flag(name: str, value: object) -> None:
    if not isinstance(value, bool):
        raise SpaceError(f"{name} {value!r} must be true or false")


def _check_count(name: str, value: object, *, least: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or value < least:
        raise SpaceError(f"{name} {value!r} must be a whole number of at least {least}")
    if value > _LARGEST:
        raise SpaceError(f"{name} {value!r} is too large; at most {_LARGEST:,} is allowed")
