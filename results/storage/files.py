"""Files of a study, local or in a store: written so that nobody ever sees half of one."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import BinaryIO

from results.storage.errors import ResultsError
from results.storage.remote import AnyPath, RemotePath


def write_atomically(path: AnyPath, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file beside `path`, then put it in place durably.

    Readers see the old file or the whole new one, after a power cut too. The temporary name begins
    with a dot and doesn't end in `.parquet`, so no reader's pattern matches it. For a store, which
    puts whole files in place by itself, the temporary file is a local one.

    Raises:
        ResultsError: the file can't be written, for want of space or rights.
    """
    try:
        if isinstance(path, RemotePath):
            with tempfile.TemporaryDirectory(prefix="study-") as folder:
                local = Path(folder) / path.name
                write(local)
                path.put(local)
        else:
            _write_beside(path, write)
    except OSError as error:
        raise ResultsError(f"{path}: can't be written ({error})") from error


def _write_beside(path: Path, write: Callable[[Path], object]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(temporary)
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def remove(path: AnyPath) -> None:
    """Delete a file; one that is gone already is fine.

    Raises:
        ResultsError: it can't be deleted.
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(f"{path}: can't be deleted ({error})") from error


def rename(path: AnyPath, name: str) -> AnyPath:
    """Give a file another name in its folder, in place of whatever has it; its new path.

    Raises:
        OSError, ResultsError: it can't be renamed.
    """
    if isinstance(path, RemotePath):
        return path.rename(name)
    return path.replace(path.with_name(name))


def stamps(folder: AnyPath) -> dict[AnyPath, tuple[object, ...]]:
    """The files of a folder, each with what changes when it is written anew; none without a folder.

    Raises:
        StoreError: its store can't be reached or refuses.
    """
    if isinstance(folder, RemotePath):
        return {**folder.stamps()}
    found: dict[AnyPath, tuple[object, ...]] = {}
    for file in folder.glob("*"):
        # A driver that compacts deletes what was just listed.
        with contextlib.suppress(FileNotFoundError):
            stat = file.stat()
            found[file] = (stat.st_mtime_ns, stat.st_size)
    return found


def parquet_source(path: AnyPath) -> Path | BinaryIO:
    """What pyarrow reads this file from.

    Raises:
        FileNotFoundError: there is none in its store.
        StoreError: its store can't be reached or refuses.
    """
    return path.open() if isinstance(path, RemotePath) else path


@contextlib.contextmanager
def local_copy(path: AnyPath) -> Generator[Path]:
    """The file itself, or a copy of one in a store for the length of the block.

    Raises:
        FileNotFoundError: there is none in its store.
        StoreError: its store can't be reached or refuses.
    """
    if isinstance(path, Path):
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        local = Path(folder) / path.name
        local.write_bytes(path.read_bytes())
        yield local


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
