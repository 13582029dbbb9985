"""The section on claims: the verdict on each, in sentences and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.claims.own_record import OwnRecord, check_record
from results.claims.rules import Code, Reading
from results.claims.verdict import InContext, Verdict
from results.report.section import Format, Section, percent, points, probability
from results.statistics.conventions import ALPHA, SMALLEST_DIFFERENCE
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


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictWords:
    """The verdicts on a study's claims in words, part by part.

    Args:
        rule: the rule by which all claims are judged.
        verdicts: the verdict on each claim, in their order.
        regime: at which learning rates the verdicts hold.

    Examples:
        >>> words = VerdictWords(rule="By these rules.", verdicts=("A is true.",), regime="Fixed.")
        >>> " ".join([words.rule, *words.verdicts, words.regime])
        'By these rules. A is true. Fixed.'
    """

    rule: str
    verdicts: tuple[str, ...]
    regime: str


def joint_coverage(claims: int) -> float:
    """The coverage (0-1) of each interval where so many claims are judged together.

    The chance to be wrong is shared among the claims (Bonferroni). No claim counts as one.

    Examples:
        >>> joint_coverage(1), joint_coverage(5)
        (0.95, 0.99)
    """
    return 1 - ALPHA / max(claims, 1)


def verdicts_section(verdicts: Sequence[Verdict], *, tuned: bool = False) -> Section:
    """The verdicts on a study's claims.

    Args:
        verdicts: the verdict on each claim at the fixed learning rate, whose `overall` takes the
            trials with tuned ones in.
        tuned: whether learning rates were tuned.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = verdicts_section(analyse(load_study(directory)).verdicts)
        >>> section.table[["claim", "says", "verdict"]]
                  claim                            says       verdict
        0  conclusion 1                    range > none  inconclusive
        1  conclusion 3  categorical_crossentropy > mse  inconclusive
    """
    name, title = "verdicts", "Verdicts"
    if not verdicts:
        return Section(name=name, title=title)
    words = verdict_words(verdicts, tuned=tuned)
    return Section(
        name=name,
        title=title,
        sentences=(words.rule, *words.verdicts, words.regime),
        table=verdict_table(verdicts),
        formats=_FORMATS,
        shown=_SHOWN,
    )


def verdict_words(verdicts: Sequence[Verdict], *, tuned: bool = False) -> VerdictWords:
    """What the section on claims says, part by part.

    Args:
        verdicts: the verdict on each claim, one or more, as `verdicts_section` takes them.
        tuned: whether learning rates were tuned.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> words = verdict_words(analyse(load_study(directory)).verdicts)
        >>> words.rule
        '2 claims, judged by rules fixed beforehand: intervals of 97.5 %, and a difference below
         0.10 points of accuracy does not matter.'
        >>> len(words.verdicts)
        2
    """
    coverage = joint_coverage(len(verdicts))
    return VerdictWords(
        rule=f"{len(verdicts)} claim{'s' * (len(verdicts) > 1)}, judged by rules fixed beforehand: "
        f"intervals of {100 * coverage:.4g} %, and a difference below "
        f"{100 * SMALLEST_DIFFERENCE:.2f} points of accuracy does not matter.",
        verdicts=tuple(verdict_sentence(verdict, coverage) for verdict in verdicts),
        regime="These are at the fixed learning rate; overall takes in those tuned in each cell, "
        "below."
        if tuned
        else "Learning rates are not tuned in these records: what is confirmed holds at the fixed "
        "one.",
    )


def verdict_table(verdicts: Sequence[Verdict]) -> pd.DataFrame:
    """The verdicts as a table.

    Returns:
        One row per claim: `claim`; `says`, the better level and the worse one; `endpoint`;
        `verdict`; `code`, V1 to V6 where quality is judged by its average; `effect`, `low`, `high`:
        better minus worse in accuracy (0-1), NaN where none can be had or it depends on the
        context; `healthy` and `contexts`, counted; `own_effect`, `own_code`, those of the pair that
        the claim was drawn from; `p`, and `holm_p` over the claims; `record`, whether the claim
        agrees with its own figures; `overall`, the verdict with tuned learning rates taken in.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> table = verdict_table(analyse(load_study(directory)).verdicts)
        >>> table[["claim", "effect", "code", "healthy", "contexts", "overall"]].round(3)
                  claim  effect code  healthy  contexts       overall
        0  conclusion 1   0.054   V6        2         2  inconclusive
        1  conclusion 3   0.021             2         2  inconclusive
    """
    coverage = joint_coverage(len(verdicts))
    return pd.DataFrame([_row(verdict, coverage) for verdict in verdicts])


def verdict_sentence(verdict: Verdict, coverage: float) -> str:
    """A verdict in plain words.

    Args:
        verdict: what the records say of a claim.
        coverage: the coverage of its intervals, 0-1.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> verdict = analyse(load_study(directory)).verdicts[0]
        >>> verdict_sentence(verdict, 0.95)
        'conclusion 1, “...” → inconclusive: the interval leaves both open. range minus none: +5.42
         (-2.40 to +13.23) points in 2 of 2 contexts, +5.00 to +5.83 in each alone; ...'
    """
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
    """What the claim's own figures say of it; empty where it has none."""
    better, worse = claim.recorded.better, claim.recorded.worse
    match check_record(claim):
        case OwnRecord.NONE:
            return ""
        case OwnRecord.INCOMPLETE:
            missing = claim.better if better is None else claim.worse
            return f"Its own record has no figure for {missing}"
        case OwnRecord.AGREES:
            judgement = "Its own record agrees"
        case OwnRecord.CONTRADICTS:
            judgement = "Contradicted by its own record"
    return f"{judgement}: {claim.better} {percent(better)}, {claim.worse} {percent(worse)}"


def _effect_words(verdict: Verdict, coverage: float) -> str:
    """By how much the better level is better, and where; empty where that can't be had."""
    claim, quality = verdict.claim, verdict.quality
    if quality is None:
        return ""
    place = f"in {verdict.healthy} of {verdict.contexts} contexts"
    if verdict.by_model:
        place = f"from {verdict.healthy} of {verdict.contexts} cells together"
    if claim.endpoint is Endpoint.TRAINED:
        place += f" where both trained ({verdict.code})"
    words = f"{claim.better} minus {claim.worse}: "
    if verdict.reading is not Reading.DEPENDS:
        words += f"{points(quality.estimate)}{_interval(quality.interval(coverage))} points {place}"
        if verdict.healthy > 1 and not verdict.by_model:
            words += f", {_range(verdict.in_contexts)} in each alone"
    else:
        words += f"{_range(verdict.in_contexts)} points {place}"
    if verdict.own and len(verdict.in_contexts) > 1:
        own = verdict.own.difference
        words += (
            f"; where the claim was drawn from {points(own.estimate)}"
            f"{_interval(own.interval(coverage))}, {verdict.own.code}"
        )
    return words


def _range(in_contexts: Sequence[InContext]) -> str:
    """The smallest and the largest difference among the contexts."""
    estimates = [context.difference.estimate for context in in_contexts]
    return f"{points(min(estimates))} to {points(max(estimates))}"


def _interval(interval: tuple[float, float]) -> str:
    """The interval in brackets; empty of one seed, which has none."""
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
        "healthy": verdict.healthy if quality and verdict.by_model else len(verdict.in_contexts),
        "contexts": verdict.contexts,
        "own_effect": own.difference.estimate if own else np.nan,
        "own_code": own.code.value if own else "",
        "p": verdict.p_value,
        "holm_p": verdict.holm_p,
        "record": check_record(claim).value,
        "overall": verdict.overall.value.lower(),
    }
