"""Runs trials on Ray Tune: places them, retries those whose worker died, passes their records on.

It stores nothing and knows no directory; Tune's own files go to a temporary one.
"""

import contextlib
import logging
import os
import socket
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import ray
from ray import tune
from ray.exceptions import AuthenticationError
from ray.tune.progress_reporter import TrialProgressCallback

from results import Record, ResultsError, error_record
from search_spaces import Regime, Trial
from study.cluster.needs import Needs
from study.cluster.nodes import check_gpus, check_installations
from study.cluster.supply import AgendaSearcher
from study.cluster.token import keep_token_private
from study.cluster.trainable import train_and_report
from study.data.dataset import Dataset
from study.process.environment import WORKER, set_worker_variables
from study.process.installation import installation
from study.process.interruption import Interruption
from study.training.checkpoint import Checkpoint
from study.tuning.agenda import Agenda
from study.tuning.plan import Task

# A trial whose worker dies is tried this often again before its error is recorded.
RETRIES = 2
_NOTHING_SPECIAL = Needs()
# At least so many trials ask a running cluster for room at a time, so that one which grows by
# demand sees it: what Tune does for its grid search. For a searcher of one's own it is 1, and
# workers would start one after another.
_WAITING_TRIALS = 200
# Room for the data, shared by all workers of a machine, and for records on their way.
_OBJECT_STORE_BYTES = 200_000_000


class Receiver(Protocol):
    """What `run_trials` hands epochs and records to, all in the driver's own process."""

    def find_checkpoint(self, trial: Trial) -> Checkpoint | None:
        """Where a trial can go on; asked when it is handed out, and when its worker died."""

    def on_epoch(self, trial: Trial, epoch: int, checkpoint: Checkpoint | None) -> None:
        """A trial finished this epoch; the checkpoint is None after the last one."""

    def on_model(self, trial: Trial, model: bytes | str) -> None:
        """The file of a trial's network, before its record; a text says why there is none."""

    def on_record(self, trial: Trial, record: Record) -> None:
        """A trial left its record."""


@contextlib.contextmanager
def connected(
    *, address: str | None, workers: int, data_bytes: int, gpus: float = 0.0
) -> Iterator[None]:
    """A Ray cluster: a new one of this machine with `workers` CPUs, or the one at `address`.

    For a new one this process takes on the variables of a worker, and keeps them.

    Args:
        address: of a running cluster, or `auto` for the one this machine belongs to; None for a
            new local one, which never joins a cluster that happens to run here.
        workers: trials at a time on a local cluster.
        data_bytes: size of the data set, for the shared memory of a local cluster.
        gpus: of a trial.

    Raises:
        ConnectionError: there is no cluster at `address`, or it can't train as this machine would.
    """
    if address:
        if address != "auto":
            _check_reachable(address)
        arguments: dict[str, Any] = {"runtime_env": {"env_vars": dict(WORKER)}}
    else:
        # Workers inherit the variables: those that Ray starts at once know of no `runtime_env`, and
        # would not be used.
        set_worker_variables()
        arguments = {
            "num_cpus": workers,
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES + 2 * data_bytes,
        }
    keep_token_private()
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            **arguments,
        )
    except (AuthenticationError, ConnectionError) as error:
        raise ConnectionError(
            f"no Ray cluster lets us in at {address or 'this machine'}; if it asks for a token, "
            "have it in ~/.ray/auth_token and set RAY_AUTH_MODE=token"
        ) from error
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ConnectionError(
            f"no Ray cluster at {address or 'this machine'} ({reason})"
        ) from error
    try:
        if address:
            check_installations(installation())
        if gpus:
            check_gpus(gpus)
        waiting = max(_WAITING_TRIALS, _cpus()) if address else workers
        os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(waiting)
        yield
    finally:
        ray.shutdown()


def _cpus() -> int:
    return int(ray.cluster_resources().get("CPU", 0))


