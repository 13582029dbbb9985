"""Each cell as one thing: what it costs, and by which levels a run comes to its end."""

import pandas as pd
import plotly.graph_objects as go

from dashboards.figures.look import (
    LEGEND_BELOW,
    PALETTE,
    error_axis,
    plain,
    shortened,
    sized,
)

_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x", "star", "hexagon")


def draw_cost(points: pd.DataFrame, factor: str | None) -> go.Figure:
    """Draw the table of `cost_points`: seconds against error, a colour for each level.

    Args:
        points: the table.
        factor: the factor whose levels have colours; None: all cells have one.
    """
    figure = go.Figure()
    for number, (level, cells) in enumerate(points.groupby("level", sort=False)):
        figure.add_scatter(
            x=cells["seconds"],
            y=cells["error"],
            mode="markers",
            name=plain(level),
            marker={
                "color": PALETTE[number % len(PALETTE)],
                "symbol": _SYMBOLS[number % len(_SYMBOLS)],
                "size": 10,
                "opacity": 0.8,
            },
            text=[plain(cell) for cell in cells["cell"]],
            customdata=cells[["trained", "seeds", "all_runs"]],
            hovertemplate="%{text}<br>%{x:.1f} s, error %{y:.2%}, "
            "%{customdata[0]} of %{customdata[1]} trained<br>"
            "accuracy of all runs %{customdata[2]}<extra></extra>",
        )
    figure.update_xaxes(title="seconds per trial, mean over seeds", rangemode="tozero")
    figure.update_yaxes({**error_axis(points["error"]), "title": "test error", "automargin": True})
    figure.update_layout(showlegend=factor is not None)
    legend = {**LEGEND_BELOW, "title": {"text": plain(factor)}}
    return sized(figure, height=480, bottom=90, legend=legend)


def draw_paths(counts: pd.DataFrame) -> go.Figure:
    """Draw the table of `path_counts`: parallel categories, coloured by whether runs trained."""
    dimensions = [name for name in counts.columns if name not in ("runs", "trained")]
    figure = go.Figure(
        go.Parcats(
            dimensions=[_dimension(counts[name]) for name in dimensions],
            counts=counts["runs"],
            line={
                "color": counts["trained"].astype(int),
                "colorscale": [[0, "#D55E00"], [1, "#0072B2"]],
                "cmin": 0,
                "cmax": 1,
                "shape": "hspline",
            },
            hoveron="color",
            hoverinfo="count+probability",
            arrangement="freeform",
            tickfont={"size": 10},
        )
    )
    figure = sized(figure, height=460, bottom=40)
    return figure.update_layout(margin={"l": 130, "r": 110})


def _dimension(levels: pd.Series) -> dict[str, object]:
    """A column of levels as an axis; of all text in figures this alone is never read as HTML."""
    categories = list(levels.unique())
    return {
        "label": shortened(levels.name),
        "values": levels.tolist(),
        "categoryarray": categories,
        "ticktext": [shortened(level) for level in categories],
    }
