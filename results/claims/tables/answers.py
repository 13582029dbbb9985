"""Which run misread which example, from anyone's table of answers."""
# pandas' stubs leave many results untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.claims.tables.runs import check_known


def wrong_answers(frame: pd.DataFrame, answers: pd.DataFrame) -> NDArray[np.bool_]:
    """Whether each run, a row of the table, misses each example, `(n_rows, n_examples)`.

    Args:
        frame: one row a run, with a column `run` that names it.
        answers: one row for a run and an example: `run`, `example` and `wrong`, a boolean.

    Raises:
        ValueError: a column is missing, an example of a run is there twice or not at all, or
            `wrong` is no boolean.

    Examples:
        >>> frame = pd.DataFrame({"run": ["a"]})
        >>> answers = pd.DataFrame({"run": ["a", "a"], "example": [1, 2], "wrong": [True, False]})
        >>> wrong_answers(frame, answers).tolist()
        [[True, False]]
    """
    for name in ("run", "example", "wrong"):
        if name not in answers.columns:
            check_known("column of answers", name, [str(one) for one in answers.columns])
    if "run" not in frame.columns:
        raise ValueError("answers are given, so the table needs a column 'run' that they name")
    if answers.duplicated(["run", "example"]).any():
        raise ValueError("answers hold an example of a run twice; each can be there once")
    wide = answers.pivot(index="run", columns="example", values="wrong")
    missing = [run for run in frame["run"] if run not in wide.index]
    if missing:
        raise ValueError(f"run {missing[0]!r} has no answers")
    matrix = wide.loc[frame["run"].tolist()]
    if matrix.isna().to_numpy().any() or matrix.shape[1] < 2:
        raise ValueError("every run must answer the same examples, two or more")
    return matrix.to_numpy(dtype=bool)
