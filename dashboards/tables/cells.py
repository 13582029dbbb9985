"""The numbers behind the figures that show each cell as one thing: its cost, and its way."""

import math

import numpy as np
import pandas as pd

from dashboards.tables.runs import joined_levels
from results import Outcome, Study
from results.report.cells import cell_table


def costly_factor(study: Study) -> str | None:
    """The varied factor whose levels differ most in mean seconds, as a ratio; None without one."""
    spread = {}
    for factor in study.varied:
        seconds = study.trials.groupby(factor, observed=True)["seconds"].mean().dropna()
        if len(seconds) and seconds.min() > 0:
            spread[factor] = float(seconds.max() / seconds.min())
    return max(spread, key=lambda factor: spread[factor], default=None)


def cost_points(study: Study, factor: str | None) -> pd.DataFrame:
    """What each cell costs, and what it gives.

    Returns:
        One row per cell of which some run trained: `cell`, `level` (of the factor), `seconds` (mean
        over all its seeds), `error` (mean test error of its trained runs, 0-1, at least half an
        image), `trained`, `seeds`.
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
        }
    ).reset_index(drop=True)


def path_counts(study: Study) -> pd.DataFrame:
    """How many runs of each cell ended how.

    Returns:
        One row per cell and outcome that was seen: the varied factors' levels as text, `outcome`,
        `runs`, `trained` (bool).
    """
    # Named apart, should a factor have one of these names.
    keys = [*study.varied, "outcome"]
    counted = study.trials[keys].astype(str).value_counts(sort=False)
    counts = counted.reset_index(name="runs")
    return counts.assign(trained=counts["outcome"] == Outcome.TRAINED.value)
