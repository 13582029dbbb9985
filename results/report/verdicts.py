"""The section on claims: the verdict on each, in sentences and as a table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from results.claims.deciding import Verdict
from results.claims.judgement import InContext, Judgement, counted, named_places, wins_words
from results.claims.own_record import OwnRecord, check_record
from results.report.section import Format, Section, percent, points, probability, share, whole
from results.runs.effort import time_words
from results.statistics.comparisons.difference import Difference
from search_spaces import About, Claim

_FORMATS: Mapping[str, Format] = {
    "effect": points,
    "low": points,
    "high": points,
    "own_effect": points,
    "these_low": points,
    "these_high": points,
    "seed_share": share,
    "smallest": points,
    "wins": share,
    "wins_low": share,
    "wins_high": share,
    "wins_p": probability,
    "p": probability,
    "seeds_needed": whole,
}
# The rest is told in sentences.
_SHOWN = (
    *("claim", "says", "verdict", "where", "effect", "low", "high", "healthy", "contexts"),
    *("wins", "p", "seeds_needed", "overall"),
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


def verdicts_section(judgements: Sequence[Judgement], *, tuned: bool = False) -> Section:
    """The verdicts on a study's claims.

    Args:
        judgements: what is found out about each claim at the fixed learning rate; its `overall`
            takes the trials with tuned ones in.
        tuned: whether learning rates were tuned.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = verdicts_section(analyse(load_study(directory)).judgements)
        >>> section.table[["claim", "says", "verdict"]]
                  claim                            says       verdict
        0  conclusion 1                    range > none  inconclusive
        1  conclusion 3  categorical_crossentropy > mse  inconclusive
    """
    name, title = "verdicts", "Verdicts"
    if not judgements:
        return Section(name=name, title=title)
    words = verdict_words(judgements, tuned=tuned)
    return Section(
        name=name,
        title=title,
        sentences=(words.rule, *words.verdicts, words.regime),
        table=verdict_table(judgements),
        formats=_FORMATS,
        shown=_SHOWN,
    )


def verdict_words(judgements: Sequence[Judgement], *, tuned: bool = False) -> VerdictWords:
    """What the section on claims says, part by part.

    Args:
        judgements: what is found out about each claim, one or more, as `verdicts_section` takes it.
        tuned: whether learning rates were tuned.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> words = verdict_words(analyse(load_study(directory)).judgements)
        >>> words.rule
        '2 claims, judged by rules fixed beforehand, about new seeds and new images of the same
         source: intervals of 97.5 %, and a difference below 2.50 points of accuracy does not
         matter. Each cell has seeds of its own, so every run counts by itself.'
        >>> len(words.verdicts)
        2
    """
    coverage = judgements[0].coverage
    limits = sorted({judgement.smallest for judgement in judgements if judgement.smallest})
    span = " to ".join(f"{100 * limit:.2f}" for limit in dict.fromkeys((limits[0], limits[-1])))
    each = ", by claim," if len(limits) > 1 else ""
    return VerdictWords(
        rule=f"{counted(len(judgements), 'claim')}, judged by rules fixed beforehand, about "
        f"{_about(judgements)}: intervals of {100 * coverage:.4g} %, and a difference below {span} "
        f"points of accuracy{each} does not matter. {_unit(judgements)}",
        verdicts=tuple(map(verdict_sentence, judgements)),
        regime="These are at the fixed learning rate; overall takes in those tuned in each cell, "
        "below."
        if tuned
        else "Learning rates are not tuned in these records: what is confirmed holds at the fixed "
        "one.",
    )


def verdict_table(judgements: Sequence[Judgement]) -> pd.DataFrame:
    """The verdicts as a table.

    Returns:
        One row per claim: `claim`; `says`, the better level and the worse one; `endpoint`;
        `verdict`; `where`, for which levels it is confirmed, if it depends; `effect`, `low`,
        `high`: better minus worse in accuracy (0-1), by all runs where these decide; NaN where none
        can be had, it depends on the context, or failures alone tell; `these_low`, `these_high`,
        the interval about these test images alone, and `seed_share`, the share of the squared error
        that more seeds would lessen, 0-1; `smallest`, the smallest difference that matters;
        `healthy` and `contexts`, counted; `own_effect`, that of the pair that the claim was drawn
        from; `wins`, `wins_low`, `wins_high`, `wins_p`: how often the better level wins of all
        runs, a failed one the worst (0-1); `p`, of what decides; `seeds_needed`, which a decision
        would take at the estimate, missing where none would do, and `seconds_needed`, the training
        that these would take;
        `record`, whether the claim agrees with its own figures; `overall`, the verdict with tuned
        learning rates taken in.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> table = verdict_table(analyse(load_study(directory)).judgements)
        >>> table[["claim", "effect", "healthy", "contexts", "overall"]].round(3)
                  claim  effect  healthy  contexts       overall
        0  conclusion 1   0.054        2         2  inconclusive
        1  conclusion 3     NaN        2         2  inconclusive
    """
    return pd.DataFrame(map(_row, judgements))


def verdict_sentence(judgement: Judgement) -> str:
    """A verdict in plain words.

    Args:
        judgement: what the records say of a claim.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> verdict_sentence(analyse(load_study(directory)).judgements[0])
        "conclusion 1, “...” → inconclusive: the interval leaves it open. range minus none: +5.42
         (-0.90 to +11.73) points in 2 of 2 contexts, +5.00 to +5.83 in each alone; ..."
    """
    claim = judgement.claim
    outcome = ": ".join(part for part in (judgement.verdict.value, judgement.reason) if part)
    parts = [
        f"{claim.name}, “{claim.text}” → {outcome}",
        _wins_words(judgement),
        _effect_words(judgement),
        _needed_words(judgement),
        _record_words(claim),
    ]
    if judgement.verdict is not Verdict.INCONCLUSIVE:
        parts.append(f"Overall {judgement.overall.lower()}: {judgement.overall_reason}")
    return ". ".join(part for part in parts if part) + "."


def _about(judgements: Sequence[Judgement]) -> str:
    """What the verdicts are about, as far as it is one thing for all."""
    compared = [judgement for judgement in judgements if judgement.deciding]
    if any(judgement.about is About.DATA for judgement in compared):
        return "new data of the same source, to train and test on"
    about_new = [judgement.about is About.EXAMPLES for judgement in compared]
    if compared and all(about_new):
        return "new seeds and new images of the same source"
    if any(about_new):
        return "new seeds, and new images of the same source where nothing else is said"
    return "new seeds on these test images"


def _unit(judgements: Sequence[Judgement]) -> str:
    """What was taken as independent."""
    if any(judgement.about is About.DATA for judgement in judgements):
        return "Each seed drew its own data for all cells, so the split is the unit."
    if judgements[0].shared:
        return "Cells share seeds, so the seed is the unit: few seeds tell little."
    return "Each cell has seeds of its own, so every run counts by itself."


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


def _needed_words(judgement: Judgement) -> str:
    """What a decision would take; empty where it is decided, or no number of seeds would do."""
    if judgement.needs_examples:
        if judgement.about is About.DATA:
            return "More seeds alone don't decide it: so little data leaves it open"
        return "More seeds alone don't decide it: so few test images leave it open"
    if judgement.seeds_needed is None:
        return ""
    words = f"At this estimate a decision takes about {judgement.seeds_needed} seeds"
    if judgement.seconds_needed is None:
        return words
    return f"{words}, {time_words(judgement.seconds_needed)} more of training, one run at a time"


def _effect_words(judgement: Judgement) -> str:
    """By how much the better level is better, and where; empty where that can't be had."""
    if judgement.difference is None:
        return ""
    if judgement.by_all_runs:
        return _where_all_trained(judgement, judgement.difference)
    words = f"{judgement.claim.better} minus {judgement.claim.worse}: "
    place = _place(judgement)
    if judgement.verdict is Verdict.DEPENDS:
        words += f"{_range(judgement.in_contexts)} points {place}"
    else:
        words += f"{points(judgement.estimate)}{_interval(judgement.interval)} points {place}"
        if judgement.compared > 1 and not judgement.by_model:
            words += f", {_range(judgement.in_contexts)} in each alone"
        if judgement.these:
            words += f"; {_these_words(judgement, judgement.these)}"
    if judgement.own and len(judgement.in_contexts) > 1:
        own = judgement.own.difference
        words += (
            f"; where the claim was drawn from {points(own.estimate)}"
            f"{_interval(own.interval(judgement.coverage))}"
        )
    return words


