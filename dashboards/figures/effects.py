"""Differences with their intervals: claims, main effects, simple effects."""

import math
import textwrap
from collections.abc import Mapping, Sequence

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboards.figures.look import (
    ACCURACIES,
    GREY,
    LEGEND_BELOW,
    PALETTE,
    Scale,
    error_bars,
    name_once,
    plain,
    sized,
)
from results.claims.deciding import Verdict
from results.report.section import share
from results.statistics.conventions import COVERAGE, SMALLEST_DIFFERENCE

VERDICT_COLORS: Mapping[str, str] = {
    Verdict.CONFIRMED.value: "#0072B2",
    Verdict.NEGLIGIBLE.value: "#56B4E9",
    Verdict.REFUTED.value: "#D55E00",
    Verdict.DEPENDS.value: "#CC79A7",
    Verdict.INCONCLUSIVE.value: GREY,
}
# So far below a claim's averaged difference stands that of the pair it was drawn from, and so far
# below the differences in single contexts their average.
_BELOW = 0.3
_CLAIM_PIXELS, _EFFECT_PIXELS, _STRIP_PIXELS = 52, 26, 48
_VERDICT_PIXELS, _WORDS_PIXELS = 120, 170
_REASON_LETTERS = 46
# Multiples of the golden ratio, taken modulo 1, spread evenly however many there are.
_GOLDEN = 0.618034


def draw_claims(rows: pd.DataFrame, scale: Scale = ACCURACIES) -> go.Figure:
    """Draw the table of `claim_rows`: a panel for each regime of learning rates.

    Verdicts stand at the right. The band is what doesn't matter, the widest of the claims.

    Args:
        rows: the table; of a table of anyone's its regime is empty.
        scale: how differences are shown.
    """
    regimes = list(rows["regime"].unique())
    figure = make_subplots(
        cols=len(regimes),
        shared_yaxes=True,
        subplot_titles=[f"{regime} learning rate" for regime in regimes if regime],
    )
    for column, regime in enumerate(regimes, start=1):
        in_regime = rows[rows["regime"] == regime]
        for kind, name in (
            ("averaged", "averaged over contexts"),
            ("own", "where the claim was drawn from"),
            ("context", "one context"),
        ):
            of_kind = in_regime[(in_regime["kind"] == kind) & in_regime["effect"].notna()]
            if len(of_kind):
                figure.add_trace(_claim_trace(of_kind, kind, name, scale), 1, column)
        _draw_scale(figure, column, smallest=rows["smallest"].max(), scale=scale)
        if in_regime["effect"].isna().all():
            figure.update_xaxes(range=[-1, 1], col=column)
        _draw_reasons(figure, in_regime[in_regime["kind"] == "averaged"], column)
    name_once(figure)
    claims = rows[rows["kind"] == "averaged"].drop_duplicates("row")
    labels = [
        plain(f"{claim}: {says}")
        for claim, says in zip(claims["claim"], claims["says"], strict=True)
    ]
    rows_down(figure, claims["row"].tolist(), labels)
    write_right(figure, claims["row"].tolist(), _verdict_words(rows))
    height = 170 + _CLAIM_PIXELS * len(claims)
    right = _VERDICT_PIXELS * len(regimes)
    return sized(figure, height=height, bottom=100, right=right, legend=LEGEND_BELOW)


def draw_main_effects(rows: pd.DataFrame) -> go.Figure:
    """Draw the table of `main_effect_rows`, a row each, with the reading at the right."""
    figure = make_subplots(cols=1)
    places = list(range(len(rows)))
    figure.add_trace(interval_trace(rows.assign(place=places)), 1, 1)
    _draw_scale(figure, 1)
    rows_down(figure, places, effect_names(rows))
    words = [
        f"{reading}, {healthy}/{contexts}"
        for reading, healthy, contexts in zip(
            rows["reading"], rows["healthy"], rows["contexts"], strict=True
        )
    ]
    write_right(figure, places, words)
    height = 130 + _EFFECT_PIXELS * len(rows)
    figure.update_layout(showlegend=False)
    return sized(figure, height=height, bottom=60, right=_WORDS_PIXELS)


