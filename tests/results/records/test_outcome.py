"""Did it train? By hand, STATISTICS 2.2."""

import math

import numpy as np
import pytest

from results import Outcome, Thresholds, classify, find_thresholds
from results.records.outcome import EARLIER, meanings, recorded_thresholds
from search_spaces import Above, SpaceError

SPREAD, ONE = [0, 1, 2], [1, 1, 1]


def outcome(*, losses=(0.5, 0.4), accuracies=(0.95,), predicted=SPREAD, thresholds=EARLIER):
    return classify(
        losses=losses, test_accuracies=accuracies, predicted=predicted, thresholds=thresholds
    )


@pytest.mark.parametrize(
    ("accuracies", "expected"),
    [
        ((0.1, 0.95), "trained"),
        ((0.95, 0.90), "trained"),
        ((0.95, 0.8999), "partial"),
        ((0.1, 0.7), "partial"),
        ((0.1, 0.50), "partial"),
        ((0.1, 0.4999), "stuck"),
        ((0.8999, 0.1), "stuck"),
        ((0.90, 0.1), "collapsed"),
        ((0.1, 0.99, 0.4999), "collapsed"),
        ((0.1,), "stuck"),
    ],
)
def test_the_final_accuracy_and_the_height_before_it_decide(accuracies, expected):
    assert outcome(accuracies=accuracies) == expected


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_comes_before_all_else(loss):
    assert outcome(losses=(0.5, loss, 0.4)) is Outcome.NAN
    assert outcome(losses=[[0.5, 0.4], [loss, 0.3]], predicted=ONE) is Outcome.NAN


@pytest.mark.parametrize("accuracies", [(0.95, 0.98), (0.99, 0.1), (0.1135,), (0.7,)])
def test_one_answer_for_every_image_is_constant_at_any_accuracy(accuracies):
    assert outcome(accuracies=accuracies, predicted=ONE) is Outcome.CONSTANT


def test_the_notebooks_model_4_is_constant():
    assert outcome(losses=[0.089987], accuracies=[0.1135], predicted=[1] * 10) == "constant"


def test_thresholds_can_be_moved():
    lower = Thresholds(trained=0.6, stuck=0.2)
    assert outcome(accuracies=(0.7,), thresholds=lower) is Outcome.TRAINED
    assert outcome(accuracies=(0.3,), thresholds=lower) is Outcome.PARTIAL


@pytest.mark.parametrize("thresholds", [EARLIER, Thresholds(trained=0.7, stuck=0.2)])
def test_every_outcome_has_a_meaning(thresholds):
    assert list(meanings(thresholds)) == list(Outcome)


def test_without_a_declared_accuracy_no_run_is_half_trained():
    chance = find_thresholds(Above(), [0, 1] * 100)
    assert Outcome.PARTIAL not in meanings(chance)
    assert [outcome(accuracies=(a,), thresholds=chance) for a in (0.585, 0.58)] == [
        Outcome.TRAINED,
        Outcome.STUCK,
    ]


def test_a_run_has_learned_where_it_is_surely_better_than_the_best_constant_answer():
    """R: 1 - pbinom(116, 200, 0.5) = 0.0098, 1 - pbinom(115, 200, 0.5) = 0.0141."""
    assert find_thresholds(Above(), [0, 1] * 100).trained == 117 / 200
    # Of 95 % in one class, by the exact interval 98 of 100 are not enough: 0.118; 100 are: 0.0059.
    lopsided = [0] * 95 + [1] * 5
    assert find_thresholds(Above(), lopsided).trained == 1.0


def test_its_lower_limit_is_that_of_the_exact_interval():
    """One-sided Clopper-Pearson at 99 %, by the beta distribution."""
    from scipy.stats import beta

    labels = np.repeat(np.arange(7), [50, 30, 30, 30, 30, 20, 10])
    right = round(find_thresholds(Above(), labels).trained * 200)
    assert beta.ppf(0.01, right, 200 - right + 1) > 50 / 200
    assert beta.ppf(0.01, right - 1, 200 - right + 2) < 50 / 200


def test_a_declared_accuracy_holds_whatever_the_data():
    assert find_thresholds(Above(accuracy=0.7), [0, 1] * 100).trained == 0.7
    # What is declared below chance is what was declared.
    low = find_thresholds(Above(accuracy=0.3), [0, 1] * 100)
    assert (low.trained, low.stuck, low.declared) == (0.3, 0.3, True)
    assert find_thresholds(Above(accuracy=0.8), [3] * 10).trained == 0.8


@pytest.mark.parametrize("labels", [[1] * 50, [0, 1, 1]])
def test_where_nothing_can_surely_be_better_something_has_to_be_declared(labels):
    with pytest.raises(ValueError, match=f"{len(labels)} test examples, .* of them of one class"):
        find_thresholds(Above(), labels)


def test_a_record_says_by_what_it_was_judged():
    row = {"learned_from": 0.12, "stuck_below": 0.12}
    assert recorded_thresholds(row) == Thresholds(trained=0.12, stuck=0.12, declared=False)
    assert recorded_thresholds({"learned_from": math.nan, "stuck_below": math.nan}) == EARLIER


@pytest.mark.parametrize("accuracy", [0, 1.1, -0.5, True, "0.9", math.nan])
def test_an_accuracy_that_is_none_is_refused(accuracy):
    with pytest.raises(SpaceError, match=r"allowed is above 0 to 1, as 0\.9"):
        Above(accuracy=accuracy)
