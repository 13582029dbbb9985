"""The messages between the driver and its workers, told apart by their type.

Tune carries dictionaries between them. Each holds one of these messages under one key, so that
nothing else has to be agreed on.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from results import Origin, Record
from search_spaces import Above, Trial
from study.training.checkpoint import Checkpoint

# The only key of what Tune hands to a worker, and of what it takes back.
_KEY = "message"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainTrial:
    """The driver asks a worker to train a trial.

    Args:
        trial: what to train.
        origin: what the record says of where the trial comes from.
        learned: from where on it has learned, on the images that it is tested on.
        checkpoint: where the training goes on; None if it begins.
        save_model: whether the model file is wanted.
        prunable: whether the training may be stopped after any of its epochs.
        recorded: whether the trial's record has arrived already, so that nothing is left to train.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> from results.records.record import trial_of
        >>> rows = take_inventory(StudyPaths(directory)).rows
        >>> trial = trial_of(next(iter(rows.values())))
        >>> origin = Origin(space="mine", kernel="banded", git_commit=None, git_dirty=None)
        >>> message = TrainTrial(trial=trial, origin=origin, save_model=True)
        >>> message.trial.id == trial.id, message.checkpoint, message.recorded
        (True, None, False)
    """

    trial: Trial
    origin: Origin
    learned: Above = field(default_factory=Above)
    checkpoint: Checkpoint | None = None
    save_model: bool = False
    prunable: bool = False
    recorded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochDone:
    """A worker has finished an epoch of its trial.

    Args:
        epoch: the number of the epoch, from 1.
        checkpoint: the state from which the training can go on; None after the last epoch.
        so_far: the record that the trial leaves if it is stopped now; None where it may not be.

    Examples:
        >>> EpochDone(epoch=2, checkpoint=None)
        EpochDone(epoch=2, checkpoint=None, so_far=None)
    """

    epoch: int
    checkpoint: Checkpoint | None
    so_far: Record | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialDone:
    """A worker has trained its trial to the end, or the training raised.

    Args:
        record: the record that the trial leaves.
        model: the content of its model file, or a text that says why there is none; None where none
            is wanted.

    Examples:
        >>> from results import StudyPaths, error_record
        >>> from results.records.inventory import take_inventory
        >>> from results.records.record import trial_of
        >>> row = next(iter(take_inventory(StudyPaths(directory)).rows.values()))
        >>> record = error_record(trial_of(row), error="MemoryError: none left", known={})
        >>> TrialDone(record=record).record.row["outcome"]
        'error'
    """

    record: Record
    model: bytes | str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedBefore:
    """A worker was asked to train a trial whose record has arrived, and has trained nothing.

    Examples:
        >>> RecordedBefore()
        RecordedBefore()
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfit:
    """A worker isn't what the study needs, and has trained nothing.

    Args:
        reason: what is wrong with the worker, as `alpha has numpy 1.0 instead of 2.4.6`.

    Examples:
        >>> Unfit(reason="alpha has numpy 1.0 instead of 2.4.6").reason
        'alpha has numpy 1.0 instead of 2.4.6'
    """

    reason: str


# What a worker may say to the driver.
Report = EpochDone | TrialDone | RecordedBefore | Unfit


def pack(message: TrainTrial | Report) -> dict[str, Any]:
    """The dictionary in which Tune carries a message.

    Examples:
        >>> unpack(pack(Unfit(reason="too old")))
        Unfit(reason='too old')
    """
    return {_KEY: message}


def unpack(carried: Mapping[str, Any]) -> TrainTrial | Report | None:
    """The message in a dictionary of Tune's; None where there is none.

    Tune adds keys of its own, and sends dictionaries that hold nothing else.

    Examples:
        >>> unpack({"done": True}) is None
        True
    """
    return carried.get(_KEY)


def take_out(carried: dict[str, Any]) -> TrainTrial | Report | None:
    """Take the message out of a dictionary of Tune's; None where there is none.

    Tune keeps what workers report in the driver's memory and writes it into its snapshots: records
    and checkpoints must not be among it.

    Examples:
        >>> carried = pack(Unfit(reason="too old"))
        >>> take_out(carried)
        Unfit(reason='too old')
        >>> carried
        {}
    """
    return carried.pop(_KEY, None)
