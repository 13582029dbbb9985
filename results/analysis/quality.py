"""Quality where everything trained: what each factor does, in which context, and how sure that is.

The second part of the analysis; the first, which cells train at all, is
`results.analysis.failures`. Effects are averages over the contexts in which every compared cell
trained with every seed, each context with equal weight, so a failed training never enters an
accuracy.
"""

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.analysis.fraction import Fraction, find_fraction
from results.analysis.lattice import Context, Lattice, find_contexts, level_pairs
from results.statistics.contrast import (
    Contrast,
    Improvement,
    Noise,
    estimate_contrast,
    holm,
    probability_of_improvement,
    residual_noise,
)
from results.statistics.factorial import anova, effects
from results.statistics.levene import levene_p
from results.statistics.unreplicated import Lenth, half_normal, lenth
from search_spaces import Level

# Half the width of the region of practical equivalence: 0.10 percentage points of accuracy.
ROPE = 0.001
_Floats = NDArray[np.float64]
_MAIN = np.array([-1.0, 1.0])
# Cells in the order first-first, second-first, first-second, second-second: half the difference of
# the two simple effects.
_INTERACTION = np.array([0.5, -0.5, -0.5, 0.5])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A main effect, an interaction or a simple effect.

    Args:
        term: `A`, or `A:B` for an interaction.
        levels: the compared levels, as `none → range`; the effect is that of the second.
        context: of a simple effect, the levels of the other factors; else None.
        contexts: how many there are in the lattice.
        healthy: in how many of them everything trained; the others are left out.
        accuracy: the contrast of test accuracies, 0-1; None where nothing is healthy.
        log_error: the contrast of log error rates; its exponential is a ratio of errors.
        improvement: share of (context, seed) pairs, failed runs the worst, in which the second
            level wins; None for interactions.
        holm_p: of `accuracy`, adjusted over all main effects and interactions; NaN for a simple
            effect.
        by_model: whether it is estimated from all healthy cells of a fraction together, which
            `contexts` and `healthy` then count.
        aliased: what a fraction can't tell it from; empty where it is told.
    """

    term: str
    levels: str
    context: Context | None
    contexts: int
    healthy: int
    accuracy: Contrast | None
    log_error: Contrast | None
    improvement: Improvement | None = None
    holm_p: float = float("nan")
    by_model: bool = False
    aliased: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quality:
    """All effects of a study, and what they rest on.

    Args:
        effects: main effects first, then interactions, in declared order.
        simple: simple effects, by factor and context.
        noise: of one run, accuracy 0-1, over all cells that trained with every seed.
        levene_p: of Levene's test that these cells are equally noisy; NaN where it can't be had.
        anova: sums of squares of log error rates over these cells; None where there are too few.
        lenth: for one seed, the limits that an effect on log error must pass; else None.
        half_normal: for one seed, the effects in order of size.
    """

    effects: tuple[Effect, ...]
    simple: tuple[Effect, ...]
    noise: Noise
    levene_p: float
    anova: pd.DataFrame | None
    lenth: Lenth | None
    half_normal: pd.DataFrame | None


def analyse_quality(lattice: Lattice, *, images: int) -> Quality:
    """The effects in a lattice.

    Args:
        lattice: of a study.
        images: test images behind each accuracy.
    """
    scales = _Scales(
        accuracy=_response(lattice, lattice.accuracy),
        log_error=_response(lattice, log_error_rate(lattice.accuracy, images=images)),
    )
    comparisons = [
        (factor, pair) for factor, levels in lattice.factors.items() for pair in level_pairs(levels)
    ]
    matched = [_main_effect(lattice, scales, *compared) for compared in comparisons]
    matched += [
        _interaction(lattice, scales, first, second)
        for first, second in itertools.combinations(comparisons, 2)
        if first[0] != second[0]
    ]
    fraction = find_fraction(lattice)
    frame = _healthy_frame(lattice, scales.log_error.y)
    screened = _unreplicated_effects(lattice, frame)
    return Quality(
        effects=_adjusted(
            matched
            if fraction is None
            else [_of_fraction(effect, fraction, lattice, scales) for effect in matched]
        ),
        simple=tuple(
            effect
            for compared in comparisons
            for effect in _simple_effects(lattice, scales, *compared)
        ),
        noise=scales.accuracy.noise,
        levene_p=levene_p(lattice.accuracy[lattice.healthy]),
        anova=_anova(lattice, frame),
        lenth=None if screened is None else lenth(screened["estimate"].tolist()),
        half_normal=None if screened is None else half_normal(screened),
    )


def log_error_rate(accuracy: _Floats, *, images: int) -> _Floats:
    """Log of the error rate, half an error added so that no error at all has one too.

    Args:
        accuracy: 0-1, any shape.
        images: test images behind each.
    """
    errors = np.rint((1 - accuracy) * images)
    return np.log((errors + 0.5) / (images + 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Response:
    """One scale: values `(n_cells, n_seeds)`, and the noise of the healthy cells."""

    y: _Floats
    noise: Noise


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scales:
    accuracy: _Response
    log_error: _Response


def _response(lattice: Lattice, values: _Floats) -> _Response:
    healthy = values[lattice.healthy]
    if len(healthy) < 2:
        nothing = Noise(mean_square=math.nan, df=0, cells=0, seeds=len(lattice.seeds))
        return _Response(y=values, noise=nothing)
    return _Response(y=values, noise=residual_noise(healthy))


def _of_fraction(effect: Effect, fraction: Fraction, lattice: Lattice, scales: _Scales) -> Effect:
    """The effect by all healthy cells of a fraction; as it was where these can't tell it."""
    weights = fraction.weights.get((effect.term, effect.levels))
    if weights is None:
        return dataclasses.replace(effect, aliased=fraction.aliases(effect.term))

    def contrast(response: _Response) -> Contrast:
        return estimate_contrast(response.y[fraction.cells], weights, noise=response.noise)

    return dataclasses.replace(
        effect,
        contexts=len(lattice.cells),
        healthy=len(fraction.cells),
        accuracy=contrast(scales.accuracy),
        log_error=contrast(scales.log_error),
        by_model=True,
    )


