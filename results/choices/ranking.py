"""Which choice matters most: factors and pairs by their share of what varies between cells."""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from results.choices.compared import Answered, Compared
from results.runs.runs import Runs
from results.statistics.comparisons.shares import CellMeans, share
from results.statistics.linear_model import CodedFactor, Matrix, crossed, term_spaces
from search_spaces import Level

_Floats = NDArray[np.float64]

# So many examples tell their part of the noise well enough.
_MOST_EXAMPLES = 2000
# What is not of a factor or a pair.
HIGHER = "three and more together"


class Endpoint(StrEnum):
    """What a choice matters for.

    Examples:
        >>> [str(endpoint) for endpoint in Endpoint]
        ['learning at all', 'quality']
    """

    LEARNING = "learning at all"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True, kw_only=True)
class TermShare:
    """How much of what varies between cells is due to a factor, or to two together.

    Args:
        term: the factor, two joined by a colon, or `HIGHER`.
        share: the share of the variance between the cells' true means, 0-1; noise is taken off.
        low, high: its interval.

    Examples:
        >>> TermShare(term="optimizer", share=0.6, low=0.5, high=0.7).share
        0.6
    """

    term: str
    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """The choices by their share of the variance between cells, the largest first.

    Args:
        endpoint: what varies.
        terms: the factors, the pairs, and what is of neither.
        untold: the terms that these cells can't tell from others.
        cells: the number of cells.
        differ: whether cells surely differ at all.
        balanced: whether the shares add up; where cells are missing they don't.

    Examples:
        >>> Ranking(
        ...     endpoint=Endpoint.QUALITY, terms=(), untold=(), cells=4, differ=False, balanced=True
        ... ).first is None
        True
    """

    endpoint: Endpoint
    terms: tuple[TermShare, ...]
    untold: tuple[str, ...]
    cells: int
    differ: bool
    balanced: bool

    @property
    def first(self) -> TermShare | None:
        """The term that surely has a larger share than any other; None where none surely has."""
        if not self.terms or not self.differ:
            return None
        top = self.terms[0]
        return top if all(top.low > other.high for other in self.terms[1:]) else None


def rank_choices(compared: Compared) -> tuple[Ranking, ...]:
    """What matters for learning at all, where some runs did and some did not; then for quality.

    A term's sum of squares among the cell means, of type II, less what noise adds to it, is its
    part; everything else that differs between cells is the rest. Cells count alike, whatever their
    noise. Interactions of three factors and more are told together.

    Args:
        compared: the cells that can be compared.

    Returns:
        At most one ranking for each endpoint; none of quality where there are fewer than three
        cells, or their runs don't vary at all.

    Examples:
        >>> import pandas as pd
        >>> from results.choices.compared import compared_cells
        >>> from results.runs.table import Columns, read_runs
        >>> frame = pd.DataFrame(
        ...     {
        ...         "width": [8] * 4 + [16] * 4,
        ...         "loss": ["mse", "mse", "mae", "mae"] * 2,
        ...         "seed": range(8),
        ...         "score": [0.70, 0.71, 0.71, 0.70, 0.90, 0.91, 0.91, 0.90],
        ...     }
        ... )
        >>> runs = read_runs(frame, Columns(factors=("width", "loss"), response="score"))
        >>> (ranking,) = rank_choices(compared_cells(runs))
        >>> ranking.terms[0].term, round(ranking.terms[0].share, 2), ranking.first is not None
        ('width', 1.0, True)
    """
    runs = compared.runs
    rankings: list[Ranking] = []
    learned = runs.learned[runs.present]
    if learned.any() and not learned.all():
        cells = np.arange(len(runs.cells))
        rankings += _ranking(runs, cells, _learning_means(runs), Endpoint.LEARNING)
    if len(compared.numbers) > 2:
        means = _quality_means(compared)
        if np.diag(means.covariance).any():
            rankings += _ranking(runs, compared.numbers, means, Endpoint.QUALITY)
    return tuple(rankings)


