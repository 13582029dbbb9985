"""A section of a report, and how a person reads the numbers in its table.

Tables hold plain numbers, accuracies and their differences in 0-1; `Section.formats` says how a
person reads a column.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

Format = Callable[[object], str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """A part of a report: a title, sentences, and at most one table.

    Args:
        title: what it is about.
        sentences: what it says in words.
        table: plain numbers.
        formats: how a person reads a column, where it isn't by the value as it is.
        shown: the columns that a person is shown, in this order; empty: all. Programs get all.
        detail: whether a terminal leaves it out until asked for everything.
    """

    title: str
    sentences: tuple[str, ...] = ()
    table: pd.DataFrame | None = None
    formats: Mapping[str, Format] = field(default_factory=dict[str, Format])
    shown: tuple[str, ...] = ()
    detail: bool = False


def percent(value: object) -> str:
    """An accuracy (0-1) in percent."""
    return "-" if _missing(value) else f"{100 * float(str(value)):.2f} %"


def points(value: object) -> str:
    """A difference of accuracies (0-1) in percentage points."""
    return "-" if _missing(value) else f"{100 * float(str(value)):+z.2f}"


def probability(value: object) -> str:
    """A p-value; never shown as 0."""
    if _missing(value):
        return "-"
    return "<.0001" if float(str(value)) < 0.0001 else f"{float(str(value)):.4f}"


def factor_of_errors(value: object) -> str:
    """A ratio of error rates."""
    return "-" if _missing(value) else f"×{float(str(value)):.2f}"


def seconds(value: object) -> str:
    """A duration in seconds."""
    return "-" if _missing(value) else f"{float(str(value)):.1f}"


def share(value: object) -> str:
    """A share (0-1) in whole percent."""
    return "-" if _missing(value) else f"{100 * float(str(value)):.0f} %"


def figure(value: object) -> str:
    """A number of any size, four digits of it."""
    return "-" if _missing(value) else f"{float(str(value)):.4g}"


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))
