"""Does training again give what was recorded? `python -m study.retrain DIR --trials 3`."""

import contextlib
import dataclasses
import functools
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from results import Origin, Outcome, Record, ResultsError, StudyPaths
from results.arguments import count, directory_parser
from results.records.inventory import take_inventory
from results.records.record import trial_of
from results.records.store import read_epochs, read_predictions
from results.storage.lock import locked
from results.storage.remote import AnyPath
from search_spaces import Cell, Regime, Space, SpaceError, Trial, find_space
from study.data.dataset import Dataset
from study.data.npz import DataError
from study.data.sources import VALIDATION, load_dataset, subset, validation_split
from study.process.environment import (
    ROUNDING,
    THREADS,
    kernel_of,
    quiet_stderr,
    set_worker_variables,
)
from study.training.kept_models import without_model, write_model

_FIGURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
_DRAWN = 3


def retrain(
    directory: AnyPath,
    *,
    trials: int | None,
    seed: int,
    dataset: str | None,
    space: str | None = None,
    save_models: bool = False,
) -> int:
    """Train some recorded trials again, in this process, and print how they compare.

    Args:
        directory: the study.
        trials: how many, drawn at random among the recorded ones; None for 3, or for all that have
            no network if these are wanted.
        seed: of that draw.
        dataset: name or `.npz` path of the data set, None for the name in the records.
        space: name or `.py` path of the space, None for the name in the records.
        save_models: draw among those whose network was not kept, and keep it where the training
            agrees with the record.

    Returns:
        0 if all agree bit for bit, or differ where the machine or a version does too; else 1.

    Raises:
        ResultsError: nothing is recorded, or by another version of the maths.
        DataError: the data set can't be had, or is another one than that of the records.
    """
    paths = StudyPaths(directory)
    inventory = take_inventory(paths)
    if not inventory.recorded:
        raise ResultsError(f"{directory}: no trial is recorded here")
    # One that was pruned ended where it did by what others gave, not by its seed.
    ids = sorted(
        key for key in inventory.recorded if inventory.rows[key]["outcome"] != Outcome.PRUNED
    )
    if save_models:
        of_study = [key for key in ids if inventory.rows[key]["regime"] != Regime.TUNING]
        ids = without_model(paths, of_study)
        trials = trials or len(ids)
    drawn = random.Random(seed).sample(ids, min(trials or _DRAWN, len(ids)))
    differing = 0
    for key in drawn:
        row = {**inventory.rows[key], "kernel": kernel_of(inventory.rows[key])}
        record, saved = _train(row, _load(row, dataset), space)
        elsewhere = [name for name in ROUNDING if record.row[name] != row[name]]
        difference = _difference(paths, row, record)
        told = _sentence(difference, elsewhere, row)
        if save_models:
            told += "; no model kept" if difference else "; model kept"
            if not difference:
                write_model(paths, key, saved())
        sys.stdout.write(f"trial {key}: {told}\n")
        differing += bool(difference and not elsewhere)
    sys.stdout.write(f"{len(drawn)} of {len(inventory.recorded)} recorded trials trained again, ")
    sys.stdout.write(f"{differing} differ\n" if differing else "as recorded\n")
    return int(differing > 0)


def _load(row: Mapping[str, Any], dataset: str | None) -> Dataset:
    name = dataset or row["dataset"].removesuffix(VALIDATION)
    loaded = _split(load_dataset(name), row)
    if loaded.hash != row["dataset_hash"]:
        raise DataError(
            f"{name}: not the data set of the records "
            f"({loaded.hash[:12]}, recorded {row['dataset_hash'][:12]}); name it with --dataset"
        )
    return loaded


def _split(whole: Dataset, row: Mapping[str, Any]) -> Dataset:
    """The images of a trial: of the study, or of its validation split."""
    seed, train, test = (row[name] for name in ("subset_seed", "train_size", "test_size"))
    if row["regime"] != Regime.TUNING:
        return subset(whole, train_size=train, test_size=test, seed=seed)
    # Drawn as the plan draws them: all of its training images, then those held out of them.
    drawn = subset(whole, train_size=train + test, test_size=len(whole.y_test), seed=seed)
    return validation_split(drawn, seed=seed)


