"""What a part of the comparison page is."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go

from results.report.section import Section


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """A part of the page.

    Args:
        id: of its figure, and what a link to it ends with.
        title: of the part.
        lead: what to see in the figure; where there is none, why.
        figure: drawn from the tables; None where there is nothing to draw.
        tables: by name, what the figure shows.
        notes: what is said and tabled below it; what is detail opens on demand.
        links: by their words, addresses of the images behind it.
        broad: whether the figure keeps its width on a phone, and is pushed sideways there.
    """

    id: str
    title: str
    lead: str
    figure: go.Figure | None = None
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict[str, pd.DataFrame])
    notes: tuple[Section, ...] = ()
    links: Mapping[str, str] = field(default_factory=dict[str, str])
    broad: bool = False


def untitled(section: Section, *, table: bool = True) -> Section:
    """The same below a title of its own, with its table or without."""
    return dataclasses.replace(section, title="", table=section.table if table else None)
