"""One trial, trained in this process. No Ray, no files."""

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import tensorflow as tf

from results import Origin, Outcome, Record, classify, make_record
from results.records.schema import SCHEMA_VERSION
from search_spaces import Trial
from study.data.dataset import Dataset
from study.data.npz import Array
from study.network.building import Factory
from study.process.environment import ROUNDING
from study.process.machine import machine_columns
from study.training.checkpoint import Checkpoint
from study.training.learner import Learner, find_learner, read_state, restart, write_state

EpochReport = Callable[[int, Checkpoint | None, Callable[[], Record]], None]


@dataclass(frozen=True, slots=True)
class _EpochRow:
    """A row of the `epochs` table; a checkpoint keeps it as six numbers in this order."""

    epoch: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Start:
    """Where a training begins: at its first epoch, or where a checkpoint was made.

    Args:
        rows: of the epochs behind it.
        continued: how often it has gone on.
        clock: a reading of `time.perf_counter` from which the trial's seconds count.
        machine: what decides rounding here.
    """

    rows: tuple[_EpochRow, ...]
    continued: int
    clock: float
    machine: Mapping[str, object]


def train_trial(
    trial: Trial,
    dataset: Dataset,
    *,
    factory: Factory,
    origin: Origin,
    on_epoch: EpochReport = lambda _, __, ___: None,
    checkpoint: Checkpoint | None = None,
) -> Record:
    """Train one trial and return its record.

    The same trial gives the same numbers, whatever its process trained before, and whether or not
    it went on from a checkpoint. A training that diverges, or gives one answer to everything, is a
    record like any other.

    Args:
        trial: what to train.
        dataset: the images of its protocol, subset already drawn.
        factory: builds the model; see `study.network.building.find_network`.
        origin: what the record says of where the trial comes from; its `kernel`, one of
            `study.process.environment.KERNELS`, is that by which the trial is trained.
        on_epoch: called after each epoch with its number, from 1, a checkpoint, None after the last
            epoch, and what makes the record that the trial leaves if it is pruned now.
        checkpoint: where to go on; one of another network or machine is passed over.
    """
    started = time.perf_counter()
    kernel = origin.kernel
    learner = find_learner(factory, trial.cell, dataset.form, kernel)
    restart(learner, seed=trial.seed, learning_rate=trial.protocol.learning_rate)
    fits = checkpoint is not None and checkpoint.epoch < trial.protocol.epochs
    columns = {**machine_columns(), "kernel": kernel}
    machine = {name: columns[name] for name in ROUNDING}
    fresh = _Start(rows=(), continued=0, clock=started, machine=machine)
    start = _continued(learner, checkpoint, fresh) if checkpoint and fits else fresh

    def record(rows: Sequence[_EpochRow], outputs: Array, **judged: object) -> Record:
        measured = {
            **judged,
            "seconds": time.perf_counter() - start.clock,
            "continued": start.continued,
            **origin.columns(),
            **machine_columns(),
        }
        return _record(trial, dataset, rows, outputs, measured)

    def report(rows: Sequence[_EpochRow], outputs: Array) -> None:
        pruned = {"train_loss": None, "train_accuracy": None, "outcome": Outcome.PRUNED.value}
        last = len(rows) == trial.protocol.epochs
        on_epoch(
            len(rows),
            None if last else _checkpoint(learner, rows, start),
            lambda: record(rows, outputs, **pruned),
        )

    rows, outputs = _train(learner, trial, dataset, report, start)
    train_loss, train_accuracy, _ = _evaluate(learner, trial, dataset.x_train, dataset.y_train)
    outcome = classify(
        losses=[*(loss for row in rows for loss in (row.train_loss, row.test_loss)), train_loss],
        test_accuracies=[row.test_accuracy for row in rows],
        predicted=outputs.argmax(axis=1),
    )
    final = {"train_loss": train_loss, "train_accuracy": train_accuracy}
    return record(rows, outputs, **final, outcome=outcome.value)


