"""What tuning tells, as plain tables: how errors respond to a setting, and what each cell gave."""
# pandas' stubs leave many results untyped.
# pyright: reportUnknownMemberType=false

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from results.records.outcome import Outcome
from results.records.study import Study
from results.records.tuning import TunedCell, Tuning, expected_best, tried_value


def response_table(study: Study) -> pd.DataFrame:
    """The validation error of each value tried.

    Returns:
        One row per cell and value of which all trainings have ended, in order of value: `cell`, the
        name of the cell; `number`, the value's place among those asked for, from 1; `value`;
        `error`, the mean over the tuning seeds, 0-1; `low` and `high`, the lowest and the highest
        error of a single training; `failed`, whether a training failed; `pruned`, whether a
        training was stopped early, in which case its error is what it had come to; `chosen`,
        whether this is the value that was chosen for the cell.

    Examples:
        >>> from results import load_study
        >>> table = response_table(load_study(tuned_directory))
        >>> table.query("cell == 'range · mse'")[["value", "error", "low", "high", "chosen"]]
            value   error    low   high  chosen
        9   0.003  0.0875  0.075  0.100   False
        10  0.030  0.0625  0.050  0.075   False
        11  0.300  0.0375  0.025  0.050    True
    """
    rows: dict[str, Mapping[Any, Any]] = {
        str(row["trial_id"]): row for row in study.tuning.to_dict("records")
    }
    table = [
        _response(cell_name(study, cell), cell, number, rows)
        for cell in _cells(study)
        for number in sorted(range(len(cell.values)), key=lambda number: cell.values[number])
        if all(key in rows for key in cell.tuning_ids[number])
    ]
    columns = ["cell", "number", "value", "error", "low", "high", "failed", "pruned", "chosen"]
    return pd.DataFrame(table, columns=columns)


def tuned_table(study: Study) -> pd.DataFrame:
    """Each cell at the fixed setting and at the one chosen for it.

    Returns:
        One row per cell: its varied levels; `chosen`, the chosen value, NaN if none is chosen yet;
        `low` and `high`, the ends of its range; `error`, the validation error (0-1) at the chosen
        value, lower than what new images would give, as it is the lowest of several; `failed` and
        `pruned`, the numbers of values with such trainings; `spent`, the number of trainings;
        `epochs`, the number of their epochs; `doubts`, why the chosen value is not to be trusted;
        and for `fixed` and `tuned` trials each: `_runs`, how many there are, `_trained`, how many
        of them trained, `_mean` and `_sd`, the mean test accuracy of these (0-1) and its standard
        deviation, NaN where there are too few; `_finished`, `_all_mean` and `_all_sd`, the same of
        all that finished, whether they trained or not.

    Examples:
        >>> from results import load_study
        >>> table = tuned_table(load_study(tuned_directory))
        >>> table[["normalization", "loss", "chosen", "fixed_mean", "tuned_mean"]].round(3)
          normalization                      loss  chosen  fixed_mean  tuned_mean
        0          none  categorical_crossentropy    0.03       0.925       0.992
        1          none                       mse    0.30       0.908       0.967
        2         range  categorical_crossentropy    0.03       0.983       0.992
        3         range                       mse    0.30       0.958       0.967
    """
    responses = response_table(study)
    table = [_tuned_row(study, cell, responses) for cell in _cells(study)]
    return pd.DataFrame(table)


def best_table(study: Study) -> pd.DataFrame:
    """The expected lowest validation error against how many values were drawn.

    Returns:
        One row per cell and budget: `cell`, the name of the cell; `values`, how many were drawn;
        `trainings`, how many that takes; `error`, the expected lowest error, 0-1. No rows where
        values were not drawn independently, or some were pruned: there the estimate does not hold.

    Examples:
        >>> from results import load_study
        >>> best_table(load_study(tuned_directory)).query("cell == 'none · mse'").round(4)
                 cell  values  trainings   error
        3  none · mse       1          2  0.0625
        4  none · mse       2          4  0.0458
        5  none · mse       3          6  0.0375
    """
    tuning = study.description.tuning
    columns = ["cell", "values", "trainings", "error"]
    if tuning is None or not tuning.independent or tuning.pruned_at:
        return pd.DataFrame(columns=columns)
    rows = [
        {"cell": cell, "values": values, "trainings": values * len(tuning.seeds), "error": error}
        for cell, responses in response_table(study).groupby("cell", sort=False)
        for values, error in enumerate(expected_best(responses["error"].tolist()), start=1)
    ]
    return pd.DataFrame(rows, columns=columns)


