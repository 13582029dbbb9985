"""The two pages of a study: tables and figures put into templates."""

import functools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
from plotly.offline import get_plotlyjs

from dashboards.pages.comparison import caveats_panel, make_panels
from dashboards.pages.headline import answer, headline, percent
from dashboards.pages.panel import Panel
from dashboards.tables.confusion import read_confusions
from dashboards.tables.embedding import embedded_confusions
from dashboards.tables.runs import model_table, trial_table
from results import Outcome, Study, load_study
from results.report.findings import Findings, analyse
from results.report.render import shown_table
from results.storage.files import write_atomically
from results.storage.remote import AnyPath

# A table with more rows would make the page heavy; the Parquet files hold them all.
_ROWS_EMBEDDED = 20_000


def build_pages(directory: AnyPath) -> tuple[AnyPath, AnyPath]:
    """Draw `comparison.html` and `confusion.html` into a study directory; their paths.

    Raises:
        ResultsError: the directory can't be read, or holds no records.
    """
    study = load_study(directory)
    return draw_pages(study, analyse(study))


def draw_pages(study: Study, findings: Findings) -> tuple[AnyPath, AnyPath]:
    """Draw both pages into the study's directory; each is one file that opens without a network."""
    pages = {
        study.paths.comparison: comparison_page(study, findings),
        study.paths.confusion: confusion_page(study, findings),
    }
    for path, text in pages.items():
        write_atomically(path, functools.partial(_write_text, text))
    return study.paths.comparison, study.paths.confusion


def comparison_page(study: Study, findings: Findings) -> str:
    """The page that compares cells, as HTML."""
    panels = make_panels(study, findings)
    models = model_table(study)
    return _render(
        "comparison.html.j2",
        study,
        panels=panels,
        caveats=caveats_panel(study, findings),
        figures={
            panel.id: json.loads(str(panel.figure.to_json())) for panel in panels if panel.figure
        },
        tables=_records(panels, models),
        trials=_columns(trial_table(study)),
        models=models,
        answer=answer(findings.verdicts, tuned=findings.tuned is not None),
        headline=headline(study),
    )


def confusion_page(study: Study, findings: Findings) -> str:
    """The page of confusion matrices and misread images, as HTML."""
    confusions = read_confusions(study, findings)
    data = embedded_confusions(confusions, study.images)
    there = sum(len(cell.networks) for cell in confusions.cells)
    return _render("confusion.html.j2", study, data=data, missing=len(study.trials) - there)


def safe_json(value: Any) -> str:
    """JSON that can stand inside a script element whatever text it holds."""
    text = json.dumps(_without_nan(value), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _render(template: str, study: Study, **values: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dashboards.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["safe_json"] = safe_json
    environment.filters["shown_table"] = shown_table
    return environment.get_template(template).render(
        study=study,
        errors=study.trials[study.trials["outcome"] == Outcome.ERROR.value],
        plotly=get_plotlyjs(),
        **values,
    )


def _records(panels: Sequence[Panel], models: pd.DataFrame) -> dict[str, Any]:
    """Every shown table by name, as records; in place of one that is too long, a sentence."""
    tables: Mapping[str, pd.DataFrame] = {
        name: table for panel in panels for name, table in {**panel.tables, **_noted(panel)}.items()
    }
    return {
        name: table.to_dict("records")
        if len(table) <= _ROWS_EMBEDDED
        else f"left out of the page: {len(table)} rows; the Parquet files hold what it is made of"
        for name, table in {**tables, "models": models}.items()
    }


def _noted(panel: Panel) -> dict[str, pd.DataFrame]:
    """The tables below a figure, by the panel and their title."""
    return {
        " ".join([panel.id, note.title.lower() or "notes"]).replace(" ", "-"): note.table
        for note in panel.notes
        if note.table is not None
    }


def _columns(table: pd.DataFrame) -> dict[str, list[Any]]:
    """A table by columns, which takes half the room of records."""
    return {str(name): table[name].tolist() for name in table.columns}


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def _without_nan(value: Any) -> Any:
    """The value with null for NaN and infinity, which JSON doesn't know."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
