"""Judges claims: what runs say of each, by rules that are fixed beforehand."""

import dataclasses
from collections.abc import Sequence

from results.claims.deciding import Rule, Verdict
from results.claims.judgement import Judgement
from results.claims.learning import judge_learning
from results.claims.overall import roll_up
from results.claims.quality import judge_quality
from results.runs.runs import Runs, matched_cells
from results.statistics.conventions import ALPHA
from search_spaces import Claim, Endpoint


def judge_claims(
    runs: Runs, claims: Sequence[Claim], *, smallest: float | None, alpha: float = ALPHA
) -> tuple[Judgement, ...]:
    """What the runs say of each claim, all of them being one family.

    The chance to be wrong is shared among the claims (Bonferroni), so that each interval, its
    p-value and its verdict say the same.

    Args:
        runs: the runs, in one regime; larger responses are better.
        claims: the claims.
        smallest: the smallest difference that matters, above 0, of claims that don't name their
            own; None where nothing is called too small.
        alpha: the chance, 0-1, that any claim is decided wrongly.

    Examples:
        >>> from results import load_study
        >>> from results.runs.study import study_runs
        >>> study = load_study(directory)
        >>> claim = study.description.claims[0]
        >>> claim.factor, claim.better, claim.worse
        ('normalization', 'range', 'none')
        >>> found = judge_claims(study_runs(study), [claim], smallest=0.001)[0]
        >>> f"{100 * found.difference.estimate:+.2f} points on these images: {found.verdict}"
        '+5.42 points on these images: confirmed'
    """
    # No claim counts as one.
    shared_alpha = alpha / max(len(claims), 1)
    return tuple(
        judge_claim(
            runs,
            claim,
            Rule(
                alpha=shared_alpha,
                smallest=smallest if claim.smallest is None else claim.smallest,
                qualifier=claim.qualifier,
            ),
        )
        for claim in claims
    )


def judge_claim(runs: Runs, claim: Claim, rule: Rule) -> Judgement:
    """What the runs say of one claim.

    Args:
        runs: the runs; larger responses are better.
        claim: the claim.
        rule: by what it is decided.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {
        ...         "width": [8] * 4 + [16] * 4,
        ...         "seed": list(range(8)),
        ...         "score": [0.70, 0.71, 0.69, 0.70, 0.80, 0.81, 0.79, 0.80],
        ...     }
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> judge_claim(runs, claim, Rule(alpha=0.05, smallest=0.001)).verdict
        <Verdict.CONFIRMED: 'confirmed'>
    """
    found = _judge(runs, claim, rule)
    overall, reason = roll_up(found.verdict, None, decided_on=claim.decided_on)
    return dataclasses.replace(found, overall=overall, overall_reason=reason)


def _judge(runs: Runs, claim: Claim, rule: Rule) -> Judgement:
    judgement = Judgement(
        claim=claim,
        verdict=Verdict.INCONCLUSIVE,
        reason="",
        coverage=rule.coverage,
        smallest=rule.smallest,
        shared=runs.shared,
    )
    for level in (claim.better, claim.worse):
        if level not in runs.factors.get(claim.factor, ()):
            reason = f"not testable: {claim.factor}={level} is not compared in these runs"
            return dataclasses.replace(judgement, reason=reason)
    pair = (claim.worse, claim.better)
    matched = matched_cells(runs, claim.factor, pair, claim.scope)
    judgement = dataclasses.replace(judgement, contexts=len(matched.contexts))
    if claim.endpoint != Endpoint.TRAINED:
        return judge_quality(runs, judgement, rule, matched)
    if matched.contexts:
        return judge_learning(runs, judgement, rule, matched)
    reason = f"not testable: {claim.better} and {claim.worse} stand beside each other nowhere"
    return dataclasses.replace(judgement, reason=reason)
