"""What is asked of anyone's table, checked, and the answer."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from results.claims.judgement import Judgement
from results.claims.judging import judge_claims
from results.runs.runs import Runs
from results.runs.table import Columns, check_known, read_runs
from results.statistics.conventions import ALPHA, SMALLEST_DIFFERENCE
from search_spaces import About, Claim, Endpoint, Seeding

SEEDS = tuple(seeding.value for seeding in Seeding)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Question:
    """How a table is to be read, and by what claims are decided; see `results.judge.judge_table`.

    Args:
        columns: which of its columns mean what.
        answers: the answers to single examples; None where they aren't known.
        smallest: the smallest difference that matters, above 0; None for the default.
        seeds: one of `SEEDS`; None: as the table tells.
        higher_is_better: whether larger responses are better.
        about: one of `About`, as text; None: the widest that can be had.
        split: the numbers of examples that each seed trained and tested on, where it drew its own.
        alpha: the chance that any claim is decided wrongly, 0-1.

    Raises:
        ValueError: an option is out of its range, or doesn't go with another.

    Examples:
        >>> Question(columns=Columns(factors=("width",), response="score"), alpha=2)
        Traceback (most recent call last):
        ValueError: alpha is 2; allowed is between 0 and 1
    """

    columns: Columns
    answers: pd.DataFrame | None = None
    smallest: float | None = None
    seeds: str | None = None
    higher_is_better: bool = True
    about: str | None = None
    split: tuple[int, int] | None = None
    alpha: float = ALPHA

    def __post_init__(self) -> None:
        check_rule(smallest=self.smallest, alpha=self.alpha)
        if self.seeds is not None and self.seeds not in SEEDS:
            raise ValueError(f"seeds is {self.seeds!r}; allowed: {', '.join(SEEDS)}")
        _check_split(self.split, has_answers=self.answers is not None)
        _chosen(self.about, self.has)

    @property
    def has(self) -> Mapping[About, bool]:
        """Whether a verdict can be about what needs more than the runs."""
        return {About.EXAMPLES: self.answers is not None, About.DATA: self.split is not None}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class JudgedTable:
    """A table's runs and what they say of claims.

    Args:
        question: what was asked.
        runs: its runs; where lower responses are better, responses are negated.
        judgements: what is found out about each claim.
        accuracy: whether all responses are such as accuracies in 0-1 are, and higher is better.

    Examples:
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> judge_question(frame, [], question).accuracy
        True
    """

    question: Question
    runs: Runs
    judgements: tuple[Judgement, ...]
    accuracy: bool


def judge_question(frame: pd.DataFrame, claims: Iterable[Claim], question: Question) -> JudgedTable:
    """What a table says of claims.

    Args:
        frame: one row a run, with a column for each factor.
        claims: the claims; may be none.
        question: how the table is to be read, and by what claims are decided.

    Raises:
        ValueError: a column, factor or level is unknown, or a row can't be read.

    Examples:
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> question = Question(columns=Columns(factors=("width",), response="score"))
        >>> claim = Claim(name="1", text="Wide.", factor="width", better=16, worse=8)
        >>> str(judge_question(frame, [claim], question).judgements[0].verdict)
        'inconclusive'
    """
    split, seeds = question.split, question.seeds
    runs = read_runs(frame, question.columns, question.answers)
    chosen = with_about(claims, question.about, question.has)
    for claim in chosen:
        if claim.about and (reason := _lacking(claim.about, question.has)):
            raise ValueError(f"claim {claim.name!r} is about {claim.about.value!r}, which {reason}")
    check_claims(chosen, runs, question.columns.learned)
    accuracy = question.higher_is_better and _within_0_and_1(runs)
    smallest = question.smallest
    if smallest is None and accuracy:
        smallest = SMALLEST_DIFFERENCE
    runs = replace(
        runs,
        shared=split is not None or (runs.shared if seeds is None else seeds == Seeding.SHARED),
        split=split,
        response=runs.response if question.higher_is_better else -runs.response,
    )
    return JudgedTable(
        question=question,
        runs=runs,
        judgements=judge_claims(runs, chosen, smallest=smallest, alpha=question.alpha),
        accuracy=accuracy,
    )


def check_rule(*, smallest: float | None, alpha: float) -> None:
    """Check by what claims are to be decided.

    Raises:
        ValueError: the smallest difference is no finite number above 0, or alpha not between 0 and
            1.

    Examples:
        >>> check_rule(smallest=0.001, alpha=0.05)
    """
    if smallest is not None and not (_is_number(smallest) and 0 < smallest < math.inf):
        raise ValueError(f"smallest is {smallest!r}; allowed is a finite number above 0")
    if not (_is_number(alpha) and 0 < alpha < 1):
        raise ValueError(f"alpha is {alpha!r}; allowed is between 0 and 1")


def with_about(
    claims: Iterable[Claim], about: str | None, has: Mapping[About, bool]
) -> tuple[Claim, ...]:
    """The claims, those that don't say what they are about being about this.

    Args:
        claims: the claims.
        about: one of `About`, as text; None: the widest that can be had.
        has: whether a verdict can be about what needs more than the runs.

    Raises:
        ValueError: there is no such thing to be about, or it can't be had here.

    Examples:
        >>> claim = Claim(name="1", text="Wide.", factor="width", better=16, worse=8)
        >>> with_about([claim], "these", {About.EXAMPLES: False, About.DATA: False})[0].about
        <About.THESE: 'these'>
    """
    chosen = _chosen(about, has)
    return tuple(
        claim if claim.about or not chosen else replace(claim, about=chosen) for claim in claims
    )


def check_claims(claims: Sequence[Claim], runs: Runs, learned: str | None) -> None:
    """Check that claims speak of what runs vary.

    Args:
        claims: the claims.
        runs: the runs.
        learned: what says whether a run learned; None where nothing does.

    Raises:
        ValueError: a claim names an unknown factor or level, is about learning where nothing says
            which runs did, or has another one's name.

    Examples:
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> claim = Claim(name="1", text="Wide.", factor="with", better=16, worse=8)
        >>> check_claims([claim], runs, None)
        Traceback (most recent call last):
        ValueError: claim '1': unknown factor 'with'; did you mean 'width'? allowed: width
    """
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


_NEEDS = {
    About.EXAMPLES: "needs the answers to single examples (answers=...)",
    About.DATA: "needs how many examples each seed trained and tested on (split=...), or a study "
    "with --resample",
}


def _chosen(about: str | None, has: Mapping[About, bool]) -> About | None:
    """What verdicts are to be about, checked; None where nothing was said."""
    if about is None:
        return None
    if about not in list(About):
        raise ValueError(f"about is {about!r}; allowed: {', '.join(About)}")
    chosen = About(about)
    if reason := _lacking(chosen, has):
        raise ValueError(f"about is {about!r}, which {reason}")
    return chosen


def _lacking(about: About, has: Mapping[About, bool]) -> str:
    """Why a verdict can't be about this; empty where it can."""
    if not has.get(about, True):
        return _NEEDS[about]
    if has[About.DATA] and about is not About.DATA:
        return "can't be, as each seed tested examples of its own; allowed: data"
    return ""


def _check_split(split: tuple[int, int] | None, *, has_answers: bool) -> None:
    if split is None:
        return
    if len(split) != 2 or not all(_is_number(size) and size == int(size) > 0 for size in split):
        raise ValueError(f"split is {split!r}; allowed are two whole numbers from 1, (train, test)")
    if has_answers:
        raise ValueError(
            "answers to single examples don't go with split: each seed tested examples of its own"
        )


def _is_number(value: object) -> bool:
    return isinstance(value, float | int | np.integer | np.floating)


def _within_0_and_1(runs: Runs) -> bool:
    known = runs.response[np.isfinite(runs.response)]
    return bool(len(known) and known.min() >= 0 and known.max() <= 1)
