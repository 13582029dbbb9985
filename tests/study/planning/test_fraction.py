"""Which cells a fraction has, and which fractions are refused."""

import math
from collections import Counter

import pytest

from search_spaces import Claim, Factor, Space, SpaceError, find_space
from study.planning.fraction import (
    _designed,
    _of_earlier_versions,
    _parts,
    as_begun,
    sturdier_design,
    with_fraction,
)

FULL = find_space("full")


def space_of(*sizes, claims=()):
    factors = tuple(
        Factor(name="ABCDEFGHIJ"[n], levels=tuple(range(size))) for n, size in enumerate(sizes)
    )
    return Space(
        name="s", title="s", factors=factors, settings={}, claims=claims, factory="f", maths="m"
    )


def signs(cells):
    """The product of the signs of each cell of two-level factors."""
    return {math.prod(2 * level - 1 for _, level in cell.levels) for cell in cells}


def test_half_of_five_two_level_factors_is_the_one_of_resolution_five():
    # The defining relation is that the product of all signs is the same.
    cells = with_fraction(space_of(2, 2, 2, 2, 2), 2).cells()
    assert len(cells) == 16
    assert len(signs(cells)) == 1


def test_half_of_three_two_level_factors_is_that_of_the_textbook():
    cells = with_fraction(space_of(2, 2, 2), 2).cells()
    assert len(cells) == 4
    assert len(signs(cells)) == 1


def test_a_quarter_of_six_two_level_factors_has_resolution_four():
    cells = with_fraction(space_of(2, 2, 2, 2, 2, 2), 4).cells()
    assert len(cells) == 16
    for first in range(6):
        for second in range(first + 1, 6):
            pairs = Counter((cell.levels[first][1], cell.levels[second][1]) for cell in cells)
            assert set(pairs.values()) == {4}


def test_without_a_size_the_smallest_that_tells_enough_is_taken():
    assert len(with_fraction(FULL, None).cells()) == 16
    # 130 coefficients; a seventh of the 1,350 cells leaves four of them open.
    assert len(with_fraction(find_space("extended"), None).cells()) == 225


def test_every_level_is_in_a_mixed_fraction_about_equally_often():
    cells = with_fraction(find_space("extended"), 3).cells()
    assert len(cells) == 450
    optimizers = Counter(cell.as_dict()["optimizer"] for cell in cells)
    assert set(optimizers.values()) == {75}


def test_held_factors_stay_held():
    space = FULL.narrowed({"optimizer": ["sgd"]})
    cells = with_fraction(space, 2).cells()
    assert len(cells) == 8
    assert {cell.as_dict()["optimizer"] for cell in cells} == {"sgd"}


def test_its_trials_are_among_those_of_the_whole():
    assert set(with_fraction(FULL, 2).cells()) < set(FULL.cells())


def test_a_fraction_that_cannot_judge_a_claim_is_refused_with_the_reason():
    claim = Claim(name="mine", text="m", factor="A", better=1, worse=0)
    with pytest.raises(SpaceError, match=r"claim 'mine' can't be judged, as 4 cells can't tell A"):
        with_fraction(space_of(2, 2, 2, claims=(claim,)), 2)
    assert len(with_fraction(space_of(2, 2, 2), 2).cells()) == 4


def test_where_no_fraction_tells_enough_that_is_said():
    with pytest.raises(SpaceError, match="no fraction tells all main effects"):
        with_fraction(space_of(2, 2), None)


def test_a_fraction_of_too_few_levels_is_refused():
    with pytest.raises(SpaceError, match=r"--fraction 50: too few levels.*N can be 2$"):
        with_fraction(space_of(2, 2, 2), 50)
    with pytest.raises(SpaceError, match=r"--fraction 9999: .*N can be 2, 3, 4, 5, 6$"):
        with_fraction(find_space("extended"), 9999)
    # Seven factors fit into the eight cells of a sixteenth, an eighth factor doesn't.
    with pytest.raises(SpaceError, match=r"--fraction 20: .*N can be 2, 4, 8, 16$"):
        with_fraction(space_of(2, 2, 2, 2, 2, 2, 2), 20)
    with pytest.raises(SpaceError, match="N can be nothing: run --design full"):
        with_fraction(space_of(2, 2), 2)


def test_without_a_size_ten_factors_get_the_eighth_that_tells_enough():
    # Resolution V: 128 cells for 56 coefficients.
    assert len(with_fraction(space_of(*[2] * 10), None).cells()) == 128


def earlier_cells(space, part):
    return _designed(space, part, _of_earlier_versions).cells


def test_the_choice_of_earlier_versions_stays_what_it_was():
    assert _of_earlier_versions(9, 4) == "a b c d e abcde cde bde ace"


def test_a_study_that_began_with_an_earlier_fraction_keeps_its_cells(monkeypatch):
    monkeypatch.setattr("study.planning.fraction._EARLIER_ATTEMPTS", 50)
    space = space_of(*[2] * 9)
    present = with_fraction(space, 16)
    earlier, now = set(earlier_cells(space, 16)), set(present.cells())
    assert (len(earlier), len(now), earlier == now) == (32, 32, False)
    recorded = [cell for cell in earlier if cell not in now][:3]
    assert set(as_begun(present, 16, recorded).cells()) == earlier
    # What both have, or all combinations, says nothing of an earlier beginning.
    for others in (earlier & now, space.cells()):
        assert as_begun(present, 16, others) == present


@pytest.mark.parametrize(("count", "part"), [(5, 2), (5, 4), (6, 4), (7, 8), (8, 16)])
def test_most_fractions_are_those_of_earlier_versions(count, part):
    space = space_of(*[2] * count)
    assert with_fraction(space, part).cells() == earlier_cells(space, part)


def test_a_sturdier_design_is_named_with_its_options():
    assert sturdier_design(with_fraction(FULL, None)) == "--design full"
    seven = with_fraction(space_of(*[2] * 7), 4)
    assert sturdier_design(seven) == "--fraction 2"


@pytest.mark.parametrize("count", [3, 4, 5, 6, 7])
def test_each_fraction_that_is_offered_can_be_made(count):
    sizes = [2] * count
    for part in _parts(sizes):
        assert len(with_fraction(space_of(*sizes), part).cells()) == 2**count // part
