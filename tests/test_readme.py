"""What the README tells a user to type works."""

import re
import shlex
import subprocess
import sys

import duckdb
import pandas
import polars
import pytest

from results.effects import anova, effects
from results.judge import judge_table
from search_spaces import Claim, find_space
from study.planning.options import read_options
from tests.given.places import ROOT
from tests.given.studies import write_study

README = (ROOT / "README.md").read_text(encoding="utf-8")
OWN_STUDY = (ROOT / "docs" / "your-own-study.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, re.DOTALL)
COMMANDS = [line for kind, block in BLOCKS if kind == "bash" for line in block.splitlines()]
QUERIES = [line for kind, block in BLOCKS if kind == "python" for line in block.splitlines()]
TOOLS = {
    "pandas": pandas,
    "polars": polars,
    "duckdb": duckdb,
    "anova": anova,
    "effects": effects,
    "judge_table": judge_table,
    "claims": [
        Claim(
            name="loss",
            text="Cross-entropy.",
            factor="loss",
            better="categorical_crossentropy",
            worse="mse",
        )
    ],
}


def test_the_two_commands_do_all_the_set_up_themselves():
    assert COMMANDS[:2] == [
        "pip install uv && uv run python -m study.run --space full --dataset digits",
        "pip install uv && uv run pytest",
    ]


OWN_COMMANDS = re.findall(r"^uv run .*", OWN_STUDY, re.MULTILINE)
STUDY_COMMANDS = [line for line in (*COMMANDS, *OWN_COMMANDS) if "study.run --space" in line]


@pytest.mark.parametrize("command", STUDY_COMMANDS)
def test_each_study_command_is_understood(command, monkeypatch):
    monkeypatch.chdir(ROOT)
    words = shlex.split(command.partition("study.run ")[2])
    options = read_options(words)
    factors = {factor.name for factor in find_space(options.space).factors}
    for name in options.settings:
        assert name in factors | {"learning_rate", "batch_size"}


@pytest.mark.parametrize("command", [line for line in COMMANDS if "python -m" in line])
def test_each_module_named_exists(command):
    module = command.partition("python -m ")[2].split()[0]
    assert ROOT.joinpath(*module.split(".")).with_suffix(".py").exists()


@pytest.mark.study
def test_the_commands_to_stop_resume_extend_and_check_do_so(tmp_path):
    section = README.partition("## Stop, resume, extend, check")[2].partition("```bash\n")[2]
    told = []
    for command in section.partition("```")[0].splitlines():
        words = shlex.split(command.removeprefix("uv run python "))
        done = subprocess.run(
            [sys.executable, *words], cwd=tmp_path, capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        told.append(" ".join(done.stdout.split()))
    first, more, full, check, retrain = told
    assert "4, 0 recorded, 4 to train" in first
    assert "8, 4 recorded, 4 to train" in more
    assert "32, 4 recorded, 28 to train" in full
    assert "8 of 8 planned trials recorded, 0 raised" in check
    assert "1 of 8 recorded trials trained again, as recorded" in retrain


@pytest.mark.parametrize("query", QUERIES)
def test_each_one_line_query_reads_the_records(query, tmp_path, monkeypatch):
    write_study(tmp_path / "runs" / "full-digits")
    monkeypatch.chdir(tmp_path)
    frame = pandas.read_parquet("runs/full-digits/trials")
    assert len(eval(query, {**TOOLS, "frame": frame})) > 0


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/your-own-study.md",
        "docs/cluster.md",
        "docs/results-anywhere.md",
        "docs/verdicts.md",
        "docs/architecture.md",
    ],
)
def test_links_and_pictures_point_at_files(page):
    path = ROOT / page
    for target in re.findall(r"\]\(([^)]+)\)", path.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (path.parent / target).exists(), target
