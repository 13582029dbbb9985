"""Judgements on a table that anything made: a row and a sentence each."""

import math

import pandas as pd

from results.claims.judgement import Judgement, counted, named_places
from search_spaces import About

COLUMNS = (
    *("claim", "verdict", "estimate", "low", "high", "p", "smallest", "where", "seeds_needed"),
    *("contexts", "sentence"),
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
    return {
        "claim": judgement.claim.name,
        "verdict": judgement.verdict.value,
        "estimate": judgement.difference.estimate if judgement.difference else math.nan,
        "low": low,
        "high": high,
        "p": judgement.p_value,
        "smallest": math.nan if judgement.smallest is None else judgement.smallest,
        "where": named_places(judgement.where),
        "seeds_needed": pd.NA if judgement.seeds_needed is None else judgement.seeds_needed,
        "contexts": judgement.compared,
        "sentence": _sentence(judgement),
    }


def _sentence(judgement: Judgement) -> str:
    claim, difference = judgement.claim, judgement.difference
    parts = [f"{claim.name}: {judgement.verdict.value}"]
    if judgement.reason:
        parts[0] += f" ({judgement.reason})"
    if difference is None:
        return "; ".join(parts) + "."
    low, high = judgement.interval
    coverage = f"{100 * judgement.coverage:.4g} %"
    interval = "" if math.isnan(low) else f" ({low:+.4g} to {high:+.4g}, {coverage})"
    parts.append(
        f"{claim.better} better than {claim.worse} by {difference.estimate:+.4g}{interval} "
        f"{_place(judgement)}"
    )
    if judgement.these and not math.isnan(judgement.seed_share):
        ends = judgement.these.interval(judgement.coverage)
        on_these = "" if math.isnan(ends[0]) else f" ({ends[0]:+.4g} to {ends[1]:+.4g} on these)"
        parts.append(
            f"about new examples{on_these}, {100 * judgement.seed_share:.0f} % of the squared "
            "error being seeds"
        )
    if judgement.about is About.DATA:
        parts.append("about new data of the same source, the splits' overlap reckoned with")
    parts.append(judgement.unit)
    if judgement.seeds_needed is not None:
        parts.append(f"a decision at this estimate takes about {judgement.seeds_needed} seeds")
    elif judgement.needs_examples:
        more = "data" if judgement.about is About.DATA else "examples"
        parts.append(f"more seeds alone don't decide it, more {more} would")
    return "; ".join(parts) + "."


def _place(judgement: Judgement) -> str:
    """Where a difference was seen."""
    if judgement.by_model:
        return f"from {counted(judgement.compared, 'cell')} together"
    if judgement.contexts == 1:
        return "in this one context"
    return f"in {counted(judgement.compared, 'context')}"
