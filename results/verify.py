"""Is everything in a study directory as it should be? `python -m results.verify DIR`."""
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
from results.records.outcome import Outcome, classify
from results.records.store import read_rows, table_files
from results.storage.errors import ResultsError
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath
from search_spaces import Regime

_Array = NDArray[Any]
# An accuracy is a share of images, kept in double precision.
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What a directory was found to hold.

    Args:
        planned: trials that `study.json` plans; None where there is no such file.
        recorded: of these, or of all where no plan is known, those recorded whole.
        raised: likewise, those that raised.
        others: records that belong to other plans.
        problems: what is not as it should be, a sentence each.
    """

    planned: int | None
    recorded: int
    raised: int
    others: int
    problems: tuple[str, ...]


def verify(directory: AnyPath) -> Verification:
    """Read everything again and hold it against itself; changes nothing.

    Checked are, for every file: that it is whole, its schema and its page checksums; for every
    trial: that its id is that of its content, that it has each epoch and each test image once, that
    its figures follow from them, that its labels are those of the stored images, and that copies
    of it agree.

    Raises:
        ResultsError: there is no such directory, or nothing in it.
        SchemaError: a file was written with a later schema version.
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
    """The findings in lines, the verdict last."""
    counts = f"{found.recorded} trials recorded"
    if found.planned is not None:
        counts = f"{found.recorded} of {found.planned} planned trials recorded"
    lines = [f"{counts}, {found.raised} raised, {found.others} of other plans", *found.problems]
    verdict = f"{len(found.problems)} problems" if found.problems else "everything is as it should"
    return "\n".join([*lines, f"{verdict}: files, ids, counts, figures, copies, labels"])


def _wrong_contents(paths: StudyPaths, inventory: Inventory) -> Iterator[str]:
    """What of intact files is not as it should be."""
    for key in sorted(inventory.incomplete):
        yield f"trial {key}: its epochs or predictions are not all there"
    epochs: dict[str, pa.Table] = {}
    labels = _stored_labels(paths)
    for name in ("trials", "epochs", "predictions"):
        seen: dict[str, AnyPath] = {}
        for path, key, group in _trials(paths, name):
            if key in seen:
                if not _same(read_rows(seen[key], trial_ids=[key]), group):
                    yield f"trial {key}: {seen[key]} and {path} differ"
                continue
            seen[key] = path
            if name == "epochs":
                epochs[key] = group
            if name == "predictions" and key in inventory.recorded and key in epochs:
                row = inventory.rows[key]
                wrong = _wrong_figures(row, epochs[key], group, labels.get(row["dataset_hash"]))
                yield from (f"trial {key}: {sentence}" for sentence in wrong)


def _wrong_figures(
    row: Mapping[str, Any], epochs: pa.Table, predictions: pa.Table, labels: _Array | None
) -> Iterator[str]:
    """What in the rows of one trial doesn't fit together."""
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
    )
    if outcome != row["outcome"]:
        yield f"outcome {row['outcome']}, by its figures {outcome}"


def _trials(paths: StudyPaths, name: str) -> Iterator[tuple[AnyPath, str, pa.Table]]:
    """Each intact group of rows of a table with its file and its trial."""
    compacted, parts = table_files(paths, name)
    for path in (*compacted, *parts):
        for group in read_groups(path):
            if not isinstance(group, str) and len(group):
                for key, rows in split_trials(group):
                    yield path, key, rows


def _same(first: pa.Table, second: pa.Table) -> bool:
    """Whether two copies of a trial's rows agree; an error beside a finished record does."""
    names = [name for name in first.column_names if name in second.column_names]
    if "outcome" in names and Outcome.ERROR in {
        *count_values(first, "outcome"),
        *count_values(second, "outcome"),
    }:
        return True
    return first.select(names).to_pandas().equals(second.select(names).to_pandas())


def _stored_labels(paths: StudyPaths) -> dict[str, _Array]:
    """The class of each stored image by data set, at the image's index; -1 where there is none."""
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
    options, rest = parser.parse_known_args(arguments)
    if rest and options.retrain is None:
        parser.error(f"unknown argument {rest[0]!r}")
    try:
        found = verify(options.directory)
    except (ResultsError, OSError) as error:
        sys.stderr.write(f"results.verify: {error}\n")
        return 2
    sys.stdout.write(f"{verification_text(found)}\n")
    retrained = 0
    if options.retrain is not None:
        # A process of its own: this package knows nothing of training.
        command = ["study.retrain", str(options.directory), "--trials", str(options.retrain), *rest]
        sys.stdout.flush()
        retrained = subprocess.run([sys.executable, "-m", *command], check=False).returncode
    return max(retrained, int(bool(found.problems)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
