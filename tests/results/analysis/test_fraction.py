"""The analysis of fractions: what is reported, what is refused, and by which numbers."""

import dataclasses
import itertools

import numpy as np
import pytest

from dashboards import draw_pages
from results import load_study
from results.analysis.fraction import fraction_model, single_loss
from results.analysis.quality import analyse_quality
from results.claims.deciding import Verdict
from results.claims.judging import judge_claims
from results.report.effects import main_effects_section
from results.report.findings import analyse
from results.report.render import to_markdown
from results.report.sections import make_report
from results.statistics.comparisons.mixing import difference_estimator
from search_spaces import Cell, Claim, find_space
from study.planning.fraction import with_fraction
from tests.given.lattices import kept, make, runs
from tests.given.studies import write_study
from tests.given.tuned_studies import write_tuned_study

TWO = ("-", "+")


def even(cell):
    return list(cell.values()).count("+") % 2 == 0


def accuracy(cell, seed):
    """A raises it by 0.04, A and B together by 0.02; the seeds differ, and each cell a little."""
    a, b = cell["A"] == "+", cell["B"] == "+"
    place = int("".join("01"[level == "+"] for level in cell.values()), 2)
    wobble = 1e-4 * np.sin(7 * place + 3 * seed)
    return 0.9 + 0.04 * a + 0.02 * (a and b) + 0.001 * seed + wobble


def half(names, **options):
    return kept(make(dict.fromkeys(names, TWO), accuracy, **options), even)


def effect(quality, term):
    (found,) = [one for one in quality.effects if one.term == term]
    return found


def test_a_half_of_resolution_five_gives_the_effects_of_the_whole():
    quality = analyse_quality(half("ABCDE"), images=1000)
    # Half the cells have B=+: 0.04 + 0.02 / 2; the interaction is half of 0.02.
    for term, expected in (("A", 0.05), ("B", 0.01), ("A:B", 0.01), ("C", 0.0), ("C:D", 0.0)):
        found = effect(quality, term)
        assert found.accuracy.estimate == pytest.approx(expected, abs=2e-4), term
        assert (found.by_model, found.healthy, found.contexts) == (True, 16, 16)
        assert found.aliased == ""


def test_a_half_of_resolution_three_reports_no_main_effect_and_says_why():
    quality = analyse_quality(half("ABC"), images=1000)
    assert [effect(quality, term).accuracy for term in "ABC"] == [None] * 3
    section = main_effects_section(quality)
    assert section.table is None
    assert section.sentences == (
        "Not reported, as this design can't tell it: A from B:C; B from A:C; C from A:B.",
    )


def test_a_half_of_resolution_four_reports_main_effects_and_refuses_interactions():
    quality = analyse_quality(half("ABCD"), images=1000)
    assert effect(quality, "A").accuracy.estimate == pytest.approx(0.05, abs=2e-4)
    assert effect(quality, "A:B").accuracy is None
    assert effect(quality, "A:B").aliased == "C:D"


def test_every_combination_is_no_fraction_and_neither_is_one_with_failures():
    whole = make(dict.fromkeys("ABC", TWO), accuracy)
    assert fraction_model(whole.factors, whole.cells, whole.healthy) is None
    failing = make(dict.fromkeys("ABC", TWO), accuracy, trained=lambda cell, _: cell["A"] == "+")
    assert fraction_model(failing.factors, failing.cells, failing.healthy) is None


def test_an_ablation_is_compared_with_its_baseline_as_before():
    lattice = kept(
        make(dict.fromkeys("ABC", TWO), accuracy), lambda cell: list(cell.values()).count("+") < 2
    )
    quality = analyse_quality(lattice, images=1000)
    found = effect(quality, "A")
    assert found.accuracy.estimate == pytest.approx(0.04, abs=2e-4)
    assert (found.by_model, found.healthy, found.contexts) == (False, 1, 1)
    assert effect(quality, "A:B").accuracy is None


def without(*lost):
    return half("ABCDE", trained=lambda cell, _: "".join(cell.values()) not in lost)


