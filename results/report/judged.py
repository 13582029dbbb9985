"""Judgements on a table that anything made: a row and a sentence each."""

import math

import pandas as pd

from results.claims.judgement import Judgement, counted, named_places, wins_words
from search_spaces import About

COLUMNS = (
    *("claim", "verdict", "estimate", "low", "high", "p", "smallest", "where", "seeds_needed"),
    *("contexts", "wins", "wins_low", "wins_high", "wins_p", "sentence"),
)


def judged_row(judgement: Judgement) -> dict[str, object]:
    """What is found out about a claim, as a row with `COLUMNS`, which `judge_table` describes.

    Examples:
        >>> from results.claims.deciding import Verdict
        >>> from search_spaces import Claim
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> judgement = Judgement(claim=claim, verdict=Verdict.INCONCLUSIVE, reason="one run")
        >>> judged_row(judgement)["sentence"]
        'mine: inconclusive (one run).'
    """
    low, high = judgement.interval
    all_runs = judgement.all_runs
    wins = all_runs.wins_interval(judgement.coverage) if all_runs else (math.nan, math.nan)
    return {
        "claim": judgement.claim.name,
        "verdict": judgement.verdict.value,
        "estimate": judgement.estimate,
        "low": low,
        "high": high,
        "p": judgement.p_value,
        "smallest": math.nan if judgement.smallest is None else judgement.smallest,
        "where": named_places(judgement.where),
        "seeds_needed": pd.NA if judgement.seeds_needed is None else judgement.seeds_needed,
        "contexts": judgement.compared,
        "wins": all_runs.wins if all_runs else math.nan,
        "wins_low": wins[0],
        "wins_high": wins[1],
        "wins_p": all_runs.wins_p if all_runs else math.nan,
        "sentence": _sentence(judgement),
    }


def _sentence(judgement: Judgement) -> str:
    outcome = f"{judgement.claim.name}: {judgement.verdict.value}"
    if judgement.reason:
        outcome += f" ({judgement.reason})"
    parts = [outcome, wins_words(judgement)]
    if judgement.by_all_runs:
        parts += [_shift(judgement), _where_all_learned(judgement), _about_new(judgement)]
        parts.append(judgement.unit)
    elif judgement.difference:
        parts += [_difference(judgement), _about_new(judgement), judgement.unit]
    if judgement.seeds_needed is not None:
        parts.append(f"a decision at this estimate takes about {judgement.seeds_needed} seeds")
    elif judgement.needs_examples:
        more = "data" if judgement.about is About.DATA else "examples"
        parts.append(f"more seeds alone don't decide it, more {more} would")
    return "; ".join(filter(None, parts)) + "."


def _difference(judgement: Judgement) -> str:
    claim = judgement.claim
    return (
        f"{claim.better} better than {claim.worse} by {judgement.estimate:+.4g}"
        f"{_interval(judgement.interval, judgement.coverage)} {_place(judgement)}"
    )


def _shift(judgement: Judgement) -> str:
    """By how much a level is better by all runs; empty where failures alone tell."""
    if not math.isfinite(judgement.estimate):
        return ""
    claim = judgement.claim
    return (
        f"as if {claim.better} were better than {claim.worse} by {judgement.estimate:+.4g}"
        f"{_interval(judgement.interval, judgement.coverage)}"
    )


def _where_all_learned(judgement: Judgement) -> str:
    """What holds in the contexts in which every run learned; empty where there is none."""
    if judgement.difference is None:
        return ""
    contexts = counted(len(judgement.in_contexts), "context")
    interval = judgement.difference.interval(judgement.coverage)
    return (
        f"{judgement.difference.estimate:+.4g}{_interval(interval, judgement.coverage)} in "
        f"{contexts} where every run learned"
    )


def _interval(interval: tuple[float, float], coverage: float) -> str:
    """An interval in brackets; empty where nothing is known of it."""
    low, high = interval
    if math.isnan(low) or (math.isinf(low) and math.isinf(high)):
        return ""
    ends = f"{low:+.4g} to {high:+.4g}"
    if math.isinf(high):
        ends = f"{low:+.4g} or more"
    elif math.isinf(low):
        ends = f"{high:+.4g} or less"
    return f" ({ends}, {100 * coverage:.4g} %)"


def _about_new(judgement: Judgement) -> str:
    """About what new it is, and what holds on these examples; empty where it is about these."""
    if judgement.about is About.DATA:
        return "about new data of the same source, the splits' overlap reckoned with"
    if judgement.about is About.EXAMPLES and judgement.by_all_runs:
        return "about new examples"
    if not judgement.these or math.isnan(judgement.seed_share):
        return ""
    ends = judgement.these.interval(judgement.coverage)
    on_these = "" if math.isnan(ends[0]) else f" ({ends[0]:+.4g} to {ends[1]:+.4g} on these)"
    return (
        f"about new examples{on_these}, {100 * judgement.seed_share:.0f} % of the squared error "
        "being seeds"
    )


def _place(judgement: Judgement) -> str:
    """Where a difference was seen."""
    if judgement.by_model:
        return f"from {counted(judgement.compared, 'cell')} together"
    if judgement.contexts == 1:
        return "in this one context"
    return f"in {counted(judgement.compared, 'context')}"
