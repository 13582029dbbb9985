"""Judges a study's claims: what the records say of each, by rules that are fixed beforehand.

A difference is taken over the contexts in which both levels trained with every seed, in the
direction that the claim states: above 0, the claim's better level is better.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from results.analysis.fraction import FractionModel, fraction_model
from results.analysis.lattice import Contexts, Lattice, find_contexts
from results.claims.evidence import Evidence, gather_evidence
from results.claims.quality import judge_fraction, judge_quality
from results.claims.rules import Reading, roll_up
from results.claims.scope import within
from results.claims.trained import judge_trained
from results.claims.verdict import Verdict
from results.statistics.contrast import holm
from search_spaces import Claim, Endpoint

_Floats = NDArray[np.float64]


def judge_claims(
    lattice: Lattice, claims: Sequence[Claim], *, image_variance: _Floats | None = None
) -> tuple[Verdict, ...]:
    """The verdict on each claim, all of them being one family.

    Args:
        lattice: the cells and seeds of the study, in one regime.
        claims: the claims that the study declares.
        image_variance: variance of one run's accuracy (0-1) as single images tell it, `(n_cells,)`,
            NaN for cells that are not healthy. It stands in for replication at two seeds; None
            where it can't be had, or where accuracies vary more than it explains.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> study = load_study(directory)
        >>> claim = study.description.claims[0]
        >>> claim.factor, claim.better, claim.worse
        ('normalization', 'range', 'none')
        >>> verdict = judge_claims(make_lattice(study), [claim])[0]
        >>> f"{100 * verdict.quality.estimate:+.2f} points, {verdict.reading}: {verdict.reason}"
        '+5.42 points, inconclusive: the interval leaves both open'
    """
    evidence = gather_evidence(lattice, claims=len(claims), image_variance=image_variance)
    fraction = fraction_model(lattice)
    verdicts = [_judge(evidence, claim, fraction) for claim in claims]
    adjusted = holm([verdict.p_value for verdict in verdicts])
    return tuple(
        dataclasses.replace(verdict, holm_p=float(p))
        for verdict, p in zip(verdicts, adjusted, strict=True)
    )


def _judge(evidence: Evidence, claim: Claim, fraction: FractionModel | None) -> Verdict:
    levels = evidence.lattice.factors.get(claim.factor, ())
    for level in (claim.better, claim.worse):
        if level not in levels:
            return _with_overall(
                Verdict(
                    claim=claim,
                    reading=Reading.INCONCLUSIVE,
                    reason=f"not testable: {claim.factor}={level} is not compared in this study",
                )
            )
    contexts = within(
        find_contexts(evidence.lattice, claim.factor, (claim.worse, claim.better)), claim
    )
    verdict = _judge_quality(evidence, claim, contexts, fraction)
    if claim.endpoint is Endpoint.TRAINED:
        verdict = judge_trained(evidence, verdict, contexts)
    return _with_overall(verdict)


def _judge_quality(
    evidence: Evidence, claim: Claim, contexts: Contexts, fraction: FractionModel | None
) -> Verdict:
    """The verdict by all cells of a fraction if these tell the difference, else by contexts."""
    by_fraction = judge_fraction(evidence, claim, fraction) if fraction else None
    if by_fraction:
        return by_fraction
    verdict = judge_quality(evidence, claim, contexts)
    if fraction is None or contexts.contexts:
        return verdict
    if others := fraction.aliases(claim.factor):
        reason = f"this design can't tell {claim.factor} from {others}"
    else:
        reason = f"too few cells trained to tell the effect of {claim.factor}"
    return dataclasses.replace(verdict, reason=f"not testable: {reason}")


def _with_overall(verdict: Verdict) -> Verdict:
    """The verdict with the overall one that it gives by itself, without tuned runs."""
    overall, reason = roll_up(verdict.reading, None, decided_on=verdict.claim.decided_on)
    return dataclasses.replace(verdict, overall=overall, overall_reason=reason)
