"""The outcome of a trial: one word that says whether it trained, from its recorded figures."""

# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from search_spaces import Above

# How sure it has to be that a trial is better than the best constant answer: of a hundred trials
# that have learned nothing one may pass.
SURELY = 0.99


class Outcome(StrEnum):
    """How a trial ended, worst first; all outcomes but `TRAINED` and `PRUNED` are failures.

    Only trainings that tune a setting can be `PRUNED`. `meanings` explains each outcome.

    Examples:
        >>> Outcome("stuck"), meanings(EARLIER)[Outcome.STUCK]
        (<Outcome.STUCK: 'stuck'>, 'never got to 90 % and ended below 50 %')
    """

    ERROR = "error"
    NAN = "nan"
    CONSTANT = "constant"
    STUCK = "stuck"
    COLLAPSED = "collapsed"
    PARTIAL = "partial"
    TRAINED = "trained"
    PRUNED = "pruned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The test accuracies (0-1) that separate the outcomes.

    Args:
        trained: the accuracy from which on a trial counts as trained: it has learned.
        stuck: the accuracy below which one that did not counts as stuck or collapsed.
        declared: whether someone said from where on a trial has learned; else it is where it is
            surely better than the best constant answer.

    Examples:
        >>> figures = {"losses": [0.5], "test_accuracies": [0.8], "predicted": [0, 1]}
        >>> low = Thresholds(trained=0.75, stuck=0.5)
        >>> classify(**figures, thresholds=EARLIER), classify(**figures, thresholds=low)
        (<Outcome.PARTIAL: 'partial'>, <Outcome.TRAINED: 'trained'>)
    """

    trained: float
    stuck: float
    declared: bool = True

    @property
    def rule(self) -> Above:
        """The rule that these follow."""
        return Above(accuracy=self.trained if self.declared else None)

    def __str__(self) -> str:
        """From where on a trial has learned, and why, in words."""
        if self.declared:
            return f"test accuracy of {_percent(self.trained)} or more, as declared"
        return (
            f"test accuracy of {_percent(self.trained)} or more, surely better than the best "
            "constant answer"
        )


# Of records and studies before schema version 6, whatever their data.
EARLIER = Thresholds(trained=0.90, stuck=0.50)


def recorded_thresholds(row: Mapping[str, Any]) -> Thresholds:
    """The thresholds by which a recorded trial was judged.

    Args:
        row: the trial's row of the `trials` table; one recorded before there was a choice, or that
            raised, has none there.

    Examples:
        >>> recorded_thresholds({"learned_from": None, "stuck_below": None}) == EARLIER
        True
    """
    trained, stuck = row.get("learned_from"), row.get("stuck_below")
    if trained is None or stuck is None or math.isnan(trained) or math.isnan(stuck):
        return EARLIER
    # Only where nothing was declared are both the same.
    return Thresholds(trained=trained, stuck=stuck, declared=trained != stuck)


def find_thresholds(learned: Above, labels: ArrayLike) -> Thresholds:
    """The thresholds of trials that are tested on examples with these labels.

    Without a declared accuracy a trial has learned if it is surely better than the best constant
    answer: the lower limit of an exact interval (Clopper & Pearson 1934, one-sided, 99 %) lies
    above the share of the most frequent label.

    Args:
        learned: from where on a trial has learned.
        labels: the class of each test example, `(n_examples,)`, from 0.

    Raises:
        ValueError: no number of right answers would surely be better than the best constant answer,
            as where there is one class only, and no accuracy is declared.

    Examples:
        >>> find_thresholds(Above(), [0, 1] * 20)
        Thresholds(trained=0.7, stuck=0.7, declared=False)
        >>> find_thresholds(Above(accuracy=0.9), [0, 1] * 20)
        Thresholds(trained=0.9, stuck=0.7, declared=True)
    """
    chance = _better_than_constant(np.asarray(labels))
    if learned.accuracy is not None:
        stuck = learned.accuracy if chance is None else min(chance, learned.accuracy)
        return Thresholds(trained=learned.accuracy, stuck=stuck)
    if chance is None:
        raise ValueError(
            f"{np.size(labels)} test examples, {np.bincount(labels).max()} of them of one class: "
            "no answers can surely be better than that class for all of them"
        )
    return Thresholds(trained=chance, stuck=chance, declared=False)


def _better_than_constant(labels: NDArray[np.integer]) -> float | None:
    """The accuracy from which on answers are surely better than the best constant one."""
    largest, total = int(np.bincount(labels).max()), len(labels)
    counts = np.arange(largest, total + 1)
    # That so many right answers or more come by the share of the largest class alone.
    by_chance = special.bdtrc(counts - 1, total, largest / total)
    sure = counts[by_chance <= 1 - SURELY]
    return float(sure[0] / total) if len(sure) else None


def meanings(thresholds: Thresholds) -> dict[Outcome, str]:
    """What each outcome says of a trial, in words.

    Examples:
        >>> meanings(EARLIER)[Outcome.PARTIAL]
        'ended between 50 % and 90 %'
    """
    trained, stuck = _percent(thresholds.trained), _percent(thresholds.stuck)
    texts = {
        Outcome.ERROR: "the training raised an error",
        Outcome.NAN: "a loss was not finite",
        Outcome.CONSTANT: "one answer for every test image",
        Outcome.STUCK: f"never got to {trained} and ended below {stuck}",
        Outcome.COLLAPSED: f"was at {trained} or more, ended below {stuck}",
        Outcome.PARTIAL: f"ended between {stuck} and {trained}",
        Outcome.TRAINED: f"ended at {trained} or more",
        Outcome.PRUNED: "tuning stopped it early, as it did worse than others",
    }
    if thresholds.stuck == thresholds.trained:
        del texts[Outcome.PARTIAL]
    return texts


def _percent(accuracy: float) -> str:
    return f"{100 * accuracy:.4g} %"


def classify(
    *,
    losses: ArrayLike,
    test_accuracies: Sequence[float],
    predicted: ArrayLike,
    thresholds: Thresholds,
) -> Outcome:
    """The outcome of a trial that ran to its end.

    The outcomes are tried in the order nan, constant, trained, partial, collapsed, stuck. So a
    trial that fell from its height differs from one that never rose, though both end low.

    Args:
        losses: all recorded training and test losses, any shape; NaN and infinity are allowed.
        test_accuracies: the test accuracy after each epoch, 0-1, in order, at least one.
        predicted: the predicted class of each test image, `(n_test_images,)`.
        thresholds: the accuracies that separate the outcomes.

    Examples:
        >>> def ended(*accuracies, losses=(0.9, 0.2), predicted=(0, 1, 1)):
        ...     figures = {"losses": losses, "test_accuracies": accuracies, "predicted": predicted}
        ...     return str(classify(**figures, thresholds=EARLIER))
        >>> ended(0.6, 0.95), ended(0.95, 0.1), ended(0.95, 0.98, predicted=(0, 0, 0))
        ('trained', 'collapsed', 'constant')
        >>> ended(0.5, 0.1, losses=(0.9, float("nan")))
        'nan'
    """
    if not np.isfinite(np.asarray(losses, dtype=float)).all():
        return Outcome.NAN
    if len(np.unique(np.asarray(predicted))) == 1:
        return Outcome.CONSTANT
    return outcome_by_height(test_accuracies[-1], max(test_accuracies), thresholds)


def outcome_by_height(final: float, highest: float, thresholds: Thresholds) -> Outcome:
    """The outcome of a trial with finite losses and several answers.

    Args:
        final: its test accuracy at the end, 0-1.
        highest: the highest that it had after an epoch, 0-1.
        thresholds: the accuracies that separate the outcomes.

    Examples:
        >>> str(outcome_by_height(0.3, 0.95, EARLIER)), str(outcome_by_height(0.3, 0.4, EARLIER))
        ('collapsed', 'stuck')
    """
    if final >= thresholds.trained:
        return Outcome.TRAINED
    if final >= thresholds.stuck:
        return Outcome.PARTIAL
    return Outcome.COLLAPSED if highest >= thresholds.trained else Outcome.STUCK
