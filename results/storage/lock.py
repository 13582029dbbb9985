"""One driver per study directory, wherever that lies."""

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
    """Hold the study directory, creating it if need be; one driver at a time.

    Of a local directory, the operating system lets go of the lock when its process dies, however it
    dies. Of one in a store, see `results.storage.lease`.

    Yields:
        What raises `ResultsError` once another driver has taken over, which only a store lets
        happen; to be called before anything is written.

    Raises:
        ResultsError: another driver holds it, or the directory can't be made or written.
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
