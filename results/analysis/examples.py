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
from results.statistics.examples.estimates import (
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

# With more pairs of cells of one factor, single comparisons are no longer read one by one.
MAX_PAIRS = 16


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImageEffect:
    """The main effect of one level against another, from single images.

    Attributes:
        factor: name of the factor.
        levels: the two levels that are compared; the effect is that of the second.
        contexts: number of contexts in which both trained with every seed and left their
            predictions.
        errors: the effect on accuracy (0-1), averaged over these, with its standard errors.
        classes: the effect on the accuracy of each class, as `class_effects` gives it.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> from results.records.answers import read_errors
        >>> study = load_study(directory)
        >>> errors = read_errors(study.paths, study.finished)
        >>> effect = analyse_images(make_lattice(study), errors).effects[1]
        >>> f"{effect.factor}: {100 * effect.errors.difference:+.2f} points"
        'loss: -2.08 points'
    """

    factor: str
    levels: tuple[Level, Level]
    contexts: int
    errors: StandardErrors
    classes: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FixedImages:
    """The images that the networks of one level read and those of all others miss.

    What counts as read and missed by a level's networks is for `fixed_by_one_level` to say.

    Attributes:
        factor: name of the factor.
        level: the level whose networks read them.
        index: positions of the images in the data set's test array, ascending.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> from results.records.answers import read_errors
        >>> study = load_study(directory)
        >>> lattice, errors = make_lattice(study), read_errors(study.paths, study.finished)
        >>> for trial_id in lattice.trial_ids[0] + lattice.trial_ids[1]:
        ...     errors.by_trial[trial_id][30] = True  # all networks without normalization miss it
        >>> fixed = analyse_images(lattice, errors).fixed[1]
        >>> fixed.factor, fixed.level, fixed.index
        ('normalization', 'range', (30,))
    """

    factor: str
    level: Level
    index: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """McNemar's test between two single networks whose cells differ in one factor.

    Attributes:
        factor: name of the factor.
        levels: the level of the first network and that of the second.
        context: the levels of the other factors.
        only_first_wrong: number of images that only the first network misses.
        only_second_wrong: number of images that only the second network misses.
        p_value: two-sided p-value of the exact test.
        holm_p: that p-value adjusted by Holm over all comparisons that were made in the study.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> from results.records.answers import read_errors
        >>> study = load_study(directory)
        >>> errors = read_errors(study.paths, study.finished)
        >>> comparison = analyse_images(make_lattice(study), errors).comparisons[0]
        >>> comparison.levels, comparison.only_first_wrong, comparison.only_second_wrong
        (('none', 'range'), 2, 0)
        >>> comparison.p_value, comparison.holm_p
        (0.5, 1.0)
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
        cells: number of these cells that are looked at.
        left_out: number of these cells that aren't: they lack predictions, or were tested on other
            images.
        seeds: number of networks of each cell.
        images: number of test images.
        dispersion: whether accuracies vary between seeds as independent errors would.
        seed_sd: standard deviation of a run's accuracy (0-1) over seeds, from how seeds disagree on
            images, pooled over cells; NaN for one seed.
        missed_by_all: positions in the test array of the images that every network of every cell
            misses; None for a single cell.
        fixed: for each factor with two levels or more in these cells and each of these levels, the
            images that only the networks of this level read.
        effects: the effect of each pair of levels of each factor for which there is a context.
        comparisons: the comparisons of the first seed's networks; none of a factor with more than
            `MAX_PAIRS` pairs of cells.
        not_compared: the factors with more pairs of cells than that.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> from results.records.answers import read_errors
        >>> study = load_study(directory)
        >>> errors = read_errors(study.paths, study.finished)
        >>> quality = analyse_images(make_lattice(study), errors)
        >>> quality.cells, quality.left_out, quality.missed_by_all, len(quality.comparisons)
        (4, 0, (), 4)
    """

    cells: int
    left_out: int
    seeds: int
    images: int
    dispersion: Overdispersion
    seed_sd: float
    missed_by_all: tuple[int, ...] | None
    fixed: tuple[FixedImages, ...]
    effects: tuple[ImageEffect, ...]
    comparisons: tuple[Comparison, ...]
    not_compared: tuple[str, ...]


def analyse_images(lattice: Lattice, errors: Errors) -> ImageQuality | None:
    """What single images tell; None where no healthy cell has the predictions of all its seeds.

    Cells are stacked one at a time, `(n_seeds, n_images)`; counts take 4 bytes by cell and image.

    Args:
        lattice: the cells and seeds of a study.
        errors: the errors of its trials; those of cells that are not healthy are not looked at.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> from results.records.answers import read_errors
        >>> study = load_study(directory)
        >>> errors = read_errors(study.paths, study.finished)
        >>> quality = analyse_images(make_lattice(study), errors)
        >>> quality.images, f"{100 * quality.seed_sd:.2f} points"
        (40, '2.60 points')
    """
    have_all = [all(trial in errors.by_trial for trial in trials) for trials in lattice.trial_ids]
    numbers = np.flatnonzero(lattice.healthy & np.array(have_all, dtype=bool))
    if not len(numbers):
        return None
    sample = _Sample(lattice=lattice, errors=errors, numbers=[int(number) for number in numbers])
    counts = count_errors(sample.wrong(number) for number in sample.numbers)
    pairs = {factor: list(_pairs(sample, factor)) for factor in lattice.factors}
    few = {factor: rows for factor, rows in pairs.items() if len(rows) <= MAX_PAIRS}
    return ImageQuality(
        cells=len(numbers),
        left_out=int(lattice.healthy.sum()) - len(numbers),
        seeds=len(lattice.seeds),
        images=len(errors.index),
        dispersion=overdispersion(counts),
        # Every cell has as many seeds, so all weigh the same.
        seed_sd=math.sqrt(seed_variances(counts).mean()),
        missed_by_all=_positions(errors, missed_by_all(counts)) if len(numbers) > 1 else None,
        fixed=tuple(_fixed_images(sample, counts)),
        effects=tuple(_image_effects(sample, counts)),
        comparisons=_comparisons(sample, [pair for rows in few.values() for pair in rows]),
        not_compared=tuple(factor for factor in pairs if factor not in few),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sample:
    """The cells that are looked at, by their number in the lattice, ascending."""

    lattice: Lattice
    errors: Errors
    numbers: Sequence[int]

    def wrong(self, number: int) -> Wrong:
        """Whether each network of a cell misses each image, `(n_seeds, n_images)`."""
        trials = self.lattice.trial_ids[number]
        return np.stack([self.errors.by_trial[trial] for trial in trials])

    def contexts(
        self, factor: str, pair: tuple[Level, Level]
    ) -> tuple[list[Context], NDArray[np.int64]]:
        """The contexts in which both levels are looked at, and their cells, `(n_contexts, 2)`."""
        contexts = find_contexts(self.lattice, factor, pair)
        complete = np.isin(contexts.cells, self.numbers).all(axis=1)
        levels = [contexts.contexts[number] for number in np.flatnonzero(complete)]
        return levels, contexts.cells[complete]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Pair:
    """Two cells, by number, that differ in one factor only."""

    factor: str
    levels: tuple[Level, Level]
    context: Context
    first: int
    second: int


def _image_effects(sample: _Sample, counts: ErrorCounts) -> Iterator[ImageEffect]:
    for factor, levels in sample.lattice.factors.items():
        for pair in level_pairs(levels):
            contexts, cells = sample.contexts(factor, pair)
            if not contexts:
                continue
            first, second = np.searchsorted(sample.numbers, cells).T.tolist()
            yield ImageEffect(
                factor=factor,
                levels=pair,
                contexts=len(contexts),
                errors=mean_standard_errors(counts, cells=second, partners=first),
                classes=class_effects(
                    (sample.wrong(number) for number in cells[:, 1].tolist()),
                    (sample.wrong(number) for number in cells[:, 0].tolist()),
                    sample.errors.label,
                ),
            )


def _fixed_images(sample: _Sample, counts: ErrorCounts) -> Iterator[FixedImages]:
    for position, (factor, declared) in enumerate(sample.lattice.factors.items()):
        levels = [sample.lattice.cells[number][position] for number in sample.numbers]
        if len(set(levels)) < 2:
            continue
        rows = fixed_by_one_level(counts, levels)
        for level in declared:
            if level in levels:
                images = rows.loc[rows["level"] == level, "index"].to_numpy()
                index = _positions(sample.errors, images)
                yield FixedImages(factor=factor, level=level, index=index)


def _pairs(sample: _Sample, factor: str) -> Iterator[_Pair]:
    """Each two cells that differ in this factor and in nothing else."""
    for pair in level_pairs(sample.lattice.factors[factor]):
        for context, (first, second) in zip(*sample.contexts(factor, pair), strict=True):
            yield _Pair(
                factor=factor, levels=pair, context=context, first=int(first), second=int(second)
            )


def _comparisons(sample: _Sample, pairs: Sequence[_Pair]) -> tuple[Comparison, ...]:
    """The comparison of each pair, by the networks of the first seed."""
    tests = [mcnemar(sample.wrong(pair.first)[0], sample.wrong(pair.second)[0]) for pair in pairs]
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
    """The positions in the data set's test array of images that are numbered as in `errors`."""
    return tuple(int(index) for index in errors.index[images])
