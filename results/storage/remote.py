"""Files of a study in an object store, `s3://bucket/prefix`: what their users need of a `Path`.

Credentials and endpoints are the store's own affair, by its usual environment variables; no address
holds any. Nothing that was listed is kept: other drivers and readers are at work there, too.
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

# The first so many bytes of a file are asked for at once; most files are smaller.
_FIRST_BYTES = 1 << 20
# What to install for a store, and where an address begins with a bucket.
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
_LOCAL = ("file", "local")
# How a store says that an object is there already, where it raises no FileExistsError.
_TAKEN = re.compile(r"PreconditionFailed|ConditionalRequestConflict|conditionNotMet|\b412\b")


@dataclass(frozen=True, slots=True, order=True)
class RemotePath:
    """A file or folder in a store; a folder is there as long as a file in it is.

    Every method that asks the store raises `StoreError` where that can't be reached or refuses,
    and `FileNotFoundError` where there is no such file.
    """

    address: str

    def __str__(self) -> str:
        return self.address

    def __truediv__(self, name: str) -> "RemotePath":
        return RemotePath(f"{self.address}/{name}")

    @property
    def parent(self) -> "RemotePath":
        """The folder it is in."""
        return RemotePath(self.address.rpartition("/")[0])

    @property
    def name(self) -> str:
        """The last part of the address."""
        return self.address.rpartition("/")[2]

    @property
    def stem(self) -> str:
        """The name without its last ending."""
        return PurePosixPath(self.name).stem

    @property
    def suffix(self) -> str:
        """The last ending of the name."""
        return PurePosixPath(self.name).suffix

    def with_name(self, name: str) -> "RemotePath":
        """Its neighbour of this name."""
        return self.parent / name

    def resolve(self) -> "RemotePath":
        """Itself: an address is whole."""
        return self

    def exists(self) -> bool:
        """Whether it is there, as a file or a folder."""
        return self._kind() is not None

    def is_file(self) -> bool:
        """Whether it is there as a file."""
        return self._kind() == "file"

    def is_dir(self) -> bool:
        """Whether it is there as a folder."""
        return self._kind() == "directory"

    def glob(self, pattern: str) -> Iterator["RemotePath"]:
        """The files of this folder whose names match."""
        return (path for path in self.stamps() if fnmatch.fnmatchcase(path.name, pattern))

    def stamps(self) -> dict["RemotePath", tuple[object, ...]]:
        """The files of this folder, each with something that changes when it is written anew."""
        with self._store() as (store, key):
            try:
                found = store.ls(key, detail=True)
            except FileNotFoundError:
                self._check_bucket(store, key)
                return {}
        # Some stores have an empty file of the folder's own name.
        files = {str(entry["name"]): _stamp(entry) for entry in found if entry["type"] == "file"}
        return {
            self / name.rpartition("/")[2]: stamp
            for name, stamp in files.items()
            if name.rstrip("/") != key
        }

    def open(self, mode: str = "rb") -> BinaryIO:
        """The file for reading; a large one is read piece by piece."""
        assert mode == "rb", mode
        first = self._read(0, _FIRST_BYTES)
        if len(first) < _FIRST_BYTES:
            return io.BytesIO(first)
        with self._store() as (store, key):
            size = int(store.info(key)["size"])
        return cast(BinaryIO, io.BufferedReader(_Pieces(self, size), buffer_size=1 << 20))

    def read_bytes(self) -> bytes:
        """All that is in the file."""
        with self._store() as (store, key):
            return bytes(store.cat_file(key))

    def read_text(self, encoding: str) -> str:
        """All that is in the file, as text."""
        return self.read_bytes().decode(encoding)

    def put(self, local: Path) -> None:
        """Make this the content of the file at once: nobody ever sees half of it."""
        with self._store() as (store, key):
            store.put_file(str(local), key)

    def write_bytes(self, data: bytes) -> None:
        """Make this the content of the file at once: nobody ever sees half of it."""
        with self._store() as (store, key):
            store.pipe_file(key, data)

    def create(self, data: bytes) -> bool:
        """Write the file only if there is none; whether there was none."""
        with self._store() as (store, key):
            try:
                store.pipe_file(key, data, mode="create")
            except Exception as error:
                if isinstance(error, FileExistsError) or _TAKEN.search(str(error)):
                    return False
                raise
            return True

    def unlink(self, *, missing_ok: bool = False) -> None:
        """Delete the file."""
        with self._store() as (store, key):
            try:
                store.rm_file(key)
            except FileNotFoundError:
                if not missing_ok:
                    raise

    def rename(self, name: str) -> "RemotePath":
        """Give the file another name in its folder; killed in between, it has both."""
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
                # Of an empty file no part can be asked for.
                if not store.info(key)["size"]:
                    return b""
                raise

    @property
    def _key(self) -> str:
        """What the store itself calls it."""
        return cast(str, fsspec.core.url_to_fs(self.address)[1])

    @contextlib.contextmanager
    def _store(self) -> Generator[tuple[Any, str]]:
        """The file system and what this path is called there; its errors become ours."""
        try:
            yield cast(Any, fsspec.core.url_to_fs(self.address, use_listings_cache=False))
        except (FileNotFoundError, ResultsError):
            raise
        except Exception as error:
            # Each store has exceptions of its own.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise StoreError(f"{self.address}: the store can't be used ({reason})") from error

    def _check_bucket(self, store: Any, key: str) -> None:
        """Tell a bucket that isn't there from one that holds nothing here."""
        scheme, _, rest = self.address.partition("://")
        if scheme in _EXTRAS:
            try:
                store.info(key.partition("/")[0])
            except FileNotFoundError as error:
                bucket = rest.partition("/")[0]
                raise StoreError(f"{self.address}: there is no bucket {bucket!r}") from error


AnyPath = Path | RemotePath


class _Pieces(io.RawIOBase):
    """A large file of a store, of which each read is one request."""

    def __init__(self, path: RemotePath, size: int) -> None:
        super().__init__()
        self._path, self._size, self._at = path, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: Any) -> int:
        end = min(self._at + len(buffer), self._size)
        data = self._path._read(self._at, end) if end > self._at else b""  # pyright: ignore[reportPrivateUsage]  one file, two classes
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)


def as_path(text: str) -> AnyPath:
    """The local directory or file, or the one in a store, that a person calls so. Asks no store.

    Raises:
        ResultsError: it is no address, its store is unknown, or the package for that is missing.
    """
    scheme, separator, rest = text.partition("://")
    scheme = scheme.lower()
    if not separator or not re.fullmatch(r"[a-z][a-z0-9+.:-]*", scheme):
        wrong = re.match(r"(s3a?|gc?s|file):", text, re.IGNORECASE)
        if wrong:
            raise ResultsError(f"{text!r} is no address; did you mean {wrong[1].lower()}://?")
        return Path(text)
    if scheme in _LOCAL:
        return _local(text, rest)
    _check_scheme(scheme)
    if "@" in rest or "?" in rest or "#" in rest:
        # Not repeated: that could be a key.
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
    known = sorted(fsspec.available_protocols())
    if scheme not in known:
        nearest = difflib.get_close_matches(scheme, ["s3", "gs", *known], n=1)
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
