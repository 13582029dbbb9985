"""Writing a file so that nobody ever sees half of it."""

import contextlib
import os
from collections.abc import Callable
from pathlib import Path

from results.errors import ResultsError


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place durably.

    Readers see the old file or the whole new one, after a power cut too. The temporary name begins
    with a dot and doesn't end in `.parquet`, so no reader's pattern matches it.

    Raises:
        ResultsError: the file can't be written, for want of space or rights.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise ResultsError(f"{path}: can't be written ({error})") from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def remove(path: Path) -> None:
    """Delete a file; one that is gone already is fine.

    Raises:
        ResultsError: it can't be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(f"{path}: can't be deleted ({error})") from error


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
