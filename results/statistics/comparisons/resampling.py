"""Differences about new data: each seed trained and tested on a part of the data of its own."""

import math

from results.statistics.error import StandardError


def resampled_error(
    error: StandardError, *, splits: float, train_size: int, test_size: int
) -> StandardError:
    """The error of a mean over splits of the same data, which overlap.

    Two splits share training examples, so their results go together and more splits tell less than
    they seem to: in place of 1/n the variance of a split counts 1/n + test_size / train_size times.

    Source: Nadeau & Bengio 2003, Machine Learning 52, equation 9.

    Args:
        error: the error if splits were independent: the deviation over splits over sqrt(n).
        splits: the number of splits, n; a mean of it where some are missing.
        train_size: the number of examples that each trained on.
        test_size: the number of examples that each tested on.

    Examples:
        >>> error = StandardError(value=1.0, df=9)
        >>> resampled_error(error, splits=10, train_size=455, test_size=114).value
        1.872...
    """
    value = error.value * math.sqrt(1 + splits * test_size / train_size)
    return StandardError(value=value, df=error.df)
