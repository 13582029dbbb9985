"""A report as text: for a terminal, as Markdown, LaTeX or JSON. Nothing is computed here."""

import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.report.section import Section

# A screen or two; `full` has 32 cells.
_TERMINAL_ROWS = 40


def to_terminal(sections: Sequence[Section], *, everything: bool = False) -> RenderableType:
    """The report for rich's console; brackets in names and errors are no markup.

    Args:
        sections: of the report.
        everything: whether to print sections of detail too, and every row of long tables.
    """
    parts: list[RenderableType] = []
    for section in sections:
        if everything or not section.detail:
            parts.append(Text(f"\n{section.title}", style="bold"))
            parts.append(_terminal_sentences(section.sentences))
            parts.extend(_terminal_table(section, everything=everything))
    left_out = [section.title.lower() for section in sections if section.detail]
    if left_out and not everything:
        parts.append(Text(f"\nNot shown: {', '.join(left_out)}; --all shows them.", style="dim"))
    return Group(*parts)


def to_markdown(sections: Sequence[Section]) -> str:
    """The report as Markdown with pipe tables."""
    parts: list[str] = []
    for section in sections:
        parts.append(f"## {section.title}")
        parts.extend(_markdown(sentence) for sentence in section.sentences)
        if section.table is not None:
            shown = shown_table(section)
            lines = [list(shown.columns), ["---"] * len(shown.columns), *shown.to_numpy().tolist()]
            parts.append("\n".join(f"| {' | '.join(map(_markdown, line))} |" for line in lines))
    return "\n\n".join(parts) + "\n"


def to_latex(sections: Sequence[Section]) -> str:
    r"""The tables as LaTeX for the packages `booktabs` and `amssymb`, ready to `\input`."""
    parts: list[str] = []
    for section in sections:
        parts.append(
            rf"\paragraph{{{_latex(section.title)}}} {_latex(' '.join(section.sentences))}"
        )
        if section.table is not None:
            shown = shown_table(section)
            rows = [r" & ".join(map(_latex, row)) + r" \\" for row in shown.to_numpy().tolist()]
            head = r" & ".join(map(_latex, shown.columns)) + r" \\"
            parts.append(
                "\n".join(
                    [
                        rf"\begin{{tabular}}{{{'l' * len(shown.columns)}}}",
                        r"\toprule",
                        head,
                        r"\midrule",
                        *rows,
                        r"\bottomrule",
                        r"\end{tabular}",
                    ]
                )
            )
    return "\n\n".join(parts) + "\n"


def to_json(sections: Sequence[Section]) -> str:
    """The report as JSON: numbers as they are, what is missing as null."""
    document = [
        {
            "title": section.title,
            "sentences": list(section.sentences),
            "table": None if section.table is None else _records(section.table),
        }
        for section in sections
    ]
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def shown_table(section: Section) -> pd.DataFrame:
    """The section's table as text, a column name with blanks for underscores.

    Raises:
        ValueError: the section has no table.
    """
    if section.table is None:
        raise ValueError(f"section {section.title!r} has no table")
    columns = {
        name.replace("_", " "): [
            section.formats.get(name, _plain)(value) for value in section.table[name].tolist()
        ]
        for name in section.shown or tuple(section.table.columns)
    }
    return pd.DataFrame(columns)


def _terminal_sentences(sentences: Sequence[str]) -> RenderableType:
    """One line by itself, several as a list."""
    if len(sentences) < 2:
        return Group(*map(Text, sentences))
    listed = Table.grid(padding=(0, 1))
    for sentence in sentences:
        listed.add_row("·", Text(sentence))
    return listed


def _terminal_table(section: Section, *, everything: bool) -> Iterator[RenderableType]:
    if section.table is None:
        return
    shown = shown_table(section)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in shown.columns:
        number = name in section.formats or name.replace(" ", "_") in section.formats
        table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
    rows = shown.to_numpy().tolist()
    kept = rows if everything else rows[:_TERMINAL_ROWS]
    for row in kept:
        table.add_row(*map(Text, row))
    yield table
    if len(kept) < len(rows):
        yield Text(f"and {len(rows) - len(kept)} more rows; --all shows them", style="dim")


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in table.columns]
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return [dict(zip(names, map(_finite, row), strict=True)) for row in rows]


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> str:
    return "-" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _markdown(text: str) -> str:
    plain = text.replace("\\", "\\\\").replace("\n", " ")
    for mark in "|*_`<[":
        plain = plain.replace(mark, f"\\{mark}")
    return plain


_LATEX = {
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "✓": r"$\checkmark$",
    "✗": r"$\times$",
    "→": r"$\to$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "φ": r"$\varphi$",
    "\n": " ",
}


def _latex(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in text)
