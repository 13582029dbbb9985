"""Learning curves."""

import math
from collections.abc import Iterator
from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.look import GREY, LEGEND_BELOW, PALETTE, error_axis, plain, sized
from dashboards.figures.runs import panels_of

# A page with thousands of curves shows nothing more, and no browser draws it quickly.
CURVES_DRAWN = 200
_DASHES = {"test": "solid", "train": "dot"}


class _Group(NamedTuple):
    """Curves of one colour: the runs of a cell, of all trained cells, or all failed runs."""

    name: str
    color: str
    runs: pd.DataFrame
    medians: pd.DataFrame


def draw_curves(points: pd.DataFrame, medians: pd.DataFrame) -> go.Figure:
    """Draw the tables of `curve_points` and `median_curves`, trained runs apart from failed ones.

    Each trained cell has its colour while colours last; failed runs have a panel of their own. Thin
    lines are runs, thick ones medians, and the band holds the middle half of the test errors.
    """
    panels = panels_of(points["trained"])
    figure = make_subplots(
        cols=len(panels), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=list(panels)
    )
    groups = list(_groups(points, medians))
    for group in groups:
        column = panels["trained" if group.runs["trained"].all() else "failed"]
        for trace in _traces(group):
            figure.add_trace(trace, 1, column)
    figure.update_yaxes(error_axis(points["test_error"]))
    figure.update_yaxes(title="error", automargin=True, col=1)
    figure.update_xaxes(title="epoch", tick0=1, dtick=max(1, points["epoch"].max() // 5))
    # Room for one name a line, as on a phone.
    bottom = 70 + 20 * len(groups)
    return sized(figure, height=400 + bottom, bottom=bottom, legend=LEGEND_BELOW)


def _groups(points: pd.DataFrame, medians: pd.DataFrame) -> Iterator[_Group]:
    trained, failed = points[points["trained"]], points[~points["trained"]]
    cells = list(trained["cell"].unique())
    if len(cells) > len(PALETTE):
        yield _Group("trained cells", PALETTE[0], _sample(trained), _sample(medians))
    else:
        for cell, color in zip(cells, PALETTE, strict=False):
            runs = trained[trained["cell"] == cell]
            yield _Group(str(cell), color, runs, medians[medians["cell"] == cell])
    if len(failed):
        yield _Group("failed runs", GREY, _sample(failed), medians[:0])


def _sample(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of every n-th curve, so that no more are left than can be drawn."""
    keys = ["cell", "seed"] if "seed" in rows else ["cell"]
    number = rows.groupby(keys, sort=False).ngroup()
    step = math.ceil((number.max() + 1) / CURVES_DRAWN) if len(rows) else 1
    return rows[number % step == 0]


def _traces(group: _Group) -> Iterator[go.Scatter]:
    """The runs of a group, and where cells have several seeds their medians and their band."""
    with_medians = group.runs.groupby("cell")["seed"].nunique().max() > 1 and len(group.medians) > 0
    one_cell = group.medians["cell"].nunique() == 1
    if with_medians and one_cell:
        yield _band(group)
    for part, dash in _DASHES.items():
        look = {"color": group.color, "dash": dash, "width": 1}
        yield go.Scatter(
            **_joined(group.runs, f"{part}_error", ["cell", "seed"]),
            mode="lines+markers",
            name=plain(group.name),
            legendgroup=plain(group.name),
            showlegend=part == "test" and not with_medians,
            opacity=0.35 if with_medians else 0.9,
            line=look,
            marker={"size": 3},
            hovertemplate="%{text}<br>epoch %{x}: error %{y:.2%}<extra>" + part + "</extra>",
        )
        if with_medians:
            yield go.Scatter(
                **_joined(group.medians, f"{part}_median", ["cell"]),
                mode="lines",
                name=plain(group.name),
                legendgroup=plain(group.name),
                showlegend=part == "test",
                opacity=1 if one_cell else 0.7,
                line={**look, "width": 3 if one_cell else 1.5},
                hovertemplate="%{text}<br>epoch %{x}: median %{y:.2%}<extra>" + part + "</extra>",
            )


def _band(group: _Group) -> go.Scatter:
    """The middle half of the test errors of a cell, epoch by epoch."""
    table = group.medians
    return go.Scatter(
        x=[*table["epoch"], *table["epoch"][::-1]],
        y=[*table["test_low"], *table["test_high"][::-1]],
        mode="lines",
        line={"width": 0},
        fill="toself",
        fillcolor=group.color,
        opacity=0.18,
        hoverinfo="skip",
        showlegend=False,
        legendgroup=plain(group.name),
        name=plain(f"{group.name}, middle half"),
    )


def _joined(curves: pd.DataFrame, column: str, keys: list[str]) -> dict[str, list[object]]:
    """Many curves as one trace, with gaps between them."""
    x: list[object] = []
    y: list[object] = []
    text: list[object] = []
    for key, curve in curves.groupby(keys, sort=False):
        names = [str(part) for part in key]
        x += [*curve["epoch"], None]
        y += [*curve[column], None]
        text += [*[plain(", seed ".join(names))] * len(curve), None]
    return {"x": x, "y": y, "text": text}
