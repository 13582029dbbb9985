"""One driver per study in an object store, where no operating system holds a lock.

Drivers take numbered leases: files that are only ever made where there are none, so that of two
drivers the store lets one win. A lease is renewed while its driver lives. One that is not any more
is followed by the next number, and a driver that finds a higher number than its own has to stop.
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
    """What a lease's file says.

    Args:
        token: of this holding and no other.
        host: name of the driver's machine.
        machine: tells process ids of one machine, and container, from those of others.
        pid: of the driver.
        renewed: by the driver's clock, in seconds since 1970.
        ended: whether the driver gave it back.
    """

    token: str = ""
    host: str = "an unknown host"
    machine: str = ""
    pid: int = 0
    renewed: float = 0.0
    ended: bool = False


@contextlib.contextmanager
def leased(folder: RemotePath) -> Generator[Callable[[], None]]:
    """Hold the study whose leases lie in this folder; gives what raises once it is lost.

    Raises:
        ResultsError: another driver holds it, or the store can't keep two drivers apart.
        StoreError: the store can't be reached or refuses.
    """
    number, lease = _take(folder)
    holding = _Holding(folder, number, lease)
    holding.start()
    try:
        yield holding.check
    finally:
        holding.stop()


class _Holding:
    """A lease of this process, and the thread that renews it."""

    def __init__(self, folder: RemotePath, number: int, lease: Lease) -> None:
        self._folder, self._number, self._lease = folder, number, lease
        self._renewed = time.monotonic()
        self._lost: Lease | None = None
        self._one_at_a_time = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._renew_on, name="lease", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Give the lease back, if it is still there to be given."""
        self._stopping.set()
        self._thread.join()
        with contextlib.suppress(StoreError):
            self._renew(ended=True)

    def check(self) -> None:
        """Make sure that no other driver has taken over.

        Raises:
            ResultsError: one has.
            StoreError: nobody knows, as the store hasn't been reached for too long.
        """
        if time.monotonic() - self._renewed > EXPIRY_SECONDS:
            # This process was stopped, or the store is out of reach.
            self._renew()
        if self._lost:
            raise ResultsError(
                f"{self._folder.parent}: another driver ({_named(self._lost)}) has taken over, as "
                f"this one gave no sign for {EXPIRY_SECONDS:.0f} seconds"
            )

    def _renew_on(self) -> None:
        while not self._lost and not self._stopping.wait(RENEWAL_SECONDS):
            # What is out of reach now may not be the next time.
            with contextlib.suppress(StoreError):
                self._renew()

    def _renew(self, *, ended: bool = False) -> None:
        with self._one_at_a_time:
            number, newest = _newest(self._folder)
            if number != self._number or newest.token != self._lease.token:
                self._lost = newest
                return
            asked = time.monotonic()
            lease = dataclasses.replace(self._lease, renewed=time.time(), ended=ended)
            _file(self._folder, number).write_bytes(_as_bytes(lease))
            self._renewed = asked


def _take(folder: RemotePath) -> tuple[int, Lease]:
    while True:
        newest, held = _newest(folder)
        if newest and not held.ended:
            _refuse_living(folder, newest, held)
        number = newest + 1
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
        # Another driver came first: it is alive.


def _create(folder: RemotePath, number: int, lease: Lease) -> bool:
    """Write a lease that isn't there; False if another driver was quicker.

    Raises:
        ResultsError: the store writes over what is there, whatever it is asked.
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


def _refuse_living(folder: RemotePath, number: int, held: Lease) -> None:
    """Return if the holder of this lease is dead.

    Raises:
        ResultsError: it isn't, as far as can be told.
    """
    if held.machine == _machine() and not _is_alive(held.pid):
        return
    age = time.time() - held.renewed
    if abs(age) >= EXPIRY_SECONDS:
        time.sleep(WATCH_SECONDS)
        if _newest(folder) == (number, held):
            return
    raise ResultsError(
        f"{folder.parent} is in use by another driver ({_named(held)}); wait for it to end, or, "
        f"if it was killed, for {EXPIRY_SECONDS:.0f} seconds"
    )


def _newest(folder: RemotePath) -> tuple[int, Lease]:
    """The highest lease with its number; 0 where there is none."""
    while numbers := _numbers(folder):
        try:
            data = _file(folder, max(numbers)).read_bytes()
        except FileNotFoundError:
            # Gone since it was listed: a later one is there.
            continue
        try:
            return max(numbers), Lease(**json.loads(data))
        except (TypeError, ValueError):
            # Whoever wrote that renews it or doesn't.
            return max(numbers), Lease(token=data.hex())
    return 0, Lease()


def _numbers(folder: RemotePath) -> list[int]:
    return [int(file.stem) for file in folder.glob("*.json") if file.stem.isdecimal()]


def _file(folder: RemotePath, number: int) -> RemotePath:
    return folder / f"{number:08}.json"


def _as_bytes(lease: Lease) -> bytes:
    return json.dumps(dataclasses.asdict(lease)).encode()


def _named(lease: Lease) -> str:
    return f"process {lease.pid} on {lease.host}"


def _machine() -> str:
    """What is the same for two processes exactly if they can see each other."""
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
