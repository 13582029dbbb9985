"""What tuning found in each cell: the values tried, the one chosen, and whether to trust it.

Nothing here searches; that is `study.tuning`. Nothing here looks at test images: errors are those
on the validation split that was held out of the training images.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from results.records.outcome import Outcome
from search_spaces import Level

# Where more of a cell's values than this share failed, too few were really compared.
_MOST_FAILED = 0.5
# A training that came part of the way shows what its value is worth.
_LEARNED = (Outcome.TRAINED, Outcome.PARTIAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A value and what its trainings gave.

    Args:
        value: of the setting.
        error: mean error rate on the validation split, 0-1; a training that raised counts as 1.
        failed: whether one or more of its trainings raised or learned next to nothing.
        pruned: whether one or more of them were stopped early; then it does not count as failed,
            and its error is that of the epochs they came to.
    """

    value: float
    error: float
    failed: bool
    pruned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TunedCell:
    """What tuning did in one cell.

    Args:
        levels: of its factors.
        low, high: the range in which values were looked for.
        values: those tried, in the order in which they were asked for.
        tuning_ids: ids of the trainings of each value.
        spent: trainings that have ended, those that raised or were pruned among them.
        epochs: of these; of one that raised all that it was to have.
        failed: values of which one or more trainings raised or learned next to nothing.
        pruned: values of which one or more trainings were stopped early.
        pruned_at: the epoch after which each of these trainings was stopped.
        chosen: the value with the lowest error; None until all have been tried.
        at_edge: whether the chosen one is the smallest or the largest of those tried, so that what
            lies beyond is not known.
        tuned_ids: the trials that are to show what the chosen value gives; none until it is chosen.
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
        """Whether more than half of its values failed, of those not pruned."""
        return self.failed > _MOST_FAILED * self._compared

    @property
    def doubts(self) -> tuple[str, ...]:
        """Why its chosen value is not to be trusted; none if it is."""
        if self.chosen is None:
            return ("not finished",)
        if not self._compared:
            return ("all pruned",)
        failed = f"{self.failed}/{self._compared} failed"
        return ("best at the edge",) * self.at_edge + (failed,) * self.mostly_failed

    @property
    def _compared(self) -> int:
        return len(self.values) - self.pruned


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """How the cells of a study were tuned, and what was found.

    Args:
        setting: the protocol setting that was tuned.
        values: how many values each cell may try.
        seeds: of the trainings of each value; none of them is a seed of the study's trials.
        sampler: how values were chosen.
        dataset_hash: of the validation split.
        train_size, validation_size: images it trains on and holds out.
        cells: one by one.
        prune: whether trainings that did badly were to be stopped early.
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
        """Trainings that each cell may spend."""
        return self.values * len(self.seeds)

    @property
    def equal_budgets(self) -> bool:
        """Whether all cells have spent theirs; with pruning their epochs differ all the same."""
        return all(cell.spent == self.budget for cell in self.cells)

    @property
    def pruned_at(self) -> tuple[int, ...]:
        """The epoch after which each training that was pruned was stopped."""
        return tuple(epoch for cell in self.cells for epoch in cell.pruned_at)

    @property
    def independent(self) -> bool:
        """Whether values were drawn independently of each other."""
        return self.sampler == "random"

    @property
    def tuning_ids(self) -> tuple[str, ...]:
        """Trials that were only there to tune."""
        return tuple(key for cell in self.cells for keys in cell.tuning_ids for key in keys)

    @property
    def tuned_ids(self) -> tuple[str, ...]:
        """Trials at the chosen values."""
        return tuple(key for cell in self.cells for key in cell.tuned_ids)


def tried_value(value: float, rows: Sequence[Mapping[str, Any]]) -> Tried:
    """What the trainings of a value gave; `rows` are their rows of `trials`, one or more."""
    raised = [row["outcome"] == Outcome.ERROR for row in rows]
    errors = [
        1.0 if broke else 1 - row["test_accuracy"] for row, broke in zip(rows, raised, strict=True)
    ]
    pruned = any(row["outcome"] == Outcome.PRUNED for row in rows)
    return Tried(
        value=value,
        error=sum(errors) / len(errors),
        failed=not pruned and any(row["outcome"] not in _LEARNED for row in rows),
        pruned=pruned,
    )


def choose(tried: Sequence[Tried]) -> tuple[float, bool]:
    """The value with the lowest error, and whether it is the smallest or the largest tried.

    Among several with the lowest error, as on a plateau, the middle one; the lower of two. A value
    that failed is chosen only where its error is the lowest all the same: the flags tell. One that
    was pruned is not, but counts for where the edge is.

    Args:
        tried: one value or more.
    """
    whole = [seen for seen in tried if not seen.pruned] or tried
    lowest = min(seen.error for seen in whole)
    best = sorted(seen.value for seen in whole if seen.error == lowest)
    chosen = best[(len(best) - 1) // 2]
    values = [seen.value for seen in tried]
    return chosen, chosen in (min(values), max(values))


def expected_best(errors: Sequence[float]) -> tuple[float, ...]:
    """The expected lowest error of n values drawn, for each n from 1 to all of them.

    The mean over all subsets of n of the N errors, which is unbiased: the sum over the sorted
    errors x_(i) of x_(i) C(N - i, n - 1) / C(N, n). Only for values drawn independently.

    Source: Tang et al. 2020, who correct the estimator of Dodge et al. 2019.
    """
    ordered, total = np.sort(errors), len(errors)
    # From one place to the next the share falls by (N - i - n + 1) / (N - i): whole binomial
    # coefficients would overflow.
    left = np.arange(total - 1, 0, -1)
    return tuple(
        float(ordered @ np.cumprod([drawn / total, *(1 - (drawn - 1) / left)]))
        for drawn in range(1, total + 1)
    )
