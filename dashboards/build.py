"""The command that draws a study again: `python -m dashboards.build DIR`."""

import sys
from collections.abc import Sequence

from dashboards.pages.drawing import build_pages
from dashboards.watch import watch_records
from results import ResultsError
from results.arguments import directory_parser
from results.storage.remote import AnyPath


def main(arguments: Sequence[str]) -> int:
    """Draw the pages of a study directory; returns 0, or 2 if it can't be read.

    With `--watch` it draws until Ctrl-C and returns 0 all the same: records may come, or be mended.
    """
    parser = directory_parser(
        module="dashboards.build",
        description="Draw comparison.html and confusion.html from the records of a study "
        "directory. Needs the Parquet files only; nothing is trained again.",
    )
    parser.add_argument(
        "--watch", action="store_true", help="draw them again whenever records change, until Ctrl-C"
    )
    options = parser.parse_args(arguments)
    try:
        if not options.watch:
            return _draw(options.directory)
        for _ in watch_records(options.directory):
            _draw(options.directory)
    except KeyboardInterrupt:
        pass
    return 0


def _draw(directory: AnyPath) -> int:
    """Draw the pages and print their paths; returns 0, or 2 with the reason on stderr."""
    try:
        pages = build_pages(directory)
    except (ResultsError, OSError) as error:
        sys.stderr.write(f"dashboards.build: {error}\n")
        return 2
    sys.stdout.writelines(f"{page}\n" for page in pages)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
