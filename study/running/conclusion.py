"""What the command shows of a study at its end.

It loads what analyses and draws, which takes a second.
"""

from rich.console import Console

from dashboards import draw_pages
from results import StudyPaths, load_study
from results.report.findings import analyse
from results.summary import summary_text


def show_study(paths: StudyPaths, console: Console) -> None:
    """Print a study's summary and the paths of its pages, which are drawn.

    Args:
        paths: where everything lies in the study directory, which holds a record or more.
        console: where to print.

    Raises:
        ResultsError, OSError: the records can't be read, or the pages can't be written.
    """
    with console.status("analysing the records"):
        study = load_study(paths.root)
        findings = analyse(study)
    console.print(summary_text(study, findings))
    for page in draw_pages(study, findings):
        console.print(str(page), soft_wrap=True)
