"""Choices: shares of variance, means of levels, and the cells that may be the best."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.effects import rows_down, write_right
from dashboards.figures.look import (
    ACCURACIES,
    GREY,
    LEGEND_BELOW,
    PALETTE,
    Scale,
    error_bars,
    plain,
    sized,
)

_ROW_PIXELS, _WORDS_PIXELS = 26, 120
# What may be best stands out; what surely is not steps back.
_BEST_COLOR = PALETTE[0]


def draw_shares(rows: pd.DataFrame) -> go.Figure:
    """Draw the table of `share_rows`: a panel for each endpoint, a bar for each term."""
    endpoints = list(rows["endpoint"].unique())
    counts = [int((rows["endpoint"] == endpoint).sum()) for endpoint in endpoints]
    figure = make_subplots(
        rows=len(endpoints),
        cols=1,
        row_heights=counts,
        shared_xaxes=True,
        vertical_spacing=0.12,
        subplot_titles=endpoints,
    )
    for row, endpoint in enumerate(endpoints, start=1):
        terms = rows[rows["endpoint"] == endpoint].reset_index(drop=True)
        x = 100 * terms["share"].fillna(0)
        figure.add_trace(
            go.Bar(
                x=x,
                y=list(terms.index),
                orientation="h",
                marker={"color": PALETTE[4]},
                error_x=error_bars(x, 100 * terms["low"], 100 * terms["high"]),
                text=[plain(term) for term in terms["term"]],
                textposition="none",
                customdata=100 * terms[["low", "high"]].to_numpy(),
                hovertemplate="%{text}<br>%{x:.0f} % (%{customdata[0]:.0f} to "
                "%{customdata[1]:.0f} %)<extra></extra>",
            ),
            row,
            1,
        )
        figure.update_yaxes(
            tickvals=list(terms.index),
            ticktext=[plain(term) for term in terms["term"]],
            range=[len(terms) - 0.4, -0.6],
            automargin=True,
            zeroline=False,
            row=row,
        )
    figure.update_xaxes(range=[0, 100])
    figure.update_xaxes(title="share of the variance between cells, %", row=len(endpoints))
    figure.update_layout(showlegend=False)
    height = 130 + 70 * (len(endpoints) - 1) + _ROW_PIXELS * len(rows)
    return sized(figure, height=height, bottom=60)


def draw_levels(rows: pd.DataFrame, scale: Scale = ACCURACIES) -> go.Figure:
    """Draw the means of levels, as the section on levels has them, factor by factor."""
    places = list(range(len(rows)))
    figure = make_subplots(cols=1)
    colors = [GREY if reading.startswith("not") else _BEST_COLOR for reading in rows["reading"]]
    names = [f"{row.factor}: {row.level}" for row in rows.itertuples()]
    figure.add_trace(_means(rows, places, names, colors, scale))
    figure.update_xaxes(title=scale.values, zeroline=False)
    rows_down(figure, places, [plain(name) for name in names])
    write_right(figure, places, rows["reading"].tolist())
    figure.update_layout(showlegend=False)
    height = 130 + _ROW_PIXELS * len(rows)
    return sized(figure, height=height, bottom=60, right=_WORDS_PIXELS)


def draw_best_cells(rows: pd.DataFrame, scale: Scale = ACCURACIES) -> go.Figure:
    """Draw the table of `best_rows`: means of cells, and of the first what to expect."""
    places = list(range(len(rows)))
    figure = make_subplots(cols=1)
    figure.add_trace(
        _means(rows, places, rows["cell"].tolist(), _BEST_COLOR, scale).update(
            name="its mean, as it is"
        )
    )
    expected = rows.head(1)
    if expected["expected"].notna().all():
        x, low, high = (
            scale.factor * expected[name] for name in ("expected", "expected_low", "expected_high")
        )
        figure.add_scatter(
            x=x,
            y=[0.3],
            mode="markers",
            name="what to expect, as it was chosen",
            marker={"color": PALETTE[5], "size": 10, "symbol": "diamond"},
            error_x=error_bars(x, low, high),
            customdata=[[float(low.iloc[0]), float(high.iloc[0])]],
            hovertemplate=f"expect {_with_ends(scale)}<extra></extra>",
        )
    figure.update_xaxes(title=scale.values, zeroline=False)
    rows_down(figure, places, [plain(cell) for cell in rows["cell"]])
    height = 170 + (_ROW_PIXELS + 6) * len(rows)
    return sized(figure, height=height, bottom=100, legend=LEGEND_BELOW)


def _means(
    rows: pd.DataFrame,
    places: list[int],
    names: list[str],
    colors: str | list[str],
    scale: Scale,
) -> go.Scatter:
    """Means with their own intervals."""
    x, low, high = (scale.factor * rows[name] for name in ("mean", "low", "high"))
    return go.Scatter(
        x=x,
        y=places,
        mode="markers",
        marker={"color": colors, "size": 10},
        error_x=error_bars(x, low, high),
        text=[plain(name) for name in names],
        customdata=scale.factor * rows[["low", "high"]].to_numpy(),
        hovertemplate=f"%{{text}}<br>{_with_ends(scale)}<extra></extra>",
    )


def _with_ends(scale: Scale) -> str:
    """A mean and its interval in a text that a pointer shows."""
    ends = f"{scale.value_at('customdata[0]')} to {scale.value_at('customdata[1]')}"
    return f"{scale.value_at('x')} ({ends})"
