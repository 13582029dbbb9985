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

from results.analysis.fraction import FractionModel, fraction_model
from results.analysis.lattice import Context, Lattice, find_contexts, level_pairs
from results.statistics.bartlett import bartlett_p
from results.statistics.comparisons.mixing import Estimator, estimators
from results.statistics.comparisons.placements import win_probability
from results.statistics.contrast import Contrast, Fitting, estimate_contrast, holm, with_error
from results.statistics.error import Noise, StandardError, noise_of
from results.statistics.factorial import anova, effects
from results.statistics.unreplicated import Lenth, half_normal, lenth
from search_spaces import Level

_Floats = NDArray[np.float64]
# A factor and the two of its levels that are compared.
_Comparison = tuple[str, tuple[Level, Level]]
# The signs of the two cells of a context, the first level's before the second's.
_MAIN = np.array([-1.0, 1.0])
# The signs of the four cells of a context, in the order first-first, second-first, first-second,
# second-second: half the difference of the two simple effects.
_INTERACTION = np.array([0.5, -0.5, -0.5, 0.5])


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A main effect, an interaction or a simple effect.

    Args:
        term: name of the term, `A`, or `A:B` for an interaction.
        levels: the compared levels, as `none → range`; the effect is that of the second.
        context: the levels of the other factors for a simple effect; else None.
        contexts: number of contexts in the lattice.
        healthy: number of contexts in which everything trained; the others are left out.
        accuracy: contrast of the test accuracies, 0-1; None where nothing is healthy.
        log_error: contrast of the log error rates; its exponential is a ratio of errors.
        wins: share of pairs of runs in the same context, failed runs the worst, in which the second
            level wins, 0-1; NaN for interactions.
        holm_p: p-value of `accuracy`, adjusted by Holm over all main effects and interactions; NaN
            for a simple effect.
        by_model: whether the effect is estimated from all healthy cells of a fraction together;
            then `contexts` is the number of its cells and `healthy` that of its healthy ones.
        aliased: the terms that a fraction can't tell the effect from, in words; empty where it can.
        mixed: what interactions add to the effect, as healthy cells are too few to keep them apart,
            in words; its intervals have room for that. Empty where nothing is added.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> quality = analyse_quality(make_lattice(load_study(directory)), images=40)
        >>> effect = quality.effects[0]
        >>> f"{effect.term}, {effect.levels}: {100 * effect.accuracy.estimate:+.2f} points"
        'normalization, none → range: +5.42 points'
        >>> effect.wins
        1.0
    """

    term: str
    levels: str
    context: Context | None
    contexts: int
    healthy: int
    accuracy: Contrast | None
    log_error: Contrast | None
    wins: float = float("nan")
    holm_p: float = float("nan")
    by_model: bool = False
    aliased: str = ""
    mixed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quality:
    """All effects of a study, and what they rest on.

    Args:
        effects: the main effects, then the interactions, in declared order.
        simple: the simple effects, by factor and context.
        noise: noise of one run's accuracy (0-1) over all cells that trained with every seed.
        bartlett_p: p-value of Bartlett's test that these cells are equally noisy; NaN where it
            can't be had.
        anova: sums of squares of log error rates over these cells; None where there are too few.
        lenth: the limits that an effect on log error must pass, for one seed of every combination
            of two levels each; else None.
        half_normal: the effects in order of size, where `lenth` is given; else None.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> quality = analyse_quality(make_lattice(load_study(directory)), images=40)
        >>> [effect.term for effect in quality.effects]
        ['normalization', 'loss', 'normalization:loss']
        >>> len(quality.simple), quality.noise.df, quality.lenth
        (4, 6, None)
    """

    effects: tuple[Effect, ...]
    simple: tuple[Effect, ...]
    noise: Noise
    bartlett_p: float
    anova: pd.DataFrame | None
    lenth: Lenth | None
    half_normal: pd.DataFrame | None


def analyse_quality(lattice: Lattice, *, images: int) -> Quality:
    """The effects in a lattice.

    Args:
        lattice: the cells and seeds of a study.
        images: number of test images behind each accuracy.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> quality = analyse_quality(make_lattice(load_study(directory)), images=40)
        >>> [(effect.levels, round(effect.accuracy.estimate, 4)) for effect in quality.simple[:2]]
        [('none → range', 0.0583), ('none → range', 0.05)]
    """
    scales = _Scales(
        accuracy=_response(lattice, lattice.accuracy),
        log_error=_response(lattice, log_error_rate(lattice.accuracy, images=images)),
    )
    comparisons = [
        (factor, pair) for factor, levels in lattice.factors.items() for pair in level_pairs(levels)
    ]
    family = [_main_effect(lattice, scales, *comparison) for comparison in comparisons]
    family += [
        _interaction(lattice, scales, first, second)
        for first, second in itertools.combinations(comparisons, 2)
        if first[0] != second[0]
    ]
    if fraction := fraction_model(lattice.factors, lattice.cells, lattice.healthy):
        family = _fraction_effects(family, fraction, lattice, scales)
    frame = _healthy_frame(lattice, scales.log_error.y)
    unreplicated = _unreplicated_effects(lattice, frame)
    return Quality(
        effects=_with_holm(family),
        simple=tuple(
            effect
            for comparison in comparisons
            for effect in _simple_effects(lattice, scales, *comparison)
        ),
        noise=scales.accuracy.noise,
        bartlett_p=bartlett_p(lattice.accuracy[lattice.healthy]),
        anova=_anova(lattice, frame),
        lenth=None if unreplicated is None else lenth(unreplicated["estimate"].tolist()),
        half_normal=None if unreplicated is None else half_normal(unreplicated),
    )


def log_error_rate(accuracy: _Floats, *, images: int) -> _Floats:
    """The log of each error rate, half an error added so that no error at all has one too.

    Args:
        accuracy: accuracies 0-1, of any shape.
        images: number of test images behind each accuracy.

    Examples:
        >>> log_error_rate(np.array([1.0, 0.9]), images=9).tolist() == [np.log(0.05), np.log(0.15)]
        True
    """
    errors = np.rint((1 - accuracy) * images)
    return np.log((errors + 0.5) / (images + 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Response:
    """The values on one scale, `(n_cells, n_seeds)`, and the noise of the healthy cells."""

    y: _Floats
    noise: Noise

    def contrast(self, cells: NDArray[np.int64], weights: NDArray[np.floating]) -> Contrast:
        """The weighted sum of these cells, by number, with the error that fits the seeds."""
        return estimate_contrast(self.y[cells], weights, error=Fitting(self.noise))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Scales:
    """The scales on which every effect is estimated."""

    accuracy: _Response
    log_error: _Response


def _response(lattice: Lattice, values: _Floats) -> _Response:
    return _Response(y=values, noise=noise_of(values[lattice.healthy]))


def _fraction_effects(
    effects: Sequence[Effect], fraction: FractionModel, lattice: Lattice, scales: _Scales
) -> list[Effect]:
    """The effects estimated from all healthy cells of a fraction.

    One that these can't tell stays as it was, and says what it is aliased with.
    """
    by_effect = estimators(fraction.model)
    estimated: list[Effect] = []
    for effect in effects:
        estimator = by_effect.get((effect.term, effect.levels))
        if estimator and estimator.mixing and effect.accuracy:
            # Contexts in which nothing else differs are surer than cells that mix interactions in.
            estimated.append(effect)
            continue
        if estimator is None:
            changes: dict[str, object] = {"aliased": fraction.aliases(effect.term)}
        else:
            changes = {
                "contexts": len(lattice.cells),
                "healthy": len(fraction.cells),
                "accuracy": _by_estimator(scales.accuracy, fraction, estimator),
                "log_error": _by_estimator(scales.log_error, fraction, estimator),
                "by_model": True,
                "mixed": estimator.mixing.words if estimator.mixing else "",
            }
        estimated.append(dataclasses.replace(effect, **changes))
    return estimated


def _by_estimator(response: _Response, fraction: FractionModel, estimator: Estimator) -> Contrast:
    """An effect of a fraction, with room for what interactions add to it."""
    contrast = response.contrast(fraction.cells, estimator.weights)
    if estimator.mixing is None:
        return contrast
    runs_error = StandardError(value=contrast.standard_error, df=contrast.df)
    means = response.y[fraction.cells].mean(axis=1)
    return with_error(contrast, estimator.mixing.widened(runs_error, means))


def _main_effect(
    lattice: Lattice, scales: _Scales, factor: str, pair: tuple[Level, Level]
) -> Effect:
    contexts = find_contexts(lattice, factor, pair)
    cells = contexts.cells[contexts.healthy]
    return Effect(
        term=factor,
        levels=_arrow(pair),
        context=None,
        contexts=len(contexts.contexts),
        healthy=len(cells),
        accuracy=_contrast(scales.accuracy, cells, _MAIN),
        log_error=_contrast(scales.log_error, cells, _MAIN),
        wins=_wins(lattice, contexts.cells),
    )


def _simple_effects(
    lattice: Lattice, scales: _Scales, factor: str, pair: tuple[Level, Level]
) -> Iterator[Effect]:
    contexts = find_contexts(lattice, factor, pair)
    for context, cells, healthy in zip(
        contexts.contexts, contexts.cells, contexts.healthy, strict=True
    ):
        healthy_cells = cells[np.newaxis] if healthy else contexts.cells[:0]
        yield Effect(
            term=factor,
            levels=_arrow(pair),
            context=context,
            contexts=1,
            healthy=int(healthy),
            accuracy=_contrast(scales.accuracy, healthy_cells, _MAIN),
            log_error=_contrast(scales.log_error, healthy_cells, _MAIN),
            wins=_wins(lattice, cells[np.newaxis]),
        )


def _interaction(
    lattice: Lattice,
    scales: _Scales,
    first: _Comparison,
    second: _Comparison,
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
    first: _Comparison,
    second: _Comparison,
) -> NDArray[np.int64]:
    """The four cells of each context in which two pairs of levels cross, `(n_contexts, 4)`."""
    contexts = find_contexts(lattice, first[0], first[1])
    rows = dict(zip((tuple(c.items()) for c in contexts.contexts), contexts.cells, strict=True))
    low, high = second[1]
    squares: list[NDArray[np.int64]] = []
    for context, cells in rows.items():
        neighbour = tuple((name, high if name == second[0] else level) for name, level in context)
        if dict(context)[second[0]] == low and neighbour in rows:
            squares.append(np.concatenate([cells, rows[neighbour]]))
    return np.array(squares, dtype=np.int64).reshape(-1, 4)


def _contrast(response: _Response, cells: NDArray[np.int64], signs: _Floats) -> Contrast | None:
    """The signed sum of each context's cells, averaged over contexts; None where there is none.

    Args:
        response: the values.
        cells: numbers of the cells, `(n_contexts, n_signs)`.
        signs: the sign of each cell of a context, `(n_signs,)`.
    """
    if not len(cells):
        return None
    weights = np.tile(signs / len(cells), len(cells))
    return response.contrast(cells.ravel(), weights)


def _wins(lattice: Lattice, cells: NDArray[np.int64]) -> float:
    """How often the second cell of each context, `(n_contexts, 2)`, beats the first; else NaN."""
    if not len(cells):
        return math.nan
    quality = np.where(lattice.trained, lattice.accuracy, -np.inf)
    return win_probability(quality[cells[:, 1]], quality[cells[:, 0]])


def _with_holm(family: Sequence[Effect]) -> tuple[Effect, ...]:
    """The effects with their p-values adjusted by Holm over the whole family."""
    raw = [effect.accuracy.p_value if effect.accuracy else math.nan for effect in family]
    return tuple(
        dataclasses.replace(effect, holm_p=float(adjusted))
        for effect, adjusted in zip(family, holm(raw), strict=True)
    )


def _healthy_frame(lattice: Lattice, log_error: _Floats) -> pd.DataFrame:
    """One row per run of the healthy cells: its level of each factor, `seed`, `log_error`."""
    rows = [
        {**dict(zip(lattice.factors, cell, strict=True)), "seed": seed, "log_error": value}
        for cell, healthy, values in zip(lattice.cells, lattice.healthy, log_error, strict=True)
        if healthy
        for seed, value in zip(lattice.seeds, values, strict=True)
    ]
    return pd.DataFrame(rows, columns=[*lattice.factors, "seed", "log_error"])


def _varied_factors(lattice: Lattice, frame: pd.DataFrame) -> dict[str, tuple[Level, ...]]:
    """The factors that vary in the frame, with those of their levels that are in it."""
    factors = {
        name: tuple(level for level in levels if level in set(frame[name]))
        for name, levels in lattice.factors.items()
    }
    return {name: levels for name, levels in factors.items() if len(levels) > 1}


def _anova(lattice: Lattice, frame: pd.DataFrame) -> pd.DataFrame | None:
    factors = _varied_factors(lattice, frame)
    if not factors:
        return None
    block = "seed" if len(lattice.seeds) > 1 else None
    return anova(frame, factors, "log_error", block=block)


def _unreplicated_effects(lattice: Lattice, frame: pd.DataFrame) -> pd.DataFrame | None:
    """All effects at one seed, if the healthy cells are every combination of two levels each."""
    factors = _varied_factors(lattice, frame)
    two_level = all(len(levels) == 2 for levels in factors.values())
    whole = len(frame) == 2 ** len(factors)
    if len(lattice.seeds) != 1 or len(factors) < 2 or not (two_level and whole):
        return None
    return effects(frame, factors, "log_error", order=len(factors))


def _arrow(pair: tuple[Level, Level]) -> str:
    return f"{pair[0]} → {pair[1]}"
