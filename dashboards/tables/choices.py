"""The numbers behind the figures of choices, as plain tables: accuracies and shares are 0-1."""

import math

import pandas as pd

from results.choices.choices import Choices
from results.report.choices import levels_section, ranking_section
from results.report.section import ACCURACY, Wording
from results.statistics.conventions import COVERAGE

# So many of what is ranked are drawn.
TERMS_DRAWN, CELLS_DRAWN = 12, 12


def share_rows(choices: Choices, wording: Wording = ACCURACY) -> pd.DataFrame:
    """The terms with the largest shares, at most twelve of each endpoint.

    Returns:
        The rows of the section on them: `endpoint`, `term`, `share`, `low`, `high`; none where
        cells don't surely differ.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> share_rows(analyse(load_study(directory)).choices).empty
        True
    """
    table = ranking_section(choices, wording).table
    if table is None:
        return pd.DataFrame(columns=["endpoint", "term", "share", "low", "high"])
    return table.groupby("endpoint", sort=False).head(TERMS_DRAWN).reset_index(drop=True)


def level_rows(choices: Choices, wording: Wording = ACCURACY) -> pd.DataFrame:
    """The means of levels that are compared, as the section on levels has them.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> level_rows(analyse(load_study(directory)).choices)["level"].tolist()
        ['none', 'range', 'categorical_crossentropy', 'mse']
    """
    table = levels_section(choices, wording).table
    if table is None:
        return pd.DataFrame(columns=["factor", "level", "mean", "low", "high", "reading"])
    return table[table["mean"].notna()].reset_index(drop=True)


def best_rows(choices: Choices, wording: Wording = ACCURACY) -> pd.DataFrame:
    """The cells that may be the best, the highest mean first, at most twelve.

    Returns:
        One row per cell: `cell`, its levels in a line; `mean` with its own interval `low`, `high`;
        `expected` with `expected_low`, `expected_high`, what the first is to be expected to give,
        NaN for the others.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> rows = best_rows(analyse(load_study(directory)).choices)
        >>> rows[["cell", "mean", "expected"]].head(2).round(2)
                                       cell  mean  expected
        0  range · categorical_crossentropy  0.98      0.98
        1                       range · mse  0.96       NaN
    """
    expected, rows = choices.best.expected, list[dict[str, object]]()
    for place, cell in enumerate(choices.best.may_be_best[:CELLS_DRAWN]):
        low, high = wording.turned(*cell.mean.interval(COVERAGE))
        ends = (math.nan, math.nan, math.nan)
        if place == 0 and expected:
            turned = wording.turned(expected.low, expected.high)
            ends = (wording.sign * expected.estimate, *turned)
        rows.append(
            {
                "cell": " · ".join(map(str, cell.cell)),
                "mean": wording.sign * cell.mean.estimate,
                "low": low,
                "high": high,
                "expected": ends[0],
                "expected_low": ends[1],
                "expected_high": ends[2],
            }
        )
    columns = ("cell", "mean", "low", "high", "expected", "expected_low", "expected_high")
    return pd.DataFrame(rows, columns=list(columns))
