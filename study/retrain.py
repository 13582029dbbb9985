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
from results.records.inventory import Inventory, take_inventory
from results.records.outcome import recorded_thresholds
from results.records.record import trial_of
from results.records.store import read_epochs, read_predictions
from results.storage.lock import locked
from results.storage.remote import AnyPath
from search_spaces import Cell, Regime, Space, SpaceError, Trial, find_space
from study.data.dataset import Dataset
from study.data.npz import DataError
from study.data.sources import load_dataset
from study.data.subsets import VALIDATION, images_of, pooled, subset, validation_split
from study.process.environment import quiet_stderr, set_worker_variables
from study.process.rounding import ROUNDING, THREADS, kernel_of
from study.training.kept_models import without_model, write_model

_FIGURES = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")
# So many trials are trained again where nobody says how many.
_MOST_DRAWN = 3


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
        directory: the study directory.
        trials: how many trials to train, drawn at random among the recorded ones; None for 3, or
            with `save_models` for all that have no model file.
        seed: the seed of that draw.
        dataset: the name or the `.npz` path of the data set; None for the name in the records.
        space: the name or the `.py` path of the space; None for the name in the records.
        save_models: whether to draw among the trials that have no model file, and to keep one where
            the training agrees with the record.

    Returns:
        0 if all agree bit for bit, or differ where the machine or a version does too; else 1.

    Raises:
        ResultsError: nothing is recorded, or a trial was recorded by another version of the maths.
        DataError: the data set can't be had, or is another one than that of the records.
        SpaceError: the space can't be found, or its file is wrong.

    Examples:
        >>> # This study was recorded on images that don't exist, under the name of others.
        >>> retrain(directory, trials=1, seed=0, dataset="digits")
        Traceback (most recent call last):
            ...
        study.data.npz.DataError: digits: not the data set of the records (b890464c5963, recorded
        abababababab); name it with --dataset
    """
    paths = StudyPaths(directory)
    inventory = take_inventory(paths)
    if not inventory.recorded:
        raise ResultsError(f"{directory}: no trial is recorded here")
    ids = _drawn_ids(paths, inventory, trials=trials, seed=seed, save_models=save_models)
    n_differing = 0
    for key in ids:
        row = {**inventory.rows[key], "kernel": kernel_of(inventory.rows[key])}
        record, make_model = _train(row, _load(row, dataset), space)
        changes = [name for name in ROUNDING if record.row[name] != row[name]]
        difference = _difference(paths, row, record)
        sentence = _sentence(difference, changes, row)
        if save_models:
            sentence += "; no model kept" if difference else "; model kept"
            if not difference:
                write_model(paths, key, make_model())
        sys.stdout.write(f"trial {key}: {sentence}\n")
        n_differing += bool(difference and not changes)
    sys.stdout.write(f"{len(ids)} of {len(inventory.recorded)} recorded trials trained again, ")
    sys.stdout.write(f"{n_differing} differ\n" if n_differing else "as recorded\n")
    return int(n_differing > 0)


def _drawn_ids(
    paths: StudyPaths, inventory: Inventory, *, trials: int | None, seed: int, save_models: bool
) -> list[str]:
    """The trials to train again; the arguments are those of `retrain`."""
    # One that was pruned ended where it did by what others gave, not by its seed.
    ids = sorted(
        key for key in inventory.recorded if inventory.rows[key]["outcome"] != Outcome.PRUNED
    )
    if save_models:
        own_ids = [key for key in ids if inventory.rows[key]["regime"] != Regime.TUNING]
        ids = without_model(paths, own_ids)
        trials = trials or len(ids)
    return random.Random(seed).sample(ids, min(trials or _MOST_DRAWN, len(ids)))


def _load(row: Mapping[str, Any], dataset: str | None) -> Dataset:
    """The images that the trial of this row was trained and tested on."""
    name = dataset or row["dataset"].removesuffix(VALIDATION)
    images = _split(load_dataset(name), row)
    if images.hash != row["dataset_hash"]:
        raise DataError(
            f"{name}: not the data set of the records "
            f"({images.hash[:12]}, recorded {row['dataset_hash'][:12]}); name it with --dataset"
        )
    return images


def _split(whole: Dataset, row: Mapping[str, Any]) -> Dataset:
    """The images of a trial: the study's own, or those of its validation split."""
    if row["resample"]:
        return images_of(trial_of(row), pooled(whole))
    seed, train, test = (row[name] for name in ("subset_seed", "train_size", "test_size"))
    if row["regime"] != Regime.TUNING:
        return subset(whole, train_size=train, test_size=test, seed=seed)
    # Drawn as the plan draws them: all of its training images, then those held out of them.
    training = subset(whole, train_size=train + test, test_size=len(whole.y_test), seed=seed)
    return validation_split(training, seed=seed)


def _train(
    row: Mapping[str, Any], dataset: Dataset, space_name: str | None
) -> tuple[Record, Callable[[], bytes]]:
    """The record of a new training of this row's trial, and what makes its model file."""
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
    record = train_trial(
        trial, dataset, factory=factory, origin=origin, thresholds=recorded_thresholds(row)
    )
    return record, functools.partial(
        trained_model, trial, dataset, factory=factory, kernel=row["kernel"]
    )


def _as_declared(cell: Cell, space: Space) -> Cell:
    """The cell with each level as its space writes it: the records keep 16 as 16.0."""
    declared = {(factor.name, level): level for factor in space.factors for level in factor.levels}
    return Cell(levels=tuple((name, declared.get((name, at), at)) for name, at in cell.levels))


def _difference(paths: StudyPaths, row: Mapping[str, Any], record: Record) -> str:
    """How a record differs from what is stored of its trial, in words; empty if it does not."""
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
    """Whether a stored data frame and a new table hold the same rows."""
    return stored.reset_index(drop=True).equals(trained.to_pandas())


def _sentence(difference: str, changes: Sequence[str], row: Mapping[str, Any]) -> str:
    """What to print of a trial; `changes` names the columns of `ROUNDING` that differ."""
    if not difference:
        return "identical"
    if changes:
        others = ", ".join(f"{name} {row[name]}" for name in changes)
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
