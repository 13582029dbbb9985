"""The command `python -m results.verify DIR`: is everything in a study directory in order?"""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from results.arguments import count, directory_parser
from results.records.description import read_description
from results.records.inventory import (
    Inventory,
    count_values,
    read_groups,
    split_trials,
    take_inventory,
)
from results.records.outcome import Outcome, classify, recorded_thresholds
from results.records.parquet_files import read_rows, table_files
from results.storage.errors import ResultsError
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath
from search_spaces import Regime

_Array = NDArray[Any]
# Accuracies (0-1) that differ by less are equal: they are shares of images in double precision.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """The findings of `verify` about a study directory.

    Args:
        planned: number of trials that `study.json` plans; None without such a file.
        recorded: number of planned trials that are recorded whole; without a plan, of all trials.
        raised: number of planned trials that raised an error; without a plan, of all trials.
        others: number of records that belong to other plans.
        problems: one sentence for each thing that is not as it should be.

    Examples:
        >>> verification = verify(directory)
        >>> verification.planned, verification.recorded, verification.problems
        (12, 12, ())
    """

    planned: int | None
    recorded: int
    raised: int
    others: int
    problems: tuple[str, ...]


def verify(directory: AnyPath) -> Verification:
    """Read a whole study directory and check that it fits together; changes no file.

    For every file it checks that it is whole, its schema and its page checksums. For every trial it
    checks that the id follows from the content, that each epoch and each test image is there once,
    that the trial's figures follow from them, that its labels are those of the stored images, and
    that copies of it agree.

    Raises:
        ResultsError: there is no such directory, or nothing in it.
        SchemaError: a file was written with a later schema version.

    Examples:
        >>> import pathlib, shutil
        >>> copy = shutil.copytree(directory, pathlib.Path("copy"))
        >>> shutil.rmtree(StudyPaths(copy).table("epochs"))
        >>> verify(copy).problems
        ('trial ...: its epochs or predictions are not all there', ...)
    """
    paths = StudyPaths(directory)
    inventory = take_inventory(paths)
    description, problems = None, [f"{path}: {why}" for path, why in inventory.damaged.items()]
    try:
        description = read_description(paths)
    except ResultsError as error:
        problems.append(str(error))
    if not (inventory.rows or problems or description):
        raise ResultsError(f"{directory}: no study here")
    planned = set(description.all_ids) if description else set(inventory.rows)
    return Verification(
        planned=len(planned) if description else None,
        recorded=len(planned & inventory.recorded),
        raised=len(planned & inventory.errors),
        others=len(inventory.rows.keys() - planned),
        problems=(*problems, *_wrong_contents(paths, inventory)),
    )


def verification_text(found: Verification) -> str:
    """The findings as text: a line of counts, a line per problem, and the verdict.

    Examples:
        >>> print(verification_text(verify(directory)))
        12 of 12 planned trials recorded, 0 raised, 0 of other plans
        everything is as it should: files, ids, counts, figures, copies, labels
    """
    counts = f"{found.recorded} trials recorded"
    if found.planned is not None:
        counts = f"{found.recorded} of {found.planned} planned trials recorded"
    lines = [f"{counts}, {found.raised} raised, {found.others} of other plans", *found.problems]
    verdict = f"{len(found.problems)} problems" if found.problems else "everything is as it should"
    return "\n".join([*lines, f"{verdict}: files, ids, counts, figures, copies, labels"])


def _wrong_contents(paths: StudyPaths, inventory: Inventory) -> Iterator[str]:
    """A sentence for each thing in the intact files that is not as it should be."""
    for key in sorted(inventory.incomplete):
        yield f"trial {key}: its epochs or predictions are not all there"
    epochs: dict[str, pa.Table] = {}
    labels = _stored_labels(paths)
    for name in ("trials", "epochs", "predictions"):
        first_files: dict[str, AnyPath] = {}
        for path, key, group in _trials(paths, name):
            if key in first_files:
                if not _agree(read_rows(first_files[key], trial_ids=[key]), group):
                    yield f"trial {key}: {first_files[key]} and {path} differ"
                continue
            first_files[key] = path
            if name == "epochs":
                epochs[key] = group
            if name == "predictions" and key in inventory.recorded and key in epochs:
                row = inventory.rows[key]
                true_labels = labels.get(row["dataset_hash"])
                sentences = _wrong_figures(row, epochs[key], group, true_labels)
                yield from (f"trial {key}: {sentence}" for sentence in sentences)


def _wrong_figures(
    row: Mapping[str, Any], epochs: pa.Table, predictions: pa.Table, labels: _Array | None
) -> Iterator[str]:
    """A sentence for each thing in the rows of one trial that doesn't fit together.

    Args:
        row: the trial's row of `trials`.
        epochs: its rows of `epochs`.
        predictions: its rows of `predictions`.
        labels: the class of each stored image, `(n_images,)`; None if no images are stored.
    """
    curves = epochs.sort_by("epoch").to_pandas()
    pruned = row["outcome"] == Outcome.PRUNED
    if pruned and row.get("regime") != Regime.TUNING:
        yield "it was pruned, and was not there to tune"
    last_epoch = len(curves) if pruned else row["epochs"]
    if curves["epoch"].tolist() != list(range(1, last_epoch + 1)):
        yield f"its epochs are not 1 to {last_epoch}, each once"
    index, label, predicted = (
        predictions[name].to_numpy() for name in ("index", "label", "predicted")
    )
    if len(np.unique(index)) != len(index):
        yield "an image is predicted twice"
    if labels is not None and not (index.max() < len(labels) and (labels[index] == label).all()):
        yield "its labels are not those of the stored images"
    accuracy, last = float((label == predicted).mean()), curves["test_accuracy"].iloc[-1]
    if max(abs(accuracy - row["test_accuracy"]), abs(last - row["test_accuracy"])) > _TOLERANCE:
        yield f"test accuracy {row['test_accuracy']}, by its predictions {accuracy}"
    if pruned:
        return
    outcome = classify(
        losses=[*curves["train_loss"], *curves["test_loss"], row["train_loss"]],
        test_accuracies=curves["test_accuracy"].tolist(),
        predicted=predicted,
        thresholds=recorded_thresholds(row),
    )
    if outcome != row["outcome"]:
        yield f"outcome {row['outcome']}, by its figures {outcome}"


def _trials(paths: StudyPaths, name: str) -> Iterator[tuple[AnyPath, str, pa.Table]]:
    """The file, the id and the rows of each trial in the intact row groups of a table."""
    compacted, parts = table_files(paths, name)
    for path in (*compacted, *parts):
        for group in read_groups(path):
            if not isinstance(group, str) and len(group):
                for key, rows in split_trials(group):
                    yield path, key, rows


def _agree(first: pa.Table, second: pa.Table) -> bool:
    """Whether two copies of a trial's rows agree; an error agrees with any finished record."""
    names = [name for name in first.column_names if name in second.column_names]
    if "outcome" in names and Outcome.ERROR in {
        *count_values(first, "outcome"),
        *count_values(second, "outcome"),
    }:
        return True
    return first.select(names).to_pandas().equals(second.select(names).to_pandas())


