"""Compares cells: a difference about these examples, and one about new examples or new data."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from results.runs.runs import Examples, Runs
from results.statistics.comparisons.difference import Difference, robust_contrast
from results.statistics.comparisons.mixing import Mixing
from results.statistics.comparisons.new_examples import (
    CellAnswers,
    cell_answers,
    crossed_error,
    example_part,
    shared_rest,
)
from results.statistics.comparisons.partners import ContextDifferences, context_differences
from results.statistics.comparisons.resampling import resampled_error
from results.statistics.comparisons.robust import huber
from results.statistics.error import StandardError
from search_spaces import About

_Floats = NDArray[np.float64]
_Cells = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A weighted sum of cells, about these examples and about new ones.

    Args:
        these: about new seeds on these examples; where each drew its own, as if they didn't
            overlap.
        wider: about new seeds and new examples, or new data; None where that isn't asked for, or
            can't be had.
        about: what the one that decides is about.
        room: the part of both squared errors that is room for interactions.

    Examples:
        >>> error = StandardError(value=0.01, df=8)
        >>> Compared(these=Difference(estimate=0.02, error=error)).seed_share
        1.0
    """

    these: Difference
    wider: Difference | None = None
    about: About = About.THESE
    room: float = 0.0

    @property
    def difference(self) -> Difference:
        """The one that decides."""
        return self.wider or self.these

    @property
    def seed_share(self) -> float:
        """The share of the squared error that more seeds would lessen, 0-1; NaN if not known."""
        if self.wider is None and not self.room > 0:
            return 1.0
        total = self.difference.error.value**2
        if math.isnan(total):
            return math.nan
        seeds = 0.0 if math.isnan(self.these.error.value) else self.these.error.value
        return min(1.0, max(0.0, seeds**2 - self.room) / total)

    def with_room(self, mixing: Mixing, means: _Floats) -> "Compared":
        """The same with room in its errors for what interactions add.

        Args:
            mixing: what they add.
            means: the mean of each cell, `(n_cells,)`.
        """

        def roomier(found: Difference) -> Difference:
            return replace(found, error=mixing.widened(found.error, means))

        return replace(
            self,
            these=roomier(self.these),
            wider=roomier(self.wider) if self.wider else None,
            room=mixing.added(means),
        )


def find_answers(runs: Runs, cells: _Cells, about: About | None) -> list[CellAnswers] | None:
    """What the answers of these cells say of new examples.

    None where that isn't asked for or can't be had: a run's answers aren't known, there are fewer
    than two examples, or a cell has a single run.

    Args:
        runs: the runs.
        cells: numbers of the cells, `(n_cells,)`.
        about: what is asked for; None: new examples where that can be had.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> find_answers(runs, np.array([0, 1]), None) is None
        True
    """
    examples = runs.examples
    if about is About.THESE or examples is None or examples.count < 2 or runs.fewest(cells) < 2:
        return None
    weights = huber(packed(runs.response[cells])).weights
    found: list[CellAnswers] = []
    for cell, weight in zip(cells.tolist(), weights, strict=True):
        right = examples.right(cell)
        if right is None:
            return None
        found.append(cell_answers(right, weight[~np.isnan(weight)]))
    return found


def pair_weights(contexts: int) -> _Floats:
    """The weights of better minus worse, averaged over so many contexts, pair by pair.

    Examples:
        >>> pair_weights(2).tolist()
        [-0.5, 0.5, -0.5, 0.5]
    """
    return np.tile(np.array([-1.0, 1.0]) / contexts, contexts)


def compare_pairs(runs: Runs, pairs: _Cells, about: About | None) -> Compared:
    """Better minus worse, averaged over contexts.

    Args:
        runs: the runs.
        pairs: numbers of the two cells of each context, the worse level's first, `(n_contexts, 2)`.
        about: what the difference is about; None: new examples where that can be had.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> round(compare_pairs(runs, np.array([[0, 1]]), None).difference.estimate, 3)
        0.2
    """
    cells = pairs.ravel()
    return compare_cells(runs, cells, pair_weights(len(pairs)), find_answers(runs, cells, about))


