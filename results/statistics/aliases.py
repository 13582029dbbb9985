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
        spread: from responses of the cells to coefficients, `(n_columns, n_cells)`.
        unknown: combinations of coefficients that no cell shows, `(n_columns, n_unknown)`.
    """

    terms: tuple[Term, ...]
    spread: Matrix
    unknown: Matrix


def cell_model(
    factors: Mapping[str, Sequence[Level]], cells: Sequence[Sequence[Level]]
) -> CellModel:
    """The model of these cells, one or more.

    Args:
        factors: levels of each, two or more, used or not.
        cells: a level of each factor, in their order.
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
    return CellModel(terms=terms, spread=spread, unknown=right[rank:].T)


def contrast_weights(model: CellModel) -> dict[tuple[str, str], Matrix | None]:
    """For each term and its compared levels, the weight of each cell `(n_cells)`; None: aliased.

    The weighted sum of the cells' means is the effect, as in `results.effects.effects`.
    """
    return {
        (term.name, levels): _weights(model, _placed(model, [(term.columns, contrast)]))
        for term in model.terms
        for levels, contrast in zip(term.comparisons, term.contrasts, strict=True)
    }


def difference_weights(
    model: CellModel, factor: str, levels: tuple[Level, Level], scope: Mapping[str, Level]
) -> Matrix | None:
    """The weights of the second level minus the first, averaged over the levels of all factors.

    Of those in `scope`, only the level there counts. None: aliased.
    """
    parts: list[tuple[slice, Matrix]] = []
    for term in model.terms:
        names = [each.name for each in term.factors]
        if factor in names and {*names} <= {factor, *scope}:
            rows = [
                _between(each, levels) if each.name == factor else _at(each, scope[each.name])
                for each in term.factors
            ]
            parts.append((term.columns, reduce(np.kron, rows)))
    return _weights(model, _placed(model, parts))


def alias_groups(model: CellModel) -> tuple[tuple[str, ...], ...]:
    """Terms that can't be told from each other, in the order of the model.

    A group of one is a term of which only some contrasts can be told.
    """
    places = [(MEAN, slice(0, 1)), *((term.name, term.columns) for term in model.terms)]
    parts = [model.unknown[columns] for _, columns in places]
    # Of the projection onto what is unknown: blocks that are not 0 belong together.
    groups: list[set[int]] = [{n} for n, part in enumerate(parts) if _is_there(part)]
    for one, other in combinations(range(len(parts)), 2):
        if _is_there(parts[one] @ parts[other].T):
            joined = [group for group in groups if one in group or other in group]
            groups = [group for group in groups if group not in joined]
            groups.append({number for group in joined for number in group})
    ordered = sorted(sorted(group) for group in groups)
    return tuple(tuple(places[n][0] for n in group) for group in ordered)


def _is_there(part: Matrix) -> bool:
    return bool(np.abs(part).max(initial=0.0) > _TOLERANCE)


def _between(factor: CodedFactor, levels: tuple[Level, Level]) -> Matrix:
    return _at(factor, levels[1]) - _at(factor, levels[0])


def _at(factor: CodedFactor, level: Level) -> Matrix:
    return factor.coding[factor.levels.index(level)]


def _placed(model: CellModel, parts: Sequence[tuple[slice, Matrix]]) -> Matrix:
    """A contrast of all coefficients, `(n_columns)`."""
    contrast = np.zeros(len(model.spread))
    for columns, part in parts:
        contrast[columns] = part
    return contrast


def _weights(model: CellModel, contrast: Matrix) -> Matrix | None:
    doubt = np.linalg.norm(contrast @ model.unknown)
    # False for the NaN of an unused level, too.
    known = doubt < _TOLERANCE * np.linalg.norm(contrast)
    return contrast @ model.spread if known else None
