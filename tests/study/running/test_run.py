"""The command, as a user types it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from results import load_study
from results.records.store import read_trials
from search_spaces import SETTINGS
from study.planning.options import read_options
from study.run import main
from tests.given.places import ROOT

SMALL = ["--epochs", "1", "--train-size", "60", "--test-size", "40"]


def study_run(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "study.run", *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


MISTAKES = {
    "no space": ([], "--space"),
    "unknown space": (["--space", "ful"], "unknown space 'ful'; did you mean 'full'?"),
    "unknown option": (
        ["--space", "smoke", "--epoch", "3"],
        "unknown argument '--epoch'; did you mean --epochs?",
    ),
    "unknown data set": (["--space", "smoke", "--dataset", "digit"], "did you mean 'digits'?"),
    "no file": (["--space", "smoke", "--dataset", "no.npz"], "no.npz: there is no such file"),
    "zero epochs": (["--space", "smoke", "--epochs", "0"], "'0' is not a whole number"),
    "negative seeds": (["--space", "smoke", "--seeds", "-3"], "'-3' is not a whole number"),
    "half a seed": (["--space", "smoke", "--seeds", "1.5"], "'1.5' is not a whole number"),
    "text for workers": (["--space", "smoke", "--workers", "all"], "'all' is not a whole number"),
    "no part of a GPU": (["--space", "smoke", "--gpus-per-trial", "0"], "'0' is neither a part of"),
    "one and a half": (["--space", "smoke", "--gpus-per-trial", "1.5"], "nor a whole number of"),
    "text for GPUs": (["--space", "smoke", "--gpus-per-trial", "all"], "'all' is neither a part"),
    "less than nothing": (["--space", "smoke", "--gpus-per-trial=-1"], "'-1' is neither a part"),
    "no number": (["--space", "smoke", "--gpus-per-trial", "nan"], "'nan' is neither a part"),
    "no address": (
        ["--space", "smoke", "--address", "foo"],
        "'foo' is neither auto nor of the form",
    ),
    "no port": (["--space", "smoke", "--address", "10.0.0.1:no"], "'10.0.0.1:no' is neither auto"),
    "TF32 without GPUs": (["--space", "smoke", "--tf32"], "--tf32 needs --gpus-per-trial"),
    "no value": (["--space", "smoke", "--set", "epochs"], "'epochs' is not of the form NAME=VALUE"),
    "unknown setting": (
        ["--space", "smoke", "--set", "learning_rat=1"],
        "unknown setting or factor 'learning_rat'; did you mean 'learning_rate'?",
    ),
    "unknown level": (
        ["--space", "full", "--set", "optimizer=sdg"],
        "unknown level of optimizer 'sdg'; did you mean 'sgd'?",
    ),
    "text for a number": (
        ["--space", "smoke", "--dataset", "digits", "--set", "learning_rate=fast"],
        "learning_rate 'fast' is not a number",
    ),
    "negative rate": (
        ["--space", "smoke", "--dataset", "digits", "--set", "learning_rate=-1"],
        "learning_rate -1.0 must be a finite number above 0",
    ),
    "infinite rate": (
        ["--space", "smoke", "--dataset", "digits", "--set", "learning_rate=inf"],
        "learning_rate inf must be a finite number above 0",
    ),
    "endless training": (
        ["--space", "smoke", "--dataset", "digits", "--epochs", "99999999999999999999"],
        "epochs 99999999999999999999 is too large; at most 2,147,483,647 is allowed",
    ),
    "too many trials": (
        ["--space", "full", "--dataset", "digits", "--seeds", "100000000"],
        "32 cells make 3,200,000,000 trials; at most 1,000,000 are allowed",
    ),
    "a name too long": (
        ["--space", "smoke", "--dataset", "digits", "--out", "x" * 300],
        "File name too long",
    ),
    "unknown design": (["--space", "full", "--design", "half"], "invalid choice: 'half'"),
    "baseline without its design": (
        ["--space", "full", "--baseline", "loss=mse"],
        "--baseline needs --design one-at-a-time",
    ),
    "no values to tune with": (
        ["--space", "tuned", "--tune-values", "0"],
        "'0' is not a whole number of at least 1",
    ),
    "no seeds to tune with": (
        ["--space", "tuned", "--tune-seeds", "-1"],
        "'-1' is not a whole number of at least 1",
    ),
    "unknown sampler": (["--space", "tuned", "--sampler", "bayes"], "invalid choice: 'bayes'"),
    "a budget without tuning": (
        ["--space", "full", "--dataset", "digits", "--tune-values", "4"],
        "--tune-values needs --tune",
    ),
    "too large a budget": (
        ["--space", "tuned", "--dataset", "digits", "--tune-values", "999999"],
        "--tune-values 999999, --tune-seeds 2: 32 cells make 63,999,936 trials",
    ),
    "nothing to tune": (
        ["--space", str(ROOT / "examples" / "dropout.py"), "--dataset", "digits", "--tune"],
        "space 'dropout' declares no range to tune in; give it one: nuisance=Nuisance(",
    ),
    "too few images to tune on": (
        ["--space", "tuned", "--dataset", "digits", "--train-size", "15"],
        "tuning holds training images out: 15 are too few, from 20 on allowed",
    ),
    "a size without its design": (
        ["--space", "full", "--dataset", "digits", "--fraction", "2"],
        "--fraction needs --design fraction",
    ),
    "one of one": (
        ["--space", "full", "--design", "fraction", "--fraction", "1"],
        "'1' is not a whole number of at least 2",
    ),
    "a fraction that can't judge a claim": (
        ["--space", "full", "--dataset", "digits", "--design", "fraction", "--fraction", "4"],
        "--fraction 4: claim 'conclusion 1' can't be judged, as 8 cells can't tell normalization",
    ),
    "too many images": (
        ["--space", "smoke", "--dataset", "digits", "--train-size", "1438"],
        "--train-size 1438: from 10 (one image per class) to 1437 (all) allowed",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_in_one_line_and_nothing_is_written(
    arguments, message, tmp_path, monkeypatch, capsys
):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        sys.exit(main(arguments))
    errors = capsys.readouterr().err
    assert ended.value.code == 2
    assert message in errors
    assert len(errors.strip().splitlines()) == 1
    assert errors.startswith("study.run: ")
    assert list(tmp_path.iterdir()) == []


def test_an_output_path_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("mine")
    done = study_run(
        "--space", "smoke", "--dataset", "digits", "--out", "taken", *SMALL, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "taken" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "taken").read_text() == "mine"


def test_an_output_path_below_a_file_is_refused(tmp_path):
    (tmp_path / "taken").write_text("mine")
    done = study_run("--space", "smoke", "--dataset", "digits", "--out", "taken/deep", cwd=tmp_path)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_address_without_a_cluster_is_refused(tmp_path):
    done = study_run(
        "--space", "smoke", "--dataset", "digits", "--address", "127.0.0.1:1", *SMALL, cwd=tmp_path
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_terminal_without_the_signs_of_a_plan_shows_it_all_the_same(tmp_path):
    done = study_run(
        *("--space", "smoke", "--dataset", "digits", "--design", "one"),
        cwd=tmp_path,
        PYTHONIOENCODING="ascii",
    )
    assert "Traceback" not in done.stderr
    told = study_run("--space", "smoke", "--help", cwd=tmp_path, PYTHONIOENCODING="ascii")
    assert told.returncode == 0


def test_mnist_without_a_file_or_a_network_names_both_ways_out(tmp_path):
    done = study_run(
        "--space",
        "smoke",
        cwd=tmp_path,
        STUDY_DATA="",
        KERAS_HOME=str(tmp_path / "keras"),
        https_proxy="http://127.0.0.1:9",
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "STUDY_DATA" in done.stderr
    assert "--dataset digits" in done.stderr


def test_help_teaches_every_option_and_every_space():
    done = study_run("--help", cwd=Path.cwd())
    assert done.returncode == 0
    for word in ("--space", "--dataset", "--seeds", "--dry-run", "smoke", "notebook", "full"):
        assert word in done.stdout
    assert "examples:" in done.stdout


def test_options_keep_their_order_of_precedence():
    options = read_options(["--space", "full", "--epochs", "3", "--set", "epochs=5"])
    assert options.epochs == 3
    assert options.settings == {"epochs": "5"}
    assert "epochs" in SETTINGS


@pytest.mark.slow
def test_a_dry_run_prints_plan_and_estimate_and_writes_nothing(tmp_path):
    done = study_run("--space", "full", "--dataset", "digits", "--dry-run", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "32 cells × 1 seed = 32, 0 recorded, 32 to train" in done.stdout
    assert "minutes" in done.stdout
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_study_is_trained_recorded_drawn_and_extended(tmp_path):
    command = ["--space", "smoke", "--dataset", "digits", *SMALL]
    first = study_run(*command, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "4 cells × 1 seed = 4, 0 recorded, 4 to train" in first.stdout
    directory = tmp_path / "runs" / "smoke-digits"
    study = load_study(directory)
    assert len(study.trials) == 4
    assert len(study.epochs) == 4
    assert len(study.predictions) == 4 * 40
    assert len(study.images) == 360
    assert (directory / "comparison.html").stat().st_size > 1_000_000
    assert (directory / "confusion.html").stat().st_size > 1_000_000

    again = study_run(*command, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "4 recorded, 0 to train" in again.stdout

    more = study_run(*command, "--seeds", "2", cwd=tmp_path)
    assert more.returncode == 0, more.stderr
    assert "8, 4 recorded, 4 to train" in more.stdout
    extended = load_study(directory)
    assert len(extended.trials) == 8
    kept = extended.trials[extended.trials["seed"] == 0]
    assert kept["finished_at"].tolist() == study.trials["finished_at"].tolist()


def studied(tmp_path, *arguments):
    """What the command said, on one line."""
    common = ["--dataset", "digits", "--out", "mine", *SMALL]
    done = study_run(*arguments, *common, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    return " ".join(done.stdout.split())


@pytest.mark.slow
def test_more_seeds_levels_and_spaces_train_only_what_was_missing(tmp_path):
    held = ["--set", "optimizer=sgd", "--set", "filter_order=ascending"]
    one_level = [*held, "--set", "activation=relu"]
    assert "8, 0 recorded, 8 to train" in studied(
        tmp_path, "--space", "full", *one_level, "--seeds", "2"
    )
    first = load_study(tmp_path / "mine").trials
    assert "16, 8 recorded, 8 to train" in studied(
        tmp_path, "--space", "full", *one_level, "--seeds", "4"
    )
    # A level more in a factor.
    assert "8, 4 recorded, 4 to train" in studied(tmp_path, "--space", "full", *held)
    # Another space, which has trained some of the same trials: two models of one cell differ here
    # in their rate only, and one of its six is new.
    planned = studied(tmp_path, "--space", "notebook", "--dry-run")
    found = int(re.search(r"(\d+) recorded", planned)[1])
    assert found >= 1
    assert f"{found} recorded" in studied(tmp_path, "--space", "notebook")
    told = studied(tmp_path, "--space", "full", "--set", "optimizer=sgd,adam", "--dry-run")
    assert int(re.search(r"(\d+) recorded", told)[1]) > 8
    last = load_study(tmp_path / "mine")
    everything = read_trials(last.paths)
    assert everything["trial_id"].is_unique
    kept = everything[everything["trial_id"].isin(first["trial_id"])]
    assert sorted(kept["finished_at"]) == sorted(first["finished_at"])


@pytest.mark.slow
def test_a_tuned_study_spends_what_it_planned_and_shows_what_it_chose(tmp_path):
    tune = ["--space", "smoke", "--set", "loss=mse", "--tune", "--tune-values", "3"]
    told = studied(tmp_path, *tune, "--sampler", "tpe")
    assert "2 cells × 3 values × 2 tuning seeds = 12, then 1 at the best of each cell = 2" in told
    assert "learning rate by tpe: sgd 0.001 to 1" in told
    assert "on 50 training images, validated on 10 others" in told
    assert "16 trainings, 16 to do" in told
    assert "6 trainings in each of 2 cells: 3 values by tpe, 2 seeds each" in told
    study = load_study(tmp_path / "mine")
    tuning = study.description.tuning
    assert tuning.equal_budgets
    assert sorted(study.tuned["learning_rate"]) == sorted(cell.chosen for cell in tuning.cells)
    assert study.trials["learning_rate"].tolist() == [0.05, 0.05]
    everything = read_trials(study.paths)
    assert everything["regime"].value_counts().to_dict() == {"tuning": 12, "fixed": 2, "tuned": 2}
    assert (study.paths.root / "tuning.journal").stat().st_size > 0
    again = studied(tmp_path, *tune, "--sampler", "tpe")
    assert "16 trainings, 0 to do" in again
    # Without tuning nothing of it is planned, and nothing of it is mixed in.
    assert "2, 2 recorded, 0 to train" in studied(tmp_path, *tune[:4])
    assert len(load_study(tmp_path / "mine").trials) == 2


@pytest.mark.slow
def test_the_plan_says_why_a_record_is_not_accepted(tmp_path):
    studied(tmp_path, "--space", "smoke", "--set", "loss=mse")
    told = studied(tmp_path, "--space", "smoke", "--dry-run", "--set", "batch_size=20")
    assert "2 with the same cell and seed not accepted: batch_size 10 (planned 20)" in told


@pytest.mark.slow
def test_all_trials_of_a_study_are_trained_by_one_kernel(tmp_path):
    smoke = ["--space", "smoke", "--set", "loss=mse"]
    assert "kernel banded" in studied(tmp_path, *smoke, "--dry-run")
    assert "kernel stock" in studied(tmp_path, *smoke, "--kernel", "stock")
    assert set(load_study(tmp_path / "mine").trials["kernel"]) == {"stock"}
    told = studied(tmp_path, *smoke, "--seeds", "2")
    assert "2 recorded, 2 to train" in told
    assert set(load_study(tmp_path / "mine").trials["kernel"]) == {"stock"}
    mixed = [*smoke, "--seeds", "3", "--kernel", "banded", "--dataset", "digits", "--out", "mine"]
    refused = study_run(*mixed, *SMALL, cwd=tmp_path)
    assert refused.returncode == 2
    assert "recorded with kernel stock" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.slow
def test_a_damaged_description_stops_no_plan_and_is_set_aside(tmp_path):
    studied(tmp_path, "--space", "smoke", "--set", "loss=mse")
    (tmp_path / "mine" / "study.json").write_text("{")
    assert "2 recorded, 0 to train" in studied(tmp_path, "--space", "smoke", "--set", "loss=mse")
    assert (tmp_path / "mine" / "study.json.damaged").read_text() == "{"
    assert load_study(tmp_path / "mine").description.space == "smoke"


@pytest.mark.slow
def test_an_own_file_is_studied_like_any_data_set(tmp_path):
    rng = np.random.default_rng(0)
    labels = np.arange(60) % 3
    images = rng.integers(0, 50, (60, 12, 12)) + 80 * labels[:, None, None]
    images = images.astype(np.uint8)
    np.savez(
        tmp_path / "own.npz", x_train=images, y_train=labels, x_test=images[:9], y_test=labels[:9]
    )
    settings = ["--epochs", "1", "--set", "batch_size=10", "--set", "loss=mse"]
    done = study_run("--space", "smoke", "--dataset", "own.npz", *settings, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    study = load_study(tmp_path / "runs" / "smoke-own")
    assert study.trials["loss"].tolist() == ["mse", "mse"]
    assert set(study.predictions["predicted"]) <= {0, 1, 2}


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(tmp_path):
    arguments = ["--space", "smoke", "--dataset", "digits", "--seeds", "8", "--out", "mine", *SMALL]
    running = subprocess.Popen(
        [sys.executable, "-m", "study.run", *arguments],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    trials = tmp_path / "mine" / "trials"
    deadline = time.monotonic() + 120
    while len(list(trials.glob("*.parquet"))) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    # As a terminal does: to the driver and all its workers.
    os.killpg(running.pid, signal.SIGINT)
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 1, errors
    assert "Traceback" not in errors
    assert "stopping at the end of each running epoch; Ctrl-C again stops at once" in output
    assert f"go on with: python -m study.run {' '.join(arguments)}" in output
    kept = load_study(tmp_path / "mine").trials
    assert 3 <= len(kept) < 32

    done = study_run(*arguments, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert f"{len(kept)} recorded, {32 - len(kept)} to train" in done.stdout
    finished = load_study(tmp_path / "mine").trials
    assert len(finished) == 32
    assert set(kept["finished_at"]) <= set(finished["finished_at"])
