"""What a set of cells can tell of main effects and two-factor interactions, and what not.

Both come from the model's matrix, one row per cell: a combination of its coefficients that leaves
every cell as it is can't be seen, and an effect that such a combination changes is aliased. Effects
of three factors and more are taken to be absent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import combinations

import numpy as np

from results.statistics.linear_model import CodedFactor, Matrix, Term, crossed
from search_spaces import Level

MEAN = "the mean"
_TOLERANCE = 1e-9
_ORDER = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CellModel:
    """Main effects and two-factor interactions over cells.

    Args:
        terms: the main effects, then the interactions.
        matrix: a column of the constant, then those of the terms, `(n_cells, n_columns)`.
        spread: the matrix that takes responses of the cells to coefficients,
            `(n_columns, n_cells)`.
        unknown: the combinations of coefficients that no cell shows, `(n_columns, n_unknown)`.

    Examples:
        >>> model = cell_model({"A": ("-", "+"), "B": ("-", "+")}, [("-", "-"), ("+", "+")])
        >>> [term.name for term in model.terms]
        ['A', 'B', 'A:B']
        >>> model.unknown.shape
        (4, 2)
    """

    terms: tuple[Term, ...]
    matrix: Matrix
    spread: Matrix
    unknown: Matrix


def cell_model(
    factors: Mapping[str, Sequence[Level]], cells: Sequence[Sequence[Level]]
) -> CellModel:
    """The model of these cells.

    Args:
        factors: the levels of each factor, two or more; a cell need not have each of them.
        cells: one cell or more, each with one level of each factor, in the order of the factors.

    Examples:
        >>> factors = {"A": ("-", "+"), "B": ("-", "+")}
        >>> whole = cell_model(factors, [("-", "-"), ("-", "+"), ("+", "-"), ("+", "+")])
        >>> whole.unknown.shape
        (4, 0)
    """
    coded = [
        CodedFactor(
            name=name,
            levels=tuple(levels),
            positions=np.array([list(levels).index(cell[place]) for cell in cells], dtype=np.intp),
        )
        for place, (name, levels) in enumerate(factors.items())
    ]
    terms, matrix = crossed(coded, [], rows=len(cells), order=_ORDER)
    left, sizes, right = np.linalg.svd(matrix)
    rank = int((sizes > _TOLERANCE * np.sqrt(len(cells))).sum())
    spread = (right[:rank].T / sizes[:rank]) @ left[:, :rank].T
    return CellModel(terms=terms, matrix=matrix, spread=spread, unknown=right[rank:].T)


def contrast_weights(model: CellModel) -> dict[tuple[str, str], Matrix | None]:
    """For each term and its compared levels, the weight of each cell, `(n_cells,)`.

    The weighted sum of the cells' means is the effect, as in `results.effects.effects`. An effect
    that is aliased has None instead.

    Examples:
        >>> factors = {"A": ("-", "+"), "B": ("-", "+")}
        >>> cells = [("-", "-"), ("-", "+"), ("+", "-"), ("+", "+")]
        >>> contrast_weights(cell_model(factors, cells))["A", "- → +"].round(6).tolist()
        [-0.5, -0.5, 0.5, 0.5]
        >>> contrast_weights(cell_model(factors, cells[1:3]))["A", "- → +"] is None
        True
    """
    return {key: exact_weights(model, contrast) for key, contrast in contrasts(model).items()}


def contrasts(model: CellModel) -> dict[tuple[str, str], Matrix]:
    """For each term and its compared levels, the effect as a sum of coefficients, `(n_columns,)`.

    It has NaN where one of the levels is in no cell.

    Examples:
        >>> model = cell_model({"A": ("-", "+"), "B": ("-", "+")}, [("-", "-"), ("+", "+")])
        >>> contrasts(model)["B", "- → +"].tolist()
        [0.0, 0.0, -2.0, 0.0]
    """
    return {
        (term.name, levels): _contrast(model, [(term.columns, contrast)])
        for term in model.terms
        for levels, contrast in zip(term.comparisons, term.contrasts, strict=True)
    }


def exact_weights(model: CellModel, contrast: Matrix) -> Matrix | None:
    """The weight of each cell, `(n_cells,)`, for a sum of coefficients; None: it is aliased.

    Args:
        model: the model of the cells.
        contrast: what each coefficient is multiplied by, `(n_columns,)`.

    Examples:
        >>> model = cell_model({"A": ("-", "+"), "B": ("-", "+")}, [("-", "-"), ("+", "+")])
        >>> exact_weights(model, np.array([0, 1, 1, 0])).round(6).tolist()
        [0.5, -0.5]
        >>> exact_weights(model, np.array([0, 1, 0, 0])) is None
        True
    """
    doubt = np.linalg.norm(contrast @ model.unknown)
    # False for the NaN of an unused level, too.
    can_be_told = doubt < _TOLERANCE * np.linalg.norm(contrast)
    return contrast @ model.spread if can_be_told else None


def difference_weights(
    model: CellModel, factor: str, levels: tuple[Level, Level], scope: Mapping[str, Level]
) -> Matrix | None:
    """The weight of each cell, `(n_cells,)`, for the second level minus the first; None: aliased.

    Args:
        model: the model of the cells.
        factor: the name of the factor whose levels are compared.
        levels: the first level and the second.
        scope: for each factor that the difference is limited in, the level it is limited to.

    Examples:
        >>> factors = {"A": ("-", "+"), "B": ("-", "+")}
        >>> model = cell_model(factors, [("-", "-"), ("-", "+"), ("+", "-"), ("+", "+")])
        >>> weights = difference_weights(model, "A", ("-", "+"), {"B": "+"})
        >>> np.allclose(weights, [0, -1, 0, 1])
        True
    """
    return exact_weights(model, difference_contrast(model, factor, levels, scope))


def difference_contrast(
    model: CellModel, factor: str, levels: tuple[Level, Level], scope: Mapping[str, Level]
) -> Matrix:
    """The second level minus the first as a sum of coefficients, `(n_columns,)`.

    The difference is averaged over all levels of the other factors; of a factor in `scope`, only
    the level given there counts.

    Args:
        model: the model of the cells.
        factor: the name of the factor whose levels are compared.
        levels: the first level and the second.
        scope: for each factor that the difference is limited in, the level it is limited to.

    Examples:
        >>> factors = {"A": ("-", "+"), "B": ("-", "+")}
        >>> model = cell_model(factors, [("-", "-"), ("-", "+"), ("+", "-"), ("+", "+")])
        >>> difference_contrast(model, "A", ("-", "+"), {"B": "+"}).tolist()
        [0.0, -2.0, 0.0, 2.0]
    """
    parts: list[tuple[slice, Matrix]] = []
    for term in model.terms:
        names = [coded.name for coded in term.factors]
        if factor in names and {*names} <= {factor, *scope}:
            rows = [
                _between(coded, levels) if coded.name == factor else _at(coded, scope[coded.name])
                for coded in term.factors
            ]
            parts.append((term.columns, reduce(np.kron, rows)))
    return _contrast(model, parts)


def alias_groups(model: CellModel) -> tuple[tuple[str, ...], ...]:
    """The groups of terms that can't be told from each other, in the order of the model.

    A group of one is a term of which only some contrasts can be told.

    Examples:
        >>> half = [("-", "-", "+"), ("-", "+", "-"), ("+", "-", "-"), ("+", "+", "+")]
        >>> alias_groups(cell_model({name: ("-", "+") for name in "ABC"}, half))
        (('A', 'B:C'), ('B', 'A:C'), ('C', 'A:B'))
    """
    places = [(MEAN, slice(0, 1)), *((term.name, term.columns) for term in model.terms)]
    parts = [model.unknown[columns] for _, columns in places]
    groups: list[set[int]] = [{n} for n, part in enumerate(parts) if _is_nonzero(part)]
    for first, second in combinations(range(len(parts)), 2):
        # A block of the projection onto what is unknown: if it isn't 0, both terms go together.
        if _is_nonzero(parts[first] @ parts[second].T):
            overlapping = [group for group in groups if group & {first, second}]
            groups = [group for group in groups if group not in overlapping]
            groups.append({number for group in overlapping for number in group})
    ordered = sorted(sorted(group) for group in groups)
    return tuple(tuple(places[n][0] for n in group) for group in ordered)


def _is_nonzero(part: Matrix) -> bool:
    return bool(np.abs(part).max(initial=0.0) > _TOLERANCE)


def _between(factor: CodedFactor, levels: tuple[Level, Level]) -> Matrix:
    return _at(factor, levels[1]) - _at(factor, levels[0])


def _at(factor: CodedFactor, level: Level) -> Matrix:
    return factor.coding[factor.levels.index(level)]


def _contrast(model: CellModel, parts: Sequence[tuple[slice, Matrix]]) -> Matrix:
    """A contrast of all coefficients, `(n_columns,)`, from what it has in some of the columns."""
    contrast = np.zeros(len(model.spread))
    for columns, part in parts:
        contrast[columns] = part
    return contrast
