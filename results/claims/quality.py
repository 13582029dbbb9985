"""The quality endpoint: is one level better where both trained, by how much, and everywhere?"""

import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from results.analysis.fraction import FractionModel
from results.analysis.lattice import Context, Contexts
from results.claims.evidence import Evidence, difference, weighted_sum
from results.claims.rules import Code, Reading, code_of, reading_of
from results.claims.scope import depends
from results.claims.verdict import InContext, Verdict
from results.statistics.aliases import difference_weights
from results.statistics.contrast import Contrast
from search_spaces import Claim

_FEWEST_CONTEXTS = 2
_BETTER = (Code.MATERIAL, Code.POSITIVE)


def judge_quality(evidence: Evidence, claim: Claim, found: Contexts) -> Verdict:
    """The verdict on a claim's difference in quality, by the contexts found for it.

    The difference averaged over the healthy contexts decides, unless the claim is true in one
    context and reversed in another, each judged as one of all that are looked at.

    Args:
        evidence: what the claim is judged on.
        claim: the claim.
        found: the contexts within its scope, the worse level first.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import find_contexts, make_lattice
        >>> from results.claims.evidence import gather_evidence
        >>> study = load_study(directory)
        >>> evidence = gather_evidence(make_lattice(study), claims=1)
        >>> claim = study.description.claims[0]
        >>> found = find_contexts(evidence.lattice, claim.factor, (claim.worse, claim.better))
        >>> verdict = judge_quality(evidence, claim, found)
        >>> f"{verdict.reading}, by {verdict.healthy} of {verdict.contexts} contexts"
        'inconclusive, by 2 of 2 contexts'
        >>> [f"{100 * part.difference.estimate:.2f} points" for part in verdict.in_contexts]
        ['5.83 points', '5.00 points']
    """
    healthy = found.cells[found.healthy]
    contexts = list(itertools.compress(found.contexts, found.healthy))
    in_contexts = tuple(
        _in_context(evidence, context, cells, contexts=len(healthy))
        for context, cells in zip(contexts, healthy, strict=True)
    )
    quality = difference(evidence, healthy) if len(healthy) else None
    code, reading, reason = Code.OPEN, Reading.INCONCLUSIVE, _obstacle(evidence, quality, found)
    if quality and not reason:
        code = code_of(quality.interval, comparisons=evidence.claims)
        reading, reason = reading_of(code, claim.qualifier)
        better = [part.context for part in in_contexts if part.code in _BETTER]
        worse = [part.context for part in in_contexts if part.code is Code.REVERSED]
        if better and worse:
            reading, reason = Reading.DEPENDS, depends(better, worse)
    return Verdict(
        claim=claim,
        reading=reading,
        reason=reason,
        code=code,
        quality=quality,
        healthy=len(healthy),
        contexts=len(found.contexts),
        own=_own_context(evidence, claim, contexts, healthy),
        in_contexts=in_contexts,
        p_value=quality.p_value if quality else math.nan,
    )


def judge_fraction(evidence: Evidence, claim: Claim, fraction: FractionModel) -> Verdict | None:
    """The verdict on a claim by all healthy cells of a fraction together.

    It is None where these can't tell the difference that is claimed.

    Examples:
        >>> import dataclasses
        >>> from results import load_study
        >>> from results.analysis.fraction import fraction_model
        >>> from results.analysis.lattice import make_lattice
        >>> from results.claims.evidence import gather_evidence
        >>> study = load_study(directory)
        >>> lattice = make_lattice(study)
        >>> three = dataclasses.replace(
        ...     lattice,
        ...     cells=lattice.cells[:3],
        ...     accuracy=lattice.accuracy[:3],
        ...     trained=lattice.trained[:3],
        ... )
        >>> evidence, model = gather_evidence(three, claims=1), fraction_model(three)
        >>> claim = study.description.claims[0]
        >>> judge_fraction(evidence, claim, model) is None
        True
        >>> limited = dataclasses.replace(claim, scope={"loss": "categorical_crossentropy"})
        >>> f"{100 * judge_fraction(evidence, limited, model).quality.estimate:.2f} points"
        '5.83 points'
    """
    pair = claim.worse, claim.better
    weights = difference_weights(fraction.model, claim.factor, pair, claim.scope)
    if weights is None:
        return None
    quality = weighted_sum(evidence, fraction.cells, weights)
    code, reading, reason = Code.OPEN, Reading.INCONCLUSIVE, _noise_obstacle(evidence, quality)
    if not reason:
        code = code_of(quality.interval, comparisons=evidence.claims)
        reading, reason = reading_of(code, claim.qualifier)
    return Verdict(
        claim=claim,
        reading=reading,
        reason=reason,
        code=code,
        quality=quality,
        healthy=len(fraction.cells),
        contexts=len(evidence.lattice.cells),
        by_model=True,
        p_value=quality.p_value,
    )


def _obstacle(evidence: Evidence, quality: Contrast | None, contexts: Contexts) -> str:
    """Why a difference over contexts can't be judged, whatever its size; empty if it can."""
    if evidence.seeds == 1:
        return "not testable at one seed"
    healthy, total = int(contexts.healthy.sum()), len(contexts.contexts)
    if quality is None or healthy < _FEWEST_CONTEXTS:
        return (
            f"both levels trained with every seed in {healthy} of {total} contexts, fewer than "
            f"{_FEWEST_CONTEXTS}"
        )
    return _noise_obstacle(evidence, quality)


def _noise_obstacle(evidence: Evidence, quality: Contrast) -> str:
    """Why a difference can't be judged for want of seeds, or of noise between them; else empty."""
    if evidence.seeds == 1:
        return "not testable at one seed"
    if not evidence.enough_seeds:
        return "not testable at two seeds, and single images don't stand in for more"
    if not quality.standard_error > 0:
        return "runs don't differ from seed to seed, so their noise is unknown"
    return ""


def _in_context(
    evidence: Evidence, context: Context, cells: NDArray[np.int64], *, contexts: int
) -> InContext:
    """The difference of one context's two cells, judged as one of so many contexts."""
    contrast = difference(evidence, cells[np.newaxis])
    code = Code.OPEN
    if evidence.enough_seeds and contrast.standard_error > 0:
        code = code_of(contrast.interval, comparisons=evidence.claims * contexts)
    return InContext(context=context, difference=contrast, code=code)


def _own_context(
    evidence: Evidence, claim: Claim, contexts: Sequence[Context], cells: NDArray[np.int64]
) -> InContext | None:
    """The context that the claim was drawn from, judged by itself; None if it is not among these.

    Args:
        evidence: what the claim is judged on.
        claim: the claim.
        contexts: the healthy contexts.
        cells: numbers of the two cells of each context, `(n_contexts, 2)`.
    """
    recorded = claim.recorded.context
    for context, pair in zip(contexts, cells, strict=True):
        if context.items() <= recorded.items():
            return _in_context(evidence, context, pair, contexts=1)
    return None
