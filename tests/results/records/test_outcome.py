"""Did it train? By hand, STATISTICS 2.2."""

import math

import pytest

from results import Outcome, Thresholds, classify
from results.records.outcome import MEANING

SPREAD, ONE = [0, 1, 2], [1, 1, 1]


def outcome(*, losses=(0.5, 0.4), accuracies=(0.95,), predicted=SPREAD, **options):
    return classify(losses=losses, test_accuracies=accuracies, predicted=predicted, **options)


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


def test_every_outcome_has_a_meaning():
    assert list(MEANING) == list(Outcome)
