"""Verdicts on anyone's table, or on a study, from Python or by `python -m results.judge TABLE`.

    judge_table(frame, claims, factors=["optimizer", "loss"], response="accuracy")

The rule, and how often it is wrong: `docs/verdicts.md`.
"""
# pandas' stubs leave many results untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import argparse
import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pandas as pd
from rich.console import Console

from results.analysis.detection import smallest_that_matters
from results.arguments import forgiving_stdout
from results.claims.claims_file import read_claims
from results.claims.deciding import Verdict
from results.claims.judging import judge_claims
from results.claims.questions import (
    Question,
    check_claims,
    check_rule,
    judge_question,
    with_about,
)
from results.judge_arguments import judge_parser
from results.records.study import load_study
from results.report.findings import analyse, read_trained_errors, with_training_time
from results.report.render import to_json, to_terminal
from results.report.section import Section
from results.report.sections import make_report
from results.report.table import COLUMNS, judged_row, table_report
from results.runs.study import study_runs
from results.runs.table import Columns
from results.statistics.conventions import ALPHA
from results.storage.errors import ResultsError
from results.storage.remote import AnyPath
from results.typed_table import TABLES, judge_typed
from search_spaces import About, Claim, SpaceError

# What JSON has no number for.
_ENDLESS = (math.inf, -math.inf)
CONFIRMED, BAD_INPUT, REFUTED, OPEN = 0, 2, 3, 4
# The sections of a study's summary that tell effects.
_EFFECTS = (
    *("ranking", "levels", "best_cells", "cells", "main_effects", "interactions"),
    "simple_effects",
)
_LOG_COLUMNS = 140


def judge_table(
    frame: pd.DataFrame,
    claims: Iterable[Claim],
    *,
    factors: Iterable[str],
    seed: str = "seed",
    response: str,
    learned: str | None = None,
    answers: pd.DataFrame | None = None,
    smallest: float | None = None,
    seeds: str | None = None,
    higher_is_better: bool = True,
    about: str | None = None,
    split: tuple[int, int] | None = None,
    alpha: float = ALPHA,
) -> pd.DataFrame:
    """A verdict on each claim, by rules that are fixed beforehand.

    The interval that decides rests on Huber's mean of each cell, so that a single bad run doesn't
    decide; `docs/verdicts.md` says how it is reached, and how often it is wrong.

    Args:
        frame: one row a run, with a column for each factor.
        claims: what is said of two levels of a factor; together they are wrong with a chance of
            `alpha`.
        factors: the columns that were varied.
        seed: the column that tells the runs of a cell apart.
        response: the column that is compared.
        learned: a column of booleans: whether a run learned at all; None: every run did. Quality is
            compared in the contexts in which every run of both levels learned; where runs failed in
            most, by all runs, a failed one the worst.
        answers: the answers to single examples, one row a run and example: `run`, which is a column
            of `frame` too, `example` and `wrong`, a boolean. Verdicts are then about new examples
            of the same source.
        smallest: the smallest difference that matters, above 0, of claims that don't name their
            own; None: 0.001 (0.10 points) for accuracies in 0-1, else nothing is called too small.
        seeds: `own` where runs of different cells are independent; `shared` where runs of one seed
            go together; None: shared where the same seed stands in several cells.
        higher_is_better: whether larger responses are better.
        about: `data`, new ones of the same source to train and test on, which needs `split`;
            `examples`, new ones to test on, which needs `answers`; or `these`, those that were
            tested; None: the widest that can be had. A claim's own wins.
        split: the numbers of examples that each seed trained and tested on, `(train, test)`, where
            it drew its own, the same for all cells: the split is the unit then, and verdicts are
            about new data. Splits overlap, which is reckoned with (Nadeau & Bengio 2003).
        alpha: the chance, 0-1, that any claim is decided wrongly.

    Returns:
        One row a claim, in the order given: `claim`, its name; `verdict`: `confirmed`,
        `negligible`, `refuted`, `depends` or `inconclusive`; `estimate` with its interval `low`,
        `high` and `p`, in the direction of the claim, in units of the response (NaN without a
        difference, infinite where failures alone tell); `smallest`; `where`: for which levels it is
        confirmed, if it depends; `seeds_needed` for a decision at the estimate, missing where none
        would do, and `seconds_needed`, the training that these would take, of a study's runs;
        `contexts`; of all runs, a failed one the worst, `wins`: how often the better
        level wins (0-1), with `wins_low`, `wins_high` and `wins_p`; `sentence`.

    Raises:
        ValueError: a column, factor or level is unknown, a row can't be read, or an option is out
            of its range; the message says which and what is allowed.

    Examples:
        >>> frame = pd.DataFrame(
        ...     {
        ...         "optimizer": ["sgd"] * 3 + ["adam"] * 3,
        ...         "seed": [0, 1, 2] * 2,
        ...         "accuracy": [0.90, 0.91, 0.92, 0.95, 0.96, 0.97],
        ...     }
        ... )
        >>> claim = Claim(name="1", text="Adam.", factor="optimizer", better="adam", worse="sgd")
        >>> verdicts = judge_table(frame, [claim], factors=["optimizer"], response="accuracy")
        >>> verdicts.loc[0, "verdict"], round(verdicts.loc[0, "estimate"], 3).item()
        ('confirmed', 0.05)
    """
    question = Question(
        columns=Columns(factors=tuple(factors), seed=seed, response=response, learned=learned),
        answers=answers,
        smallest=smallest,
        seeds=seeds,
        higher_is_better=higher_is_better,
        about=about,
        split=split,
        alpha=alpha,
    )
    judged = judge_question(frame, claims, question)
    return pd.DataFrame(map(judged_row, judged.judgements), columns=list(COLUMNS))