def draw_simple_effects(rows: pd.DataFrame) -> go.Figure:
    """Draw the table of `simple_effect_rows`: a strip of dots each, their average below."""
    # Numbered by what they compare: two shortened names may be equal.
    strips = rows.assign(place=rows.groupby(["term", "levels"], sort=False).ngroup())
    simple, averages = strips[strips["context"] != ""], strips[strips["context"] == ""]
    figure = make_subplots(cols=1)
    if len(simple):
        # Spread evenly, so that equal differences don't hide each other.
        spread = [(number * _GOLDEN) % 1 - 0.5 for number in range(len(simple))]
        figure.add_scatter(
            x=100 * simple["effect"],
            y=simple["place"] - 0.12 + 0.3 * pd.Series(spread, index=simple.index),
            mode="markers",
            name="one context",
            marker={"color": PALETTE[0], "size": 7, "opacity": 0.85},
            text=[plain(context) for context in simple["context"]],
            hovertemplate="%{text}<br>%{x:+.2f} points<extra></extra>",
        )
    below = averages.assign(place=averages["place"] + _BELOW)
    name = f"average, {share(COVERAGE)} interval"
    figure.add_trace(interval_trace(below, name=name, symbol="diamond"), 1, 1)
    _draw_scale(figure, 1)
    places = averages["place"].tolist()
    rows_down(figure, places, effect_names(averages))
    words = [f"{row.healthy} of {row.contexts} contexts" for row in averages.itertuples()]
    write_right(figure, places, words)
    height = 170 + _STRIP_PIXELS * len(places)
    return sized(figure, height=height, bottom=100, right=_WORDS_PIXELS, legend=LEGEND_BELOW)


def interval_trace(
    rows: pd.DataFrame,
    *,
    name: str = "difference",
    symbol: str = "circle",
    color: str | Sequence[str] = PALETTE[5],
) -> go.Scatter:
    """Differences with their intervals, in points.

    Args:
        rows: a table with `term`, `levels`, `effect`, `low`, `high` (0-1), and `place`, the row of
            the figure on which each difference stands.
        name: the name of the trace in the legend.
        symbol: the mark of each difference.
        color: the colour of all marks, or of each.
    """
    x = 100 * rows["effect"]
    return go.Scatter(
        x=x,
        y=rows["place"],
        mode="markers",
        name=name,
        marker={"color": color, "size": 10, "symbol": symbol},
        error_x=error_bars(x, 100 * rows["low"], 100 * rows["high"]),
        text=effect_names(rows),
        customdata=100 * rows[["low", "high"]].to_numpy(),
        hovertemplate="%{text}<br>%{x:+.2f} points (%{customdata[0]:+.2f} to "
        "%{customdata[1]:+.2f})<extra></extra>",
    )


def effect_names(rows: pd.DataFrame) -> list[str]:
    """What each row compares, in a line."""
    return [
        plain(f"{term}: {levels}")
        for term, levels in zip(rows["term"], rows["levels"], strict=True)
    ]


def rows_down(figure: go.Figure, places: Sequence[int], labels: Sequence[str]) -> None:
    """Set the rows of a figure: the first one uppermost, each with its label and a faint line."""
    figure.update_yaxes(
        tickvals=list(places),
        range=[max(places, default=0) + 0.6, -0.6],
        showgrid=True,
        zeroline=False,
    )
    figure.update_yaxes(ticktext=list(labels), automargin=True, col=1)


def write_right(figure: go.Figure, places: Sequence[float], words: Sequence[str]) -> None:
    """Write words at the right of the rows at these places."""
    for place, word in zip(places, words, strict=True):
        figure.add_annotation(
            x=1.01,
            y=place,
            xref="paper",
            yref="y",
            text=plain(word),
            name="beside a row",
            showarrow=False,
            xanchor="left",
        )


