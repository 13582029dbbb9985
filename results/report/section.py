"""A section of a report, and how a person reads the numbers in its table.

Tables hold plain numbers, accuracies and their differences in 0-1; `Section.formats` says how a
person reads a column.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from search_spaces import unknown_name

Format = Callable[[object], str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """A part of a report: a title, sentences, and at most one table.

    Args:
        name: a short identifier, unique in a report, by which code asks for the section; no format
            shows it.
        title: the heading that a person reads.
        sentences: what the section says in words.
        table: the plain numbers; None where there are none to show.
        formats: how a person reads the values of a column; columns without one are shown as they
            are.
        shown: the columns that a person is shown, in this order; empty: all. Programs get all.
        detail: whether a terminal leaves the section out until asked for everything.

    Examples:
        >>> table = pd.DataFrame({"level": ["none", "range"], "mean": [0.9, 0.95]})
        >>> section = Section(name="levels", title="Levels", table=table, formats={"mean": percent})
        >>> [section.formats["mean"](mean) for mean in section.table["mean"]]
        ['90.00 %', '95.00 %']
    """

    name: str
    title: str
    sentences: tuple[str, ...] = ()
    table: pd.DataFrame | None = None
    formats: Mapping[str, Format] = field(default_factory=dict[str, Format])
    shown: tuple[str, ...] = ()
    detail: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How a response is told.

    Args:
        response: its name in a sentence.
        examples: what its examples are, in the plural.
        value: how a person reads a response.
        difference: how a person reads a difference of two.
        sign: -1 where lower responses are better, and were negated to be compared; else 1.
        limits: between these every mean lies, and so every interval of one.

    Examples:
        >>> Wording(response="loss", examples="images", value=figure, difference=signed).sign
        1
    """

    response: str
    examples: str
    value: Format
    difference: Format
    sign: int = 1
    limits: tuple[float, float] = (-math.inf, math.inf)

    def reads(self, response: float) -> str:
        """A compared response as a person reads it."""
        return self.value(self.sign * response)

    def turned(self, low: float, high: float) -> tuple[float, float]:
        """The ends of an interval of compared responses as ends of one of responses."""
        turned = np.clip(sorted((self.sign * low, self.sign * high)), *self.limits)
        return float(turned[0]), float(turned[1])


def find_section(sections: Sequence[Section], name: str) -> Section:
    """The section of this name.

    Raises:
        ValueError: no section has this name; the message lists those there are.

    Examples:
        >>> sections = [Section(name="cells", title="Cells"), Section(name="caveats", title="But")]
        >>> find_section(sections, "caveats").title
        'But'
        >>> find_section(sections, "claims")
        Traceback (most recent call last):
        ValueError: unknown section 'claims'; allowed: cells, caveats
    """
    for section in sections:
        if section.name == name:
            return section
    raise ValueError(unknown_name("section", name, [section.name for section in sections]))


def percent(value: object) -> str:
    """An accuracy (0-1) in percent; a dash where it is missing, as in all formats here.

    Examples:
        >>> percent(0.9876), percent(None), percent(float("nan"))
        ('98.76 %', '-', '-')
    """
    return "-" if _missing(value) else f"{100 * float(str(value)):.2f} %"


def spread(mean: float, deviation: float, *, finished: int, runs: int) -> str:
    """All runs that finished, whatever became of them: mean ± deviation (finished of all).

    Args:
        mean: of their accuracies (0-1); NaN where there is none.
        deviation: of their accuracies; NaN where there are too few.
        finished: how many finished.
        runs: how many there are.

    Examples:
        >>> spread(0.683, 0.505, finished=3, runs=3), spread(0.98, float("nan"), finished=1, runs=2)
        ('68.30 ± 50.50 % (3 of 3)', '98.00 % (1 of 2)')
    """
    count = f"({finished} of {runs})"
    if _missing(deviation):
        return f"{percent(mean)} {count}"
    return f"{100 * mean:.2f} ± {percent(deviation)} {count}"


def points(value: object) -> str:
    """A difference of accuracies (-1 to 1) in percentage points, always with its sign.

    Examples:
        >>> points(0.0123), points(-0.5)
        ('+1.23', '-50.00')
    """
    return "-" if _missing(value) else f"{100 * float(str(value)):+z.2f}"


def signed(value: object) -> str:
    """A difference of any size, with four significant digits and its sign.

    Examples:
        >>> signed(12.3456), signed(-0.5)
        ('+12.35', '-0.5')
    """
    return "-" if _missing(value) else f"{float(str(value)):+.4g}"


def probability(value: object) -> str:
    """A p-value (0-1); it is never shown as 0.

    Examples:
        >>> probability(0.031), probability(0.000001)
        ('0.0310', '<.0001')
    """
    if _missing(value):
        return "-"
    return "<.0001" if float(str(value)) < 0.0001 else f"{float(str(value)):.4f}"


def factor_of_errors(value: object) -> str:
    """A ratio of two error rates.

    Examples:
        >>> factor_of_errors(0.5)
        '×0.50'
    """
    return "-" if _missing(value) else f"×{float(str(value)):.2f}"


def seconds(value: object) -> str:
    """A duration in seconds.

    Examples:
        >>> seconds(12.345)
        '12.3'
    """
    return "-" if _missing(value) else f"{float(str(value)):.1f}"


def share(value: object) -> str:
    """A share (0-1) in whole percent.

    Examples:
        >>> share(0.95)
        '95 %'
    """
    return "-" if _missing(value) else f"{100 * float(str(value)):.0f} %"


def figure(value: object) -> str:
    """A number of any size, with four significant digits.

    Examples:
        >>> figure(0.000123456), figure(1234.56)
        ('0.0001235', '1235')
    """
    return "-" if _missing(value) else f"{float(str(value)):.4g}"


def whole(value: object) -> str:
    """A count that may be missing.

    Examples:
        >>> whole(12.0), whole(None)
        ('12', '-')
    """
    return "-" if _missing(value) else f"{float(str(value)):.0f}"


# How accuracies on test images are told.
ACCURACY = Wording(
    response="test accuracy",
    examples="images",
    value=percent,
    difference=points,
    limits=(0.0, 1.0),
)


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))
