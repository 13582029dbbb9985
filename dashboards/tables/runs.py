"""The numbers behind each figure, as plain tables. Accuracies are 0-1; percent is for screens."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from results import Outcome, Study
from results.report.section import spread


def cell_names(study: Study) -> pd.Series:
    """For each row of `study.trials`, its cell's levels of the varied factors, joined.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> cell_names(study).unique().tolist()[-2:]
        ['range · categorical_crossentropy', 'range · mse']
    """
    return joined_levels(study.trials, study.varied, empty="the only cell")


def joined_levels(rows: pd.DataFrame, factors: Sequence[str], *, empty: str = "") -> pd.Series:
    """For each row its levels of some factors, joined.

    Args:
        rows: a table with a column for each factor.
        factors: names of the factors.
        empty: the text where there is nothing to join.

    Examples:
        >>> rows = pd.DataFrame({"width": [8, 16], "loss": ["mse", None]})
        >>> joined_levels(rows, ["width", "loss"]).tolist()
        ['8 · mse', '16 · –']
        >>> joined_levels(rows, [], empty="the only cell").tolist()
        ['the only cell', 'the only cell']
    """
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

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> outcome_lattice(study)
             row                    column  trained  seeds  outcome
        0   none  categorical_crossentropy        3      3  trained
        1   none                       mse        3      3  trained
        2  range  categorical_crossentropy        3      3  trained
        3  range                       mse        3      3  trained
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
            "outcome": _typical_outcome(cell["outcome"]),
        }
        for (row, column), cell in trials.groupby(["row", "column"], sort=False)
    ]
    return pd.DataFrame(rows, columns=["row", "column", "trained", "seeds", "outcome"])


def run_points(study: Study) -> pd.DataFrame:
    """Every trial that ended without an error, best cell last (uppermost on a figure).

    Returns:
        One row per trial: `cell`, `seed`, `outcome`, `test_accuracy` (0-1), and `error`
        (1 - accuracy, but at least half an image, so that a logarithmic axis can show it).

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> run_points(study)[["cell", "seed", "test_accuracy", "error"]].tail(2)
                                        cell  seed  test_accuracy   error
        10  range · categorical_crossentropy     1          1.000  0.0125
        11  range · categorical_crossentropy     2          0.975  0.0250
    """
    trials = study.trials.assign(cell=cell_names(study))
    trials = trials[trials["outcome"] != Outcome.ERROR.value]
    trained = trials["outcome"] == Outcome.TRAINED.value
    error = np.maximum(1 - trials["test_accuracy"], 0.5 / trials["test_size"])
    best = trials["test_accuracy"].where(trained, -1).groupby(trials["cell"]).transform("max")
    points = trials.assign(error=error, best=best).sort_values(["best", "cell", "seed"])
    return points[["cell", "seed", "outcome", "test_accuracy", "error"]].reset_index(drop=True)


def curve_points(study: Study) -> pd.DataFrame:
    """The learning curves of all trials.

    Returns:
        One row per trial and epoch: `cell`, `seed`, `trained` (bool), `epoch` (from 1),
        `train_error`, `test_error` (1 - accuracy, at least half an image).

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> curve_points(study)[["seed", "epoch", "test_error"]].head(2).round(3)
           seed  epoch  test_error
        0     0      1       0.900
        1     0      2       0.808
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
        points: the table of `curve_points`.

    Returns:
        One row per cell and epoch: `cell`, `epoch`, `runs`, and of `train` and `test` errors the
        `_low` quartile, the `_median` and the `_high` quartile, each epoch by itself.

    Examples:
        >>> points = pd.DataFrame(
        ...     {"cell": "a", "trained": True, "epoch": 1, "train_error": 0.5,
        ...      "test_error": [0.1, 0.2, 0.6]}
        ... )
        >>> median_curves(points)[["cell", "epoch", "runs", "test_median", "test_high"]]
          cell  epoch  runs  test_median  test_high
        0    a      1     3          0.2        0.4
    """
    groups = points[points["trained"]].groupby(["cell", "epoch"], sort=False)
    columns = {
        f"{part}_{name}": groups[f"{part}_error"].quantile(share)
        for part in ("train", "test")
        for name, share in (("low", 0.25), ("median", 0.5), ("high", 0.75))
    }
    return pd.DataFrame({"runs": groups.size(), **columns}).reset_index()


def trial_table(study: Study) -> pd.DataFrame:
    """What the table of trials shows: identity, levels, seed, outcome and final figures.

    Examples:
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> table = trial_table(study)
        >>> table[["normalization", "loss", "seed", "outcome", "test_accuracy"]].head(1)
          normalization                      loss  seed  outcome  test_accuracy
        0          none  categorical_crossentropy     0  trained          0.925
    """
    columns = ["seed", "outcome", "test_accuracy", "train_accuracy", "test_loss", "train_loss"]
    return study.trials[["trial_id", *study.factors, *columns, "seconds"]]


def model_table(study: Study) -> pd.DataFrame:
    """Models recorded elsewhere beside ours of the same cell.

    Returns:
        One row per model: `name`, `cell` (and where it departs from the protocol), `recorded` (test
        accuracy, None if none was), `ours` (mean over our trained seeds, NaN if none), `trained`,
        `seeds`, and `all_runs`: all of ours that finished, in words.

    Examples:
        >>> from dataclasses import replace
        >>> from results import load_study
        >>> study = load_study(directory)
        >>> levels = {"normalization": "none", "loss": "mse"}
        >>> model = {"name": "first", "levels": levels, "settings": {}, "test_accuracy": 0.98}
        >>> study = replace(study, description=replace(study.description, models=(model,)))
        >>> model_table(study).round(3)
            name        cell  recorded   ours  trained  seeds                 all_runs
        0  first  none · mse      0.98  0.908        3      3  90.83 ± 1.44 % (3 of 3)
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
                "all_runs": spread(
                    ours["test_accuracy"].mean(),
                    ours["test_accuracy"].std(),
                    finished=int(ours["test_accuracy"].count()),
                    runs=len(ours),
                ),
            }
        )
    columns = ["name", "cell", "recorded", "ours", "trained", "seeds", "all_runs"]
    return pd.DataFrame(rows, columns=columns)


def _typical_outcome(outcomes: pd.Series) -> str:
    """The most frequent outcome; at a tie the worst."""
    counts = outcomes.value_counts()
    worst_first = list(Outcome)
    tied = [Outcome(name) for name in counts[counts == counts.max()].index]
    return min(tied, key=worst_first.index).value
