"""What the summary and the pages of a large study take: time, memory, size.

`python -m benchmarks.summary --levels 5,5,4,3,3 --seeds 10 --images 10000 --out DIR` writes a
study that was never trained, unless DIR is there already; then it summarises it and draws its
pages, each in a process of its own. The study of this example takes about 1 GB of disk.
"""

import argparse
import io
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from PIL import Image

from results import Record, StudyPaths, make_record
from results.records.description import describe, write_description
from results.records.outcome import EARLIER
from results.records.schema import IMAGES
from results.records.store import compact, write_images, write_record
from search_spaces import Factor, Protocol, Space, Trial
from tests.given.studies import DATASET_HASH, measured

EPOCHS = 2
CLASSES = 10
# Of 28 pixels; the rest is black. A PNG then takes about 290 bytes, as one of MNIST does.
NOISY_PIXELS = 14


def make_space(levels: Sequence[int]) -> Space:
    """A space of factors with these numbers of levels."""
    return Space(
        name="large",
        title="A study that was never trained",
        factors=tuple(
            Factor(name=f"factor_{number}", levels=tuple(f"level_{at}" for at in range(count)))
            for number, count in enumerate(levels)
        ),
        settings={
            "epochs": EPOCHS,
            "batch_size": 32,
            "evaluation_batch_size": 32,
            "learning_rate": 0.1,
        },
        factory="f:f",
        maths="1",
    )


def write_large_study(directory: Path, space: Space, *, seeds: int, images: int) -> None:
    """A finished, compacted study whose networks miss about 2 % of the images."""
    settings = {"train_size": 60_000, "test_size": images, **space.default_settings("large")}
    protocol = Protocol(dataset="large", dataset_hash=DATASET_HASH, **settings)
    trials = space.trials(protocol, range(seeds))
    paths = StudyPaths(directory)
    directory.mkdir(parents=True)
    write_description(paths, describe(space, trials, EARLIER))
    rng = np.random.default_rng(0)
    rates = rng.beta(0.2, 9.8, size=images)
    write_images(paths, _images(images, rng))
    for trial in trials:
        write_record(paths, invented_record(trial, rng, rates))
    compact(paths)


def run_command(module: str, directory: Path) -> tuple[float, float, int]:
    """Seconds, peak resident memory in MB, and exit code of a command on a directory."""
    command = [sys.executable, "-m", module, str(directory)]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    return seconds, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def invented_record(trial: Trial, rng: np.random.Generator, rates: NDArray[np.float64]) -> Record:
    """What a trial might have left.

    Args:
        trial: of any space; the steps of its levels, if numbered, make images harder.
        rng: of what differs between trials.
        rates: how often each test image is misread, 0-1, `(n_test_images,)`.
    """
    epochs = trial.protocol.epochs
    label = np.arange(len(rates)) % CLASSES
    wrong = rng.random(len(rates)) < rates * _difficulty(trial)
    accuracy = 1 - wrong.mean()
    figures = np.full(epochs, accuracy)
    return make_record(
        trial,
        measured=measured(space="large", test_accuracy=accuracy, train_accuracy=accuracy),
        epochs={
            "epoch": np.arange(1, epochs + 1),
            **dict.fromkeys(("train_loss", "test_loss"), 1 - figures),
            **dict.fromkeys(("train_accuracy", "test_accuracy"), figures),
            "seconds": np.ones(epochs),
        },
        predictions={
            "index": np.arange(len(rates)),
            "label": label,
            "predicted": np.where(wrong, (label + 1) % CLASSES, label),
            "confidence": rng.random(len(rates), dtype=np.float32),
        },
    )


def main(arguments: Sequence[str]) -> int:
    """Write the study if need be, and say what each command costs; 0 if both succeed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.summary", description=__doc__)
    parser.add_argument("--levels", default="2,2,2,2,2", help="numbers of levels of the factors")
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--out", type=Path, required=True, help="where the study is, or shall be")
    options = parser.parse_args(arguments)
    if not options.out.exists():
        space = make_space([int(count) for count in options.levels.split(",")])
        write_large_study(options.out, space, seeds=options.seeds, images=options.images)
    codes: list[int] = []
    for module in ("results.summary", "dashboards.build"):
        seconds, megabytes, code = run_command(module, options.out)
        sys.stdout.write(f"{module}: {seconds:.1f} s, {megabytes:,.0f} MB, exit code {code}\n")
        codes.append(code)
    for page in sorted(options.out.glob("*.html")):
        sys.stdout.write(f"{page.name}: {page.stat().st_size / 1e6:.1f} MB\n")
    return max(codes)


def _images(count: int, rng: np.random.Generator) -> pa.Table:
    """What stands for the test images: pictures of noise, each as long as a PNG of MNIST."""
    columns = {
        "dataset_hash": [DATASET_HASH] * count,
        "index": np.arange(count),
        "label": np.arange(count) % CLASSES,
        "png": [_picture(rng) for _ in range(count)],
    }
    return pa.table(columns, schema=IMAGES)


def _picture(rng: np.random.Generator) -> bytes:
    shades = np.zeros((28, 28), dtype=np.uint8)
    shades[:NOISY_PIXELS, :NOISY_PIXELS] = rng.integers(256, size=(NOISY_PIXELS, NOISY_PIXELS))
    buffer = io.BytesIO()
    Image.fromarray(shades).save(buffer, format="PNG")
    return buffer.getvalue()


def _difficulty(trial: Trial) -> float:
    """By what factor a cell misses more images: 5 % more with each step of each factor."""
    steps = (str(level).rpartition("_")[2] for _, level in trial.cell.levels)
    return 1.05 ** sum(int(step) for step in steps if step.isdecimal())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
