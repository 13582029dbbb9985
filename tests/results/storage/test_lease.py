"""One driver per study in a store."""

import dataclasses
import json
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import fsspec
import pytest
from fsspec.implementations.memory import MemoryFileSystem

from results import RemotePath, ResultsError, StudyPaths
from results.storage import lease
from results.storage.lease import Lease, leased
from results.storage.lock import locked

OTHER = Lease(token="other", host="elsewhere", machine="another", pid=1)


@pytest.fixture
def folder(bucket):
    """Where the leases of a study lie."""
    return StudyPaths(RemotePath(f"{bucket}/study")).lock


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(lease, "RENEWAL_SECONDS", 0.2)
    monkeypatch.setattr(lease, "WATCH_SECONDS", 1.0)


def put(folder, number, held):
    (folder / f"{number:08}.json").write_bytes(json.dumps(dataclasses.asdict(held)).encode())


def numbers(folder):
    return [path.name for path in folder.glob("*")]


def test_a_study_that_is_held_is_refused_and_free_afterwards(folder):
    study = StudyPaths(folder.parent)
    with locked(study) as check:
        check()
        message = f"{folder.parent} is in use by another driver .*wait for it to end"
        with pytest.raises(ResultsError, match=message), locked(study):
            pass
        check()
    with locked(study):
        assert numbers(folder) == ["00000002.json"]


def test_a_study_is_free_again_after_its_block_even_if_that_raised(folder):
    with pytest.raises(RuntimeError, match="inside"), leased(folder):
        raise RuntimeError("inside")
    with leased(folder):
        pass


def test_of_many_at_once_one_gets_the_study(folder):
    together, over = threading.Barrier(6), threading.Event()

    def take():
        together.wait()
        try:
            with leased(folder):
                over.wait(30)
        except ResultsError:
            return False
        return True

    with ThreadPoolExecutor(6) as drivers:
        tries = [drivers.submit(take) for _ in range(6)]
        deadline = time.monotonic() + 30
        while sum(each.done() for each in tries) < 5 and time.monotonic() < deadline:
            time.sleep(0.05)
        over.set()
    assert sorted(each.result() for each in tries) == [False] * 5 + [True]


def test_the_study_of_a_dead_process_of_this_machine_is_taken_at_once(folder, monkeypatch):
    monkeypatch.setattr(lease, "WATCH_SECONDS", 1e9)
    process = threading.get_native_id()
    monkeypatch.setattr(lease, "_is_alive", lambda pid: pid != process)
    put(
        folder,
        7,
        dataclasses.replace(OTHER, machine=lease._machine(), pid=process, renewed=time.time()),
    )
    with leased(folder):
        assert numbers(folder) == ["00000008.json"]


def test_a_process_is_alive_until_it_ended():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert lease._is_alive(process.pid)
        process.kill()
    assert not lease._is_alive(process.pid)


@pytest.mark.parametrize("ago", [61, -61, 1e9])
def test_a_lease_without_a_sign_of_life_is_followed_by_the_next(folder, ago):
    put(folder, 1, dataclasses.replace(OTHER, renewed=time.time() - ago))
    with leased(folder):
        assert numbers(folder) == ["00000002.json"]


def test_a_lease_that_was_given_back_is_followed_at_once(folder, monkeypatch):
    monkeypatch.setattr(lease, "WATCH_SECONDS", 1e9)
    put(folder, 1, dataclasses.replace(OTHER, ended=True))
    with leased(folder):
        pass


def test_a_lease_that_nobody_can_read_is_watched_and_followed(folder):
    (folder / "00000001.json").write_bytes(b"{")
    with leased(folder):
        assert numbers(folder) == ["00000002.json"]


@pytest.mark.parametrize("ago", [5, -5])
def test_a_fresh_lease_of_another_machine_is_refused(folder, ago):
    put(folder, 1, dataclasses.replace(OTHER, renewed=time.time() - ago))
    with (
        pytest.raises(ResultsError, match=r"process 1 on elsewhere.*if it was killed, for 60 s"),
        leased(folder),
    ):
        pass


def test_a_living_driver_whose_clock_is_wrong_keeps_its_study(folder):
    over = threading.Event()

    def renew():
        while not over.wait(0.2):
            put(folder, 1, dataclasses.replace(OTHER, renewed=time.time() - 4000))

    put(folder, 1, dataclasses.replace(OTHER, renewed=time.time() - 4000))
    with ThreadPoolExecutor(1) as driver:
        driver.submit(renew)
        try:
            with pytest.raises(ResultsError, match="in use"), leased(folder):
                pass
        finally:
            over.set()


def test_a_lease_is_renewed_while_it_is_held(folder):
    with leased(folder):
        first = folder.stamps()
        deadline = time.monotonic() + 30
        while folder.stamps() == first:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_driver_that_was_overtaken_has_to_stop_and_ends_nothing_of_the_others(folder):
    with leased(folder) as check:
        put(folder, 2, dataclasses.replace(OTHER, renewed=time.time()))
        (thread,) = [each for each in threading.enumerate() if each.name == "lease"]
        thread.join(30)
        with pytest.raises(ResultsError, match=r"another driver \(process 1 on elsewhere\) has"):
            check()
    number, held = lease._newest(folder)
    assert (number, held.token, held.ended) == (2, "other", False)


def test_a_driver_that_was_stopped_for_long_looks_before_it_writes(folder, monkeypatch):
    monkeypatch.setattr(lease, "RENEWAL_SECONDS", 1e6)
    with leased(folder) as check:
        put(folder, 2, OTHER)
        check()
        monkeypatch.setattr(lease, "EXPIRY_SECONDS", 0.0)
        with pytest.raises(ResultsError, match="has taken over"):
            check()


class Careless(MemoryFileSystem):
    """A store that writes over what is there, whatever it is asked."""

    protocol = "careless"

    def pipe_file(self, path, value, mode="overwrite", **kwargs):
        super().pipe_file(path, value)


def test_a_store_that_cannot_keep_two_drivers_apart_is_refused():
    fsspec.register_implementation("careless", Careless, clobber=True)
    folder = RemotePath("careless://folder/study/.lock")
    with pytest.raises(ResultsError, match="can't write a file only where"), leased(folder):
        pass
