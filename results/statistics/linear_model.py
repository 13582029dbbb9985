"""Least squares for crossed factors: terms, sums of squares, contrasts and what is known of them.

The arithmetic under `results.effects`: knows arrays, no data frames and no distributions.
"""
# scipy comes without stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import accumulate, chain, combinations, pairwise, product

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg

from search_spaces import Level

# Of a column's length. Designs come nowhere near it.
_RANK_TOLERANCE = 1e-9
# In units of the last digit of the largest response.
_ROUNDING = 10

Matrix = NDArray[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedFactor:
    """A factor with its levels in order; `positions` `(n_rows,)` says which of them a row has."""

    name: str
    levels: tuple[Level, ...]
    positions: NDArray[np.intp]

    @property
    def coding(self) -> Matrix:
        """Sum-to-zero columns, `(n_levels, n_used - 1)`; NaN in the rows of unused levels."""
        used = np.unique(self.positions)
        columns = len(used) - 1
        coding = np.full((len(self.levels), columns), np.nan)
        coding[used] = np.vstack([np.eye(columns), -np.ones((1, columns))])
        return coding

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Positions of the levels that are compared, the one subtracted first."""
        return list(combinations(range(len(self.levels)), 2))

    @property
    def comparisons(self) -> list[str]:
        """What each pair is called."""
        return [f"{self.levels[low]} → {self.levels[high]}" for low, high in self.pairs]

    @property
    def contrasts(self) -> Matrix:
        """The difference of each pair, in coefficients of the coding, `(n_pairs, n_used - 1)`."""
        low, high = np.array(self.pairs).T
        return self.coding[high] - self.coding[low]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A main effect, an interaction or the block, and where its columns stand in the design."""

    factors: tuple[CodedFactor, ...]
    columns: slice

    @property
    def name(self) -> str:
        """The factors joined by colons."""
        return ":".join(str(factor.name) for factor in self.factors)

    @property
    def comparisons(self) -> list[str]:
        """What each combination of pairs is called."""
        return [", ".join(parts) for parts in product(*(f.comparisons for f in self.factors))]

    @property
    def contrasts(self) -> Matrix:
        """The contrast of each, in coefficients of the term's columns; k factors: over 2^(k-1)."""
        together: Matrix = reduce(np.kron, (factor.contrasts for factor in self.factors))
        return together / 2 ** (len(self.factors) - 1)

    def within(self, other: "Term") -> bool:
        """Whether the other term is this one or an interaction that contains it."""
        return {factor.name for factor in self.factors} <= {f.name for f in other.factors}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    """A model and its data.

    Args:
        terms: the block first, then by order.
        design: a constant, then the columns of the terms.
        response: centred. Design and response are rotated to at most one row more than there are
            columns: lengths and angles, all that least squares needs, stay those of the data.
        rows: number of responses.
        resolution: differences up to here are rounding, in the unit of the response.
    """

    terms: tuple[Term, ...]
    design: Matrix
    response: Matrix
    rows: int
    resolution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """One value for each of a term's contrasts, NaN where empty cells leave it unknown.

    Args:
        values: in the unit of the response.
        scaled_errors: standard errors, divided by the standard deviation of the residual.
    """

    values: Matrix
    scaled_errors: Matrix


def linear_model(
    factors: Sequence[CodedFactor], blocks: Sequence[CodedFactor], values: Matrix, *, order: int
) -> LinearModel:
    """The model with all interactions of the factors up to an order, and the blocks besides.

    Args:
        factors: each with at least two levels, used or not.
        blocks: one or none, likewise.
        values: finite responses, `(n_rows,)`, at least two.
        order: at least 1.
    """
    terms, matrix = crossed(factors, blocks, rows=len(values), order=order)
    # Without their mean the responses keep their digits, however large the offset.
    data = np.column_stack([matrix, values - values.mean()])
    rotated = np.linalg.qr(data).R
    return LinearModel(
        terms=terms,
        design=rotated[:, :-1],
        response=rotated[:, -1],
        rows=len(values),
        resolution=float(_ROUNDING * np.finfo(float).eps * np.abs(values).max()),
    )


def crossed(
    factors: Sequence[CodedFactor], blocks: Sequence[CodedFactor], *, rows: int, order: int
) -> tuple[tuple[Term, ...], Matrix]:
    """The terms of such a model, and its matrix `(n_rows, n_columns)`: a constant, then theirs."""
    orders = range(1, order + 1)
    groups = [*combinations(blocks, 1), *chain(*(combinations(factors, size) for size in orders))]
    columns = [reduce(_products, (f.coding[f.positions] for f in group)) for group in groups]
    ends = accumulate((part.shape[1] for part in columns), initial=1)
    places = [slice(start, end) for start, end in pairwise(ends)]
    terms = tuple(Term(factors=g, columns=p) for g, p in zip(groups, places, strict=True))
    return terms, np.column_stack([np.ones(rows), *columns])


def residual(model: LinearModel) -> tuple[int, float]:
    """Degrees of freedom and sum of squares that the model leaves."""
    return _left(model, model.design)


def total(model: LinearModel) -> tuple[int, float]:
    """Degrees of freedom and sum of squares about the mean."""
    return _left(model, model.design[:, :1])


def explained(model: LinearModel, term: Term) -> tuple[int, float]:
    """Degrees of freedom and type II sum of squares of a term; 0 and NaN where it has none."""
    others = [model.design[:, other.columns] for other in model.terms if not term.within(other)]
    known = _basis(model, np.column_stack([model.design[:, :1], *others]))
    added = _basis(model, _without(known, model.design[:, term.columns]))
    df = added.shape[1]
    # Of the projection itself: the difference of two residuals would lose the small ones' digits.
    return df, _sum_sq(model, added.T @ _without(known, model.response)) if df else np.nan


def estimates(model: LinearModel) -> dict[str, Estimates]:
    """The estimates of each term's contrasts."""
    left, sizes, right = np.linalg.svd(model.design)
    rank = int((sizes > _threshold(model)).sum())
    spread = right[:rank].T / sizes[:rank]
    coefficients = spread @ (left[:, :rank].T @ model.response)
    unknown = right[rank:].T
    return {
        term.name: _term_estimates(
            term.contrasts,
            coefficients=coefficients[term.columns],
            spread=spread[term.columns],
            unknown=unknown[term.columns],
            resolution=model.resolution,
        )
        for term in model.terms
    }


def _term_estimates(
    contrasts: Matrix, *, coefficients: Matrix, spread: Matrix, unknown: Matrix, resolution: float
) -> Estimates:
    """Of the contrasts, those that are orthogonal to all unknown combinations of coefficients."""
    doubt, size = np.linalg.norm(contrasts @ unknown, axis=1), np.linalg.norm(contrasts, axis=1)
    # False for the NaN of an unused level and, as 0 < 0 is, for a factor with one used level.
    known = doubt < _RANK_TOLERANCE * size
    values = _settled(contrasts @ coefficients, resolution)
    errors = np.linalg.norm(contrasts @ spread, axis=1)
    return Estimates(
        values=np.where(known, values, np.nan), scaled_errors=np.where(known, errors, np.nan)
    )


def _products(left: Matrix, right: Matrix) -> Matrix:
    """Each column of the one times each of the other, row by row, in the order of `np.kron`."""
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def _left(model: LinearModel, columns: Matrix) -> tuple[int, float]:
    basis = _basis(model, columns)
    df = model.rows - basis.shape[1]
    return df, _sum_sq(model, _without(basis, model.response)) if df else 0.0


def _basis(model: LinearModel, columns: Matrix) -> Matrix:
    """Orthonormal columns that span the same space, none for what is only rounding."""
    # The shape of the answer depends on `mode`, which pyright can't see.
    factored: tuple[Matrix, Matrix, object] = linalg.qr(  # pyright: ignore[reportAssignmentType]
        columns, mode="economic", pivoting=True
    )
    basis, triangle, _ = factored
    rank = int((np.abs(np.diag(triangle)) > _threshold(model)).sum())
    return basis[:, :rank]


def _threshold(model: LinearModel) -> float:
    return _RANK_TOLERANCE * float(np.sqrt(model.rows))


def _without(basis: Matrix, vectors: Matrix) -> Matrix:
    return vectors - basis @ (basis.T @ vectors)


def _sum_sq(model: LinearModel, vector: Matrix) -> float:
    return float(_settled(vector @ vector, model.rows * model.resolution**2))


def _settled(values: ArrayLike, rounding: float) -> Matrix:
    """The values, with 0 for those that are only rounding."""
    return np.where(np.abs(values) <= rounding, 0.0, values)
