"""A study on a cluster that `ray up` starts from cluster.local.yaml: two machines, ssh, rsync.

Only root can make namespaces: for anyone else it is skipped. Continuous integration is root.
"""

import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
import yaml

from results import load_study
from results.verify import verify
from tests.cluster.site import ROOT, Site, machines

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can make namespaces"),
]

HOSTS = ("alpha", "beta")
PAGE = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
OWN_MACHINES = PAGE.partition("## Your own machines")[2].partition("\n## ")[0]
COMMANDS = re.findall(r"^uv run (.+)$", OWN_MACHINES, re.MULTILINE)
TOKEN, UP, STATUS, START, DATA, FOLLOW, FETCH, SUMMARY, DOWN = COMMANDS
ANYWHERE = ["seconds", "continued", "resident_mb", "finished_at", "host", "git_commit", "git_dirty"]


def typed(site: Site, command: str) -> str:
    """A command of the page, on the file filled in."""
    return command.replace("cluster.local.yaml", "~/cluster.local.yaml")


def filled_in(site: Site) -> str:
    """cluster.local.yaml with these machines.

    Of its commands only those are left out that fetch uv and packages: no network leads out of
    here. In their stead `~/venv` is this project's environment.
    """
    cluster = yaml.safe_load((ROOT / "cluster.local.yaml").read_text())
    head, *workers = map(site.address, site.hosts)
    cluster["provider"].update(head_ip=head, worker_ips=workers)
    cluster["auth"] = {"ssh_user": "root", "ssh_private_key": str(site.directory / "key")}
    (kept,) = (line for line in cluster["setup_commands"] if "bin/uv" not in line)
    return yaml.safe_dump({**cluster, "setup_commands": [kept]})


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    """Both machines with the cluster running, started by the page's commands."""
    with machines(tmp_path_factory.mktemp("site"), HOSTS) as site:
        (site.home() / "cluster.local.yaml").write_text(filled_in(site))
        for host in HOSTS:
            (site.home(host) / "venv").symlink_to(ROOT / ".venv")
        for command in (TOKEN, UP):
            site.run(typed(site, command))
        wait_until(lambda: active(site) == 2)
        yield site


def active(site: Site) -> int:
    """Machines of the cluster, as Ray tells."""
    told = site.run(typed(site, STATUS))
    return int((re.findall(r"^Active:\n (\d+) ", told.replace("\r", ""), re.MULTILINE) or [0])[0])


def wait_until(condition, seconds=180) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(1)


def start(site: Site, out: str, *options: str) -> None:
    """Start a study as the page does, with these options, in runs/OUT of the head."""
    more = f"--address auto --out runs/{out} {' '.join(options)}"
    site.run(typed(site, START.replace("--address auto", more)))


def log(site: Site) -> str:
    """What the study has printed so far."""
    return (site.home("alpha") / "study.log").read_text()


def fetched(site: Site, out: str) -> Path:
    """The study directory, brought back as the page does, but into the home."""
    site.run(typed(site, FETCH.replace(" runs/", " ~/runs/")))
    return site.home() / "runs" / out


def ended(site: Site) -> bool:
    """Whether no study runs on the head."""
    code, _ = site.on("alpha", "pgrep -f study[.]run")
    return code != 0


