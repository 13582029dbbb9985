"""Which cells trained, and every single run."""

from collections.abc import Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.look import (
    GREY,
    LEGEND_BELOW,
    OUTCOME_COLORS,
    error_axis,
    plain,
    sized,
)
from results import Outcome

_TITLES = {"trained": "trained: test error", "failed": "failed: test accuracy"}
_ROW_PIXELS = 22
# Beyond so many cells names would not be legible: rows get thin, hovering names them.
_NAMED_CELLS = 150
_THIN_ROW_PIXELS = 5


def draw_failure_map(lattice: pd.DataFrame) -> go.Figure:
    """Draw the table of `outcome_lattice` as a map, coloured by the share of seeds that trained."""
    lattice = lattice.assign(
        share=lattice["trained"] / lattice["seeds"], text=lattice.apply(_map_text, axis=1)
    )
    rows, columns = list(lattice["row"].unique()), list(lattice["column"].unique())
    share, text = (
        lattice.pivot(index="row", columns="column", values=name).reindex(rows)[columns]
        for name in ("share", "text")
    )
    figure = go.Figure(
        go.Heatmap(
            z=share.to_numpy(),
            text=text.fillna("").to_numpy(),
            texttemplate="%{text}",
            hovertemplate="%{y} · %{x}<br>%{text}<extra></extra>",
            zmin=0,
            zmax=1,
            colorscale=[[0, "#D55E00"], [0.5, "#E69F00"], [1, "#0072B2"]],
            colorbar={"title": "trained", "tickformat": ".0%"},
            xgap=2,
            ygap=2,
        )
    )
    figure.update_yaxes(_name_axis(rows) | {"autorange": "reversed"})
    figure.update_xaxes(_name_axis(columns) | {"tickangle": -30})
    return sized(figure, height=220 + 44 * len(rows))


def draw_runs(points: pd.DataFrame) -> go.Figure:
    """Draw the table of `run_points`: trained runs on a logarithmic error axis, failed ones apart.

    A thin line joins the trained runs of one cell.
    """
    panels = panels_of(points["outcome"] == Outcome.TRAINED.value)
    cells = list(points["cell"].unique())
    points = points.assign(place=points["cell"].map({cell: at for at, cell in enumerate(cells)}))
    few = len(cells) <= _NAMED_CELLS
    figure = make_subplots(
        cols=len(panels),
        shared_yaxes=True,
        column_widths=[0.68, 0.32][: len(panels)],
        horizontal_spacing=0.03,
        subplot_titles=[_TITLES[panel] for panel in panels],
    )
    if "trained" in panels:
        trained_runs = points[points["outcome"] == Outcome.TRAINED.value]
        figure.add_trace(_range_lines(trained_runs), 1, 1)
        figure.update_xaxes(error_axis(trained_runs["error"]), col=1)
    if "failed" in panels:
        accuracy_axis = {"range": [0, 1], "tickformat": ".0%", "dtick": 0.5}
        figure.update_xaxes(accuracy_axis, col=panels["failed"])
    for outcome, color in OUTCOME_COLORS.items():
        runs = points[points["outcome"] == outcome.value]
        if runs.empty:
            continue
        trained = outcome is Outcome.TRAINED
        figure.add_scatter(
            x=runs["error"] if trained else runs["test_accuracy"],
            y=runs["place"],
            text=[plain(cell) for cell in runs["cell"]],
            mode="markers",
            name=outcome.value,
            marker={"color": color, "size": 9 if few else 4, "opacity": 0.8},
            customdata=runs[["seed", "test_accuracy"]],
            hovertemplate="%{text}<br>seed %{customdata[0]}, test accuracy "
            f"%{{customdata[1]:.2%}}<extra>{outcome.value}</extra>",
            row=1,
            col=panels["trained" if trained else "failed"],
        )
    figure.update_yaxes(tickvals=list(range(len(cells))), range=[-0.6, len(cells) - 0.4])
    figure.update_yaxes(_name_axis(cells) | {"showticklabels": few}, col=1)
    row = _ROW_PIXELS if few else _THIN_ROW_PIXELS
    return sized(figure, height=170 + row * len(cells), bottom=90, legend=LEGEND_BELOW)


def panels_of(trained: pd.Series) -> dict[str, int]:
    """The column of each panel that has something to show, `trained` or `failed`, from 1.

    Args:
        trained: whether each run trained.
    """
    panels = [name for name, rows in (("trained", trained), ("failed", ~trained)) if rows.any()]
    return {name: column for column, name in enumerate(panels, start=1)}


def _name_axis(names: Sequence[str]) -> dict[str, object]:
    """An axis of names, placed by number: shortened ones may be equal, and would fall together."""
    return {
        "tickvals": list(range(len(names))),
        "ticktext": [plain(name) for name in names],
        "automargin": True,
        "zeroline": False,
        "showgrid": True,
    }


def _range_lines(trained: pd.DataFrame) -> go.Scatter:
    """A line from the best to the worst run of each cell, with gaps between cells."""
    x: list[float | None] = []
    y: list[object] = []
    for place, errors in trained.groupby("place", sort=False)["error"]:
        x += [errors.min(), errors.max(), None]
        y += [place, place, None]
    return go.Scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": GREY, "width": 1},
        hoverinfo="skip",
        showlegend=False,
        name="range of a cell",
    )


def _map_text(cell: pd.Series) -> str:
    counts = f"{cell['trained']}/{cell['seeds']}"
    return counts if cell["trained"] == cell["seeds"] else f"{counts}<br>{cell['outcome']}"
