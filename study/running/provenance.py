"""What a command ran on, kept in `study.json`; each record says the same of its own trial."""

import datetime
import platform
import time
from collections.abc import Sequence
from importlib.metadata import version

from results import Record
from study.process.checkout import Checkout

_PACKAGES = ("tensorflow", "keras", "ray", "numpy", "pandas", "pyarrow", "scikit-learn")
_MACHINE = ("host", "device", "threads", "onednn", "python", "tensorflow", "keras", "ray")


class RunLog:
    """One run of the command: where and with what it began, and which machines trained for it.

    It holds nothing of the environment's variables, some of which are secrets.
    """

    def __init__(self, arguments: Sequence[str], checkout: Checkout) -> None:
        """Note the beginning of a run.

        Args:
            arguments: the arguments of the command as typed.
            checkout: the commit that the command runs from.
        """
        self._clock = time.perf_counter()
        self._beginning = {
            "arguments": list(arguments),
            "started_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "git_commit": checkout.commit,
            "git_dirty": checkout.dirty,
            "host": platform.node(),
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        }
        self._n_records = 0
        self._machines: dict[tuple[object, ...], dict[str, object]] = {}

    def add(self, record: Record) -> None:
        """Count a record, and note the machine it comes from."""
        row = record.row
        self._n_records += 1
        machine = {name: row[name] for name in _MACHINE}
        if machine["device"] is not None:
            self._machines[tuple(machine.values())] = machine

    def as_dict(self) -> dict[str, object]:
        """The run so far, in values that JSON can hold."""
        return {
            **self._beginning,
            "seconds": round(time.perf_counter() - self._clock, 1),
            "records": self._n_records,
            "machines": list(self._machines.values()),
        }
