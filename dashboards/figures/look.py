"""What all figures share: colours, sizes, and text that stays text."""

import html
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from results import Outcome

# Okabe and Ito (2008), distinguishable with any colour vision; black is left out for dark pages.
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")
OUTCOME_COLORS = {
    Outcome.TRAINED: "#0072B2",
    Outcome.PARTIAL: "#56B4E9",
    Outcome.COLLAPSED: "#CC79A7",
    Outcome.STUCK: "#E69F00",
    Outcome.CONSTANT: "#D55E00",
    Outcome.NAN: "#999999",
}
# Second to the palette in every figure, and visible on light and dark ground.
GREY = "#8a8a92"
# Over a wider range of errors a number at each of 1, 2, 5 is enough; over a narrow one it is not.
_WIDE = 5
_LONGEST_LABEL = 64


def shortened(text: object, *, longest: int = _LONGEST_LABEL) -> str:
    """Text of at most so many characters."""
    words = str(text)
    return f"{words[: longest - 1]}…" if len(words) > longest else words


def plain(text: object, *, longest: int = _LONGEST_LABEL) -> str:
    """Text for a figure: Plotly reads a little HTML, and names must stay what they are."""
    return html.escape(shortened(text, longest=longest), quote=False)


def error_axis(errors: pd.Series) -> dict[str, object]:
    """A logarithmic axis for error rates, 0-1, in percent."""
    wide = errors.max() > _WIDE * errors.min()
    return {"type": "log", "tickformat": ".2~%", **({"dtick": "D2"} if wide else {"nticks": 6})}


def name_once(figure: go.Figure) -> None:
    """Let the legend have each name once, at the first of its traces, and nothing without a name.

    Plotly leaves out a trace without points, whatever it says: draw none, or its name may be lost.
    """
    named: set[str] = set()

    def show(trace: Any) -> None:
        trace.showlegend = bool(trace.name) and trace.name not in named
        named.add(trace.name)

    figure.for_each_trace(show)


def sized(
    figure: go.Figure,
    *,
    height: int,
    bottom: int = 40,
    right: int = 10,
    legend: dict[str, object] | None = None,
) -> go.Figure:
    """Room and plain looks; the page sets the colours that depend on light and dark."""
    figure.update_annotations(font_size=13)
    return figure.update_layout(
        height=height,
        margin={"l": 10, "r": right, "t": 40, "b": bottom},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        template="none",
        legend=legend or {},
    )
