"""What Ray Tune runs in its workers: the function that trains one trial and reports on it."""

import functools
import platform
from collections.abc import Callable, Mapping
from typing import Any

from ray import tune

from results import Record, error_record, find_thresholds
from search_spaces import ModelFactory
from study.cluster.messages import (
    EpochDone,
    RecordedBefore,
    Report,
    TrainTrial,
    TrialDone,
    Unfit,
    pack,
    unpack,
)
from study.cluster.needs import Needs
from study.data.dataset import Dataset
from study.process.imports import import_frozen
from study.process.installation import difference, installation
from study.process.rounding import THREADS
from study.training.checkpoint import Checkpoint


def train_and_report(
    config: Mapping[str, Any],
    *,
    datasets: Mapping[str, Dataset],
    factory: ModelFactory,
    needs: Needs,
) -> None:
    """Train the trial that a `TrainTrial` asks for, and report on it.

    Each epoch is reported by an `EpochDone`, the end by a `TrialDone`. A training that raises
    leaves a record with its error, so the worker stays warm for the next trial and one bad cell
    doesn't stop a study: only the death of the process reaches Ray. A worker that isn't what the
    study needs says so by an `Unfit`; one whose trial is recorded already, by a `RecordedBefore`.

    Args:
        config: the dictionary in which Tune carries the message.
        datasets: the data sets of the study, by hash.
        factory: where the function that builds the networks of the space is found.
        needs: what this worker must be.
    """
    request = unpack(config)
    if not isinstance(request, TrainTrial):
        raise TypeError(f"a worker was sent {type(request).__name__} instead of TrainTrial")
    if request.recorded:
        _report(RecordedBefore())
    elif unfit := _unfit(needs):
        _report(unfit)
    else:
        _report(_train(request, datasets[request.trial.protocol.dataset_hash], factory))


def _report(report: Report) -> None:
    tune.report(pack(report))


def _unfit(needs: Needs) -> Unfit | None:
    """Make this process ready to train; None if it is then, else why it can't train."""
    if needs.installation and (departures := difference(needs.installation, installation())):
        return Unfit(reason=f"{platform.node()} has {departures}")
    # Imported here, in the worker: the driver pickles these functions without loading TensorFlow.
    import_frozen("study.training.trial")
    from study.process.machine import claim_device, prepare_tensorflow

    prepare_tensorflow(THREADS)
    try:
        claim_device(gpus=needs.gpus, tf32=needs.tf32)
    except LookupError as error:
        return Unfit(reason=str(error))
    return None


def _train(request: TrainTrial, images: Dataset, factory: ModelFactory) -> TrialDone:
    """Train the trial; what it leaves, be it the record of what it raised."""
    from study.data.subsets import images_of
    from study.network.factory import error_text, find_factory
    from study.process.machine import machine_columns
    from study.training.trial import train_trial

    trial, origin = request.trial, request.origin
    try:
        build = find_factory(factory)
        dataset = images_of(trial, images)
        record = train_trial(
            trial,
            dataset,
            factory=build,
            origin=origin,
            thresholds=find_thresholds(request.learned, dataset.y_test),
            on_epoch=functools.partial(_report_epoch, prunable=request.prunable),
            checkpoint=request.checkpoint,
        )
    except Exception as error:  # noqa: BLE001  the one wrapper around a trial
        known = {**origin.columns(), **machine_columns()}
        return TrialDone(record=error_record(trial, error=error_text(error, factory), known=known))
    model = _model_file(request, dataset, build) if request.save_model else None
    return TrialDone(record=record, model=model)


def _report_epoch(
    epoch: int, checkpoint: Checkpoint | None, so_far: Callable[[], Record], *, prunable: bool
) -> None:
    # Only what may be stopped has to say what it would leave, and after the last epoch none is.
    record = so_far() if prunable and checkpoint is not None else None
    _report(EpochDone(epoch=epoch, checkpoint=checkpoint, so_far=record))


def _model_file(request: TrainTrial, dataset: Dataset, build: Any) -> bytes | str:
    """The content of the trial's model file, or why there can be none."""
    from study.training.model_files import trained_model

    try:
        return trained_model(request.trial, dataset, factory=build, kernel=request.origin.kernel)
    except Exception as error:  # noqa: BLE001  a layer of one's own may raise anything
        return " ".join(f"{type(error).__name__}: {error}".split())
