"""Where everything lies in a study directory."""

import re
from dataclasses import dataclass

from results.storage.errors import ResultsError
from results.storage.remote import AnyPath

TABLES = ("trials", "epochs", "predictions", "images")


@dataclass(frozen=True, slots=True)
class StudyPaths:
    """All paths of one study directory. Building it touches nothing."""

    root: AnyPath

    @property
    def description(self) -> AnyPath:
        """What the study declares: `study.json`."""
        return self.root / "study.json"

    @property
    def lock(self) -> AnyPath:
        """Held by the one driver that may write here: a file; in a store, a folder of leases."""
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
        """Optuna's journal: a study for each cell that is tuned."""
        return self.root / "tuning.journal"

    @property
    def checkpoints(self) -> AnyPath:
        """The folder of the checkpoints of trials that have begun."""
        return self.root / "checkpoints"

    def checkpoint(self, trial_id: str) -> AnyPath:
        """The checkpoint of one trial."""
        return self.checkpoints / f"{_plain(trial_id)}.npz"

    @property
    def models(self) -> AnyPath:
        """The folder of the networks that were kept."""
        return self.root / "models"

    def model(self, trial_id: str) -> AnyPath:
        """The network of one trial."""
        return self.models / f"{_plain(trial_id)}.keras"

    def table(self, name: str) -> AnyPath:
        """The folder of a table's Parquet files."""
        return self.root / name

    def part(self, name: str, key: str) -> AnyPath:
        """The file of one trial, or of one data set's images, in a table.

        Raises:
            ResultsError: the key is no plain name: it could lead out of the directory.
        """
        return self.table(name) / f"{_plain(key)}.parquet"


def _plain(key: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z_-]+", key, re.ASCII):
        raise ResultsError(f"{key!r} can't name a file of a study: letters, digits, - and _ only")
    return key
