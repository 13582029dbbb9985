"""How much training more seeds would take, from the time that a study's trainings took."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.records.study import Study
from results.runs.runs import Runs


def seconds_per_seed(runs: Runs, study: Study) -> NDArray[np.float64]:
    """The seconds of training that another seed of each cell takes, `(n_cells,)`.

    In a tuned study a seed is trained at the fixed setting and at the tuned one; what is tuned
    already is not tuned again. A cell of which no time is known takes the mean of the others; NaN
    where none is known at all.

    Args:
        runs: the runs of the study, of either regime.
        study: the study.

    Examples:
        >>> from results import load_study
        >>> from results.runs.study import study_runs
        >>> study = load_study(directory)
        >>> seconds_per_seed(study_runs(study), study).tolist()
        [1.5, 1.5, 1.5, 1.5]
    """
    regimes = [study.trials, *([study.tuned] if study.description.tuning else [])]
    return np.sum([_means(runs, trials) for trials in regimes if len(trials)], axis=0)


def more_seconds(
    seeds: int, runs: Runs, cells: NDArray[np.int64], seconds: NDArray[np.float64]
) -> float | None:
    """The seconds of training that bring some cells to so many runs each; None: not known.

    Args:
        seeds: the number of runs that each of these cells is to have.
        runs: the runs that there are.
        cells: numbers of the cells, `(n,)`.
        seconds: what another seed of each cell takes, `(n_cells,)`.

    Examples:
        >>> from results import load_study
        >>> from results.runs.study import study_runs
        >>> study = load_study(directory)  # 3 seeds
        >>> runs = study_runs(study)
        >>> more_seconds(5, runs, np.array([0, 1]), seconds_per_seed(runs, study))
        6.0
    """
    more = np.maximum(0, seeds - runs.present[cells].sum(axis=1))
    total = float((more * seconds[cells]).sum())
    return None if math.isnan(total) else total


def time_words(seconds: float) -> str:
    """A time in the unit that a person would take.

    Examples:
        >>> time_words(40), time_words(600), time_words(12_240)
        ('40 s', '10 min', '3.4 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    if seconds < 90 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"


def _means(runs: Runs, trials: pd.DataFrame) -> NDArray[np.float64]:
    """The mean time of each cell, `(n_cells,)`."""
    names = list(runs.factors)
    times: dict[tuple[object, ...], list[float]] = {cell: [] for cell in runs.cells}
    cells = zip(*(trials[name] for name in names), strict=True) if names else [()] * len(trials)
    for cell, seconds in zip(cells, trials["seconds"], strict=True):
        if cell in times and not math.isnan(seconds):
            times[cell].append(float(seconds))
    means = np.array([np.mean(of_cell) if of_cell else np.nan for of_cell in times.values()])
    is_known = ~np.isnan(means)
    return np.where(is_known, means, means[is_known].mean() if is_known.any() else np.nan)
