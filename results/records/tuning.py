"""What tuning found in each cell: the values tried, the chosen value, and whether to trust it.

The search itself is in `study.tuning`. Nothing here looks at test images: an error is the error
rate on the validation split, which is held out of the training images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from results.records.outcome import Outcome
from search_spaces import Level

# If more than this share of a cell's values failed, too few were really compared.
_MOST_FAILED = 0.5
# Trainings with these outcomes show what a value is worth.
_LEARNED = (Outcome.TRAINED, Outcome.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A value of the tuned setting and what its trainings gave.

    Args:
        value: the value tried.
        error: mean error rate of its trainings on the validation split, 0-1; a training that raised
            counts as 1, a pruned one by the epochs it came to.
        failed: whether any of its trainings raised or learned next to nothing; False if pruned.
        pruned: whether any of its trainings was stopped early.

    Examples:
        >>> good = Tried(value=0.01, error=0.10, failed=False)
        >>> better = Tried(value=0.1, error=0.04, failed=False)
        >>> choose([good, better, Tried(value=1.0, error=0.90, failed=True)])
        (0.1, False)
    """

    value: float
    error: float
    failed: bool
    pruned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedCell:
    """What tuning did in one cell.

    Args:
        levels: the cell's level of each factor.
        low, high: ends of the range that the search could choose values from.
        values: the values tried, in the order in which the search asked for them.
        tuning_ids: ids of the trainings of each value, in the order of `values`.
        spent: number of trainings that have ended; it counts those that raised or were pruned.
        epochs: number of epochs of these trainings; one that raised counts all it was planned for.
        failed: number of values of which any training raised or learned next to nothing.
        pruned: number of values of which any training was stopped early.
        pruned_at: the epoch after which each pruned training was stopped.
        chosen: the value with the lowest error; None until all have been tried.
        at_edge: whether the chosen value is the smallest or the largest tried, so that a better one
            may lie beyond.
        tuned_ids: ids of the trials at the chosen value; none until it is chosen.

    Examples:
        >>> values = (0.01, 0.1, 1.0)
        >>> cell = TunedCell(levels={"loss": "mse"}, low=0.001, high=1.0, values=values, failed=2)
        >>> cell.mostly_failed, cell.doubts
        (True, ('not finished',))
    """

    levels: Mapping[str, Level]
    low: float
    high: float
    values: tuple[float, ...] = ()
    tuning_ids: tuple[tuple[str, ...], ...] = ()
    spent: int = 0
    epochs: int = 0
    failed: int = 0
    pruned: int = 0
    pruned_at: tuple[int, ...] = ()
    chosen: float | None = None
    at_edge: bool = False
    tuned_ids: tuple[str, ...] = ()

    @property
    def mostly_failed(self) -> bool:
        """Whether more than half of the cell's values that were not pruned failed."""
        return self.failed > _MOST_FAILED * self._compared

    @property
    def doubts(self) -> tuple[str, ...]:
        """The reasons not to trust the chosen value; none if it can be trusted."""
        if self.chosen is None:
            return ("not finished",)
        if not self._compared:
            return ("all pruned",)
        failed = f"{self.failed}/{self._compared} failed"
        return ("best at the edge",) * self.at_edge + (failed,) * self.mostly_failed

    @property
    def _compared(self) -> int:
        """Number of values that were trained to the end."""
        return len(self.values) - self.pruned


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How the cells of a study were tuned, and what tuning found.

    Args:
        setting: name of the protocol setting that was tuned.
        values: number of values that each cell may try.
        seeds: the seeds of each value's trainings; none of them is a seed of the study's trials.
        sampler: name of the way in which the search chose values.
        dataset_hash: hash of the validation split as a data set.
        train_size, validation_size: numbers of images that tuning trained on and held out.
        cells: what tuning did in each cell.
        prune: whether trainings that did badly could be stopped early.

    Examples:
        >>> from results import load_study
        >>> tuning = load_study(tuned_directory).description.tuning
        >>> tuning.setting, tuning.values, tuning.seeds, tuning.budget
        ('learning_rate', 3, (1000000, 1000001), 6)
        >>> [cell.chosen for cell in tuning.cells]
        [0.03, 0.3, 0.03, 0.3]
    """

    setting: str
    values: int
    seeds: tuple[int, ...]
    sampler: str
    dataset_hash: str
    train_size: int
    validation_size: int
    cells: tuple[TunedCell, ...]
    prune: bool = False

    @property
    def budget(self) -> int:
        """Number of trainings that each cell may spend."""
        return self.values * len(self.seeds)

    @property
    def equal_budgets(self) -> bool:
        """Whether every cell has spent its budget; if pruned, cells differ in epochs even so."""
        return all(cell.spent == self.budget for cell in self.cells)

    @property
    def pruned_at(self) -> tuple[int, ...]:
        """The epoch after which each pruned training of any cell was stopped."""
        return tuple(epoch for cell in self.cells for epoch in cell.pruned_at)

    @property
    def independent(self) -> bool:
        """Whether the search drew values independently of each other."""
        return self.sampler == "random"

    @property
    def tuning_ids(self) -> tuple[str, ...]:
        """Ids of the trials that only served to choose values."""
        return tuple(key for cell in self.cells for keys in cell.tuning_ids for key in keys)

    @property
    def tuned_ids(self) -> tuple[str, ...]:
        """Ids of the trials at the chosen values."""
        return tuple(key for cell in self.cells for key in cell.tuned_ids)


def tried_value(value: float, rows: Sequence[Mapping[str, Any]]) -> Tried:
    """What the trainings of a value gave.

    Args:
        value: the value of the tuned setting.
        rows: the trainings' rows of `trials`, one or more.

    Examples:
        >>> rows = [
        ...     {"outcome": "trained", "test_accuracy": 0.9},
        ...     {"outcome": "error", "test_accuracy": None},
        ... ]
        >>> tried_value(0.1, rows)
        Tried(value=0.1, error=0.55, failed=True, pruned=False)
    """
    errors = [1.0 if row["outcome"] == Outcome.ERROR else 1 - row["test_accuracy"] for row in rows]
    pruned = any(row["outcome"] == Outcome.PRUNED for row in rows)
    return Tried(
        value=value,
        error=sum(errors) / len(errors),
        failed=not pruned and any(row["outcome"] not in _LEARNED for row in rows),
        pruned=pruned,
    )


def choose(tried: Sequence[Tried]) -> tuple[float, bool]:
    """The value with the lowest error, and whether it is the smallest or the largest tried.

    Of several values with the lowest error, as on a plateau, the middle one is chosen; of two, the
    lower one. A value that failed is chosen if its error is the lowest even so. A pruned value is
    chosen only if all were pruned, but counts as tried.

    Args:
        tried: the values tried, one or more.

    Examples:
        >>> errors = {0.001: 0.3, 0.01: 0.1, 0.1: 0.1, 1.0: 0.1, 10.0: 0.8}
        >>> choose([Tried(value=v, error=e, failed=False) for v, e in errors.items()])
        (0.1, False)
    """
    candidates = [candidate for candidate in tried if not candidate.pruned] or tried
    lowest = min(candidate.error for candidate in candidates)
    best = sorted(candidate.value for candidate in candidates if candidate.error == lowest)
    chosen = best[(len(best) - 1) // 2]
    values = [candidate.value for candidate in tried]
    return chosen, chosen in (min(values), max(values))


def expected_best(errors: Sequence[float]) -> tuple[float, ...]:
    """The expected lowest error of n values drawn, for each n from 1 to all of them.

    This is the mean of the lowest error over all subsets of n of the N errors, which is unbiased:
    the sum over the sorted errors x_(i) of x_(i) C(N - i, n - 1) / C(N, n). It holds only for
    values that were drawn independently.

    Source: Tang et al. 2020, who correct the estimator of Dodge et al. 2019.

    Args:
        errors: the error of each value tried, 0-1, `(N,)`.

    Examples:
        >>> [round(error, 6) for error in expected_best([0.5, 0.2, 0.2])]
        [0.3, 0.2, 0.2]
    """
    ordered, total = np.sort(errors), len(errors)
    # From one place to the next the share falls by (N - i - n + 1) / (N - i): whole binomial
    # coefficients would overflow.
    remaining = np.arange(total - 1, 0, -1)
    return tuple(
        float(ordered @ np.cumprod([size / total, *(1 - (size - 1) / remaining)]))
        for size in range(1, total + 1)
    )
