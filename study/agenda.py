"""What a study has still to train, in the order in which it is handed out. No Ray."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from search_spaces import Trial
from study.search import Search
from study.tuning import Task


class Agenda:
    """Hands out each trial once; those of a search come first, as others may hang on them."""

    def __init__(
        self,
        trials: Sequence[Trial],
        search: Search | None = None,
        *,
        on_choice: Callable[[], object] = lambda: None,
    ) -> None:
        """Nothing is handed out yet.

        Args:
            trials: those at the fixed setting, the ones with the largest relative cost first.
            search: what else is to be trained.
            on_choice: called when a cell's value has been chosen.
        """
        # A stable sort: equal costs keep the plan's order.
        longest_first = sorted(trials, key=lambda trial: -trial.relative_cost)
        self._fixed = deque(Task(trial=trial) for trial in longest_first)
        self._search = search
        self._on_choice = on_choice
        self._given: set[str] = set()
        self.size = len(trials) + (len(search.left()) if search else 0)

    def next_task(self) -> Task | None:
        """The next trial; None where there is none until more of them have ended, or ever."""
        while task := (self._search and self._search.next_task()) or self._next_fixed():
            # A cell may have chosen the fixed setting: then its trials are the same.
            if task.trial.id not in self._given:
                self._given.add(task.trial.id)
                return task
        return None

    @property
    def over(self) -> bool:
        """Whether nothing will be handed out any more."""
        return not self._fixed and (self._search is None or self._search.over)

    def add(self, row: Mapping[str, Any]) -> None:
        """Take in the row of `trials` of one that has ended, after it has been stored."""
        if self._search and self._search.add(row):
            self._on_choice()

    def _next_fixed(self) -> Task | None:
        return self._fixed.popleft() if self._fixed else None
