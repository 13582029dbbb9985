"""The numbers behind each figure, as plain tables. Accuracies are 0-1; percent is for screens."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from results import Outcome, Study


def cell_names(study: Study) -> pd.Series:
    """For each row of `study.trials`, its cell's levels of the varied factors, joined."""
    return joined_levels(study.trials, study.varied, empty="the only cell")


def joined_levels(rows: pd.DataFrame, factors: Sequence[str], *, empty: str = "") -> pd.Series:
    """For each row its levels of some factors, joined; `empty` where there is nothing to join."""
    if not factors or rows.empty:
        return pd.Series(empty, index=rows.index, dtype=str)
    # Without study.json, records of mixed spaces lack each other's factors.
    columns = [rows[factor].astype(object).fillna("–").astype(str) for factor in factors]
    return pd.Series(list(map(" · ".join, zip(*columns, strict=True))), index=rows.index, dtype=str)


def outcome_lattice(study: Study) -> pd.DataFrame:
    """How many seeds trained in each recorded cell, laid out on two axes.

    Returns:
        One row per cell: `row`, `column` (levels of the first half and of the other half of the
        varied factors), `trained`, `seeds`, `outcome` (the most frequent one; at a tie the worst).
    """
    half = math.ceil(len(study.varied) / 2)
    trials = study.trials.assign(
        row=joined_levels(study.trials, study.varied[:half]),
        column=joined_levels(study.trials, study.varied[half:]),
    )
    rows = [
        {
            "row": row,
            "column": column,
            "trained": int((cell["outcome"] == Outcome.TRAINED.value).sum()),
            "seeds": len(cell),
            "outcome": _typical(cell["outcome"]),
        }
        for (row, column), cell in trials.groupby(["row", "column"], sort=False)
    ]
    return pd.DataFrame(rows, columns=["row", "column", "trained", "seeds", "outcome"])


def run_points(study: Study) -> pd.DataFrame:
    """Every trial that ended, best cell last (uppermost on a figure).

    Returns:
        One row per trial: `cell`, `seed`, `outcome`, `test_accuracy`, and `error` (1 - accuracy,
        but at least half an image, so that a logarithmic axis can show it).
    """
    trials = study.trials.assign(cell=cell_names(study))
    trials = trials[trials["outcome"] != Outcome.ERROR.value]
    trained = trials["outcome"] == Outcome.TRAINED.value
    error = np.maximum(1 - trials["test_accuracy"], 0.5 / trials["test_size"])
    best = trials["test_accuracy"].where(trained, -1).groupby(trials["cell"]).transform("max")
    points = trials.assign(error=error, best=best).sort_values(["best", "cell", "seed"])
    return points[["cell", "seed", "outcome", "test_accuracy", "error"]].reset_index(drop=True)


def curve_points(study: Study) -> pd.DataFrame:
    """The learning curves.

    Returns:
        One row per trial and epoch: `cell`, `seed`, `trained` (bool), `epoch`, `train_error`,
        `test_error` (1 - accuracy, at least half an image).
    """
    trials = study.trials.assign(
        cell=cell_names(study), trained=study.trials["outcome"] == Outcome.TRAINED.value
    )
    columns = ["trial_id", "cell", "seed", "trained", "train_size", "test_size"]
    points = study.epochs.merge(trials[columns], on="trial_id")
    for part in ("train", "test"):
        error = 1 - points[f"{part}_accuracy"]
        points[f"{part}_error"] = np.maximum(error, 0.5 / points[f"{part}_size"])
    points = points.sort_values(["cell", "seed", "epoch"], ignore_index=True)
    return points[["cell", "seed", "trained", "epoch", "train_error", "test_error"]]


def median_curves(points: pd.DataFrame) -> pd.DataFrame:
    """The middle of the trained runs of each cell, epoch by epoch.

    Args:
        points: of `curve_points`.

    Returns:
        One row per cell and epoch: `cell`, `epoch`, `runs`, and of `train` and `test` errors the
        `_low` quartile, the `_median` and the `_high` quartile, each epoch by itself.
    """
    groups = points[points["trained"]].groupby(["cell", "epoch"], sort=False)
    columns = {
        f"{part}_{name}": groups[f"{part}_error"].quantile(share)
        for part in ("train", "test")
        for name, share in (("low", 0.25), ("median", 0.5), ("high", 0.75))
    }
    return pd.DataFrame({"runs": groups.size(), **columns}).reset_index()


def trial_table(study: Study) -> pd.DataFrame:
    """What the table of trials shows: identity, levels, seed, outcome and final figures."""
    columns = ["seed", "outcome", "test_accuracy", "train_accuracy", "test_loss", "train_loss"]
    return study.trials[["trial_id", *study.factors, *columns, "seconds"]]


def model_table(study: Study) -> pd.DataFrame:
    """Models recorded elsewhere beside ours of the same cell.

    Returns:
        One row per model: `name`, `cell` (and where it departs from the protocol), `recorded` (test
        accuracy, None if none was), `ours` (mean over our trained seeds, NaN if none), `trained`,
        `seeds`.
    """
    rows = []
    for model in study.description.models:
        ours = study.trials
        for factor, level in model["levels"].items():
            ours = ours[ours[factor].astype(str) == str(level)]
        departures = [
            f"{name.replace('_', ' ')} {value}" for name, value in model["settings"].items()
        ]
        trained = ours[ours["outcome"] == Outcome.TRAINED.value]
        rows.append(
            {
                "name": model["name"],
                "cell": " · ".join([*map(str, model["levels"].values()), *departures]),
                "recorded": model["test_accuracy"],
                "ours": trained["test_accuracy"].mean(),
                "trained": len(trained),
                "seeds": len(ours),
            }
        )
    return pd.DataFrame(rows, columns=["name", "cell", "recorded", "ours", "trained", "seeds"])


def _typical(outcomes: pd.Series) -> str:
    """The most frequent outcome; at a tie the worst."""
    counts = outcomes.value_counts()
    worst_first = list(Outcome)
    tied = [Outcome(name) for name in counts[counts == counts.max()].index]
    return min(tied, key=worst_first.index).value
