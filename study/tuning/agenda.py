"""What a study has still to train, in the order in which it is handed out. No Ray."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from results import Record
from search_spaces import Cell, Trial
from study.tuning.plan import Task
from study.tuning.search import Search

# After so many, a worker makes place for a new one: the graphs that it has traced for each cell
# keep 30 to 50 MB that TensorFlow never gives back.
_CELLS_OF_A_WORKER = 40


class Agenda:
    """Hands out each trial once; those of a search come first, as others may hang on them."""

    def __init__(
        self,
        trials: Sequence[Trial],
        search: Search | None = None,
        *,
        on_choice: Callable[[], object] = lambda: None,
        cells_of_a_worker: int = _CELLS_OF_A_WORKER,
    ) -> None:
        """Nothing is handed out yet.

        Args:
            trials: those at the fixed setting, handed out by relative cost, the largest first.
            search: what else is to be trained.
            on_choice: called when a cell's value has been chosen.
            cells_of_a_worker: about so many it may train; of more, all seeds of a cell are handed
                out together, so that as few workers as can be meet it.
        """
        self.cells_of_a_worker = cells_of_a_worker
        self._fixed = deque(Task(trial=trial) for trial in _in_order(trials, cells_of_a_worker))
        self._search = search
        self._on_choice = on_choice
        self._given: set[str] = set()
        self._next: Task | None = None
        self.size = len(trials) + (len(search.left()) if search else 0)

    def next_task(self) -> Task | None:
        """The next trial; None where there is none until more of them have ended, or ever."""
        task, self._next = self.peek(), None
        return task

    def peek(self) -> Task | None:
        """The same, without handing it out."""
        self._next = self._next or self._new_task()
        return self._next

    @property
    def over(self) -> bool:
        """Whether nothing will be handed out any more."""
        return not (self._next or self._fixed) and (self._search is None or self._search.over)

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in the row of `trials` of one that has ended, after it has been stored."""
        if self._search and self._search.add(row):
            self._on_choice()

    def prunes(self, so_far: Record) -> bool:
        """Whether to stop a prunable training, by what it would leave if it ended now."""
        accuracies = so_far.epochs["test_accuracy"].to_numpy().tolist()
        return self._search is not None and self._search.prunes(so_far.trial_id, accuracies)

    def _new_task(self) -> Task | None:
        while task := (self._search and self._search.next_task()) or self._next_fixed():
            # A cell may have chosen the fixed setting: then its trials are the same.
            if task.trial.id not in self._given:
                self._given.add(task.trial.id)
                return task
        return None

    def _next_fixed(self) -> Task | None:
        return self._fixed.popleft() if self._fixed else None


def _in_order(trials: Sequence[Trial], most_cells: int) -> list[Trial]:
    # Stable sorts: equal costs keep the plan's order.
    longest_first = sorted(trials, key=lambda trial: -trial.relative_cost)
    first_seen: dict[Cell, int] = {}
    for trial in longest_first:
        first_seen.setdefault(trial.cell, len(first_seen))
    if len(first_seen) <= most_cells:
        return longest_first
    return sorted(longest_first, key=lambda trial: first_seen[trial.cell])
