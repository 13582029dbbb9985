"""Whether memory stays flat: of one worker, and of the driver, over many short trials.

`python -m benchmarks.memory --trials 1000` trains that many networks on a few digits, all by one
worker, and prints what driver and worker took by then: the driver as seen from outside when a
record had arrived, the worker as it says in each record. What the driver takes in the end, to
compact, analyse and draw, follows.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.processes import process_mb
from results.arguments import count

CELLS = 4
_SMALL = ("--epochs", "1", "--train-size", "20", "--test-size", "10", "--workers", "1")
_SECONDS_BETWEEN_LOOKS = 0.2


def measure(trials: int) -> tuple[pd.DataFrame, float]:
    """Memory by trials recorded, see `memory_table`, and the driver's most in the end, MB.

    Raises:
        CalledProcessError: the study failed.
    """
    with tempfile.TemporaryDirectory() as out:
        arguments = ["--space", "smoke", "--dataset", "digits", "--seeds", str(trials // CELLS)]
        command = [sys.executable, "-m", "study.run", *arguments, *_SMALL, "--out", out]
        parts, driver, end = Path(out) / "trials", dict[int, float](), 0.0
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None:
                # Compacting, at the end, takes the parts away.
                recorded = sum(1 for _ in parts.glob("*.parquet")) if parts.exists() else 0
                taken = process_mb(process.pid)
                if recorded > max(driver, default=0):
                    driver[recorded] = taken
                if max(driver, default=0) == trials:
                    end = max(end, taken)
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        rows = pd.read_parquet(parts).sort_values("finished_at")
        return memory_table(driver, rows["resident_mb"].tolist()), end


def memory_table(driver: Mapping[int, float], worker: Sequence[float]) -> pd.DataFrame:
    """A row for every tenth of the trials: `recorded` and, in MB, `driver` and `worker`.

    Args:
        driver: MB by number of records.
        worker: MB when each trial ended, in order of time.
    """
    marks = [len(worker) * tenth // 10 for tenth in range(1, 11)]
    seen = sorted(driver)
    return pd.DataFrame(
        {
            "recorded": marks,
            "driver": [driver[max(at for at in seen if at <= mark)] for mark in marks],
            "worker": [worker[mark - 1] for mark in marks],
        }
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.memory",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--trials", type=_trials, default=1000, help="a multiple of 4 (1000)")
    table, end = measure(parser.parse_args(arguments).trials)
    lines = ["| trials recorded | driver, MB | worker, MB |", "|---|---|---|"]
    lines += [
        f"| {row.recorded} | {row.driver:.0f} | {row.worker:.0f} |" for row in table.itertuples()
    ]
    lines.append(f"\nIn the end the driver takes up to {end:.0f} MB.")
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


def _trials(text: str) -> int:
    trials = count(text)
    # The table has a row for every tenth of them.
    if trials % CELLS or trials < 10:
        raise argparse.ArgumentTypeError(f"{text!r} is no multiple of {CELLS} from 12 on")
    return trials


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
