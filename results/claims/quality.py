"""The quality endpoint: is one level better where both trained, by how much, and everywhere?"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from results.analysis.fraction import Fraction
from results.analysis.lattice import Context, Contexts
from results.claims.evidence import Difference, Evidence, difference, weighted_sum
from results.claims.rules import Code, Reading, code_of, reading_of
from results.claims.scope import depends
from results.claims.verdict import InContext, Verdict
from results.statistics.aliases import difference_weights
from search_spaces import Claim

_FEWEST_CONTEXTS = 2
_BETTER = (Code.MATERIAL, Code.POSITIVE)


def judge_quality(evidence: Evidence, claim: Claim, found: Contexts) -> Verdict:
    """The verdict on a claim's difference in quality, in the contexts found for it.

    The averaged difference decides, unless the claim is true in one context and reversed in
    another, all contexts taken together.
    """
    healthy = found.cells[found.healthy]
    contexts = list(itertools.compress(found.contexts, found.healthy))
    in_contexts = tuple(
        _in_context(evidence, context, cells, looked_at=len(healthy))
        for context, cells in zip(contexts, healthy, strict=True)
    )
    quality = difference(evidence, healthy) if len(healthy) else None
    code, reading, reason = Code.OPEN, Reading.INCONCLUSIVE, _gate(evidence, quality, found)
    if quality and not reason:
        code = code_of(quality.interval, comparisons=evidence.claims)
        reading, reason = reading_of(code, claim.qualifier)
        better = [seen.context for seen in in_contexts if seen.code in _BETTER]
        worse = [seen.context for seen in in_contexts if seen.code is Code.REVERSED]
        if better and worse:
            reading, reason = Reading.DEPENDS, depends(better, worse)
    return Verdict(
        claim=claim,
        reading=reading,
        reason=reason,
        code=code,
        quality=quality,
        contexts=len(found.contexts),
        own=_own(evidence, claim, contexts, healthy),
        in_contexts=in_contexts,
        p_value=quality.p_value if quality else math.nan,
    )


def judge_fraction(evidence: Evidence, claim: Claim, fraction: Fraction) -> Verdict | None:
    """The verdict by all healthy cells of a fraction together; None where these can't tell it."""
    pair = claim.worse, claim.better
    weights = difference_weights(fraction.model, claim.factor, pair, claim.scope)
    if weights is None:
        return None
    quality = weighted_sum(evidence, fraction.cells, weights, contexts=len(fraction.cells))
    code, reading, reason = Code.OPEN, Reading.INCONCLUSIVE, _noise_gate(evidence, quality)
    if not reason:
        code = code_of(quality.interval, comparisons=evidence.claims)
        reading, reason = reading_of(code, claim.qualifier)
    return Verdict(
        claim=claim,
        reading=reading,
        reason=reason,
        code=code,
        quality=quality,
        contexts=len(evidence.lattice.cells),
        by_model=True,
        p_value=quality.p_value,
    )


def _gate(evidence: Evidence, quality: Difference | None, found: Contexts) -> str:
    """Why a difference in quality can't be judged, whatever it is; '' if it can."""
    if evidence.seeds == 1:
        return "not testable at one seed"
    healthy, total = int(found.healthy.sum()), len(found.contexts)
    if quality is None or healthy < _FEWEST_CONTEXTS:
        return (
            f"both levels trained with every seed in {healthy} of {total} contexts, fewer than "
            f"{_FEWEST_CONTEXTS}"
        )
    return _noise_gate(evidence, quality)


def _noise_gate(evidence: Evidence, quality: Difference) -> str:
    """The same for want of seeds or noise."""
    if evidence.seeds == 1:
        return "not testable at one seed"
    if not evidence.enough_seeds:
        return "not testable at two seeds, and single images don't stand in for more"
    if not quality.standard_error > 0:
        return "runs don't differ from seed to seed, so their noise is unknown"
    return ""


def _in_context(
    evidence: Evidence, context: Context, cells: NDArray[np.int64], *, looked_at: int
) -> InContext:
    """One context by itself, judged among so many looked at."""
    seen = difference(evidence, cells[np.newaxis])
    code = Code.OPEN
    if evidence.enough_seeds and seen.standard_error > 0:
        code = code_of(seen.interval, comparisons=evidence.claims * looked_at)
    return InContext(context=context, difference=seen, code=code)


def _own(
    evidence: Evidence, claim: Claim, contexts: Sequence[Context], cells: NDArray[np.int64]
) -> InContext | None:
    """The pair that the claim was drawn from, judged by itself."""
    recorded = claim.recorded.context
    for context, pair in zip(contexts, cells, strict=True):
        if context.items() <= recorded.items():
            return _in_context(evidence, context, pair, looked_at=1)
    return None
