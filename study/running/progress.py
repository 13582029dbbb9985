"""The one progress bar of a running study; in a log file, a line for each percent."""

import datetime
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from results import Outcome, Record
from search_spaces import Trial

# The speed is averaged over so long, as trials of one worker differ in cost.
_SPEED_SECONDS = 600.0


class StudyProgress:
    """Counts the trials done and those that did not train, and moves with each finished epoch.

    Where the console is no screen but a file, a line is printed for each whole percent, and one at
    the end.
    """

    def __init__(self, progress: Progress, trials: Sequence[Trial]) -> None:
        """Draw a bar at its beginning: nothing is done yet.

        Args:
            progress: the display to draw it on.
            trials: the trials to come, or others of equal cost for those not known yet.
        """
        self._progress = progress
        self._n_planned = len(trials)
        self._outcome_of: dict[str, str] = {}
        self._outcomes: Counter[str] = Counter()
        self._work: dict[str, float] = {}
        self._completed = 0.0
        self._total = sum(map(_work, trials))
        # The last line of a log file: its percent, and whether it was the end.
        self._last_line = (0, False)
        self._task = progress.add_task(self._counts(), total=self._total)

    def on_epoch(self, trial: Trial, epoch: int) -> None:
        """Move the bar: a trial finished this epoch."""
        self._move(trial, _work(trial) * epoch / trial.protocol.epochs)

    def on_record(self, trial: Trial, record: Record) -> None:
        """Count a trial that left its record."""
        # A worker may die after its record, again and again: then an error follows it.
        earlier, outcome = self._outcome_of.get(trial.id), record.row["outcome"]
        if earlier:
            self._outcomes[earlier] -= 1
        self._outcome_of[trial.id] = outcome
        self._outcomes[outcome] += 1
        self._move(trial, _work(trial))

    def _move(self, trial: Trial, work: float) -> None:
        # Added up step by step: with 100,000 trials a sum at each epoch would take hours.
        self._completed += work - self._work.get(trial.id, 0.0)
        self._work[trial.id] = work
        done = len(self._outcome_of) == self._n_planned
        completed = self._total if done else self._completed
        self._progress.update(self._task, completed=completed, description=self._counts())
        percent = int(100 * completed / self._total)
        line = (percent, done)
        if line > self._last_line and not self._progress.console.is_terminal:
            self._last_line = line
            self._progress.console.print(self._line(percent))

    def _line(self, percent: int) -> str:
        task = self._progress.tasks[0]
        elapsed, remaining = (
            "?" if seconds is None else datetime.timedelta(seconds=int(seconds))
            for seconds in (task.elapsed, task.time_remaining)
        )
        return f"{percent} %: {self._counts()}; {elapsed} so far, {remaining} left"

    def _counts(self) -> str:
        done, pruned = len(self._outcome_of), self._outcomes[Outcome.PRUNED]
        failed = done - pruned - self._outcomes[Outcome.TRAINED]
        counts = f"{done}/{self._n_planned} trials, {failed} did not train"
        return f"{counts}, {pruned} pruned" if pruned else counts


@contextmanager
def study_progress(trials: Sequence[Trial], console: Console) -> Iterator[StudyProgress]:
    """A progress bar for these trials, drawn on the console while the block runs.

    Args:
        trials: the trials to come, or others of equal cost for those not known yet.
        console: where to draw it.
    """
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, speed_estimate_period=_SPEED_SECONDS) as progress:
        yield StudyProgress(progress, trials)


def _work(trial: Trial) -> float:
    """The work of a whole trial, in units that only compare trials."""
    return trial.relative_cost * trial.protocol.epochs * trial.protocol.train_size
