"""The forest plot of verdicts: each claim's difference with its interval, against what matters."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from dashboards.figures import PALETTE, plain
from results.analysis import ROPE
from results.claims import ALPHA, Reading, Verdict
from results.claims.evidence import Difference

_COLUMNS = ["claim", "says", "what", "effect", "low", "high", "verdict"]
_AVERAGED, _OWN = "averaged", "where it was drawn from"
_ROW_PIXELS = 56


class _Look(NamedTuple):
    """How a kind of difference is drawn, and how far below the row's middle."""

    color: str
    symbol: str
    shift: float


_LOOKS = {_AVERAGED: _Look(PALETTE[0], "diamond", 0.0), _OWN: _Look(PALETTE[1], "circle", 0.25)}


def forest_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """What the forest plot shows.

    Returns:
        Two rows per claim at most, `what` being the average over its contexts or the pair it was
        drawn from: `claim`; `says`, better and worse level; `effect`, `low`, `high`, better minus
        worse in percentage points, the interval shared among the claims, NaN where there is none;
        `verdict`, in words, with its code. No average where the claim depends on the context.
    """
    coverage = 1 - ALPHA / max(len(verdicts), 1)
    rows = [row for verdict in verdicts for row in _rows(verdict, coverage)]
    return pd.DataFrame(rows, columns=_COLUMNS)


def draw_forest(table: pd.DataFrame) -> go.Figure:
    """The table of `forest_table`: a row per claim, the band of differences too small to matter."""
    rows = {claim: row for row, claim in enumerate(table["claim"].unique())}
    figure = go.Figure()
    for what, look in _LOOKS.items():
        shown = table[table["what"] == what]
        figure.add_scatter(
            x=shown["effect"],
            y=[rows[claim] + look.shift for claim in shown["claim"]],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": shown["high"] - shown["effect"],
                "arrayminus": shown["effect"] - shown["low"],
                "color": look.color,
            },
            mode="markers",
            name=what,
            marker={"color": look.color, "symbol": look.symbol, "size": 10},
            customdata=shown[["low", "high", "verdict"]],
            text=[_name(row) for row in shown.to_dict("records")],
            hovertemplate="%{text}<br>%{x:+.2f} points, %{customdata[0]:+.2f} to "
            f"%{{customdata[1]:+.2f}}<br>%{{customdata[2]}}<extra>{what}</extra>",
        )
    averaged = table[table["what"] == _AVERAGED].to_dict("records")
    for row in averaged:
        beside = {"x": 1.01, "xref": "paper", "xanchor": "left", "y": rows[row["claim"]]}
        figure.add_annotation(text=plain(row["verdict"]), showarrow=False, **beside)
    figure.add_vrect(x0=-100 * ROPE, x1=100 * ROPE, fillcolor="#999999", opacity=0.25, line_width=0)
    figure.add_vline(x=0, line_width=1, line_color="#999999")
    figure.update_xaxes(range=_range(table), title="points of test accuracy, better minus worse")
    figure.update_yaxes(
        range=[len(rows) - 0.5, -0.5],
        tickvals=list(rows.values()),
        ticktext=[_name(row) for row in averaged],
        automargin=True,
    )
    return figure.update_layout(
        height=150 + _ROW_PIXELS * len(rows),
        margin={"l": 10, "r": 170, "t": 40, "b": 40},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        template="none",
        legend={"orientation": "h", "y": 1.15},
    )


def _rows(verdict: Verdict, coverage: float) -> list[dict[str, object]]:
    depends = verdict.reading is Reading.DEPENDS
    averaged = _figures(None if depends else verdict.quality, coverage)
    judged = verdict.code and verdict.quality and not depends
    code = f" ({verdict.code.value})" if judged and verdict.code else ""
    claim = {"claim": verdict.claim.name, "says": f"{verdict.claim.better} > {verdict.claim.worse}"}
    rows: list[dict[str, object]] = [
        {**claim, "what": _AVERAGED, **averaged, "verdict": f"{verdict.reading.value}{code}"}
    ]
    if verdict.own:
        own = _figures(verdict.own.difference, coverage)
        rows.append({**claim, "what": _OWN, **own, "verdict": verdict.own.code.value})
    return rows


def _figures(difference: Difference | None, coverage: float) -> dict[str, float]:
    """Effect and interval in percentage points."""
    if difference is None:
        return dict.fromkeys(("effect", "low", "high"), float("nan"))
    low, high = difference.interval(coverage)
    return {"effect": 100 * difference.estimate, "low": 100 * low, "high": 100 * high}


def _name(row: Mapping[Any, object]) -> str:
    return f"{plain(row['claim'])}<br>{plain(row['says'])}"


def _range(table: pd.DataFrame) -> list[float]:
    """Wide enough for every estimate and averaged interval; a wide interval of a pair may leave."""
    averaged = table[table["what"] == _AVERAGED]
    ends = pd.concat([averaged["low"], averaged["high"], table["effect"]]).abs().max()
    reach = max(4 * 100 * ROPE, 1.15 * (0.0 if pd.isna(ends) else float(ends)))
    return [-reach, reach]
