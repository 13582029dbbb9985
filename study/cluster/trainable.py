"""The function that Ray Tune runs in its workers: one trial, its epochs and record reported."""

import functools
import platform
from collections.abc import Callable, Mapping
from typing import Any

from ray import tune

from results import Record, error_record
from search_spaces import Trial
from study.cluster.needs import Needs
from study.data.dataset import Dataset
from study.process.environment import THREADS
from study.process.imports import import_frozen
from study.process.installation import difference, installation
from study.training.checkpoint import Checkpoint


def train_and_report(
    config: Mapping[str, Any],
    *,
    datasets: Mapping[str, Dataset],
    factory: str,
    source: str,
    file: str,
    needs: Needs,
) -> None:
    """Train `config["trial"]`; report `epoch` and `checkpoint` after each, at the end `record`.

    With `config["prunable"]` each but the last comes with `so_far`, the record it leaves if Tune
    stops it there.

    It goes on from `config["checkpoint"]`, where an earlier driver or a worker that died left one.
    A training that raises leaves a record with its error, so the worker stays warm for the next
    trial and one bad cell doesn't stop a study. Only the death of the process reaches Ray. With
    `config["recorded"]` nothing is trained: the worker died after its record had arrived. With
    `config["save_model"]` a record that is no error comes with `model`, the file of the network, or
    a text that says why there is none. A worker that isn't what the study needs reports `unfit`, a
    text that says why, and trains nothing.

    Args:
        config: of one trial; `origin` holds the columns of `trials` that only the driver knows.
        datasets: by hash.
        factory: of the space, see `study.network.factory`.
        source: of the space, likewise.
        file: of the space, likewise.
        needs: what this worker must be.
    """
    if config.get("recorded"):
        tune.report({"recorded": True})
        return
    if needs.installation and (told := difference(needs.installation, installation())):
        tune.report({"unfit": f"{platform.node()} has {told}"})
        return
    # Imported here, in the worker: the driver pickles this function without loading TensorFlow.
    import_frozen("study.training.trial")
    from study.network.factory import error_text, find_factory
    from study.process.machine import claim_device, machine_columns, prepare_tensorflow
    from study.training.trial import train_trial

    prepare_tensorflow(THREADS)
    try:
        claim_device(gpus=needs.gpus, tf32=needs.tf32)
    except LookupError as error:
        tune.report({"unfit": str(error)})
        return
    trial: Trial = config["trial"]
    origin: Mapping[str, object] = config["origin"]
    dataset = datasets[trial.protocol.dataset_hash]
    try:
        built = find_factory(factory, source, file)
        record = train_trial(
            trial,
            dataset,
            factory=built,
            origin=origin,
            on_epoch=functools.partial(_report, prunable=config["prunable"]),
            checkpoint=config.get("checkpoint"),
        )
    except Exception as error:  # noqa: BLE001  the one wrapper around a trial
        known = {**origin, **machine_columns()}
        told = error_text(error, name=factory, source=source, file=file)
        tune.report({"record": error_record(trial, error=told, known=known)})
        return
    model = {"model": _saved(trial, dataset, built, origin)} if config["save_model"] else {}
    tune.report({"record": record, **model})


def _report(
    epoch: int, checkpoint: Checkpoint | None, so_far: Callable[[], Record], *, prunable: bool
) -> None:
    told = {"so_far": so_far()} if prunable and checkpoint is not None else {}
    tune.report({"epoch": epoch, "checkpoint": checkpoint, **told})


def _saved(
    trial: Trial, dataset: Dataset, factory: Any, origin: Mapping[str, object]
) -> bytes | str:
    from study.training.model_files import trained_model

    try:
        return trained_model(trial, dataset, factory=factory, kernel=str(origin["kernel"]))
    except Exception as error:  # noqa: BLE001  a layer of one's own may raise anything
        return " ".join(f"{type(error).__name__}: {error}".split())
