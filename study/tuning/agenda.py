"""What a study has still to train, in the order in which it is handed out. No Ray."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from results import Record
from search_spaces import Cell, Trial
from study.tuning.plan import Task
from study.tuning.search import Search

# After so many cells a worker makes place for a new one: the graphs that it has traced for each
# keep 30 to 50 MB that TensorFlow never gives back.
_CELLS_OF_A_WORKER = 40


class Agenda:
    """What is still to be trained, each trial handed out once.

    Trials of a search come first, as others may depend on what they give. `size` says how many
    trials it will hand out in all, `cells_of_a_worker` about how many cells a worker may train.

    Examples:
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> plan = make_plan(read_options("--space smoke --dataset digits".split()))
        >>> agenda = Agenda(plan.trials)
        >>> agenda.peek() == agenda.next_task() == Task(trial=plan.trials[0])
        True
        >>> agenda.size, agenda.over
        (4, False)
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        search: Search | None = None,
        *,
        on_choice: Callable[[], object] = lambda: None,
        cells_of_a_worker: int = _CELLS_OF_A_WORKER,
    ) -> None:
        """Put trials and a search on the agenda; nothing is handed out yet.

        Args:
            trials: the trials at the fixed setting, handed out by relative cost, the largest first.
            search: the search for each cell's value, which has trials of its own; None where
                nothing is tuned.
            on_choice: called when a cell's value has been chosen.
            cells_of_a_worker: about how many cells a worker may train. Where there are more, all
                seeds of a cell are handed out together, so that as few workers as can be meet it.
        """
        self.cells_of_a_worker = cells_of_a_worker
        self._fixed = deque(Task(trial=trial) for trial in _in_order(trials, cells_of_a_worker))
        self._search = search
        self._on_choice = on_choice
        self._ids_handed_out: set[str] = set()
        self._next: Task | None = None
        self.size = len(trials) + (len(search.expected_trainings()) if search else 0)

    def next_task(self) -> Task | None:
        """Hand out the next trial; None where there is none until more have ended, or ever."""
        task, self._next = self.peek(), None
        return task

    def peek(self) -> Task | None:
        """The trial that `next_task` would hand out now; it stays on the agenda."""
        self._next = self._next or self._new_task()
        return self._next

    @property
    def over(self) -> bool:
        """Whether nothing will be handed out any more, whatever still ends."""
        return not (self._next or self._fixed) and (self._search is None or self._search.over)

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in the row of `trials` of a trial that has ended, after it has been stored."""
        if self._search and self._search.add(row):
            self._on_choice()

    def stops_early(self, so_far: Record) -> bool:
        """Whether a prunable training is to be stopped, by the record it would leave now."""
        accuracies = so_far.epochs["test_accuracy"].to_numpy().tolist()
        return self._search is not None and self._search.add_curve(so_far.trial_id, accuracies)

    def _new_task(self) -> Task | None:
        while task := (self._search and self._search.next_task()) or self._next_fixed():
            # A cell may have chosen the fixed setting: then its trials are the same.
            if task.trial.id not in self._ids_handed_out:
                self._ids_handed_out.add(task.trial.id)
                return task
        return None

    def _next_fixed(self) -> Task | None:
        return self._fixed.popleft() if self._fixed else None


def _in_order(trials: Sequence[Trial], most_cells: int) -> list[Trial]:
    """The costliest trials first; of more cells than these, one cell after the other."""
    # Stable sorts: equal costs keep the plan's order.
    costliest_first = sorted(trials, key=lambda trial: -trial.relative_cost)
    place_of: dict[Cell, int] = {}
    for trial in costliest_first:
        place_of.setdefault(trial.cell, len(place_of))
    if len(place_of) <= most_cells:
        return costliest_first
    return sorted(costliest_first, key=lambda trial: place_of[trial.cell])
