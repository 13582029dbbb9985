"""Notices that the records of a study directory have changed."""

import time
from collections.abc import Iterator

from results.storage.files import stamps
from results.storage.paths import TABLES, StudyPaths
from results.storage.remote import AnyPath

SECONDS_BETWEEN_LOOKS = 3.0


def watch_records(directory: AnyPath, *, seconds: float = SECONDS_BETWEEN_LOOKS) -> Iterator[None]:
    """Yields at once, and again whenever a record's file came, went or was written anew.

    Args:
        directory: of a study; it need not be there yet.
        seconds: between two looks.
    """
    seen = None
    while True:
        # Looked at before drawing: what changes meanwhile is drawn the next time.
        found = file_stamps(directory)
        if found != seen:
            seen = found
            yield
        time.sleep(seconds)


def file_stamps(directory: AnyPath) -> dict[AnyPath, tuple[object, ...]]:
    """What changes with each file that holds records, and with the description."""
    paths = StudyPaths(directory)
    in_tables = [stamps(paths.table(name)) for name in TABLES]
    records = {
        file: stamp
        for found in in_tables
        for file, stamp in found.items()
        if file.suffix == ".parquet"
    }
    # The pages lie beside it, and are what is drawn.
    described = {
        file: stamp for file, stamp in stamps(directory).items() if file == paths.description
    }
    return records | described