def _ranking(
    runs: Runs, cells: NDArray[np.int64], means: CellMeans, endpoint: Endpoint
) -> Sequence[Ranking]:
    """The ranking, alone in a list; nothing where no factor varies over these cells."""
    factors = _coded(runs, cells)
    if not factors or len(cells) < 3:
        return []
    terms, matrix = crossed(factors, [], rows=len(cells), order=min(2, len(factors)))
    spaces = term_spaces(terms, matrix)
    told = {name: basis for name, basis in spaces.items() if basis.shape[1]}
    if not told:
        return []
    shares = [_share(name, means, basis) for name, basis in told.items()]
    whole = np.asarray(linalg.orth(np.hstack(list(told.values()))))
    if whole.shape[1] < len(cells) - 1:
        part, rest = means.outside(whole), means.within(whole)
        shares.append(_term_share(HIGHER, share(part, rest)))
    nothing = np.zeros((len(cells), 0))
    squares = sum(means.within(basis).square for basis in told.values())
    whole_square = means.within(whole).square
    return [
        Ranking(
            endpoint=endpoint,
            terms=tuple(sorted(shares, key=lambda term: -np.nan_to_num(term.share))),
            untold=tuple(name for name in spaces if name not in told),
            cells=len(cells),
            differ=means.outside(nothing).interval()[0] > 0,
            balanced=bool(np.isclose(squares, whole_square, rtol=1e-6)),
        )
    ]


def _share(name: str, means: CellMeans, basis: Matrix) -> TermShare:
    return _term_share(name, share(means.within(basis), means.outside(basis)))


def _term_share(name: str, figures: tuple[float, ...]) -> TermShare:
    return TermShare(term=name, share=figures[0], low=figures[1], high=figures[2])


def _coded(runs: Runs, cells: NDArray[np.int64]) -> list[CodedFactor]:
    """The factors that vary over these cells."""
    chosen = [runs.cells[int(number)] for number in cells]
    coded: list[CodedFactor] = []
    for position, name in enumerate(runs.factors):
        column: list[Level] = [cell[position] for cell in chosen]
        levels = tuple(level for level in runs.factors[name] if level in column)
        if len(levels) > 1:
            positions = np.array([levels.index(level) for level in column], dtype=np.intp)
            coded.append(CodedFactor(name=name, levels=levels, positions=positions))
    return coded


def _learning_means(runs: Runs) -> CellMeans:
    """The shares of runs that learned; a run each way is added for their noise.

    Three runs of three that learned don't show that all would.
    """
    counts = runs.present.sum(axis=1)
    learned = runs.learned.sum(axis=1)
    likely = (learned + 1) / (counts + 2)
    return CellMeans(
        means=learned / counts,
        covariance=np.diag(likely * (1 - likely) / counts),
        seed_parts=np.zeros(len(counts)),
        dfs=np.ones(len(counts)),
    )


def _quality_means(compared: Compared) -> CellMeans:
    """The means of the compared cells; where seeds are shared, runs of a seed go together."""
    cells, variances = compared.cells, compared.variances
    covariance, most_df = np.diag(variances), np.inf
    if compared.runs.shared:
        complete = cells.values[:, np.isfinite(cells.values).all(axis=0)]
        if complete.shape[1] > 1:
            covariance = compared.overlap * np.cov(complete) / complete.shape[1]
            most_df = complete.shape[1] - 1.0
    if compared.answers is not None:
        rests = np.zeros(len(variances)) if compared.runs.shared else compared.answers.rest
        covariance = _with_examples(covariance, rests, compared.answers)
    return CellMeans(
        means=cells.centre,
        covariance=covariance,
        seed_parts=variances,
        dfs=cells.counts - 1.0,
        most_df=most_df,
    )


def _with_examples(seeds: _Floats, rests: _Floats, answers: Answered) -> _Floats:
    """The covariance about new examples: what seeds add, and what all cells share by examples."""
    count = answers.right.shape[1]
    step = -(-count // _MOST_EXAMPLES)
    examples = np.cov(answers.right[:, ::step], dtype=float) / count
    variances = np.diag(seeds)
    # The same bounds as of a difference.
    added = np.maximum(np.maximum(variances - rests, variances - np.diag(examples)), 0.0)
    return examples + seeds - np.diag(variances - added)
