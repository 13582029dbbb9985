"""The studies that examples in docstrings call `directory` and `tuned_directory`.

Both are of the space `smoke`, four cells and three seeds, small and invented; every run trained.
"""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from results.records.description import describe, write_description
from results.records.outcome import EARLIER
from results.records.store import compact, write_images, write_record
from results.records.tuning import TunedCell, Tuning, choose, tried_value
from results.storage.paths import StudyPaths
from search_spaces import Regime, Trial, find_space
from tests.given.studies import N_IMAGES, images, plan, record, write_study

# Of 40 images, how many each cell misreads with its three seeds: normalization, then loss.
MISREAD = {
    ("none", "categorical_crossentropy"): (3, 4, 2),
    ("none", "mse"): (4, 4, 3),
    ("range", "categorical_crossentropy"): (1, 0, 1),
    ("range", "mse"): (2, 1, 2),
}
# Of 40 images, how many a cell with this loss misreads by the learning rate that is tried, and one
# more with an odd seed. The fixed learning rate is 0.05.
MISREAD_BY_RATE = {
    "categorical_crossentropy": {0.003: 2, 0.03: 0, 0.3: 3},
    "mse": {0.003: 3, 0.03: 2, 0.3: 1},
}
TUNING_SEEDS = (1_000_000, 1_000_001)


def write_example_study(directory: Path) -> Path:
    """A study with accuracies of 0.9 and more."""
    write_study(directory, seeds=3, misread=_misread)
    return directory


def write_tuned_example_study(directory: Path) -> Path:
    """The same study with tuned learning rates: 0.03, and 0.3, the highest tried, for `mse`."""
    space, paths = find_space("smoke"), StudyPaths(directory)
    trials = plan(space, seeds=3)
    paths.root.mkdir(parents=True, exist_ok=True)
    write_images(paths, images())
    for trial in trials:
        write_record(paths, record(trial, misread=_misread(trial)))
    cells = [
        _tuned_cell(paths, [trial for trial in trials if trial.cell == cell])
        for cell in space.cells()
    ]
    tuning = Tuning(
        setting="learning_rate",
        values=3,
        seeds=TUNING_SEEDS,
        sampler="random",
        dataset_hash="cd" * 32,
        train_size=60,
        validation_size=N_IMAGES,
        cells=tuple(cells),
    )
    write_description(paths, dataclasses.replace(describe(space, trials, EARLIER), tuning=tuning))
    compact(paths)
    return directory


def _misread(trial: Trial) -> range:
    levels = trial.cell.as_dict()
    return _images(trial, MISREAD[str(levels["normalization"]), str(levels["loss"])][trial.seed])


def _tuned_cell(paths: StudyPaths, trials: Sequence[Trial]) -> TunedCell:
    """What the tuning of a cell gave, once its trainings and its tuned trials are recorded."""
    rates = MISREAD_BY_RATE[str(trials[0].cell.as_dict()["loss"])]
    tried = [
        [_write_at_rate(paths, trials[0], rate, seed, Regime.TUNING) for seed in TUNING_SEEDS]
        for rate in rates
    ]
    values = [tried_value(rate, rows) for rate, rows in zip(rates, tried, strict=True)]
    chosen, at_edge = choose(values)
    tuned = [_write_at_rate(paths, trial, chosen, trial.seed, Regime.TUNED) for trial in trials]
    return TunedCell(
        levels=trials[0].cell.as_dict(),
        low=0.001,
        high=1.0,
        values=tuple(rates),
        tuning_ids=tuple(tuple(row["trial_id"] for row in rows) for rows in tried),
        spent=len(rates) * len(TUNING_SEEDS),
        epochs=len(rates) * len(TUNING_SEEDS) * trials[0].protocol.epochs,
        chosen=chosen,
        at_edge=at_edge,
        tuned_ids=tuple(row["trial_id"] for row in tuned),
    )


def _write_at_rate(
    paths: StudyPaths, trial: Trial, rate: float, seed: int, regime: Regime
) -> dict[str, object]:
    """The row of a trial with another learning rate and seed, once it is recorded."""
    split = {"dataset_hash": "cd" * 32, "train_size": 60} if regime is Regime.TUNING else {}
    protocol = dataclasses.replace(trial.protocol, learning_rate=rate, **split)
    trial = dataclasses.replace(trial, protocol=protocol, seed=seed)
    count = MISREAD_BY_RATE[str(trial.cell.as_dict()["loss"])][rate] + seed % 2
    recorded = record(trial, regime=regime, misread=_images(trial, count))
    write_record(paths, recorded)
    return recorded.row


def _images(trial: Trial, count: int) -> range:
    """So many images, from a place on that depends on the seed."""
    first = trial.seed % 10
    return range(first, min(first + count, N_IMAGES))
