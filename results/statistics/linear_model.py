"""Least squares for crossed factors: terms, sums of squares, and estimates of contrasts.

The arithmetic under `results.effects`: on arrays, without data frames or distributions.
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

# A column depends on others if less than this share of its length is independent of them. Real
# designs come nowhere near it.
_RANK_TOLERANCE = 1e-9
# Differences up to this many units of the last digit of the largest response are rounding.
_ROUNDING = 10

Matrix = NDArray[np.floating]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedFactor:
    """A factor with its levels in order, and the level that each row has.

    Args:
        name: name of the factor.
        levels: its levels in order, used or not.
        positions: the position in `levels` of each row's level, `(n_rows,)`.

    Examples:
        >>> loss = CodedFactor(name="loss", levels=("mse", "mae"), positions=np.array([0, 1, 1]))
        >>> loss.coding.tolist()
        [[1.0], [-1.0]]
        >>> loss.comparisons, loss.contrasts.tolist()
        (['mse → mae'], [[-2.0]])
    """

    name: str
    levels: tuple[Level, ...]
    positions: NDArray[np.intp]

    @property
    def coding(self) -> Matrix:
        """The sum-to-zero coding, `(n_levels, n_used - 1)`; NaN in the rows of unused levels."""
        used = np.unique(self.positions)
        columns = len(used) - 1
        coding = np.full((len(self.levels), columns), np.nan)
        coding[used] = np.vstack([np.eye(columns), -np.ones((1, columns))])
        return coding

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """The positions of each two levels to compare, first the one that is subtracted."""
        return list(combinations(range(len(self.levels)), 2))

    @property
    def comparisons(self) -> list[str]:
        """The name of each pair, as `mse → mae`."""
        return [f"{self.levels[low]} → {self.levels[high]}" for low, high in self.pairs]

    @property
    def contrasts(self) -> Matrix:
        """The difference of each pair as coefficients of the coding, `(n_pairs, n_used - 1)`."""
        low, high = np.array(self.pairs).T
        return self.coding[high] - self.coding[low]


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A main effect, an interaction or the block, and its columns of the design.

    Args:
        factors: the factors of the term, one for a main effect or the block.
        columns: the slice of the design's columns that belongs to the term.

    Examples:
        >>> a, b = (CodedFactor(name=n, levels=(0, 1), positions=np.array([0, 1])) for n in "AB")
        >>> term = Term(factors=(a, b), columns=slice(3, 4))
        >>> term.name, term.comparisons, term.contrasts.tolist()
        ('A:B', ['0 → 1, 0 → 1'], [[2.0]])
    """

    factors: tuple[CodedFactor, ...]
    columns: slice

    @property
    def name(self) -> str:
        """The names of the factors, joined by colons."""
        return ":".join(str(factor.name) for factor in self.factors)

    @property
    def comparisons(self) -> list[str]:
        """The name of each combination of pairs, as `none → range, mse → mae`."""
        return [", ".join(parts) for parts in product(*(f.comparisons for f in self.factors))]

    @property
    def contrasts(self) -> Matrix:
        """The contrast of each combination as coefficients of the columns, over 2^(k-1).

        Here k is the number of factors; the shape is `(n_comparisons, n_columns)`.
        """
        products: Matrix = reduce(np.kron, (factor.contrasts for factor in self.factors))
        return products / 2 ** (len(self.factors) - 1)

    def within(self, other: "Term") -> bool:
        """Whether the other term is this term or an interaction that contains it."""
        return {factor.name for factor in self.factors} <= {f.name for f in other.factors}


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearModel:
    """A model with its data, made by `linear_model`.

    Design and response are rotated to at most one row more than there are columns: lengths and
    angles, all that least squares needs, stay those of the data.

    Args:
        terms: the terms, the block first, then by order.
        design: the design, a column of the constant, then the columns of the terms.
        response: the centred responses.
        rows: number of responses.
        resolution: the largest difference that may be rounding, in the unit of the response.

    Examples:
        >>> loss = CodedFactor(name="loss", levels=("mse", "mae"), positions=np.array([0, 0, 1, 1]))
        >>> model = linear_model([loss], [], np.array([1.0, 3.0, 5.0, 7.0]), order=1)
        >>> model.rows, model.terms[0].name, model.terms[0].columns
        (4, 'loss', slice(1, 2, None))
    """

    terms: tuple[Term, ...]
    design: Matrix
    response: Matrix
    rows: int
    resolution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimates:
    """The estimates of a term's contrasts; NaN if empty cells leave a contrast unknown.

    Args:
        values: the estimates, in the unit of the response, `(n_comparisons,)`.
        scaled_errors: their standard errors, divided by the standard deviation of the residual,
            `(n_comparisons,)`.

    Examples:
        >>> of_term = Estimates(values=np.array([4.0]), scaled_errors=np.array([0.5]))
        >>> of_term.scaled_errors * 2  # with a residual standard deviation of 2
        array([1.])
    """

    values: Matrix
    scaled_errors: Matrix


