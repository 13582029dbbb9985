"""Pages that are drawn again when records change."""

import signal
import subprocess
import sys
import time

from dashboards.watch import file_stamps, watch_records
from results.records.store import write_record
from search_spaces import find_space
from tests.given.studies import plan, record, write_study


def add_record(paths):
    """One more record, as if of another plan."""
    write_record(paths, record(plan(find_space("smoke"), seeds=9)[-1]))


def test_the_first_look_and_every_change_are_told(tmp_path):
    paths = write_study(tmp_path)
    looks = watch_records(tmp_path, seconds=0)
    next(looks)
    add_record(paths)
    next(looks)


def test_a_directory_that_is_not_there_yet_has_no_files(tmp_path):
    assert file_stamps(tmp_path / "nothing") == {}


def test_pages_are_not_records(tmp_path):
    write_study(tmp_path)
    before = file_stamps(tmp_path)
    (tmp_path / "comparison.html").write_text("a page")
    assert file_stamps(tmp_path) == before


def wait_for(page, words):
    deadline = time.monotonic() + 60
    while not (page.exists() and words in page.read_text(encoding="utf-8")):
        assert time.monotonic() < deadline, f"{words!r} never came"
        time.sleep(0.1)


def test_the_command_draws_again_and_ends_with_ctrl_c(tmp_path):
    paths = write_study(tmp_path)
    command = [sys.executable, "-m", "dashboards.build", str(tmp_path), "--watch"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_for(paths.comparison, "0 records of other plans")
        add_record(paths)
        wait_for(paths.comparison, "1 records of other plans")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert errors == ""
    assert process.returncode == 0