def judge_study(
    directory: AnyPath | str,
    claims: Iterable[Claim] | None = None,
    *,
    about: str | None = None,
    smallest: float | None = None,
    alpha: float = ALPHA,
) -> pd.DataFrame:
    """A verdict on each claim about a study's trials at the fixed setting.

    Args:
        directory: the study directory.
        claims: what is said of two levels of a factor; None: the claims that the study declares.
        about: `data`, `examples` or `these`, as in `judge_table`.
        smallest: the smallest difference of accuracies (0-1) that matters; None: that of
            the study.
        alpha: the chance, 0-1, that any claim is decided wrongly.

    Returns:
        A table as that of `judge_table`.

    Raises:
        ValueError: there is no claim, one is about what the study doesn't vary, or an option is out
            of its range.
        ResultsError: the study can't be read.

    Examples:
        >>> judge_study(directory, about="these")[["claim", "verdict"]]
                  claim       verdict
        0  conclusion 1     confirmed
        1  conclusion 3  inconclusive
    """
    check_rule(smallest=smallest, alpha=alpha)
    study = load_study(directory)
    errors = read_trained_errors(study)
    runs = study_runs(study, errors)
    declared = study.description.claims if claims is None else claims
    held = {name: levels[0] for name, levels in study.description.factors if len(levels) == 1}
    has = {About.EXAMPLES: errors is not None, About.DATA: study.resampled}
    chosen = [
        # A scope may name what this study holds fixed.
        replace(claim, scope={n: level for n, level in claim.scope.items() if held.get(n) != level})
        for claim in with_about(declared, about, has)
    ]
    check_claims(chosen, runs, learned="outcome")
    judgements = judge_claims(
        runs, chosen, smallest=smallest or smallest_that_matters(study), alpha=alpha
    )
    timed = with_training_time(judgements, runs, study)
    return pd.DataFrame(map(judged_row, timed), columns=list(COLUMNS))


def main(arguments: Sequence[str]) -> int:
    """Run the command: 0 if all claims are confirmed, 3, 4 or 2 as `--help` says."""
    options = judge_parser().parse_args(arguments)
    try:
        is_table = options.table.suffix in TABLES
        verdicts, sections = (_judged_table if is_table else _judged_study)(options)
    except (ValueError, SpaceError, ResultsError) as error:
        sys.stderr.write(f"results.judge: {error}\n")
        return BAD_INPUT
    forgiving_stdout()
    if options.json:
        sys.stdout.write(_to_json(verdicts, sections))
    else:
        sys.stdout.write("".join(f"{sentence}\n" for sentence in verdicts["sentence"]))
        if sections:
            width = None if sys.stdout.isatty() else _LOG_COLUMNS
            Console(width=width).print(to_terminal(sections, everything=True))
    return _gate(verdicts["verdict"].tolist())


def _judged_table(options: argparse.Namespace) -> tuple[pd.DataFrame, tuple[Section, ...]]:
    if options.claims is None and not options.effects:
        raise ValueError("a table needs --claims, or --effects")
    judged = judge_typed(options)
    verdicts = pd.DataFrame(map(judged_row, judged.judgements), columns=list(COLUMNS))
    return verdicts, table_report(judged) if options.effects else ()


def _judged_study(options: argparse.Namespace) -> tuple[pd.DataFrame, tuple[Section, ...]]:
    for name in ("response", "factor", "learned", "answers", "seeds", "split", "lower_is_better"):
        if getattr(options, name):
            raise ValueError(
                f"{options.table} is taken for a study, as it ends in neither "
                f"{' nor '.join(TABLES)}; --{name.replace('_', '-')} is for tables"
            )
    claims = None if options.claims is None else read_claims(options.claims)
    verdicts = judge_study(
        options.table,
        claims,
        about=options.about,
        smallest=options.smallest,
        alpha=options.alpha,
    )
    if not options.effects:
        return verdicts, ()
    study = load_study(options.table)
    report = make_report(study, analyse(study))
    return verdicts, tuple(section for section in report if section.name in _EFFECTS)


def _gate(verdicts: Sequence[str]) -> int:
    if {Verdict.REFUTED, Verdict.NEGLIGIBLE} & set(verdicts):
        return REFUTED
    return OPEN if {Verdict.INCONCLUSIVE, Verdict.DEPENDS} & set(verdicts) else CONFIRMED


def _to_json(verdicts: pd.DataFrame, sections: Sequence[Section]) -> str:
    rows = [
        {
            name: None if pd.isna(value) or value in _ENDLESS else value
            for name, value in row.items()
        }
        for row in verdicts.to_dict("records")
    ]
    if sections:
        return _as_json({"verdicts": rows, "effects": json.loads(to_json(sections))})
    return _as_json(rows)


def _as_json(value: object) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
