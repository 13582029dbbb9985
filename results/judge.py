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
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from results.analysis.detection import smallest_that_matters
from results.arguments import forgiving_stdout
from results.claims.claims_file import read_claims
from results.claims.deciding import Verdict
from results.claims.judging import judge_claims
from results.judge_arguments import SEEDS, judge_parser
from results.records.study import load_study
from results.report.findings import read_trained_errors
from results.report.judged import COLUMNS, judged_row
from results.runs.runs import Runs
from results.runs.study import study_runs
from results.runs.table import Columns, check_known, read_runs
from results.statistics.conventions import ALPHA, SMALLEST_DIFFERENCE
from results.storage.errors import ResultsError
from results.storage.remote import AnyPath
from search_spaces import About, Claim, Endpoint, SpaceError

_TABLES = (".csv", ".parquet")
CONFIRMED, BAD_INPUT, REFUTED, OPEN = 0, 2, 3, 4


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
            compared in the contexts in which every run of both levels learned.
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
        difference); `smallest`; `where`: for which levels it is confirmed, if it depends;
        `seeds_needed` for a decision at the estimate, missing where none would do; `contexts`;
        `sentence`.

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
    _check_options(smallest=smallest, seeds=seeds, alpha=alpha)
    split = _checked_split(split, has_answers=answers is not None)
    has = {About.EXAMPLES: answers is not None, About.DATA: split is not None}
    wanted = _about(about, has)
    columns = Columns(factors=tuple(factors), seed=seed, response=response, learned=learned)
    runs = read_runs(frame, columns, answers)
    claims = _with_about(claims, wanted)
    _check_about(claims, has)
    _check_claims(claims, runs, learned)
    if smallest is None and higher_is_better:
        smallest = _default_smallest(runs)
    runs = replace(
        runs,
        shared=split is not None or (runs.shared if seeds is None else seeds == "shared"),
        split=split,
        response=runs.response if higher_is_better else -runs.response,
    )
    judgements = judge_claims(runs, claims, smallest=smallest, alpha=alpha)
    return pd.DataFrame(map(judged_row, judgements), columns=list(COLUMNS))


def _check_options(*, smallest: float | None, seeds: str | None, alpha: float) -> None:
    if smallest is not None and not (_is_number(smallest) and 0 < smallest < math.inf):
        raise ValueError(f"smallest is {smallest!r}; allowed is a finite number above 0")
    if not (_is_number(alpha) and 0 < alpha < 1):
        raise ValueError(f"alpha is {alpha!r}; allowed is between 0 and 1")
    if seeds is not None and seeds not in SEEDS:
        raise ValueError(f"seeds is {seeds!r}; allowed: {', '.join(SEEDS)}")


def _is_number(value: object) -> bool:
    return isinstance(value, float | int | np.integer | np.floating)


_NEEDS = {
    About.EXAMPLES: "new examples, which needs the answers to single examples (answers=...)",
    About.DATA: "new data, which needs how many examples each seed trained and tested on "
    "(split=...), or a study with --resample",
}


def _about(about: str | None, has: Mapping[About, bool]) -> About | None:
    """What verdicts are to be about, checked; None where nothing was said."""
    if about is None:
        return None
    if about not in list(About):
        raise ValueError(f"about is {about!r}; allowed: {', '.join(About)}")
    chosen = About(about)
    if reason := _lacking(chosen, has):
        raise ValueError(f"about is {about!r}: {reason}")
    return chosen


def _check_about(claims: Sequence[Claim], has: Mapping[About, bool]) -> None:
    for claim in claims:
        if claim.about and (reason := _lacking(claim.about, has)):
            raise ValueError(f"claim {claim.name!r} is about {claim.about.value!r}: {reason}")


def _lacking(about: About, has: Mapping[About, bool]) -> str:
    """Why a verdict can't be about this; empty where it can."""
    if not has.get(about, True):
        return f"it is about {_NEEDS[about]}"
    if has[About.DATA] and about is not About.DATA:
        return "each seed tested examples of its own, so it can only be about new data ('data')"
    return ""


def _checked_split(split: tuple[int, int] | None, *, has_answers: bool) -> tuple[int, int] | None:
    if split is None:
        return None
    if len(split) != 2 or not all(_is_number(size) and size == int(size) > 0 for size in split):
        raise ValueError(f"split is {split!r}; allowed are two whole numbers from 1, (train, test)")
    if has_answers:
        raise ValueError(
            "answers to single examples don't go with split: each seed tested examples of its own"
        )
    return split


def _check_claims(claims: Sequence[Claim], runs: Runs, learned: str | None) -> None:
    if not claims:
        raise ValueError("no claim is given; at least one is needed")
    names = [claim.name for claim in claims]
    for claim in claims:
        if names.count(claim.name) > 1:
            raise ValueError(f"claim {claim.name!r} is there twice; give each a name of its own")
        if claim.endpoint == Endpoint.TRAINED and learned is None:
            raise ValueError(
                f"claim {claim.name!r} is about learning at all; name the column of booleans that "
                "says which runs did (learned=...)"
            )
        named = [(claim.factor, claim.better), (claim.factor, claim.worse), *claim.scope.items()]
        for factor, level in named:
            where = f"claim {claim.name!r}: "
            try:
                check_known("factor", factor, list(runs.factors))
                if level not in runs.factors[factor]:
                    check_known(f"level of {factor}", str(level), [*map(str, runs.factors[factor])])
                    raise ValueError(
                        f"level of {factor} {level!r} is given as {type(level).__name__}, the "
                        f"table has {type(runs.factors[factor][0]).__name__}"
                    )
            except ValueError as error:
                raise ValueError(f"{where}{error}") from error


