"""What each network answered to each image: the largest table, read a trial at a time."""
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

from results.records.schema import check_columns
from results.records.store import naming_damage, table_files
from results.storage.files import parquet_source
from results.storage.paths import StudyPaths
from results.storage.remote import AnyPath

Wrong = NDArray[np.bool_]
_ERROR_COLUMNS = ("index", "label", "predicted")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Answers:
    """What the network of one trial answered.

    Attributes:
        trial_id: which trial.
        index: positions of the images in the data set's test array, ascending, `(n_images,)`.
        label: their classes, `(n_images,)`.
        predicted: what they were taken for, `(n_images,)`.
        confidence: how sure the network was, 0-1; NaN where it gave NaN, `(n_images,)`.
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
        index: positions of the images in the data set's test array, ascending, `(n_images,)`.
        label: their classes, `(n_images,)`.
        by_trial: for each trial by its id, whether it misses an image, `(n_images,)`.
    """

    index: NDArray[np.integer]
    label: NDArray[np.integer]
    by_trial: Mapping[str, Wrong]


def read_answers(paths: StudyPaths, trial_ids: Collection[str]) -> Iterator[Answers]:
    """What these trials answered, in their order; trials that are not stored are passed over.

    One trial is in memory at a time.

    Raises:
        ResultsError: a file is damaged; the message names it.
        SchemaError: a file has a later schema version.
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
    """The errors of these trials where they are stored; None where none is.

    Trials with other images than most of them can't be compared with the rest and are left out. A
    bit more than one byte an image: 9,000 trials of 10,000 images take 90 MB.

    Raises:
        ResultsError: a file is damaged; the message names it.
        SchemaError: a file has a later schema version.
    """
    sets: list[_ImageSet] = []
    for trial_id, rows in _rows_by_trial(paths, trial_ids, _ERROR_COLUMNS):
        _add(sets, trial_id, rows)
    if not sets:
        return None
    most = max(sets, key=lambda images: len(images.by_trial))
    return Errors(index=most.index, label=most.label, by_trial=most.by_trial)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _ImageSet:
    index: NDArray[np.integer]
    label: NDArray[np.integer]
    by_trial: dict[str, Wrong] = field(default_factory=dict[str, Wrong])

    def has(self, index: NDArray[np.integer], label: NDArray[np.integer]) -> bool:
        return np.array_equal(self.index, index) and np.array_equal(self.label, label)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """The row groups that hold a trial, and their file's footer: parsing a large one takes long."""

    path: AnyPath
    footer: pq.FileMetaData
    groups: list[int]


def _rows_by_trial(
    paths: StudyPaths, trial_ids: Collection[str], columns: Sequence[str]
) -> Iterator[tuple[str, pa.Table]]:
    """Each wanted trial that is stored, its id and its rows."""
    wanted = frozenset(trial_ids)
    try:
        places = _find(paths, wanted)
    except FileNotFoundError:
        # A driver compacts: what that part held stands in a compacted file now.
        places = _find(paths, wanted)
    for trial_id in dict.fromkeys(trial_ids):
        if trial_id not in places:
            continue
        try:
            rows = _read(places[trial_id], trial_id, columns)
        except FileNotFoundError:
            places = _find(paths, wanted)
            rows = _read(places[trial_id], trial_id, columns)
        yield trial_id, rows


def _find(paths: StudyPaths, wanted: frozenset[str]) -> dict[str, _Place]:
    """Where the wanted trials are stored; a compacted file stands before a part."""
    places: dict[str, _Place] = {}
    compacted, parts = table_files(paths, "predictions")
    for path in (*compacted, *(part for part in parts if part.stem in wanted)):
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
            for key in groups.keys() & wanted:
                place = _Place(path=path, footer=file.metadata, groups=groups[key])
                places.setdefault(key, place)
    return places


def _keys(file: pq.ParquetFile, number: int) -> list[str]:
    """The trials in a row group."""
    position = file.schema_arrow.get_field_index("trial_id")
    found = file.metadata.row_group(number).column(position).statistics
    if found is not None and found.has_min_max and found.min == found.max:
        return [str(found.min)]
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
    """The columns of a trial's rows, ascending by the first, the index."""
    columns: list[NDArray[Any]] = [rows[name].to_numpy() for name in rows.column_names]
    if (np.diff(columns[0]) <= 0).any():
        order = np.argsort(columns[0], kind="stable")
        columns = [column[order] for column in columns]
    return columns


def _add(sets: list[_ImageSet], key: str, rows: pa.Table) -> None:
    index, label, predicted = _by_index(rows)
    images = next((images for images in sets if images.has(index, label)), None)
    if images is None:
        images = _ImageSet(index=index, label=label)
        sets.append(images)
    images.by_trial[key] = label != predicted
