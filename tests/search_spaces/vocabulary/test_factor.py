"""What a factor may be."""

import pytest

from search_spaces import Factor, SpaceError


@pytest.mark.parametrize("name", ["", "filter order", "1st", "a-b", "class"])
def test_a_name_must_be_an_identifier(name):
    with pytest.raises(SpaceError, match=f"factor name {name!r} is not an identifier"):
        Factor(name=name, levels=("a",))


def test_a_factor_needs_a_level():
    with pytest.raises(SpaceError, match="factor 'loss' has no level; give it at least one"):
        Factor(name="loss", levels=())


def test_a_forgotten_comma_is_told():
    with pytest.raises(SpaceError, match=r"levels 'sgd' is one text; .* write \('sgd',\)"):
        Factor(name="optimizer", levels=("sgd"))


@pytest.mark.parametrize(
    "level", [None, True, False, "", float("nan"), float("inf"), -float("inf"), ("a",)]
)
def test_a_level_is_a_text_or_a_finite_number(level):
    with pytest.raises(SpaceError, match=r"factor 'loss': level .* must be a non-empty text"):
        Factor(name="loss", levels=(level,))


@pytest.mark.parametrize("levels", [("a", "b", "a"), (64, 64.0), (0.5, 1, 0.5)])
def test_a_level_given_twice_is_named(levels):
    with pytest.raises(SpaceError, match=f"factor 'x' has the level {levels[-1]!r} twice"):
        Factor(name="x", levels=levels)


def test_text_and_numbers_do_not_mix():
    with pytest.raises(SpaceError, match=r"factor 'x' mixes text and numbers: \('none', 1\)"):
        Factor(name="x", levels=("none", 1))


def test_whole_and_broken_numbers_mix():
    assert Factor(name="dropout", levels=(0, 0.5)).levels == (0, 0.5)


@pytest.mark.parametrize(
    ("level", "cost"), [("c", 2.0), ("a", 0.0), ("a", -1.0), ("a", float("nan")), ("a", 1e999)]
)
def test_a_relative_cost_is_positive_and_of_a_level(level, cost):
    with pytest.raises(SpaceError, match=f"relative_cost {cost} of level {level!r} must be"):
        Factor(name="x", levels=("a", "b"), relative_cost={level: cost})
