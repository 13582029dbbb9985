"""The supply of trials from the agenda to Ray Tune, which asks for one whenever there is room."""

from collections.abc import Callable
from typing import Any

from ray.tune.search import Searcher

from search_spaces import Cell
from study.cluster.messages import TrainTrial, pack
from study.tuning.agenda import Agenda
from study.tuning.plan import Task


class TrialSupply(Searcher):
    """Hands the agenda's tasks to Tune; what they give, the agenda is told by the courier.

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
        """Make the supply for one run of Tune; nothing is handed out yet.

        Args:
            agenda: what there is to train.
            request: makes the message that asks a worker to train a task.
            ended: says whether to hand out nothing more, though there may be more.
            most_cells: how many different cells this run may train. The next cell's first trial
                stays on the agenda, for another supply and its new workers.
        """
        super().__init__()
        self._agenda = agenda
        self._request = request
        self._ended = ended
        self._most_cells = most_cells
        self._cells: set[Cell] = set()

    def suggest(self, trial_id: str) -> Any:
        """Hand out the next trial.

        Args:
            trial_id: Tune's id for it.

        Returns:
            The configuration of the trial; None where there is none now; `Searcher.FINISHED` where
            there will be none in this run of Tune.
        """
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
        """Do nothing: the courier has handed on the record before."""

    def save(self, checkpoint_path: str) -> None:
        """Do nothing: our records are the truth, and Tune never restores anything here."""

    def restore(self, checkpoint_path: str) -> None:
        """Refuse to restore anything; Tune never asks for it here."""
        raise NotImplementedError("a study goes on from its records")

    def __getstate__(self) -> dict[str, Any]:
        # Tune pickles its searcher for a restore that never happens; ours holds a study directory.
        return {}
