"""The lock of a study directory: only one driver writes there at a time, wherever it lies.

Callers know this lock alone. How it is held depends on the place: on a disk the operating system
locks a file; in an object store the driver holds a lease (`results.storage.lease`), that is, a lock
that expires unless it is renewed.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from results.storage.errors import ResultsError
from results.storage.lease import leased
from results.storage.paths import StudyPaths
from results.storage.remote import RemotePath


@contextmanager
def locked(paths: StudyPaths) -> Generator[Callable[[], None]]:
    """Hold the lock of a study directory for the length of a block; creates the directory.

    On a disk, the operating system frees the lock when the driver's process dies, however it dies.
    In an object store, the lock expires a minute after its driver last renewed it.

    Yields:
        A function to call before anything is written: it raises `ResultsError` if another driver
        has taken the lock over, which can only happen in an object store.

    Raises:
        ResultsError: another driver holds the lock, or the directory can't be made or written.

    Examples:
        >>> paths = StudyPaths(Path("runs"))
        >>> with locked(paths) as check_lock, locked(paths):
        ...     print("two drivers at once")
        Traceback (most recent call last):
        results.storage.errors.ResultsError: runs is in use by another driver; wait for it to end
    """
    if isinstance(paths.lock, RemotePath):
        with leased(paths.lock) as check:
            yield check
    else:
        with _file_locked(paths.lock):
            yield lambda: None


@contextmanager
def _file_locked(file: Path) -> Generator[None]:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(file)
        lock.acquire(timeout=0)
    except Timeout as error:
        raise ResultsError(
            f"{file.parent} is in use by another driver; wait for it to end"
        ) from error
    except OSError as error:
        raise ResultsError(f"can't write to {file.parent}: {error.strerror}") from error
    try:
        yield
    finally:
        lock.release()
