"""Which images each network got wrong: the largest table, read a trial at a time."""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from results.paths import StudyPaths
from results.schema import check_columns
from results.store import naming_damage, table_files

Wrong = NDArray[np.bool_]


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


def read_errors(paths: StudyPaths, trial_ids: Collection[str]) -> Errors | None:
    """The errors of these trials where they are stored; None where none is.

    Trials with other images than most of them can't be compared with the rest and are left out. A
    bit more than one byte an image: 9,000 trials of 10,000 images take 90 MB.

    Raises:
        ResultsError: a file is damaged; the message names it.
        SchemaError: a file has a later schema version.
    """
    wanted = frozenset(trial_ids)
    try:
        sets = _read_sets(paths, wanted)
    except FileNotFoundError:
        # A driver compacts: what that part held stands in a compacted file now.
        sets = _read_sets(paths, wanted)
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


def _read_sets(paths: StudyPaths, wanted: frozenset[str]) -> list[_ImageSet]:
    """The wanted trials by the images that they read."""
    sets: list[_ImageSet] = []
    seen: set[str] = set()
    compacted, parts = table_files(paths, "predictions")
    for path in (*compacted, *(part for part in parts if part.stem in wanted)):
        for key, group in _groups(path):
            if key in wanted and key not in seen:
                seen.add(key)
                _add(sets, key, group)
    return sets


def _groups(path: Path) -> Iterator[tuple[str, pa.Table]]:
    """Each trial of a file, its id and its rows."""
    columns = ["trial_id", "index", "label", "predicted"]
    with (
        naming_damage(path),
        pq.ParquetFile(path, page_checksum_verification=True, memory_map=False) as file,
    ):
        check_columns(file.schema_arrow, "predictions", path)
        for number in range(file.num_row_groups):
            group = file.read_row_group(number, columns=columns)
            keys = pc.unique(group["trial_id"]).to_pylist()
            for key in keys:
                # Only files of other writers mix trials in a row group.
                mixed = len(keys) > 1
                yield str(key), group.filter(pc.field("trial_id") == key) if mixed else group


def _add(sets: list[_ImageSet], key: str, group: pa.Table) -> None:
    index, label, predicted = (group[name].to_numpy() for name in ("index", "label", "predicted"))
    if (np.diff(index) <= 0).any():
        order = np.argsort(index, kind="stable")
        index, label, predicted = index[order], label[order], predicted[order]
    images = next((images for images in sets if images.has(index, label)), None)
    if images is None:
        images = _ImageSet(index=index, label=label)
        sets.append(images)
    images.by_trial[key] = label != predicted
