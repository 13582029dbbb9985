"""What two factors do together, and which effects of one seed stand out."""

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.effects import (
    effect_names,
    interval_trace,
    mark_nothing,
    rows_down,
)
from dashboards.figures.look import ACCURACIES, GREY, PALETTE, error_bars, plain, sized
from results.statistics.conventions import SMALLEST_DIFFERENCE
from results.statistics.unreplicated import Lenth

# Of hundreds of interactions those with the smallest p-values are drawn.
INTERACTIONS_DRAWN = 40
_SYMBOLS = ("circle", "square")
_LEVEL_LETTERS = 24
_ON = {
    "both": "on both scales",
    "points": "on points only",
    "log error": "on log error only",
    "neither": "not told from 0",
    "unknown": "one seed",
}


def draw_interactions(rows: pd.DataFrame) -> go.Figure:
    """Draw the first rows of `interaction_rows`, in points and beside that as ratios of errors."""
    first = rows.head(INTERACTIONS_DRAWN)
    places = list(range(len(first)))
    figure = make_subplots(
        cols=2,
        shared_yaxes=True,
        horizontal_spacing=0.05,
        subplot_titles=["points of accuracy", "ratio of errors"],
    )
    figure.add_trace(interval_trace(first.assign(place=places)), 1, 1)
    figure.add_trace(_ratio_trace(first, places), 1, 2)
    mark_nothing(figure, 1, at=0, half_width=100 * SMALLEST_DIFFERENCE)
    mark_nothing(figure, 2, at=1)
    figure.update_xaxes(title=ACCURACIES.differences, tickformat="+.2~f", nticks=6, col=1)
    figure.update_xaxes(
        title="ratio of errors", type="log", tickprefix="×", tickangle=0, nticks=5, col=2
    )
    rows_down(figure, places, effect_names(first))
    figure.update_layout(showlegend=False)
    return sized(figure, height=150 + 26 * len(first), bottom=60)


def draw_interaction_lines(rows: pd.DataFrame) -> go.Figure:
    """Draw the table of `interaction_lines`: a panel each, a line for each level of one factor."""
    panels = [panel for _, panel in rows.groupby(_panel_numbers(rows), sort=True)]
    columns = min(2, len(panels))
    figure = make_subplots(
        rows=-(-len(panels) // 2),
        cols=columns,
        subplot_titles=[_panel_title(panel) for panel in panels],
        horizontal_spacing=0.16,
        vertical_spacing=0.28,
    )
    for number, panel in enumerate(panels):
        row, column = number // 2 + 1, number % 2 + 1
        for trace in _lines(panel):
            figure.add_trace(trace, row, column)
        figure.update_xaxes(
            title=plain(panel["second"].iloc[0]),
            tickvals=[0, 1],
            ticktext=[plain(at, longest=_LEVEL_LETTERS) for at in panel["at"].unique()],
            tickangle=0,
            range=[-0.5, 1.8],
            row=row,
            col=column,
        )
    figure.update_yaxes(tickformat=".2~%", minallowed=0, maxallowed=1, automargin=True)
    figure.update_layout(showlegend=False)
    return sized(figure, height=360 * -(-len(panels) // 2), bottom=60)


def draw_half_normal(table: pd.DataFrame, limits: Lenth) -> go.Figure:
    """Draw the effects of one seed on a half-normal scale: noise lies on a line from the origin.

    Args:
        table: the effects with `term`, `quantile`, `absolute` (size on log error) and `beyond_me`.
        limits: Lenth's limits, drawn as lines.
    """
    figure = go.Figure(
        go.Scatter(
            x=table["quantile"],
            y=table["absolute"],
            mode="markers+text",
            text=[
                plain(term) if beyond else ""
                for term, beyond in zip(table["term"], table["beyond_me"], strict=True)
            ],
            textposition="middle left",
            customdata=[plain(term) for term in table["term"]],
            marker={
                "color": [PALETTE[5] if beyond else PALETTE[0] for beyond in table["beyond_me"]],
                "size": 9,
            },
            hovertemplate="%{customdata}<br>%{y:.3f}<extra></extra>",
        )
    )
    for height, name in ((limits.me, "ME"), (limits.sme, "SME")):
        figure.add_hline(
            y=height,
            line={"color": GREY, "dash": "dash"},
            annotation_text=name,
            annotation_position="top left",
        )
    figure.update_xaxes(title="quantile of the half-normal distribution", rangemode="tozero")
    figure.update_yaxes(
        title="size of the effect on log error", rangemode="tozero", automargin=True
    )
    return sized(figure, height=460, bottom=60)


def _ratio_trace(rows: pd.DataFrame, places: list[int]) -> go.Scatter:
    return go.Scatter(
        x=rows["ratio"],
        y=places,
        mode="markers",
        marker={"color": PALETTE[0], "size": 9, "symbol": "square"},
        error_x=error_bars(rows["ratio"], rows["ratio_low"], rows["ratio_high"]),
        text=effect_names(rows),
        customdata=rows[["ratio_low", "ratio_high"]].to_numpy(),
        hovertemplate="%{text}<br>×%{x:.3f} (×%{customdata[0]:.3f} to "
        "×%{customdata[1]:.3f})<extra></extra>",
    )


def _panel_numbers(rows: pd.DataFrame) -> pd.Series:
    """The number of each row's panel: an interaction has four rows, one after another."""
    return pd.Series(range(len(rows)), index=rows.index) // 4


def _panel_title(panel: pd.DataFrame) -> str:
    first = panel.iloc[0]
    return plain(f"{first['first']} × {first['second']}, {_ON[first['scales']]}")


def _lines(panel: pd.DataFrame) -> list[go.Scatter]:
    """A line for each level of the first factor, its name at the end that it doesn't share."""
    ends = panel.groupby("line", sort=False)["accuracy"].last()
    highest = ends.idxmax()
    traces = []
    for number, (line, cells) in enumerate(panel.groupby("line", sort=False)):
        traces.append(
            go.Scatter(
                x=[0, 1],
                y=cells["accuracy"],
                mode="lines+markers+text",
                text=["", plain(line, longest=_LEVEL_LETTERS)],
                textposition="top right" if line == highest else "bottom right",
                cliponaxis=False,
                line={"color": PALETTE[(0, 5)[number]], "width": 2},
                marker={"size": 9, "symbol": _SYMBOLS[number]},
                customdata=[plain(at) for at in cells["at"]],
                hovertemplate=f"{plain(line)}, %{{customdata}}<br>%{{y:.2%}}<extra></extra>",
            )
        )
    return traces
