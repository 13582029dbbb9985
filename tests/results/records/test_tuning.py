"""What is made of tuning trials, on numbers one can check by hand."""

import math

import pytest

from results.records.tuning import Tried, TunedCell, choose, expected_best, tried_value


def tried(*pairs):
    return [Tried(value=value, error=error, failed=False) for value, error in pairs]


def row(accuracy, outcome="trained"):
    return {"outcome": outcome, "test_accuracy": accuracy}


def test_the_lowest_error_is_chosen():
    assert choose(tried((0.1, 0.03), (0.01, 0.02), (0.001, 0.5))) == (0.01, False)


@pytest.mark.parametrize("best", [0.001, 0.1])
def test_the_outermost_value_tried_is_at_the_edge(best):
    values = [(value, 0.01 if value == best else 0.5) for value in (0.1, 0.01, 0.001)]
    assert choose(tried(*values)) == (best, True)


def test_of_a_plateau_the_middle_is_chosen_and_the_lower_of_two():
    plateau = tried((1.0, 0.9), (0.3, 0.02), (0.1, 0.02), (0.03, 0.02), (0.01, 0.4))
    assert choose(plateau) == (0.1, False)
    assert choose([*plateau, *tried((0.2, 0.02))]) == (0.1, False)


def test_the_error_of_a_value_is_the_mean_of_its_trainings():
    seen = tried_value(0.1, [row(0.96), row(0.92)])
    assert seen == Tried(value=0.1, error=pytest.approx(0.06), failed=False)


def test_a_training_that_raised_counts_as_all_wrong():
    seen = tried_value(0.1, [row(math.nan, "error"), row(0.9)])
    assert seen.error == pytest.approx(0.55)
    assert seen.failed


def test_a_training_that_learned_next_to_nothing_makes_its_value_a_failed_one():
    assert tried_value(0.1, [row(0.11, "constant"), row(0.95)]).failed
    assert not tried_value(0.1, [row(0.8, "partial"), row(0.95)]).failed


def test_a_value_with_a_pruned_training_is_no_failed_one_and_is_not_chosen():
    seen = tried_value(0.1, [row(0.99, "pruned"), row(0.1, "constant")])
    assert (seen.pruned, seen.failed) == (True, False)
    others = tried((0.2, 0.5), (0.3, 0.6))
    assert choose([seen, *others]) == (0.2, False)
    assert choose([*others, Tried(value=0.9, error=0.1, failed=False, pruned=True)]) == (0.2, True)


def cell(**changes):
    known = {"levels": {}, "low": 0.1, "high": 1.0, "values": (0.1, 0.2, 0.4, 0.8), "spent": 8}
    return TunedCell(**{**known, "chosen": 0.2, **changes})


@pytest.mark.parametrize(
    ("changes", "doubts"),
    [
        ({}, ()),
        ({"failed": 2}, ()),
        ({"failed": 3}, ("3/4 failed",)),
        ({"failed": 2, "pruned": 1}, ("2/3 failed",)),
        ({"pruned": 4}, ("all pruned",)),
        ({"at_edge": True}, ("best at the edge",)),
        ({"chosen": None}, ("not finished",)),
    ],
)
def test_doubts_on_a_choice_are_named(changes, doubts):
    assert cell(**changes).doubts == doubts


def test_the_expected_best_of_one_to_four_values():
    """The mirror of the known answers for the largest of 1, 2, 3, 4: 2.5, 10/3, 3.75, 4."""
    assert expected_best([3, 1, 4, 2]) == pytest.approx((2.5, 5 / 3, 1.25, 1))
    largest = [-error for error in expected_best([-1, -2, -3, -4])]
    assert largest == pytest.approx([2.5, 10 / 3, 3.75, 4])


def test_the_expected_best_of_many_values_does_not_overflow():
    expected = expected_best([place / 1100 for place in range(1100)])
    assert expected[0] == pytest.approx(1099 / 2200)
    assert expected[-1] == 0
