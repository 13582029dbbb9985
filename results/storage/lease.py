"""The lease: how the lock of a study directory is held in an object store.

A lease is a lock that expires unless it is renewed: in a store, no operating system frees the lock
of a process that died. Leases are numbered files, each made only if no file has its name, so of two
drivers that try at once the store lets one win. A driver renews its lease while it lives. An
expired lease is followed by the lease with the next number, and a driver that finds a higher number
than its own has to stop. Callers use `results.storage.lock`.
"""

import contextlib
import dataclasses
import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path

from results.storage.errors import ResultsError, StoreError
from results.storage.remote import RemotePath

RENEWAL_SECONDS = 10.0
EXPIRY_SECONDS = 60.0
# An expired lease is watched for longer than a renewal takes: its driver's clock may be wrong.
WATCH_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The content of a lease's file.

    Args:
        token: a random text that no other lease has.
        host: name of the driver's machine.
        machine: a text that two processes share exactly if they see each other's process ids.
        pid: process id of the driver.
        renewed: time of the last renewal by the driver's clock, in seconds since 1970.
        ended: whether the driver gave the lease back.

    Examples:
        >>> folder = RemotePath("memory://lease-class/study/.lock")
        >>> with leased(folder):
        ...     lease = Lease(**json.loads((folder / "00000001.json").read_bytes()))
        >>> lease.pid == os.getpid(), lease.ended
        (True, False)
    """

    token: str = ""
    host: str = "an unknown host"
    machine: str = ""
    pid: int = 0
    renewed: float = 0.0
    ended: bool = False


@contextlib.contextmanager
def leased(folder: RemotePath) -> Generator[Callable[[], None]]:
    """Hold a lease for the length of a block, and renew it meanwhile in a thread.

    Args:
        folder: the folder of the study's leases, `StudyPaths.lock`.

    Yields:
        A function that raises `ResultsError` if another driver has taken over.

    Raises:
        ResultsError: another driver holds a lease, or the store can't keep two drivers apart.
        StoreError: the store can't be reached or refuses.

    Examples:
        >>> folder = RemotePath("memory://lease/study/.lock")
        >>> with leased(folder) as check:
        ...     check()
        ...     [file.name for file in folder.glob("*.json")]
        ['00000001.json']
    """
    number, lease = _take_lease(folder)
    holder = _LeaseHolder(folder, number, lease)
    holder.start()
    try:
        yield holder.check
    finally:
        holder.stop()


class _LeaseHolder:
    """This process as the holder of a lease, with the thread that renews it."""

    def __init__(self, folder: RemotePath, number: int, lease: Lease) -> None:
        self._folder, self._number, self._lease = folder, number, lease
        # By a clock that nobody sets.
        self._renewal_time = time.monotonic()
        self._successor: Lease | None = None
        self._mutex = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_stopped, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Give the lease back, unless another driver has taken over."""
        self._stop.set()
        self._thread.join()
        with contextlib.suppress(StoreError):
            self._renew(ended=True)

    def check(self) -> None:
        """Make sure that no other driver has taken over.

        Raises:
            ResultsError: another driver has.
            StoreError: nobody knows, as the store hasn't been reached for too long.
        """
        if time.monotonic() - self._renewal_time > EXPIRY_SECONDS:
            # This process was stopped, or the store is out of reach.
            self._renew()
        if self._successor:
            raise ResultsError(
                f"{self._folder.parent}: another driver ({_driver_name(self._successor)}) has "
                f"taken over, as this one gave no sign for {EXPIRY_SECONDS:.0f} seconds"
            )

    def _renew_until_stopped(self) -> None:
        while not self._successor and not self._stop.wait(RENEWAL_SECONDS):
            # What is out of reach now may not be the next time.
            with contextlib.suppress(StoreError):
                self._renew()

    def _renew(self, *, ended: bool = False) -> None:
        with self._mutex:
            number, newest = _newest(self._folder)
            if number != self._number or newest.token != self._lease.token:
                self._successor = newest
                return
            # Counted from before the request, which may take long.
            request_time = time.monotonic()
            lease = dataclasses.replace(self._lease, renewed=time.time(), ended=ended)
            _file(self._folder, number).write_bytes(_as_bytes(lease))
            self._renewal_time = request_time


