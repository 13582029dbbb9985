"""What is found out about a claim."""

import math
from dataclasses import dataclass

from results.analysis.failures import TrainedCount
from results.analysis.lattice import Context
from results.claims.rules import Code, Overall, Reading
from results.statistics.contrast import Contrast
from search_spaces import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class InContext:
    """The difference between a claim's levels in one context.

    Args:
        context: the levels of the other factors.
        difference: accuracy (0-1) of the better level minus that of the worse one.
        code: where the interval of the difference lies.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> from results.claims.judging import judge_claims
        >>> study = load_study(directory)
        >>> verdict = judge_claims(make_lattice(study), study.description.claims[:1])[0]
        >>> for part in verdict.in_contexts:
        ...     print(part.context, f"{100 * part.difference.estimate:.2f} points", part.code)
        {'loss': 'categorical_crossentropy'} 5.83 points V1
        {'loss': 'mse'} 5.00 points V1
    """

    context: Context
    difference: Contrast
    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the records say of a claim.

    Args:
        claim: the claim as declared.
        reading: what the claim's endpoint says of it, in one regime.
        reason: why that reading, in words; may be empty.
        code: code of the difference in quality, averaged; None where there is none to judge.
        quality: difference in accuracy (0-1) over the healthy contexts; None where there are none.
        healthy: number of contexts that the difference is averaged over; for a fraction, number of
            cells that it is taken from.
        contexts: number of contexts within the claim's scope; for a fraction, number of cells.
        by_model: whether the difference is estimated from all cells of a fraction together.
        own: the difference in the context that the claim was drawn from; None where that is not
            among the healthy ones.
        in_contexts: the difference in each healthy context, all judged together.
        trained: how often the worse (first) and the better level (second) trained, by context;
            empty for a claim about quality.
        p_value: p-value of the claim's endpoint; NaN where it can't be had.
        holm_p: that p-value adjusted by Holm over the claims.
        overall: what both regimes say together.
        overall_reason: why that, in words.

    Examples:
        >>> from search_spaces import find_space
        >>> claim = find_space("smoke").claims[0]
        >>> verdict = Verdict(claim=claim, reading=Reading.CONFIRMED, reason="and more than slight")
        >>> f"{verdict.claim.name}: {verdict.reading}, overall {verdict.overall}"
        'conclusion 1: confirmed, overall INCONCLUSIVE'
    """

    claim: Claim
    reading: Reading
    reason: str
    code: Code | None = None
    quality: Contrast | None = None
    healthy: int = 0
    contexts: int = 0
    by_model: bool = False
    own: InContext | None = None
    in_contexts: tuple[InContext, ...] = ()
    trained: tuple[TrainedCount, ...] = ()
    p_value: float = math.nan
    holm_p: float = math.nan
    overall: Overall = Overall.INCONCLUSIVE
    overall_reason: str = ""
