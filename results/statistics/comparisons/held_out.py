"""What the best of many really gives: chosen by some of the runs, measured on the others.

The highest of many means is high by luck too. A mean of runs that had no part in the choice is not.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

_Floats = NDArray[np.float64]

# So much is held back of each cell's runs, and of the parts of the examples.
_SHARE = 1 / 3
_FEWEST_SPLITS = 48


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldOut:
    """What the cell with the highest mean gives on runs that had no part in choosing it.

    Args:
        estimate: the mean over the splits, in response units.
        chosen: the share of the splits that chose each cell, `(n_cells,)`.

    Examples:
        >>> held_out(np.array([[[1.0], [1.0]], [[3.0], [3.0]]])).chosen.tolist()
        [0.0, 1.0]
    """

    estimate: float
    chosen: _Floats


def held_out(
    values: _Floats, *, sizes: ArrayLike | None = None, shared: bool = False, seed: int = 0
) -> HeldOut:
    """Choose the cell with the highest mean by some runs and examples; measure it on the others.

    A third of each cell's runs is held back, and a third of the examples, if there is more than one
    part of these; the mean over many such splits, in which each run and each part is held back
    equally often, has no bias for the cell that two thirds choose, whatever the cells are like. It
    is less than the cell that all runs choose by what the last third helps to choose better.

    Source: cross-validation of the whole choice, as in Varma & Simon 2006; for the bias of the
    highest mean, Andrews, Kitagawa & McCloskey 2024, Inference on Winners.

    Args:
        values: what each run of each cell gave on each part of the examples,
            `(n_cells, n_seeds, n_parts)`; NaN where there is no run. Each cell has two runs or
            more.
        sizes: how much each part of the examples counts, `(n_parts,)`; None: all alike.
        shared: whether a column is a seed that cells share, which is then held back in all.
        seed: what the splits are drawn from.

    Examples:
        >>> lucky = np.array([[[0.0], [0.0], [9.0]], [[1.0], [1.0], [1.0]]])
        >>> round(held_out(lucky).estimate, 2)
        0.33
    """
    rng = np.random.default_rng(seed)
    weights = np.ones(values.shape[2]) if sizes is None else np.asarray(sizes, dtype=float)
    present = np.isfinite(values[:, :, 0])
    counts = present.sum(axis=1, keepdims=True)
    held_counts = np.ceil(counts * _SHARE).astype(int)
    n_parts, turns = values.shape[2], int(counts.max())
    blocks = n_parts * math.ceil(_FEWEST_SPLITS / turns / n_parts)
    filled = np.where(present[:, :, np.newaxis], values, 0.0)
    cells = np.arange(len(values))
    estimate, chosen = 0.0, np.zeros(len(values))
    for block in range(blocks):
        held_parts, other_parts = _parts(block, n_parts)
        measure = filled[:, :, held_parts] @ _normalised(weights[held_parts])
        choose_by = filled[:, :, other_parts] @ _normalised(weights[other_parts])
        places = _shuffled(present, shared=shared, rng=rng)
        for turn in range(turns):
            held = present & ((places + turn) % counts < held_counts)
            others = present & ~held
            means = (choose_by * others).sum(axis=1) / others.sum(axis=1)
            best = int(cells[means.argmax()])
            estimate += float(measure[best][held[best]].mean())
            chosen[best] += 1
    splits = blocks * turns
    return HeldOut(estimate=estimate / splits, chosen=chosen / splits)


def _parts(block: int, n_parts: int) -> tuple[list[int], list[int]]:
    """The parts of the examples that are held back, and those to choose by."""
    if n_parts == 1:
        return [0], [0]
    held = [(block + step) % n_parts for step in range(math.ceil(n_parts * _SHARE))]
    return held, [part for part in range(n_parts) if part not in held]


def _normalised(weights: _Floats) -> _Floats:
    return weights / weights.sum()


def _shuffled(
    present: NDArray[np.bool_], *, shared: bool, rng: np.random.Generator
) -> NDArray[np.int64]:
    """The place of each run among those of its cell, in a random order; the missing come last."""
    keys = rng.random((1 if shared else len(present), present.shape[1]))
    order = np.argsort(np.where(present, keys, np.inf), axis=1, kind="stable")
    return np.argsort(order, axis=1)
