"""Trials trained again, against a study that was really trained."""

import shutil
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.results.records.test_versions import VERSION_1

pytestmark = pytest.mark.slow
# Any processor trains a trial of the digits; only that of the record gives its last digits.
AS_RECORDED = "as recorded"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A study of one cell, just trained on this machine."""
    directory = tmp_path_factory.mktemp("retrain") / "study"
    command = ["--space", "smoke", "--dataset", "digits", "--out", str(directory), "--epochs", "2"]
    size = ["--train-size", "60", "--test-size", "40", "--set", "loss=mse", "--seeds", "2"]
    done = run("study.run", *command, *size)
    assert done.returncode == 0, done.stderr
    return directory


def run(module, *arguments):
    return subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, timeout=300
    )


def test_trials_trained_again_are_identical(trained):
    done = run("results.verify", str(trained), "--retrain", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(": identical") == 2
    assert "2 of 4 recorded trials trained again, as recorded" in done.stdout
    assert done.stderr == ""


def change(directory, column, value):
    for path in (directory / "trials").glob("*.parquet"):
        rows = pq.read_table(path)
        values = pa.array([value] * len(rows), rows.schema.field(column).type)
        place = rows.column_names.index(column)
        changed = rows.set_column(place, column, values)
        with pq.ParquetWriter(path, changed.schema) as writer:
            for start in range(len(changed)):
                writer.write_table(changed.slice(start, 1))


def test_another_figure_is_found_and_fails_the_check(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    change(tmp_path, "train_loss", 7.0)
    done = run("study.retrain", str(tmp_path), "--trials", "1")
    assert done.returncode == 1
    assert "0 of 40 answers differ" in done.stdout


def test_another_machine_explains_a_difference(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    change(tmp_path, "train_loss", 7.0)
    change(tmp_path, "device", "CPU of long ago")
    done = run("study.retrain", str(tmp_path), "--trials", "1")
    assert done.returncode == 0, done.stderr
    assert "recorded with device CPU of long ago" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nowhere"], "nowhere: no trial is recorded here"),
        ([str(VERSION_1), "--dataset", "mnis"], "did you mean 'mnist'?"),
        ([str(VERSION_1), "--trials", "0"], "'0' is not a whole number of at least 1"),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, message):
    done = run("study.retrain", *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_networks_that_were_not_kept_are_trained_again_and_kept(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    done = run("study.retrain", str(tmp_path), "--save-models", "--trials", "1")
    assert done.returncode == 0, done.stderr
    assert ": identical; model kept" in done.stdout
    (kept,) = (tmp_path / "models").glob("*.keras")
    assert f"trial {kept.stem}: " in done.stdout
    rest = run("study.retrain", str(tmp_path), "--save-models")
    assert rest.stdout.count("model kept") == 3
    assert len(list((tmp_path / "models").iterdir())) == 4


def test_a_network_that_differs_from_its_record_is_not_kept(trained, tmp_path):
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    change(tmp_path, "train_loss", 7.0)
    done = run("study.retrain", str(tmp_path), "--save-models", "--trials", "1")
    assert "; no model kept" in done.stdout
    assert not (tmp_path / "models").exists()