def linear_model(
    factors: Sequence[CodedFactor], blocks: Sequence[CodedFactor], values: Matrix, *, order: int
) -> LinearModel:
    """The model with all interactions of the factors up to an order, and the block if there is one.

    Args:
        factors: the factors, each with at least two levels, used or not.
        blocks: the block as a list of one factor, or an empty list.
        values: the responses, finite, at least two, `(n_rows,)`.
        order: the highest order of interactions, at least 1.

    Examples:
        >>> a = CodedFactor(name="A", levels=(0, 1), positions=np.array([0, 1, 0, 1]))
        >>> b = CodedFactor(name="B", levels=(0, 1), positions=np.array([0, 0, 1, 1]))
        >>> model = linear_model([a, b], [], np.array([2.0, 8.0, 4.0, 14.0]), order=2)
        >>> [term.name for term in model.terms]
        ['A', 'B', 'A:B']
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
    """The terms of a model and its matrix: a column of the constant, then those of the terms.

    Args:
        factors: the factors, each with at least two levels, used or not.
        blocks: the block as a list of one factor, or an empty list.
        rows: number of responses.
        order: the highest order of interactions, at least 1.

    Returns:
        The terms, the block first, then by order; and the matrix, `(n_rows, n_columns)`.

    Examples:
        >>> a = CodedFactor(name="A", levels=(0, 1), positions=np.array([0, 1, 0, 1]))
        >>> b = CodedFactor(name="B", levels=(0, 1), positions=np.array([0, 0, 1, 1]))
        >>> _, matrix = crossed([a, b], [], rows=4, order=2)
        >>> matrix[:2]
        array([[ 1.,  1.,  1.,  1.],
               [ 1., -1.,  1., -1.]])
    """
    orders = range(1, order + 1)
    groups = [*combinations(blocks, 1), *chain(*(combinations(factors, size) for size in orders))]
    columns = [reduce(products, (f.coding[f.positions] for f in group)) for group in groups]
    ends = accumulate((part.shape[1] for part in columns), initial=1)
    places = [slice(start, end) for start, end in pairwise(ends)]
    terms = tuple(Term(factors=g, columns=p) for g, p in zip(groups, places, strict=True))
    return terms, np.column_stack([np.ones(rows), *columns])


def products(left: Matrix, right: Matrix) -> Matrix:
    """Each left column, `(n_rows, n)`, times each right one, in the order of `np.kron`.

    Examples:
        >>> products(np.array([[1.0, 2.0]]), np.array([[3.0, 4.0]])).tolist()
        [[3.0, 4.0, 6.0, 8.0]]
    """
    return (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)


def residual(model: LinearModel) -> tuple[int, float]:
    """The degrees of freedom and the sum of squares that the model doesn't explain.

    Examples:
        >>> loss = CodedFactor(name="loss", levels=("mse", "mae"), positions=np.array([0, 0, 1, 1]))
        >>> model = linear_model([loss], [], np.array([1.0, 3.0, 5.0, 7.0]), order=1)
        >>> df, sum_sq = residual(model)
        >>> df, round(sum_sq, 6)
        (2, 4.0)
    """
    return _unexplained(model, model.design)


def total(model: LinearModel) -> tuple[int, float]:
    """The degrees of freedom and the sum of squares about the mean.

    Examples:
        >>> loss = CodedFactor(name="loss", levels=("mse", "mae"), positions=np.array([0, 0, 1, 1]))
        >>> model = linear_model([loss], [], np.array([1.0, 3.0, 5.0, 7.0]), order=1)
        >>> df, sum_sq = total(model)
        >>> df, round(sum_sq, 6)
        (3, 20.0)
    """
    return _unexplained(model, model.design[:, :1])


def explained(model: LinearModel, term: Term) -> tuple[int, float]:
    """The degrees of freedom and the type II sum of squares of a term.

    A term that can't be told from others has 0 and NaN.

    Examples:
        >>> loss = CodedFactor(name="loss", levels=("mse", "mae"), positions=np.array([0, 0, 1, 1]))
        >>> model = linear_model([loss], [], np.array([1.0, 3.0, 5.0, 7.0]), order=1)
        >>> df, sum_sq = explained(model, model.terms[0])
        >>> df, round(sum_sq, 6)
        (1, 16.0)
    """
    others_basis, own_basis = _spaces(model.terms, model.design, term, _threshold(model.rows))
    df = own_basis.shape[1]
    # By the projection itself: the difference of two residuals would lose digits of small sums.
    projection = own_basis.T @ _orthogonal_part(others_basis, model.response)
    return df, _sum_sq(model, projection) if df else np.nan


def term_spaces(terms: Sequence[Term], matrix: Matrix) -> dict[str, Matrix]:
    """What each term spans beyond the terms that don't contain it, as orthonormal columns.

    The sums of squares in these spaces are of type II, those of `explained`.

    Args:
        terms: the terms.
        matrix: their matrix, as `crossed` makes both, `(n_rows, n_columns)`.

    Returns:
        By the name of the term, `(n_rows, df)`; no column where it can't be told from others.

    Examples:
        >>> loss = CodedFactor(name="loss", levels=("mse", "mae"), positions=np.array([0, 1]))
        >>> terms, matrix = crossed([loss], [], rows=2, order=1)
        >>> np.abs(term_spaces(terms, matrix)["loss"]).round(3).tolist()
        [[0.707], [0.707]]
    """
    threshold = _threshold(len(matrix))
    return {term.name: _spaces(terms, matrix, term, threshold)[1] for term in terms}


def estimates(model: LinearModel) -> dict[str, Estimates]:
    """The estimates of each term's contrasts, by the name of the term.

    Examples:
        >>> loss = CodedFactor(name="loss", levels=("mse", "mae"), positions=np.array([0, 0, 1, 1]))
        >>> model = linear_model([loss], [], np.array([1.0, 3.0, 5.0, 7.0]), order=1)
        >>> of_loss = estimates(model)["loss"]
        >>> of_loss.values.round(6), of_loss.scaled_errors.round(6)  # √(1/2 + 1/2)
        (array([4.]), array([1.]))
    """
    left_vectors, sizes, right_vectors = np.linalg.svd(model.design)
    rank = int((sizes > _threshold(model.rows)).sum())
    spread = right_vectors[:rank].T / sizes[:rank]
    coefficients = spread @ (left_vectors[:, :rank].T @ model.response)
    unknown = right_vectors[rank:].T
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
    """The estimates of a term's contrasts, NaN for those that the data don't determine.

    Args:
        contrasts: the contrasts as coefficients of the term's columns, `(n_contrasts, n_columns)`.
        coefficients: the fitted coefficients of these columns, `(n_columns,)`.
        spread: the rows of a square root of the coefficients' covariance, `(n_columns, rank)`.
        unknown: the combinations of coefficients that the data leave open, `(n_columns, n_open)`.
        resolution: the largest estimate that may be rounding.
    """
    doubt, size = np.linalg.norm(contrasts @ unknown, axis=1), np.linalg.norm(contrasts, axis=1)
    # False for the NaN of an unused level and, as 0 < 0 is, for a factor with one used level.
    estimable = doubt < _RANK_TOLERANCE * size
    values = _without_rounding(contrasts @ coefficients, resolution)
    errors = np.linalg.norm(contrasts @ spread, axis=1)
    return Estimates(
        values=np.where(estimable, values, np.nan),
        scaled_errors=np.where(estimable, errors, np.nan),
    )


def _spaces(
    terms: Sequence[Term], matrix: Matrix, term: Term, threshold: float
) -> tuple[Matrix, Matrix]:
    """Bases of the terms that don't contain a term, and of what it spans beyond them."""
    others = [matrix[:, other.columns] for other in terms if not term.within(other)]
    others_basis = _basis(np.column_stack([matrix[:, :1], *others]), threshold)
    own = _orthogonal_part(others_basis, matrix[:, term.columns])
    return others_basis, _basis(own, threshold)


