"""What cells tell of an effect that they can't keep apart from every interaction.

Where a fraction has lost cells, an effect that all of them would tell by itself is mixed with
interactions of two factors. It is estimated as if these were absent, and its error has room for
them: for interactions as large as what the model leaves unexplained.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain, compress

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg

from results.statistics.aliases import CellModel, contrasts, difference_contrast, exact_weights
from results.statistics.error import StandardError, independent_error
from results.statistics.linear_model import CodedFactor, Matrix, Term, products
from search_spaces import Level

_TOLERANCE = 1e-9
# An effect to which one interaction adds so much of itself, or more, isn't told.
_TOO_MIXED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixing:
    """What interactions add to an effect that is estimated as if they were absent.

    Args:
        terms: the interactions.
        share: how much of itself the one that adds most adds, 0-1.
        unexplained: what takes the cells' means to what a model leaves unexplained of them,
            `(n_cells, n_cells)`.
        scale: what the sum of squares of that is multiplied by for the variance of what is added.
        df: its degrees of freedom.

    Examples:
        >>> mixing = Mixing(
        ...     terms=("A:B",), share=0.1, unexplained=np.eye(2), scale=1.0, df=1.0
        ... )
        >>> mixing.added([-1.0, 1.0])
        2.0
    """

    terms: tuple[str, ...]
    share: float
    unexplained: Matrix
    scale: float
    df: float

    def added(self, means: ArrayLike) -> float:
        """The variance of what is added, from the mean of each cell, `(n_cells,)`."""
        values = np.asarray(means, dtype=float)
        # The mean is explained, and so large a number would cost digits.
        return self.scale * float(((self.unexplained @ (values - values.mean())) ** 2).sum())

    def widened(self, error: StandardError, means: ArrayLike) -> StandardError:
        """The error of the effect with room for what is added.

        Args:
            error: that of runs alone.
            means: the mean of each cell, `(n_cells,)`.
        """
        return independent_error([error.value**2, self.added(means)], [error.df, self.df])

    @property
    def words(self) -> str:
        """What is mixed in, as `10 interactions by 10 % of each at most`."""
        named = self.terms[0] if len(self.terms) == 1 else f"{len(self.terms)} interactions"
        each = "it" if len(self.terms) == 1 else "each"
        return f"{named} by {100 * self.share:.0f} % of {each} at most"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Estimator:
    """How an effect is estimated from the means of cells.

    Args:
        weights: the weight of each cell, `(n_cells,)`.
        mixing: what interactions add to it; None where the cells keep it apart from all.

    Examples:
        >>> from results.statistics.aliases import cell_model
        >>> cells = [("-", "-"), ("-", "+"), ("+", "-"), ("+", "+")]
        >>> model = cell_model({"A": ("-", "+"), "B": ("-", "+")}, cells)
        >>> estimator = difference_estimator(model, "A", ("-", "+"), {})
        >>> estimator.weights.round(6).tolist(), estimator.mixing
        ([-0.5, -0.5, 0.5, 0.5], None)
    """

    weights: Matrix
    mixing: Mixing | None = None


def estimators(model: CellModel) -> dict[tuple[str, str], Estimator | None]:
    """For each term and its compared levels, how the effect is estimated; None: it isn't told.

    An effect that the cells keep apart from all main effects and interactions of two factors is
    told as it is. Any other is kept apart from main effects, and interactions of other terms add to
    it as little as can be: the least sum of squared shares, each coded alike. The squared error has
    room for them, as if they were drawn from one normal distribution, whose variance is taken from
    all that main effects and the effect's own term leave unexplained, noise included. The effect
    isn't told where one interaction adds half of itself or more, as where both are mixed by design,
    or where nothing is left unexplained to tell how large they are.

    By simulation of fractions of 12 to 36 cells with 1 to 4 lost, no true difference, a nominal 5 %
    and interactions up to 3 times as large as a run's deviation: 2 to 7 % are wrong where all
    interactions are normal, 0 to 5 % where one is large, and 1 to 12 % where those of the factor
    itself are and no others; without the room 26 to 67 %. What nothing here shows is interactions
    that all add up in the very cell that is lost.

    Source: the estimate is that of generalized least squares where interactions are random and
    outweigh the noise, their variance by the method of moments, as in Searle, Casella & McCulloch
    1992, chapters 5 and 7.

    Examples:
        >>> from itertools import product
        >>> from results.statistics.aliases import cell_model
        >>> half = [cell for cell in product("-+", repeat=5) if cell.count("+") % 2]
        >>> factors = {name: ("-", "+") for name in "ABCDE"}
        >>> one_lost = estimators(cell_model(factors, half[1:]))
        >>> one_lost["A", "- → +"].mixing.words
        '10 interactions by 10 % of each at most'
    """
    codes = [_orthogonal_codes(term) for term in model.terms]
    partial: dict[tuple[int, ...], _PartialModel] = {}
    found: dict[tuple[str, str], Estimator | None] = {}
    for effect, contrast in contrasts(model).items():
        weights = exact_weights(model, contrast)
        if weights is not None:
            found[effect] = Estimator(weights=weights)
            continue
        own = _own_terms(model, contrast)
        if own and own not in partial:
            partial[own] = _partial_model(model, own, codes)
        found[effect] = _mixed_estimator(partial[own], contrast) if own else None
    return found


def difference_estimator(
    model: CellModel, factor: str, levels: tuple[Level, Level], scope: Mapping[str, Level]
) -> Estimator | None:
    """How the second level minus the first is estimated, as in `estimators`; None: it isn't told.

    Args:
        model: the model of the cells.
        factor: the name of the factor whose levels are compared.
        levels: the first level and the second.
        scope: for each factor that the difference is limited in, the level it is limited to.

    Examples:
        >>> from results.statistics.aliases import cell_model
        >>> half = [("-", "-", "+"), ("-", "+", "-"), ("+", "-", "-"), ("+", "+", "+")]
        >>> model = cell_model({name: ("-", "+") for name in "ABC"}, half)
        >>> difference_estimator(model, "A", ("-", "+"), {}) is None  # it is B:C by design
        True
    """
    contrast = difference_contrast(model, factor, levels, scope)
    weights = exact_weights(model, contrast)
    if weights is not None:
        return Estimator(weights=weights)
    own = _own_terms(model, contrast)
    codes = [_orthogonal_codes(term) for term in model.terms]
    return _mixed_estimator(_partial_model(model, own, codes), contrast) if own else None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _PartialModel:
    """The main effects and some terms of one's own, and the interactions beside them.

    Args:
        columns: the numbers of its columns in the whole model.
        matrix: these columns, `(n_cells, n_columns)`.
        spread: what takes a sum of coefficients to the weights of the cells to which other
            interactions add least, `(n_cells, n_columns)`.
        own: the orthogonal codes of the first of the own terms, `(n_cells, n_codes)`.
        others: the names of the other interactions, each with its orthogonal codes.
        unexplained: what takes the cells' means to what the model leaves unexplained,
            `(n_cells, n_cells)`.
        size: the sum of squares of that where each code has a coefficient of variance 1.
        df: its degrees of freedom.
    """

    columns: list[int]
    matrix: Matrix
    spread: Matrix
    own: Matrix
    others: Mapping[str, Matrix]
    unexplained: Matrix
    size: float
    df: float


def _own_terms(model: CellModel, contrast: Matrix) -> tuple[int, ...]:
    """The numbers of the terms that a sum of coefficients is about; none where levels lack."""
    return tuple(n for n, term in enumerate(model.terms) if np.any(contrast[term.columns]))


def _partial_model(model: CellModel, own: Sequence[int], codes: Sequence[Matrix]) -> _PartialModel:
    """The partial model of some terms.

    Args:
        model: the whole model.
        own: the numbers of these terms.
        codes: the orthogonal codes of every term.
    """
    kept = [len(term.factors) == 1 or n in own for n, term in enumerate(model.terms)]
    numbers = list(range(model.matrix.shape[1]))
    columns = [0, *chain(*(numbers[term.columns] for term in compress(model.terms, kept)))]
    matrix = model.matrix[:, columns]
    others = {
        term.name: code
        for term, code, is_kept in zip(model.terms, codes, kept, strict=True)
        if not is_kept
    }
    added = np.hstack([np.zeros((len(matrix), 0)), *others.values()])
    inverse: Matrix = np.linalg.pinv(matrix)
    unexplained = np.eye(len(matrix)) - matrix @ inverse
    shown = unexplained @ added
    size, squares = float((shown**2).sum()), float(((shown.T @ shown) ** 2).sum())
    # Weights may change by what the model doesn't see, so that less is added.
    spread = inverse.T - np.linalg.pinv(shown.T, rcond=_TOLERANCE) @ (added.T @ inverse.T)
    return _PartialModel(
        columns=columns,
        matrix=matrix,
        spread=spread,
        own=codes[own[0]],
        others=others,
        unexplained=unexplained,
        size=size if size > _TOLERANCE else 0.0,
        df=size**2 / squares if size > _TOLERANCE else 0.0,
    )


def _mixed_estimator(model: _PartialModel, contrast: Matrix) -> Estimator | None:
    """The estimator of an effect in a partial model; None where that doesn't tell it either."""
    wanted = contrast[model.columns]
    if not np.isfinite(contrast).all() or not model.size:
        return None
    weights: Matrix = model.spread @ wanted
    if np.linalg.norm(model.matrix.T @ weights - wanted) > _TOLERANCE * np.linalg.norm(wanted):
        return None
    added = {name: float(((weights @ code) ** 2).sum()) for name, code in model.others.items()}
    share = math.sqrt(max(added.values()) / float(((weights @ model.own) ** 2).sum()))
    if share > _TOO_MIXED - _TOLERANCE:
        return None
    mixing = Mixing(
        terms=tuple(name for name, square in added.items() if square > _TOLERANCE),
        share=share,
        unexplained=model.unexplained,
        scale=sum(added.values()) / model.size,
        df=model.df,
    )
    return Estimator(weights=weights, mixing=mixing)


def _orthogonal_codes(term: Term) -> Matrix:
    """A term's columns where its codes are orthogonal, each of mean square 1 over all levels."""
    return reduce(products, map(_helmert_codes, term.factors))


def _helmert_codes(factor: CodedFactor) -> Matrix:
    used, places = np.unique(factor.positions, return_inverse=True)
    return math.sqrt(len(used)) * linalg.helmert(len(used)).T[places]
