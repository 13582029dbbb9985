"""The command that draws a study again: `python -m dashboards.build DIR`."""

import sys
from collections.abc import Sequence

from dashboards.pages import build_pages
from results import ResultsError
from results.arguments import read_directory


def main(arguments: Sequence[str]) -> int:
    """Draw the pages of a study directory; returns 0, or 2 if it can't be read."""
    directory = read_directory(
        arguments,
        module="dashboards.build",
        description="Draw comparison.html and confusion.html from the records of a study "
        "directory. Needs the Parquet files only; nothing is trained again.",
    )
    try:
        pages = build_pages(directory)
    except (ResultsError, OSError) as error:
        sys.stderr.write(f"dashboards.build: {error}\n")
        return 2
    sys.stdout.writelines(f"{page}\n" for page in pages)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
