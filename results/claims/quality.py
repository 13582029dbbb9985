"""Claims on quality: is one level better where both learned, by how much, and everywhere?"""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from results.analysis.fraction import FractionModel, fraction_model
from results.claims.all_runs import compare_runs, judge_by_all_runs, torn_contexts
from results.claims.comparing import (
    Compared,
    cell_means,
    compare_cells,
    compare_pairs,
    differences_by_context,
    find_answers,
    pair_weights,
)
from results.claims.deciding import Rule, Verdict, decide
from results.claims.dependence import find_dependence
from results.claims.judgement import Context, InContext, Judgement, counted
from results.runs.runs import Matched, Runs
from results.statistics.comparisons.difference import Difference
from results.statistics.comparisons.mixing import Mixing, difference_estimator
from results.statistics.comparisons.partners import ContextDifferences
from results.statistics.power import fewest_seeds, t_test_power
from search_spaces import About, Claim

# From so many degrees of freedom on, t is the normal distribution for any purpose here.
_KNOWN_DF = 1e6


def judge_quality(runs: Runs, judgement: Judgement, rule: Rule, matched: Matched) -> Judgement:
    """Judge by how much a level is better, over the contexts in which every run of both learned.

    Where runs failed in most contexts in which any learned, all runs decide. Where most cells have
    no counterpart, as in a fraction, the difference is estimated from all cells together, if these
    tell it. Where contexts differ, the claim depends.

    Args:
        runs: the runs.
        judgement: what is known of the claim before.
        rule: by what it is decided.
        matched: the contexts of the claim, the worse level first; may be none.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.runs import matched_cells
        >>> from results.runs.table import Columns, read_runs
        >>> scores = [0.70, 0.71, 0.69, 0.80, 0.81, 0.79]
        >>> frame = pd.DataFrame(
        ...     {"width": [8] * 3 + [16] * 3, "seed": [0, 1, 2] * 2, "score": scores}
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> open_ = Judgement(claim=claim, verdict=Verdict.INCONCLUSIVE, reason="", coverage=0.95)
        >>> matched = matched_cells(runs, "width", (8, 16), {})
        >>> judged = judge_quality(runs, open_, Rule(alpha=0.05, smallest=0.001), matched)
        >>> str(judged.verdict), round(judged.difference.estimate, 3)
        ('confirmed', 0.1)
    """
    concerned = _concerned(runs, judgement.claim)
    fraction = None
    if 4 * len(matched.contexts) <= concerned:
        usable = runs.healthy & runs.repeated if runs.repeated.any() else runs.healthy
        fraction = fraction_model(runs.factors, runs.cells, usable)
        # A context in which nothing else differs is surer than cells that mix interactions in.
        alone = not matched.only(runs.healthy).contexts
        if by_model := fraction and _judge_by_model(runs, judgement, rule, fraction, mixed=alone):
            return by_model
    if not matched.contexts:
        return _without_contexts(runs, judgement, fraction)
    judgement = dataclasses.replace(judgement, all_runs=compare_runs(runs, matched.cells))
    healthy, torn = matched.only(runs.healthy), torn_contexts(runs, matched)
    alone = _alone_words(concerned - 2 * len(matched.contexts))
    # Whether runs failed favours no level; by which of them did, one could choose what to find.
    if torn > len(healthy.contexts):
        beside = _judge_by_contexts(runs, judgement, rule, healthy) if healthy.contexts else None
        judged = judge_by_all_runs(runs, beside or judgement, rule, matched)
        return dataclasses.replace(judged, reason=_joined(judged.reason, alone))
    if not healthy.contexts:
        contexts = counted(len(matched.contexts), "context")
        reason = f"in 0 of {contexts} did any run learn"
        return dataclasses.replace(judgement, reason=reason)
    # Where all have a single run there is a difference to tell, though no spread to judge it by.
    repeated = healthy.only(runs.repeated)
    compared = repeated if repeated.contexts else healthy
    judged = _judge_by_contexts(runs, judgement, rule, compared)
    reasons = [judged.reason]
    if failed := len(matched.contexts) - len(healthy.contexts):
        reasons.append(f"{counted(failed, 'context')} left out, as not every run learned")
    if single := len(healthy.contexts) - len(compared.contexts):
        reasons.append(f"{counted(single, 'context')} left out, where a level has a single run")
    judged = dataclasses.replace(judged, reason=_joined(*reasons, alone))
    return _with_seeds_needed(runs, judged, rule)