def image_order(size: int, *, seed: int, epoch: int) -> Array:
    """The order in which an epoch shows its images: a permutation of 0 to size - 1, `int32`.

    It depends on seed and epoch alone, so all cells of one seed see the images in the same order.
    """
    return np.random.default_rng([seed, epoch]).permutation(size).astype(np.int32)


def _record(
    trial: Trial,
    dataset: Dataset,
    rows: Sequence[_EpochRow],
    outputs: Array,
    measured: Mapping[str, object],
) -> Record:
    """The record of a trial after these epochs, whose last one gave these outputs."""
    return make_record(
        trial,
        measured={
            **measured,
            "test_loss": rows[-1].test_loss,
            "test_accuracy": rows[-1].test_accuracy,
            "error": None,
            "finished_at": datetime.datetime.now(datetime.UTC),
            "schema_version": SCHEMA_VERSION,
        },
        epochs={
            field.name: [getattr(row, field.name) for row in rows] for field in fields(_EpochRow)
        },
        predictions={
            "index": dataset.test_index,
            "label": dataset.y_test,
            "predicted": outputs.argmax(axis=1),
            "confidence": outputs.max(axis=1),
        },
    )


def _continued(learner: Learner, checkpoint: Checkpoint, fresh: _Start) -> _Start:
    """The learner brought to where the checkpoint was made, or left as it is."""
    if checkpoint.machine != fresh.machine:
        return fresh
    try:
        write_state(learner, checkpoint.variables)
    except ValueError:
        return fresh
    return _Start(
        rows=tuple(_EpochRow(int(epoch), *figures) for epoch, *figures in checkpoint.rows.tolist()),
        continued=checkpoint.continued + 1,
        clock=fresh.clock - checkpoint.seconds,
        machine=fresh.machine,
    )


def _checkpoint(learner: Learner, rows: Sequence[_EpochRow], start: _Start) -> Checkpoint:
    return Checkpoint(
        epoch=len(rows),
        variables=read_state(learner),
        rows=np.array([astuple(row) for row in rows]),
        seconds=time.perf_counter() - start.clock,
        continued=start.continued,
        machine=start.machine,
    )


def _train(
    learner: Learner,
    trial: Trial,
    dataset: Dataset,
    report: Callable[[Sequence[_EpochRow], Array], None],
    start: _Start,
) -> tuple[list[_EpochRow], Array]:
    """Every epoch's row, and the outputs `(n_test, classes)` after the last one."""
    protocol = trial.protocol
    images, labels = tf.constant(dataset.x_train), tf.constant(dataset.y_train)
    rows = list(start.rows)
    outputs = np.empty((0, dataset.form.classes), dtype=np.float32)
    for epoch in range(len(rows) + 1, protocol.epochs + 1):
        started = time.perf_counter()
        order = image_order(protocol.train_size, seed=trial.seed, epoch=epoch)
        loss, accuracy = learner.train_epoch(images, labels, order, protocol.batch_size)
        test_loss, test_accuracy, outputs = _evaluate(
            learner, trial, dataset.x_test, dataset.y_test
        )
        rows.append(
            _EpochRow(
                epoch=epoch,
                train_loss=float(loss),
                train_accuracy=float(accuracy),
                test_loss=test_loss,
                test_accuracy=test_accuracy,
                seconds=time.perf_counter() - started,
            )
        )
        report(rows, outputs)
    return rows, outputs


def _evaluate(
    learner: Learner, trial: Trial, images: Array, labels: Array
) -> tuple[float, float, Array]:
    """Mean loss, accuracy (0-1), and the outputs `(n, classes)`."""
    loss, outputs = learner.evaluate(images, labels, trial.protocol.evaluation_batch_size)
    return loss, float((outputs.argmax(axis=1) == labels).mean()), outputs
