"""Notices that the records of a study directory have changed."""

import time
from collections.abc import Iterator
from pathlib import Path

from results.paths import TABLES, StudyPaths

SECONDS_BETWEEN_LOOKS = 3.0


def watch_records(directory: Path, *, seconds: float = SECONDS_BETWEEN_LOOKS) -> Iterator[None]:
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


def file_stamps(directory: Path) -> dict[Path, tuple[int, int]]:
    """Time of change in ns and size of each file that holds records, and of the description."""
    paths = StudyPaths(directory)
    files = [file for name in TABLES for file in paths.table(name).glob("*.parquet")]
    stamps: dict[Path, tuple[int, int]] = {}
    for file in [*files, paths.description]:
        try:
            stat = file.stat()
        except FileNotFoundError:
            # Gone since it was listed: a driver puts single files together into one.
            continue
        stamps[file] = (stat.st_mtime_ns, stat.st_size)
    return stamps
