"""The driver's side of what workers report: records are handed on, trainings are stopped."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol

from ray import tune
from ray.tune.progress_reporter import TrialProgressCallback

from results import Record, ResultsError, error_record
from search_spaces import Trial
from study.cluster.messages import (
    EpochDone,
    RecordedBefore,
    TrainTrial,
    TrialDone,
    Unfit,
    pack,
    take_out,
    unpack,
)
from study.process.interruption import Interruption
from study.training.checkpoint import Checkpoint
from study.tuning.agenda import Agenda


class Receiver(Protocol):
    """What epochs, model files and records are handed to, all in the driver's own process."""

    def find_checkpoint(self, trial: Trial) -> Checkpoint | None:
        """The checkpoint from which a trial can go on; None if it has to begin.

        It is asked for when the trial is handed out, and when its worker has died.
        """

    def on_epoch(self, trial: Trial, epoch: int, checkpoint: Checkpoint | None) -> None:
        """Take in that a trial finished this epoch; the checkpoint is None after the last one."""

    def on_model(self, trial: Trial, model: bytes | str) -> None:
        """Take in a trial's model file, before its record; a text says why there is none."""

    def on_record(self, trial: Trial, record: Record) -> None:
        """Take in the record that a trial left."""


class Courier(TrialProgressCallback):
    """Hands epochs, model files and records from Tune's results to the receiver.

    `running` holds the trials that Tune has started and not ended, by Tune's ids; `failure` what
    the receiver or the agenda raised, after which nothing can be kept any more.

    It takes the place of the callback with which Tune prints a line per trial at any verbosity.
    """

    def __init__(self, receiver: Receiver, agenda: Agenda) -> None:
        """Make a courier for one run of Tune, of which no trial is running yet.

        Args:
            receiver: what epochs, model files and records are handed to as they arrive.
            agenda: what is told of each record once the receiver has it.
        """
        self.running: set[str] = set()
        self.failure: ResultsError | OSError | None = None
        # The trials whose record has arrived, by our ids, and those that are pruned, by Tune's.
        self._recorded: set[str] = set()
        self._pruned: set[str] = set()
        self._receiver = receiver
        self._agenda = agenda

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note that Tune has started a trial."""
        self.running.add(trial.trial_id)

    def stops_early(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether a training is to be pruned with this result, which Tune has yet to hand on.

        Args:
            trial_id: Tune's id of the trial.
            result: what the worker reported; it is left as it is.
        """
        match unpack(result):
            case EpochDone(so_far=Record() as so_far):
                with self._keeping_failure():
                    if self._agenda.stops_early(so_far):
                        self._pruned.add(trial_id)
                        return True
        return False

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """Hand on what a worker has reported; it is taken out of Tune's result."""
        planned = _request(trial).trial
        with self._keeping_failure():
            match take_out(result):
                case EpochDone(so_far=Record() as so_far) if trial.trial_id in self._pruned:
                    self._keep(planned, so_far)
                case EpochDone(epoch=epoch, checkpoint=checkpoint):
                    self._receiver.on_epoch(planned, epoch, checkpoint)
                case TrialDone(record=record, model=model):
                    self._keep(planned, record, model)
                case Unfit(reason=reason):
                    raise ConnectionError(reason)
                case RecordedBefore() | None:
                    pass  # the record is kept already; Tune's last result holds no message
                case unknown:
                    _refuse(unknown)

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Renew the message of a trial that Tune is about to start again, as its worker died."""
        request = _request(trial)
        # A worker may die between its record and its end: then there is nothing left to train.
        renewed = dataclasses.replace(
            request,
            recorded=request.trial.id in self._recorded,
            checkpoint=self._receiver.find_checkpoint(request.trial),
        )
        trial.config.update(pack(renewed))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Hand on an error record of a trial whose worker has died once too often."""
        self.running.discard(trial.trial_id)
        request = _request(trial)
        lines = str(trial.get_error() or "").strip().splitlines()
        error = lines[-1] if lines else "its worker died"
        record = error_record(request.trial, error=error, known=request.origin.columns())
        with self._keeping_failure():
            self._keep(request.trial, record)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Note that a trial has ended."""
        self.running.discard(trial.trial_id)

    def _keep(self, trial: Trial, record: Record, model: bytes | str | None = None) -> None:
        self._recorded.add(trial.id)
        if model is not None:
            self._receiver.on_model(trial, model)
        self._receiver.on_record(trial, record)
        self._agenda.add(record.row)

    @contextlib.contextmanager
    def _keeping_failure(self) -> Iterator[None]:
        """Note what the block raises as the failure, rather than let it go through Tune."""
        # Tune would make a text of it, and end in the middle of its own work.
        try:
            yield
        except (ResultsError, OSError) as error:
            self.failure = error

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its callbacks for a restore that never happens here; ours hold a screen.
        return {}


class Brake(tune.Stopper):
    """Tells Tune which trials to stop, and when to stop them all.

    A trial that is pruned is stopped. After an interruption each trial is stopped at its next
    result, and once all that ran have been, every one; a trial that Tune starts meanwhile in a
    place that fell vacant is not waited for. Where nothing can be kept any more, all trials are
    stopped at once.
    """

    def __init__(self, interruption: Interruption, courier: Courier) -> None:
        """Make the brake for one run of Tune.

        Args:
            interruption: says whether someone asked to stop.
            courier: says what is pruned, what is running, and whether records can't be kept.
        """
        self._interruption = interruption
        self._courier = courier
        # The trials that ran when the interruption came, by Tune's ids.
        self._awaited: set[str] | None = None

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether Tune is to stop this trial at this result."""
        return self._interruption.asked or self._courier.stops_early(trial_id, result)

    def stop_all(self) -> bool:
        """Whether Tune is to stop every trial now."""
        if self._courier.failure or not self._interruption.asked:
            return self._courier.failure is not None
        if self._awaited is None:
            self._awaited = set(self._courier.running)
        return not self._awaited & self._courier.running


def _request(trial: Any) -> TrainTrial:
    """The message that one of Tune's trials carries to its worker."""
    request = unpack(trial.config)
    if not isinstance(request, TrainTrial):
        raise TypeError(f"Tune's trial carries {type(request).__name__} instead of TrainTrial")
    return request


# Pyright sees by the type of its argument that every report has a case of its own.
def _refuse(message: TrainTrial) -> NoReturn:
    """Stop the study for what no worker should say: nothing that one reports may vanish."""
    raise ConnectionError(f"a worker sent a message that nobody knows: {type(message).__name__}")
