"""Lattices made by hand, for tests of what is computed from them."""

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from results.analysis.lattice import Lattice
from results.runs.runs import Runs


def make(
    factors: Mapping[str, Sequence],
    accuracy: Callable[[Mapping[str, object], int], float],
    *,
    seeds: int = 3,
    trained: Callable[[Mapping[str, object], int], bool] = lambda cell, seed: True,
) -> Lattice:
    """Every combination of the levels; accuracy and outcome by cell and seed.

    The trial of the second cell and the first seed has the id `1-0`.
    """
    cells = tuple(itertools.product(*factors.values()))
    named = [dict(zip(factors, cell, strict=True)) for cell in cells]
    runs = [[accuracy(cell, seed) for seed in range(seeds)] for cell in named]
    outcomes = [[trained(cell, seed) for seed in range(seeds)] for cell in named]
    return Lattice(
        factors={name: tuple(levels) for name, levels in factors.items()},
        cells=cells,
        seeds=tuple(range(seeds)),
        accuracy=np.array(runs, dtype=float).reshape(len(cells), seeds),
        trained=np.array(outcomes, dtype=bool).reshape(len(cells), seeds),
        trial_ids=tuple(
            tuple(f"{number}-{seed}" for seed in range(seeds)) for number in range(len(cells))
        ),
    )


def notebook_factors() -> dict[str, tuple[str, str]]:
    """The five factors of the space `full`."""
    return {
        "normalization": ("none", "range"),
        "optimizer": ("sgd", "adam"),
        "loss": ("categorical_crossentropy", "mse"),
        "activation": ("relu", "sigmoid"),
        "filter_order": ("ascending", "descending"),
    }


def kept(lattice, keep):
    """The lattice with only some of its cells."""
    named = [dict(zip(lattice.factors, cell, strict=True)) for cell in lattice.cells]
    places = [n for n, cell in enumerate(named) if keep(cell)]
    return dataclasses.replace(
        lattice,
        cells=tuple(lattice.cells[n] for n in places),
        accuracy=lattice.accuracy[places],
        trained=lattice.trained[places],
        trial_ids=tuple(lattice.trial_ids[n] for n in places),
    )


def runs(lattice: Lattice, *, shared: bool = False) -> Runs:
    """The lattice as runs without gaps."""
    return Runs(
        factors=lattice.factors,
        cells=lattice.cells,
        seeds=lattice.seeds,
        present=np.ones_like(lattice.trained),
        response=lattice.accuracy,
        learned=lattice.trained,
        shared=shared,
    )
