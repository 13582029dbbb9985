"""What `anova` and `effects` take: levels and their order, names, and what they refuse."""

import math

import pandas as pd
import pytest

from results.effects import anova, effects
from tests.given.known_answers import TWO_BY_TWO


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (["b", "a", "c"], ["a → b", "a → c", "b → c"]),
        ([10, 9, 100], ["9 → 10", "9 → 100", "10 → 100"]),
        ([0.5, 0.05, 1e-3], ["0.001 → 0.05", "0.001 → 0.5", "0.05 → 0.5"]),
        (pd.Categorical(["b", "a", "c"], ["c", "b", "x", "a"]), ["c → b", "c → a", "b → a"]),
    ],
    ids=["text", "whole", "fractions", "categories"],
)
def test_levels_are_in_the_order_of_their_kind(column, expected):
    frame = pd.DataFrame({"f": column, "y": [1.0, 2.0, 4.0]})
    assert effects(frame, ["f"], "y")["levels"].tolist() == expected


def test_false_comes_before_true():
    frame = pd.DataFrame({"f": [True, False], "y": [5.0, 2.0]})
    assert effects(frame, ["f"], "y").loc[0, ["levels", "estimate"]].tolist() == ["False → True", 3]


def test_declared_levels_give_the_order_and_match_numbers_by_value():
    frame = pd.DataFrame({"batch": [32.0, 128.0, 64.0], "y": [1.0, 2.0, 4.0]})
    table = effects(frame, {"batch": (128, 32, 64)}, "y")
    assert table["levels"].tolist() == ["128 → 32", "128 → 64", "32 → 64"]
    assert table["estimate"].tolist() == pytest.approx([-1.0, 2.0, 3.0])


@pytest.mark.parametrize("names", [("1", "2"), ("filter order", "C(a)"), ("y ~ x", "Q('é')")])
def test_any_name_will_do(names):
    frame = TWO_BY_TWO.set_axis([*names, "the response"], axis=1)
    table = effects(frame, names, "the response")
    assert table["term"].tolist() == [*names, ":".join(names)]
    assert table["estimate"].tolist() == pytest.approx([8.0, 4.0, 2.0])


@pytest.mark.parametrize("dtype", ["int64", "float32", "Float64", "Int64", "bool"])
def test_any_kind_of_number_will_do(dtype):
    frame = TWO_BY_TWO.assign(y=pd.array([0, 1, 1, 1], dtype=dtype))
    assert effects(frame, ["A", "B"], "y")["estimate"].tolist() == pytest.approx([0.5, 0.5, -0.5])


def test_the_frame_is_left_as_it_is():
    given = TWO_BY_TWO.copy()
    effects(given, ["A", "B"], "y")
    anova(given, ["A", "B"], "y")
    pd.testing.assert_frame_equal(given, TWO_BY_TWO)


@pytest.mark.parametrize("function", [anova, effects])
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factors": ["A", "b"]}, r"unknown column 'b'; .* A, B, y"),
        ({"response": "Y"}, r"unknown column 'Y'"),
        ({"block": "sed"}, r"unknown column 'sed'; did you mean 'seed'\?"),
        ({"factors": "AB"}, r"factors 'AB': give at least one column, as in \['"),
        ({"factors": []}, r"factors \[\]: give at least one"),
        ({"factors": ["A", "A"]}, r"column 'A' is there twice"),
        ({"block": "A"}, r"column 'A' is there twice"),
        ({"factors": ["A", "y"]}, r"column 'y' is there twice"),
        ({"factors": ["A", "B:C"]}, r"column 'B:C' can't be a factor or block: a colon joins"),
        ({"factors": ["A", "total"]}, r"column 'total' can't be .* residual and total"),
        ({"order": 0}, r"order 0: allowed are whole numbers from 1"),
        ({"response": "text"}, r"response 'text' is of type .*; allowed are numbers"),
        ({"response": "complex"}, r"response 'complex' is of type complex128; allowed"),
        ({"response": "infinite"}, r"'infinite' has 1 infinite values; allowed are finite"),
        ({"response": "once"}, r"'once' has 1 values in 4 rows; at least 2"),
        ({"response": "never"}, r"'never' has 0 values in 4 rows"),
        ({"factors": ["gaps"]}, r"column 'gaps' has 1 rows without a level"),
        ({"factors": ["mixed"]}, r"levels of 'mixed' can't be sorted .*; declare them"),
        ({"factors": {"A": [0, 2]}}, r"column 'A' has 1, .* none of its .* allowed: 0, 2"),
        ({"factors": {"A": [0, 1, 1]}}, r"levels of 'A': \[0, 1, 1\] is no list of different"),
        ({"factors": {"A": "01"}}, r"levels of 'A': '01' is no list"),
    ],
)
def test_what_is_wrong_is_refused_by_name(function, arguments, message):
    frame = TWO_BY_TWO.assign(
        **{"seed": 0, "B:C": [0, 1, 0, 1], "total": [0, 1, 0, 1], "text": list("abcd")},
        **{"complex": [1j] * 4, "infinite": [1, 2, 3, -math.inf], "never": math.nan},
        **{"once": [1, *[math.nan] * 3], "gaps": ["a", None, "b", "a"], "mixed": ["a", 1, 2, 3]},
    )
    with pytest.raises(ValueError, match=message):
        function(frame, **{"factors": ["A", "B"], "response": "y"} | arguments)


def test_an_empty_frame_is_refused():
    with pytest.raises(ValueError, match="'y' has 0 values in 0 rows; at least 2"):
        anova(TWO_BY_TWO.head(0), ["A", "B"], "y")


def test_a_column_that_is_there_twice_is_refused():
    twice = pd.concat([TWO_BY_TWO, TWO_BY_TWO[["A"]]], axis=1)
    with pytest.raises(ValueError, match="column 'A' is there twice"):
        effects(twice, ["A"], "y")