def _judge_by_contexts(runs: Runs, judgement: Judgement, rule: Rule, healthy: Matched) -> Judgement:
    """Judge by the contexts in which every run of both levels learned, one or more."""
    about = judgement.claim.about
    answers = find_answers(runs, healthy.cells.ravel(), about)
    found = compare_cells(runs, healthy.cells.ravel(), pair_weights(len(healthy.cells)), answers)
    verdict, reason = decide(found.difference, rule)
    where: tuple[Context, ...] = ()
    by_context = differences_by_context(runs, healthy.cells, answers)
    dependence = find_dependence(
        by_context,
        healthy.contexts,
        rule,
        lambda numbers: compare_pairs(runs, healthy.cells[list(numbers)], about).difference,
    )
    if dependence:
        verdict, reason, where = Verdict.DEPENDS, dependence.reason, dependence.where
    in_contexts = _in_contexts(healthy.contexts, by_context)
    return dataclasses.replace(
        _with_difference(judgement, found),
        verdict=verdict,
        reason=_joined(reason, _about_words(runs, about, found)),
        compared=len(healthy.contexts),
        in_contexts=in_contexts,
        own=_own_context(judgement.claim, in_contexts),
        where=where,
        cells=healthy.cells.ravel(),
        seeds=runs.fewest(healthy.cells),
    )


def _judge_by_model(
    runs: Runs, judgement: Judgement, rule: Rule, fraction: FractionModel, *, mixed: bool
) -> Judgement | None:
    """Judge by all cells of a fraction in which every run learned; None where they don't tell.

    Args:
        runs: the runs.
        judgement: what is known of the claim before.
        rule: by what it is decided.
        fraction: these cells.
        mixed: whether interactions may add to the difference.
    """
    claim = judgement.claim
    pair = (claim.worse, claim.better)
    scope = runs.varied(claim.scope)
    estimator = difference_estimator(fraction.model, claim.factor, pair, scope)
    if estimator is None or (estimator.mixing and not mixed):
        return None
    answers = find_answers(runs, fraction.cells, claim.about)
    found = compare_cells(runs, fraction.cells, estimator.weights, answers)
    words = ""
    if estimator.mixing:
        found = found.with_room(estimator.mixing, cell_means(runs, fraction.cells))
        words = _mixed_words(runs, fraction, estimator.mixing)
    verdict, reason = decide(found.difference, rule)
    judged = dataclasses.replace(
        _with_difference(judgement, found),
        verdict=verdict,
        reason=_joined(reason, words, _about_words(runs, claim.about, found)),
        compared=len(fraction.cells),
        contexts=len(runs.cells),
        by_model=True,
        cells=fraction.cells,
        seeds=runs.fewest(fraction.cells),
    )
    judged = _with_seeds_needed(runs, judged, rule)
    if judged.needs_examples and 2 * found.room > found.difference.error.value**2:
        reason = _joined(judged.reason, "no number of seeds decides it, cells that are not lost do")
        return dataclasses.replace(judged, reason=reason, needs_examples=False)
    return judged


def _mixed_words(runs: Runs, fraction: FractionModel, mixing: Mixing) -> str:
    cells = f"{len(fraction.cells)} of {counted(len(runs.cells), 'cell')}"
    return f"{cells} mix it with {mixing.words}, for which the interval has room"


def _alone_words(cells: int) -> str:
    """That so many cells are left out without a counterpart; empty of none."""
    return f"{counted(cells, 'cell')} left out, without the other level beside it" if cells else ""


def _joined(*reasons: str) -> str:
    """The reasons that there are."""
    return "; ".join(filter(None, reasons))


def _about_words(runs: Runs, about: About | None, found: Compared) -> str:
    """Why a verdict is about something else than it should be; empty where it isn't."""
    if found.about is About.DATA:
        return "" if about in (None, About.DATA) else "about new data, as each seed drew its own"
    if about is About.DATA:
        return "not about new data, as seeds did not draw their own"
    wanted = about is About.EXAMPLES or (about is None and runs.examples is not None)
    if not wanted or found.wider or math.isnan(found.these.error.value):
        return ""
    return "about these examples only, as not all runs' answers to two or more are known"


