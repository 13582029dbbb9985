"""What the predictions of a study's healthy cells tell beyond their accuracies.

The third part of the analysis, beside `results.analysis.quality`. Cells that did not train with
every seed stay out: a failed network misses nearly every image and drowns what the others say.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.analysis.lattice import Context, Lattice, find_contexts, level_pairs
from results.records.answers import Errors, Wrong
from results.statistics.contrast import holm
from results.statistics.examples import (
    PHI_LIMIT,
    ErrorCounts,
    Overdispersion,
    StandardErrors,
    class_effects,
    count_errors,
    fixed_by_one_level,
    mean_standard_errors,
    missed_by_all,
    overdispersion,
    seed_variances,
)
from results.statistics.mcnemar import mcnemar
from search_spaces import Level

# Pairs of cells of one factor beyond which single comparisons are no longer read one by one.
MAX_PAIRS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageEffect:
    """The main effect of one level against another, from single images.

    Attributes:
        factor: whose levels.
        levels: the compared ones; the effect is that of the second.
        contexts: in how many contexts both trained with every seed and left their predictions.
        errors: the effect on accuracy, averaged over these, with its standard errors.
        classes: that on each class, as `class_effects` gives it.
    """

    factor: str
    levels: tuple[Level, Level]
    contexts: int
    errors: StandardErrors
    classes: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedImages:
    """The images that the networks of one level read and those of all others miss.

    Attributes:
        factor, level: which level.
        index: the images' positions in the data set's test array, ascending.
    """

    factor: str
    level: Level
    index: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """McNemar's test between two single networks whose cells differ in one factor.

    Attributes:
        factor: which.
        levels: its levels, of the first network and of the second.
        context: the levels of the other factors.
        only_first_wrong: images that only the first network misses.
        only_second_wrong: images that only the second network misses.
        p_value: of the exact test, two-sided.
        holm_p: adjusted over all comparisons of the study that were made.
    """

    factor: str
    levels: tuple[Level, Level]
    context: Context
    only_first_wrong: int
    only_second_wrong: int
    p_value: float
    holm_p: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageQuality:
    """What single images tell of the cells that trained with every seed.

    Attributes:
        cells: how many of these cells are looked at.
        left_out: how many aren't: they lack predictions, or were tested on other images.
        seeds: networks of each cell.
        images: test images.
        dispersion: whether accuracies vary between seeds as independent errors would.
        seed_sd: of a run's accuracy (0-1) over seeds, from how seeds disagree on images, pooled
            over cells; NaN for one seed.
        variances: its square for each cell of the lattice, `(n_cells)`; NaN where not looked at.
        missed_by_all: positions in the test array of the images that every network of every cell
            misses; None for a single cell.
        fixed: by factor and level, where two levels or more are left of the factor.
        effects: by factor and pair of levels, where there is a context.
        comparisons: of the first seed's networks; none of a factor with more than `MAX_PAIRS`.
        not_compared: the factors with more pairs of cells than that.
    """

    cells: int
    left_out: int
    seeds: int
    images: int
    dispersion: Overdispersion
    seed_sd: float
    variances: NDArray[np.float64]
    missed_by_all: tuple[int, ...] | None
    fixed: tuple[FixedImages, ...]
    effects: tuple[ImageEffect, ...]
    comparisons: tuple[Comparison, ...]
    not_compared: tuple[str, ...]

    def run_variance(self) -> NDArray[np.float64] | None:
        """The variance of one run's accuracy in each cell, if single images can be trusted with it.

        They can where every healthy cell is looked at and accuracies don't vary much more than
        independent errors do; the little that they do is added.
        """
        phi = self.dispersion.phi
        if self.left_out or not phi <= PHI_LIMIT:
            return None
        return self.variances * max(phi, 1.0)


def analyse_images(lattice: Lattice, errors: Errors) -> ImageQuality | None:
    """What single images tell; None where no healthy cell has the predictions of all its seeds.

    Cells are stacked one at a time, `(n_seeds, n_images)`; counts take 4 bytes by cell and image.

    Args:
        lattice: of a study.
        errors: of its trials; those of cells that are not healthy are not looked at.
    """
    there = [all(trial in errors.by_trial for trial in trials) for trials in lattice.trial_ids]
    numbers = np.flatnonzero(lattice.healthy & np.array(there, dtype=bool))
    if not len(numbers):
        return None
    seen = _Seen(lattice=lattice, errors=errors, numbers=[int(number) for number in numbers])
    counts = count_errors(seen.wrong(number) for number in seen.numbers)
    variances = np.full(len(lattice.cells), np.nan)
    variances[numbers] = seed_variances(counts)
    pairs = {factor: list(_pairs(seen, factor)) for factor in lattice.factors}
    few = {factor: compared for factor, compared in pairs.items() if len(compared) <= MAX_PAIRS}
    return ImageQuality(
        cells=len(numbers),
        left_out=int(lattice.healthy.sum()) - len(numbers),
        seeds=len(lattice.seeds),
        images=len(errors.index),
        dispersion=overdispersion(counts),
        # Every cell has as many seeds, so all weigh the same.
        seed_sd=math.sqrt(variances[numbers].mean()),
        variances=variances,
        missed_by_all=_positions(errors, missed_by_all(counts)) if len(numbers) > 1 else None,
        fixed=tuple(_fixed(seen, counts)),
        effects=tuple(_effects(seen, counts)),
        comparisons=_compared(seen, [pair for compared in few.values() for pair in compared]),
        not_compared=tuple(factor for factor in pairs if factor not in few),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """The cells that are looked at, by their number in the lattice, ascending."""

    lattice: Lattice
    errors: Errors
    numbers: Sequence[int]

    def wrong(self, number: int) -> Wrong:
        """Whether a cell's network misses an image, `(n_seeds, n_images)`."""
        trials = self.lattice.trial_ids[number]
        return np.stack([self.errors.by_trial[trial] for trial in trials])

    def contexts(
        self, factor: str, pair: tuple[Level, Level]
    ) -> tuple[list[Context], NDArray[np.int64]]:
        """Where both levels are looked at, and the two cells of each, `(n_contexts, 2)`."""
        found = find_contexts(self.lattice, factor, pair)
        both = np.isin(found.cells, self.numbers).all(axis=1)
        return [found.contexts[at] for at in np.flatnonzero(both)], found.cells[both]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    factor: str
    levels: tuple[Level, Level]
    context: Context
    first: int
    second: int