def _main_effect(
    lattice: Lattice, scales: _Scales, factor: str, pair: tuple[Level, Level]
) -> Effect:
    found = find_contexts(lattice, factor, pair)
    cells = found.cells[found.healthy]
    return Effect(
        term=factor,
        levels=_arrow(pair),
        context=None,
        contexts=len(found.contexts),
        healthy=len(cells),
        accuracy=_contrast(scales.accuracy, cells, _MAIN),
        log_error=_contrast(scales.log_error, cells, _MAIN),
        improvement=_improvement(lattice, found.cells),
    )


def _simple_effects(
    lattice: Lattice, scales: _Scales, factor: str, pair: tuple[Level, Level]
) -> Iterator[Effect]:
    found = find_contexts(lattice, factor, pair)
    for context, cells, healthy in zip(found.contexts, found.cells, found.healthy, strict=True):
        compared = cells[np.newaxis] if healthy else found.cells[:0]
        yield Effect(
            term=factor,
            levels=_arrow(pair),
            context=context,
            contexts=1,
            healthy=int(healthy),
            accuracy=_contrast(scales.accuracy, compared, _MAIN),
            log_error=_contrast(scales.log_error, compared, _MAIN),
            improvement=_improvement(lattice, cells[np.newaxis]),
        )


def _interaction(
    lattice: Lattice,
    scales: _Scales,
    first: tuple[str, tuple[Level, Level]],
    second: tuple[str, tuple[Level, Level]],
) -> Effect:
    cells = _squares(lattice, first, second)
    healthy = cells[lattice.healthy[cells].all(axis=1)]
    return Effect(
        term=f"{first[0]}:{second[0]}",
        levels=f"{_arrow(first[1])}, {_arrow(second[1])}",
        context=None,
        contexts=len(cells),
        healthy=len(healthy),
        accuracy=_contrast(scales.accuracy, healthy, _INTERACTION),
        log_error=_contrast(scales.log_error, healthy, _INTERACTION),
    )


