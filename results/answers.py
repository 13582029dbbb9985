"""Which images each network got wrong: the largest table, read a trial at a time."""
# pyarrow's stubs leave many parameters untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from results.paths import StudyPaths
from results.schema import check_columns
from results.store import naming_damage, table_files

Wrong = NDArray[np.bool_]


def read_errors(paths: StudyPaths, trial_ids: Collection[str]) -> dict[str, Wrong]:
    """For each of these trials that is stored, whether it misses an image, in the images' order.

    A bit more than one byte an image: 9,000 trials of 10,000 images take 90 MB.

    Raises:
        ResultsError: a file is damaged; the message names it.
        SchemaError: a file has a later schema version.
    """
    wanted = set(trial_ids)
    errors: dict[str, Wrong] = {}
    compacted, parts = table_files(paths, "predictions")
    for path in (*compacted, *(part for part in parts if part.stem in wanted)):
        with (
            naming_damage(path),
            pq.ParquetFile(path, page_checksum_verification=True, memory_map=False) as file,
        ):
            check_columns(file.schema_arrow, "predictions", path)
            for number in range(file.num_row_groups):
                group = file.read_row_group(
                    number, columns=["trial_id", "index", "label", "predicted"]
                )
                _add(errors, group, wanted)
    return errors


def _add(errors: dict[str, Wrong], group: pa.Table, wanted: set[str]) -> None:
    key = group["trial_id"][0].as_py() if len(group) else None
    if key in wanted and key not in errors:
        wrong = group["label"].to_numpy() != group["predicted"].to_numpy()
        errors[key] = wrong[np.argsort(group["index"].to_numpy(), kind="stable")]
