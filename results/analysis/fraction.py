"""What the cells of a design can't tell, in words, and how a fraction's effects are estimated.

A fraction is part of all combinations of the levels, whichever part: a planned one, an ablation, or
what a lattice has.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.statistics.aliases import (
    CellModel,
    alias_groups,
    cell_model,
    contrast_weights,
    difference_weights,
)
from results.statistics.comparisons.mixing import estimators
from search_spaces import Cell, Claim, Level

# So many terms are named in a sentence; of the others it says how many they are.
_NAMED = 4
_TOLERANCE = 1e-9
# Of the cells that can't be lost so many are looked at; in a regular fraction all are alike.
_LOOKED_AT = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FractionModel:
    """The model by which a fraction's effects are estimated, from all its healthy cells together.

    Args:
        cells: numbers of the lattice's healthy cells, `(n_healthy,)`.
        model: main effects and two-factor interactions over these cells.
        groups: groups of terms that the design itself, were all cells healthy, can't tell from each
            other.

    Examples:
        >>> factors = {"loss": ("mse", "hinge"), "width": (8, 16)}
        >>> three = [("mse", 8), ("mse", 16), ("hinge", 8)]
        >>> fraction_model(factors, three, np.array([True] * 3)).aliases("loss")
        'the mean, width, loss:width'
    """

    cells: NDArray[np.int64]
    model: CellModel
    groups: tuple[tuple[str, ...], ...]

    def aliases(self, term: str) -> str:
        """The terms that the design can't tell from this one, in words; empty if it tells it."""
        for group in self.groups:
            if term in group:
                return _list([name for name in group if name != term]) or "itself in part"
        return ""


def fraction_model(
    factors: Mapping[str, Sequence[Level]],
    cells: Sequence[tuple[Level, ...]],
    healthy: NDArray[np.bool_],
) -> FractionModel | None:
    """The model of a fraction; None where its cells are every combination of their levels.

    An ablation is a fraction too, one whose every effect is aliased. None also where no cell is
    healthy.

    Args:
        factors: the levels of each factor.
        cells: a level of each factor, for each cell.
        healthy: whether each cell learned with every seed, `(n_cells,)`.

    Examples:
        >>> factors = {"loss": ("mse", "hinge"), "width": (8, 16)}
        >>> whole = [("mse", 8), ("mse", 16), ("hinge", 8), ("hinge", 16)]
        >>> fraction_model(factors, whole, np.array([True] * 4)) is None
        True
    """
    numbers = np.flatnonzero(healthy)
    level_counts = [len(set(levels)) for levels in zip(*cells, strict=True)]
    if not len(numbers) or len(cells) == math.prod(level_counts):
        return None
    model = cell_model(factors, [cells[number] for number in numbers.tolist()])
    return FractionModel(
        cells=numbers,
        model=model,
        groups=alias_groups(cell_model(factors, cells)),
    )


