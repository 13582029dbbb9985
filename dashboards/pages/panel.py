"""What a part of the comparison page is."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd
import plotly.graph_objects as go

from results.report.section import Section


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """A part of the comparison page.

    Args:
        id: the identifier of its figure, which a link to it ends with.
        title: the heading of the part.
        lead: the sentence on what to see in the figure; where there is none, why.
        figure: the figure drawn from the tables; None where there is nothing to draw.
        tables: the tables that the figure shows, by name.
        notes: the sections below the figure; those of detail open on demand.
        links: the addresses of the images behind the figure, by the words of the links.
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
    """The section without its title, for a panel with one of its own; on request without its table.

    Args:
        section: the section.
        table: whether its table stays.
    """
    return dataclasses.replace(section, title="", table=section.table if table else None)