def test_a_failed_cell_of_a_saturated_fraction_leaves_every_effect_told_with_room():
    quality = analyse_quality(without("-----"), images=1000)
    assert all(effect.accuracy for effect in quality.effects)
    found = effect(quality, "A")
    assert (found.healthy, found.contexts, found.aliased) == (15, 16, "")
    # A tenth of the interaction of 0.01 is added, and the room is as large.
    assert found.accuracy.estimate == pytest.approx(0.05 + 0.001, abs=2e-4)
    assert found.accuracy.standard_error == pytest.approx(0.001, rel=0.1)
    assert found.mixed == "10 interactions by 10 % of each at most"
    assert np.isnan(found.accuracy.sign_flip_p)
    _, told = main_effects_section(quality).sentences[1:3]
    assert told == (
        "By 15 of 16 cells interactions can't be told apart from what they add to other effects: "
        "10 interactions by 10 % of each at most to A, B, C, D, E. Intervals have room for "
        "interactions as large as what the model leaves unexplained."
    )


def test_failures_of_all_cells_with_two_levels_leave_these_untold():
    quality = analyse_quality(
        half("ABCDE", trained=lambda cell, _: (cell["A"], cell["B"]) != ("-", "-")), images=1000
    )
    assert [effect(quality, term).accuracy for term in ("A", "B", "A:B")] == [None] * 3
    assert effect(quality, "C").accuracy.estimate == pytest.approx(0, abs=1e-3)


def test_what_a_lost_cell_does_is_counted_beforehand():
    cells = [Cell.of(dict(zip("ABCDE", cell, strict=True))) for cell in half("ABCDE").cells]
    loss = single_loss(cells)
    assert (loss.fragile, loss.cells, loss.mixed, loss.untold) == (16, 16, 15, 0)
    assert loss.sentence("--design full") == (
        "no cell to spare: where one fails, 15 effects are mixed with interactions, the intervals "
        "getting wider as these are larger; --design full keeps them apart"
    )
    every = [Cell.of(dict(zip("ABCD", c, strict=True))) for c in itertools.product(TWO, repeat=4)]
    assert single_loss(every).sentence("") == ""
    # Seven cells of eight, for seven coefficients.
    seven = [Cell.of(dict(zip("ABC", c, strict=True))) for c in itertools.product(TWO, repeat=3)]
    assert single_loss(seven[:7]).sentence("--design full") == (
        "no cell to spare: where one fails, 4 effects are untold; --design full keeps them apart"
    )


def claims():
    return (
        Claim(name="a", text="a", factor="A", better="+", worse="-"),
        Claim(name="limited", text="l", factor="A", better="+", worse="-", scope={"B": "+"}),
        Claim(name="wrong", text="w", factor="B", better="-", worse="+"),
    )


def test_claims_are_judged_from_all_cells_of_a_fraction():
    a, limited, wrong = judge_claims(runs(half("ABCDE")), claims(), smallest=0.001)
    assert (a.verdict, limited.verdict) == (Verdict.CONFIRMED, Verdict.CONFIRMED)
    assert a.difference.estimate == pytest.approx(0.05, abs=2e-4)
    assert limited.difference.estimate == pytest.approx(0.06, abs=4e-4)
    assert (wrong.verdict, wrong.reason) == (
        Verdict.REFUTED,
        "reversed: the other level is better",
    )
    assert (a.by_model, a.compared, a.contexts) == (True, 16, 16)


@pytest.mark.parametrize(("lost", "share"), [(["-----"], "10"), (["-----", "+++-+"], "25")])
def test_claims_are_judged_with_room_where_cells_are_lost(lost, share):
    (a,) = judge_claims(runs(without(*lost)), claims()[:1], smallest=0.001)
    assert a.verdict is Verdict.CONFIRMED
    assert f"{share} % of each at most, for which the interval has room" in a.reason
    assert (a.compared, a.contexts, a.by_model) == (16 - len(lost), 16, True)
    low, high = a.interval
    assert low < 0.05 < high