def _place(judgement: Judgement) -> str:
    """Where a difference was seen, in words."""
    if judgement.by_model:
        return f"from {judgement.compared} of {judgement.contexts} cells together"
    if judgement.contexts == 1:
        return "in this one context"
    return f"in {judgement.compared} of {judgement.contexts} contexts"


def _where_all_trained(judgement: Judgement, difference: Difference) -> str:
    """What holds in the contexts in which every run trained, beside what all runs say."""
    contexts = counted(len(judgement.in_contexts), "context")
    return (
        f"Where every run trained, in {contexts}: {points(difference.estimate)}"
        f"{_interval(difference.interval(judgement.coverage))} points"
    )


def _wins_words(judgement: Judgement) -> str:
    """How often the better level wins of all runs; empty where no run failed."""
    words = wins_words(judgement)
    if not words:
        return ""
    if judgement.by_all_runs and np.isfinite(judgement.estimate):
        words += f", as if better by {points(judgement.estimate)}{_interval(judgement.interval)}"
        words += " points"
    return words[0].upper() + words[1:]


def _these_words(judgement: Judgement, these: Difference) -> str:
    """What holds for these images alone, beside what holds for new ones."""
    on_these = _interval(these.interval(judgement.coverage))
    if np.isnan(judgement.seed_share):
        return "all answers are alike"
    if not on_these:
        return "seeds change nothing"
    return (
        f"on these images alone{on_these}, seeds being {share(judgement.seed_share)} of the error"
    )


