"""Claims on quality by all runs, a failed one being the worst: which level wins more often?"""

import dataclasses
import itertools
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from results.claims.comparing import packed, pair_weights
from results.claims.deciding import Estimated, Rule, Verdict, decide
from results.claims.dependence import find_dependence
from results.claims.judgement import Judgement, counted
from results.claims.learning import learned_counts
from results.runs.runs import Matched, Runs
from results.statistics.comparisons.all_runs import AllRuns, compare_all_runs, wins_by_context
from results.statistics.comparisons.difference import Difference
from results.statistics.comparisons.new_examples import CellAnswers, cell_answers, example_part
from results.statistics.comparisons.resampling import resampled_error
from results.statistics.comparisons.robust import huber
from results.statistics.error import ROUNDING, StandardError
from results.statistics.power import fewest_seeds
from search_spaces import About

_Cells = NDArray[np.int64]
_Floats = NDArray[np.float64]


def compare_runs(runs: Runs, pairs: _Cells) -> AllRuns | None:
    """The two levels of some contexts by all their runs; None where these have no spread.

    Runs without spread, one a cell or all of a cell equal to the bit, tell nothing of how far they
    may be from the truth, however many.

    Args:
        runs: the runs.
        pairs: numbers of the two cells of each context, the worse level's first, `(n_contexts, 2)`.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {
        ...         "width": [8, 8, 16, 16],
        ...         "seed": range(4),
        ...         "score": [0.7, 0.1, 0.8, 0.9],
        ...         "learned": [True, False, True, True],
        ...     }
        ... )
        >>> columns = Columns(factors=("width",), response="score", learned="learned")
        >>> compare_runs(read_runs(frame, columns), np.array([[0, 1]])).wins
        1.0
    """
    if not any(_has_spread(runs, cell) for cell in pairs.ravel().tolist()):
        return None
    found = compare_all_runs(*_scores(runs, pairs), shared=runs.seed_is_unit(pairs.size))
    return _over_splits(runs, found, seeds=runs.typical(pairs))


def torn_contexts(runs: Runs, matched: Matched) -> int:
    """The number of contexts in which some run learned and some failed.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.runs import matched_cells
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 1], "score": [0.1, 0.9]})
        >>> frame["learned"] = [False, True]
        >>> columns = Columns(factors=("width",), response="score", learned="learned")
        >>> runs = read_runs(frame, columns)
        >>> torn_contexts(runs, matched_cells(runs, "width", (8, 16), {}))
        1
    """
    healthy = runs.healthy[matched.cells].all(axis=1)
    return int((_some_learned(runs, matched) & ~healthy).sum())


def judge_by_all_runs(runs: Runs, judgement: Judgement, rule: Rule, matched: Matched) -> Judgement:
    """Judge by all runs, of whatever became of them, whether and by how much a level is better.

    Args:
        runs: the runs, of which some learned.
        judgement: what is known of the claim before, its `all_runs` included.
        rule: by what it is decided.
        matched: the contexts of the claim, the worse level first; one or more.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.runs import matched_cells
        >>> from results.runs.table import Columns, read_runs
        >>> from search_spaces import Claim
        >>> levels, scores = [8] * 6 + [16] * 6, [0.1] * 6 + [0.90, 0.91, 0.92, 0.93, 0.94, 0.95]
        >>> frame = pd.DataFrame({"width": levels, "seed": range(12), "score": scores})
        >>> frame["learned"] = frame["score"] > 0.5
        >>> columns = Columns(factors=("width",), response="score", learned="learned")
        >>> runs = read_runs(frame, columns)
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> matched = matched_cells(runs, "width", (8, 16), {})
        >>> open_ = Judgement(
        ...     claim=claim,
        ...     verdict=Verdict.INCONCLUSIVE,
        ...     reason="",
        ...     all_runs=compare_runs(runs, matched.cells),
        ... )
        >>> judged = judge_by_all_runs(runs, open_, Rule(alpha=0.05, smallest=None), matched)
        >>> str(judged.verdict), round(judged.p_value, 5)
        ('confirmed', 0.00216)
    """
    claim, found = judgement.claim, judgement.all_runs
    torn = torn_contexts(runs, matched)
    words = (
        f"by all runs, a failed one the worst, as some learned and some failed in {torn} of "
        f"{counted(len(matched.contexts), 'context')}: {_learned_words(runs, judgement, matched)}"
    )
    judged = dataclasses.replace(
        judgement,
        verdict=Verdict.INCONCLUSIVE,
        compared=len(matched.contexts),
        cells=matched.cells.ravel(),
        seeds=runs.fewest(matched.cells),
    )
    if found is None:
        no_spread = "so few or so equal runs have no spread to judge by"
        return dataclasses.replace(judged, reason=f"{no_spread}; {words}")
    spread = _example_spread(runs, matched.cells, claim.about)
    found = dataclasses.replace(found, spread=spread or 0.0)
    verdict, reason = decide(found, rule)
    wanted = claim.about is About.EXAMPLES or (claim.about is None and runs.examples is not None)
    if wanted and spread is None and len(found.gaps):
        words += "; about these examples only, as not enough answers to them are known"
    about = About.EXAMPLES if spread is not None else About.THESE
    judged = dataclasses.replace(
        judged,
        verdict=verdict,
        reason="; ".join(filter(None, (reason, words))),
        about=about if runs.split is None else About.DATA,
        all_runs=found,
        by_all_runs=True,
        p_value=found.p_value,
    )
    return _with_dependence(runs, _with_seeds_needed(runs, judged, rule), rule, matched)


