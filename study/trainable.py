"""The function that Ray Tune runs in its workers: one trial, its epochs and record reported."""

from collections.abc import Mapping
from typing import Any

from ray import tune

from results import error_record
from search_spaces import Trial
from study.data import Dataset
from study.environment import THREADS


def train_and_report(
    config: Mapping[str, Any],
    *,
    datasets: Mapping[str, Dataset],
    factory: str,
    source: str,
) -> None:
    """Train `config["trial"]`; report `epoch` and `checkpoint` after each, at the end `record`.

    It goes on from `config["checkpoint"]`, where an earlier driver or a worker that died left one.
    A training that raises leaves a record with its error, so the worker stays warm for the next
    trial and one bad cell doesn't stop a study. Only the death of the process reaches Ray. With
    `config["recorded"]` nothing is trained: the worker died after its record had arrived.

    Args:
        config: of one trial; `origin` holds the columns of `trials` that only the driver knows.
        datasets: by hash.
        factory: of the space, see `study.factory`.
        source: of the space, likewise.
    """
    if config.get("recorded"):
        tune.report({"recorded": True})
        return
    # Imported here, in the worker: the driver pickles this function without loading TensorFlow.
    from study.factory import find_factory
    from study.machine import limit_threads, machine_columns
    from study.training import train_trial

    limit_threads(THREADS)
    trial: Trial = config["trial"]
    origin: Mapping[str, object] = config["origin"]
    try:
        record = train_trial(
            trial,
            datasets[trial.protocol.dataset_hash],
            factory=find_factory(factory, source),
            origin=origin,
            on_epoch=lambda epoch, made: tune.report({"epoch": epoch, "checkpoint": made}),
            checkpoint=config.get("checkpoint"),
        )
    except Exception as error:  # noqa: BLE001  the one wrapper around a trial
        known = {**origin, **machine_columns()}
        record = error_record(trial, error=f"{type(error).__name__}: {error}", known=known)
    tune.report({"record": record})
