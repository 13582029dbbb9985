"""What a plan can find out: the smallest difference it decides, and the seeds a given one needs.

The promise is the power of the verdict: by its test, at each claim's share of the chance to be
wrong, on the test images at hand.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from scipy import optimize

from results.analysis.fraction import equivalent_contexts
from results.analysis.lattice import make_lattice
from results.records.study import Study
from results.statistics.conventions import ALPHA, POWER, SMALLEST_DIFFERENCE
from results.statistics.error import residual_noise
from results.statistics.power import MOST_SEEDS, fewest_seeds, t_test_power, welch_power
from search_spaces import Cell, Level, Seeding

# The error rate that is assumed of trained networks before there are records.
_ASSUMED_ERROR = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Sigma:
    """The standard deviation of one run from seed to seed, and where it comes from.

    Args:
        value: the deviation, in accuracy 0-1.
        source: what it was taken from, in words.

    Examples:
        >>> sigma = assumed_sigma(10_000)
        >>> sigma
        Sigma(value=0.001, source='assumed, for 2 % of errors in 10,000 images')
    """

    value: float
    source: str


def assumed_sigma(images: int) -> Sigma:
    """The deviation to expect of so many test images, before there are records.

    It is sqrt(error rate / (2 * images)), the spread of networks of one kind on single images.

    Source: Jordan 2024, arXiv 2304.01910.

    Args:
        images: number of test images, at least 1.

    Examples:
        >>> round(assumed_sigma(360).value, 4)
        0.0053
    """
    return Sigma(
        value=math.sqrt(_ASSUMED_ERROR / (2 * images)),
        source=f"assumed, for {100 * _ASSUMED_ERROR:g} % of errors in {images:,} images",
    )


def estimated_sigma(study: Study) -> Sigma | None:
    """The deviation in a study's own records; None where they don't tell.

    Examples:
        >>> from results import load_study
        >>> estimated_sigma(load_study(directory))
        Sigma(value=0.0190..., source='estimated from 4 trained cells of 3 seeds')
    """
    lattice = make_lattice(study)
    accuracy = lattice.accuracy[lattice.healthy]
    if len(accuracy) < 2 or len(lattice.seeds) < 2:
        return None
    noise = residual_noise(accuracy)
    if not noise.mean_square > 0:
        return None
    source = f"estimated from {noise.cells} trained cells of {noise.seeds} seeds"
    return Sigma(value=math.sqrt(noise.mean_square), source=source)


def smallest_difference(images: int) -> float:
    """The smallest difference of accuracies (0-1) that matters, by default: one image at least.

    Args:
        images: number of test images, at least 1.

    Examples:
        >>> smallest_difference(10_000), smallest_difference(500)
        (0.001, 0.002)
    """
    return max(SMALLEST_DIFFERENCE, 1 / images)


def smallest_that_matters(study: Study) -> float:
    """The smallest difference of accuracies (0-1) that matters in a study.

    It is the one that its space declares, else the default for its test images.

    Examples:
        >>> from results import load_study
        >>> smallest_that_matters(load_study(directory))  # of 40 test images
        0.025
    """
    return study.description.smallest or smallest_difference(study.test_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What the power of verdicts depends on, besides the cells.

    Args:
        seeds: number of runs of each cell.
        seeding: whether cells share their seeds.
        claims: number of claims that are judged together; none counts as one.
        sigma: the deviation of one run.
        smallest: the smallest difference that matters, accuracy 0-1.
        overlap: test examples for each training example, where each seed draws its own; else 0.
        regimes: in how many regimes a claim has to be decided: 2 in a tuned study, 1 in others.

    Examples:
        >>> promise = Promise(
        ...     seeds=3, seeding=Seeding.OWN, claims=5, sigma=assumed_sigma(10_000), smallest=0.001
        ... )
        >>> f"{100 * promise.detectable(16):.2f} points, {promise.needed(16)} seeds"
        '0.07 points, 2 seeds'
    """

    seeds: int
    seeding: Seeding
    claims: int
    sigma: Sigma
    smallest: float
    overlap: float = 0.0
    regimes: int = 1

    def power(self, effect: float, *, contexts: int, seeds: int) -> float:
        """The chance, 0-1, that a difference over so many contexts is told from 0.

        Of more than one regime it is told in each, where it is the same; their runs are taken as
        independent, without the noise of choosing a tuned setting.

        Args:
            effect: the true difference, accuracy 0-1.
            contexts: number of pairs of cells that it is averaged over.
            seeds: number of runs of each cell, at least 2.
        """
        alpha = ALPHA / max(self.claims, 1)
        # Splits of the same data overlap: as `results.statistics.comparisons.resampling` has it.
        variance = (1 / seeds + self.overlap) * 2 / contexts
        noncentrality = effect / (self.sigma.value * math.sqrt(variance))
        if self.overlap or (self.seeding is Seeding.SHARED and contexts > 1):
            once = t_test_power(noncentrality, df=seeds - 1, alpha=alpha)
        else:
            once = welch_power(noncentrality, cells=2 * contexts, seeds=seeds, alpha=alpha)
        return once**self.regimes

    def detectable(self, contexts: int) -> float:
        """The smallest difference, accuracy 0-1, that is told in 80 % of studies."""

        def excess(effect: float) -> float:
            return self.power(effect, contexts=contexts, seeds=self.seeds) - POWER

        high = self.sigma.value
        while excess(high) < 0:
            high *= 2
        return cast(float, optimize.brentq(excess, 0, high, xtol=1e-6))

    def needed(self, contexts: int) -> int | None:
        """The seeds, 2 or more, that tell the smallest difference; None: 10,000 are too few."""

        def power(seeds: int) -> float:
            return self.power(self.smallest, contexts=contexts, seeds=seeds)

        return fewest_seeds(power, least=2)