def mark_nothing(figure: go.Figure, column: int, *, at: float, half_width: float = 0) -> None:
    """Draw a line where there is no difference, and a band around it of what does not matter.

    Args:
        figure: the figure to draw into.
        column: the column of its panel, from 1.
        at: where there is no difference, in units of the axis.
        half_width: half the width of the band, in units of the axis; 0: there is none.
    """
    axis = str(column) if column > 1 else ""
    shared = {"xref": f"x{axis}", "yref": f"y{axis} domain", "y0": 0, "y1": 1, "layer": "below"}
    if half_width:
        band = {"fillcolor": "rgba(128,128,140,0.22)", "line": {"width": 0}}
        figure.add_shape(type="rect", x0=at - half_width, x1=at + half_width, **band, **shared)
    figure.add_shape(type="line", x0=at, x1=at, line={"color": GREY, "width": 1.5}, **shared)


def _claim_trace(rows: pd.DataFrame, kind: str, name: str, scale: Scale) -> go.Scatter:
    average = kind == "averaged"
    x, low, high = (scale.factor * rows[column] for column in ("effect", "low", "high"))
    colors = [VERDICT_COLORS.get(verdict, GREY) for verdict in rows["verdict"]]
    return go.Scatter(
        x=x,
        y=rows["row"] + (0 if average else _BELOW),
        mode="markers",
        name=name,
        marker={
            "color": colors if average else GREY,
            "size": {"averaged": 11, "own": 8}.get(kind, 5),
            "symbol": {"averaged": "circle", "own": "diamond"}.get(kind, "circle-open"),
        },
        opacity=1 if average else 0.6,
        error_x=None if kind == "context" else error_bars(x, low, high),
        text=[
            plain(f"{says} {context}".strip())
            for says, context in zip(rows["says"], rows["context"], strict=True)
        ],
        customdata=scale.factor * rows[["low", "high"]].to_numpy(),
        hovertemplate=f"%{{text}}<br>{scale.difference_at('x')} "
        f"({scale.difference_at('customdata[0]')} to {scale.difference_at('customdata[1]')})"
        f"<extra>{name}</extra>",
    )


def _verdict_words(rows: pd.DataFrame) -> list[str]:
    """The verdict on each claim, its regimes one after the other."""
    averages = rows[rows["kind"] == "averaged"]
    by_claim = averages.groupby("row", sort=False)["verdict"]
    return list(map(str, by_claim.agg(" / ".join)))


def _draw_scale(
    figure: go.Figure,
    column: int,
    *,
    smallest: float = SMALLEST_DIFFERENCE,
    scale: Scale = ACCURACIES,
) -> None:
    """Draw the axis of differences, its 0 and the band of what doesn't matter, where known."""
    half_width = 0 if math.isnan(smallest) else scale.factor * smallest
    mark_nothing(figure, column, at=0, half_width=half_width)
    figure.update_xaxes(
        title=scale.differences,
        tickformat="+.2~f" if scale.factor == ACCURACIES.factor else "+.4~g",
        rangemode="tozero",
        zeroline=False,
        col=column,
    )


def _draw_reasons(figure: go.Figure, claims: pd.DataFrame, column: int) -> None:
    """Write why there is no difference to draw, in its place."""
    for claim in claims[claims["effect"].isna()].itertuples():
        figure.add_annotation(
            x=0.01,
            y=claim.row,
            xref="x domain" if column == 1 else f"x{column} domain",
            yref="y" if column == 1 else f"y{column}",
            text="<br>".join(map(plain, _lines(str(claim.reason)))),
            align="left",
            name="in place of a mark",
            showarrow=False,
            xanchor="left",
        )


def _lines(reason: str) -> list[str]:
    """A reason in three lines at most; the page has all of it in words."""
    return textwrap.wrap(reason, _REASON_LETTERS, max_lines=3, placeholder=" …")
