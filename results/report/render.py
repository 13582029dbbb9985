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
        sections: the sections of the report.
        everything: whether to print sections of detail too, and every row of long tables.

    Examples:
        >>> from rich.console import Console
        >>> sentences = ("All 4 cells trained.",)
        >>> cells = Section(name="cells", title="Cells", sentences=sentences)
        >>> ablation = Section(name="ablation", title="Ablation", detail=True)
        >>> Console(width=60).print(to_terminal([cells, ablation]))
        <BLANKLINE>
        Cells
        All 4 cells trained.
        <BLANKLINE>
        Not shown: ablation; --all shows them.
    """
    parts: list[RenderableType] = []
    for section in sections:
        if everything or not section.detail:
            parts.append(Text(f"\n{section.title}", style="bold"))
            parts.append(_terminal_sentences(section.sentences))
            parts.extend(_terminal_table(section, everything=everything))
    details = [section.title.lower() for section in sections if section.detail]
    if details and not everything:
        parts.append(Text(f"\nNot shown: {', '.join(details)}; --all shows them.", style="dim"))
    return Group(*parts)


def to_markdown(sections: Sequence[Section]) -> str:
    """The report as Markdown with pipe tables.

    Examples:
        >>> table = pd.DataFrame({"level": ["none", "range"], "trained": [3, 2]})
        >>> print(to_markdown([Section(name="levels", title="Levels", table=table)]))
        ## Levels
        <BLANKLINE>
        | level | trained |
        | --- | --- |
        | none | 3 |
        | range | 2 |
    """
    parts: list[str] = []
    for section in sections:
        parts.append(f"## {section.title}")
        parts.extend(_markdown(sentence) for sentence in section.sentences)
        if section.table is not None:
            texts = shown_table(section)
            lines = [list(texts.columns), ["---"] * len(texts.columns), *texts.to_numpy().tolist()]
            parts.append("\n".join(f"| {' | '.join(map(_markdown, line))} |" for line in lines))
    return "\n\n".join(parts) + "\n"


def to_latex(sections: Sequence[Section]) -> str:
    r"""The report as LaTeX for the packages `booktabs` and `amssymb`, ready to `\input`.

    Examples:
        >>> table = pd.DataFrame({"level": ["none"], "mean": [0.9]})
        >>> print(to_latex([Section(name="levels", title="Levels", table=table)]))
        \paragraph{Levels}
        <BLANKLINE>
        \begin{tabular}{ll}
        \toprule
        level & mean \\
        \midrule
        none & 0.9 \\
        \bottomrule
        \end{tabular}
    """
    parts: list[str] = []
    for section in sections:
        words = _latex(" ".join(section.sentences))
        parts.append(rf"\paragraph{{{_latex(section.title)}}} {words}")
        if section.table is not None:
            parts.append(_latex_table(shown_table(section)))
    return "\n\n".join(parts) + "\n"


def to_json(sections: Sequence[Section]) -> str:
    """The report as JSON: numbers as they are, what is missing as null.

    Examples:
        >>> table = pd.DataFrame({"level": ["none"], "mean": [float("nan")]})
        >>> text = to_json([Section(name="levels", title="Levels", table=table)])
        >>> json.loads(text)
        [{'title': 'Levels', 'sentences': [], 'table': [{'level': 'none', 'mean': None}]}]
    """
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
    """The section's table as a person is shown it: texts, and column names without underscores.

    Raises:
        ValueError: the section has no table.

    Examples:
        >>> from results.report.section import percent
        >>> table = pd.DataFrame({"level": ["none"], "mean_accuracy": [0.9], "seeds": [3]})
        >>> formats, shown = {"mean_accuracy": percent}, ("level", "mean_accuracy")
        >>> section = Section(name="a", title="A", table=table, formats=formats, shown=shown)
        >>> shown_table(section)
          level mean accuracy
        0  none       90.00 %
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
    """A single sentence as a line, several as a list."""
    if len(sentences) < 2:
        return Group(*map(Text, sentences))
    grid = Table.grid(padding=(0, 1))
    for sentence in sentences:
        grid.add_row("·", Text(sentence))
    return grid


def _terminal_table(section: Section, *, everything: bool) -> Iterator[RenderableType]:
    if section.table is None:
        return
    texts = shown_table(section)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in texts.columns:
        number = name in section.formats or name.replace(" ", "_") in section.formats
        table.add_column(Text(name), justify="right" if number else "left", overflow="fold")
    rows = texts.to_numpy().tolist()
    most = len(rows) if everything else _TERMINAL_ROWS
    for row in rows[:most]:
        table.add_row(*map(Text, row))
    yield table
    if len(rows) > most:
        yield Text(f"and {len(rows) - most} more rows; --all shows them", style="dim")


def _latex_table(texts: pd.DataFrame) -> str:
    head = r" & ".join(map(_latex, texts.columns)) + r" \\"
    rows = [r" & ".join(map(_latex, row)) + r" \\" for row in texts.to_numpy().tolist()]
    return "\n".join(
        [
            rf"\begin{{tabular}}{{{'l' * len(texts.columns)}}}",
            r"\toprule",
            head,
            r"\midrule",
            *rows,
            r"\bottomrule",
            r"\end{tabular}",
        ]
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    names = [str(name) for name in table.columns]
    rows = zip(*(table[name].tolist() for name in names), strict=True)
    return [dict(zip(names, map(_finite, row), strict=True)) for row in rows]


def _finite(value: Any) -> Any:
    """The value, or None for NaN and infinity, which JSON doesn't know."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(value: object) -> str:
    return "-" if value is None or (isinstance(value, float) and math.isnan(value)) else str(value)


def _markdown(text: str) -> str:
    """The text as Markdown that shows it as it is, in one line."""
    line = text.replace("\\", "\\\\").replace("\n", " ")
    for mark in "|*_`<[":
        line = line.replace(mark, f"\\{mark}")
    return line


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
    """The text as LaTeX that shows it as it is."""
    return "".join(_LATEX.get(letter, letter) for letter in text)
