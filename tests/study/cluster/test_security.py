"""Who can reach a running study, and what it lets out."""

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from results import ResultsError, StudyPaths
from study.cluster.token import keep_token_private

TOKEN = Path(".ray") / "auth_token"

# Starts a local cluster as the command does, and prints the addresses on which it listens.
LISTENING = """
import os
from pathlib import Path

from study.process.environment import prepare_driver

prepare_driver(local=True)
from study.cluster.connection import connected


def listening():
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A":
                yield fields[1].rpartition(":")[0], fields[9]


def sockets():
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(process.name)) == os.getsid(0):
                yield from (os.readlink(file) for file in (process / "fd").iterdir())
        except OSError:
            continue


with connected(address=None, workers=1, data_bytes=1_000_000):
    own = set(sockets())
    for address, inode in listening():
        if f"socket:[{inode}]" in own:
            print(address)
"""
LOOPBACK = {"0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000"}


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="reads Linux's table of sockets")
def test_a_local_run_listens_on_the_loopback_interface_only():
    done = subprocess.run(
        [sys.executable, "-c", LISTENING],
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
    )
    assert done.returncode == 0, done.stderr
    addresses = done.stdout.split()
    assert len(addresses) >= 4
    assert set(addresses) <= LOOPBACK


def rights(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_token_is_made_that_its_owner_alone_can_read(tmp_path, monkeypatch):
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    keep_token_private(tmp_path)
    token = (tmp_path / TOKEN).read_text()
    assert len(token) == 64
    assert rights(tmp_path / TOKEN) == 0o600
    (tmp_path / TOKEN).chmod(0o644)
    keep_token_private(tmp_path)
    assert rights(tmp_path / TOKEN) == 0o600
    assert (tmp_path / TOKEN).read_text() == token


def test_a_token_kept_elsewhere_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(tmp_path / "mine"))
    keep_token_private(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("key", ["../evil", "a/b", "", ".", "/etc/passwd", "a\0b", "a\n", "é"])
def test_no_name_leads_out_of_the_study_directory(key, tmp_path):
    paths = StudyPaths(tmp_path)
    for find in (lambda: paths.part("images", key), lambda: paths.checkpoint(key)):
        with pytest.raises(ResultsError, match="can't name a file of a study"):
            find()


@pytest.mark.slow
def test_secrets_of_the_environment_are_in_no_file_of_a_study(tmp_path):
    secret = "tell-nobody-4711"
    command = ["--space", "smoke", "--dataset", "digits", "--epochs", "2", "--out", "mine"]
    size = ["--train-size", "60", "--test-size", "40", "--set", "loss=mse"]
    done = subprocess.run(
        [sys.executable, "-m", "study.run", *command, *size],
        cwd=tmp_path,
        env={**os.environ, "AWS_SECRET_ACCESS_KEY": secret},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    files = [path for path in (tmp_path / "mine").rglob("*") if path.is_file()]
    assert len(files) > 5
    assert not [path for path in files if secret.encode() in path.read_bytes()]
    assert secret not in done.stdout + done.stderr
