"""What the cells of a design can't tell, in words, and how a fraction's effects are estimated."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.analysis.lattice import Lattice
from results.statistics.aliases import (
    CellModel,
    alias_groups,
    cell_model,
    contrast_weights,
    difference_weights,
)
from search_spaces import Cell, Claim, Endpoint, Level

_Weights = NDArray[np.floating]
_NAMED = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fraction:
    """How effects are estimated from part of all combinations: from all healthy cells together.

    Args:
        cells: numbers of the lattice's healthy cells.
        model: over these.
        weights: of these, for each term and its compared levels; None: can't be told.
        groups: terms that the design itself, were all cells healthy, can't tell from each other.
    """

    cells: NDArray[np.int64]
    model: CellModel
    weights: Mapping[tuple[str, str], _Weights | None]
    groups: tuple[tuple[str, ...], ...]

    def aliases(self, term: str) -> str:
        """The terms that the design can't tell from this one, in words; empty if it tells all."""
        for group in self.groups:
            if term in group:
                return _list([name for name in group if name != term]) or "itself in part"
        return ""


def find_fraction(lattice: Lattice) -> Fraction | None:
    """The fraction that a lattice is; None where it is every combination of its levels.

    An ablation is a fraction too, one whose every effect is aliased.
    """
    healthy = np.flatnonzero(lattice.healthy)
    used = [len(set(levels)) for levels in zip(*lattice.cells, strict=True)]
    if not len(healthy) or len(lattice.cells) == math.prod(used):
        return None
    model = cell_model(lattice.factors, [lattice.cells[number] for number in healthy])
    return Fraction(
        cells=healthy,
        model=model,
        weights=contrast_weights(model),
        groups=alias_groups(cell_model(lattice.factors, lattice.cells)),
    )


def alias_sentences(cells: Sequence[Cell]) -> tuple[str, ...]:
    """What a fraction of these cells can't tell, before any is trained."""
    factors, levels = _varied(cells)
    groups = alias_groups(cell_model(factors, levels))
    if not groups:
        told = "all main effects and two-factor interactions, if no three factors interact"
        return (f"tells {told}",)
    return tuple(
        f"can't tell {first} from {_list(others)}" if others else f"tells {first} in part only"
        for first, *others in groups
    )


def untold_claims(cells: Sequence[Cell], claims: Sequence[Claim]) -> Iterator[tuple[Claim, str]]:
    """The claims that a fraction can't estimate, each with what its factor is aliased with."""
    factors, levels = _varied(cells)
    model = cell_model(factors, levels)
    groups = alias_groups(model)
    for claim in claims:
        pair = (claim.worse, claim.better)
        scope = {name: level for name, level in claim.scope.items() if name in factors}
        there = all(level in factors.get(claim.factor, ()) for level in pair)
        if not there or difference_weights(model, claim.factor, pair, scope) is None:
            group = next((one for one in groups if claim.factor in one), ())
            yield claim, _list([name for name in group if name != claim.factor])


def untested_claims(lattice_cells: Sequence[Cell], claims: Sequence[Claim]) -> Iterator[Claim]:
    """Claims about training at all whose two levels stand beside each other nowhere."""
    there = {frozenset(cell.levels) for cell in lattice_cells}
    for claim in claims:
        beside = (
            frozenset({**dict(cell), claim.factor: claim.better}.items()) in there
            for cell in there
            if dict(cell)[claim.factor] == claim.worse
        )
        if claim.endpoint is Endpoint.TRAINED and not any(beside):
            yield claim


def equivalent_contexts(cells: Sequence[Cell]) -> Mapping[str, int]:
    """For each factor, the contexts in which matched pairs would tell as much as the fraction.

    A difference over n contexts has the variance of 2 / n runs; of the weighted cells it is that of
    the squared weights' sum. The least of the factor's pairs counts, 0 if one is aliased.
    """
    factors, levels = _varied(cells)
    found: dict[str, int] = {}
    for (term, _), weights in contrast_weights(cell_model(factors, levels)).items():
        if term in factors:
            worth = 0 if weights is None else int(2 / float((weights**2).sum()) + 1e-6)
            found[term] = min(worth, found.get(term, worth))
    return {name: worth for name, worth in found.items() if worth}


def _varied(
    cells: Sequence[Cell],
) -> tuple[dict[str, tuple[Level, ...]], list[tuple[Level, ...]]]:
    """The factors that vary, with their levels as they come, and these levels of each cell."""
    names = [name for name, _ in cells[0].levels]
    columns = list(zip(*((level for _, level in cell.levels) for cell in cells), strict=True))
    factors = {
        name: tuple(dict.fromkeys(column))
        for name, column in zip(names, columns, strict=True)
        if len(set(column)) > 1
    }
    varied = [tuple(level for name, level in cell.levels if name in factors) for cell in cells]
    return factors, varied


def _list(names: Sequence[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    return ", ".join(names)
