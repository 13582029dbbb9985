"""The two pages of a study as HTML: what each shows, put into its template."""

import functools
import json
import math
from pathlib import Path
from typing import Any

import jinja2
from plotly.offline import get_plotlyjs

from dashboards.pages.comparison import ComparisonContent, comparison_content
from dashboards.pages.confusion import ConfusionContent, confusion_content
from dashboards.pages.headline import percent
from dashboards.pages.table import table_content
from results import Study, load_study
from results.claims.questions import JudgedTable
from results.report.findings import Findings, analyse
from results.report.render import shown_table
from results.report.section import share
from results.storage.files import write_atomically
from results.storage.remote import AnyPath


def build_pages(directory: AnyPath) -> tuple[AnyPath, AnyPath]:
    """Draw `comparison.html` and `confusion.html` into a study directory; returns their paths.

    Raises:
        ResultsError: the directory can't be read, or holds no records.

    Examples:
        >>> import shutil
        >>> copy = Path(shutil.copytree(directory, "copy"))
        >>> [page.name for page in build_pages(copy)]
        ['comparison.html', 'confusion.html']
    """
    study = load_study(directory)
    return draw_pages(study, analyse(study))


def draw_pages(study: Study, findings: Findings) -> tuple[AnyPath, AnyPath]:
    """Draw both pages into the study's directory; each is one file that opens without a network.

    Returns:
        The path of the comparison page and that of the confusion page.

    Examples:
        >>> import shutil
        >>> study = load_study(Path(shutil.copytree(directory, "other copy")))
        >>> [page.name for page in draw_pages(study, analyse(study))]
        ['comparison.html', 'confusion.html']
    """
    pages = {
        study.paths.comparison: comparison_page(study, findings),
        study.paths.confusion: confusion_page(study, findings),
    }
    for path, text in pages.items():
        write_atomically(path, functools.partial(_write_text, text))
    return study.paths.comparison, study.paths.confusion


def comparison_page(study: Study, findings: Findings) -> str:
    """The page that compares cells, as HTML.

    Examples:
        >>> study = load_study(directory)
        >>> comparison_page(study, analyse(study))[:15]
        '<!doctype html>'
    """
    return _render("comparison.html.j2", study, comparison_content(study, findings))


def confusion_page(study: Study, findings: Findings) -> str:
    """The page of confusion matrices and misread images, as HTML.

    Examples:
        >>> study = load_study(directory)
        >>> confusion_page(study, analyse(study))[:15]
        '<!doctype html>'
    """
    return _render("confusion.html.j2", study, confusion_content(study, findings))


def draw_table_page(judged: JudgedTable, name: str, path: AnyPath) -> None:
    """Draw the page of anyone's table; it is one file that opens without a network.

    Args:
        judged: the table, and what it says of claims.
        name: the name of its file.
        path: where the page is written.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.questions import Question, judge_question
        >>> from results.runs.table import Columns
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> draw_table_page(judge_question(frame, [], question), "runs.csv", Path("runs.html"))
        >>> Path("runs.html").read_text(encoding="utf-8")[:15]
        '<!doctype html>'
    """
    text = _rendered("table.html.j2", page=table_content(judged, name))
    write_atomically(path, functools.partial(_write_text, text))


def safe_json(value: Any) -> str:
    """The value as JSON that can stand inside a script element whatever text it holds.

    Examples:
        >>> safe_json({"share": float("nan")})
        '{"share": null}'
        >>> "</script>" in safe_json("</script>")
        False
    """
    text = json.dumps(_without_nan(value), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _render(template: str, study: Study, page: ComparisonContent | ConfusionContent) -> str:
    """The template filled with the study and what its page shows."""
    return _rendered(template, study=study, page=page)


def _rendered(template: str, **context: object) -> str:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("dashboards.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = percent
    environment.filters["safe_json"] = safe_json
    environment.filters["share"] = share
    environment.filters["shown_table"] = shown_table
    return environment.get_template(template).render(plotly=get_plotlyjs(), **context)


def _write_text(text: str, path: Path) -> None:
    path.write_text(text, encoding="utf-8")


def _without_nan(value: Any) -> Any:
    """The value with None for NaN and infinity, which JSON doesn't know."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
