"""One trial, trained in this process. No Ray, no files."""

import datetime
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, fields

import numpy as np
import tensorflow as tf

from results import Origin, Outcome, Record, Thresholds, classify, find_thresholds, make_record
from results.records.schema import SCHEMA_VERSION
from search_spaces import Above, Trial
from study.data.dataset import Dataset
from study.data.npz import Array
from study.network.building import Factory
from study.process.machine import machine_columns
from study.process.rounding import ROUNDING
from study.training.checkpoint import Checkpoint
from study.training.learner import Learner, find_learner, read_state, restart, write_state

# What is called after each epoch: with its number, from 1; a checkpoint, None after the last epoch;
# and what makes the record that the trial leaves if it is stopped there.
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
        rows: the rows of the epochs that were trained before.
        continued: how often the trial has gone on from a checkpoint.
        clock: the reading of `time.perf_counter` from which the trial's seconds count.
        machine: the columns of `trials` that decide rounding here.
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
    thresholds: Thresholds | None = None,
    on_epoch: EpochReport = lambda _, __, ___: None,
    checkpoint: Checkpoint | None = None,
) -> Record:
    """Train one trial and return its record.

    The same trial gives the same numbers, whatever its process trained before, and whether or not
    it went on from a checkpoint. A training that diverges, or gives one answer to everything, is a
    record like any other.

    Args:
        trial: what to train.
        dataset: the images of the trial's protocol, the subset already drawn.
        factory: the function that builds the model; see `study.network.building.find_network`.
        origin: what the record says of where the trial comes from; its `kernel`, one of
            `study.process.rounding.KERNELS`, is that by which the trial is trained.
        thresholds: what separates the outcomes; None: a trial has learned where it is surely better
            than the best constant answer.
        on_epoch: what is called after each epoch, see `EpochReport`.
        checkpoint: where the training goes on; one of another network or machine is passed over.

    Raises:
        Exception: whatever the factory, Keras or TensorFlow raises.

    Examples:
        >>> import keras
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> def build(image_shape, classes):
        ...     layer = keras.layers.Dense(classes, "softmax")
        ...     return keras.Sequential([keras.Input(image_shape), keras.layers.Flatten(), layer])
        >>> options = "--space smoke --dataset digits --epochs 2 --train-size 20 --test-size 10"
        >>> plan = make_plan(read_options(options.split()))
        >>> origin = Origin(space="smoke", kernel="stock", git_commit=None, git_dirty=None)
        >>> record = train_trial(plan.trials[0], plan.dataset, factory=build, origin=origin)
        >>> record.epochs["epoch"].to_pylist(), record.predictions.num_rows
        ([1, 2], 10)
    """
    clock = time.perf_counter()
    learner = find_learner(factory, trial.cell, dataset.form, origin.kernel)
    restart(learner, seed=trial.generator_seed, learning_rate=trial.protocol.learning_rate)
    columns = {**machine_columns(), "kernel": origin.kernel}
    machine = {name: columns[name] for name in ROUNDING}
    start = _Start(rows=(), continued=0, clock=clock, machine=machine)
    if checkpoint is not None and checkpoint.epoch < trial.protocol.epochs:
        start = _continued(learner, checkpoint, start)
    training = _Training(
        trial=trial,
        dataset=dataset,
        origin=origin,
        thresholds=thresholds or find_thresholds(Above(), dataset.y_test),
        learner=learner,
        start=start,
    )
    rows, outputs = training.train(on_epoch)
    return training.final_record(rows, outputs)


def image_order(size: int, *, seed: int, epoch: int) -> Array:
    """The order in which an epoch shows its images: a permutation of 0 to size - 1, `int32`.

    It depends on seed and epoch alone: trials of one generator see the images in the same order.

    Args:
        size: the number of images.
        seed: the trial's `generator_seed`.
        epoch: the number of the epoch, from 1.

    Examples:
        >>> image_order(5, seed=0, epoch=1).tolist(), image_order(5, seed=0, epoch=2).tolist()
        ([1, 4, 3, 0, 2], [4, 2, 1, 0, 3])
    """
    return np.random.default_rng([seed, epoch]).permutation(size).astype(np.int32)