def cell_name(study: Study, cell: TunedCell) -> str:
    """The cell's levels of the varied factors, joined, as tables and pages name it.

    Examples:
        >>> from results import load_study
        >>> study = load_study(tuned_directory)
        >>> cell_name(study, study.description.tuning.cells[0])
        'none · categorical_crossentropy'
    """
    return " · ".join(str(cell.levels[name]) for name in study.varied) or "the only cell"


def fixed_setting(study: Study, tuning: Tuning) -> float:
    """The value of the tuned setting that all cells share in trials at the fixed setting.

    Examples:
        >>> from results import load_study
        >>> study = load_study(tuned_directory)
        >>> fixed_setting(study, study.description.tuning)
        0.05
    """
    return float(study.description.protocol[tuning.setting])


def _cells(study: Study) -> tuple[TunedCell, ...]:
    return study.description.tuning.cells if study.description.tuning else ()


def _response(
    name: str, cell: TunedCell, number: int, rows: Mapping[str, Mapping[Any, Any]]
) -> dict[str, object]:
    """The row of `response_table` for one value of a cell.

    Args:
        name: name of the cell.
        cell: what tuning did in the cell.
        number: the value's place among those asked for, from 0.
        rows: the rows of `trials` of all trainings that tuned, by trial id.
    """
    trainings = [rows[key] for key in cell.tuning_ids[number]]
    response = tried_value(cell.values[number], trainings)
    errors = [tried_value(response.value, [row]).error for row in trainings]
    return {
        "cell": name,
        "number": number + 1,
        "value": response.value,
        "error": response.error,
        "low": min(errors),
        "high": max(errors),
        "failed": response.failed,
        "pruned": response.pruned,
        "chosen": response.value == cell.chosen,
    }


def _tuned_row(study: Study, cell: TunedCell, responses: pd.DataFrame) -> dict[str, object]:
    """The row of `tuned_table` for a cell, with its error from the `response_table`."""
    best = responses[(responses["cell"] == cell_name(study, cell)) & responses["chosen"]]
    return {
        **{name: cell.levels[name] for name in study.varied},
        "chosen": np.nan if cell.chosen is None else cell.chosen,
        "low": cell.low,
        "high": cell.high,
        "error": float(best["error"].iloc[0]) if len(best) else np.nan,
        "failed": cell.failed,
        "pruned": cell.pruned,
        "spent": cell.spent,
        "epochs": cell.epochs,
        "doubts": ", ".join(cell.doubts),
        **_summary("fixed", study.trials, study, cell),
        **_summary("tuned", study.tuned, study, cell),
    }


def _summary(regime: str, trials: pd.DataFrame, study: Study, cell: TunedCell) -> dict[str, object]:
    """The columns of `tuned_table` for the runs of one cell in one regime.

    Where two models differ in the protocol only, these are the runs of both.
    """
    runs = trials
    for name in study.varied:
        runs = runs[runs[name] == cell.levels[name]]
    trained = runs.loc[runs["outcome"] == Outcome.TRAINED.value, "test_accuracy"]
    return {
        f"{regime}_runs": len(runs),
        f"{regime}_trained": len(trained),
        f"{regime}_mean": float(trained.mean()) if len(trained) else np.nan,
        f"{regime}_sd": float(trained.std()) if len(trained) > 1 else np.nan,
        f"{regime}_finished": int(runs["test_accuracy"].count()),
        f"{regime}_all_mean": float(runs["test_accuracy"].mean()),
        f"{regime}_all_sd": float(runs["test_accuracy"].std()),
    }
