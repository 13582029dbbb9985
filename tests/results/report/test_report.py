"""The report's tables, and each of the formats in which it is told."""

import dataclasses
import io
import json
import math
import re

import numpy as np
import pytest
from rich.console import Console

from results import Outcome, load_study
from results.analysis.quality import analyse_quality
from results.report.caveats import caveats_section
from results.report.cells import ablation_table
from results.report.effects import effect_table, interactions_section, main_effects_section
from results.report.findings import analyse
from results.report.render import to_json, to_latex, to_markdown, to_terminal
from results.report.section import Section, find_section, points, probability
from results.summary import main
from search_spaces import Factor, Space, find_space
from tests.given.lattices import make
from tests.given.studies import report_of, write_study

FULL = find_space("full")


def healthy(trial):
    cell = trial.cell.as_dict()
    failed = cell["optimizer"] == "adam" or cell["loss"] == "mse"
    return Outcome.CONSTANT if failed else Outcome.TRAINED


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    directory = tmp_path_factory.mktemp("report")
    write_study(directory, space=FULL, seeds=3, outcome=healthy)
    return load_study(directory)


@pytest.fixture(scope="module")
def report(study):
    return report_of(study)


def test_main_effects_say_how_many_contexts_they_rest_on(report):
    table = find_section(report, "main_effects").table.set_index("term")
    assert table.loc["normalization", ["healthy", "contexts"]].tolist() == [4, 16]
    assert table.loc["optimizer", "healthy"] == 0
    assert math.isnan(table.loc["optimizer", "effect"])
    assert table.loc["optimizer", "reading"] == "nothing to compare"
    assert table.loc["normalization", "low"] <= table.loc["normalization", "effect"]


def test_interactions_that_no_healthy_cells_tell_are_named(report):
    interactions = find_section(report, "interactions")
    assert len(interactions.table) == 3
    assert interactions.sentences[-1].startswith("Nothing to compare for normalization:optimizer, ")
    assert interactions.sentences[-1].count(":") == 7


def test_simple_effects_are_listed_where_they_can_be_had(report):
    table = find_section(report, "simple_effects").table
    assert len(table) == 3 * 4
    assert table["context"].iloc[0] == "sgd · categorical_crossentropy · relu · ascending"


def test_few_seeds_and_lost_contexts_are_caveats(report):
    told = " ".join(find_section(report, "caveats").sentences)
    assert "3 seeds: intervals of effects, not of verdicts, assume" in told
    assert "Failed cells leave contexts out of normalization" in told


def test_a_model_that_left_the_protocol_is_a_caveat(tmp_path):
    write_study(tmp_path, space=find_space("notebook"), seeds=1)
    told = find_section(report_of(load_study(tmp_path)), "caveats").sentences
    assert told[0].startswith("model 5 was trained with learning_rate 0.1, not 0.05")


def test_a_design_of_single_changes_has_no_interactions(tmp_path):
    write_study(tmp_path, space=find_space("notebook"), seeds=3)
    interactions = find_section(report_of(load_study(tmp_path)), "interactions")
    assert interactions.table is None
    assert interactions.sentences[0].startswith("Not in this design")


def test_noise_that_images_do_not_explain_is_a_caveat(study):
    findings = analyse(study)
    dispersion = dataclasses.replace(findings.images.dispersion, phi=1.5)
    images = dataclasses.replace(findings.images, dispersion=dispersion)
    told = " ".join(caveats_section(study, dataclasses.replace(findings, images=images)).sentences)
    assert "Accuracies vary 1.50 times as much between seeds as single images explain" in told


def test_main_effects_say_whether_seeds_favour_a_level():
    rng = np.random.default_rng(0)
    lattice = make(
        {"a": ("x", "y"), "b": (1, 2), "c": (1, 2)},
        lambda cell, seed: 0.5 + 0.01 * rng.normal() + 0.1 * (cell["a"] == "y") * (-1) ** seed,
        seeds=4,
    )
    told = main_effects_section(analyse_quality(lattice, images=100)).sentences
    assert "wider interval, by its own spread" in told[1]
    assert "some seeds favour a level): a " in told[2]


def test_an_interaction_that_one_scale_shows_is_read_as_such():
    """Both factors halve the errors: an interaction in points, none in their logarithm."""
    rng = np.random.default_rng(2)

    def accuracy(cell, seed):
        halvings = (cell["a"] == "y") + (cell["b"] == "q")
        return 1 - 0.04 * 0.5**halvings * np.exp(0.02 * rng.normal())

    factors = {"a": ("x", "y"), "b": ("p", "q"), "c": (1, 2)}
    quality = analyse_quality(make(factors, accuracy, seeds=5), images=100_000)
    table = interactions_section(quality).table.set_index("term")
    assert table.loc["a:b", "low"] > 0 or table.loc["a:b", "high"] < 0
    assert table.loc["a:b", "reading"] == "on one scale only"


def test_the_ablation_table_marks_second_levels(study):
    table = ablation_table(study)
    assert len(table) == 32
    assert table["normalization=range"].tolist() == ["✗"] * 16 + ["✓"] * 16
    assert table["optimizer=adam"].tolist()[:16] == ["✗"] * 8 + ["✓"] * 8


