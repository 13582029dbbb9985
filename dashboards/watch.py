"""Notices that the records of a study directory have changed."""

import time
from collections.abc import Iterator

from results.storage.files import stamps
from results.storage.paths import TABLES, StudyPaths
from results.storage.remote import AnyPath

SECONDS_BETWEEN_LOOKS = 3.0


def watch_records(directory: AnyPath, *, seconds: float = SECONDS_BETWEEN_LOOKS) -> Iterator[None]:
    """Yield at once, and again whenever a record's file came, went or was written anew.

    Args:
        directory: a study directory; it need not be there yet.
        seconds: the time between two looks, in seconds.

    Examples:
        >>> from pathlib import Path
        >>> trials = Path("study/trials")
        >>> trials.mkdir(parents=True)
        >>> for number, _ in enumerate(watch_records(Path("study"), seconds=0.01)):
        ...     print(f"{number} records")
        ...     if number == 2:
        ...         break
        ...     (trials / f"{number}.parquet").touch()
        0 records
        1 records
        2 records
    """
    previous = None
    while True:
        # Looked at before drawing: what changes meanwhile is drawn the next time.
        current = file_stamps(directory)
        if current != previous:
            previous = current
            yield
        time.sleep(seconds)


def file_stamps(directory: AnyPath) -> dict[AnyPath, tuple[object, ...]]:
    """Each file of a study that holds records, and its description, with a stamp of its state.

    A stamp differs whenever the file was written anew.

    Examples:
        >>> sorted(file.name for file in file_stamps(directory) if file.parent == directory)
        ['study.json']
    """
    paths = StudyPaths(directory)
    records = {
        file: stamp
        for name in TABLES
        for file, stamp in stamps(paths.table(name)).items()
        if file.suffix == ".parquet"
    }
    # The pages lie beside the description, and are what is drawn.
    description = {
        file: stamp for file, stamp in stamps(directory).items() if file == paths.description
    }
    return records | description