def compare_cells(
    runs: Runs,
    cells: _Cells,
    weights: NDArray[np.floating],
    answers: Sequence[CellAnswers] | None,
) -> Compared:
    """A weighted sum of cells.

    Args:
        runs: the runs.
        cells: numbers of the cells, `(n_cells,)`, each of which has a run.
        weights: the weight of each of them, `(n_cells,)`; they add up to 0.
        answers: those of each of them, as `find_answers` has them; None: about these examples.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> compared = compare_cells(runs, np.array([0, 1]), np.array([-1.0, 1.0]), None)
        >>> compared.wider is None
        True
    """
    shared = runs.seed_is_unit(len(cells))
    responses = runs.response[cells] if shared else packed(runs.response[cells])
    these = robust_contrast(responses, weights, shared=shared)
    if runs.split is not None:
        error = _over_splits(runs, runs.split, cells, these.error)
        return Compared(these=these, wider=replace(these, error=error), about=About.DATA)
    if answers is None or runs.examples is None:
        return Compared(these=these)
    part = example_part(answers, weights)
    if shared:
        part = replace(part, rest=_shared_rest(runs, runs.examples, cells, weights))
    # Of cells with two runs or more an unknown error is none: seeds change nothing there.
    changes_nothing = math.isnan(these.error.value)
    seeds = StandardError(value=0.0, df=1.0) if changes_nothing else these.error
    error = crossed_error(seeds, part)
    if not error.value > 0:
        error = StandardError(value=math.nan, df=error.df)
    return Compared(these=these, wider=replace(these, error=error), about=About.EXAMPLES)


def differences_by_context(
    runs: Runs, pairs: _Cells, answers: Sequence[CellAnswers] | None
) -> ContextDifferences:
    """Better minus worse in each context by itself, runs of different cells being independent.

    Args:
        runs: the runs.
        pairs: numbers of the two cells of each context, the worse level's first, `(n_contexts, 2)`.
        answers: those of each cell, pair by pair, as `find_answers` has them; None: about these
            examples.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> differences_by_context(runs, np.array([[0, 1]]), None).estimates.round(3).tolist()
        [0.2]
    """
    values = packed(runs.response[pairs.T.ravel()])
    found = context_differences(values[: len(pairs)], values[len(pairs) :])
    if runs.split is not None:
        # What all contexts share of a split is left in each: none is called different too easily.
        unit = _over_splits(runs, runs.split, pairs, StandardError(value=1.0, df=math.inf))
        return replace(found, variances=found.variances * unit.value**2)
    return found if answers is None else _with_examples(found, answers)


def cell_means(runs: Runs, cells: _Cells) -> _Floats:
    """The mean of each of these cells, as it is compared, `(n_cells,)`.

    Examples:
        >>> import pandas as pd
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame({"width": [8, 8, 16], "seed": [0, 1, 0], "score": [0.7, 0.8, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> cell_means(runs, np.array([0, 1])).round(3).tolist()
        [0.75, 0.9]
    """
    return huber(packed(runs.response[cells])).centre


def packed(responses: _Floats) -> _Floats:
    """Each cell's runs first, what is missing behind: no column is a block of cells.

    Args:
        responses: responses of cells, `(n_cells, n_seeds)`, minus infinity for a failed run; NaN
            where a run is missing.

    Examples:
        >>> packed(np.array([[np.nan, 1.0, np.nan], [2.0, np.nan, np.nan]])).tolist()
        [[1.0], [2.0]]
    """
    order = np.argsort(np.isnan(responses), axis=1, kind="stable")
    sorted_ = np.take_along_axis(responses, order, axis=1)
    return sorted_[:, : int((~np.isnan(sorted_)).sum(axis=1).max())]


def _over_splits(
    runs: Runs, split: tuple[int, int], cells: _Cells, error: StandardError
) -> StandardError:
    train_size, test_size = split
    splits = runs.typical(cells)
    return resampled_error(error, splits=splits, train_size=train_size, test_size=test_size)


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
