"""Each figure of the comparison page: a table in, a Plotly figure out."""

import html

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from results import Outcome

# Okabe and Ito (2008), distinguishable with any colour vision; black is left out for dark pages.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#999999")
OUTCOME_COLORS = {
    Outcome.TRAINED: "#0072B2",
    Outcome.PARTIAL: "#56B4E9",
    Outcome.COLLAPSED: "#CC79A7",
    Outcome.STUCK: "#E69F00",
    Outcome.CONSTANT: "#D55E00",
    Outcome.NAN: "#999999",
}
_RUN_TITLES = {"trained": "trained: test error", "failed": "failed: test accuracy"}
_RUN_AXES = {
    "trained": {"type": "log", "tickformat": ".2~%"},
    "failed": {"range": [0, 1], "tickformat": ".0%", "dtick": 0.5},
}
_LONGEST_LABEL = 64
_ROW_PIXELS = 22


def plain(text: object) -> str:
    """Text for a figure: Plotly reads a little HTML, and names must stay what they are."""
    words = str(text)
    if len(words) > _LONGEST_LABEL:
        words = f"{words[: _LONGEST_LABEL - 1]}…"
    return html.escape(words, quote=False)


def draw_failure_map(lattice: pd.DataFrame) -> go.Figure:
    """The table of `outcome_lattice` as a map, colour for the share of seeds that trained."""
    lattice = lattice.assign(
        share=lattice["trained"] / lattice["seeds"], text=lattice.apply(_map_text, axis=1)
    )
    rows, columns = lattice["row"].unique(), lattice["column"].unique()
    share, text = (
        lattice.pivot(index="row", columns="column", values=name).reindex(rows)[columns]
        for name in ("share", "text")
    )
    figure = go.Figure(
        go.Heatmap(
            z=share.to_numpy(),
            x=[plain(name) for name in columns],
            y=[plain(name) for name in rows],
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
    figure.update_yaxes(autorange="reversed", automargin=True)
    figure.update_xaxes(automargin=True, tickangle=-30)
    return _sized(figure, height=220 + 44 * len(rows))


def draw_runs(points: pd.DataFrame) -> go.Figure:
    """The table of `run_points`: trained runs on a logarithmic error axis, failed ones apart."""
    panels = _panels(points["outcome"] == Outcome.TRAINED.value)
    figure = make_subplots(
        cols=len(panels),
        shared_yaxes=True,
        column_widths=[0.68, 0.32][: len(panels)],
        horizontal_spacing=0.03,
        subplot_titles=[_RUN_TITLES[panel] for panel in panels],
    )
    for outcome, color in OUTCOME_COLORS.items():
        runs = points[points["outcome"] == outcome.value]
        if runs.empty:
            continue
        trained = outcome is Outcome.TRAINED
        figure.add_scatter(
            x=runs["error"] if trained else runs["test_accuracy"],
            y=[plain(cell) for cell in runs["cell"]],
            mode="markers",
            name=outcome.value,
            marker={"color": color, "size": 9, "opacity": 0.8},
            customdata=runs[["seed", "test_accuracy"]],
            hovertemplate="%{y}<br>seed %{customdata[0]}, test accuracy "
            f"%{{customdata[1]:.2%}}<extra>{outcome.value}</extra>",
            row=1,
            col=panels["trained" if trained else "failed"],
        )
    for panel, column in panels.items():
        figure.update_xaxes(col=column, **_RUN_AXES[panel])
    cells = [plain(cell) for cell in points["cell"].unique()]
    figure.update_yaxes(categoryorder="array", categoryarray=cells, automargin=True)
    legend = {"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom"}
    return _sized(figure, height=170 + _ROW_PIXELS * len(cells), bottom=90, legend=legend)


def draw_curves(points: pd.DataFrame) -> go.Figure:
    """The table of `curve_points`: trained runs coloured by cell where few, failed ones apart."""
    panels = _panels(points["trained"])
    figure = make_subplots(
        cols=len(panels), shared_yaxes=True, horizontal_spacing=0.03, subplot_titles=list(panels)
    )
    for name, color, curves in _curve_groups(points):
        for part, dash in (("test", "solid"), ("train", "dot")):
            figure.add_scatter(
                **_joined_lines(curves, f"{part}_error"),
                mode="lines+markers",
                name=plain(f"{name}, {part}"),
                line={"color": color, "dash": dash, "width": 1.5},
                marker={"size": 4},
                hovertemplate="%{text}<br>epoch %{x}: error %{y:.2%}<extra>" + part + "</extra>",
                row=1,
                col=panels["trained" if curves["trained"].all() else "failed"],
            )
    figure.update_yaxes(type="log", tickformat=".2~%", dtick="D2")
    figure.update_yaxes(title="error", automargin=True, col=1)
    figure.update_xaxes(title="epoch", tick0=1, dtick=max(1, points["epoch"].max() // 10))
    return _sized(figure, height=480, legend={"orientation": "h", "y": -0.2})


def _panels(trained: pd.Series) -> dict[str, int]:
    """The panels that have something to show, by their column."""
    present = [name for name, rows in (("trained", trained), ("failed", ~trained)) if rows.any()]
    return {name: column for column, name in enumerate(present, start=1)}


def _curve_groups(points: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Name, colour and curves: one group per trained cell while colours last, and the failed."""
    trained, failed = points[points["trained"]], points[~points["trained"]]
    cells = list(trained["cell"].unique())
    groups = [
        (cell, color, trained[trained["cell"] == cell])
        for cell, color in zip(cells, PALETTE, strict=False)
    ]
    if len(cells) > len(PALETTE):
        groups = [("trained cells", PALETTE[0], trained)]
    return groups if failed.empty else [*groups, ("failed runs", "#999999", failed)]


def _joined_lines(curves: pd.DataFrame, column: str) -> dict[str, list[object]]:
    """Many curves as one trace, with gaps between them."""
    x: list[object] = []
    y: list[object] = []
    text: list[object] = []
    for (cell, seed), curve in curves.groupby(["cell", "seed"], sort=False):
        x += [*curve["epoch"], None]
        y += [*curve[column], None]
        text += [*[plain(f"{cell}, seed {seed}")] * len(curve), None]
    return {"x": x, "y": y, "text": text}


def _map_text(cell: pd.Series) -> str:
    counts = f"{cell['trained']}/{cell['seeds']}"
    return counts if cell["trained"] == cell["seeds"] else f"{counts} {cell['outcome']}"


def _sized(
    figure: go.Figure, *, height: int, bottom: int = 40, legend: dict[str, object] | None = None
) -> go.Figure:
    """Room and plain looks; the page sets the colours that depend on light and dark."""
    return figure.update_layout(
        height=height,
        margin={"l": 10, "r": 10, "t": 40, "b": bottom},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        template="none",
        legend=legend or {},
    )