def _squares(
    lattice: Lattice,
    first: tuple[str, tuple[Level, Level]],
    second: tuple[str, tuple[Level, Level]],
) -> NDArray[np.int64]:
    """The cells of each 2 by 2 square of two pairs of levels, `(n_contexts, 4)`."""
    found = find_contexts(lattice, first[0], first[1])
    rows = dict(zip((tuple(c.items()) for c in found.contexts), found.cells, strict=True))
    low, high = second[1]
    squares: list[NDArray[np.int64]] = []
    for context, cells in rows.items():
        beside = tuple((name, high if name == second[0] else level) for name, level in context)
        if dict(context)[second[0]] == low and beside in rows:
            squares.append(np.concatenate([cells, rows[beside]]))
    return np.array(squares, dtype=np.int64).reshape(-1, 4)


def _contrast(response: _Response, cells: NDArray[np.int64], signs: _Floats) -> Contrast | None:
    """The signed cells of each context, averaged over the contexts `(n_contexts, n_signs)`."""
    if not len(cells):
        return None
    weights = np.tile(signs / len(cells), len(cells))
    return estimate_contrast(response.y[cells.ravel()], weights, noise=response.noise)


def _improvement(lattice: Lattice, cells: NDArray[np.int64]) -> Improvement | None:
    if not len(cells):
        return None
    quality = np.where(lattice.trained, lattice.accuracy, np.nan)
    return probability_of_improvement(quality[cells[:, 1]], quality[cells[:, 0]])


def _adjusted(family: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects with p-values by Holm over the whole family."""
    raw = [effect.accuracy.p_value if effect.accuracy else math.nan for effect in family]
    return tuple(
        dataclasses.replace(effect, holm_p=float(adjusted))
        for effect, adjusted in zip(family, holm(raw), strict=True)
    )


def _healthy_frame(lattice: Lattice, log_error: _Floats) -> pd.DataFrame:
    """The runs of the healthy cells: factors that still vary among them, seed, log error."""
    rows = [
        {**dict(zip(lattice.factors, cell, strict=True)), "seed": seed, "log_error": value}
        for cell, healthy, values in zip(lattice.cells, lattice.healthy, log_error, strict=True)
        if healthy
        for seed, value in zip(lattice.seeds, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*lattice.factors, "seed", "log_error"])


def _present(lattice: Lattice, frame: pd.DataFrame) -> dict[str, tuple[Level, ...]]:
    """The factors that vary in the frame, with those of their levels that are there."""
    found = {
        name: tuple(level for level in levels if level in set(frame[name]))
        for name, levels in lattice.factors.items()
    }
    return {name: levels for name, levels in found.items() if len(levels) > 1}


def _anova(lattice: Lattice, frame: pd.DataFrame) -> pd.DataFrame | None:
    factors = _present(lattice, frame)
    if not factors:
        return None
    block = "seed" if len(lattice.seeds) > 1 else None
    return anova(frame, factors, "log_error", block=block)


def _unreplicated_effects(lattice: Lattice, frame: pd.DataFrame) -> pd.DataFrame | None:
    """All effects of one run of each cell, if the healthy cells are a whole two-level lattice."""
    factors = _present(lattice, frame)
    two_level = all(len(levels) == 2 for levels in factors.values())
    whole = len(frame) == 2 ** len(factors)
    if len(lattice.seeds) != 1 or len(factors) < 2 or not (two_level and whole):
        return None
    return effects(frame, factors, "log_error", order=len(factors))


def _arrow(pair: tuple[Level, Level]) -> str:
    return f"{pair[0]} → {pair[1]}"