def detection_sentences(cells: Sequence[Cell], promise: Promise) -> tuple[str, ...]:
    """The sentences on what a design can decide in 80 % of studies.

    They take it that every cell trains. A design of a single cell has none.

    Args:
        cells: the cells of the design, each once.
        promise: what the power of its verdicts depends on.

    Examples:
        >>> cells = [Cell.of({"width": w, "depth": d}) for w in (8, 16) for d in (1, 2)]
        >>> promise = Promise(
        ...     seeds=5, seeding=Seeding.OWN, claims=1, sigma=assumed_sigma(10_000), smallest=0.001
        ... )
        >>> detection_sentences(cells, promise)[1]
        '0.10 pp takes 9 seeds in a main effect (2 contexts), 17 between two cells'
    """
    side_by_side = main_effect_contexts(cells)
    contexts = {**side_by_side, **equivalent_contexts(cells)}
    if not contexts:
        return ()
    effects = _main_effects(contexts, worth="worth " if contexts != side_by_side else "")
    # In a fraction no two cells need differ in a single factor.
    places = [*effects, *([(1, "between two cells")] if side_by_side else [])]
    seeds = [(promise.needed(n), _in(effect)) for n, effect in places]
    takes = ", ".join(
        f"{f'{count}' if count else f'over {MOST_SEEDS:,}'}{' seeds' * (not place)} {effect}"
        for place, (count, effect) in enumerate(seeds)
    )
    return (*_with_seeds(places, promise), f"{_points(promise.smallest)} takes {takes}")


def _with_seeds(places: Sequence[tuple[int, str]], promise: Promise) -> tuple[str, ...]:
    """What the planned seeds decide, and by which deviation."""
    by = f"run-to-run deviation {_points(promise.sigma.value)} ({promise.sigma.source})"
    if promise.seeds == 1:
        return (f"with one seed no claim on quality can be decided; {by}",)
    of = f", as one of {promise.claims} claims" * (promise.claims > 1)
    of += ", at the fixed setting and at tuned ones both" * (promise.regimes > 1)
    smallest = ", ".join(f"{_points(promise.detectable(n))} {_in(effect)}" for n, effect in places)
    about = "about new data" if promise.overlap else "on these test images"
    return (f"{smallest}, with {promise.seeds} seeds{of}, {about}; {by}",)


def _in(effect: str) -> str:
    return effect if effect.startswith("between") else f"in {effect}"


def main_effect_contexts(cells: Sequence[Cell]) -> Mapping[str, int]:
    """For each varied factor, the number of contexts in which levels of it can be compared.

    A context can compare levels where two cells or more differ in nothing but this factor.

    Examples:
        >>> pairs = [(8, 1), (8, 2), (16, 1), (16, 2), (32, 2)]
        >>> main_effect_contexts([Cell.of({"width": w, "depth": d}) for w, d in pairs])
        {'width': 2, 'depth': 2}
    """
    names = [name for name, _ in cells[0].levels]
    counts: dict[str, int] = {}
    for position, name in enumerate(names):
        levels_by_context: defaultdict[tuple[Level, ...], set[Level]] = defaultdict(set)
        for cell in cells:
            levels = tuple(level for _, level in cell.levels)
            context = levels[:position] + levels[position + 1 :]
            levels_by_context[context].add(levels[position])
        if count := sum(len(levels) > 1 for levels in levels_by_context.values()):
            counts[name] = count
    return counts


def _main_effects(contexts: Mapping[str, int], *, worth: str) -> list[tuple[int, str]]:
    """Each number of contexts, most first, and the words for the main effects that have it.

    Args:
        contexts: the number of contexts of each factor.
        worth: the word before a number to which cells of a fraction are equivalent; else empty.
    """
    counts = sorted(set(contexts.values()), reverse=True)
    if len(counts) == 1:
        return [(counts[0], f"a main effect ({worth}{_contexts(counts[0])})")]
    return [
        (n, f"{' and '.join(name for name in contexts if contexts[name] == n)} ({count})")
        for n in counts
        for count in [f"{worth}{_contexts(n)}"]
    ]


def _contexts(count: int) -> str:
    return f"{count} context{'s' * (count > 1)}"


def _points(value: float) -> str:
    return f"{100 * value:.2f} pp"
