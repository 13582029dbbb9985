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
        One row per cell and value of which all trainings have ended, in order of value: `cell`;
        `number`, when it was asked for, from 1; `value`; `error`, mean over the tuning seeds, 0-1;
        `low`, `high`, those of single trainings; `failed`; `pruned`: one or more of them were
        stopped early, and the errors are those they had come to; `chosen`.
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
        One row per cell: its varied levels; `chosen`, NaN if nothing is yet; `low`, `high` of its
        range; `error`, on the validation split at the chosen value (lower than what new images
        would give: it is the lowest of several); `failed`, values that did; `pruned`, values that
        were; `spent`, trainings; `epochs` of these; `doubts`; and of `fixed` and `tuned` trials
        each: how many there are (`_runs`), how many of them trained (`_trained`), mean test
        accuracy of these (0-1) and its standard deviation (`_mean`, `_sd`; NaN where there are too
        few).
    """
    responses = response_table(study)
    table = [_tuned_row(study, cell, responses) for cell in _cells(study)]
    return pd.DataFrame(table)


def best_table(study: Study) -> pd.DataFrame:
    """The expected lowest validation error against how many values were drawn.

    Returns:
        One row per cell and budget: `cell`, `values`, `trainings`, `error` (0-1). No rows where
        values were not drawn independently, or some were pruned: there the estimate does not hold.
    """
    tuning = study.description.tuning
    columns = ["cell", "values", "trainings", "error"]
    if tuning is None or not tuning.independent or tuning.pruned_at:
        return pd.DataFrame(columns=columns)
    rows = [
        {"cell": cell, "values": values, "trainings": values * len(tuning.seeds), "error": error}
        for cell, seen in response_table(study).groupby("cell", sort=False)
        for values, error in enumerate(expected_best(seen["error"].tolist()), start=1)
    ]
    return pd.DataFrame(rows, columns=columns)


def cell_name(study: Study, cell: TunedCell) -> str:
    """The cell's levels of the varied factors, joined."""
    return " · ".join(str(cell.levels[name]) for name in study.varied) or "the only cell"


def fixed_setting(study: Study, tuning: Tuning) -> float:
    """The value that all cells share where nothing is tuned."""
    return float(study.description.protocol[tuning.setting])


def _cells(study: Study) -> tuple[TunedCell, ...]:
    return study.description.tuning.cells if study.description.tuning else ()


def _response(
    name: str, cell: TunedCell, number: int, rows: Mapping[str, Mapping[Any, Any]]
) -> dict[str, object]:
    trainings = [rows[key] for key in cell.tuning_ids[number]]
    seen = tried_value(cell.values[number], trainings)
    single = [tried_value(seen.value, [row]).error for row in trainings]
    return {
        "cell": name,
        "number": number + 1,
        "value": seen.value,
        "error": seen.error,
        "low": min(single),
        "high": max(single),
        "failed": seen.failed,
        "pruned": seen.pruned,
        "chosen": seen.value == cell.chosen,
    }


def _tuned_row(study: Study, cell: TunedCell, responses: pd.DataFrame) -> dict[str, object]:
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
    """Runs of one cell; of two models that differ in the protocol only, both."""
    here = trials
    for name in study.varied:
        here = here[here[name] == cell.levels[name]]
    trained = here.loc[here["outcome"] == Outcome.TRAINED.value, "test_accuracy"]
    return {
        f"{regime}_runs": len(here),
        f"{regime}_trained": len(trained),
        f"{regime}_mean": float(trained.mean()) if len(trained) else np.nan,
        f"{regime}_sd": float(trained.std()) if len(trained) > 1 else np.nan,
    }
