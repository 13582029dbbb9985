"""Did it train? One word per trial, from what was recorded of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike


class Outcome(StrEnum):
    """How a trial ended, worst first. All but `TRAINED` count as failed.

    `PRUNED` stands apart: only trainings that tune end so, and it is no failure of theirs.
    """

    ERROR = "error"
    NAN = "nan"
    CONSTANT = "constant"
    STUCK = "stuck"
    COLLAPSED = "collapsed"
    PARTIAL = "partial"
    TRAINED = "trained"
    PRUNED = "pruned"


MEANING = {
    Outcome.ERROR: "the training raised an error",
    Outcome.NAN: "a loss was not finite",
    Outcome.CONSTANT: "one answer for every test image",
    Outcome.STUCK: "never got far and ended below 50 %",
    Outcome.COLLAPSED: "was at 90 % or more, ended below 50 %",
    Outcome.PARTIAL: "ended between 50 and 90 %",
    Outcome.TRAINED: "ended at 90 % or more",
    Outcome.PRUNED: "tuning stopped it early, as it did worse than others",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """Test accuracies (0-1) that separate the outcomes."""

    trained: float = 0.90
    stuck: float = 0.50


DEFAULT_THRESHOLDS = Thresholds()


def classify(
    *,
    losses: ArrayLike,
    test_accuracies: Sequence[float],
    predicted: ArrayLike,
    thresholds: Thresholds = DEFAULT_THRESHOLDS,
) -> Outcome:
    """The outcome of a trial that ran to its end.

    The classes are tried in the order nan, constant, trained, partial, collapsed, stuck: a run that
    fell from its height is told from one that never rose, though both end low.

    Args:
        losses: every training and test loss recorded, any shape; NaN and infinity allowed.
        test_accuracies: after each epoch, 0-1, the final one last, at least one.
        predicted: class of each test image, `(n_test_images)`.
        thresholds: where the classes are cut.
    """
    if not np.isfinite(np.asarray(losses, dtype=float)).all():
        return Outcome.NAN
    if len(np.unique(np.asarray(predicted))) == 1:
        return Outcome.CONSTANT
    final = test_accuracies[-1]
    if final >= thresholds.trained:
        return Outcome.TRAINED
    if final >= thresholds.stuck:
        return Outcome.PARTIAL
    rose = max(test_accuracies) >= thresholds.trained
    return Outcome.COLLAPSED if rose else Outcome.STUCK
