"""Where everything lies in a study directory."""

from dataclasses import dataclass
from pathlib import Path

TABLES = ("trials", "epochs", "predictions", "images")


@dataclass(frozen=True, slots=True)
class StudyPaths:
    """All paths of one study directory. Building it touches nothing."""

    root: Path

    @property
    def description(self) -> Path:
        """What the study declares: `study.json`."""
        return self.root / "study.json"

    @property
    def lock(self) -> Path:
        """Held by the one driver that may write here."""
        return self.root / ".lock"

    @property
    def comparison(self) -> Path:
        """The page that compares cells."""
        return self.root / "comparison.html"

    @property
    def confusion(self) -> Path:
        """The page of confusion matrices and misread images."""
        return self.root / "confusion.html"

    def table(self, name: str) -> Path:
        """The folder of a table's Parquet files."""
        return self.root / name

    def part(self, name: str, key: str) -> Path:
        """The file of one trial, or of one data set's images, in a table."""
        return self.table(name) / f"{key}.parquet"
