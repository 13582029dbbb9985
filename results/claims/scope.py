"""The contexts in which a claim is to hold, and on which factors it depends whether it does."""

import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np

from results.analysis.lattice import Context, Contexts
from search_spaces import Claim


def within(found: Contexts, claim: Claim) -> Contexts:
    """The contexts within a claim's scope.

    Args:
        found: the contexts of the claim's levels.
        claim: the claim.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import find_contexts, make_lattice
        >>> study = load_study(directory)
        >>> found = find_contexts(make_lattice(study), "normalization")
        >>> limited = dataclasses.replace(study.description.claims[0], scope={"loss": "mse"})
        >>> len(found.contexts), within(found, limited).contexts
        (2, ({'loss': 'mse'},))
    """
    in_scope = np.array([_agrees(context, claim.scope) for context in found.contexts], dtype=bool)
    return dataclasses.replace(
        found,
        contexts=tuple(itertools.compress(found.contexts, in_scope)),
        cells=found.cells[in_scope],
        healthy=found.healthy[in_scope],
    )


def _agrees(context: Context, levels: Context) -> bool:
    """Whether a context has these levels; of factors that aren't varied it has any."""
    return all(context.get(factor, level) == level for factor, level in levels.items())


def depends(better: Sequence[Context], worse: Sequence[Context]) -> str:
    """The phrase that says on which factors it depends whether a claim is true.

    These are the factors that have no level in both kinds of contexts; failing those, the factors
    that don't have the same levels in both; failing those, all.

    Args:
        better: contexts in which the claim is true, one or more.
        worse: contexts in which it is reversed, one or more.

    Examples:
        >>> true_in = [{"loss": "mse", "width": 8}, {"loss": "mse", "width": 16}]
        >>> depends(true_in, [{"loss": "hinge", "width": 8}])
        'on loss: true in 2 contexts, reversed in 1'
    """
    factors = list(better[0])
    levels = {
        factor: ({context[factor] for context in better}, {context[factor] for context in worse})
        for factor in factors
    }
    deciding = [name for name, (true, false) in levels.items() if not true & false]
    differing = [name for name, (true, false) in levels.items() if true != false]
    return (
        f"on {' and '.join(deciding or differing or factors)}: true in {len(better)} contexts, "
        f"reversed in {len(worse)}"
    )
