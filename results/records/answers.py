"""The answers of each network to each image: the largest table, read one trial at a time."""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from results.records.parquet_files import naming_damage, table_files
from results.records.schema import check_columns
from results.storage.files import parquet_source
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath

Wrong = NDArray[np.bool_]
_ERROR_COLUMNS = ("index", "label", "predicted")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """The answers of one trial's network to the test images.

    Attributes:
        trial_id: id of the trial.
        index: position of each image in the data set's test array, ascending, `(n_images,)`.
        label: class of each image, `(n_images,)`.
        predicted: class that the network took each image for, `(n_images,)`.
        confidence: the network's output for that class, 0-1; NaN where it gave NaN, `(n_images,)`.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> answers = next(read_answers(study.paths, study.finished))
        >>> answers.index.shape, float((answers.predicted == answers.label).mean())
        ((40,), 0.925)
    """

    trial_id: str
    index: NDArray[np.integer]
    label: NDArray[np.integer]
    predicted: NDArray[np.integer]
    confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Errors:
    """The errors of trials that read the same images.

    Attributes:
        index: position of each image in the data set's test array, ascending, `(n_images,)`.
        label: class of each image, `(n_images,)`.
        by_trial: by trial id, whether the trial's network misses each image, `(n_images,)`.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> errors = read_errors(study.paths, study.finished)
        >>> [int(wrong.sum()) for wrong in errors.by_trial.values()]
        [3, 4, 2, 4, 4, 3, 1, 0, 1, 2, 1, 2]
    """

    index: NDArray[np.integer]
    label: NDArray[np.integer]
    by_trial: Mapping[str, Wrong]


def read_answers(paths: StudyPaths, trial_ids: Collection[str]) -> Iterator[Answers]:
    """The answers of these trials, in the order of `trial_ids`; one trial is in memory at a time.

    Args:
        paths: the study directory.
        trial_ids: ids of the trials; those that are not stored are left out.

    Raises:
        ResultsError: a file is damaged; the message names it.
        SchemaError: a file has a later schema version.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> for answers in read_answers(study.paths, study.finished[:2]):
        ...     answers.index[answers.predicted != answers.label]
        array([0, 1, 2], dtype=int32)
        array([1, 2, 3, 4], dtype=int32)
    """
    for trial_id, rows in _rows_by_trial(paths, trial_ids, (*_ERROR_COLUMNS, "confidence")):
        index, label, predicted, confidence = _by_index(rows)
        yield Answers(
            trial_id=trial_id,
            index=index,
            label=label,
            predicted=predicted,
            confidence=confidence,
        )


def read_errors(paths: StudyPaths, trial_ids: Collection[str]) -> Errors | None:
    """The errors of these trials; None if none of them is stored.

    Trials that read other images than most can't be compared with the rest and are left out. The
    errors take a bit more than one byte per image: 90 MB for 9,000 trials of 10,000 images.

    Args:
        paths: the study directory.
        trial_ids: ids of the trials; those that are not stored are left out.

    Raises:
        ResultsError: a file is damaged; the message names it.
        SchemaError: a file has a later schema version.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> errors = read_errors(study.paths, study.finished[:3])
        >>> sum(errors.by_trial.values())[:6]
        array([1, 2, 3, 2, 1, 0])
    """
    image_sets: list[_ImageSet] = []
    for trial_id, rows in _rows_by_trial(paths, trial_ids, _ERROR_COLUMNS):
        _add(image_sets, trial_id, rows)
    if not image_sets:
        return None
    largest = max(image_sets, key=lambda image_set: len(image_set.by_trial))
    return Errors(index=largest.index, label=largest.label, by_trial=largest.by_trial)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ImageSet:
    """Images that trials read, and the errors of these trials, as in `Errors`."""

    index: NDArray[np.integer]
    label: NDArray[np.integer]
    by_trial: dict[str, Wrong] = field(default_factory=dict[str, Wrong])

    def is_of(self, index: NDArray[np.integer], label: NDArray[np.integer]) -> bool:
        return np.array_equal(self.index, index) and np.array_equal(self.label, label)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """The row groups that hold a trial, and their file's footer, as parsing a large one is slow."""

    path: AnyPath
    footer: pq.FileMetaData
    groups: list[int]