def alias_sentences(cells: Sequence[Cell]) -> tuple[str, ...]:
    """The sentences on what a fraction of these cells can't tell, before any is trained.

    Examples:
        >>> triples = [(1, 1, 2), (1, 2, 1), (2, 1, 1), (2, 2, 2)]
        >>> half = [Cell.of(dict(zip("ABC", triple))) for triple in triples]
        >>> alias_sentences(half)
        ("can't tell A from B:C", "can't tell B from A:C", "can't tell C from A:B")
    """
    factors, levels = _varied(cells)
    groups = alias_groups(cell_model(factors, levels))
    if not groups:
        return ("tells all main effects and two-factor interactions, if no three factors interact",)
    return tuple(
        f"can't tell {first} from {_list(others)}" if others else f"tells {first} in part only"
        for first, *others in groups
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What the loss of a single cell would do to the effects that a fraction tells by itself.

    Args:
        fragile: the number of cells that can't be lost without doing it.
        cells: the number of all cells.
        mixed: the number of effects, at worst, that interactions then add to.
        untold: the number of effects, at worst, that aren't told any more.

    Examples:
        >>> loss = Loss(fragile=16, cells=16, mixed=15, untold=0)
        >>> loss.sentence("--design full")
        'no cell to spare: where one fails, 15 effects are mixed with interactions, the intervals
         getting wider as these are larger; --design full keeps them apart'
    """

    fragile: int
    cells: int
    mixed: int
    untold: int

    def sentence(self, sturdier: str) -> str:
        """The loss in words; empty where any single cell can be lost.

        Args:
            sturdier: the options of the design that can lose any single cell.
        """
        if not self.fragile:
            return ""
        which = "one" if self.fragile == self.cells else "one of these"
        spare = "no cell" if self.fragile == self.cells else f"{self.fragile} cells not"
        parts = [f"{_effects(self.untold)} untold"] if self.untold else []
        if self.mixed:
            parts.append(
                f"{_effects(self.mixed)} mixed with interactions, the intervals getting wider as "
                "these are larger"
            )
        return (
            f"{spare} to spare: where {which} fails, {' and '.join(parts)}; {sturdier} keeps them "
            "apart"
        )


def single_loss(cells: Sequence[Cell]) -> Loss:
    """What the loss of a single cell would do to what a fraction tells.

    Args:
        cells: the cells of the fraction, two or more.

    Examples:
        >>> from itertools import product
        >>> quadruples = [levels for levels in product((1, 2), repeat=4) if sum(levels) % 2 == 0]
        >>> single_loss([Cell.of(dict(zip("ABCD", levels))) for levels in quadruples])
        Loss(fragile=8, cells=8, mixed=4, untold=0)
    """
    factors, levels = _varied(cells)
    model = cell_model(factors, levels)
    told = {effect for effect, weights in contrast_weights(model).items() if weights is not None}
    # A cell with a leverage of 1 is the only one that shows some combination of coefficients.
    leverage = np.einsum("nc,cn->n", model.matrix, model.spread)
    fragile = np.flatnonzero(leverage > 1 - _TOLERANCE).tolist()
    worst = (0, 0)
    for lost in fragile[:: math.ceil(len(fragile) / _LOOKED_AT) or 1]:
        remaining = estimators(cell_model(factors, [*levels[:lost], *levels[lost + 1 :]]))
        found = {effect: remaining.get(effect) for effect in told}
        untold = {term for (term, _), estimator in found.items() if estimator is None}
        mixed = {term for (term, _), estimator in found.items() if estimator and estimator.mixing}
        worst = max(worst, (len(untold), len(mixed - untold)))
    return Loss(fragile=len(fragile), cells=len(cells), mixed=worst[1], untold=worst[0])


def untold_claims(cells: Sequence[Cell], claims: Sequence[Claim]) -> Iterator[tuple[Claim, str]]:
    """The claims that a fraction can't estimate, each with the terms that its factor is mixed with.

    Examples:
        >>> triples = [(1, 1, 2), (1, 2, 1), (2, 1, 1), (2, 2, 2)]
        >>> half = [Cell.of(dict(zip("ABC", triple))) for triple in triples]
        >>> claim = Claim(name="more A", text="More A is better.", factor="A", better=2, worse=1)
        >>> [(claim.name, terms) for claim, terms in untold_claims(half, [claim])]
        [('more A', 'B:C')]
    """
    factors, levels = _varied(cells)
    model = cell_model(factors, levels)
    groups = alias_groups(model)
    for claim in claims:
        pair = (claim.worse, claim.better)
        scope = {name: level for name, level in claim.scope.items() if name in factors}
        is_varied = all(level in factors.get(claim.factor, ()) for level in pair)
        if not is_varied or difference_weights(model, claim.factor, pair, scope) is None:
            group = next((terms for terms in groups if claim.factor in terms), ())
            yield claim, _list([name for name in group if name != claim.factor])


def equivalent_contexts(cells: Sequence[Cell]) -> Mapping[str, int]:
    """For each factor, the number of contexts whose matched pairs tell as much as the fraction.

    A difference over n contexts has 2 / n times the variance of a run, one of weighted cells the
    sum of the squared weights times that. The least of the factor's pairs of levels counts; a
    factor of which a pair is aliased is left out.

    Examples:
        >>> from itertools import product
        >>> quadruples = [levels for levels in product((1, 2), repeat=4) if sum(levels) % 2 == 0]
        >>> equivalent_contexts([Cell.of(dict(zip("ABCD", levels))) for levels in quadruples])
        {'A': 4, 'B': 4, 'C': 4, 'D': 4}
    """
    factors, levels = _varied(cells)
    contexts: dict[str, int] = {}
    for (term, _), weights in contrast_weights(cell_model(factors, levels)).items():
        if term in factors:
            worth = 0 if weights is None else int(2 / float((weights**2).sum()) + 1e-6)
            contexts[term] = min(worth, contexts.get(term, worth))
    return {name: worth for name, worth in contexts.items() if worth}


def _varied(
    cells: Sequence[Cell],
) -> tuple[dict[str, tuple[Level, ...]], list[tuple[Level, ...]]]:
    """The factors that vary, with the levels they have in the cells, and each cell's levels."""
    names = [name for name, _ in cells[0].levels]
    columns = list(zip(*((level for _, level in cell.levels) for cell in cells), strict=True))
    factors = {
        name: tuple(dict.fromkeys(column))
        for name, column in zip(names, columns, strict=True)
        if len(set(column)) > 1
    }
    varied = [tuple(level for name, level in cell.levels if name in factors) for cell in cells]
    return factors, varied


def _effects(count: int) -> str:
    return f"{count} effect{'s are' if count > 1 else ' is'}"


def _list(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return ", ".join(names)