def _range(in_contexts: Sequence[InContext]) -> str:
    """The smallest and the largest difference among the contexts."""
    estimates = [context.difference.estimate for context in in_contexts]
    return f"{points(min(estimates))} to {points(max(estimates))}"


def _interval(interval: tuple[float, float]) -> str:
    """The interval in brackets; empty where nothing is known of it, as of one seed."""
    low, high = interval
    if np.isnan(low) or (np.isinf(low) and np.isinf(high)):
        return ""
    if np.isinf(high):
        return f" ({points(low)} or more)"
    return f" ({points(high)} or less)" if np.isinf(low) else f" ({points(low)} to {points(high)})"


def _row(judgement: Judgement) -> dict[str, object]:
    claim, own = judgement.claim, judgement.own
    depends = judgement.verdict is Verdict.DEPENDS
    difference = None if depends else judgement.difference
    effect = (np.nan,) * 3 if depends else (judgement.estimate, *judgement.interval)
    about_these = None if judgement.by_all_runs else (judgement.these or difference)
    these = about_these.interval(judgement.coverage) if about_these else (np.nan, np.nan)
    all_runs = judgement.all_runs
    wins = all_runs.wins_interval(judgement.coverage) if all_runs else (np.nan, np.nan)
    return {
        "claim": claim.name,
        "says": f"{claim.better} > {claim.worse}",
        "endpoint": claim.endpoint.value,
        "verdict": judgement.verdict.value,
        "where": named_places(judgement.where),
        # A figure and a page have no room for what is endless.
        **dict(zip(("effect", "low", "high"), map(_finite, effect), strict=True)),
        "these_low": these[0],
        "these_high": these[1],
        "seed_share": judgement.seed_share if about_these else np.nan,
        "smallest": np.nan if judgement.smallest is None else judgement.smallest,
        "healthy": len(judgement.in_contexts) if judgement.by_all_runs else judgement.compared,
        "contexts": judgement.contexts,
        "own_effect": own.difference.estimate if own else np.nan,
        "wins": all_runs.wins if all_runs else np.nan,
        "wins_low": wins[0],
        "wins_high": wins[1],
        "wins_p": all_runs.wins_p if all_runs else np.nan,
        "p": judgement.p_value,
        "seeds_needed": judgement.seeds_needed,
        "seconds_needed": judgement.seconds_needed,
        "record": check_record(claim).value,
        "overall": judgement.overall.value.lower(),
    }


def _finite(value: float) -> float:
    return value if np.isfinite(value) else np.nan
