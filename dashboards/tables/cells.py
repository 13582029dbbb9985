"""The numbers behind the figures that show each cell as one thing: its cost, and its way."""

import math

import numpy as np
import pandas as pd

from dashboards.tables.runs import joined_levels
from results import Outcome, Study
from results.report.cells import cell_table


def costly_factor(study: Study) -> str | None:
    """The varied factor whose levels differ most in mean seconds, as a ratio; None without one.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> study.trials["seconds"] = [10, 10, 10, 30, 30, 30, 10, 10, 10, 30, 30, 30]
        >>> costly_factor(study)
        'loss'
    """
    spread = {}
    for factor in study.varied:
        seconds = study.trials.groupby(factor, observed=True)["seconds"].mean().dropna()
        if len(seconds) and seconds.min() > 0:
            spread[factor] = float(seconds.max() / seconds.min())
    return max(spread, key=lambda factor: spread[factor], default=None)


def cost_points(study: Study, factor: str | None) -> pd.DataFrame:
    """What each cell costs, and what it gives.

    Args:
        study: the study.
        factor: the factor whose level is told of each cell; None for no factor.

    Returns:
        One row per cell of which some run trained: `cell`, `level` (of the factor), `seconds` (mean
        over all its seeds), `error` (mean test error of its trained runs, 0-1, at least half an
        image), `trained`, `seeds`, and `all_runs`: the accuracy of all its finished runs, in words.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> cost_points(study, "loss")[["level", "seconds", "error"]].round(3)
                              level  seconds  error
        0  categorical_crossentropy      1.5  0.017
        1                       mse      1.5  0.042
        2  categorical_crossentropy      1.5  0.075
        3                       mse      1.5  0.092
    """
    cells = cell_table(study)
    cells = cells[(cells["trained"] > 0) & (cells["seconds"] > 0)]
    half_image = 0.5 / study.trials["test_size"].max() if len(study.trials) else math.nan
    return pd.DataFrame(
        {
            "cell": joined_levels(cells, study.varied, empty="the only cell"),
            "level": cells[factor].astype(str) if factor else "every cell",
            "seconds": cells["seconds"],
            "error": np.maximum(1 - cells["mean"].astype(float), half_image),
            "trained": cells["trained"],
            "seeds": cells["seeds"],
            "all_runs": cells["all_runs"],
        }
    ).reset_index(drop=True)


def path_counts(study: Study) -> pd.DataFrame:
    """How many runs of each cell ended how.

    Returns:
        One row per cell and outcome that occurs: the varied factors' levels as text, `outcome`,
        `runs`, `trained` (bool).

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> path_counts(study)
          normalization                      loss  outcome  runs  trained
        0          none  categorical_crossentropy  trained     3     True
        1          none                       mse  trained     3     True
        2         range  categorical_crossentropy  trained     3     True
        3         range                       mse  trained     3     True
    """
    keys = [*study.varied, "outcome"]
    rows = study.trials[keys].astype(str).value_counts(sort=False)
    counts = rows.reset_index(name="runs")
    return counts.assign(trained=counts["outcome"] == Outcome.TRAINED.value)
