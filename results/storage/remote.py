"""Paths of files in an object store, as `s3://bucket/prefix`, with the methods of `pathlib.Path`.

Only the methods that a study needs. Credentials and endpoints come from the environment variables
of the store's own tools; addresses hold none. No listing is cached: other drivers and readers work
in the same store.
"""
# fsspec has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import contextlib
import difflib
import fnmatch
import io
import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, cast
from urllib.parse import unquote

import fsspec
import fsspec.core

from results.storage.errors import ResultsError, StoreError

# A file is first asked for its first so many bytes; most files are smaller.
_FIRST_BYTES = 1 << 20
# The extra to install for a store, by scheme. Addresses of these schemes begin with a bucket.
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
_LOCAL = ("file", "local")
# How stores that raise no FileExistsError say that an object is there already.
_TAKEN = re.compile(r"PreconditionFailed|ConditionalRequestConflict|conditionNotMet|\b412\b")


@dataclass(frozen=True, slots=True, order=True)
class RemotePath:
    """A file or folder in a store; a folder exists as long as a file in it does.

    Every method that asks the store raises `StoreError` if that can't be reached or refuses, and
    `FileNotFoundError` if there is no such file.

    Args:
        address: the whole address, without a slash at its end.

    Examples:
        >>> folder = RemotePath("memory://path/study")
        >>> (folder / "a.txt").write_bytes(b"1")
        >>> (folder / "b.parquet").write_bytes(b"22")
        >>> [str(file) for file in folder.glob("*.parquet")]
        ['memory://path/study/b.parquet']
    """

    address: str

    def __str__(self) -> str:
        return self.address

    def __truediv__(self, name: str) -> "RemotePath":
        return RemotePath(f"{self.address}/{name}")

    @property
    def parent(self) -> "RemotePath":
        """The folder that holds this path."""
        return RemotePath(self.address.rpartition("/")[0])

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The last suffix of the name, with its dot."""
        return PurePosixPath(self.name).suffix

    def with_name(self, name: str) -> "RemotePath":
        """The path with another name in the same folder."""
        return self.parent / name

    def resolve(self) -> "RemotePath":
        """The path itself: an address is always absolute."""
        return self

    def exists(self) -> bool:
        """Whether the path exists, as a file or a folder."""
        return self._kind() is not None

    def is_file(self) -> bool:
        """Whether the path exists as a file."""
        return self._kind() == "file"

    def is_dir(self) -> bool:
        """Whether the path exists as a folder."""
        return self._kind() == "directory"

    def glob(self, pattern: str) -> Iterator["RemotePath"]:
        """The files of this folder, none below, whose names match the pattern."""
        return (path for path in self.stamps() if fnmatch.fnmatchcase(path.name, pattern))

    def stamps(self) -> dict["RemotePath", tuple[object, ...]]:
        """The files of this folder, each with a stamp that changes when it is written anew."""
        with self._store() as (store, key):
            try:
                entries = store.ls(key, detail=True)
            except FileNotFoundError:
                self._check_bucket(store, key)
                return {}
        # Some stores have an empty file of the folder's own name.
        stamp_of = {str(e["name"]): _stamp(e) for e in entries if e["type"] == "file"}
        return {
            self / name.rpartition("/")[2]: stamp
            for name, stamp in stamp_of.items()
            if name.rstrip("/") != key
        }

    def open(self, mode: str = "rb") -> BinaryIO:
        """A stream that reads the file; a large file is read piece by piece."""
        assert mode == "rb", mode
        first = self._read(0, _FIRST_BYTES)
        if len(first) < _FIRST_BYTES:
            return io.BytesIO(first)
        with self._store() as (store, key):
            size = int(store.info(key)["size"])
        return cast(BinaryIO, io.BufferedReader(_Pieces(self, size), buffer_size=1 << 20))

    def read_bytes(self) -> bytes:
        """The content of the file."""
        with self._store() as (store, key):
            return bytes(store.cat_file(key))

    def read_text(self, encoding: str) -> str:
        """The content of the file as text."""
        return self.read_bytes().decode(encoding)

    def put(self, local: Path) -> None:
        """Replace the file by a local one in one step: nobody ever sees half of it."""
        with self._store() as (store, key):
            store.put_file(str(local), key)

    def write_bytes(self, data: bytes) -> None:
        """Replace the content of the file in one step: nobody ever sees half of it."""
        with self._store() as (store, key):
            store.pipe_file(key, data)

    def create(self, data: bytes) -> bool:
        """Write the file unless it exists; returns whether it was written."""
        with self._store() as (store, key):
            try:
                store.pipe_file(key, data, mode="create")
            except Exception as error:
                if isinstance(error, FileExistsError) or _TAKEN.search(str(error)):
                    return False
                raise
            return True

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Delete the file; `missing_ok` says whether it may be gone already."""
        with self._store() as (store, key):
            try:
                store.rm_file(key)
            except FileNotFoundError:
                if not missing_ok:
                    raise

    def rename(self, name: str) -> "RemotePath":
        """Give the file another name in its folder; if killed in between, it has both names."""
        target = self.with_name(name)
        with self._store() as (store, key):
            store.cp_file(key, target._key)
            store.rm_file(key)
        return target

    def _kind(self) -> str | None:
        with self._store() as (store, key):
            try:
                return str(store.info(key)["type"])
            except FileNotFoundError:
                return None

    def _read(self, start: int, end: int) -> bytes:
        with self._store() as (store, key):
            try:
                return bytes(store.cat_file(key, start=start, end=end))
            except Exception:
                # Stores refuse a range of an empty file.
                if not store.info(key)["size"]:
                    return b""
                raise

    @property
    def _key(self) -> str:
        """The path as the store itself names it."""
        return cast(str, fsspec.core.url_to_fs(self.address)[1])

    @contextlib.contextmanager
    def _store(self) -> Generator[tuple[Any, str]]:
        """The file system and the path's key there; errors of the store become `StoreError`."""
        try:
            yield cast(Any, fsspec.core.url_to_fs(self.address, use_listings_cache=False))
        except (FileNotFoundError, ResultsError):
            raise
        except Exception as error:
            # Each store has exceptions of its own.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise StoreError(f"{self.address}: the store can't be used ({reason})") from error

    def _check_bucket(self, store: Any, key: str) -> None:
        """Raise if the folder is empty because its bucket doesn't exist.

        Raises:
            StoreError: there is no such bucket.
        """
        scheme, _, rest = self.address.partition("://")
        if scheme in _EXTRAS:
            try:
                store.info(key.partition("/")[0])
            except FileNotFoundError as error:
                bucket = rest.partition("/")[0]
                raise StoreError(f"{self.address}: there is no bucket {bucket!r}") from error


