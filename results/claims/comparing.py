"""Compares cells: a difference about these examples, and one about new examples of their kind."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from results.claims.runs import Examples, Runs
from results.statistics.comparisons.difference import Difference, robust_contrast
from results.statistics.comparisons.new_examples import (
    CellAnswers,
    cell_answers,
    crossed_error,
    example_part,
    shared_rest,
)
from results.statistics.comparisons.partners import ContextDifferences, context_differences
from results.statistics.comparisons.robust import huber
from results.statistics.error import StandardError
from search_spaces import About

_Floats = NDArray[np.float64]
_Cells = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A weighted sum of cells, about these examples and about new ones.

    Args:
        these: about new seeds on these examples.
        examples: about new seeds and new examples; None where that isn't asked for, or can't be
            had.

    Examples:
        >>> error = StandardError(value=0.01, df=8)
        >>> Compared(these=Difference(estimate=0.02, error=error), examples=None).seed_share
        1.0
    """

    these: Difference
    examples: Difference | None

    @property
    def difference(self) -> Difference:
        """The one that decides."""
        return self.examples or self.these

    @property
    def seed_share(self) -> float:
        """The share of the squared error that more seeds would lessen, 0-1; NaN if not known."""
        if self.examples is None:
            return 1.0
        if math.isnan(self.examples.error.value):
            return math.nan
        seeds = 0.0 if math.isnan(self.these.error.value) else self.these.error.value
        return min(1.0, seeds**2 / self.examples.error.value**2)


def compare_pairs(runs: Runs, pairs: _Cells, about: About | None) -> Compared:
    """Better minus worse, averaged over contexts.

    Args:
        runs: the runs.
        pairs: numbers of the two cells of each context, the worse level's first, `(n_contexts, 2)`.
        about: what the difference is about; None: new examples where that can be had.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> round(compare_pairs(runs, np.array([[0, 1]]), None).difference.estimate, 3)
        0.2
    """
    weights = np.tile(np.array([-1.0, 1.0]) / len(pairs), len(pairs))
    return compare_cells(runs, pairs.ravel(), weights, about)


def compare_cells(
    runs: Runs, cells: _Cells, weights: NDArray[np.floating], about: About | None
) -> Compared:
    """A weighted sum of cells.

    Args:
        runs: the runs.
        cells: numbers of the cells, `(n_cells,)`, each of which has a run.
        weights: the weight of each of them, `(n_cells,)`; they add up to 0.
        about: what it is about; None: new examples where that can be had.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> compared = compare_cells(runs, np.array([0, 1]), np.array([-1.0, 1.0]), None)
        >>> compared.examples is None
        True
    """
    # In a single context Welch's error, which takes it that a seed doesn't favour one level there
    # and harm the other.
    shared = runs.shared and len(cells) > 2
    responses = runs.response[cells] if shared else packed(runs.response[cells])
    these = robust_contrast(responses, weights, shared=shared)
    answers = None if about is About.THESE else _answers(runs, cells)
    seeds = _seeds_part(these.error, runs, cells)
    if answers is None or seeds is None or runs.examples is None:
        return Compared(these=these, examples=None)
    part = example_part(answers, weights)
    if shared:
        part = replace(part, rest=_shared_rest(runs, runs.examples, cells, weights))
    error = crossed_error(seeds, part)
    if not error.value > 0:
        error = StandardError(value=math.nan, df=error.df)
    return Compared(these=these, examples=Difference(estimate=these.estimate, error=error))


def differences_by_context(runs: Runs, pairs: _Cells, about: About | None) -> ContextDifferences:
    """Better minus worse in each context by itself, runs of different cells being independent.

    Args:
        runs: the runs.
        pairs: numbers of the two cells of each context, the worse level's first, `(n_contexts, 2)`.
        about: what the differences are about; None: new examples where that can be had.

    Examples:
        >>> import pandas as pd
        >>> from results.claims.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> differences_by_context(runs, np.array([[0, 1]]), None).estimates.round(3).tolist()
        [0.2]
    """
    values = packed(runs.response[pairs.T.ravel()])
    found = context_differences(values[: len(pairs)], values[len(pairs) :])
    answers = None if about is About.THESE else _answers(runs, pairs.ravel())
    if answers is None or runs.examples is None or runs.fewest(pairs) < 2:
        return found
    return _with_examples(found, answers)


def packed(responses: _Floats) -> _Floats:
    """Each cell's runs first, what is missing behind: no column is a block of cells.

    Args:
        responses: responses of cells, `(n_cells, n_seeds)`; NaN where a run is missing.

    Examples:
        >>> packed(np.array([[np.nan, 1.0, np.nan], [2.0, np.nan, np.nan]])).tolist()
        [[1.0], [2.0]]
    """
    order = np.argsort(np.isnan(responses), axis=1, kind="stable")
    sorted_ = np.take_along_axis(responses, order, axis=1)
    return sorted_[:, : int(np.isfinite(sorted_).sum(axis=1).max())]


def _answers(runs: Runs, cells: _Cells) -> list[CellAnswers] | None:
    """The answers of these cells; None where those of a run aren't known, or examples are one."""
    if runs.examples is None or runs.examples.count < 2:
        return None
    weights = huber(packed(runs.response[cells])).weights
    found: list[CellAnswers] = []
    for cell, weight in zip(cells.tolist(), weights, strict=True):
        right = runs.examples.right(cell)
        if right is None:
            return None
        found.append(cell_answers(right, weight[~np.isnan(weight)]))
    return found


def _seeds_part(error: StandardError, runs: Runs, cells: _Cells) -> StandardError | None:
    """The error of the seeds; 0 where they change nothing, None where single runs can't tell."""
    if not math.isnan(error.value):
        return error
    return StandardError(value=0.0, df=1.0) if runs.fewest(cells) > 1 else None


def _shared_rest(
    runs: Runs, examples: Examples, cells: _Cells, weights: NDArray[np.floating]
) -> float:
    """What seeds and examples both hold, from the seeds that all of these cells have."""
    present: NDArray[np.bool_] = runs.present[cells]
    complete = np.asarray(present.all(axis=0))
    sums = np.zeros((int(complete.sum()), examples.count))
    for place, cell in enumerate(cells.tolist()):
        right = examples.right(cell)
        if right is not None:
            sums += weights[place] * right[complete[present[place]]]
    return shared_rest(sums, seeds=int(present.any(axis=0).sum()))


def _with_examples(found: ContextDifferences, answers: Sequence[CellAnswers]) -> ContextDifferences:
    """Differences about new examples, from those about these and the answers of each pair."""
    right = np.stack([cell.right for cell in answers])
    gaps = right[1::2] - right[::2]
    examples = gaps.shape[1]
    covariance = np.atleast_2d(np.cov(gaps)) / examples
    runs = np.array([cell.runs for cell in answers])
    rests = np.array([cell.rest for cell in answers]) / runs
    rests = rests.reshape(-1, 2).sum(axis=1) / examples
    seeds = np.where(np.isnan(found.variances), 0.0, found.variances)
    # What seeds add to the part of examples, by the same bounds as of a difference over contexts.
    added = np.maximum(np.maximum(seeds - rests, seeds - np.diag(covariance)), 0.0)
    return replace(found, variances=added, shared=covariance, shared_df=examples - 1.0)