def test_one_failed_run_of_a_saturated_fraction_leaves_its_claims_judged():
    lattice = half("ABCDE", trained=lambda cell, seed: seed or "".join(cell.values()) != "-----")
    found = judge_claims(runs(lattice), claims(), smallest=0.001)
    assert [one.verdict for one in found] == [Verdict.CONFIRMED] * 2 + [Verdict.REFUTED]


def test_where_interactions_leave_a_claim_open_more_seeds_are_not_what_it_takes():
    def large(cell, seed):
        signs = [1 if level == "+" else -1 for level in cell.values()]
        add = 0.1 * signs[1] * signs[2] - 0.1 * signs[2] * signs[3]
        return accuracy(cell, seed) / 2 + add

    lattice = kept(
        make(
            dict.fromkeys("ABCDE", TWO), large, trained=lambda cell, _: set(cell.values()) != {"-"}
        ),
        even,
    )
    (a,) = judge_claims(runs(lattice), claims()[:1], smallest=0.001)
    assert (a.verdict, a.seeds_needed, a.needs_examples) == (Verdict.INCONCLUSIVE, None, False)
    assert a.reason.endswith("no number of seeds decides it, cells that are not lost do")


def test_a_context_in_which_nothing_else_differs_is_preferred_to_cells_that_mix():
    """The half of 32 cells but two, and a neighbour of another that differs in A alone."""

    def keep(cell):
        name = "".join(cell.values())
        return (even(cell) or name == "+----") and name not in ("++---", "--++-")

    lattice = kept(make(dict.fromkeys("ABCDE", TWO), accuracy), keep)
    mixing = difference_estimator(
        fraction_model(lattice.factors, lattice.cells, lattice.healthy).model, "B", TWO, {}
    ).mixing
    assert mixing is not None
    a, *_, b = judge_claims(runs(lattice), claims(), smallest=0.001)
    assert (a.by_model, b.by_model) == (False, True)
    assert a.compared == 1
    quality = analyse_quality(lattice, images=1000)
    assert [effect(quality, term).by_model for term in "AB"] == [False, True]


def test_claims_about_what_is_aliased_are_not_testable():
    a, *_ = judge_claims(runs(half("ABC")), claims(), smallest=0.001)
    assert a.verdict is Verdict.INCONCLUSIVE
    assert a.reason == (
        "not testable: + and - stand beside each other nowhere, and this design can't tell A from "
        "B:C"
    )


def test_one_seed_of_a_fraction_decides_nothing():
    a, *_ = judge_claims(runs(half("ABCDE", seeds=1)), claims(), smallest=0.001)
    assert (a.verdict, a.reason) == (
        Verdict.INCONCLUSIVE,
        "so few or so equal runs have no spread to judge by",
    )


@pytest.mark.parametrize("part", [2, 4])
def test_a_fraction_is_reported_and_drawn(part, tmp_path):
    half = with_fraction(dataclasses.replace(find_space("full"), claims=()), part)
    write_study(tmp_path, space=half, seeds=3)
    study = load_study(tmp_path)
    findings = analyse(study)
    told = " ".join(to_markdown(make_report(study, findings)).split())
    if part == 2:
        assert "A fraction: each effect is estimated from all cells together" in told
        assert all(effect.by_model for effect in findings.quality.effects)
    else:
        assert "Not reported, as this design can't tell it: normalization from" in told
        assert not any(effect.accuracy for effect in findings.quality.effects)
    for page in draw_pages(study, findings):
        assert page.stat().st_size > 1_000_000


def test_a_tuned_fraction_is_reported_and_drawn(tmp_path):
    def error(trial):
        wobble = 0.0002 * (int(trial.id, 16) % 5)
        return 0.05 + 0.04 * (trial.cell.as_dict()["normalization"] == "none") + wobble

    half = with_fraction(find_space("full"), 2)
    write_tuned_study(tmp_path, error=error, space=half, values=3, seeds=3)
    study = load_study(tmp_path)
    findings = analyse(study)
    told = to_markdown(make_report(study, findings))
    assert "tuned" in told
    by_claim = {seen.fixed.claim.name: seen for seen in findings.regimes}
    assert by_claim["conclusion 1"].healthy == 16
    for page in draw_pages(study, findings):
        assert page.stat().st_size > 1_000_000
