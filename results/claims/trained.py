"""The endpoint of training at all: does one level train more often?"""

import dataclasses
import itertools
import math
from collections.abc import Sequence

from results.analysis.failures import TrainedCount, count_trained
from results.analysis.lattice import Contexts
from results.claims.evidence import Evidence
from results.claims.rules import Reading
from results.claims.scope import depends
from results.claims.verdict import Verdict
from results.statistics.proportions import fisher

# The level of a two-sided test, hence at most one claim in 100 is confirmed by chance. At 0.05 it
# could be 1.4 in 100, where both levels train about every other time.
_ALPHA = 0.02


def judge_trained(evidence: Evidence, quality: Verdict, found: Contexts) -> Verdict:
    """The verdict on whether a level trains more often, its difference in quality kept beside it.

    A claim is confirmed if its level does in one context or more, by Fisher's exact test with
    Holm's correction over the contexts that can tell anything, and less often in none. Runs of
    different contexts are never pooled: whether a cell trains is near certain either way, so its
    seeds are no independent trials of the level.

    Args:
        evidence: what the claim is judged on.
        quality: the verdict on the claim's difference in quality.
        found: the contexts within the claim's scope, the worse level first.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import find_contexts, make_lattice
        >>> from results.claims.evidence import gather_evidence
        >>> study = load_study(directory)
        >>> evidence = gather_evidence(make_lattice(study), claims=1)
        >>> quality = Verdict(
        ...     claim=study.description.claims[1], reading=Reading.INCONCLUSIVE, reason=""
        ... )
        >>> judge_trained(evidence, quality, find_contexts(evidence.lattice, "loss")).reason
        'both levels trained equally often in each of 2 contexts'
    """
    counts = count_trained(evidence.lattice, found)
    significant = [count for count in counts if count.holm_p < _ALPHA]
    better = [count.context for count in significant if count.second > count.first]
    worse = [count.context for count in significant if count.second < count.first]
    if evidence.seeds == 1:
        reading, reason = Reading.INCONCLUSIVE, "not testable at one seed"
    elif better and worse:
        reading, reason = Reading.DEPENDS, depends(better, worse)
    elif better:
        reading = Reading.CONFIRMED
        reason = f"trains more often in {len(better)} of {len(counts)} contexts, in none less often"
    elif worse:
        reading, reason = Reading.REFUTED, "reversed: the other level trains more often"
    else:
        reading, reason = Reading.INCONCLUSIVE, _undecided(evidence, counts)
    return dataclasses.replace(
        quality,
        reading=reading,
        reason=reason,
        trained=counts,
        p_value=min((count.holm_p for count in _tested(counts)), default=math.nan),
    )


def _undecided(evidence: Evidence, counts: Sequence[TrainedCount]) -> str:
    """Why no context tells whether one level trains more often."""
    if not counts:
        return "both levels stand beside each other nowhere"
    if all(count.second == count.first for count in counts):
        return f"both levels trained equally often in each of {len(counts)} contexts"
    tested = len(_tested(counts))
    enough = next(
        seeds for seeds in itertools.count(1) if fisher(seeds, seeds, 0, seeds) * tested < _ALPHA
    )
    if evidence.seeds < enough:
        return (
            f"{evidence.seeds} seeds can't tell a level that always trains from one that never "
            f"does; in the {tested} contexts where not all runs agree, {enough} can"
        )
    return "in no context did one level train so much more often that chance is ruled out"


def _tested(counts: Sequence[TrainedCount]) -> list[TrainedCount]:
    """The counts of contexts in which a test can tell anything."""
    return [count for count in counts if not math.isnan(count.p_value)]