def _unexplained(model: LinearModel, columns: Matrix) -> tuple[int, float]:
    """The degrees of freedom and the sum of squares that these columns don't explain."""
    basis = _basis(columns, _threshold(model.rows))
    df = model.rows - basis.shape[1]
    return df, _sum_sq(model, _orthogonal_part(basis, model.response)) if df else 0.0


def _basis(columns: Matrix, threshold: float) -> Matrix:
    """Orthonormal columns that span the same space as these, up to rounding."""
    # The shape of the answer depends on `mode`, which pyright can't see.
    factored: tuple[Matrix, Matrix, object] = linalg.qr(  # pyright: ignore[reportAssignmentType]
        columns, mode="economic", pivoting=True
    )
    basis, triangle, _ = factored
    rank = int((np.abs(np.diag(triangle)) > threshold).sum())
    return basis[:, :rank]


def _threshold(rows: int) -> float:
    return _RANK_TOLERANCE * float(np.sqrt(rows))


def _orthogonal_part(basis: Matrix, vectors: Matrix) -> Matrix:
    return vectors - basis @ (basis.T @ vectors)


def _sum_sq(model: LinearModel, vector: Matrix) -> float:
    return float(_without_rounding(vector @ vector, model.rows * model.resolution**2))


def _without_rounding(values: ArrayLike, rounding: float) -> Matrix:
    """The values, with 0 for those up to `rounding` in size."""
    return np.where(np.abs(values) <= rounding, 0.0, values)
