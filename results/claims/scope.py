"""Where a claim is to hold, and on what it depends whether it does."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from results.analysis.lattice import Context, Contexts
from search_spaces import Claim


def within(found: Contexts, claim: Claim) -> Contexts:
    """The contexts within a claim's scope."""
    kept = np.array([_agrees(context, claim.scope) for context in found.contexts], dtype=bool)
    return dataclasses.replace(
        found,
        contexts=tuple(itertools.compress(found.contexts, kept)),
        cells=found.cells[kept],
        healthy=found.healthy[kept],
    )


def _agrees(context: Context, levels: Context) -> bool:
    """Whether a context has these levels, as far as their factors are varied at all."""
    return all(context.get(factor, level) == level for factor, level in levels.items())


def depends(better: Sequence[Context], worse: Sequence[Context]) -> str:
    """On what a difference depends that is positive in some contexts and negative in others."""
    factors = list(better[0])
    levels = {
        factor: ({context[factor] for context in better}, {context[factor] for context in worse})
        for factor in factors
    }
    parting = [factor for factor, (here, there) in levels.items() if not here & there]
    named = parting or [factor for factor, (here, there) in levels.items() if here != there]
    return (
        f"on {' and '.join(named or factors)}: true in {len(better)} contexts, reversed in "
        f"{len(worse)}"
    )
