"""The keeper: puts what workers report into the study directory, and moves the progress bar."""

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
    """Keeps records, checkpoints and model files; for the holder of the lock only.

    It is the receiver of `study.cluster.driver.run_trials`. `unsaved` says of each trial whose
    network can't be saved why it can't, by trial id.
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
        """Take up what checkpoints there are.

        Those of recorded trials are deleted, those of another plan's trials are not.

        Args:
            paths: where everything lies in the study directory.
            recorded: the trials that are recorded.
            progress: the progress bar, told of each epoch and record.
            log: what the command ran on, told of each record.
            check_lock: raises once the lock is lost, see `results.storage.lock`.
        """
        self._paths = paths
        self._check_lock = check_lock
        self._progress = progress
        self._log = log
        self._with_checkpoint = set(keep_checkpoints(paths, recorded))
        self.unsaved: dict[str, str] = {}

    def find_checkpoint(self, trial: Trial) -> Checkpoint | None:
        """The checkpoint from which a trial can go on; None if it has to begin."""
        return read_checkpoint(self._paths, trial.id) if trial.id in self._with_checkpoint else None

    def on_epoch(self, trial: Trial, epoch: int, checkpoint: Checkpoint | None) -> None:
        """Keep the checkpoint of a trial that finished this epoch."""
        self._check_lock()
        if checkpoint is not None:
            write_checkpoint(self._paths, trial.id, checkpoint)
            self._with_checkpoint.add(trial.id)
        self._progress.on_epoch(trial, epoch)

    def on_model(self, trial: Trial, model: bytes | str) -> None:
        """Keep a trial's model file, before its record: no kill leaves a record without one."""
        self._check_lock()
        if isinstance(model, bytes):
            write_model(self._paths, trial.id, model)
        else:
            self.unsaved[trial.id] = model

    def on_record(self, trial: Trial, record: Record) -> None:
        """Keep the record that a trial left, and delete its checkpoint."""
        self._check_lock()
        write_record(self._paths, record)
        # One that raised may go on from its checkpoint another time.
        if record.row["outcome"] != Outcome.ERROR and trial.id in self._with_checkpoint:
            remove(self._paths.checkpoint(trial.id))
        self._log.add(record)
        self._progress.on_record(trial, record)
