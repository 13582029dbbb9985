"""The command `results.judge`: a gate for programs, sentences for people."""

import json
import subprocess
import sys

import pytest

from results import load_study
from results.judge import judge_study, main
from results.report.findings import analyse
from results.report.table import COLUMNS
from results.report.verdicts import verdict_table
from search_spaces import find_space
from tests.given.places import ROOT
from tests.given.studies import write_study
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
        (CLAIMS, [], "a table needs --response"),
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
        (
            CLAIMS + 'about = "new"',
            ["--response", "score"],
            "'new' is not a valid About; allowed: examples, these",
        ),
        (
            CLAIMS + "smallest = true",
            ["--response", "score"],
            "smallest is True, which is not a number",
        ),
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


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"), space=find_space("smoke"), seeds=3).root


def judge(*arguments, capsys):
    code = main([str(argument) for argument in arguments])
    return code, capsys.readouterr()


def test_a_study_is_judged_by_its_own_claims(study, capsys):
    code, told = judge(study, "--json", capsys=capsys)
    rows = json.loads(told.out)
    assert [row["claim"] for row in rows] == [claim.name for claim in find_space("smoke").claims]
    summary = verdict_table(analyse(load_study(study)).judgements)
    assert [row["verdict"] for row in rows] == summary["verdict"].tolist()
    assert [row["p"] for row in rows] == pytest.approx(summary["p"].tolist(), nan_ok=True)
    assert code == 4


def test_a_study_is_judged_by_claims_of_a_file(study, tmp_path, capsys):
    claims = tmp_path / "claims.toml"
    claims.write_text(
        '[[claim]]\nname = "mine"\nfactor = "loss"\nbetter = "mse"\n'
        'worse = "categorical_crossentropy"\nscope = { optimizer = "sgd" }\n'
    )
    code, told = judge(study, "--claims", claims, "--about", "these", capsys=capsys)
    assert (code, told.out.startswith("mine: ")) == (4, True), told
    claims.write_text(claims.read_text().replace('"mse"', '"msa"'))
    code, told = judge(study, "--claims", claims, capsys=capsys)
    assert (code, "did you mean 'mse'?" in told.err) == (2, True), told


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--response", "x"], "--response is for tables"),
        (["--lower-is-better"], "--lower-is-better is for tables"),
        (["--smallest", "-1"], "smallest is -1.0; allowed is a finite number above 0"),
    ],
)
def test_what_only_a_table_needs_is_refused_of_a_study(study, capsys, arguments, message):
    code, told = judge(study, *arguments, capsys=capsys)
    assert (code, message in told.err) == (2, True), told


def test_a_directory_that_is_no_study_is_refused_in_a_line(tmp_path, capsys):
    code, told = judge(tmp_path / "nowhere", capsys=capsys)
    assert code == 2
    assert told.err.count("\n") == 1


def test_an_address_without_a_bucket_is_refused_in_a_line():
    done = subprocess.run(
        [sys.executable, "-m", "results.judge", "s3://"], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 2
    assert "'s3://' names no bucket; as s3://bucket/prefix" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_study_may_be_named_by_a_text(study):
    assert len(judge_study(str(study))) == len(find_space("smoke").claims)
