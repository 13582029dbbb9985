"""What a study in an object store survives: kills, a second driver, a store that is gone."""

import contextlib
import os
import re
import signal
import subprocess
import sys

import boto3
import pandas as pd
import pytest

from results import StudyPaths, as_path, load_study
from tests.study.running.test_faults import (
    CELLS,
    EPOCHS,
    PROVENANCE,
    ROOT,
    WORKERS,
    Command,
    assert_same_records,
    undisturbed,  # noqa: F401  a fixture
    wait_until,
)

pytestmark = pytest.mark.fault


@pytest.fixture
def study(bucket):
    """Where a study is to be; nothing is there yet."""
    return as_path(f"{bucket}/studies/one")


def keys(study):
    """Every object of the study, by its name from the study on."""
    bucket, _, prefix = study.address.removeprefix("s3://").partition("/")
    client = boto3.client("s3")
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    found = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
    client.close()
    return [key.removeprefix(f"{prefix}/") for key in found]


def recorded(study):
    return len(list(StudyPaths(study).table("trials").glob("[!.]*.parquet")))


def output_of(module, *arguments, code=0):
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout if code == 0 else done.stderr


def objects(study):
    """Every object of the study by its name, without those that a running study just deleted."""
    found = {}
    for key in keys(study):
        with contextlib.suppress(FileNotFoundError):
            found[key] = (study / key).read_bytes()
    return found


def copy_to(study, directory):
    """A local copy of all objects."""
    for key, body in objects(study).items():
        target = directory / key
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(body)
    return directory


def test_kills_a_second_driver_and_a_resume_lose_nothing_and_double_nothing(
    undisturbed,  # noqa: F811
    tmp_path,
    study,
):
    command = Command(tmp_path, "--seeds", "3", study=study)
    for pause in ("0.25", "0.25", "0.25", "2"):
        command.environment["PAUSE"] = pause
        running = command.start()
        command.wait_for_epochs(8, running)
        if pause == "2":
            # Long enough for another one to start Ray.
            second = Command(tmp_path / "second", "--seeds", "3", study=study)
            code, output, errors = second.run()
            assert code == 2, output + errors
            assert re.search(
                rf"{study} is in use by another driver \(process {running.pid} on ", errors
            )
            assert second.pids() == []
        assert running.poll() is None, "the study ended before it was killed often enough"
        running.kill()
        running.communicate()
    command.environment["PAUSE"] = "0"
    code, output, errors = command.run()
    assert code == 0, output + errors
    assert_same_records(undisturbed, command)
    assert len(load_study(study).trials) == CELLS * 3
    planned = CELLS * 3 * EPOCHS
    assert planned <= len(command.pids()) <= planned + 4 * WORKERS
    kinds = {key.partition("/")[0] for key in keys(study)}
    assert kinds == {
        ".lock", "study.json", "trials", "epochs", "predictions", "images",
        "comparison.html", "confusion.html",
    }  # fmt: skip


def test_summary_and_pages_from_a_store_equal_those_of_a_local_copy(tmp_path, study):
    command = Command(tmp_path, study=study)
    code, output, errors = command.run()
    assert code == 0, output + errors
    local = copy_to(study, tmp_path / "copy")
    for form in ("terminal", "markdown", "json"):
        assert output_of("results.summary", str(study), "--format", form, "--all") == output_of(
            "results.summary", str(local), "--format", form, "--all"
        )
    assert output_of("results.verify", str(study)) == output_of("results.verify", str(local))
    here, there = (output_of("dashboards.build", str(path)).split() for path in (local, study))
    assert there == [f"{study}/comparison.html", f"{study}/confusion.html"]
    for mine, stored in zip(here, there, strict=True):
        assert (local / mine).read_bytes() == as_path(stored).read_bytes()


def test_a_driver_that_is_overtaken_while_stopped_writes_nothing_more(tmp_path, study):
    command = Command(tmp_path, "--seeds", "2", study=study, pause=0.5)
    running = command.start()
    command.wait_for_epochs(9, running)
    os.kill(running.pid, signal.SIGSTOP)
    try:
        # As one of another machine: it was silent for a minute, and another driver took over.
        (mine,) = StudyPaths(study).lock.glob("*")
        others = mine.read_bytes().replace(b'"token": "', b'"token": "other')
        mine.with_name("00000002.json").write_bytes(others)
    finally:
        os.kill(running.pid, signal.SIGCONT)
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 1, output + errors
    assert "has taken over" in errors
    assert "go on with: python -m" in output
    assert "Traceback" not in output + errors
    assert recorded(study) < CELLS * 2
    assert "comparison.html" not in keys(study)
    assert mine.with_name("00000002.json").read_bytes() == others


def test_values_that_are_tuned_survive_a_journal_that_was_lost(tmp_path, study):
    options = ("--tune", "--tune-values", "3", "--sampler", "tpe")
    undisturbed_one = Command(tmp_path / "left_alone", *options)
    disturbed = Command(tmp_path / "disturbed", *options, study=study, pause=0.05)
    code, _, errors = undisturbed_one.run()
    assert code == 0, errors
    for _ in range(2):
        running = disturbed.start()
        disturbed.wait_for_epochs(20, running)
        assert running.poll() is None
        running.kill()
        running.communicate()
    assert not (study / "tuning.journal").exists()
    disturbed.environment["PAUSE"] = "0"
    code, output, errors = disturbed.run()
    assert code == 0, output + errors
    assert_same_records(undisturbed_one, disturbed)
    first, second = (load_study(command.study) for command in (undisturbed_one, disturbed))
    assert second.description.tuning == first.description.tuning
    pd.testing.assert_frame_equal(
        first.tuned.drop(columns=PROVENANCE), second.tuned.drop(columns=PROVENANCE)
    )
    assert (study / "tuning.journal").exists()
    begun = len(disturbed.pids())
    code, output, errors = disturbed.run()
    assert code == 0, output + errors
    assert len(disturbed.pids()) == begun


def test_a_store_that_goes_away_stops_the_study_and_loses_nothing(tmp_path, study, store_server):
    command = Command(tmp_path, study=study, pause=0.5)
    running = command.start()
    wait_until(lambda: recorded(study) >= 1 or running.poll() is not None)
    # A bucket whose objects can't be written any more.
    bucket = study.address.removeprefix("s3://").partition("/")[0]
    kept = objects(study)
    client = boto3.client("s3")
    for key in keys(study):
        client.delete_object(Bucket=bucket, Key=f"studies/one/{key}")
    wait_until(lambda: try_to_delete(client, bucket, study))
    output, errors = running.communicate(timeout=120)
    assert running.returncode == 1, output + errors
    assert "study.run: " in errors
    assert "Traceback" not in output + errors
    client.create_bucket(Bucket=bucket)
    for key, body in kept.items():
        client.put_object(Bucket=bucket, Key=f"studies/one/{key}", Body=body)
    client.close()
    command.environment["PAUSE"] = "0"
    code, output, errors = command.run()
    assert code == 0, output + errors
    assert len(load_study(study).trials) == CELLS


def try_to_delete(client, bucket, study):
    """Delete a bucket that a driver is writing to, once it is empty for an instant."""
    for key in keys(study):
        client.delete_object(Bucket=bucket, Key=f"studies/one/{key}")
    try:
        client.delete_bucket(Bucket=bucket)
    except client.exceptions.ClientError:
        return False
    return True
