"""The command that draws a study again, or anyone's table: `python -m dashboards.build`."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from dashboards.pages.drawing import build_pages, draw_table_page
from dashboards.watch import watch_records
from results import ResultsError
from results.arguments import directory_parser
from results.judge_arguments import add_columns, add_rule
from results.storage.remote import AnyPath
from results.typed_table import TABLES, judge_typed
from search_spaces import SpaceError

_ONLY_FOR_TABLES = (
    *("out", "claims", "response", "factor", "learned", "answers", "lower_is_better"),
    *("smallest", "seeds", "about", "split"),
)


def main(arguments: Sequence[str]) -> int:
    """Draw the pages of a study directory, or of a table; returns 0, or 2 if it can't be read.

    With `--watch` it draws until Ctrl-C and returns 0 all the same: records may come, or be mended.
    """
    options = _parser().parse_args(arguments)
    try:
        if options.directory.suffix in TABLES:
            return _draw_table(options)
        if name := next((name for name in _ONLY_FOR_TABLES if getattr(options, name)), None):
            return _refuse(
                f"{options.directory} is taken for a study, as it ends in neither "
                f"{' nor '.join(TABLES)}; --{name.replace('_', '-')} is for tables"
            )
        if not options.watch:
            return _draw(options.directory)
        for _ in watch_records(options.directory):
            _draw(options.directory)
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = directory_parser(
        module="dashboards.build",
        description="Draw comparison.html and confusion.html from the records of a study "
        "directory. Needs the Parquet files only; nothing is trained again. Or draw the page of "
        "any table of results, TABLE.csv or TABLE.parquet: one row a run, a column for each "
        "factor, one for the seed, one for what is compared.",
    )
    parser.add_argument(
        "--watch",
        action="store_true",
        help="draw a study again whenever records change, until Ctrl-C",
    )
    table = parser.add_argument_group("of a table", "Its page is TABLE.html beside it.")
    table.add_argument("--out", type=Path, metavar="DIR", help="the folder of the page instead")
    add_columns(table)
    add_rule(table)
    return parser


def _draw_table(options: argparse.Namespace) -> int:
    """Draw the page of a table and print its path; returns 0, or 2 with the reason on stderr."""
    options.table = options.directory
    if options.watch:
        return _refuse("--watch is for study directories")
    try:
        judged = judge_typed(options)
        folder = options.out or options.table.parent
        folder.mkdir(parents=True, exist_ok=True)
        page = folder / f"{options.table.stem}.html"
        draw_table_page(judged, options.table.name, page)
    except (ValueError, SpaceError, ResultsError, OSError) as error:
        return _refuse(str(error))
    sys.stdout.write(f"{page}\n")
    return 0


def _draw(directory: AnyPath) -> int:
    """Draw the pages and print their paths; returns 0, or 2 with the reason on stderr."""
    try:
        pages = build_pages(directory)
    except (ResultsError, OSError) as error:
        return _refuse(str(error))
    sys.stdout.writelines(f"{page}\n" for page in pages)
    sys.stdout.flush()
    return 0


def _refuse(reason: str) -> int:
    sys.stderr.write(f"dashboards.build: {reason}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
