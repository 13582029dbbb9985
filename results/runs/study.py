"""The runs of a study's trials."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from results.analysis.lattice import Run, runs_by_cell
from results.records.answers import Errors
from results.records.study import Study
from results.runs.runs import Examples, Runs
from search_spaces import Seeding


def study_runs(study: Study, errors: Errors | None = None) -> Runs:
    """The runs of a study's trials in one regime, those in `study.trials`, whatever is missing.

    Args:
        study: the study.
        errors: the errors of its trials on single examples; None where these aren't known.

    Examples:
        >>> from results import load_study
        >>> runs = study_runs(load_study(directory))
        >>> list(runs.factors), runs.seeds, runs.response.shape
        (['normalization', 'loss'], (0, 1, 2), (4, 3))
    """
    by_cell = runs_by_cell(study)
    cells = tuple(by_cell)
    seeds = tuple(sorted({seed for by_seed in by_cell.values() for seed in by_seed}))
    rows = [[by_cell[cell].get(seed) for seed in seeds] for cell in cells]
    runs = [run for row in rows for run in row]
    shape = (len(cells), len(seeds))
    return Runs(
        factors={name: levels for name, levels in study.description.factors if len(levels) > 1},
        cells=cells,
        seeds=seeds,
        present=np.array([run is not None for run in runs], dtype=bool).reshape(shape),
        response=np.array([run.accuracy if run else np.nan for run in runs]).reshape(shape),
        learned=np.array([bool(run and run.trained) for run in runs], dtype=bool).reshape(shape),
        shared=study.seeding is Seeding.SHARED or study.resampled,
        split=_split(study) if study.resampled else None,
        examples=_examples(rows, errors) if errors else None,
    )


def _split(study: Study) -> tuple[int, int]:
    """How many examples each seed trained and tested on."""
    trials = study.trials
    return int(trials["train_size"].max()), int(trials["test_size"].max())


def _examples(rows: Sequence[Sequence[Run | None]], errors: Errors) -> Examples:
    def right(cell: int) -> NDArray[np.bool_] | None:
        wrong = [errors.by_trial.get(run.trial_id) for run in rows[cell] if run and run.trained]
        known = [answers for answers in wrong if answers is not None]
        return ~np.stack(known) if len(known) == len(wrong) else None

    return Examples(count=len(errors.index), right=right)
