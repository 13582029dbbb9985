"""The outcome of a trial: one word that says whether it trained, from its recorded figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike


class Outcome(StrEnum):
    """How a trial ended, worst first; all outcomes but `TRAINED` and `PRUNED` are failures.

    Only trainings that tune a setting can be `PRUNED`. `MEANING` explains each outcome.

    Examples:
        >>> Outcome("stuck"), MEANING[Outcome.STUCK]
        (<Outcome.STUCK: 'stuck'>, 'never got far and ended below 50 %')
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
    """The test accuracies (0-1) that separate the outcomes.

    Args:
        trained: accuracy from which a trial counts as trained.
        stuck: accuracy below which a trial counts as stuck or collapsed.

    Examples:
        >>> figures = {"losses": [0.5], "test_accuracies": [0.8], "predicted": [0, 1]}
        >>> classify(**figures), classify(**figures, thresholds=Thresholds(trained=0.75))
        (<Outcome.PARTIAL: 'partial'>, <Outcome.TRAINED: 'trained'>)
    """

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

    The outcomes are tried in the order nan, constant, trained, partial, collapsed, stuck. So a
    trial that fell from its height differs from one that never rose, though both end low.

    Args:
        losses: all recorded training and test losses, any shape; NaN and infinity are allowed.
        test_accuracies: the test accuracy after each epoch, 0-1, in order, at least one.
        predicted: the predicted class of each test image, `(n_test_images,)`.
        thresholds: the accuracies that separate the outcomes.

    Examples:
        >>> classify(losses=[0.9, 0.2], test_accuracies=[0.6, 0.95], predicted=[0, 1, 1])
        <Outcome.TRAINED: 'trained'>
        >>> classify(losses=[0.9, 2.3], test_accuracies=[0.95, 0.1], predicted=[0, 1, 1])
        <Outcome.COLLAPSED: 'collapsed'>
        >>> classify(losses=[0.9, float("nan")], test_accuracies=[0.5, 0.1], predicted=[0, 0, 0])
        <Outcome.NAN: 'nan'>
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
