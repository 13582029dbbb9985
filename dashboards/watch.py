"""Notices that the records of a study directory have changed."""

import time
from collections.abc import Iterator
from pathlib import Path

from results.paths import TABLES
from results.remote import AnyPath, RemotePath

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
    if isinstance(directory, RemotePath):
        return _stored_stamps(directory)
    return _local_stamps(directory)


def _local_stamps(directory: Path) -> dict[AnyPath, tuple[object, ...]]:
    """Time of change in ns and size of each."""
    files = [file for name in TABLES for file in (directory / name).glob("*.parquet")]
    stamps: dict[AnyPath, tuple[object, ...]] = {}
    for file in [*files, directory / "study.json"]:
        try:
            stat = file.stat()
        except FileNotFoundError:
            # Gone since it was listed: a driver puts single files together into one.
            continue
        stamps[file] = (stat.st_mtime_ns, stat.st_size)
    return stamps


def _stored_stamps(directory: RemotePath) -> dict[AnyPath, tuple[object, ...]]:
    records = [(directory / name).stamps() for name in TABLES]
    # The pages lie beside it, and are what is drawn.
    beside = {
        file: stamp for file, stamp in directory.stamps().items() if file.name == "study.json"
    }
    return {file: stamp for stamps in [*records, beside] for file, stamp in stamps.items()}
