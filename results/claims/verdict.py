"""What is found out about a claim."""

import math
from dataclasses import dataclass

from results.analysis.failures import TrainedCount
from results.analysis.lattice import Context
from results.claims.evidence import Difference
from results.claims.rules import Code, Overall, Reading
from search_spaces import Claim


@dataclass(frozen=True, slots=True, kw_only=True)
class InContext:
    """The difference in one context, the levels of the other factors, and its code."""

    context: Context
    difference: Difference
    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the records say of a claim.

    Args:
        claim: as declared.
        reading: of its endpoint.
        reason: why, in words.
        code: of its difference in quality, averaged; None where there is none to judge.
        quality: that difference over the healthy contexts; None where there are none.
        contexts: how many there are within the claim's scope; of a fraction, how many cells.
        by_model: whether the difference is estimated from all cells of a fraction together.
        own: the difference in the context that the claim was drawn from, if it is healthy here.
        in_contexts: the difference in each healthy context, all judged together.
        trained: how often the worse (first) and the better level (second) trained, by context.
        p_value: of the claim's endpoint; NaN where it can't be had.
        holm_p: the same, by Holm over the claims.
        overall: both regimes together.
        overall_reason: why, in words.
    """

    claim: Claim
    reading: Reading
    reason: str
    code: Code | None = None
    quality: Difference | None = None
    contexts: int = 0
    by_model: bool = False
    own: InContext | None = None
    in_contexts: tuple[InContext, ...] = ()
    trained: tuple[TrainedCount, ...] = ()
    p_value: float = math.nan
    holm_p: float = math.nan
    overall: Overall = Overall.INCONCLUSIVE
    overall_reason: str = ""
