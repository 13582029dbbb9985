"""The section on claims: the verdict on each, in sentences and as a table."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from results.analysis.quality import ROPE
from results.claims.own_record import OwnRecord, check_record
from results.claims.rules import ALPHA, Code, Reading
from results.claims.verdict import InContext, Verdict
from results.report.section import Format, Section, percent, points, probability
from search_spaces import Claim, Endpoint

_FORMATS: Mapping[str, Format] = {
    "effect": points,
    "low": points,
    "high": points,
    "own_effect": points,
    "p": probability,
    "holm_p": probability,
}
# The rest is told in sentences.
_SHOWN = (
    *("claim", "says", "verdict", "code", "effect", "low", "high", "healthy", "contexts"),
    *("holm_p", "overall"),
)


def verdicts_section(verdicts: Sequence[Verdict], *, tuned: bool = False) -> Section:
    """The verdicts on a study's claims.

    Args:
        verdicts: at the fixed learning rate, `overall` taking tuned ones in.
        tuned: whether there are any.
    """
    if not verdicts:
        return Section(title="Verdicts")
    coverage = _coverage(len(verdicts))
    rule = (
        f"{len(verdicts)} claim{'s' * (len(verdicts) > 1)}, judged by rules fixed beforehand: "
        f"intervals of {100 * coverage:.4g} %, and a difference below {100 * ROPE:.2f} points of "
        "accuracy does not matter."
    )
    regime = (
        "These are at the fixed learning rate; overall takes in those tuned in each cell, below."
        if tuned
        else "Learning rates are not tuned in these records: what is confirmed holds at the fixed "
        "one."
    )
    return Section(
        title="Verdicts",
        sentences=(rule, *(verdict_sentence(verdict, coverage) for verdict in verdicts), regime),
        table=verdict_table(verdicts),
        formats=_FORMATS,
        shown=_SHOWN,
    )


def verdict_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """One row per claim.

    Columns: `claim`; `says`, the better level and the worse one; `endpoint`; `verdict`; `code`, V1
    to V6 where quality is judged by its average; `effect`, `low`, `high`: better minus worse in
    accuracy (0-1), NaN where none can be had or it depends on the context; `healthy` and
    `contexts`, counted; `own_effect`, `own_code`: of the pair that the claim was drawn from; `p`,
    `holm_p` over the claims; `record`, whether the claim agrees with its own figures; `overall`,
    with tuned learning rates taken in.
    """
    coverage = _coverage(len(verdicts))
    return pd.DataFrame([_row(verdict, coverage) for verdict in verdicts])


def verdict_sentence(verdict: Verdict, coverage: float) -> str:
    """The verdict in plain words."""
    claim = verdict.claim
    outcome = ": ".join(part for part in (verdict.reading.value, verdict.reason) if part)
    parts = [
        f"{claim.name}, “{claim.text}” → {outcome}",
        _effect_words(verdict, coverage),
        _record_words(claim),
    ]
    if verdict.reading is not Reading.INCONCLUSIVE:
        parts.append(f"Overall {verdict.overall.lower()}: {verdict.overall_reason}")
    return ". ".join(part for part in parts if part) + "."


def _record_words(claim: Claim) -> str:
    better, worse = claim.recorded.better, claim.recorded.worse
    match check_record(claim):
        case OwnRecord.NONE:
            return ""
        case OwnRecord.INCOMPLETE:
            missing = claim.better if better is None else claim.worse
            return f"Its own record has no figure for {missing}"
        case OwnRecord.AGREES:
            told = "Its own record agrees"
        case OwnRecord.CONTRADICTS:
            told = "Contradicted by its own record"
    return f"{told}: {claim.better} {percent(better)}, {claim.worse} {percent(worse)}"


def _effect_words(verdict: Verdict, coverage: float) -> str:
    claim, quality = verdict.claim, verdict.quality
    if quality is None:
        return ""
    where = f"in {quality.contexts} of {verdict.contexts} contexts"
    if verdict.by_model:
        where = f"from {quality.contexts} of {verdict.contexts} cells together"
    if claim.endpoint is Endpoint.TRAINED:
        where += f" where both trained ({verdict.code})"
    told = f"{claim.better} minus {claim.worse}: "
    if verdict.reading is not Reading.DEPENDS:
        told += f"{points(quality.estimate)}{_interval(quality.interval(coverage))} points {where}"
        if quality.contexts > 1 and not verdict.by_model:
            told += f", {_range(verdict.in_contexts)} in each alone"
    else:
        told += f"{_range(verdict.in_contexts)} points {where}"
    if verdict.own and len(verdict.in_contexts) > 1:
        own = verdict.own.difference
        told += (
            f"; where the claim was drawn from {points(own.estimate)}"
            f"{_interval(own.interval(coverage))}, {verdict.own.code}"
        )
    return told


def _range(in_contexts: Sequence[InContext]) -> str:
    estimates = [seen.difference.estimate for seen in in_contexts]
    return f"{points(min(estimates))} to {points(max(estimates))}"


def _interval(interval: tuple[float, float]) -> str:
    low, high = interval
    return "" if np.isnan(low) else f" ({points(low)} to {points(high)})"


def _row(verdict: Verdict, coverage: float) -> dict[str, object]:
    claim = verdict.claim
    quality = None if verdict.reading is Reading.DEPENDS else verdict.quality
    low, high = quality.interval(coverage) if quality else (np.nan, np.nan)
    own = verdict.own
    by_code = claim.endpoint is Endpoint.QUALITY and verdict.reading is not Reading.DEPENDS
    return {
        "claim": claim.name,
        "says": f"{claim.better} > {claim.worse}",
        "endpoint": claim.endpoint.value,
        "verdict": verdict.reading.value,
        "code": (verdict.code or Code.OPEN).value if by_code else "",
        "effect": quality.estimate if quality else np.nan,
        "low": low,
        "high": high,
        "healthy": quality.contexts if quality and verdict.by_model else len(verdict.in_contexts),
        "contexts": verdict.contexts,
        "own_effect": own.difference.estimate if own else np.nan,
        "own_code": own.code.value if own else "",
        "p": verdict.p_value,
        "holm_p": verdict.holm_p,
        "record": check_record(claim).value,
        "overall": verdict.overall.value.lower(),
    }


def _coverage(claims: int) -> float:
    return 1 - ALPHA / max(claims, 1)
