"""The verdicts in words and as a table."""

import dataclasses
import io
import json

import numpy as np
import pytest
from rich.console import Console

from results import load_study
from results.claims.judging import judge_claims
from results.report.render import to_json, to_terminal
from results.report.section import find_section
from results.report.verdicts import verdict_words, verdicts_section
from search_spaces import find_space
from tests.given.lattices import make, notebook_factors, runs
from tests.given.studies import report_of, write_study

CLAIMS = find_space("full").claims


def judged(effect):
    """The verdicts on a lattice around 98.5 % with noise of 0.10 points."""
    rng = np.random.default_rng(1)
    lattice = make(
        notebook_factors(), lambda cell, _: 0.985 + effect(cell) + rng.normal(0, 0.001), seeds=5
    )
    return judge_claims(runs(lattice), CLAIMS, smallest=0.001)


def section(effect):
    return verdicts_section(judged(effect))


def sentence(told, name):
    return next(sentence for sentence in told.sentences if sentence.startswith(name))


def test_a_confirmed_claim_says_by_how_much_and_where():
    told = sentence(
        section(lambda cell: 0.005 * (cell["normalization"] == "range")), "conclusion 1"
    )
    assert "raises test accuracy a little.” → confirmed. range minus none: +0." in told
    assert "points in 16 of 16 contexts, +0." in told
    assert "where the claim was drawn from +0." in told
    assert "Its own record agrees: range 98.88 %, none 98.60 %." in told
    assert "Overall conditional: holds at the fixed learning rate; not tested with tuned" in told


def test_a_claim_that_depends_has_no_averaged_figure():
    def turning(cell):
        return (cell["normalization"] == "range") * (0.02 if cell["loss"] == "mse" else -0.02)

    found = section(turning)
    told = sentence(found, "conclusion 1")
    assert (
        "→ depends: confirmed with loss=mse (8 contexts); refuted with "
        "loss=categorical_crossentropy (8 contexts). range minus none: -2."
    ) in told
    row = found.table.set_index("claim").loc["conclusion 1"]
    assert (row["verdict"], row["where"], row["overall"]) == ("depends", "loss=mse", "depends")
    assert np.isnan(row["effect"])


def test_the_rule_is_told_first_and_what_is_missing_last():
    verdicts = judged(lambda cell: 0.0)
    words = verdict_words(verdicts)
    assert words.rule == (
        "5 claims, judged by rules fixed beforehand, about new seeds on these test images: "
        "intervals of 99 %, and a difference below 0.10 points of accuracy does not matter. "
        "Each cell has seeds of its own, so every run counts by itself."
    )
    assert [text[:12] for text in words.verdicts] == [f"conclusion {n}" for n in range(1, 6)]
    assert "not tuned in these records" in words.regime
    assert "are at the fixed learning rate" in verdict_words(verdicts, tuned=True).regime
    told = verdicts_section(verdicts).sentences
    assert told == (words.rule, *words.verdicts, words.regime)


def test_a_space_without_claims_has_no_verdicts(tmp_path):
    write_study(tmp_path, space=dataclasses.replace(find_space("smoke"), claims=()))
    assert "Verdicts" not in [part.title for part in report_of(load_study(tmp_path))]


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Of a notebook that ran once, as its source did."""
    directory = tmp_path_factory.mktemp("notebook")
    write_study(directory, space=find_space("notebook"), seeds=1)
    return report_of(load_study(directory))


@pytest.fixture(scope="module")
def verdicts(report):
    return find_section(report, "verdicts")


def test_verdicts_come_first(report, verdicts):
    assert report[0] is verdicts


def test_at_one_seed_nothing_is_testable(verdicts):
    told = [text for text in verdicts.sentences if text.startswith("conclusion")]
    assert len(told) == 5
    quality = [told[number] for number in (0, 1, 3, 4)]
    assert all("inconclusive: so few or so equal runs have no spread" in text for text in quality)
    assert set(verdicts.table["verdict"]) == {"inconclusive"}


def test_conclusion_5_is_flagged_by_its_own_record(verdicts):
    told = sentence(verdicts, "conclusion 5")
    assert "Contradicted by its own record: ascending 98.88 %, descending 99.01 %." in told
    assert verdicts.table["record"].tolist() == [
        *("agrees", "agrees", "agrees", "incomplete", "contradicts")
    ]


def test_programs_get_columns_that_people_read_in_sentences(report):
    verdicts = json.loads(to_json(report))[0]["table"]
    assert verdicts[4]["record"] == "contradicts"
    assert verdicts[0]["low"] is None
    console = Console(width=140, file=io.StringIO())
    console.print(to_terminal(report))
    assert "own effect" not in console.file.getvalue()


def test_a_terminal_is_spared_the_details_unless_asked(report):
    short, whole = (Console(width=140, file=io.StringIO()) for _ in range(2))
    short.print(to_terminal(report))
    whole.print(to_terminal(report, everything=True))
    assert "Ablation" not in short.file.getvalue()
    assert "ablation; --all shows them" in short.file.getvalue()
    assert "Ablation" in whole.file.getvalue()
    assert "--all" not in whole.file.getvalue()


def test_an_open_claim_says_what_a_decision_would_take():
    rng = np.random.default_rng(1)
    factors = {"normalization": ("none", "range")}
    lattice = make(
        factors,
        lambda cell, _: 0.98 + 0.002 * (cell["normalization"] == "range") + rng.normal(0, 0.002),
    )
    (found,) = judge_claims(runs(lattice), CLAIMS[:1], smallest=0.001)
    assert found.seeds_needed > 3
    words = f"At this estimate a decision takes about {found.seeds_needed} seeds"
    told = verdicts_section([found])
    assert words in sentence(told, "conclusion 1")
    assert told.table["seeds_needed"].tolist() == [found.seeds_needed]


def test_claims_with_their_own_smallest_difference_are_told_so():
    first, *others = CLAIMS
    rng = np.random.default_rng(1)
    lattice = make(notebook_factors(), lambda cell, _: 0.985 + rng.normal(0, 0.001))
    claims = [dataclasses.replace(first, smallest=0.02), *others]
    words = verdict_words(judge_claims(runs(lattice), claims, smallest=0.001))
    assert "a difference below 0.10 to 2.00 points of accuracy, by claim, does not" in words.rule
