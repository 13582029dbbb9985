"""The command line of `results.compare`."""

import argparse
from pathlib import Path

from results.arguments import OneLineParser, directory
from results.statistics.conventions import ALPHA, SMALLEST_DIFFERENCE

_EPILOG = """\
each claim gets one word:
  same          the same conclusion, or open in both
  changed       it was decided, and is decided otherwise: confirmed, then refuted, or
                confirmed for other levels
  now decided   it was open
  now open      it was decided
  only in one   the other has no such claim, or not both its levels

The difference of the estimates, new minus old, has an interval where no run is in both.
A study that was extended holds its old runs: then its own new verdict is all there is to say.

exit codes, for use as a gate:
  0  no conclusion changed
  3  a decided conclusion changed to another decided one
  4  none did, but one became open or decided, or is decided in one alone
  2  bad input

examples:
  python -m results.compare runs/full-digits runs/full-digits-new
  python -m results.compare before.csv after.csv --claims claims.toml --response accuracy \\
    --factor optimizer --factor loss
"""


def compare_parser() -> argparse.ArgumentParser:
    """The parser of the command.

    Examples:
        >>> options = compare_parser().parse_args(["before.csv", "after.csv", "--json"])
        >>> str(options.new), options.seed, options.json
        ('after.csv', 'seed', True)
    """
    parser = OneLineParser(
        prog="python -m results.compare",
        description="Say of each claim whether its conclusion changed between two studies, or two "
        "tables of results: one row a run, a column for each factor, one for the seed, one for "
        "what is compared. Both are judged by the same rule, as results.judge does it.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    for name, which in (("old", "the earlier"), ("new", "the later")):
        parser.add_argument(
            name,
            type=directory,
            metavar=name.upper(),
            help=f"{which} study directory, or a .csv or .parquet file",
        )
    columns = (
        ("--response", "the column of the tables that is compared"),
        ("--learned", "booleans: whether a run learned (every run did)"),
    )
    parser.add_argument(
        "--claims",
        type=Path,
        metavar="FILE",
        help="CLAIMS.toml with [[claim]] tables, or SPACE.py that declares claims (those of each "
        "study)",
    )
    for name, text in columns:
        parser.add_argument(name, metavar="COLUMN", help=text)
    parser.add_argument(
        "--factor",
        action="append",
        metavar="COLUMN",
        help="a column of the tables that was varied; give all of them (those that the claims "
        "name)",
    )
    parser.add_argument("--seed", default="seed", metavar="COLUMN", help="tells runs apart (seed)")
    parser.add_argument("--lower-is-better", action="store_true", help="as for losses and errors")
    parser.add_argument(
        "--smallest",
        type=float,
        metavar="X",
        help="the smallest difference that matters, in units of the response "
        f"({SMALLEST_DIFFERENCE} for accuracies in 0-1)",
    )
    parser.add_argument(
        "--alpha",
        type=float,
        default=ALPHA,
        metavar="P",
        help=f"the chance that any claim of one side is decided wrongly ({ALPHA})",
    )
    parser.add_argument("--json", action="store_true", help="print the changes for a program")
    return parser
