"""What a command ran on, as `study.json` keeps it beside what each record says of its own trial."""

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
    """One run of the command: where it began, and what trained for it.

    Holds nothing of the environment's variables, some of which are secrets.
    """

    def __init__(self, arguments: Sequence[str], checkout: Checkout) -> None:
        self._clock = time.perf_counter()
        self._begun = {
            "arguments": list(arguments),
            "started_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "git_commit": checkout.commit,
            "git_dirty": checkout.dirty,
            "host": platform.node(),
            "python": platform.python_version(),
            **{package: version(package) for package in _PACKAGES},
        }
        self._recorded = 0
        self._machines: dict[tuple[object, ...], dict[str, object]] = {}

    def add(self, record: Record) -> None:
        """Count a record, and note the machine it comes from."""
        row = record.row
        self._recorded += 1
        machine = {name: row[name] for name in _MACHINE}
        if machine["device"] is not None:
            self._machines[tuple(machine.values())] = machine

    def as_dict(self) -> dict[str, object]:
        """The run so far, of plain values."""
        return {
            **self._begun,
            "seconds": round(time.perf_counter() - self._clock, 1),
            "records": self._recorded,
            "machines": list(self._machines.values()),
        }
