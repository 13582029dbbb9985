"""How a study would run on many machines: simulated, with measured times.

`python -m benchmarks.scale` simulates 100,000 trainings on 10 to 1,000 machines. Nothing is
trained: an epoch takes what one took in `epoch_seconds.csv`, and the one driver of a
study takes what `benchmarks.driver_costs` measured for handing out a trial, for each epoch reported
and for each record. The driver does one thing at a time, in the order in which it is asked; a
worker waits until its report has been dealt with, as it does in Ray Tune. See `scale.md`.
"""

import argparse
import heapq
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.arguments import count

EPOCH_SECONDS = Path(__file__).parent / "epoch_seconds.csv"
# Images of the epochs measured there.
MEASURED_IMAGES = 6_000
NODES = (10, 100, 1_000)
# A driver that is busy more of the time than this is what limits the study.
_BUSY = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What things take, seconds but for the memory; as measured, see `scale.md`.

    Args:
        trial: of the driver, to hand out a trial and to store its record.
        epoch: of the driver, for an epoch's report with its checkpoint.
        worker_start: until a worker has started.
        driver_mb: memory of the driver before the first trial.
        trial_mb: what it grows by with each, by `benchmarks.memory`.
    """

    trial: float = 0.03
    epoch: float = 0.0035
    worker_start: float = 9.0
    driver_mb: float = 240.0
    trial_mb: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Simulated:
    """What a study took.

    Args:
        seconds: from the start to the last record.
        driver_busy: part of that time in which the driver worked, 0-1.
        workers_busy: part of it in which the average worker trained, 0-1.
        tail: seconds from the first worker that found nothing more to do to the end.
        records: when each record was stored, seconds, ascending `(n_trials,)`.
    """

    seconds: float
    driver_busy: float
    workers_busy: float
    tail: float
    records: NDArray[np.float64]


def simulate(times: NDArray[np.float64], *, epochs: int, workers: int, costs: Costs) -> Simulated:
    """A study, event by event.

    Args:
        times: seconds of an epoch of each trial, in the order in which trials are handed out
            `(n_trials,)`.
        epochs: of each trial.
        workers: that train at a time.
        costs: of all else.
    """
    # When a worker asks something of the driver, which worker, and the epochs its trial has left;
    # -1 where it has none.
    asking = [(costs.worker_start, worker, -1) for worker in range(workers)]
    duration = np.zeros(workers)
    records = np.empty(len(times))
    free = driver = 0.0
    given = stored = 0
    first_idle = np.inf
    while asking:
        at, worker, left = heapq.heappop(asking)
        free = max(free, at)
        if left >= 0:
            spent = costs.epoch if left else costs.epoch + costs.trial / 2
            free, driver = free + spent, driver + spent
        if left > 0:
            heapq.heappush(asking, (free + duration[worker], worker, left - 1))
            continue
        if left == 0:
            records[stored], stored = free, stored + 1
        if given == len(times):
            first_idle = min(first_idle, free)
            continue
        free, driver = free + costs.trial / 2, driver + costs.trial / 2
        duration[worker], given = times[given], given + 1
        heapq.heappush(asking, (free + duration[worker], worker, epochs - 1))
    end = float(records[-1])
    return Simulated(
        seconds=end,
        driver_busy=driver / end,
        workers_busy=float(times.sum()) * epochs / workers / end,
        tail=max(0.0, end - float(first_idle)),
        records=records,
    )


def epoch_times(trials: int, *, images: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Seconds of an epoch of each trial, the longest first as far as the plan can know.

    Equally many trials of each network measured, seconds scaled to `images`; runs differ by 10 %
    (lognormal, an assumption), which the plan doesn't know.
    """
    measured = pd.read_csv(EPOCH_SECONDS).sort_values("seconds", ascending=False)
    seconds = np.repeat(measured["seconds"].to_numpy(), -(-trials // len(measured)))[:trials]
    return seconds * images / MEASURED_IMAGES * rng.lognormal(sigma=0.1, size=trials)


def main(arguments: Sequence[str]) -> int:
    """Print the table; figures as JSON with `--json`."""
    options = _parser().parse_args(arguments)
    costs = Costs()
    times = epoch_times(options.trials, images=options.images, rng=np.random.default_rng(0))
    hours = times.sum() * options.epochs / 3600
    lines = [
        f"{options.trials:,} trials x {options.epochs} epochs x {options.images:,} images, "
        f"{hours:,.0f} hours of one core",
        "",
        "| machines | workers | hours | of them the tail | records a second | driver busy | "
        "workers busy | driver, MB | first limit |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    figures: dict[str, object] = {"costs": asdict(costs)}
    for nodes in options.nodes:
        workers = nodes * options.cpus
        found = simulate(times, epochs=options.epochs, workers=workers, costs=costs)
        memory = costs.driver_mb + costs.trial_mb * options.trials
        lines.append(
            f"| {nodes:,} | {workers:,} | {found.seconds / 3600:.2f} | {found.tail / 3600:.2f} | "
            f"{options.trials / found.seconds:.1f} | {found.driver_busy:.0%} | "
            f"{found.workers_busy:.0%} | {memory:,.0f} | "
            f"{'driver' if found.driver_busy > _BUSY else 'workers'} |"
        )
        figures[str(nodes)] = {
            **{name: getattr(found, name) for name in ("seconds", "driver_busy", "workers_busy")},
            "tail": found.tail,
            "driver_mb": memory,
            # How the records came in, twenty parts of the time.
            "records": np.histogram(found.records, 20, (0, found.seconds))[0].tolist(),
        }
    sys.stdout.write("\n".join(lines) + "\n")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.scale",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--trials", type=count, default=100_000)
    parser.add_argument("--epochs", type=count, default=45)
    parser.add_argument("--images", type=count, default=60_000)
    parser.add_argument("--nodes", type=count, nargs="+", default=NODES, help="machines")
    parser.add_argument("--cpus", type=count, default=4, help="workers of a machine (4)")
    parser.add_argument("--json", type=Path, help="write the figures here too")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
