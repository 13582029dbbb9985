"""The same cells, data and epochs by this project and by the ways people use today.

`python -m benchmarks.throughput` times whole processes, start-up included, interleaved: (a) one
stock Keras `fit` after another on all cores, (b) Ray Tune as its documentation shows it, (c)
Optuna's BruteForceSampler with a process per core, (d) `python -m study.run`. With `--kernel` it
times training steps on one core, see `benchmarks.kernel`. Needs MNIST in STUDY_DATA, and optuna.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.kernel import kernel_table
from results.arguments import count

WAYS = {
    "a": ("Keras, one fit after another", "benchmarks.peers.keras_loop"),
    "b": ("Ray Tune, as documented", "benchmarks.peers.ray_tune"),
    "c": ("Optuna, a process per core", "benchmarks.peers.optuna_brute_force"),
    "d": ("this project", "study.run"),
}
_SECONDS_BETWEEN_LOOKS = 0.5


def run_way(way: str, options: argparse.Namespace) -> tuple[float, float]:
    """Wall seconds of the whole process, and the largest memory of its process tree in MB.

    Raises:
        CalledProcessError: it failed.
    """
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", WAYS[way][1], *_arguments(way, options, out)]
        environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
        began, peak = time.perf_counter(), 0.0
        with (Path(out) / "log").open("w") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            while process.poll() is None:
                peak = max(peak, tree_mb(process.pid))
                time.sleep(_SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - began
        if process.returncode:
            text = (Path(out) / "log").read_text()[-2000:]
            raise subprocess.CalledProcessError(process.returncode, command, text)
    return seconds, peak


def tree_mb(pid: int) -> float:
    """Memory of a process and all below it, MB; shared pages count once in all."""
    total, waiting = 0, [pid]
    while waiting:
        at = Path(f"/proc/{waiting.pop()}")
        try:
            lines = (at / "smaps_rollup").read_text().splitlines()
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
            waiting += [
                int(child)
                for task in (at / "task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except (OSError, StopIteration):
            # It ended meanwhile.
            continue
    return total / 1e3


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; a table on stdout, and JSON with `--json`."""
    options = _parser().parse_args(arguments)
    if options.kernel:
        table, figures = kernel_table()
    else:
        table, figures = _compare(options)
    sys.stdout.write(f"{table}\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


def _compare(options: argparse.Namespace) -> tuple[str, dict[str, object]]:
    runs: dict[str, list[tuple[float, float]]] = {way: [] for way in options.ways}
    for turn in range(options.repeats):
        for way in options.ways:
            sys.stderr.write(f"round {turn + 1} of {options.repeats}: {WAYS[way][0]} ... ")
            sys.stderr.flush()
            runs[way].append(run_way(way, options))
            sys.stderr.write(f"{runs[way][-1][0]:.1f} s\n")
    medians = {way: statistics.median(seconds for seconds, _ in runs[way]) for way in runs}
    lines = [
        f"{options.cells} cells x {options.epochs} epochs x {options.images:,} images, "
        f"{len(os.sched_getaffinity(0))} cores, median of {options.repeats}",
        "",
        "| way | seconds | least to most | of ours | memory, MB |",
        "|---|---|---|---|---|",
    ]
    for way, taken in runs.items():
        seconds = [second for second, _ in taken]
        ratio = f"{medians[way] / medians['d']:.2f}" if "d" in medians else "-"
        lines.append(
            f"| {WAYS[way][0]} | {medians[way]:.1f} | {min(seconds):.1f} to {max(seconds):.1f} | "
            f"{ratio} | {max(mb for _, mb in taken):,.0f} |"
        )
    return "\n".join(lines), {"runs": runs, "medians": medians}


def _arguments(way: str, options: argparse.Namespace, out: str) -> list[str]:
    sizes = ["--epochs", str(options.epochs)]
    if way == "d":
        kept = [] if options.cells == 32 else ["--set", "filter_order=ascending"]
        sizes += ["--train-size", str(options.images), "--test-size", str(options.test_images)]
        return ["--space", "full", *kept, *sizes, "--out", f"{out}/study"]
    sizes += ["--images", str(options.images), "--test-images", str(options.test_images)]
    return ["--cells", str(options.cells), *sizes]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.throughput",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kernel", action="store_true", help="time steps on one core instead")
    parser.add_argument(
        "--cells", type=int, choices=(8, 32), default=32, help="all, or those that vary the least"
    )
    parser.add_argument("--epochs", type=count, default=2)
    parser.add_argument("--images", type=count, default=6000)
    parser.add_argument("--test-images", type=count, default=1000)
    parser.add_argument("--repeats", type=count, default=3)
    parser.add_argument("--ways", default="abcd", help="of a, b, c and d, in this order (abcd)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
