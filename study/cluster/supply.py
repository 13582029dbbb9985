"""Supplies Ray Tune with trials from the agenda, whenever there is room for one."""

from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher

from search_spaces import Cell
from study.cluster.messages import TrainTrial, pack
from study.tuning.agenda import Agenda
from study.tuning.plan import Task


class TrialSupply(Searcher):
    """Makes trials of Tune of the agenda's tasks; what they give, the agenda hears elsewhere.

    Tune calls whatever it asks for trials a searcher. This one searches nothing: that is
    `study.tuning.search`.
    """

    def __init__(
        self,
        agenda: Agenda,
        *,
        request: Callable[[Task], TrainTrial],
        ended: Callable[[], bool],
        most_cells: int,
    ) -> None:
        """Nothing is asked for yet.

        Args:
            agenda: what there is to train.
            request: what asks a worker to train a task.
            ended: whether to ask for nothing more, though there may be more.
            most_cells: of so many different cells trials are taken; the next cell's first trial
                stays on the agenda, for another searcher and its new workers.
        """
        super().__init__()
        self._agenda = agenda
        self._request = request
        self._ended = ended
        self._most_cells = most_cells
        self._cells: set[Cell] = set()

    def suggest(self, trial_id: str) -> Any:
        """The configuration of the next trial; None: not now, `FINISHED`: never again."""
        if self._ended():
            return Searcher.FINISHED
        task = self._agenda.peek()
        if task is None:
            return Searcher.FINISHED if self._agenda.over else None
        cell = task.trial.cell
        if cell not in self._cells and len(self._cells) >= self._most_cells:
            return Searcher.FINISHED
        self._cells.add(cell)
        self._agenda.next_task()
        return pack(self._request(task))

    def on_trial_complete(
        self, trial_id: str, result: dict[str, Any] | None = None, error: bool = False
    ) -> None:
        """Nothing: records arrive by a callback, before this."""

    def save(self, checkpoint_path: str) -> None:
        """Nothing: our records are the truth, and Tune never restores anything here."""

    def restore(self, checkpoint_path: str) -> None:
        """Never called."""
        raise NotImplementedError("a study goes on from its records")

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its searcher for a restore that never happens; ours holds a study directory.
        return {}