def _effects(seen: _Seen, counts: ErrorCounts) -> Iterator[ImageEffect]:
    for factor, levels in seen.lattice.factors.items():
        for pair in level_pairs(levels):
            contexts, cells = seen.contexts(factor, pair)
            if not contexts:
                continue
            first, second = np.searchsorted(seen.numbers, cells).T.tolist()
            yield ImageEffect(
                factor=factor,
                levels=pair,
                contexts=len(contexts),
                errors=mean_standard_errors(counts, cells=second, partners=first),
                classes=class_effects(
                    (seen.wrong(number) for number in cells[:, 1].tolist()),
                    (seen.wrong(number) for number in cells[:, 0].tolist()),
                    seen.errors.label,
                ),
            )


def _fixed(seen: _Seen, counts: ErrorCounts) -> Iterator[FixedImages]:
    for position, (factor, declared) in enumerate(seen.lattice.factors.items()):
        levels = [seen.lattice.cells[number][position] for number in seen.numbers]
        if len(set(levels)) < 2:
            continue
        found = fixed_by_one_level(counts, levels)
        for level in declared:
            if level in levels:
                images = found.loc[found["level"] == level, "index"].to_numpy()
                yield FixedImages(factor=factor, level=level, index=_positions(seen.errors, images))


def _pairs(seen: _Seen, factor: str) -> Iterator[_Pair]:
    """Each two cells of a factor that differ in nothing else."""
    for pair in level_pairs(seen.lattice.factors[factor]):
        for context, (first, second) in zip(*seen.contexts(factor, pair), strict=True):
            yield _Pair(
                factor=factor, levels=pair, context=context, first=int(first), second=int(second)
            )


def _compared(seen: _Seen, pairs: Sequence[_Pair]) -> tuple[Comparison, ...]:
    tests = [mcnemar(seen.wrong(pair.first)[0], seen.wrong(pair.second)[0]) for pair in pairs]
    adjusted = holm([test.exact_p for test in tests])
    return tuple(
        Comparison(
            factor=pair.factor,
            levels=pair.levels,
            context=pair.context,
            only_first_wrong=test.only_a_wrong,
            only_second_wrong=test.only_b_wrong,
            p_value=test.exact_p,
            holm_p=float(holm_p),
        )
        for pair, test, holm_p in zip(pairs, tests, adjusted, strict=True)
    )


def _positions(errors: Errors, images: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(int(index) for index in errors.index[images])
