"""The command `python -m results.summary DIR`: what a study shows, as text, table or JSON."""

import sys
from collections.abc import Callable, Mapping, Sequence

from rich.console import Console, RenderableType

from results.arguments import directory_parser, forgiving_stdout
from results.records.study import Study, load_study
from results.report.findings import Findings, analyse
from results.report.render import to_json, to_latex, to_markdown, to_terminal
from results.report.section import Section
from results.report.sections import make_report
from results.storage.errors import ResultsError

_TEXTS: Mapping[str, Callable[[Sequence[Section]], str]] = {
    "markdown": to_markdown,
    "latex": to_latex,
    "json": to_json,
}


def summary_text(study: Study, findings: Findings) -> RenderableType:
    """The report on a study without its details, for a console of rich to print.

    Examples:
        >>> study = load_study(directory)
        >>> Console(width=140).print(summary_text(study, analyse(study)))
        Verdicts
        ...
        Main effects
        ...
        normalization none → range +5.42 ...
    """
    return to_terminal(make_report(study, findings))


def main(arguments: Sequence[str]) -> int:
    """Print the summary of a study directory; returns 0, or 2 if it can't be read."""
    parser = directory_parser(
        module="results.summary",
        description="Print which cells of a study trained, what each factor does, how sure that "
        "is, and what these records can't tell.",
    )
    parser.add_argument(
        "--format",
        choices=("terminal", *_TEXTS),
        default="terminal",
        help="terminal (default), markdown, latex (packages booktabs and amssymb), or json",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="print everything in the terminal, also simple effects, the analysis of variance and "
        "every row of long tables; the other formats always have all of it",
    )
    options = parser.parse_args(arguments)
    try:
        study = load_study(options.directory)
        report = make_report(study, analyse(study))
    except ResultsError as error:
        sys.stderr.write(f"results.summary: {error}\n")
        return 2
    forgiving_stdout()
    if options.format == "terminal":
        Console(width=None if sys.stdout.isatty() else 140).print(
            to_terminal(report, everything=options.all)
        )
    else:
        sys.stdout.write(_TEXTS[options.format](report))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