def _stored_labels(paths: StudyPaths) -> dict[str, _Array]:
    """The class of each stored image by its index, per data set; -1 where no image is stored."""
    labels: dict[str, _Array] = {}
    for path in table_files(paths, "images")[1]:
        for group in read_groups(path):
            if not isinstance(group, str):
                index = group["index"].to_numpy()
                labels[path.stem] = np.full(index.max() + 1, -1)
                labels[path.stem][index] = group["label"].to_numpy()
    return labels


def main(arguments: Sequence[str]) -> int:
    """Check a study directory; returns 0, 1 if something is wrong, 2 if it can't be read."""
    parser = directory_parser(
        module="results.verify",
        description="Read everything in a study directory again and check that it fits together: "
        "files, ids against contents, counts, figures, copies. Changes nothing.",
    )
    parser.add_argument(
        "--retrain",
        type=count,
        metavar="K",
        help="also train K of its trials again, drawn at random, and compare (needs TensorFlow)",
    )
    options, retrain_options = parser.parse_known_args(arguments)
    if retrain_options and options.retrain is None:
        parser.error(f"unknown argument {retrain_options[0]!r}")
    try:
        verification = verify(options.directory)
    except (ResultsError, OSError) as error:
        sys.stderr.write(f"results.verify: {error}\n")
        return 2
    sys.stdout.write(f"{verification_text(verification)}\n")
    retrain_code = 0
    if options.retrain is not None:
        # A process of its own: this package knows nothing of training.
        retrain = ["study.retrain", str(options.directory), "--trials", str(options.retrain)]
        command = [sys.executable, "-m", *retrain, *retrain_options]
        sys.stdout.flush()
        retrain_code = subprocess.run(command, check=False).returncode
    return max(retrain_code, int(bool(verification.problems)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
