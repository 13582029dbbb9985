"""What the comparison page shows: its parts in order, and the numbers behind them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from dashboards.pages.choices import choice_panels
from dashboards.pages.effects import claim_panels, effect_panels, half_normal_panels
from dashboards.pages.headline import answer, headline
from dashboards.pages.panel import Panel, untitled
from dashboards.pages.runs import cost_panel, curve_panel, failure_panel, path_panels, run_panel
from dashboards.pages.tuning import tuning_panels
from dashboards.tables.runs import model_table, trial_table
from results import Outcome, Study
from results.report.caveats import caveats_section
from results.report.findings import Findings

# A table with more rows would make the page heavy; the Parquet files hold them all.
ROWS_EMBEDDED = 20_000
# So many errors are enough to see what is wrong.
_ERRORS_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComparisonContent:
    """What the comparison page shows.

    Args:
        answer: which claims hold, in a sentence; empty where nothing was claimed.
        headline: what the records show, in two sentences.
        panels: the parts of the page, in order.
        models: the models recorded elsewhere beside ours, a row each.
        errors: the trials that raised, a row each.
        errors_shown: the first of these.
        caveats: what the records can't tell, the last part.
        embedded: what scripts read, ready for JSON, by the id of its element: `figures`, `tables`
            and `trial-columns`.
    """

    answer: str
    headline: str
    panels: tuple[Panel, ...]
    models: pd.DataFrame
    errors: pd.DataFrame
    errors_shown: pd.DataFrame
    caveats: Panel
    embedded: Mapping[str, Any]


def comparison_content(study: Study, findings: Findings) -> ComparisonContent:
    """Everything that the comparison page of a study shows."""
    panels, models = make_panels(study, findings), model_table(study)
    errors = study.trials[study.trials["outcome"] == Outcome.ERROR.value]
    return ComparisonContent(
        answer=answer(findings.judgements, tuned=findings.tuned is not None),
        headline=headline(study),
        panels=panels,
        models=models,
        errors=errors,
        errors_shown=errors.head(_ERRORS_SHOWN),
        caveats=caveats_panel(study, findings),
        embedded={
            "figures": {
                panel.id: json.loads(str(panel.figure.to_json()))
                for panel in panels
                if panel.figure
            },
            "tables": _records(panels, models),
            "trial-columns": _columns(trial_table(study)),
        },
    )


def make_panels(study: Study, findings: Findings) -> tuple[Panel, ...]:
    """All parts that this study has something to say in, in the order of the page."""
    return (
        *claim_panels(study, findings),
        *tuning_panels(study, findings),
        failure_panel(study, findings),
        *choice_panels(findings.choices),
        run_panel(study),
        *effect_panels(findings),
        curve_panel(study),
        *half_normal_panels(findings),
        cost_panel(study),
        *path_panels(study),
    )


def caveats_panel(study: Study, findings: Findings) -> Panel:
    """What the records can't tell: the last word."""
    section = caveats_section(study, findings)
    lead = "What the records can't tell." if section.sentences else "Nothing is known to be amiss."
    return Panel(id="caveats", title=section.title, lead=lead, notes=(untitled(section),))


def _records(panels: Sequence[Panel], models: pd.DataFrame) -> dict[str, Any]:
    """Every shown table by name, as records; in place of one that is too long, a sentence."""
    tables: Mapping[str, pd.DataFrame] = {
        name: table
        for panel in panels
        for name, table in {**panel.tables, **_note_tables(panel)}.items()
    }
    return {
        name: table.to_dict("records")
        if len(table) <= ROWS_EMBEDDED
        else f"left out of the page: {len(table)} rows; the Parquet files hold what it is made of"
        for name, table in {**tables, "models": models}.items()
    }


def _note_tables(panel: Panel) -> dict[str, pd.DataFrame]:
    """The tables below a figure, named by the panel and their title."""
    return {
        " ".join([panel.id, note.title.lower() or "notes"]).replace(" ", "-"): note.table
        for note in panel.notes
        if note.table is not None
    }


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """A table by columns, which takes half the room of records."""
    return {str(name): table[name].tolist() for name in table.columns}