def test_a_factor_of_three_levels_keeps_its_column_in_the_ablation_table(tmp_path):
    space = Space(
        name="three",
        title="Three widths",
        factors=(Factor(name="width", levels=(8, 16, 32)), Factor(name="loss", levels=("a", "b"))),
        settings={"epochs": 1, "batch_size": 1, "evaluation_batch_size": 1, "learning_rate": 0.1},
        factory="f:f",
        maths="1",
    )
    write_study(tmp_path, space=space, seeds=2)
    table = ablation_table(load_study(tmp_path))
    assert table.columns[:2].tolist() == ["width", "loss=b"]
    mains = find_section(report_of(load_study(tmp_path)), "main_effects").table
    assert mains["levels"].tolist() == ["8 → 16", "8 → 32", "16 → 32", "a → b"]


def test_json_is_strict_and_holds_plain_numbers(report):
    document = json.loads(to_json(report), parse_constant=lambda name: pytest.fail(name))
    effects = next(part for part in document if part["title"] == "Main effects")["table"]
    assert effects[1]["effect"] is None
    assert isinstance(effects[0]["effect"], float)


def test_markdown_tables_have_as_many_cells_in_each_row(report):
    tables = re.findall(r"(?:^\|.*\n)+", to_markdown(report), re.MULTILINE)
    assert len(tables) >= 5
    for table in tables:
        assert len({line.replace("\\|", "").count("|") for line in table.splitlines()}) == 1


def test_latex_compiles_in_its_shape(report):
    text = to_latex(report)
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") >= 5
    assert r"$\checkmark$" in text
    assert r"categorical\_crossentropy" in text
    for line in text.splitlines():
        if line.endswith(r"\\") and "&" in line:
            assert not re.search(r"(?<!\\)[%#_]", line), line


HOSTILE = Section(
    name="hostile",
    title="a|b <script> [red] 50 % & $x_1$ \\",
    sentences=("[bold]not bold[/bold] | `code` <b>",),
    table=None,
)


def test_text_is_never_markup_in_any_format():
    console = Console(width=120, file=io.StringIO())
    console.print(to_terminal([HOSTILE]))
    assert "[bold]not bold[/bold]" in console.file.getvalue()
    assert r"\[bold]not bold\[/bold] \| \`code\` \<b>" in to_markdown([HOSTILE])
    assert r"50 \% \& \$x\_1\$ \textbackslash{}" in to_latex([HOSTILE])
    assert json.loads(to_json([HOSTILE]))[0]["title"] == HOSTILE.title


@pytest.mark.parametrize("name", ["terminal", "markdown", "latex", "json"])
def test_each_format_is_printed_by_the_command(study, name, capsys):
    assert main([str(study.paths.root), "--format", name]) == 0
    assert "optimizer" in capsys.readouterr().out


def test_an_unknown_format_is_refused_in_one_line(capsys):
    with pytest.raises(SystemExit):
        main(["somewhere", "--format", "pdf"])
    assert "invalid choice: 'pdf'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("outcome", "seeds"),
    [(Outcome.TRAINED, 1), (Outcome.NAN, 1), (Outcome.ERROR, 2), (Outcome.STUCK, 3)],
)
def test_a_study_of_one_outcome_gives_a_report(tmp_path, outcome, seeds):
    write_study(tmp_path, seeds=seeds, outcome=lambda trial: outcome)
    report = report_of(load_study(tmp_path))
    for render in (to_markdown, to_latex, to_json, to_terminal):
        assert render(report)


def test_effects_of_no_study_make_an_empty_table():
    assert effect_table([]).empty
    assert "reading" in effect_table([])


def test_figures_are_shown_as_a_person_reads_them():
    assert (points(0.00284), points(-0.1), points(math.nan)) == ("+0.28", "-10.00", "-")
    # What rounds to nothing has no sign of its own.
    assert points(-1e-17) == points(0.0) == "+0.00"
    assert (probability(0.00001), probability(0.0312), probability(None)) == (
        "<.0001",
        "0.0312",
        "-",
    )


def test_one_factor_at_a_time_gives_the_classic_ablation_table(tmp_path):
    """The baseline first, then one row per departure, each with its change from the baseline."""
    space = FULL.one_at_a_time({"normalization": "range"})
    failed = {"loss": "mse"}
    write_study(
        tmp_path,
        space=space,
        seeds=2,
        outcome=lambda trial: (
            Outcome.CONSTANT if failed.items() <= trial.cell.as_dict().items() else Outcome.TRAINED
        ),
    )
    table = ablation_table(load_study(tmp_path))
    marks = table.iloc[:, :5].to_numpy().tolist()
    assert marks[0] == ["✓", "✗", "✗", "✗", "✗"]
    assert sorted(sum(a != b for a, b in zip(row, marks[0], strict=True)) for row in marks) == [
        *(0, 1, 1, 1, 1, 1),
    ]
    change = dict(zip(map(tuple, marks), table["change"], strict=True))
    assert change[tuple(marks[0])] == 0
    assert np.isnan(change["✓", "✗", "✓", "✗", "✗"])
    adam = table[table["optimizer=adam"] == "✓"].iloc[0]
    assert adam["change"] == pytest.approx(adam["mean"] - table["mean"].iloc[0])
    assert "change" not in ablation_table(load_whole(tmp_path / "whole"))


def load_whole(directory):
    write_study(directory, space=find_space("smoke"))
    return load_study(directory)
