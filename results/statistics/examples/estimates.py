"""What the predictions of single test images tell beyond accuracies: seed noise and hard images.

The input is plain arrays that say which network misses which image. The caller leaves out failed
trials: one of them misses nearly every image, which hides what the others tell.
"""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import special

from results.statistics.conventions import COVERAGE
from results.statistics.examples.error_counts import ErrorCounts, Wrong, check_cell, count_errors
from search_spaces import Level

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]

# With this phi, two trials of one cell differ by McNemar's test at 5 % in 9 % of cases: phi is the
# variance of the test's z.
PHI_LIMIT = 1.3
_MAJORITY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdispersion:
    """Whether accuracies differ more between seeds than with independent errors on images.

    Attributes:
        phi: variance of accuracies between seeds over the variance expected from how seeds disagree
            on single images, both pooled over cells; 1 if errors are independent over images given
            the cell; NaN if no two seeds of a cell disagree.
        p_value: p-value of the one-sided chi-square test of phi = 1 against more; NaN with phi.
        df: degrees of freedom of the pooled variance, the sum of seeds - 1 over the cells.
        effective_df: degrees of freedom of the test, fewer if cells are not equally noisy; NaN with
            phi.

    Examples:
        >>> wrong = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], dtype=bool)
        >>> overdispersion(count_errors([wrong])).phi  # both seeds miss two images
        0.0
    """

    phi: float
    p_value: float
    df: int
    effective_df: float

    @property
    def sentence(self) -> str:
        """A sentence for a page that says what phi means for McNemar's test."""
        if math.isnan(self.phi):
            return (
                "No cell has two seeds that disagree on an image, so seed noise is unknown: "
                "McNemar's p-values are about these two networks only."
            )
        verdict = (
            "about these two networks only."
            if self.phi > PHI_LIMIT
            else "close to nominal for their cells too."
        )
        p_text = "p < 0.001" if self.p_value < 0.001 else f"p = {self.p_value:.2g}"
        return (
            f"Accuracies vary between seeds with {self.phi:.2f} times the variance of independent "
            f"errors (phi, df {self.df}, {p_text}): McNemar's p-values are {verdict}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardErrors:
    """A difference of accuracies with two standard errors, for two questions.

    Both errors take phi to be 1 and are too small if it is more, see `overdispersion`. An error is
    NaN if nothing varied, as 0 would claim certainty.

    Attributes:
        difference: mean accuracy of the first cells minus that of the second cells, -1 to 1.
        seed: standard error for new seeds on these images; NaN if a cell has one seed.
        total: standard error for new seeds and new images of the same kind.

    Examples:
        >>> errors = StandardErrors(difference=0.02, seed=0.003, total=0.005)
        >>> round(errors.image_floor, 6)  # √(0.005² - 0.003²)
        0.004
    """

    difference: float
    seed: float
    total: float

    @property
    def image_floor(self) -> float:
        """The part of `total` that no number of seeds removes; NaN if either error is NaN."""
        return math.sqrt(max(self.total**2 - self.seed**2, 0.0))


def seed_variances(counts: ErrorCounts) -> _Floats:
    """The variance of a trial's accuracy over seeds, by how seeds disagree on images, `(n_cells,)`.

    Accuracies are 0-1; the variance is NaN for a cell with one seed. With p_i the share of a cell's
    R seeds that miss image i, it is (1/n^2) sum_i R/(R-1) p_i (1-p_i), if errors are independent
    over the n images given the cell.

    Source: the independent errors of Jordan 2024 (ICLR, arXiv 2304.01910), with R/(R-1) so that few
    seeds do not bias it.

    Examples:
        >>> wrong = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], dtype=bool)
        >>> seed_variances(count_errors([wrong]))  # two images at 2 · 1/4, over 4²
        array([0.0625])
    """
    seeds = counts.seeds
    # In whole numbers: p_i (1 - p_i) R/(R-1) = k (R - k) / (R) with k = R p_i.
    disagreeing = (counts.by_image * (seeds[:, np.newaxis] - counts.by_image)).sum(axis=1)
    pairs = np.where(seeds > 1, seeds * (seeds - 1), np.nan)
    return disagreeing / pairs / counts.by_image.shape[1] ** 2


def overdispersion(counts: ErrorCounts) -> Overdispersion:
    """The test whether accuracies vary more between seeds than disagreement on images explains.

    Both variances are averaged over cells with weights of seeds - 1. If cells differ in noise, the
    pooled variance has fewer degrees of freedom than the sum of seeds - 1. The test uses those of
    Satterthwaite 1946, which equal that sum if the cells are alike.

    Examples:
        >>> wrong = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)
        >>> result = overdispersion(count_errors([wrong]))
        >>> round(result.phi, 6), result.df  # variance 1 of 2, 3 and 1 over 2 · 3/2 · 2/9
        (1.5, 2)
    """
    weights = counts.seeds - 1
    several = weights > 0
    df = int(weights.sum())
    expected = weights[several] * seed_variances(counts)[several]
    if not expected.any():
        return Overdispersion(phi=math.nan, p_value=math.nan, df=df, effective_df=math.nan)
    deviations = [((errors - errors.mean()) ** 2).sum() for errors in counts.by_seed]
    phi = float(sum(deviations) / counts.by_image.shape[1] ** 2 / expected.sum())
    effective_df = float(expected.sum() ** 2 / (expected**2 / weights[several]).sum())
    p_value = float(special.chdtrc(effective_df, phi * effective_df))
    return Overdispersion(phi=phi, p_value=p_value, df=df, effective_df=effective_df)


def standard_errors(wrong_a: Wrong, wrong_b: Wrong) -> StandardErrors:
    """The difference of two cells' accuracies on the same images, with both standard errors.

    Args:
        wrong_a: whether each network of the first cell misses each image, `(n_seeds_a, n_images)`.
        wrong_b: whether each network of the second cell misses each image, `(n_seeds_b, n_images)`.

    Raises:
        ValueError: a cell has no seed or no image, an array isn't of booleans, or the numbers of
            images differ.

    Examples:
        >>> better = np.array([[1, 0, 0, 0], [0, 0, 0, 0]], dtype=bool)
        >>> worse = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], dtype=bool)
        >>> errors = standard_errors(better, worse)
        >>> errors.difference, round(errors.seed, 4), round(errors.total, 4)
        (0.375, 0.2165, 0.125)
    """
    return mean_standard_errors(count_errors([wrong_a, wrong_b]), cells=[0], partners=[1])


def mean_standard_errors(
    counts: ErrorCounts, *, cells: Sequence[int], partners: Sequence[int]
) -> StandardErrors:
    """The difference of accuracies averaged over pairs of cells, with both standard errors.

    `total` is sd_i(d_i) / sqrt(n), with d_i the mean over pairs of the difference of the shares of
    seeds that miss image i. `seed` adds the `seed_variances` of the means of all cells, taking
    trials to be independent.

    Args:
        counts: the errors of each cell.
        cells: number of the first cell of each pair, `(n_pairs,)`.
        partners: number of the second cell of each pair, `(n_pairs,)`.

    Raises:
        ValueError: there are no pairs, or not one partner for each cell.

    Examples:
        >>> none = np.zeros((2, 4), dtype=bool)
        >>> half = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], dtype=bool)
        >>> counts = count_errors([none, half, none, ~none])
        >>> mean_standard_errors(counts, cells=[0, 2], partners=[1, 3]).difference
        0.75
    """
    if not len(cells) or len(cells) != len(partners):
        raise ValueError(f"{len(cells)} cells with {len(partners)} partners; allowed is 1 each")
    n_cells = len(counts.by_seed)
    net = np.bincount(partners, minlength=n_cells) - np.bincount(cells, minlength=n_cells)
    members = np.flatnonzero(net)
    counts, net = counts.only(members), net[members]
    # In whole numbers, so that images that are alike have no spread by rounding.
    multiple = int(np.lcm.reduce(counts.seeds))
    scaled = (net * (multiple // counts.seeds)) @ counts.by_image
    scale = len(cells) * multiple
    variances = (net / len(cells)) ** 2 * seed_variances(counts) / counts.seeds
    return StandardErrors(
        difference=float(scaled.mean()) / scale,
        seed=_nan_if_zero(math.sqrt(variances.sum())),
        total=_nan_if_zero(float(_standard_deviation(scaled)) / scale / math.sqrt(scaled.size)),
    )


def missed_share(counts: ErrorCounts) -> _Floats:
    """The share of all networks that miss each image, 0-1, `(n_images,)`.

    Examples:
        >>> wrong = np.array([[1, 1, 0, 0], [1, 0, 0, 0]], dtype=bool)
        >>> missed_share(count_errors([wrong]))
        array([1. , 0.5, 0. , 0. ])
    """
    return counts.by_image.sum(axis=0) / counts.seeds.sum()


def missed_by_all(counts: ErrorCounts) -> _Integers:
    """The indices of the images that every network of every cell misses, ascending.

    Examples:
        >>> wrong = np.array([[1, 1, 0, 1], [1, 0, 0, 1]], dtype=bool)
        >>> missed_by_all(count_errors([wrong]))
        array([0, 3])
    """
    return np.flatnonzero(counts.by_image.sum(axis=0) == counts.seeds.sum())


def fixed_by_one_level(
    counts: ErrorCounts, levels: Sequence[Level], *, threshold: float = 0.9
) -> pd.DataFrame:
    """The images that the networks of one level of a factor read right and all others misread.

    Right means read right by at least `threshold` of the level's networks; misread means missed by
    at least `threshold` of the networks of each other level.

    Args:
        counts: the errors of each cell.
        levels: the level of the factor in each cell, `(n_cells,)`.
        threshold: share of networks, above 0.5 and at most 1.

    Returns:
        One row per image, by level in order of appearance, then by index: `level`; `index`;
        `right_share`, the share of the level's networks that read it right, 0-1; `other_share`, the
        largest share of another level's networks that do, 0-1.

    Raises:
        ValueError: there isn't one level per cell, there is only one level, or the threshold is out
            of range.

    Examples:
        >>> relu = np.array([[1, 0, 0, 0], [1, 0, 0, 0]], dtype=bool)
        >>> tanh = np.array([[1, 0, 1, 0], [1, 0, 1, 0]], dtype=bool)
        >>> fixed_by_one_level(count_errors([relu, tanh]), ["relu", "tanh"])
          level  index  right_share  other_share
        0  relu      2          1.0          0.0
    """
    if len(levels) != len(counts.by_seed):
        raise ValueError(f"{len(levels)} levels for {len(counts.by_seed)} cells")
    if not _MAJORITY < threshold <= 1:
        raise ValueError(f"threshold is {threshold}; allowed is above {_MAJORITY} and at most 1")
    names = list(dict.fromkeys(levels))
    if len(names) == 1:
        raise ValueError(f"all cells have level {names[0]!r}; there is no other to compare with")
    wrong, networks = _by_level(counts, [names.index(level) for level in levels])
    right_share, wrong_share = (networks - wrong) / networks, wrong / networks
    others = [np.delete(np.arange(len(names)), number) for number in range(len(names))]
    others_wrong = np.stack([wrong_share[rest].min(axis=0) for rest in others])
    others_right = np.stack([right_share[rest].max(axis=0) for rest in others])
    number, index = np.nonzero((right_share >= threshold) & (others_wrong >= threshold))
    return pd.DataFrame(
        {
            "level": [names[n] for n in number],
            "index": index,
            "right_share": right_share[number, index],
            "other_share": others_right[number, index],
        }
    )


def class_effects(
    cells: Iterable[Wrong],
    partners: Iterable[Wrong],
    labels: ArrayLike,
    *,
    coverage: float = COVERAGE,
) -> pd.DataFrame:
    """The effect of one level of a factor, against another level, on the recall of each class.

    The difference of recall is averaged over pairs of cells with equal weights, and a t interval is
    laid over the seeds (seeds - 1 degrees of freedom). The interval covers one class at a time and
    is about new seeds on these images.

    Args:
        cells: errors of the cells with the first level, `(n_pairs, n_seeds, n_images)`, bool; or
            `n_pairs` arrays `(n_seeds, n_images)`, also from a generator.
        partners: errors of the cells with the second level, in the same form; all other levels and
            the seeds are as in `cells`.
        labels: class of each image, `(n_images,)`.
        coverage: nominal coverage of the interval, between 0 and 1.

    Returns:
        One row per class that occurs: `class`; `difference`, recall in `cells` minus recall in
        `partners`, -1 to 1; `low` and `high`, NaN for one seed or if all seeds agree; `images`, the
        number of images of the class.

    Raises:
        ValueError: the arrays or labels don't fit together, or the coverage is out of range.

    Examples:
        >>> cell = np.array([[[0, 0, 0, 1], [0, 0, 0, 1]]], dtype=bool)
        >>> partner = np.array([[[1, 1, 0, 1], [1, 0, 0, 1]]], dtype=bool)
        >>> class_effects(cell, partner, labels=[3, 3, 7, 7])[["class", "difference", "images"]]
           class  difference  images
        0      3        0.75       2
        1      7        0.00       2
    """
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; allowed is between 0 and 1")
    gains, pairs = _net_gains(cells, partners)
    classes, position, images = np.unique(
        np.asarray(labels), return_inverse=True, return_counts=True
    )
    if position.shape != gains.shape[1:]:
        raise ValueError(f"labels of shape {position.shape} for {gains.shape[1]} images")
    seeds = len(gains)
    by_class = np.stack(
        [np.bincount(position, weights=row, minlength=len(classes)) for row in gains]
    )
    difference = by_class.mean(axis=0) / (pairs * images)
    spread = _standard_deviation(by_class) / (pairs * images)
    spread[spread == 0] = np.nan
    half = special.stdtrit(seeds - 1, (1 + coverage) / 2) * spread / math.sqrt(seeds)
    columns = {"low": difference - half, "high": difference + half, "images": images}
    return pd.DataFrame({"class": classes, "difference": difference, **columns})


def _by_level(counts: ErrorCounts, level_of: Sequence[int]) -> tuple[_Integers, _Integers]:
    """Errors by level and image, `(n_levels, n_images)`, and networks by level, `(n_levels, 1)`.

    Args:
        counts: the errors of each cell.
        level_of: number of the level of each cell, `(n_cells,)`.
    """
    has_level = np.equal.outer(np.arange(max(level_of) + 1), level_of)
    wrong = [counts.by_image[cells].sum(axis=0, dtype=np.int64) for cells in has_level]
    return np.stack(wrong), (has_level @ counts.seeds)[:, np.newaxis]


def _net_gains(cells: Iterable[Wrong], partners: Iterable[Wrong]) -> tuple[NDArray[np.int32], int]:
    """The net gains of each seed on each image, `(n_seeds, n_images)`, and the number of pairs.

    The net gain is the number of pairs in which only the partner misses the image, minus the number
    in which only the cell does.
    """
    gains: NDArray[np.int32] | None = None
    pairs = 0
    for wrong, partner in zip(cells, partners, strict=True):
        check_cell(wrong, like=None)
        check_cell(partner, like=None)
        gains = np.zeros(wrong.shape, dtype=np.int32) if gains is None else gains
        if not wrong.shape == partner.shape == gains.shape:
            raise ValueError(
                f"a pair of shapes {wrong.shape} and {partner.shape}; "
                f"allowed is the same seeds and images throughout, here {gains.shape}"
            )
        gains += partner
        gains -= wrong
        pairs += 1
    if gains is None:
        raise ValueError("no pairs of cells to compare")
    return gains, pairs


def _standard_deviation(values: NDArray[np.integer] | _Floats) -> _Floats:
    """The standard deviation over the first axis; NaN for a single value."""
    if len(values) == 1:
        return np.full(values.shape[1:], np.nan)
    return np.std(values, axis=0, ddof=1)


def _nan_if_zero(error: float) -> float:
    return error or math.nan