def _take_lease(folder: RemotePath) -> tuple[int, Lease]:
    """Write the lease with the next number and delete all before it.

    Raises:
        ResultsError: the driver that holds the newest lease lives.
    """
    while True:
        newest_number, newest = _newest(folder)
        if newest_number and not newest.ended:
            _refuse_living(folder, newest_number, newest)
        number = newest_number + 1
        lease = Lease(
            token=uuid.uuid4().hex,
            host=socket.gethostname(),
            machine=_machine(),
            pid=os.getpid(),
            renewed=time.time(),
        )
        if _create(folder, number, lease):
            for earlier in _numbers(folder):
                if earlier < number:
                    _file(folder, earlier).unlink(missing_ok=True)
            return number, lease
        # Another driver came first: the next round finds that it lives.


def _create(folder: RemotePath, number: int, lease: Lease) -> bool:
    """Write a lease that isn't there; False if another driver was quicker.

    Raises:
        ResultsError: the store overwrites files even if asked to create them only.
    """
    file, data = _file(folder, number), _as_bytes(lease)
    if not file.create(data):
        try:
            # A request that was sent twice is refused the second time.
            if file.read_bytes() != data:
                return False
        except FileNotFoundError:
            return False
    if file.create(data):
        raise ResultsError(
            f"{folder.parent}: this store can't write a file only where there is none, so two "
            "drivers could spoil each other's study; write to a directory, s3:// or gs://"
        )
    return True


def _refuse_living(folder: RemotePath, number: int, lease: Lease) -> None:
    """Return if the driver that holds this lease is dead.

    Raises:
        ResultsError: it lives, as far as can be told.
    """
    if lease.machine == _machine() and not _is_alive(lease.pid):
        return
    age = time.time() - lease.renewed
    if abs(age) >= EXPIRY_SECONDS:
        time.sleep(WATCH_SECONDS)
        if _newest(folder) == (number, lease):
            return
    raise ResultsError(
        f"{folder.parent} is in use by another driver ({_driver_name(lease)}); wait for it to "
        f"end, or, if it was killed, for {EXPIRY_SECONDS:.0f} seconds"
    )


def _newest(folder: RemotePath) -> tuple[int, Lease]:
    """The number of the newest lease and the lease; 0 and an empty lease if there is none."""
    while numbers := _numbers(folder):
        try:
            data = _file(folder, max(numbers)).read_bytes()
        except FileNotFoundError:
            # Deleted since it was listed: a later lease is there.
            continue
        try:
            return max(numbers), Lease(**json.loads(data))
        except (TypeError, ValueError):
            # Unreadable, but its driver still renews it or doesn't: that shows in the bytes.
            return max(numbers), Lease(token=data.hex())
    return 0, Lease()


def _numbers(folder: RemotePath) -> list[int]:
    return [int(file.stem) for file in folder.glob("*.json") if file.stem.isdecimal()]


def _file(folder: RemotePath, number: int) -> RemotePath:
    return folder / f"{number:08}.json"


def _as_bytes(lease: Lease) -> bytes:
    return json.dumps(dataclasses.asdict(lease)).encode()


def _driver_name(lease: Lease) -> str:
    return f"process {lease.pid} on {lease.host}"


def _machine() -> str:
    """A text that two processes share exactly if they see each other's process ids."""
    parts = [socket.gethostname()]
    for read in (
        lambda: Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
        lambda: str(Path("/proc/self/ns/pid").readlink()),
    ):
        # Only Linux has these.
        with contextlib.suppress(OSError):
            parts.append(read())
    return " ".join(parts)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
