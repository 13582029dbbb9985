"""The command line of `results.judge`."""

import argparse
from pathlib import Path
from typing import Any, Protocol

from results.arguments import OneLineParser, directory
from results.claims.questions import SEEDS
from results.statistics.conventions import ALPHA, SMALLEST_DIFFERENCE
from search_spaces import About


class OptionTaker(Protocol):
    """What options can be added to: a parser, or a group of one.

    Examples:
        >>> taker: OptionTaker = OneLineParser(prog="python -m mine")
    """

    def add_argument(self, *names: str, **settings: Any) -> object:
        """Add an option, as `argparse` takes it."""


_EPILOG = """\
exit codes, for use as a gate:
  0  every claim is confirmed
  3  a claim is refuted or negligible
  4  none is, but one is inconclusive or depends
  2  bad input

example of CLAIMS.toml:
  [[claim]]
  name = "adam"
  factor = "optimizer"
  better = "adam"
  worse = "sgd"
"""


def judge_parser() -> argparse.ArgumentParser:
    """The parser of the command.

    Examples:
        >>> options = judge_parser().parse_args(["runs.csv", "--response", "accuracy"])
        >>> options.seed, options.alpha
        ('seed', 0.05)
    """
    parser = OneLineParser(
        prog="python -m results.judge",
        description="Judge claims about a table of results that anything made: one row a run, a "
        "column for each factor, one for the seed, one for what is compared. Or about a study: its "
        "records say all that themselves.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "table",
        type=directory,
        metavar="TABLE|STUDY",
        help="a .csv or .parquet file, or a study directory, here or as s3://bucket/prefix",
    )
    add_columns(parser)
    add_rule(parser)
    parser.add_argument(
        "--effects",
        action="store_true",
        help="print levels, which cell to take, effects and cells too; claims may be left out then",
    )
    parser.add_argument("--json", action="store_true", help="print the verdicts for a program")
    return parser


def add_columns(parser: OptionTaker) -> None:
    """Add the options that say which column of a table means what.

    Examples:
        >>> parser = OneLineParser(prog="python -m mine")
        >>> add_columns(parser)
        >>> parser.parse_args(["--response", "accuracy"]).seed
        'seed'
    """
    parser.add_argument(
        "--claims",
        type=Path,
        metavar="FILE",
        help="CLAIMS.toml with [[claim]] tables, or SPACE.py that declares claims (those of STUDY)",
    )
    parser.add_argument("--response", metavar="COLUMN", help="the column of TABLE that is compared")
    parser.add_argument(
        "--factor",
        action="append",
        metavar="COLUMN",
        help="a column of TABLE that was varied; give all of them (those that the claims name)",
    )
    parser.add_argument("--seed", default="seed", metavar="COLUMN", help="tells runs apart (seed)")
    parser.add_argument(
        "--learned", metavar="COLUMN", help="booleans: whether a run learned (every run did)"
    )
    parser.add_argument(
        "--answers",
        type=Path,
        metavar="FILE",
        help="answers to single examples, with columns run, example, wrong; TABLE has a column "
        "run: verdicts are about new examples then",
    )
    parser.add_argument("--lower-is-better", action="store_true", help="as for losses and errors")


def add_rule(parser: OptionTaker) -> None:
    """Add the options that say by what claims are decided.

    Examples:
        >>> parser = OneLineParser(prog="python -m mine")
        >>> add_rule(parser)
        >>> parser.parse_args(["--alpha", "0.01"]).alpha
        0.01
    """
    parser.add_argument(
        "--smallest",
        type=float,
        metavar="X",
        help="the smallest difference that matters, in units of the response "
        f"({SMALLEST_DIFFERENCE} for accuracies in 0-1)",
    )
    parser.add_argument(
        "--seeds",
        choices=SEEDS,
        help="own: runs of different cells are independent; shared: runs of one seed go together "
        "(shared where a seed stands in several cells)",
    )
    parser.add_argument(
        "--about",
        choices=tuple(About),
        help="data: new ones of the same source, to train and test on; examples: new ones to test "
        "on; these: those that were tested (data with --split, else examples with --answers)",
    )
    parser.add_argument(
        "--split",
        type=_split,
        metavar="TRAIN,TEST",
        help="how many examples each seed of TABLE trained and tested on, where it drew its own, "
        "the same for all cells: verdicts are about new data then",
    )
    parser.add_argument(
        "--alpha",
        type=float,
        default=ALPHA,
        metavar="P",
        help=f"the chance that any claim is decided wrongly ({ALPHA})",
    )


def _split(text: str) -> tuple[int, int]:
    try:
        train, test = map(int, text.split(","))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not of the form TRAIN,TEST, as 455,114"
        ) from error
    return train, test