def _with_difference(judgement: Judgement, found: Compared) -> Judgement:
    return dataclasses.replace(
        judgement,
        difference=found.difference,
        about=found.about,
        these=found.these if found.about is About.EXAMPLES else None,
        seed_share=found.seed_share,
        p_value=found.difference.p_value,
    )


def _without_contexts(
    runs: Runs, judgement: Judgement, fraction: FractionModel | None
) -> Judgement:
    """What is said where the two levels stand beside each other nowhere."""
    claim = judgement.claim
    reason = f"{claim.better} and {claim.worse} stand beside each other nowhere"
    if fraction and (others := fraction.aliases(claim.factor)):
        reason += f", and this design can't tell {claim.factor} from {others}"
    elif fraction and runs.varied(claim.scope):
        reason += f", and these cells can't tell {claim.factor} within the claim's scope"
    elif fraction:
        reason += f", and too few cells learned to tell the effect of {claim.factor}"
    return dataclasses.replace(judgement, reason=f"not testable: {reason}")


def _concerned(runs: Runs, claim: Claim) -> int:
    """The number of cells within a claim's scope that have one of its levels."""
    scope = runs.varied(claim.scope)
    named = (dict(zip(runs.factors, cell, strict=True)) for cell in runs.cells)
    return sum(
        levels[claim.factor] in (claim.better, claim.worse) and scope.items() <= levels.items()
        for levels in named
    )


def _in_contexts(
    contexts: Sequence[Context], differences: ContextDifferences
) -> tuple[InContext, ...]:
    return tuple(
        InContext(context=context, difference=Difference(estimate=float(estimate), error=error))
        for context, estimate, error in zip(
            contexts,
            differences.estimates,
            map(differences.error, np.eye(len(contexts))),
            strict=True,
        )
    )


def _own_context(claim: Claim, in_contexts: Sequence[InContext]) -> InContext | None:
    """The context that the claim was drawn from; None if it is not among these."""
    recorded = claim.recorded.context
    for found in in_contexts:
        if found.context.items() <= recorded.items():
            return found
    return None


def _with_seeds_needed(runs: Runs, judgement: Judgement, rule: Rule) -> Judgement:
    """The judgement with what a decision would take at its estimate, if it is open."""
    difference = judgement.difference
    if (
        judgement.verdict is not Verdict.INCONCLUSIVE
        or difference is None
        or not difference.error.value > 0
    ):
        return judgement
    margin = abs(difference.estimate)
    if rule.smallest is not None and margin < rule.smallest:
        margin = max(margin, rule.smallest - margin)
    seeds = runs.typical(judgement.cells)
    by_seeds = (judgement.these or difference).error
    if not margin > 0 or math.isnan(by_seeds.value):
        return judgement
    prospect = _Prospect(
        margin=margin,
        seeds=seeds,
        seeds_part=difference.error.value**2 * judgement.seed_share,
        examples_part=difference.error.value**2 * (1 - judgement.seed_share),
        df_per_run=max(by_seeds.df / max(seeds - 1, 1), 1.0),
        alpha=rule.alpha,
    )
    needed = prospect.needed()
    endless = dataclasses.replace(prospect, examples_part=0.0)
    return dataclasses.replace(
        judgement,
        seeds_needed=needed,
        needs_examples=needed is None and endless.needed() is not None,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Prospect:
    """What a decision depends on, if the estimate is the truth.

    Args:
        margin: how far the estimate is from what it must be told from.
        seeds: how many runs a cell the error rests on.
        seeds_part, examples_part: the parts of the squared error.
        df_per_run: degrees of freedom of the seeds' part that one more run a cell adds.
        alpha: the level of the verdict.
    """

    margin: float
    seeds: float
    seeds_part: float
    examples_part: float
    df_per_run: float
    alpha: float

    def power(self, seeds: int) -> float:
        """The share of studies with so many runs a cell that decide."""
        lessened = self.seeds_part * self.seeds / seeds
        squared = lessened + self.examples_part
        # The part of examples has so many degrees of freedom that they don't matter.
        df = self.df_per_run * (seeds - 1) * (squared / lessened) ** 2 if lessened else math.inf
        return t_test_power(
            self.margin / math.sqrt(squared), df=min(df, _KNOWN_DF), alpha=self.alpha
        )

    def needed(self) -> int | None:
        """How many runs a cell, more than there are, decide in 80 % of studies; None: none do."""
        return fewest_seeds(self.power, least=int(self.seeds) + 1)