def _default_smallest(runs: Runs) -> float | None:
    known = runs.response[np.isfinite(runs.response)]
    if not len(known) or known.min() < 0 or known.max() > 1:
        return None
    return SMALLEST_DIFFERENCE


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
    _check_options(smallest=smallest, seeds=None, alpha=alpha)
    study = load_study(directory)
    errors = read_trained_errors(study)
    runs = study_runs(study, errors)
    declared = study.description.claims if claims is None else claims
    held = {name: levels[0] for name, levels in study.description.factors if len(levels) == 1}
    has = {About.EXAMPLES: errors is not None, About.DATA: study.resampled}
    chosen = [
        # A scope may name what this study holds fixed.
        replace(claim, scope={n: level for n, level in claim.scope.items() if held.get(n) != level})
        for claim in _with_about(declared, _about(about, has))
    ]
    if study.resampled:
        _check_about(chosen, has)
    _check_claims(chosen, runs, learned="outcome")
    judgements = judge_claims(
        runs, chosen, smallest=smallest or smallest_that_matters(study), alpha=alpha
    )
    return pd.DataFrame(map(judged_row, judgements), columns=list(COLUMNS))


def _with_about(claims: Iterable[Claim], about: About | None) -> tuple[Claim, ...]:
    """The claims, those that don't say what they are about being about this."""
    return tuple(
        claim if claim.about or not about else replace(claim, about=about) for claim in claims
    )


def main(arguments: Sequence[str]) -> int:
    """Run the command: 0 if all claims are confirmed, 3, 4 or 2 as `--help` says."""
    options = judge_parser().parse_args(arguments)
    try:
        is_table = options.table.suffix in _TABLES
        verdicts = _judged_table(options) if is_table else _judged_study(options)
    except (ValueError, SpaceError, ResultsError) as error:
        sys.stderr.write(f"results.judge: {error}\n")
        return BAD_INPUT
    forgiving_stdout()
    if options.json:
        sys.stdout.write(_to_json(verdicts))
    else:
        sys.stdout.write("".join(f"{sentence}\n" for sentence in verdicts["sentence"]))
    return _gate(verdicts["verdict"].tolist())


def _judged_table(options: argparse.Namespace) -> pd.DataFrame:
    for name in ("claims", "response"):
        if getattr(options, name) is None:
            raise ValueError(f"a table needs --{name}")
    frame = _read_table(options.table)
    claims = read_claims(options.claims)
    factors = options.factor or _named_factors(claims)
    named = [*factors, options.seed, options.response, options.learned]
    _check_others(frame, [*named, "run"] if options.answers else named)
    return judge_table(
        frame,
        claims,
        factors=factors,
        seed=options.seed,
        response=options.response,
        learned=options.learned,
        answers=None if options.answers is None else _read_table(options.answers),
        about=options.about,
        split=options.split,
        smallest=options.smallest,
        seeds=options.seeds,
        higher_is_better=not options.lower_is_better,
        alpha=options.alpha,
    )


def _judged_study(options: argparse.Namespace) -> pd.DataFrame:
    for name in ("response", "factor", "learned", "answers", "seeds", "split", "lower_is_better"):
        if getattr(options, name):
            raise ValueError(
                f"{options.table} is taken for a study, as it ends in neither "
                f"{' nor '.join(_TABLES)}; --{name.replace('_', '-')} is for tables"
            )
    return judge_study(
        options.table,
        None if options.claims is None else read_claims(options.claims),
        about=options.about,
        smallest=options.smallest,
        alpha=options.alpha,
    )


def _gate(verdicts: Sequence[str]) -> int:
    if {Verdict.REFUTED, Verdict.NEGLIGIBLE} & set(verdicts):
        return REFUTED
    return OPEN if {Verdict.INCONCLUSIVE, Verdict.DEPENDS} & set(verdicts) else CONFIRMED


def _to_json(verdicts: pd.DataFrame) -> str:
    rows = [
        {name: None if pd.isna(value) else value for name, value in row.items()}
        for row in verdicts.to_dict("records")
    ]
    return json.dumps(rows, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _named_factors(claims: Sequence[Claim]) -> list[str]:
    return list(dict.fromkeys(name for claim in claims for name in (claim.factor, *claim.scope)))


def _check_others(frame: pd.DataFrame, named: Sequence[str | None]) -> None:
    """Refuse a table with columns of no part: one that was varied would be pooled over."""
    if any(name not in frame.columns for name in named if name is not None):
        # Told better by who looks for it.
        return
    others = [str(name) for name in frame.columns if name not in named]
    if others:
        raise ValueError(
            f"column {', '.join(map(repr, others))} has no part; name every column that was varied "
            "with --factor, and leave others out of the table"
        )


def _read_table(path: Path) -> pd.DataFrame:
    try:
        if path.suffix == ".parquet":
            return pd.read_parquet(path)
        # A level may be called None or NA.
        return pd.read_csv(path, keep_default_na=False, na_values=["", "nan", "NaN"])
    except Exception as error:
        reason = " ".join(str(error).split())
        raise ValueError(f"{path}: can't be read as a table ({reason})") from error


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