def _rows_by_trial(
    paths: StudyPaths, trial_ids: Collection[str], columns: Sequence[str]
) -> Iterator[tuple[str, pa.Table]]:
    """The id and the rows of each of these trials that is stored."""
    unique_ids = frozenset(trial_ids)
    try:
        places = _find_places(paths, unique_ids)
    except FileNotFoundError:
        # A driver compacts: the rows of that part stand in a compacted file now.
        places = _find_places(paths, unique_ids)
    for trial_id in dict.fromkeys(trial_ids):
        if trial_id not in places:
            continue
        try:
            rows = _read(places[trial_id], trial_id, columns)
        except FileNotFoundError:
            places = _find_places(paths, unique_ids)
            rows = _read(places[trial_id], trial_id, columns)
        yield trial_id, rows


def _find_places(paths: StudyPaths, trial_ids: frozenset[str]) -> dict[str, _Place]:
    """The place of each of these trials that is stored; compacted files go before parts."""
    places: dict[str, _Place] = {}
    compacted, parts = table_files(paths, "predictions")
    for path in (*compacted, *(part for part in parts if part.stem in trial_ids)):
        if path.stem in places:
            continue
        with (
            naming_damage(path),
            pq.ParquetFile(parquet_source(path), memory_map=False) as file,
        ):
            check_columns(file.schema_arrow, "predictions", path)
            groups: dict[str, list[int]] = {}
            for number in range(file.num_row_groups):
                for key in _keys(file, number):
                    groups.setdefault(key, []).append(number)
            for key in groups.keys() & trial_ids:
                place = _Place(path=path, footer=file.metadata, groups=groups[key])
                places.setdefault(key, place)
    return places


def _keys(file: pq.ParquetFile, number: int) -> list[str]:
    """The ids of the trials in a row group."""
    position = file.schema_arrow.get_field_index("trial_id")
    statistics = file.metadata.row_group(number).column(position).statistics
    if statistics is not None and statistics.has_min_max and statistics.min == statistics.max:
        return [str(statistics.min)]
    # Files of other writers may lack statistics, or mix trials in a group.
    column = file.read_row_group(number, columns=["trial_id"])["trial_id"]
    return [str(key) for key in pc.unique(column).to_pylist()]


def _read(place: _Place, trial_id: str, columns: Sequence[str]) -> pa.Table:
    with (
        naming_damage(place.path),
        pq.ParquetFile(
            parquet_source(place.path),
            metadata=place.footer,
            page_checksum_verification=True,
            memory_map=False,
        ) as file,
    ):
        rows = file.read_row_groups(place.groups, columns=["trial_id", *columns])
        return rows.filter(pc.field("trial_id") == trial_id).select(list(columns))


def _by_index(rows: pa.Table) -> list[NDArray[Any]]:
    """The columns of a trial's rows, sorted by the first column, the index."""
    columns: list[NDArray[Any]] = [rows[name].to_numpy() for name in rows.column_names]
    if (np.diff(columns[0]) <= 0).any():
        order = np.argsort(columns[0], kind="stable")
        columns = [column[order] for column in columns]
    return columns


def _add(image_sets: list[_ImageSet], trial_id: str, rows: pa.Table) -> None:
    """Add a trial's errors to the set of the images that it read, a new one if need be."""
    index, label, predicted = _by_index(rows)
    image_set = next((images for images in image_sets if images.is_of(index, label)), None)
    if image_set is None:
        image_set = _ImageSet(index=index, label=label)
        image_sets.append(image_set)
    image_set.by_trial[trial_id] = label != predicted
