"""Studies made without training, for tests of what comes after it."""

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from results import Outcome, Record, Study, StudyPaths, make_record
from results.records.description import describe, write_description
from results.records.outcome import EARLIER
from results.records.schema import IMAGES, SCHEMA_VERSION
from results.records.store import compact, write_images, write_record
from results.report.findings import analyse
from results.report.section import Section
from results.report.sections import make_report
from results.storage.remote import AnyPath
from search_spaces import Protocol, Regime, Space, Trial, find_space

N_IMAGES = 40
DATASET_HASH = "ab" * 32
# A white PNG of one pixel.
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63f80f00010101001bb6ee560000000049454e44ae426082"
)


def measured(outcome: Outcome = Outcome.TRAINED, **changes: object) -> dict[str, object]:
    """The measured columns of a trial, with these changes."""
    raised = outcome is Outcome.ERROR
    figure = float("nan") if raised else 0.5
    columns: dict[str, object] = {
        "space": "smoke",
        "regime": "fixed",
        "outcome": str(outcome),
        "learned_from": EARLIER.trained,
        "stuck_below": EARLIER.stuck,
        "train_loss": figure,
        "train_accuracy": figure,
        "test_loss": figure,
        "test_accuracy": figure,
        "seconds": 1.5,
        "continued": 0,
        "resident_mb": 700.0,
        "finished_at": datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC),
        "host": "here",
        "device": "CPU",
        "threads": 1,
        "onednn": True,
        "kernel": "banded",
        "git_commit": None,
        "git_dirty": None,
        "python": "3.11.7",
        "tensorflow": "2.21.0",
        "keras": "3.15.1",
        "ray": None,
        "error": "RuntimeError: no luck" if raised else None,
        "schema_version": SCHEMA_VERSION,
    }
    return {**columns, **changes}


def plan(space: Space, *, seeds: int = 1, **settings: object) -> tuple[Trial, ...]:
    """The trials of a space on a data set that doesn't exist."""
    defaults = {"train_size": 100, "test_size": N_IMAGES, **space.default_settings("digits")}
    protocol = Protocol(dataset="digits", dataset_hash=DATASET_HASH, **{**defaults, **settings})
    return space.trials(protocol, range(seeds))


def labels(classes: int = 10) -> np.ndarray:
    """The classes of the images: as equally many of each as can be, the first and the last too."""
    if classes <= N_IMAGES:
        return np.arange(N_IMAGES) % classes
    return np.linspace(0, classes - 1, N_IMAGES).astype(int)


def adam_is_constant(trial: Trial) -> Outcome:
    """An outcome for each trial: what uses Adam gives one answer, all else trains."""
    adam = trial.cell.as_dict()["optimizer"] == "adam"
    return Outcome.CONSTANT if adam else Outcome.TRAINED


def record(
    trial: Trial,
    *,
    outcome: Outcome = Outcome.TRAINED,
    regime: Regime = Regime.FIXED,
    classes: int = 10,
    misread: Sequence[int] | None = None,
) -> Record:
    """A record whose numbers depend on the trial's id only.

    Misread are the images named, or every tenth, and each is taken for the next class.
    """
    if outcome is Outcome.ERROR:
        return make_record(trial, measured=measured(outcome, regime=regime.value))
    n_epochs = trial.protocol.epochs
    label = labels(classes)
    images = np.arange(N_IMAGES)
    tenth = images % 10 == int(trial.id, 16) % 10
    wrong = tenth if misread is None else np.isin(images, misread)
    predicted = np.where(wrong, (label + 1) % classes, label)
    if outcome is Outcome.CONSTANT:
        predicted = np.ones_like(label)
    accuracy = float((predicted == label).mean())
    curve = np.linspace(0.1, accuracy, n_epochs)
    figures = {"test_accuracy": accuracy, "train_accuracy": accuracy}
    return make_record(
        trial,
        measured=measured(outcome, regime=regime.value, **figures),
        epochs={
            "epoch": np.arange(1, n_epochs + 1),
            "train_loss": 1 - curve,
            "train_accuracy": curve,
            "test_loss": 1 - curve,
            "test_accuracy": curve,
            "seconds": np.full(n_epochs, 0.1),
        },
        predictions={
            "index": np.arange(N_IMAGES),
            "label": label,
            "predicted": predicted,
            "confidence": np.full(N_IMAGES, 0.75, dtype="float32"),
        },
    )


def images(classes: int = 10) -> pa.Table:
    """The test images of the data set that doesn't exist."""
    columns = {
        "dataset_hash": [DATASET_HASH] * N_IMAGES,
        "index": np.arange(N_IMAGES),
        "label": labels(classes),
        "png": [PNG] * N_IMAGES,
    }
    return pa.table(columns, schema=IMAGES)


def write_study(
    directory: AnyPath,
    *,
    space: Space | None = None,
    seeds: int = 1,
    outcome: Callable[[Trial], Outcome] = lambda _: Outcome.TRAINED,
    classes: int = 10,
    misread: Callable[[Trial], Sequence[int] | None] = lambda _: None,
) -> StudyPaths:
    """A finished, compacted study directory; `outcome` says how each trial ended."""
    space = space or find_space("smoke")
    trials = plan(space, seeds=seeds)
    paths = StudyPaths(directory)
    if isinstance(paths.root, Path):
        paths.root.mkdir(parents=True, exist_ok=True)
    write_description(paths, describe(space, trials, EARLIER))
    write_images(paths, images(classes))
    for trial in trials:
        made = record(trial, outcome=outcome(trial), classes=classes, misread=misread(trial))
        write_record(paths, made)
    compact(paths)
    return paths


def report_of(study: Study) -> tuple[Section, ...]:
    """The whole report on a study."""
    return make_report(study, analyse(study))
