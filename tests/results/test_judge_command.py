"""The command `results.judge`: a gate for programs, sentences for people."""

import json
import subprocess
import sys

import pytest

from results.judge import COLUMNS
from tests.given.places import ROOT
from tests.given.tables import table

FACTORS = ["--factor", "opt", "--factor", "b", "--factor", "c"]
CLAIMS = '[[claim]]\nname = "adam"\nfactor = "opt"\nbetter = "adam"\nworse = "sgd"\n'


def command(folder, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "results.judge", str(folder / "runs.csv"), *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("effect", "seeds", "sd", "code"),
    [(0.02, 5, 0.002, 0), (-0.02, 5, 0.002, 3), (0.002, 3, 0.01, 4)],
)
def test_the_command_is_a_gate(tmp_path, effect, seeds, sd, code):
    table(effect, seeds=seeds, sd=sd).to_csv(tmp_path / "runs.csv", index=False)
    (tmp_path / "claims.toml").write_text(CLAIMS)
    options = ["--claims", str(tmp_path / "claims.toml"), "--response", "score"]
    factors = ["--factor", "opt", "--factor", "b", "--factor", "c"]
    done = command(tmp_path, *options, *factors, "--json")
    assert done.returncode == code, done.stderr
    (row,) = json.loads(done.stdout)
    assert list(row) == list(COLUMNS)
    told = command(tmp_path, *options, *factors)
    assert " ".join(told.stdout.split()) == " ".join(row["sentence"].split())


@pytest.mark.parametrize(
    ("claims", "options", "message"),
    [
        (CLAIMS, ["--response", "scor"], "unknown column 'scor'; did you mean 'score'?"),
        (CLAIMS, [], "the following arguments are required: --response"),
        (
            CLAIMS.replace("opt", "op"),
            ["--response", "score"],
            "unknown column 'op'; did you mean 'opt'?",
        ),
        (
            CLAIMS,
            ["--response", "score"],
            "column 'b', 'c' has no part; name every column that was",
        ),
        (
            CLAIMS + "scope = 3",
            ["--response", "score"],
            "scope is 3, which is not a table of levels",
        ),
        (CLAIMS.replace('"opt"', "3"), ["--response", "score"], "factor is 3, which is not text"),
        ("[[claims]]", ["--response", "score"], "has no [[claim]]; give at least one"),
        ("claim = 3", ["--response", "score"], "has no [[claim]]; give at least one"),
        ("[[claim]", ["--response", "score"], "claims.toml: can't be read"),
        (CLAIMS.replace("better", "beter"), ["--response", "score"], "unknown field 'beter'; did"),
        (CLAIMS + 'endpoint = "x"', ["--response", "score"], "'x' is not a valid Endpoint"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(tmp_path, claims, options, message):
    table().to_csv(tmp_path / "runs.csv", index=False)
    (tmp_path / "claims.toml").write_text(claims)
    done = command(tmp_path, "--claims", str(tmp_path / "claims.toml"), *options)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.startswith("results.judge: ")
    assert len(done.stderr.splitlines()) == 1


def test_a_table_that_is_not_there_is_named(tmp_path):
    (tmp_path / "claims.toml").write_text(CLAIMS)
    done = command(tmp_path, "--claims", str(tmp_path / "claims.toml"), "--response", "score")
    assert done.returncode == 2
    assert "runs.csv: can't be read as a table" in done.stderr


def test_a_level_may_be_called_none_or_na(tmp_path):
    frame = table(0.02).replace({"opt": {"sgd": "None", "adam": "NA"}})
    frame.to_csv(tmp_path / "runs.csv", index=False)
    claims = CLAIMS.replace('better = "adam"', 'better = "NA"').replace('"sgd"', '"None"')
    (tmp_path / "claims.toml").write_text(claims)
    options = ["--claims", str(tmp_path / "claims.toml"), "--response", "score", *FACTORS]
    assert command(tmp_path, *options).returncode == 0
