"""The same cells, data and epochs by this project and by the ways people use today.

`python -m benchmarks.throughput` times whole processes, start-up included, interleaved: (a) one
stock Keras `fit` after another on all cores, (b) Ray Tune as its documentation shows it, (c)
Optuna's BruteForceSampler with a process per core, (d) `python -m study.run`. With `--kernel` it
times training steps on one core, see `benchmarks.kernel`. Needs MNIST in STUDY_DATA, and optuna.
"""

import argparse
import contextlib
import dataclasses
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from benchmarks.kernel import kernel_table
from benchmarks.processes import tree_mb
from results.arguments import count

WAYS = {
    "a": ("Keras, one fit after another", "benchmarks.peers.keras_loop"),
    "b": ("Ray Tune, as documented", "benchmarks.peers.ray_tune"),
    "c": ("Optuna, a process per core", "benchmarks.peers.optuna_brute_force"),
    "d": ("this project", "study.run"),
}
# A look takes a twentieth of a second of one core, and holds up what it looks at.
_SECONDS_BETWEEN_LOOKS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run of a way: a whole process.

    Args:
        seconds: wall time, start-up included.
        peak_mb: largest memory of its process tree, of looks some seconds apart.
        training_seconds: of all epochs by all workers, tests included and first calls not; NaN
            where nothing tells.
    """

    seconds: float
    peak_mb: float
    training_seconds: float = math.nan


def run_way(way: str, options: argparse.Namespace) -> Run:
    """Run one way and wait for it.

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
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_SECONDS_BETWEEN_LOOKS)
        seconds = time.perf_counter() - began
        if process.returncode:
            text = (Path(out) / "log").read_text()[-2000:]
            raise subprocess.CalledProcessError(process.returncode, command, text)
        training = _training_seconds(Path(out) / "study") if way == "d" else math.nan
    return Run(seconds=seconds, peak_mb=peak, training_seconds=training)


def _training_seconds(study: Path) -> float:
    """Of all trials; a first epoch, which traces graphs, counts as the later ones took."""
    epochs = pd.read_parquet(study / "epochs", columns=["trial_id", "epoch", "seconds"])
    later = epochs[epochs["epoch"] > 1].groupby("trial_id")["seconds"]
    return float((later.median() * (later.size() + 1)).sum())


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
    runs: dict[str, list[Run]] = {way: [] for way in options.ways}
    for turn in range(options.repeats):
        for way in options.ways:
            sys.stderr.write(f"round {turn + 1} of {options.repeats}: {WAYS[way][0]} ... ")
            sys.stderr.flush()
            runs[way].append(run_way(way, options))
            sys.stderr.write(f"{runs[way][-1].seconds:.1f} s\n")
    cores = len(os.sched_getaffinity(0))
    lines = [
        f"{options.cells} cells x {options.epochs} epochs x {options.images:,} images, "
        f"{cores} cores, median of {options.repeats}",
        "",
        "| way | seconds | least to most | of ours | memory, MB | beyond training |",
        "|---|---|---|---|---|---|",
        *(_line(way, runs, cores) for way in runs),
    ]
    figures = {way: [dataclasses.asdict(run) for run in taken] for way, taken in runs.items()}
    return "\n".join(lines), {"runs": figures}


def _line(way: str, runs: Mapping[str, Sequence[Run]], cores: int) -> str:
    """A row of the table: what a way took, by its median run."""
    seconds = [run.seconds for run in runs[way]]
    median = statistics.median(seconds)
    ours = statistics.median(run.seconds for run in runs["d"]) if "d" in runs else math.nan
    idle = statistics.median(1 - run.training_seconds / cores / run.seconds for run in runs[way])
    return (
        f"| {WAYS[way][0]} | {median:.1f} | {min(seconds):.1f} to {max(seconds):.1f} | "
        f"{median / ours:.2f} | {max(run.peak_mb for run in runs[way]):,.0f} | "
        f"{'' if math.isnan(idle) else f'{idle:.0%}'} |"
    )


def _arguments(way: str, options: argparse.Namespace, out: str) -> list[str]:
    sizes = ["--epochs", str(options.epochs)]
    if way == "d":
        # The peers' eight: evenly taken, they vary the first three factors only.
        few = ["--set", "filter_order=ascending", "--set", "activation=relu"]
        kept = few if options.cells == 8 else []
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
        "--cells", type=int, choices=(8, 32), default=32, help="all, or those of one network size"
    )
    parser.add_argument("--epochs", type=count, default=2)
    parser.add_argument("--images", type=count, default=6000)
    parser.add_argument("--test-images", type=count, default=1000)
    parser.add_argument("--repeats", type=count, default=3)
    parser.add_argument(
        "--ways", type=_ways, default="abcd", help="of a, b, c and d, in this order (abcd)"
    )
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


def _ways(text: str) -> str:
    unknown = sorted(set(text) - set(WAYS))
    if unknown or not text:
        raise argparse.ArgumentTypeError(f"{text!r}: ways are letters of {''.join(WAYS)}")
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