def _continued(learner: Learner, checkpoint: Checkpoint, fresh: _Start) -> _Start:
    """Bring the learner to where the checkpoint was made; leave it as it is if that can't be.

    Returns:
        Where the training begins: after the checkpoint's epoch, or at the fresh start.
    """
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Training:
    """The training of one trial: what is trained on which images, and from where on.

    Rows are those of the epochs so far, outputs those for the test images after the last of them,
    `(n_test, classes)`.
    """

    trial: Trial
    dataset: Dataset
    origin: Origin
    thresholds: Thresholds
    learner: Learner
    start: _Start

    def train(self, on_epoch: EpochReport) -> tuple[list[_EpochRow], Array]:
        """Train the epochs that are left; the rows of all epochs and the last outputs."""
        images, labels = tf.constant(self.dataset.x_train), tf.constant(self.dataset.y_train)
        rows = list(self.start.rows)
        outputs = np.empty((0, self.dataset.form.classes), dtype=np.float32)
        for epoch in range(len(rows) + 1, self.trial.protocol.epochs + 1):
            row, outputs = self._train_epoch(epoch, images, labels)
            rows.append(row)
            last = epoch == self.trial.protocol.epochs
            on_epoch(
                epoch,
                None if last else self._checkpoint(rows),
                functools.partial(self._pruned_record, rows, outputs),
            )
        return rows, outputs

    def final_record(self, rows: Sequence[_EpochRow], outputs: Array) -> Record:
        """The record of the trial after its last epoch."""
        train_loss, train_accuracy, _ = self._evaluate(self.dataset.x_train, self.dataset.y_train)
        losses = [loss for row in rows for loss in (row.train_loss, row.test_loss)]
        outcome = classify(
            losses=[*losses, train_loss],
            test_accuracies=[row.test_accuracy for row in rows],
            predicted=outputs.argmax(axis=1),
            thresholds=self.thresholds,
        )
        return self._record(
            rows,
            outputs,
            train_loss=train_loss,
            train_accuracy=train_accuracy,
            outcome=outcome.value,
        )

    def _pruned_record(self, rows: Sequence[_EpochRow], outputs: Array) -> Record:
        """The record that the trial leaves if it is stopped now."""
        return self._record(
            rows, outputs, train_loss=None, train_accuracy=None, outcome=Outcome.PRUNED.value
        )

    def _record(self, rows: Sequence[_EpochRow], outputs: Array, **judged: object) -> Record:
        """The record of these epochs; `judged` are the columns on training images and outcome."""
        return make_record(
            self.trial,
            measured={
                **judged,
                "learned_from": self.thresholds.trained,
                "stuck_below": self.thresholds.stuck,
                "seconds": time.perf_counter() - self.start.clock,
                "continued": self.start.continued,
                **self.origin.columns(),
                **machine_columns(),
                "test_loss": rows[-1].test_loss,
                "test_accuracy": rows[-1].test_accuracy,
                "error": None,
                "finished_at": datetime.datetime.now(datetime.UTC),
                "schema_version": SCHEMA_VERSION,
            },
            epochs={
                field.name: [getattr(row, field.name) for row in rows]
                for field in fields(_EpochRow)
            },
            predictions={
                "index": self.dataset.test_index,
                "label": self.dataset.y_test,
                "predicted": outputs.argmax(axis=1),
                "confidence": outputs.max(axis=1),
            },
        )

    def _checkpoint(self, rows: Sequence[_EpochRow]) -> Checkpoint:
        return Checkpoint(
            epoch=len(rows),
            variables=read_state(self.learner),
            rows=np.array([astuple(row) for row in rows]),
            seconds=time.perf_counter() - self.start.clock,
            continued=self.start.continued,
            machine=self.start.machine,
        )

    def _train_epoch(
        self, epoch: int, images: tf.Tensor, labels: tf.Tensor
    ) -> tuple[_EpochRow, Array]:
        """The row and the outputs of an epoch that is trained now."""
        protocol = self.trial.protocol
        clock = time.perf_counter()
        seed = self.trial.generator_seed
        order = image_order(protocol.train_size, seed=seed, epoch=epoch)
        loss, accuracy = self.learner.train_epoch(images, labels, order, protocol.batch_size)
        test_loss, test_accuracy, outputs = self._evaluate(self.dataset.x_test, self.dataset.y_test)
        row = _EpochRow(
            epoch=epoch,
            train_loss=float(loss),
            train_accuracy=float(accuracy),
            test_loss=test_loss,
            test_accuracy=test_accuracy,
            seconds=time.perf_counter() - clock,
        )
        return row, outputs

    def _evaluate(self, images: Array, labels: Array) -> tuple[float, float, Array]:
        """The mean loss, the accuracy (0-1), and the outputs `(n, classes)`."""
        batch = self.trial.protocol.evaluation_batch_size
        loss, outputs = self.learner.evaluate(images, labels, batch)
        return loss, float((outputs.argmax(axis=1) == labels).mean()), outputs
