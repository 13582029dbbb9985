"""The function that Ray Tune runs in its workers: one trial, its epochs and record reported."""

from collections.abc import Mapping
from typing import Any

from ray import tune

from results import error_record
from search_spaces import Trial
from study.checkpoint import Checkpoint
from study.data import Dataset
from study.environment import THREADS


def train_and_report(
    config: Mapping[str, Any],
    *,
    dataset: Dataset,
    factory: str,
    source: str,
    origin: Mapping[str, object],
    checkpoints: Mapping[str, Checkpoint],
) -> None:
    """Train `config["trial"]`; report `epoch` and `checkpoint` after each, at the end `record`.

    It goes on from `config["checkpoint"]`, which a trial has whose worker died, or from the one in
    `checkpoints`, by trial id, that an earlier driver left. A training that raises leaves a record
    with its error, so the worker stays warm for the next trial and one bad cell doesn't stop a
    study. Only the death of the process reaches Ray. With `config["recorded"]` nothing is trained:
    the worker died after its record had arrived.
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
    try:
        record = train_trial(
            trial,
            dataset,
            factory=find_factory(factory, source),
            origin=origin,
            on_epoch=lambda epoch, made: tune.report({"epoch": epoch, "checkpoint": made}),
            checkpoint=config.get("checkpoint") or checkpoints.get(trial.id),
        )
    except Exception as error:  # noqa: BLE001  the one wrapper around a trial
        known = {**origin, **machine_columns()}
        record = error_record(trial, error=f"{type(error).__name__}: {error}", known=known)
    tune.report({"record": record})