def numbers(directory: Path):
    """The tables of a study without what may differ between two places."""
    study = load_study(directory)
    return (
        study.trials.drop(columns=ANYWHERE).sort_values("trial_id", ignore_index=True),
        study.epochs.drop(columns="seconds").sort_values(["trial_id", "epoch"], ignore_index=True),
        study.predictions.sort_values(["trial_id", "index"], ignore_index=True),
    )


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Path:
    """The same trials trained by this machine alone."""
    out = tmp_path_factory.mktemp("alone") / "smoke"
    command = [sys.executable, "-m", "study.run", "--space", "smoke", "--dataset", "digits"]
    done = subprocess.run(
        [*command, "--seeds", "3", "--out", str(out)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return out


def assert_same_numbers(whole: Path, part: Path) -> None:
    """Every record of `part` is also in `whole`, bit for bit."""
    for expected, found in zip(numbers(whole), numbers(part), strict=True):
        chosen = expected[expected["trial_id"].isin(found["trial_id"])].reset_index(drop=True)
        pd.testing.assert_frame_equal(chosen, found)


def test_a_study_trains_on_both_machines_and_comes_back_as_if_trained_here(site, alone):
    start(site, "smoke", "--seeds", "2")
    wait_until(lambda: ended(site))
    assert "100 %: 8/8 trials" in log(site), log(site)
    directory = fetched(site, "smoke")
    trials = load_study(directory).trials
    assert len(trials) == trials["trial_id"].nunique() == 8
    assert set(trials["host"]) == set(HOSTS)
    assert set(trials["threads"]) == {1}
    assert (directory / "comparison.html").exists()
    assert verify(directory).problems == ()
    assert_same_numbers(alone, directory)
    assert "8 of 8 planned trials recorded" in site.run(
        typed(site, SUMMARY).replace("runs/smoke-digits", str(directory))
    )


def test_progress_can_be_followed(site):
    code, told = site.attempt(typed(site, f"timeout 10 {FOLLOW}"))
    assert code == 124
    assert "25 %: " in told


def test_nothing_is_shipped_that_a_study_leaves_or_that_is_no_code(site):
    for host in HOSTS:
        shipped = {path.name for path in (site.home(host) / "factorial-study").iterdir()}
        assert {"study", "pyproject.toml"} <= shipped
        assert not {".git", ".venv", "data", "uv.lock"} & shipped
        assert (host == "alpha") == ("runs" in shipped)


def test_data_is_brought_to_the_head(site):
    (site.home() / "mnist.npz").write_bytes(b"digits")
    site.run(typed(site, DATA.replace(" mnist.npz", " ~/mnist.npz")))
    assert (site.home("alpha") / "mnist.npz").read_bytes() == b"digits"


def test_only_its_user_reads_the_token(site):
    for host in HOSTS:
        token = site.home(host) / ".ray" / "auth_token"
        assert stat.S_IMODE(token.stat().st_mode) == 0o600
        assert token.read_text() == (site.home() / ".ray" / "auth_token").read_text()


def test_who_lacks_the_token_is_turned_away(site):
    status = f"ray status --address {site.address('alpha')}:6379"
    assert "Active:" in site.run(status, RAY_AUTH_MODE="token")
    for wrong in ({"RAY_AUTH_MODE": "disabled"}, {"RAY_AUTH_TOKEN": "0" * 64}):
        code, told = site.attempt(status, **{"RAY_AUTH_MODE": "token", **wrong})
        assert code != 0
        assert "Active:" not in told


def on_head(site: Site, options: str, before: str = "") -> tuple[str, str]:
    """Exit code and output of a study typed on the head."""
    study = f"python -m study.run --space smoke --dataset digits --address auto {options}"
    _, told = site.on("alpha", f"cd ~/factorial-study && {before} {study}; echo exit code $?")
    output, _, code = told.strip().rpartition("exit code ")
    return code, output


def test_a_study_without_the_token_says_where_to_put_it(site):
    code, told = on_head(site, "--out runs/refused", before="RAY_AUTH_MODE=disabled")
    assert code == "2"
    assert "study.run: no Ray cluster lets us in at auto; if it asks for a token, " in told


def test_a_study_on_gpus_that_nobody_has_is_refused(site):
    code, told = on_head(site, "--out runs/refused --gpus-per-trial 0.25")
    assert code == "2"
    assert "needs 0.25 GPUs, and no machine of this cluster has more than 0" in told


def test_a_machine_with_other_code_is_named_before_the_first_trial(site):
    code_of_beta = site.home("beta") / "factorial-study" / "study" / "network" / "notebook.py"
    as_shipped = code_of_beta.read_text()
    code_of_beta.write_text(as_shipped + "# an experiment of someone's\n")
    code, told = on_head(site, "--out runs/refused")
    code_of_beta.write_text(as_shipped)
    assert code == "2"
    assert re.search(r"study\.run: beta has code \w{12} instead of \w{12}; `ray up` again", told)
    assert not (site.home("alpha") / "factorial-study" / "runs" / "refused").exists()


def test_a_machine_that_falls_silent_costs_no_record(site, alone):
    start(site, "lossy", "--seeds", "3")
    checkpoints = site.home("alpha") / "factorial-study" / "runs" / "lossy" / "checkpoints"
    # Both machines train now: each of the four workers has ended an epoch.
    wait_until(lambda: checkpoints.exists() and len(list(checkpoints.iterdir())) >= 4)
    site.lose("beta")
    wait_until(lambda: ended(site))
    directory = fetched(site, "lossy")
    assert "100 %: 12/12 trials" in log(site)
    trials = load_study(directory).trials
    assert len(trials) == trials["trial_id"].nunique() == 12
    assert trials["continued"].max() >= 1
    assert verify(directory).problems == ()
    assert_same_numbers(alone, directory)


def test_the_cluster_ends_when_told(site):
    site.run(typed(site, DOWN))
    code, _ = site.on("alpha", "pgrep -f raylet")
    assert code != 0


def test_all_is_gone_when_a_test_fails_or_is_killed(tmp_path):
    code = (
        "import os, pathlib, signal, sys\n"
        "from tests.cluster.site import machines\n"
        "with machines(pathlib.Path(sys.argv[1]), ['alpha']) as site:\n"
        "    print(site.pid, flush=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )
    first = Path("/proc") / killed.stdout.strip()
    assert killed.returncode == -signal.SIGKILL
    wait_until(lambda: not (first / "cmdline").exists(), seconds=20)
    failing = machines(tmp_path / "again", ["alpha"])
    first = Path(f"/proc/{failing.__enter__().pid}")
    assert first.exists()
    assert not failing.__exit__(AssertionError, AssertionError("a test failed"), None)
    wait_until(lambda: not first.exists(), seconds=20)
