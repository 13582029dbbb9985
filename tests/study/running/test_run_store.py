"""The command with a study directory in a store, where that is mistaken."""

import pytest

from tests.study.running.test_run import study_run

MISTAKES = {
    "unknown store": ("ss3://bucket", "unknown store ss3://; did you mean s3://?"),
    "no bucket": ("s3://", "'s3://' names no bucket"),
    "a key in an address": ("s3://me:key@bucket", "credentials come from the environment"),
}


@pytest.mark.parametrize(("address", "message"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistaken_address_is_told_in_one_line(address, message, tmp_path):
    done = study_run("--space", "smoke", "--out", address, cwd=tmp_path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("study.run: argument --out: ")
    assert message in line
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_does_not_answer_is_told_in_one_line(tmp_path):
    done = study_run(
        "--space", "smoke", "--dataset", "digits", "--out", "s3://bucket",
        cwd=tmp_path,
        AWS_ENDPOINT_URL="http://127.0.0.1:9",
        AWS_ACCESS_KEY_ID="tests",
        AWS_SECRET_ACCESS_KEY="tests",
        AWS_DEFAULT_REGION="us-east-1",
    )  # fmt: skip
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("study.run: s3://bucket/trials: the store can't be used (Endpoint")
