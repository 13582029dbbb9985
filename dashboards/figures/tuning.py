"""What tuning saw: how errors respond to the setting, and what a budget buys."""

import math
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.look import (
    GREY,
    LEGEND_BELOW,
    PALETTE,
    error_axis,
    error_bars,
    name_once,
    plain,
    sized,
)

# More panels would make the page endless.
CELLS_DRAWN = 64
_COLUMNS = 4
_PANEL_PIXELS = 210
_TRIED, _FAILED, _CHOSEN = PALETTE[0], PALETTE[5], PALETTE[2]


class _Place(NamedTuple):
    """The row and the column of a panel, from 1."""

    row: int
    col: int


def draw_responses(points: pd.DataFrame, *, fixed: float, setting: str) -> go.Figure:
    """Draw `results.analysis.tuning.response_table`, a panel for each cell, on logarithmic axes.

    Bars reach from the best to the worst tuning seed. Marks of values that were pruned are hollow.
    The chosen value is a solid line, the one that all cells share a dotted one.

    Args:
        points: the table.
        fixed: the value of the setting that all cells share.
        setting: the tuned setting in words.
    """
    cells = list(points["cell"].unique())[:CELLS_DRAWN]
    columns = min(_COLUMNS, len(cells))
    rows = math.ceil(len(cells) / columns)
    figure = make_subplots(
        rows=rows,
        cols=columns,
        shared_yaxes=True,
        vertical_spacing=min(0.12, 0.5 / rows),
        horizontal_spacing=0.03,
        subplot_titles=[plain(cell, longest=40) for cell in cells],
    )
    for number, cell in enumerate(cells):
        place = _Place(row=number // columns + 1, col=number % columns + 1)
        _draw_cell(figure, points[points["cell"] == cell], place, fixed=fixed)
    name_once(figure)
    figure.update_xaxes(type="log", tickformat="~g", dtick=1)
    figure.update_xaxes(title=plain(setting), row=rows)
    figure.update_yaxes(error_axis(points["error"]))
    figure.update_yaxes(title="validation error", automargin=True, col=1)
    figure.update_annotations(font={"size": 12})
    return sized(figure, height=140 + _PANEL_PIXELS * rows, bottom=100, legend=LEGEND_BELOW)


def draw_expected_best(rows: pd.DataFrame) -> go.Figure:
    """Draw `results.analysis.tuning.best_table`: a line for each cell; those that cross differ.

    Beyond the palette's colours all lines share one, and only pointing at them names them.
    """
    cells = list(rows["cell"].unique())
    few = len(cells) <= len(PALETTE)
    figure = make_subplots(cols=1)
    for number, cell in enumerate(cells):
        budgets = rows[rows["cell"] == cell]
        figure.add_scatter(
            x=budgets["trainings"],
            y=budgets["error"],
            mode="lines+markers",
            name=plain(cell),
            line={"color": PALETTE[number] if few else GREY, "width": 2 if few else 1},
            showlegend=few,
            hovertemplate="%{x} trainings: %{y:.2%}<extra>%{fullData.name}</extra>",
        )
    figure.update_yaxes(error_axis(rows["error"]))
    figure.update_yaxes(title="expected lowest validation error", automargin=True)
    figure.update_xaxes(title="trainings spent on tuning a cell", rangemode="tozero")
    bottom = 70 + 20 * len(cells) * few
    return sized(figure, height=340 + bottom, bottom=bottom, legend=LEGEND_BELOW)


def _draw_cell(figure: go.Figure, points: pd.DataFrame, place: _Place, *, fixed: float) -> None:
    """Draw the values tried in one cell into its panel."""
    failed, pruned = (points[name].to_numpy(dtype=bool) for name in ("failed", "pruned"))
    for kind, name, color, symbol in (
        (~failed & ~pruned, "a value, its seeds from best to worst", _TRIED, "circle"),
        (failed, "one that failed with one or more seeds", _FAILED, "x"),
        (pruned, "one that was pruned", _TRIED, "circle-open"),
    ):
        if kind.any():
            figure.add_trace(_values(points[kind], name, color, symbol), place.row, place.col)
    figure.add_scatter(
        x=points["value"],
        y=points["error"],
        mode="lines",
        line={"color": GREY, "width": 1},
        hoverinfo="skip",
        row=place.row,
        col=place.col,
    )
    _draw_value(figure, fixed, place, color=GREY, dash="dot")
    for chosen in points.loc[points["chosen"], "value"]:
        _draw_value(figure, float(chosen), place, color=_CHOSEN, dash="solid")


def _values(points: pd.DataFrame, name: str, color: str, symbol: str) -> go.Scatter:
    return go.Scatter(
        x=points["value"],
        y=points["error"],
        mode="markers",
        name=name,
        legendgroup=name,
        marker={"color": color, "symbol": symbol, "size": 9},
        error_y=error_bars(points["error"], points["low"], points["high"], thickness=1.4, width=3),
        hovertemplate="%{x:.4g}: %{y:.2%}<extra></extra>",
    )


def _draw_value(figure: go.Figure, value: float, place: _Place, *, color: str, dash: str) -> None:
    """Draw a value of the setting as a line from bottom to top."""
    line = {"color": color, "width": 1.5, "dash": dash}
    # Plotly's stubs know of rows and columns as text only.
    where: dict[str, Any] = place._asdict()
    figure.add_vline(x=value, line=line, layer="below", **where)