def _train(
    row: Mapping[str, Any], dataset: Dataset, space_name: str | None
) -> tuple[Record, Callable[[], bytes]]:
    """The record of a new training, and what makes a file of its network."""
    # Imported here: they load TensorFlow, which a mistaken option should not wait for.
    with quiet_stderr():
        from study.network.factory import find_factory
        from study.process.machine import prepare_tensorflow
        from study.training.model_files import trained_model
        from study.training.trial import train_trial

    trial: Trial = trial_of(row)
    space = find_space(space_name or row["space"])
    if space.maths != trial.maths:
        raise ResultsError(
            f"trial {trial.id} was recorded by maths {trial.maths!r}, this code has "
            f"{space.maths!r}; train it again with commit {row['git_commit']}"
        )
    trial = dataclasses.replace(trial, cell=_as_declared(trial.cell, space))
    prepare_tensorflow(THREADS)
    origin = Origin(
        space=row["space"],
        regime=row["regime"] and Regime(row["regime"]),
        kernel=row["kernel"],
        git_commit=row["git_commit"],
        git_dirty=row["git_dirty"],
    )
    factory = find_factory(space.model_factory)
    record = train_trial(trial, dataset, factory=factory, origin=origin)
    return record, functools.partial(
        trained_model, trial, dataset, factory=factory, kernel=row["kernel"]
    )


def _as_declared(cell: Cell, space: Space) -> Cell:
    """The cell with each level as its space writes it: the records keep 16 as 16.0."""
    declared = {(factor.name, level): level for factor in space.factors for level in factor.levels}
    return Cell(levels=tuple((name, declared.get((name, at), at)) for name, at in cell.levels))


def _difference(paths: StudyPaths, row: Mapping[str, Any], record: Record) -> str:
    """In what the record differs from what is stored; empty if in nothing."""
    key = [row["trial_id"]]
    epochs, predictions = read_epochs(paths, key), read_predictions(paths, key)
    answers = (predictions["predicted"] != record.predictions["predicted"].to_pandas()).sum()
    same = (
        {name: row[name] for name in _FIGURES} == {name: record.row[name] for name in _FIGURES}
        and _equal(epochs.drop(columns="seconds"), record.epochs.drop_columns("seconds"))
        and _equal(predictions, record.predictions)
    )
    if same:
        return ""
    accuracies = f"{100 * row['test_accuracy']:.2f} % and {100 * record.row['test_accuracy']:.2f} %"
    return f"{answers} of {len(predictions)} answers differ, test accuracy {accuracies}"


def _equal(stored: Any, trained: pa.Table) -> bool:
    return stored.reset_index(drop=True).equals(trained.to_pandas())


def _sentence(difference: str, elsewhere: Sequence[str], row: Mapping[str, Any]) -> str:
    if not difference:
        return "identical"
    if elsewhere:
        others = ", ".join(f"{name} {row[name]}" for name in elsewhere)
        return f"{difference}; recorded with {others}, so the last digits may differ"
    return difference


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 if the study or its data can't be read."""
    parser = directory_parser(
        module="study.retrain",
        description="Train some trials of a study again and compare with what was recorded.",
    )
    parser.add_argument(
        "--trials",
        type=count,
        metavar="K",
        help="how many (3; with --save-models all that have no model)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of the draw (0)")
    parser.add_argument("--dataset", metavar="NAME", help="mnist, digits or FILE.npz (as recorded)")
    parser.add_argument("--space", metavar="NAME", help="name or FILE.py (as recorded)")
    parser.add_argument(
        "--save-models",
        action="store_true",
        help="train those whose network was not kept, and keep it as models/TRIAL.keras",
    )
    options = parser.parse_args(arguments)
    set_worker_variables()
    paths = StudyPaths(options.directory)
    writing = options.save_models and paths.root.is_dir()
    try:
        with locked(paths) if writing else contextlib.nullcontext():
            return retrain(
                options.directory,
                trials=options.trials,
                seed=options.seed,
                dataset=options.dataset,
                space=options.space,
                save_models=options.save_models,
            )
    except (ResultsError, DataError, SpaceError) as error:
        sys.stderr.write(f"study.retrain: {error}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