def _check_reachable(address: str) -> None:
    """Refuse an address where nothing listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise ConnectionError(f"no Ray cluster answers at {address} ({error})") from error


def run_trials(
    agenda: Agenda,
    datasets: Sequence[Dataset],
    *,
    factory: str,
    source: str = "",
    file: str = "",
    origin: Mapping[str, object],
    receiver: Receiver,
    interruption: Interruption | None = None,
    max_concurrent: int | None = None,
    save_models: bool = False,
    needs: Needs = _NOTHING_SPECIAL,
) -> None:
    """Train what is on the agenda on the connected cluster.

    Returns when every trial has left a record, or after an interruption, once the trials that ran
    have reached the end of their epoch; they leave a checkpoint and no record. A trial whose
    process dies goes on from its last checkpoint; after more than `RETRIES` deaths it leaves an
    error record. One that the agenda prunes leaves its record so far.

    A study of many cells is trained in several runs of Tune, each with new workers, so that their
    memory stays bounded.

    Args:
        agenda: what to train; it is told of each record once the receiver has it.
        datasets: the images of its trials, shipped to each machine once.
        factory: of the space, see `study.network.factory`.
        source: of the space, likewise.
        file: of the space, likewise.
        origin: columns of `trials` that the workers can't know.
        receiver: of epochs and records as they arrive.
        interruption: says when to stop early.
        max_concurrent: trials at a time; None for as many as the cluster has CPUs.
        save_models: whether the receiver gets the networks, too, but of trials that tune.
        needs: what a worker must be.

    Raises:
        ResultsError, OSError: receiver or agenda raised it, or a worker is not what is needed;
            the trials were stopped at once.
    """
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    interruption = interruption or Interruption()
    trainable = tune.with_parameters(
        train_and_report,
        datasets={dataset.hash: dataset for dataset in datasets},
        factory=factory,
        source=source,
        file=file,
        needs=needs,
    )
    trainable = tune.with_resources(trainable, _resources(needs))
    # Between two runs nothing is waited for: what is not on the agenda now never will be.
    while agenda.peek() and not interruption.asked:
        # A cluster that grows may have none yet.
        workers = max_concurrent or _cpus() or 1
        courier = _Courier(receiver, agenda)
        searcher = AgendaSearcher(
            agenda,
            configuration=lambda task: _configuration(
                task, receiver, origin, save_models=save_models
            ),
            ended=lambda courier=courier: interruption.asked or courier.failure is not None,
            most_cells=agenda.cells_of_a_worker * workers,
        )
        tuning = tune.TuneConfig(
            search_alg=searcher,
            num_samples=agenda.size,
            reuse_actors=True,
            max_concurrent_trials=max_concurrent,
            trial_dirname_creator=lambda trial: trial.trial_id,
        )
        _fit(trainable, tuning, courier, _Brake(interruption, courier))
        if courier.failure:
            raise courier.failure


def _fit(trainable: Any, tuning: tune.TuneConfig, courier: "_Courier", brake: "_Brake") -> None:
    """One run of Ray Tune, with workers of its own."""
    with tempfile.TemporaryDirectory(prefix="study-") as scratch:
        tune.Tuner(
            trainable,
            tune_config=tuning,
            run_config=tune.RunConfig(
                name="study",
                storage_path=scratch,
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                callbacks=[courier],
                stop=brake,
            ),
        ).fit()


def _resources(needs: Needs) -> dict[str, float]:
    return {"cpu": 1, "gpu": needs.gpus} if needs.gpus else {"cpu": 1}


def _configuration(
    task: Task, receiver: Receiver, origin: Mapping[str, object], *, save_models: bool
) -> dict[str, Any]:
    return {
        "trial": task.trial,
        "origin": {**origin, "regime": task.regime.value},
        "checkpoint": receiver.find_checkpoint(task.trial),
        # One that only tries a value is trained on part of the images, and nobody asks it anything.
        "save_model": save_models and task.regime is not Regime.TUNING,
        "prunable": task.prunable,
    }


class _Courier(TrialProgressCallback):
    """Hands epochs and records from Tune's results to the receiver.

    It takes the place of the callback with which Tune prints a line per trial at any verbosity.
    """

    def __init__(self, receiver: Receiver, agenda: Agenda) -> None:
        self.running: set[str] = set()
        self._recorded: set[str] = set()
        self.failure: ResultsError | OSError | None = None
        self._receiver = receiver
        self._agenda = agenda

    def on_trial_start(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.running.add(trial.trial_id)

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        # Taken out of the result, else Tune would keep every record in the driver's memory and
        # write it into its snapshots.
        record, checkpoint = result.pop("record", None), result.pop("checkpoint", None)
        model, so_far = result.pop("model", None), result.pop("so_far", None)
        if result.pop("pruned", False):
            record = so_far
        planned = trial.config["trial"]
        with self._keeping_failure():
            if record is not None:
                self._recorded.add(planned.id)
                if model is not None:
                    self._receiver.on_model(planned, model)
                self._keep(planned, record)
            elif "unfit" in result:
                raise ConnectionError(result["unfit"])
            elif "epoch" in result:
                self._receiver.on_epoch(planned, result["epoch"], checkpoint)

    def prunes(self, result: dict[str, Any]) -> bool:
        """Whether a training is to end with this result, which Tune is yet to hand on."""
        result["pruned"] = False
        if "so_far" in result:
            with self._keeping_failure():
                result["pruned"] = self._agenda.prunes(result["so_far"])
        return result["pruned"]

    def on_trial_recover(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Tune is about to start the trial again, with its configuration as it is now."""
        planned = trial.config["trial"]
        # A worker may die between its record and its end: then there is nothing left to train.
        trial.config["recorded"] = planned.id in self._recorded
        trial.config["checkpoint"] = self._receiver.find_checkpoint(planned)

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.running.discard(trial.trial_id)
        planned = trial.config["trial"]
        lines = str(trial.get_error() or "").strip().splitlines()
        error = lines[-1] if lines else "its worker died"
        record = error_record(planned, error=error, known=trial.config["origin"])
        with self._keeping_failure():
            self._keep(planned, record)

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        self.running.discard(trial.trial_id)

    def _keep(self, planned: Trial, record: Record) -> None:
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


class _Brake(tune.Stopper):
    """Stops what is pruned; after an interruption each trial at its next result, then all of them.

    A trial that Tune starts meanwhile in a place that fell vacant is not waited for. Where nothing
    can be kept any more, all are stopped at once.
    """

    def __init__(self, interruption: Interruption, courier: _Courier) -> None:
        self._interruption = interruption
        self._courier = courier
        self._awaited: set[str] | None = None

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return self._interruption.asked or self._courier.prunes(result)

    def stop_all(self) -> bool:
        if self._courier.failure or not self._interruption.asked:
            return self._courier.failure is not None
        if self._awaited is None:
            self._awaited = set(self._courier.running)
        return not self._awaited & self._courier.running
