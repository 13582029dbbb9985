"""What happens in the driver as workers report: records handed on, trainings stopped."""

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import Any, Protocol

from ray import tune
from ray.tune.progress_reporter import TrialProgressCallback

from results import Record, ResultsError, error_record
from search_spaces import Trial
from study.cluster.messages import EpochDone, TrainTrial, TrialDone, Unfit, pack, take_out, unpack
from study.process.interruption import Interruption
from study.training.checkpoint import Checkpoint
from study.tuning.agenda import Agenda


class Receiver(Protocol):
    """What records and epochs are handed to, all in the driver's own process."""

    def find_checkpoint(self, trial: Trial) -> Checkpoint | None:
        """Where a trial can go on; asked when it is handed out, and when its worker died."""

    def on_epoch(self, trial: Trial, epoch: int, checkpoint: Checkpoint | None) -> None:
        """A trial finished this epoch; the checkpoint is None after the last one."""

    def on_model(self, trial: Trial, model: bytes | str) -> None:
        """The file of a trial's network, before its record; a text says why there is none."""

    def on_record(self, trial: Trial, record: Record) -> None:
        """A trial left its record."""


class Courier(TrialProgressCallback):
    """Hands epochs and records from Tune's results to the receiver.

    It takes the place of the callback with which Tune prints a line per trial at any verbosity.
    """

    def __init__(self, receiver: Receiver, agenda: Agenda) -> None:
        """Nothing is running yet.

        Args:
            receiver: is handed epochs and records as they arrive.
            agenda: is told of each record once the receiver has it.
        """
        self.running: set[str] = set()
        self.failure: ResultsError | OSError | None = None
        self._recorded: set[str] = set()
        self._pruned: set[str] = set()
        self._receiver = receiver
        self._agenda = agenda

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Tune has started a trial."""
        self.running.add(trial.trial_id)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        """A worker has reported, and the report is taken out of Tune's result."""
        planned = _request(trial).trial
        with self._keeping_failure():
            match take_out(result):
                case EpochDone(so_far=Record() as so_far) if trial.trial_id in self._pruned:
                    self._keep(planned, so_far)
                case EpochDone(epoch=epoch, checkpoint=checkpoint):
                    self._receiver.on_epoch(planned, epoch, checkpoint)
                case TrialDone(record=record, model=model):
                    if model is not None:
                        self._receiver.on_model(planned, model)
                    self._keep(planned, record)
                case Unfit(reason=reason):
                    raise ConnectionError(reason)
                case _:
                    pass

    def prunes(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether a training is to end with this result, which Tune is yet to hand on."""
        match unpack(result):
            case EpochDone(so_far=Record() as so_far):
                with self._keeping_failure():
                    if self._agenda.prunes(so_far):
                        self._pruned.add(trial_id)
            case _:
                pass
        return trial_id in self._pruned

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Tune is about to start the trial again, with its configuration as it is now."""
        request = _request(trial)
        # A worker may die between its record and its end: then there is nothing left to train.
        again = dataclasses.replace(
            request,
            recorded=request.trial.id in self._recorded,
            checkpoint=self._receiver.find_checkpoint(request.trial),
        )
        trial.config.update(pack(again))

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """The worker of a trial has died once too often: the trial leaves an error record."""
        self.running.discard(trial.trial_id)
        request = _request(trial)
        lines = str(trial.get_error() or "").strip().splitlines()
        error = lines[-1] if lines else "its worker died"
        record = error_record(request.trial, error=error, known=request.origin.columns())
        with self._keeping_failure():
            self._keep(request.trial, record)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """A trial has ended."""
        self.running.discard(trial.trial_id)

    def _keep(self, planned: Trial, record: Record) -> None:
        self._recorded.add(planned.id)
        self._receiver.on_record(planned, record)
        self._agenda.add(record.row)

    @contextlib.contextmanager
    def _keeping_failure(self) -> Iterator[None]:
        # Tune would make a text of it, and end in the middle of its own work.
        try:
            yield
        except (ResultsError, OSError) as error:
            self.failure = error

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its callbacks for a restore that never happens here; ours hold a screen.
        return {}


class Brake(tune.Stopper):
    """Stops what is pruned; after an interruption each trial at its next result, then all of them.

    A trial that Tune starts meanwhile in a place that fell vacant is not waited for. Where nothing
    can be kept any more, all are stopped at once.
    """

    def __init__(self, interruption: Interruption, courier: Courier) -> None:
        """Nothing is to be stopped yet.

        Args:
            interruption: says whether someone asked to stop.
            courier: says what is pruned, what is running, and whether records can't be kept.
        """
        self._interruption = interruption
        self._courier = courier
        self._awaited: set[str] | None = None

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        """Whether Tune is to stop this trial now."""
        return self._interruption.asked or self._courier.prunes(trial_id, result)

    def stop_all(self) -> bool:
        """Whether Tune is to stop every trial now."""
        if self._courier.failure or not self._interruption.asked:
            return self._courier.failure is not None
        if self._awaited is None:
            self._awaited = set(self._courier.running)
        return not self._awaited & self._courier.running


def _request(trial: Any) -> TrainTrial:
    """The message that a trial of Tune carries to its worker."""
    return unpack(trial.config)
