"""One trial, trained in this process. No Ray, no files."""

import datetime
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import numpy as np
import tensorflow as tf

from results import Record, classify, make_record
from results.schema import SCHEMA_VERSION
from search_spaces import Trial
from study.data import Dataset
from study.learner import Factory, Learner, find_learner, restart
from study.machine import machine_columns
from study.npz import Array

EpochReport = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _EpochRow:
    """A row of the `epochs` table."""

    epoch: int
    train_loss: float
    train_accuracy: float
    test_loss: float
    test_accuracy: float
    seconds: float


def train_trial(
    trial: Trial,
    dataset: Dataset,
    *,
    factory: Factory,
    origin: Mapping[str, object],
    on_epoch: EpochReport = lambda _: None,
) -> Record:
    """Train one trial and return its record.

    The same trial gives the same numbers, whatever its process trained before. A training that
    diverges, or gives one answer to everything, is a record like any other.

    Args:
        trial: what to train.
        dataset: the images of its protocol, subset already drawn.
        factory: builds the model; see `study.learner.find_learner`.
        origin: the columns of `trials` that only the driver knows: `space`, `git_commit` and
            `git_dirty`.
        on_epoch: called with the number of each finished epoch, from 1.
    """
    started = time.perf_counter()
    learner = find_learner(factory, trial.cell, dataset.form)
    restart(learner, seed=trial.seed, learning_rate=trial.protocol.learning_rate)
    rows, outputs = _train(learner, trial, dataset, on_epoch)
    train_loss, train_accuracy, _ = _evaluate(learner, trial, dataset.x_train, dataset.y_train)
    columns = {
        field.name: [getattr(row, field.name) for row in rows] for field in fields(_EpochRow)
    }
    predicted = outputs.argmax(axis=1)
    outcome = classify(
        losses=[*columns["train_loss"], *columns["test_loss"], train_loss],
        test_accuracies=columns["test_accuracy"],
        predicted=predicted,
    )
    figures = {
        "train_loss": train_loss,
        "train_accuracy": train_accuracy,
        "test_loss": rows[-1].test_loss,
        "test_accuracy": rows[-1].test_accuracy,
        "seconds": time.perf_counter() - started,
    }
    return make_record(
        trial,
        measured={
            **figures,
            **origin,
            **machine_columns(),
            "outcome": outcome.value,
            "error": None,
            "finished_at": datetime.datetime.now(datetime.UTC),
            "schema_version": SCHEMA_VERSION,
        },
        epochs=columns,
        predictions={
            "index": dataset.test_index,
            "label": dataset.y_test,
            "predicted": predicted,
            "confidence": outputs.max(axis=1),
        },
    )


def image_order(size: int, *, seed: int, epoch: int) -> Array:
    """The order in which an epoch shows its images: a permutation of 0 to size - 1, `int32`.

    It depends on seed and epoch alone, so all cells of one seed see the images in the same order.
    """
    return np.random.default_rng([seed, epoch]).permutation(size).astype(np.int32)


def _train(
    learner: Learner, trial: Trial, dataset: Dataset, on_epoch: EpochReport
) -> tuple[list[_EpochRow], Array]:
    """Every epoch's row, and the outputs `(n_test, classes)` after the last one."""
    protocol = trial.protocol
    images, labels = tf.constant(dataset.x_train), tf.constant(dataset.y_train)
    rows: list[_EpochRow] = []
    outputs = np.empty((0, dataset.form.classes), dtype=np.float32)
    for epoch in range(1, protocol.epochs + 1):
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
        on_epoch(epoch)
    return rows, outputs


def _evaluate(
    learner: Learner, trial: Trial, images: Array, labels: Array
) -> tuple[float, float, Array]:
    """Mean loss, accuracy (0-1), and the outputs `(n, classes)`."""
    loss, outputs = learner.evaluate(images, labels, trial.protocol.evaluation_batch_size)
    outputs = outputs.numpy()
    return float(loss), float((outputs.argmax(axis=1) == labels).mean()), outputs
