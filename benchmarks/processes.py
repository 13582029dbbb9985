"""Memory of running processes, as Linux tells it."""

from collections.abc import Iterator
from pathlib import Path


def process_mb(pid: int) -> float:
    """Memory of a process, MB; pages that it shares count in part, 0 once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1e3


def tree_mb(pid: int) -> float:
    """Memory of a process and all below it, MB; shared pages count once in all."""
    return sum(process_mb(process) for process in _tree(pid))


def _tree(pid: int) -> Iterator[int]:
    waiting = [pid]
    while waiting:
        process = waiting.pop()
        yield process
        try:
            for task in Path(f"/proc/{process}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
        except OSError:
            # It ended meanwhile.
            continue
