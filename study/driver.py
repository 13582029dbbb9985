"""Runs trials on Ray Tune: places them, retries those whose worker died, passes their records on.

It stores nothing and knows no directory; Tune's own files go to a temporary one.
"""

import contextlib
import logging
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import ray
from ray import tune
from ray.tune.progress_reporter import TrialProgressCallback

from results import Record, error_record
from search_spaces import Trial
from study.data import Dataset
from study.environment import WORKER
from study.trainable import train_and_report

# A trial whose worker dies is tried this often again before its error is recorded.
RETRIES = 2
# Room for the data, shared by all workers of a machine, and for records on their way.
_OBJECT_STORE_BYTES = 200_000_000

OnRecord = Callable[[Trial, Record], None]
OnEpoch = Callable[[Trial, int], None]


@contextlib.contextmanager
def connected(*, address: str | None, workers: int, data_bytes: int) -> Iterator[None]:
    """A Ray cluster: a new one of this machine with `workers` CPUs, or the one at `address`.

    Args:
        address: of a running cluster, or `auto` for the one this machine belongs to; None for a
            new local one, which never joins a cluster that happens to run here.
        workers: trials at a time on a local cluster.
        data_bytes: size of the data set, for the shared memory of a local cluster.

    Raises:
        ConnectionError: there is no cluster at `address`.
    """
    local: dict[str, Any] = {
        "num_cpus": workers,
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE_BYTES + 2 * data_bytes,
    }
    if address and ":" in address:
        _check_reachable(address)
    ray.init(
        address=address or "local",
        runtime_env={"env_vars": dict(WORKER)},
        log_to_driver=False,
        logging_level=logging.ERROR,
        **({} if address else local),
    )
    try:
        yield
    finally:
        ray.shutdown()


def _check_reachable(address: str) -> None:
    """Refuse an address where nothing listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except (OSError, ValueError) as error:
        raise ConnectionError(f"no Ray cluster answers at {address} ({error})") from error


def run_trials(
    trials: Sequence[Trial],
    dataset: Dataset,
    *,
    factory: str,
    origin: Mapping[str, object],
    on_record: OnRecord,
    on_epoch: OnEpoch,
    max_concurrent: int | None = None,
) -> None:
    """Train the trials on the connected cluster, those with the largest relative cost first.

    Returns when every trial has left a record or Ctrl-C was pressed; trials cut short by that leave
    none. A trial whose process dies more than `RETRIES` times leaves an error record.

    Args:
        trials: what to train.
        dataset: their images, shipped to each machine once.
        factory: "module:function" of the model factory.
        origin: columns of `trials` that the workers can't know.
        on_record: called in this process with each record as it arrives.
        on_epoch: likewise with the number of each finished epoch.
        max_concurrent: trials at a time; None for as many as the cluster has CPUs.
    """
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    trainable = tune.with_parameters(
        train_and_report, dataset=dataset, factory=factory, origin=origin
    )
    # A stable sort: equal costs keep the plan's order.
    longest_first = sorted(trials, key=lambda trial: -trial.relative_cost)
    with tempfile.TemporaryDirectory(prefix="study-") as scratch:
        tune.Tuner(
            tune.with_resources(trainable, {"cpu": 1}),
            param_space={"trial": tune.grid_search(longest_first)},
            tune_config=tune.TuneConfig(
                reuse_actors=True,
                max_concurrent_trials=max_concurrent,
                trial_dirname_creator=lambda trial: trial.trial_id,
            ),
            run_config=tune.RunConfig(
                name="study",
                storage_path=scratch,
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                callbacks=[_Courier(on_record, on_epoch, origin)],
            ),
        ).fit()


class _Courier(TrialProgressCallback):
    """Hands epochs and records from Tune's results to the study.

    It takes the place of the callback with which Tune prints a line per trial at any verbosity.
    """

    def __init__(
        self, on_record: OnRecord, on_epoch: OnEpoch, origin: Mapping[str, object]
    ) -> None:
        self._on_record = on_record
        self._on_epoch = on_epoch
        self._origin = origin

    def on_trial_result(
        self, iteration: int, trials: list[Any], trial: Any, result: dict[str, Any], **info: Any
    ) -> None:
        # Taken out of the result, else Tune would keep every record in the driver's memory and
        # write it into its snapshots.
        record = result.pop("record", None)
        if record is not None:
            self._on_record(trial.config["trial"], record)
        elif "epoch" in result:
            self._on_epoch(trial.config["trial"], result["epoch"])

    def on_trial_error(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        planned = trial.config["trial"]
        lines = str(trial.get_error() or "").strip().splitlines()
        error = lines[-1] if lines else "its worker died"
        self._on_record(planned, error_record(planned, error=error, known=self._origin))

    def on_trial_complete(self, iteration: int, trials: list[Any], trial: Any, **info: Any) -> None:
        """Nothing: the record came with the last result."""

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its callbacks for a restore that never happens here; ours hold a screen.
        return {}
