"""Tuned studies made without training, by the real search on errors that are given."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
from optuna.storages import InMemoryStorage

from results import Outcome, Record, StudyPaths, make_record
from results.records.description import describe, write_description
from results.records.outcome import EARLIER
from results.records.store import compact, write_images, write_record
from search_spaces import Regime, Seeding, Space, Trial, find_space
from study.data.dataset import Dataset, ImageForm
from study.tuning.agenda import Agenda
from study.tuning.budget import Budget
from study.tuning.plan import plan_tuning
from study.tuning.search import Search
from tests.given.studies import DATASET_HASH, N_IMAGES, images, labels, measured, plan

# sgd against adam, with and without normalization.
OPTIMIZERS = find_space("full").narrowed(
    {
        "loss": ["categorical_crossentropy"],
        "activation": ["relu"],
        "filter_order": ["ascending"],
    }
)


def whole_dataset(train_size: int = 100) -> Dataset:
    """The data set that doesn't exist, in black."""
    return Dataset(
        name="digits",
        hash=DATASET_HASH,
        x_train=np.zeros((train_size, 1, 1, 1), np.uint8),
        y_train=np.arange(train_size) % 10,
        x_test=np.zeros((N_IMAGES, 1, 1, 1), np.uint8),
        y_test=labels(),
        test_index=np.arange(N_IMAGES),
        form=ImageForm(shape=(1, 1, 1), dtype="uint8", pixel_max=1.0, classes=10),
    )


def write_tuned_study(
    directory: Path,
    *,
    error: Callable[[Trial], float],
    outcome: Callable[[Trial], Outcome] = lambda trial: Outcome.TRAINED,
    space: Space = OPTIMIZERS,
    seeds: int = 3,
    seeding: Seeding = Seeding.OWN,
    most: int | None = None,
    **budget: object,
) -> StudyPaths:
    """A study directory whose trials misread this share of their images.

    Args:
        directory: to write to.
        error: of a trial, 0-1.
        outcome: of a trial.
        space: to plan.
        seeds: of the study.
        seeding: of the study.
        most: so many trials are recorded and no more.
        budget: of the tuning.
    """
    trials = plan(space, seeds=seeds, seeding=seeding)
    tuning = plan_tuning(space, trials, whole_dataset(), Budget(**{"values": 5, **budget}))
    search = Search(tuning, {}, InMemoryStorage())
    agenda, paths = Agenda(trials, search), StudyPaths(directory)
    paths.root.mkdir(parents=True, exist_ok=True)
    write_images(paths, images())
    left = agenda.size if most is None else most
    while left and (task := agenda.next_task()):
        made = _record(task.trial, task.regime, error(task.trial), outcome(task.trial))
        write_record(paths, made)
        if made.row["outcome"] == Outcome.PRUNED:
            agenda.stops_early(made)
        agenda.add(made.row)
        left -= 1
    description = dataclasses.replace(describe(space, trials, EARLIER), tuning=search.found())
    write_description(paths, description)
    compact(paths)
    return paths


def _record(trial: Trial, regime: Regime, error: float, outcome: Outcome) -> Record:
    if outcome is Outcome.ERROR:
        return make_record(trial, measured=measured(outcome, regime=regime.value))
    size = trial.protocol.test_size
    epochs = 1 if outcome is Outcome.PRUNED else trial.protocol.epochs
    label = np.arange(size) % 10
    predicted = np.where(np.arange(size) < round(error * size), (label + 1) % 10, label)
    curve = np.full(epochs, 1 - error)
    return make_record(
        trial,
        measured=measured(outcome, regime=regime.value, test_accuracy=1 - error),
        epochs={
            "epoch": np.arange(1, epochs + 1),
            "train_loss": curve,
            "train_accuracy": curve,
            "test_loss": curve,
            "test_accuracy": curve,
            "seconds": np.full(epochs, 0.1),
        },
        predictions={
            "index": np.arange(size),
            "label": label,
            "predicted": predicted,
            "confidence": np.full(size, 0.75, dtype="float32"),
        },
    )
