"""The page of a table that this project did not make."""

import html
import json
import re

import numpy as np
import pandas as pd
import pytest

from dashboards.build import main
from tests.given.tables import table

CLAIMS = '[[claim]]\nname = "adam"\nfactor = "opt"\nbetter = "adam"\nworse = "sgd"\n'
COLUMNS = ["--response", "score", "--factor", "opt", "--factor", "b", "--factor", "c"]


def drawn(tmp_path, frame, *options, name="runs.csv", columns=COLUMNS):
    """The page of a table, and the numbers in it."""
    frame.to_csv(tmp_path / name, index=False)
    (tmp_path / "claims.toml").write_text(CLAIMS)
    assert main([str(tmp_path / name), *columns, *options]) == 0
    text = (tmp_path / name).with_suffix(".html").read_text(encoding="utf-8")
    return text, embedded(text, "tables"), embedded(text, "figures")


def without_scripts(text):
    return re.sub(r"<(script|style).*?</(script|style)>", "", text, flags=re.S)


def embedded(text, name):
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', text)
    return json.loads(html.unescape(found[1]))


def test_the_page_shows_verdicts_choices_runs_and_effects(tmp_path, capsys):
    claims = ["--claims", str(tmp_path / "claims.toml")]
    text, tables, figures = drawn(tmp_path, table(0.02), *claims)
    assert capsys.readouterr().out == f"{tmp_path / 'runs.html'}\n"
    assert set(figures) == {"claims", "ranking", "levels", "best-cells", "runs", "effects"}
    assert [row["verdict"] for row in tables["claims"]] == ["confirmed"]
    assert len(tables["runs"]) == 40
    main_effect = next(row for row in tables["effects"] if row["term"] == "opt")
    assert main_effect["levels"] == "adam → sgd"
    assert main_effect["effect"] == pytest.approx(-0.02, abs=0.002)
    assert "Confirmed: adam &gt; sgd" in text
    assert "percentage points of score" in text
    assert not re.search(r'(src|href)="https?:', without_scripts(text))


def test_a_response_that_is_no_accuracy_is_told_in_its_own_units(tmp_path):
    frame = table(0.02).assign(seconds=lambda rows: 100 - 50 * rows["score"]).drop(columns="score")
    columns = ["--response", "seconds", *COLUMNS[2:], "--lower-is-better"]
    claims = ["--claims", str(tmp_path / "claims.toml")]
    text, tables, _ = drawn(tmp_path, frame, *claims, columns=columns)
    assert "seconds, lower is better" in text
    for word in ("accuracy", "percentage", "image", "MNIST"):
        assert word not in without_scripts(text)
    (claim,) = tables["claims"]
    assert (claim["verdict"], claim["effect"] > 0) == ("confirmed", True)
    assert max(row["response"] for row in tables["runs"]) > 50
    assert tables["levels"][0]["mean"] == pytest.approx(54, abs=0.2)


def test_failed_runs_are_shown_and_counted(tmp_path):
    frame = table(0.02).assign(learned=True)
    frame.loc[frame.index[:5], "learned"] = False
    text, tables, _ = drawn(tmp_path, frame, "--learned", "learned")
    assert "5 of which did not learn" in text
    assert sum(not row["learned"] for row in tables["runs"]) == 5


def test_without_claims_there_is_a_page_all_the_same(tmp_path):
    _, _, figures = drawn(tmp_path, table())
    assert "claims" not in figures
    assert "levels" in figures


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"opt": ["sgd"], "seed": [0], "score": [0.9]}),
        pd.DataFrame({"opt": ["sgd", "adam"], "seed": [0, 0], "score": [0.9, 0.8]}),
        pd.DataFrame({"opt": ["sgd"] * 3, "seed": range(3), "score": [0.9, 0.8, 0.7]}),
        pd.DataFrame({"opt": ["sgd", "adam"] * 2, "seed": [0, 0, 7, 7], "score": [0.5] * 4}),
    ],
    ids=["one run", "one run of each level", "one level", "all alike"],
)
def test_what_little_there_is_gets_a_page(tmp_path, frame):
    text, _, figures = drawn(tmp_path, frame, columns=["--response", "score", "--factor", "opt"])
    assert "runs" in figures
    assert "NaN" not in without_scripts(text)


def test_names_of_levels_stay_text(tmp_path):
    frame = pd.DataFrame(
        {
            "größe <b>": ["<script>alert(1)</script>", 'a"b&c'] * 3,
            "seed": np.repeat(range(3), 2),
            "score": [0.1, 0.5, 0.2, 0.6, 0.15, 0.55],
        }
    )
    text, tables, _ = drawn(
        tmp_path, frame, columns=["--response", "score", "--factor", "größe <b>"]
    )
    assert "<script>alert(1)" not in text
    assert {row["cell"] for row in tables["runs"]} == {"<script>alert(1)</script>", 'a"b&c'}


def test_many_cells_are_drawn_in_thin_rows(tmp_path):
    levels = [f"level {number}" for number in range(30)]
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        [
            {"a": a, "b": b, "seed": seed, "score": rng.uniform()}
            for a in levels
            for b in levels
            for seed in range(2)
        ]
    )
    text, tables, _ = drawn(
        tmp_path, frame, columns=["--response", "score", "--factor", "a", "--factor", "b"]
    )
    assert len(tables["runs"]) == 1_800
    assert "Interactions of so many levels are left out." in text


def test_the_page_lies_where_it_is_asked_for(tmp_path, capsys):
    table().to_csv(tmp_path / "runs.csv", index=False)
    assert main([str(tmp_path / "runs.csv"), *COLUMNS, "--out", str(tmp_path / "pages")]) == 0
    assert [page.name for page in (tmp_path / "pages").iterdir()] == ["runs.html"]
    assert capsys.readouterr().out.endswith("runs.html\n")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "a table needs --response"),
        (["--response", "score"], "give each column that was varied with --factor"),
        (["--response", "scor", *COLUMNS[2:]], "unknown column 'scor'; did you mean 'score'?"),
        (["--response", "score", "--factor", "opt"], "column 'b', 'c' has no part"),
        ([*COLUMNS, "--watch"], "--watch is for study directories"),
        ([*COLUMNS, "--smallest", "-1"], "smallest is -1.0; allowed is a finite number above 0"),
        ([*COLUMNS, "--claims", "none.toml"], "none.toml"),
    ],
)
def test_a_mistake_is_told_in_a_line_and_draws_nothing(tmp_path, capsys, options, message):
    table().to_csv(tmp_path / "runs.csv", index=False)
    assert main([str(tmp_path / "runs.csv"), *options]) == 2
    told = capsys.readouterr().err
    assert told.startswith("dashboards.build: ")
    assert told.count("\n") == 1
    assert message in told
    assert not (tmp_path / "runs.html").exists()


def test_options_of_tables_are_refused_for_a_study(tmp_path, capsys):
    assert main([str(tmp_path), "--response", "score"]) == 2
    assert (
        "is taken for a study, as it ends in neither .csv nor .parquet" in capsys.readouterr().err
    )
