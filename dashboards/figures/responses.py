"""Figures of anyone's table: its runs and its effects."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.effects import effect_names, mark_nothing, rows_down
from dashboards.figures.look import LEGEND_BELOW, PALETTE, Scale, error_bars, plain, sized

_ROW_PIXELS, _THIN_ROW_PIXELS = 24, 5
# Beyond so many cells names would not be legible: rows get thin, hovering names them.
_NAMED_CELLS = 150


def draw_responses(points: pd.DataFrame, scale: Scale) -> go.Figure:
    """Draw the table of `response_points`: a dot for each run, those that failed in orange."""
    cells = list(points["cell"].unique())
    points = points.assign(place=points["cell"].map({cell: at for at, cell in enumerate(cells)}))
    few = len(cells) <= _NAMED_CELLS
    figure = go.Figure()
    for learned, name, color in ((True, "learned", PALETTE[0]), (False, "failed", PALETTE[5])):
        runs = points[points["learned"] == learned]
        if runs.empty:
            continue
        figure.add_scatter(
            x=scale.factor * runs["response"],
            y=runs["place"],
            mode="markers",
            name=name,
            marker={"color": color, "size": 9 if few else 4, "opacity": 0.75},
            text=[plain(cell) for cell in runs["cell"]],
            customdata=[[plain(seed)] for seed in runs["seed"]],
            hovertemplate=f"%{{text}}<br>seed %{{customdata[0]}}: {scale.value_at('x')}"
            "<extra></extra>",
        )
    figure.update_xaxes(title=scale.values, zeroline=False)
    figure.update_yaxes(
        tickvals=list(range(len(cells))) if few else [],
        ticktext=[plain(cell) for cell in cells] if few else [],
        range=[-0.6, len(cells) - 0.4],
        automargin=True,
        zeroline=False,
    )
    figure.update_layout(showlegend=not points["learned"].all())
    height = 150 + (_ROW_PIXELS if few else _THIN_ROW_PIXELS) * len(cells)
    return sized(figure, height=height, bottom=100, legend=LEGEND_BELOW)


def draw_table_effects(rows: pd.DataFrame, scale: Scale) -> go.Figure:
    """Draw the table of `table_effect_rows`, a row each."""
    places = list(range(len(rows)))
    figure = make_subplots(cols=1)
    x, low, high = (scale.factor * rows[name] for name in ("effect", "low", "high"))
    ends = f"{scale.difference_at('customdata[0]')} to {scale.difference_at('customdata[1]')}"
    figure.add_trace(
        go.Scatter(
            x=x,
            y=places,
            mode="markers",
            marker={"color": PALETTE[0], "size": 10},
            error_x=error_bars(x, low, high),
            text=effect_names(rows),
            customdata=scale.factor * rows[["low", "high"]].to_numpy(),
            hovertemplate=f"%{{text}}<br>{scale.difference_at('x')} ({ends})<extra></extra>",
        )
    )
    mark_nothing(figure, 1, at=0)
    figure.update_xaxes(title=scale.differences, rangemode="tozero", zeroline=False)
    rows_down(figure, places, effect_names(rows))
    figure.update_layout(showlegend=False)
    return sized(figure, height=130 + _ROW_PIXELS * len(rows), bottom=60)
