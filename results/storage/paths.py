"""Where everything lies in a study directory."""

import re
from dataclasses import dataclass

from results.storage.errors import ResultsError
from results.storage.remote import AnyPath

TABLES = ("trials", "epochs", "predictions", "images")


@dataclass(frozen=True, slots=True)
class StudyPaths:
    """All paths of one study directory; making this object touches no file.

    Args:
        root: the study directory, on a disk or in a store.

    Examples:
        >>> from pathlib import Path
        >>> paths = StudyPaths(Path("runs/smoke"))
        >>> str(paths.description), str(paths.part("trials", "0123456789abcdef"))
        ('runs/smoke/study.json', 'runs/smoke/trials/0123456789abcdef.parquet')
    """

    root: AnyPath

    @property
    def description(self) -> AnyPath:
        """The file that says what the study declares, `study.json`."""
        return self.root / "study.json"

    @property
    def lock(self) -> AnyPath:
        """The lock of the driver that may write here: a file; in a store, a folder of leases."""
        return self.root / ".lock"

    @property
    def comparison(self) -> AnyPath:
        """The page that compares cells."""
        return self.root / "comparison.html"

    @property
    def confusion(self) -> AnyPath:
        """The page of confusion matrices and misread images."""
        return self.root / "confusion.html"

    @property
    def tuning(self) -> AnyPath:
        """Optuna's journal, with an Optuna study for each cell that is tuned."""
        return self.root / "tuning.journal"

    @property
    def checkpoints(self) -> AnyPath:
        """The folder of checkpoints: of trials that have begun and not ended."""
        return self.root / "checkpoints"

    def checkpoint(self, trial_id: str) -> AnyPath:
        """The checkpoint file of one trial."""
        return self.checkpoints / f"{_plain_name(trial_id)}.npz"

    @property
    def models(self) -> AnyPath:
        """The folder of trained networks, where a study keeps them."""
        return self.root / "models"

    def model(self, trial_id: str) -> AnyPath:
        """The file of one trial's trained network."""
        return self.models / f"{_plain_name(trial_id)}.keras"

    def table(self, name: str) -> AnyPath:
        """The folder of the Parquet files of one of the `TABLES`."""
        return self.root / name

    def part(self, name: str, key: str) -> AnyPath:
        """The file of one trial, or of one data set's images, in a table.

        Args:
            name: name of the table, one of `TABLES`.
            key: id of the trial; for `images`, hash of the data set.

        Raises:
            ResultsError: the key isn't a plain name, so it could lead out of the directory.
        """
        return self.table(name) / f"{_plain_name(key)}.parquet"


def _plain_name(key: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z_-]+", key, re.ASCII):
        raise ResultsError(f"{key!r} can't name a file of a study: letters, digits, - and _ only")
    return key
