"""What all figures share: colours, sizes, and text that stays text."""

import dataclasses
import html
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
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
# Of a legend below the figure, at the foot of its box however tall that is.
LEGEND_BELOW: Mapping[str, object] = MappingProxyType(
    {"orientation": "h", "yref": "container", "y": 0.01, "yanchor": "bottom"}
)
# Over a wider range of errors a number at each of 1, 2, 5 is enough; over a narrow one it is not.
_WIDE = 5
_LONGEST_LABEL = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How a figure shows responses and their differences.

    Args:
        factor: what a response is multiplied by.
        values: the title of an axis of responses.
        differences: the title of an axis of differences.
        value: how d3 formats a response, with its unit behind it.
        difference: the same of a difference.
    """

    factor: float
    values: str
    differences: str
    value: tuple[str, str]
    difference: tuple[str, str]

    def value_at(self, field: str) -> str:
        """A response in a text that a pointer shows, from this field of the mark."""
        return f"%{{{field}:{self.value[0]}}}{self.value[1]}"

    def difference_at(self, field: str) -> str:
        """A difference in a text that a pointer shows, from this field of the mark."""
        return f"%{{{field}:{self.difference[0]}}}{self.difference[1]}"


ACCURACIES = Scale(
    factor=100,
    values="test accuracy, %",
    differences="percentage points of test accuracy",
    value=(".2f", " %"),
    difference=("+.2f", " points"),
)


def scale_of(response: str, *, accuracy: bool) -> Scale:
    """The scale of a response of anyone's table.

    Args:
        response: its name.
        accuracy: whether it is a share in 0-1, to be shown in percent.
    """
    name = plain(response.replace("_", " "))
    if accuracy:
        return dataclasses.replace(
            ACCURACIES, values=f"{name}, %", differences=f"percentage points of {name}"
        )
    return Scale(
        factor=1,
        values=name,
        differences=f"difference of {name}",
        value=(".4~g", ""),
        difference=("+.4~g", ""),
    )


def shortened(text: object, *, longest: int = _LONGEST_LABEL) -> str:
    """The text, cut to at most so many characters."""
    letters = str(text)
    return f"{letters[: longest - 1]}…" if len(letters) > longest else letters


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
    names: set[str] = set()

    def show(trace: Any) -> None:
        trace.showlegend = bool(trace.name) and trace.name not in names
        names.add(trace.name)

    figure.for_each_trace(show)


def error_bars(
    values: pd.Series, low: pd.Series, high: pd.Series, *, thickness: float = 1.6, width: float = 4
) -> dict[str, object]:
    """Grey bars from the low end to the high end of the interval of each value."""
    return {
        "type": "data",
        "symmetric": False,
        "array": (high - values).tolist(),
        "arrayminus": (values - low).tolist(),
        "color": GREY,
        "thickness": thickness,
        "width": width,
    }


def sized(
    figure: go.Figure,
    *,
    height: int,
    bottom: int = 40,
    right: int = 10,
    legend: Mapping[str, object] | None = None,
) -> go.Figure:
    """Give a figure its room and plain looks.

    The page sets the colours that depend on light and dark.

    Args:
        figure: the figure, which is changed and returned.
        height: its height in pixels.
        bottom: the room below its axes in pixels.
        right: the room to their right in pixels.
        legend: the looks of its legend; None for those that Plotly gives.
    """
    figure.update_annotations(font_size=13)
    return figure.update_layout(
        height=height,
        margin={"l": 10, "r": right, "t": 40, "b": bottom},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        template="none",
        legend=dict(legend or {}),
    )
