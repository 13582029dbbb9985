"""What a design can't decide at all."""

import dataclasses
import itertools

import pytest

from results.analysis.limits import limit_sentences
from results.statistics.comparisons.stratified import LearnedCounts, stratified_exact_p
from search_spaces import Cell, Claim, Endpoint

QUALITY = Claim(name="a", text="a", factor="A", better="+", worse="-")
LEARNS = dataclasses.replace(QUALITY, name="learns", endpoint=Endpoint.TRAINED)
WHOLE = list(itertools.product("-+", repeat=5))
HALF = [cell for cell in WHOLE if cell.count("+") % 2 == 0]
ABLATION = [cell for cell in WHOLE if cell.count("+") < 2]


def told(cells, *claims, seeds=3):
    names = "ABCDE"[: len(cells[0])]
    return limit_sentences(
        [Cell.of(dict(zip(names, cell, strict=True))) for cell in cells], claims, seeds=seeds
    )


def test_every_combination_leaves_nothing_undecidable():
    assert told(WHOLE, QUALITY, LEARNS) == ()


def test_a_fraction_decides_nothing_on_learning_and_asks_of_no_dependence():
    assert told(HALF, QUALITY, LEARNS) == (
        "learns: learning at all needs cells that differ in this factor alone: none here",
        "a: not whether it depends on other choices, as it is judged by all cells together",
    )


def test_an_ablation_judges_in_a_single_context():
    (found,) = told(ABLATION, QUALITY)
    assert (
        found == "a: not whether it depends on other choices, as it is judged in a single context"
    )


def test_of_a_single_choice_there_is_nothing_to_depend_on():
    assert told([("-",), ("+",)], QUALITY) == ()


def test_levels_that_are_mixed_with_others_by_design_are_not_told_apart():
    thirds = [("-", "-", "+"), ("-", "+", "-"), ("+", "-", "-"), ("+", "+", "+")]
    assert told(thirds, QUALITY) == ("a: no cells of this design tell the two levels apart",)


def test_a_scope_that_the_design_lacks_leaves_nothing_to_tell():
    narrow = dataclasses.replace(QUALITY, scope={"B": "+"})
    assert told(ABLATION, narrow) == ("a: no cells of this design tell the two levels apart",)


@pytest.mark.parametrize(("others", "seeds", "enough"), [(0, 3, 4), (4, 3, 5), (9, 1, 6)])
def test_a_claim_on_learning_that_no_outcome_could_decide_says_what_could(others, seeds, enough):
    claims = [LEARNS, *(dataclasses.replace(LEARNS, name=str(n)) for n in range(others))]
    (found, *_) = told([("-",), ("+",)], *claims, seeds=seeds)
    words = f"learns: not by {seeds} seed{'s' * (seeds > 1)}, even if one level always learns and"
    assert found == f"{words} the other never; by {enough}"
    for count, decides in ((enough - 1, False), (enough, True)):
        clearest = LearnedCounts(worse=0, worse_runs=count, better=count, better_runs=count)
        assert (stratified_exact_p([clearest]) < 0.05 / len(claims)) == decides
