"""Anyone's table as typed on a command line: its file, its columns, its claims."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from results.claims.claims_file import read_claims
from results.claims.questions import JudgedTable, Question, judge_question
from results.runs.table import Columns
from search_spaces import Claim

TABLES = (".csv", ".parquet")


def judge_typed(options: argparse.Namespace) -> JudgedTable:
    """What a table says, as the options of `results.judge_arguments` ask.

    Raises:
        ValueError: an option is missing or wrong, or the table can't be read; the message says
            which and what is allowed.
        SpaceError: the file of claims is wrong.

    Examples:
        >>> from results.judge_arguments import judge_parser
        >>> table = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> table.to_csv("runs.csv", index=False)
        >>> arguments = ["runs.csv", "--response", "score", "--factor", "width"]
        >>> judge_typed(judge_parser().parse_args(arguments)).runs.cells
        ((8,), (16,))
    """
    if options.response is None:
        raise ValueError("a table needs --response")
    frame = read_table(options.table)
    claims = () if options.claims is None else read_claims(options.claims)
    factors = options.factor or named_factors(claims)
    if not factors:
        raise ValueError("no factor is named; give each column that was varied with --factor")
    named = [*factors, options.seed, options.response, options.learned]
    check_parts(frame, [*named, "run"] if options.answers else named)
    question = Question(
        columns=Columns(
            factors=tuple(factors),
            seed=options.seed,
            response=options.response,
            learned=options.learned,
        ),
        answers=None if options.answers is None else read_table(options.answers),
        smallest=options.smallest,
        seeds=options.seeds,
        higher_is_better=not options.lower_is_better,
        about=options.about,
        split=options.split,
        alpha=options.alpha,
    )
    return judge_question(frame, claims, question)


def named_factors(claims: Sequence[Claim]) -> list[str]:
    """The factors that claims name, in the order in which they do.

    Examples:
        >>> claim = Claim(name="1", text="Wide.", factor="width", better=16, worse=8)
        >>> named_factors([claim])
        ['width']
    """
    return list(dict.fromkeys(name for claim in claims for name in (claim.factor, *claim.scope)))


def check_parts(frame: pd.DataFrame, named: Sequence[str | None]) -> None:
    """Refuse a table with columns of no part: one that was varied would be pooled over.

    Args:
        frame: the table.
        named: the columns that have a part; None for one that isn't there.

    Raises:
        ValueError: a column has none; the message names it.

    Examples:
        >>> check_parts(pd.DataFrame({"width": [8], "depth": [1]}), ["width"])
        Traceback (most recent call last):
        ValueError: column 'depth' has no part; name every column that was varied with --factor, ...
    """
    if any(name not in frame.columns for name in named if name is not None):
        # Told better by who looks for it.
        return
    others = [str(name) for name in frame.columns if name not in named]
    if others:
        raise ValueError(
            f"column {', '.join(map(repr, others))} has no part; name every column that was varied "
            "with --factor, and leave others out of the table"
        )


def read_table(path: Path) -> pd.DataFrame:
    """The table in a file.

    Raises:
        ValueError: it can't be read; the message names the file.

    Examples:
        >>> read_table(Path("none.csv"))
        Traceback (most recent call last):
        ValueError: none.csv: can't be read as a table (...)
    """
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # A level may be called None or NA.
        return pd.read_csv(path, keep_default_na=False, na_values=["", "nan", "NaN"])
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: can't be read as a table ({reason})") from error
