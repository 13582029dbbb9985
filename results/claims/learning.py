"""Claims on learning at all: does one level learn more often?"""

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from results.claims.deciding import Rule, Verdict
from results.claims.judgement import Judgement, counted
from results.runs.runs import Matched, Runs
from results.statistics.comparisons.stratified import (
    LearnedCounts,
    context_sign_p,
    stratified_exact_p,
)
from results.statistics.contrast import holm


def judge_learning(runs: Runs, judgement: Judgement, rule: Rule, matched: Matched) -> Judgement:
    """Judge whether a level learns more often, by the exact stratified test over contexts.

    Runs of different contexts are never pooled. The sign test over contexts, which speaks of
    contexts like these and not of their seeds alone, is told beside it.

    Args:
        runs: the runs.
        judgement: what is known of the claim before.
        rule: by what it is decided.
        matched: the contexts of the claim, the worse level first; one or more.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.runs import matched_cells
        >>> from results.runs.table import Columns, read_runs
        >>> from search_spaces import Claim, Endpoint
        >>> levels, learned = [8] * 6 + [16] * 6, [False] * 6 + [True] * 6
        >>> frame = pd.DataFrame(
        ...     {"width": levels, "seed": [*range(6)] * 2, "score": 0.5, "learned": learned}
        ... )
        >>> columns = Columns(factors=("width",), response="score", learned="learned")
        >>> runs = read_runs(frame, columns)
        >>> fields = {"name": "mine", "text": "Wide learns.", "endpoint": Endpoint.TRAINED}
        >>> claim = Claim(factor="width", better=16, worse=8, **fields)
        >>> open_ = Judgement(claim=claim, verdict=Verdict.INCONCLUSIVE, reason="")
        >>> matched = matched_cells(runs, "width", (8, 16), {})
        >>> judge_learning(runs, open_, Rule(alpha=0.05, smallest=None), matched).reason
        'learns more often in 1 of 1 context and less often in 0 (exact test p = 0.0022, sign test
         over contexts p = 1)'
    """
    counts = learned_counts(runs, matched.cells)
    p_value = stratified_exact_p(counts)
    wins, losses = _directions(counts)
    words = (
        f"learns more often in {len(wins)} of {counted(len(counts), 'context')} and less often in "
        f"{len(losses)} (exact test p = {p_value:.2g}, sign test over contexts p = "
        f"{context_sign_p(counts):.2g})"
    )
    if all(context.worse == context.better == 0 for context in counts):
        words = f"no run of either level learned, in {counted(len(counts), 'context')}"
    verdict = Verdict.INCONCLUSIVE
    if p_value < rule.alpha:
        verdict = Verdict.CONFIRMED if _surplus(counts) > 0 else Verdict.REFUTED
        minority = losses if verdict is Verdict.CONFIRMED else wins
        # Against the rest by more than chance, not only by a run.
        if any(p < rule.alpha for p in _single_p_values(counts, minority)):
            verdict = Verdict.DEPENDS
    return dataclasses.replace(
        judgement,
        verdict=verdict,
        reason=words,
        p_value=p_value,
        compared=len(counts),
        cells=matched.cells.ravel(),
        seeds=runs.fewest(matched.cells),
    )


def learned_counts(runs: Runs, cells: NDArray[np.int64]) -> list[LearnedCounts]:
    """How many runs of two levels learned in each context.

    Args:
        runs: the runs.
        cells: numbers of the two cells of each context, the worse level's first, `(n_contexts, 2)`.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> learned_counts(runs, np.array([[0, 1]]))[0].better_runs
        1
    """
    learned, present = runs.learned.sum(axis=1), runs.present.sum(axis=1)
    return [
        LearnedCounts(
            worse=int(learned[worse]),
            worse_runs=int(present[worse]),
            better=int(learned[better]),
            better_runs=int(present[better]),
        )
        for worse, better in cells
    ]


def _directions(counts: Sequence[LearnedCounts]) -> tuple[list[int], list[int]]:
    """The contexts in which the better level learns more often, and where the worse does."""
    gaps = [
        context.better * context.worse_runs - context.worse * context.better_runs
        for context in counts
    ]
    return (
        [number for number, gap in enumerate(gaps) if gap > 0],
        [number for number, gap in enumerate(gaps) if gap < 0],
    )


def _surplus(counts: Sequence[LearnedCounts]) -> float:
    """How many more runs of the better level learned than if both learned equally often."""
    return sum(
        context.better
        - (context.better + context.worse)
        * context.better_runs
        / (context.better_runs + context.worse_runs)
        for context in counts
    )


def _single_p_values(counts: Sequence[LearnedCounts], chosen: Sequence[int]) -> list[float]:
    """The exact test in some contexts by themselves, by Holm over all."""
    adjusted = holm([stratified_exact_p([context]) for context in counts])
    return [float(adjusted[number]) for number in chosen]
