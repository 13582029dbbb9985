"""What arrives from the workers of a running study, put into its directory and on the screen."""

from collections.abc import Callable, Collection

from results import Outcome, Record, StudyPaths
from results.records.store import write_record
from results.storage.files import remove
from search_spaces import Trial
from study.running.progress import StudyProgress
from study.running.provenance import RunLog
from study.training.checkpoint import (
    Checkpoint,
    keep_checkpoints,
    read_checkpoint,
    write_checkpoint,
)
from study.training.kept_models import write_model


class Keeper:
    """Keeps records and checkpoints; for the holder of the lock only.

    Checkpoints of trials that are recorded are deleted, those of another plan's trials are not.

    Args:
        paths: of the study directory.
        recorded: trials that are.
        progress: shown on the screen.
        log: of what the command ran on.
        check_lock: raises once the lock is lost, see `results.storage.lock`.
    """

    def __init__(
        self,
        paths: StudyPaths,
        recorded: Collection[str],
        *,
        progress: StudyProgress,
        log: RunLog,
        check_lock: Callable[[], None],
    ) -> None:
        self._paths = paths
        self._check_lock = check_lock
        self._progress = progress
        self._log = log
        self._begun = set(keep_checkpoints(paths, recorded))
        self.unsaved: dict[str, str] = {}

    def find_checkpoint(self, trial: Trial) -> Checkpoint | None:
        """Where a trial can go on; None if it has to begin."""
        return read_checkpoint(self._paths, trial.id) if trial.id in self._begun else None

    def on_epoch(self, trial: Trial, epoch: int, checkpoint: Checkpoint | None) -> None:
        """A trial finished this epoch."""
        self._check_lock()
        if checkpoint is not None:
            write_checkpoint(self._paths, trial.id, checkpoint)
            self._begun.add(trial.id)
        self._progress.on_epoch(trial, epoch)

    def on_model(self, trial: Trial, model: bytes | str) -> None:
        """Keep a trial's network; before its record, so that no kill leaves that without one."""
        self._check_lock()
        if isinstance(model, bytes):
            write_model(self._paths, trial.id, model)
        else:
            self.unsaved[trial.id] = model

    def on_record(self, trial: Trial, record: Record) -> None:
        """A trial left its record; one that raised may go on from its checkpoint another time."""
        self._check_lock()
        write_record(self._paths, record)
        if record.row["outcome"] != Outcome.ERROR and trial.id in self._begun:
            remove(self._paths.checkpoint(trial.id))
        self._log.add(record)
        self._progress.on_record(trial, record)
