"""The journal: the file in which Optuna notes the values it was asked for and what they gave."""

import contextlib
import tempfile
from collections.abc import Generator
from pathlib import Path

from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend

from results.storage.files import remove
from results.storage.remote import AnyPath

# What Optuna raises as it reads a journal that it did not write so.
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, AssertionError)


@contextlib.contextmanager
def kept_journal(path: AnyPath) -> Generator[BaseStorage]:
    """The Optuna storage in a journal here or in a store, which is kept when the block ends.

    Optuna writes to local files only, so of a journal in a store a local copy is used. It is put
    back when the block ends, but not if the block raises. A driver that is killed leaves the
    journal in the store as it was before, or none. Only the holder of the study's lock may call
    this.

    Args:
        path: the journal, which need not exist yet.

    Raises:
        ResultsError, OSError: the journal can't be read or written.

    Examples:
        >>> from optuna.study import StudyDirection
        >>> with kept_journal(Path("tuning.journal")) as storage:
        ...     number = storage.create_new_study([StudyDirection.MINIMIZE], "a cell")
        >>> [study.study_name for study in open_journal(Path("tuning.journal")).get_all_studies()]
        ['a cell']
    """
    if isinstance(path, Path):
        yield open_journal(path)
        return
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        local = Path(folder) / path.name
        with contextlib.suppress(FileNotFoundError):
            local.write_bytes(path.read_bytes())
        yield open_journal(local)
        if local.exists():
            path.put(local)


def open_journal(path: Path) -> BaseStorage:
    """The Optuna storage in a local journal, mended if a driver was killed while it wrote.

    A last line that is half-written is cut off, and a journal that can't be read is renamed to
    `*.damaged`: nothing stands in it that the records don't tell. Only the holder of the study's
    lock may call this.

    Args:
        path: the journal, which need not exist yet.

    Examples:
        >>> from optuna.study import StudyDirection
        >>> path = Path("killed.journal")
        >>> number = open_journal(path).create_new_study([StudyDirection.MINIMIZE], "a cell")
        >>> half_written = path.write_bytes(path.read_bytes() + b'{"op_code": 4, "wor')
        >>> [study.study_name for study in open_journal(path).get_all_studies()]
        ['a cell']
    """
    for name in path.parent.glob(f"{path.name}.lock*"):
        remove(name)
    if path.exists():
        text = path.read_bytes()
        whole_lines = text[: text.rfind(b"\n") + 1]
        if whole_lines != text:
            path.write_bytes(whole_lines)
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except _DAMAGE:
        path.replace(path.with_name(f"{path.name}.damaged"))
        return JournalStorage(JournalFileBackend(str(path)))
