"""The page of anyone's table: what its runs say of claims, choices and effects."""

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.figures.effects import draw_claims
from dashboards.figures.look import Scale, plain, scale_of
from dashboards.figures.responses import draw_responses, draw_table_effects
from dashboards.pages.choices import choice_panels
from dashboards.pages.comparison import ROWS_EMBEDDED
from dashboards.pages.effects import VERDICT_MEANING
from dashboards.pages.headline import answer
from dashboards.pages.panel import Panel, untitled
from dashboards.tables.responses import (
    EFFECTS_DRAWN,
    judged_rows,
    response_points,
    table_effect_rows,
)
from results.choices.choices import find_choices
from results.claims.judgement import counted
from results.claims.questions import JudgedTable
from results.report.choices import table_wording
from results.report.section import Section
from results.report.table import effects_section, judged_row, runs_table, table_cells_section


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TableContent:
    """What the page of a table shows.

    Args:
        title: the name of the table.
        subtitle: which of its columns mean what.
        answer: which claims hold, in a sentence; empty where nothing was claimed.
        headline: what the table holds, in two sentences.
        panels: the parts of the page, in order.
        source: where all of it comes from.
        embedded: what scripts read, ready for JSON, by the id of its element.
    """

    title: str
    subtitle: str
    answer: str
    headline: str
    panels: tuple[Panel, ...]
    source: str
    embedded: Mapping[str, Any]


def table_content(judged: JudgedTable, name: str) -> TableContent:
    """Everything that the page of a table shows.

    Args:
        judged: the table, and what it says of claims.
        name: the name of its file.
    """
    panels = tuple(_panels(judged))
    columns, rows = judged.question.columns, runs_table(judged)
    better = "higher" if judged.question.higher_is_better else "lower"
    learned = f"; learned: {columns.learned}" if columns.learned else ""
    shown = rows if len(rows) <= ROWS_EMBEDDED else rows.head(ROWS_EMBEDDED)
    return TableContent(
        title=name,
        subtitle=f"{columns.response}, {better} is better; varied: {', '.join(columns.factors)}; "
        f"seed: {columns.seed}{learned}",
        answer=answer(judged.judgements),
        headline=_headline(judged),
        panels=panels,
        source=f"Drawn from {name}: {counted(len(rows), 'run')}. How verdicts are reached, and how "
        "often they are wrong, says docs/verdicts.md of this program.",
        embedded={
            "figures": {
                panel.id: json.loads(str(panel.figure.to_json()))
                for panel in panels
                if panel.figure
            },
            "tables": {
                key: table.to_dict("records")
                for panel in panels
                for key, table in panel.tables.items()
            },
            "trial-columns": {str(column): shown[column].tolist() for column in shown.columns},
        },
    )


def _headline(judged: JudgedTable) -> str:
    runs = judged.runs
    cells = f"{counted(int(runs.present.sum()), 'run')} of {counted(len(runs.cells), 'cell')}"
    failed = int(runs.present.sum() - runs.learned.sum())
    told = f"{cells}, {failed} of which did not learn." if failed else f"{cells}."
    if not runs.repeated.any():
        return f"{told} Each cell has a single run, so nothing tells chance from a difference."
    unit = "Runs of one seed are taken to go together." if runs.shared else ""
    return f"{told} {unit}".strip()


def _panels(judged: JudgedTable) -> Iterator[Panel]:
    scale = scale_of(judged.question.columns.response, accuracy=judged.accuracy)
    if judged.judgements:
        yield _claims_panel(judged, scale)
    wording = table_wording(
        judged.question.columns.response,
        higher_is_better=judged.question.higher_is_better,
        accuracy=judged.accuracy,
    )
    yield from choice_panels(find_choices(judged.runs), wording, scale)
    points, cells = response_points(judged), table_cells_section(judged)
    yield Panel(
        id="runs",
        title="Every run",
        lead="Each dot is one run, the best cell uppermost by the mean of its runs."
        if len(points)
        else "No run has a response to show.",
        figure=draw_responses(points, scale) if len(points) else None,
        tables={"runs": points},
        notes=(cells,),
    )
    section, rows = effects_section(judged), table_effect_rows(judged)
    if rows.empty:
        yield Panel(id="effects", title=section.title, lead=" ".join(section.sentences))
        return
    total = 0 if section.table is None else len(section.table)
    extent = f" Drawn are {EFFECTS_DRAWN} of {total}." if total > EFFECTS_DRAWN else ""
    yield Panel(
        id="effects",
        title=section.title,
        lead=f"What the second level gives compared with the first; a:b is half of how much the "
        f"effect of one changes with the other.{extent}",
        figure=draw_table_effects(rows, scale),
        tables={"effects": rows},
        notes=(untitled(section, table=False),),
    )


def _claims_panel(judged: JudgedTable, scale: Scale) -> Panel:
    rows, columns = judged_rows(judged), judged.question.columns
    if not judged.question.higher_is_better:
        scale = dataclasses.replace(scale, differences=f"{plain(columns.response)}, lower by")
    coverage = 100 * judged.judgements[0].coverage
    known = rows["smallest"].notna().any()
    band = ", and matters beyond the grey band" if known else ""
    sentences = tuple(str(judged_row(judgement)["sentence"]) for judgement in judged.judgements)
    meanings = tuple(
        f"{verdict.value.capitalize()}: {meaning}." for verdict, meaning in VERDICT_MEANING.items()
    )
    return Panel(
        id="claims",
        title="Verdicts on the claims",
        lead=f"A claim stands where its whole interval lies right of 0{band}. Dots are better "
        f"minus worse, averaged over contexts, with {coverage:.4g} % intervals.",
        figure=draw_claims(rows, scale),
        tables={"claims": rows},
        notes=(
            Section(name="each_verdict", title="Each verdict in words", sentences=sentences),
            Section(
                name="meaning", title="What the verdicts mean", sentences=meanings, detail=True
            ),
        ),
    )