def _with_dependence(runs: Runs, judgement: Judgement, rule: Rule, matched: Matched) -> Judgement:
    """The judgement, which depends where a level wins more often in some contexts than in others.

    Contexts in which no run learned tell nothing of it.
    """
    tells = _some_learned(runs, matched)
    pairs = matched.cells[tells]

    def shift(numbers: Sequence[int]) -> Estimated:
        group = pairs[list(numbers)]
        found = compare_runs(runs, group)
        if found is None:
            return Difference(estimate=0.0, error=StandardError(value=math.nan, df=math.inf))
        spread = _example_spread(runs, group, judgement.claim.about)
        return dataclasses.replace(found, spread=spread or 0.0)

    found, together = wins_by_context(*_scores(runs, pairs)), judgement.all_runs
    if runs.split is not None and together and together.by_seed:
        # What all contexts share of a split is left in each: none is called different too easily.
        raised = max(1.0, together.by_seed.value**2 / together.variance)
        found = dataclasses.replace(found, variances=found.variances * raised)
    dependence = find_dependence(
        found,
        list(itertools.compress(matched.contexts, tells)),
        rule,
        shift,
    )
    if not dependence:
        return judgement
    return dataclasses.replace(
        judgement,
        verdict=Verdict.DEPENDS,
        reason=f"{dependence.reason}; {judgement.reason}",
        where=dependence.where,
        seeds_needed=None,
        needs_examples=False,
    )


def _with_seeds_needed(runs: Runs, judgement: Judgement, rule: Rule) -> Judgement:
    """The judgement with what a decision would take at its estimate, if it is open."""
    found = judgement.all_runs
    if judgement.verdict is not Verdict.INCONCLUSIVE or found is None:
        return judgement
    now = runs.typical(judgement.cells)

    def needed(compared: AllRuns) -> int | None:
        def power(seeds: int) -> float:
            grown = compared.grown(seeds / now)
            return _over_splits(runs, grown, seeds=seeds, before=now).power(rule.alpha)

        return fewest_seeds(power, least=int(now) + 1)

    seeds = needed(found)
    endless = seeds is None and found.spread and needed(dataclasses.replace(found, spread=0.0))
    return dataclasses.replace(judgement, seeds_needed=seeds, needs_examples=bool(endless))


def _over_splits(runs: Runs, found: AllRuns, *, seeds: float, before: float = 0.0) -> AllRuns:
    """The comparison, the overlap of so many seeds' data reckoned with, if not that of `before`."""
    if runs.split is None or found.by_seed is None:
        return found
    train_size, test_size = runs.split
    error, known = (
        resampled_error(found.by_seed, splits=splits, train_size=train_size, test_size=test_size)
        for splits in (seeds, before)
    )
    value = found.by_seed.value * error.value / known.value
    return dataclasses.replace(found, by_seed=dataclasses.replace(error, value=value))


def _scores(runs: Runs, pairs: _Cells) -> tuple[_Floats, _Floats]:
    """The responses of the better level and of the worse, a failed run's being the worst of all."""
    scores = np.where(runs.learned, runs.response, -np.inf)
    scores = np.where(runs.present, scores, np.nan)
    # A column is a seed only where that matters.
    of_levels = (scores[pairs[:, side]] for side in (1, 0))
    if runs.seed_is_unit(pairs.size):
        better, worse = of_levels
    else:
        better, worse = map(packed, of_levels)
    return better, worse


def _some_learned(runs: Runs, matched: Matched) -> NDArray[np.bool_]:
    """Whether some run of each context learned, `(n_contexts,)`."""
    return np.asarray(runs.learned[matched.cells].any(axis=(1, 2)))


def _has_spread(runs: Runs, cell: int) -> bool:
    """Whether the runs of a cell differ, in what became of them or by more than rounding."""
    learned = runs.learned[cell][runs.present[cell]]
    responses = runs.response[cell][runs.learned[cell]]
    if not learned.all():
        return bool(learned.any())
    return bool(np.ptp(responses) > ROUNDING * np.abs(responses).max())


def _example_spread(runs: Runs, pairs: _Cells, about: About | None) -> float | None:
    """How far new examples may move the levels apart, as a standard error; None if not to be had.

    From the runs that learned, of contexts in which two or more of each level did.
    """
    examples = runs.examples
    if about is About.THESE or examples is None or examples.count < 2:
        return None
    chosen = pairs[(runs.learned.sum(axis=1)[pairs] > 1).all(axis=1)]
    if not len(chosen):
        return None
    cells = chosen.ravel()
    weights = huber(packed(np.where(runs.learned, runs.response, np.nan)[cells])).weights
    answers: list[CellAnswers] = []
    for cell, weight in zip(cells.tolist(), weights, strict=True):
        right = examples.right(cell)
        if right is None:
            return None
        answers.append(cell_answers(right, weight[~np.isnan(weight)]))
    part = example_part(answers, pair_weights(len(chosen)))
    return math.sqrt(max(part.variance - part.rest, 0.0))


def _learned_words(runs: Runs, judgement: Judgement, matched: Matched) -> str:
    """How many runs of each level learned, in words."""
    counts = learned_counts(runs, matched.cells)
    claim = judgement.claim
    better, worse = (
        f"{level} learned in {sum(learned)} of {counted(sum(of), 'run')}"
        for level, learned, of in (
            (claim.better, [c.better for c in counts], [c.better_runs for c in counts]),
            (claim.worse, [c.worse for c in counts], [c.worse_runs for c in counts]),
        )
    )
    return f"{better}, {worse}"
