"""What a set of cells can't tell, against textbook fractions."""

import itertools

import numpy as np
import pandas as pd
import pytest

from results.analysis.fraction import alias_sentences, equivalent_contexts, untold_claims
from results.effects import effects
from results.statistics.aliases import (
    alias_groups,
    cell_model,
    contrast_weights,
    difference_weights,
)
from search_spaces import Cell, Claim


def two_level(names, keep):
    """The factors, and the cells whose signs are kept: -1 is the first level."""
    factors = dict.fromkeys(names, ("-", "+"))
    signs = [signs for signs in itertools.product((-1, 1), repeat=len(names)) if keep(*signs)]
    return factors, [tuple("-+"[(sign + 1) // 2] for sign in row) for row in signs]


HALF_OF_8 = two_level("ABC", lambda a, b, c: a * b * c == 1)
HALF_OF_16 = two_level("ABCD", lambda a, b, c, d: a * b * c * d == 1)
HALF_OF_32 = two_level("ABCDE", lambda a, b, c, d, e: a * b * c * d * e == 1)
QUARTER_OF_32 = two_level("ABCDE", lambda a, b, c, d, e: d == a * b and e == a * c)


def test_of_2_to_the_3_minus_1_each_main_effect_is_an_interaction():
    # Defining relation I = ABC.
    assert alias_groups(cell_model(*HALF_OF_8)) == (("A", "B:C"), ("B", "A:C"), ("C", "A:B"))


def test_of_2_to_the_4_minus_1_interactions_go_in_pairs():
    # Defining relation I = ABCD: resolution IV.
    groups = (("A:B", "C:D"), ("A:C", "B:D"), ("A:D", "B:C"))
    assert alias_groups(cell_model(*HALF_OF_16)) == groups


def test_of_2_to_the_5_minus_1_all_is_told():
    # Defining relation I = ABCDE: resolution V.
    assert alias_groups(cell_model(*HALF_OF_32)) == ()


def test_of_2_to_the_5_minus_2_the_aliases_are_the_textbooks():
    # D = AB, E = AC (Montgomery, table 8.14): I = ABD = ACE = BCDE
    assert alias_groups(cell_model(*QUARTER_OF_32)) == (
        ("A", "B:D", "C:E"),
        ("B", "A:D"),
        ("C", "A:E"),
        ("D", "A:B"),
        ("E", "A:C"),
        ("B:C", "D:E"),
        ("B:E", "C:D"),
    )


def test_an_ablation_tells_no_main_effect_from_its_interactions():
    factors, _ = HALF_OF_8
    cells = [tuple("---"), tuple("+--"), tuple("-+-"), tuple("--+")]
    groups = alias_groups(cell_model(factors, cells))
    assert {name for group in groups for name in group} >= {"A", "B", "C", "A:B", "A:C", "B:C"}


def test_the_weights_of_a_half_are_plus_and_minus_an_eighth():
    factors, cells = HALF_OF_32
    weights = contrast_weights(cell_model(factors, cells))
    main, interaction = weights["C", "- → +"], weights["A:B", "- → +, - → +"]
    assert main == pytest.approx(np.array([1 / 8 if cell[2] == "+" else -1 / 8 for cell in cells]))
    same = [cell[0] == cell[1] for cell in cells]
    assert interaction == pytest.approx(np.where(same, 1 / 8, -1 / 8))


def test_aliased_contrasts_have_no_weights():
    assert set(contrast_weights(cell_model(*HALF_OF_8)).values()) == {None}


def test_weights_of_an_irregular_fraction_give_the_effects_of_least_squares():
    rng = np.random.default_rng(0)
    factors = {"A": ("a", "b", "c"), "B": ("-", "+"), "C": ("-", "+")}
    every = list(itertools.product(*factors.values()))
    cells = [cell for n, cell in enumerate(every) if n != 5]
    response = rng.normal(size=len(cells))
    frame = pd.DataFrame(cells, columns=list(factors)).assign(y=response)
    expected = effects(frame, factors, "y").set_index(["term", "levels"])["estimate"]
    for compared, weights in contrast_weights(cell_model(factors, cells)).items():
        assert weights is not None
        assert weights @ response == pytest.approx(expected[compared])


def test_a_claim_limited_to_a_level_is_the_effect_at_that_level():
    factors, cells = HALF_OF_32
    model = cell_model(factors, cells)
    # Accuracy 3 for A at B=+, 1 at B=-: the effects of A are 3 and 1.
    response = [(3 if cell[1] == "+" else 1) * (cell[0] == "+") for cell in cells]
    for level, expected in (("+", 3), ("-", 1)):
        weights = difference_weights(model, "A", ("-", "+"), {"B": level})
        assert weights is not None
        assert weights @ np.array(response) == pytest.approx(expected)
    weights = difference_weights(model, "A", ("-", "+"), {})
    assert weights is not None
    assert weights @ np.array(response) == pytest.approx(2)


def as_cells(factors, cells):
    return [Cell.of(dict(zip(factors, cell, strict=True))) for cell in cells]


def test_aliases_are_told_in_sentences():
    assert alias_sentences(as_cells(*HALF_OF_8)) == (
        "can't tell A from B:C",
        "can't tell B from A:C",
        "can't tell C from A:B",
    )
    (told,) = alias_sentences(as_cells(*HALF_OF_32))
    assert told == (
        "tells all main effects and two-factor interactions, if no three factors interact"
    )


def test_a_claim_that_is_aliased_is_named_with_its_alias():
    claim = Claim(name="c", text="c", factor="B", better="+", worse="-")
    ((found, others),) = untold_claims(as_cells(*HALF_OF_8), [claim])
    assert (found.name, others) == ("c", "A:C")
    assert list(untold_claims(as_cells(*HALF_OF_32), [claim])) == []


def test_half_of_32_cells_is_worth_eight_matched_contexts():
    # Each effect is the difference of two means of 8 cells.
    assert equivalent_contexts(as_cells(*HALF_OF_32)) == dict.fromkeys("ABCDE", 8)
    assert equivalent_contexts(as_cells(*HALF_OF_8)) == {}
