"""The search for each cell's value: what it needs trained, and what came of that. No Ray.

Records are the truth: what is recorded is never trained again, and a journal that is lost is made
again from them.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.storages import BaseStorage

from results.records.tuning import Tuning
from search_spaces import Regime, Trial
from study.tuning.cell_search import CellSearch
from study.tuning.plan import Task, TuningPlan

_NO_CURVES: Mapping[str, Sequence[float]] = {}


class Search:
    """The search for each cell's value: it says what to train, and is told what that gave.

    Examples:
        >>> from optuna.storages import InMemoryStorage
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> options = "--space smoke --dataset digits --tune --tune-values 3 --tune-seeds 2"
        >>> search = Search(make_plan(read_options(options.split())).tuning, {}, InMemoryStorage())
        >>> search.next_task().regime.value
        'tuning'
        >>> # In each of 4 cells 3 x 2 trainings, and one seed at the value that is chosen.
        >>> len(search.expected_trainings())
        28
    """

    def __init__(
        self,
        plan: TuningPlan,
        rows: Mapping[str, Mapping[str, Any]],
        storage: BaseStorage,
        *,
        curves: Mapping[str, Sequence[float]] = _NO_CURVES,
    ) -> None:
        """Take up the search where the records leave it.

        Args:
            plan: how the cells are tuned.
            rows: the rows of `trials` of finished trials, by trial id; rows of other studies may be
                among them.
            storage: where the Optuna studies are kept, one for each cell.
            curves: the validation accuracies (0-1) after each epoch, by trial id, as far as they
                are recorded.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan = plan
        self._rows = dict(rows)
        self._curves = dict(curves)
        self._queue: deque[Task] = deque()
        self._cell_of: dict[str, CellSearch] = {}
        self._cells = [
            CellSearch(plan, cell, self._rows, self._curves, storage) for cell in plan.cells
        ]
        # A stable sort: equal costs keep the plan's order.
        for cell in sorted(self._cells, key=lambda cell: -cell.plan.trials[0].relative_cost):
            self._advance(cell)

    @property
    def over(self) -> bool:
        """Whether there is nothing to train any more, whatever the search is still told."""
        return not self._queue and all(cell.chosen is not None for cell in self._cells)

    def next_task(self) -> Task | None:
        """The next trial to train; None where there is none, or none yet."""
        return self._queue.popleft() if self._queue else None

    def add(self, row: Mapping[str, Any]) -> bool:
        """Take in the row of a trial that has ended; whether a cell's value is chosen by it."""
        self._rows[row["trial_id"]] = row
        cell = self._cell_of.get(row["trial_id"])
        if cell is None or cell.chosen is not None:
            return False
        self._advance(cell)
        return cell.chosen is not None

    def add_curve(self, trial_id: str, accuracies: Sequence[float]) -> bool:
        """Take in the curve of a running training; whether that training is to be stopped.

        A training that does not tune is never stopped.

        Args:
            trial_id: the training.
            accuracies: its validation accuracies (0-1) after each epoch so far.
        """
        self._curves[trial_id] = tuple(accuracies)
        return trial_id in self._cell_of and self._cell_of[trial_id].falls_behind(trial_id)

    def expected_trainings(self) -> list[Trial]:
        """The trials that lack a finished record, as many and as costly as they will be.

        For values that are not known yet trials of equal cost stand in, so these ids are good for
        counting and for progress, not for records.
        """
        return [trial for cell in self._cells for trial in cell.expected_trainings()]

    def found(self) -> Tuning:
        """What the search has found in each cell so far, as `study.json` keeps it."""
        return Tuning(
            setting=self._plan.setting,
            values=self._plan.budget.values,
            seeds=self._plan.seeds,
            sampler=self._plan.budget.sampler,
            dataset_hash=self._plan.dataset.hash,
            train_size=len(self._plan.dataset.y_train),
            validation_size=len(self._plan.dataset.y_test),
            cells=tuple(cell.found() for cell in self._cells),
            prune=self._plan.budget.prune,
        )

    def _advance(self, cell: CellSearch) -> None:
        """Queue what a cell needs trained next, but for what is recorded."""
        trainings = cell.advance()
        self._cell_of.update({trial.id: cell for trial in trainings})
        prunable = self._plan.budget.prune
        tasks = [Task(trial=trial, regime=Regime.TUNING, prunable=prunable) for trial in trainings]
        self._queue.extend(task for task in tasks if task.trial.id not in self._rows)
        if cell.chosen is not None:
            tuned = self._plan.tuned_trials(cell.plan, cell.chosen)
            # In front: a cell that has been tuned is finished before another one is begun.
            self._queue.extendleft(
                Task(trial=trial, regime=Regime.TUNED)
                for trial in reversed(tuned)
                if trial.id not in self._rows
            )