AnyPath = Path | RemotePath


class _Pieces(io.RawIOBase):
    """A large file in a store as a stream that makes one request per read."""

    def __init__(self, path: RemotePath, size: int) -> None:
        super().__init__()
        self._path, self._size, self._position = path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = start + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        start, end = self._position, min(self._position + len(buffer), self._size)
        data = self._path._read(start, end) if end > start else b""  # pyright: ignore[reportPrivateUsage]  one file, two classes
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)


def as_path(text: str) -> AnyPath:
    """The path that a person means by a text, on a disk or in a store; asks no store.

    Args:
        text: a local path, or an address such as `s3://bucket/prefix` or `file:///home/me/study`.

    Raises:
        ResultsError: the text is no valid address, its store is unknown, or the package that the
            store needs is missing.

    Examples:
        >>> as_path("runs/full-digits")
        PosixPath('runs/full-digits')
        >>> as_path("memory://bucket/full-digits/")
        RemotePath(address='memory://bucket/full-digits')
    """
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or not re.fullmatch(r"[a-z][a-z0-9+.:-]*", scheme):
        slip = re.match(r"(s3a?|gc?s|file):", text, re.IGNORECASE)
        if slip:
            raise ResultsError(f"{text!r} is no address; did you mean {slip[1].lower()}://?")
        return Path(text)
    if scheme in _LOCAL:
        return _local(text, rest)
    _check_scheme(scheme)
    if "@" in rest or "?" in rest or "#" in rest:
        # The text isn't repeated: it could hold a key.
        raise ResultsError(
            f"an address {scheme}://... holds no @, ? or #; credentials come from the environment"
        )
    parts = [part for part in rest.split("/") if part]
    if not parts:
        raise ResultsError(f"{text!r} names no bucket; as {scheme}://bucket/prefix")
    if {".", ".."} & set(parts):
        raise ResultsError(f"{text!r}: . and .. lead nowhere in a store")
    return RemotePath(f"{scheme}://{'/'.join(parts)}")


def _local(text: str, rest: str) -> Path:
    path = rest.removeprefix("localhost")
    if not path.startswith("/"):
        raise ResultsError(f"{text!r} is no local address; as file:///home/me/study")
    return Path(unquote(path))


def _check_scheme(scheme: str) -> None:
    schemes = sorted(fsspec.available_protocols())
    if scheme not in schemes:
        nearest = difflib.get_close_matches(scheme, ["s3", "gs", *schemes], n=1)
        hint = f"did you mean {nearest[0]}://? " if nearest else ""
        raise ResultsError(
            f"unknown store {scheme}://; {hint}a directory, s3://, gs:// and what fsspec knows"
        )
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        extra = _EXTRAS.get(scheme)
        advice = f"the extra {extra!r}: uv sync --extra {extra}" if extra else "its fsspec package"
        raise ResultsError(f"{scheme}:// needs {advice} ({error})") from error


def _stamp(entry: dict[str, Any]) -> tuple[object, ...]:
    names = ("ETag", "etag", "LastModified", "updated", "mtime", "created", "size")
    return tuple(str(entry[name]) for name in names if name in entry)
