"""Files of a study, on a disk or in a store: written so that nobody ever sees half of one."""

import contextlib
import os
import tempfile
from collections.abc import Callable, Generator
from pathlib import Path
from typing import BinaryIO

from results.storage.errors import ResultsError
from results.storage.remote import AnyPath, RemotePath


def write_atomically(path: AnyPath, write: Callable[[Path], object]) -> None:
    """Let `write` fill a temporary file, then put that in place of `path` durably.

    Readers see the old file or the whole new one, after a power cut too. On a disk, the temporary
    file stands beside `path`; its name begins with a dot and doesn't end in `.parquet`, so no
    reader's pattern matches it. A store puts whole files in place by itself: for one, the temporary
    file is local.

    Raises:
        ResultsError: the file can't be written, for want of space or rights.

    Examples:
        >>> write_atomically(Path("notes/a.txt"), lambda file: file.write_text("12 trials"))
        >>> [(file.name, file.read_text()) for file in Path("notes").iterdir()]
        [('a.txt', '12 trials')]
    """
    try:
        if isinstance(path, RemotePath):
            with tempfile.TemporaryDirectory(prefix="study-") as folder:
                local = Path(folder) / path.name
                write(local)
                path.put(local)
        else:
            _write_on_disk(path, write)
    except OSError as error:
        raise ResultsError(f"{path}: can't be written ({error})") from error


def _write_on_disk(path: Path, write: Callable[[Path], object]) -> None:
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
        ResultsError: the file can't be deleted.

    Examples:
        >>> file = RemotePath("memory://remove/a.parquet")
        >>> file.write_bytes(b"1")
        >>> remove(file)
        >>> file.exists()
        False
    """
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise ResultsError(f"{path}: can't be deleted ({error})") from error


def rename(path: AnyPath, name: str) -> AnyPath:
    """Give a file another name in its folder, replacing any file of that name; returns its path.

    Raises:
        OSError: the file can't be renamed.
        StoreError: its store can't be reached or refuses.

    Examples:
        >>> file = RemotePath("memory://rename/a.parquet")
        >>> file.write_bytes(b"1")
        >>> rename(file, "a.parquet.damaged")
        RemotePath(address='memory://rename/a.parquet.damaged')
    """
    if isinstance(path, RemotePath):
        return path.rename(name)
    return path.replace(path.with_name(name))


def stamps(folder: AnyPath) -> dict[AnyPath, tuple[object, ...]]:
    """The files of a folder, each with a stamp that changes when it is written anew.

    A folder that isn't there has no files.

    Raises:
        StoreError: its store can't be reached or refuses.

    Examples:
        >>> folder = RemotePath("memory://stamps/trials")
        >>> (folder / "a.parquet").write_bytes(b"1")
        >>> before = stamps(folder)
        >>> (folder / "a.parquet").write_bytes(b"22")
        >>> [str(file) for file, stamp in stamps(folder).items() if stamp != before[file]]
        ['memory://stamps/trials/a.parquet']
    """
    if isinstance(folder, RemotePath):
        return {**folder.stamps()}
    stamp_of: dict[AnyPath, tuple[object, ...]] = {}
    for file in folder.glob("*"):
        # A driver that compacts deletes what was just listed.
        with contextlib.suppress(FileNotFoundError):
            stat = file.stat()
            stamp_of[file] = (stat.st_mtime_ns, stat.st_size)
    return stamp_of


def parquet_source(path: AnyPath) -> Path | BinaryIO:
    """What pyarrow can read a file from: the path of a local file, a stream of one in a store.

    Raises:
        FileNotFoundError: the file isn't in its store.
        StoreError: its store can't be reached or refuses.

    Examples:
        >>> parquet_source(Path("trials/a.parquet"))
        PosixPath('trials/a.parquet')
        >>> file = RemotePath("memory://source/a.parquet")
        >>> file.write_bytes(b"PAR1...")
        >>> parquet_source(file).read(4)
        b'PAR1'
    """
    return path.open() if isinstance(path, RemotePath) else path


@contextlib.contextmanager
def local_copy(path: AnyPath) -> Generator[Path]:
    """A local file with the content of `path`, for the length of a block.

    A file on a disk is given itself; one in a store is copied, and the copy deleted afterwards.

    Raises:
        FileNotFoundError: the file isn't in its store.
        StoreError: its store can't be reached or refuses.

    Examples:
        >>> file = RemotePath("memory://copy/model.keras")
        >>> file.write_bytes(b"weights")
        >>> with local_copy(file) as local:
        ...     local.name, local.read_bytes()
        ('model.keras', b'weights')
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
