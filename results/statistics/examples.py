"""What the predictions of single test images tell beyond accuracies: noise, hard images.

Works on plain arrays of which network misses which image. Failed runs are for the caller to leave
out: one of them misses nearly every image and drowns what the others say.
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

from search_spaces import Level

Wrong = NDArray[np.bool_]
_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]

# Two runs of one cell then differ by McNemar's test at 5 % in 9 % of cases: its z has variance phi.
PHI_LIMIT = 1.3
_MAJORITY = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorCounts:
    """The errors of every cell's networks, counted by image and by seed; made by `count_errors`.

    Attributes:
        by_image: how many networks of the cell miss the image, `(n_cells, n_images)`.
        by_seed: for each cell how many images each of its networks misses, `(seeds_of_cell,)`.
    """

    by_image: NDArray[np.int32]
    by_seed: tuple[_Integers, ...]

    @property
    def seeds(self) -> _Integers:
        """How many networks each cell has, `(n_cells,)`, at least 1."""
        return np.array([len(errors) for errors in self.by_seed], dtype=np.int64)

    def only(self, cells: Iterable[int]) -> "ErrorCounts":
        """Those of these cells, by number."""
        numbers = list(cells)
        return ErrorCounts(
            by_image=self.by_image[numbers],
            by_seed=tuple(self.by_seed[number] for number in numbers),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdispersion:
    """Whether a cell's accuracies differ between seeds as independent errors on images would.

    Attributes:
        phi: variance of accuracies between seeds over the one expected from how seeds disagree on
            single images, both pooled over cells; 1 if errors are independent over images given
            the cell; NaN if no two seeds of a cell disagree.
        p_value: one-sided chi-square test of phi = 1 against more; NaN with phi.
        df: degrees of freedom of the pooled variance, the sum of seeds - 1.
        effective_df: those of the test; fewer where cells are not equally noisy; NaN with phi.
    """

    phi: float
    p_value: float
    df: int
    effective_df: float

    @property
    def sentence(self) -> str:
        """What phi means for McNemar's test, for a page."""
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
    """How far a difference of accuracies is from its truth, for two truths.

    Both errors take phi to be 1 and are too small where it is more, see `overdispersion`. An error
    is NaN where nothing varied, as it would claim certainty.

    Attributes:
        difference: mean accuracy of the first cells minus that of the second ones, -1 to 1.
        seed: standard error for new seeds on these images; NaN where a cell has one seed.
        total: standard error for new seeds and new images of the same kind.
    """

    difference: float
    seed: float
    total: float

    @property
    def image_floor(self) -> float:
        """The part of `total` that no number of seeds removes; NaN with either error."""
        return math.sqrt(max(self.total**2 - self.seed**2, 0.0))


def count_errors(cells: Iterable[Wrong]) -> ErrorCounts:
    """The errors of each cell, counted; each array is read once and let go.

    Args:
        cells: for each cell whether a network misses an image, `(seeds_of_cell, n_images)`; a
            generator, a list, or an array `(n_cells, n_seeds, n_images)`.

    Raises:
        ValueError: no cell, no seed or no image, other than booleans, or other numbers of images.
    """
    by_image: list[NDArray[np.int32]] = []
    by_seed: list[_Integers] = []
    for wrong in cells:
        _check_cell(wrong, like=by_image[0] if by_image else None)
        by_image.append(wrong.sum(axis=0, dtype=np.int32))
        by_seed.append(np.count_nonzero(wrong, axis=1).astype(np.int64))
    if not by_image:
        raise ValueError("no cells to count errors of")
    return ErrorCounts(by_image=np.stack(by_image), by_seed=tuple(by_seed))


def seed_variances(counts: ErrorCounts) -> _Floats:
    """The variance of a run's accuracy over seeds, by how seeds disagree on images, `(n_cells,)`.

    For accuracies 0-1; NaN for cells with one seed. With p_i the share of a cell's R seeds that
    miss image i it is (1/n^2) sum_i R/(R-1) p_i (1-p_i), if errors are independent over images
    given the cell.

    Source: the independent errors of Jordan 2024 (ICLR, arXiv 2304.01910), with R/(R-1) so that few
    seeds do not bias it.
    """
    seeds = counts.seeds
    # In whole numbers: p_i (1 - p_i) R/(R-1) = k (R - k) / (R) with k = R p_i.
    disagreeing = (counts.by_image * (seeds[:, np.newaxis] - counts.by_image)).sum(axis=1)
    pairs = np.where(seeds > 1, seeds * (seeds - 1), np.nan)
    return disagreeing / pairs / counts.by_image.shape[1] ** 2


def overdispersion(counts: ErrorCounts) -> Overdispersion:
    """The test whether seed accuracies vary more than the disagreement on images explains.

    Both variances are averaged over cells by their seeds - 1. Where cells differ in noise, the
    pooled variance has fewer degrees of freedom than its sum of seeds - 1; those of the test are
    by Satterthwaite 1946, equal to that sum where the cells are alike.
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
        wrong_a: whether a network of the first cell misses an image, `(seeds_of_cell, n_images)`.
        wrong_b: likewise for the second, with as many seeds or others.

    Raises:
        ValueError: as `count_errors`.
    """
    return mean_standard_errors(count_errors([wrong_a, wrong_b]), cells=[0], partners=[1])


def mean_standard_errors(
    counts: ErrorCounts, *, cells: Sequence[int], partners: Sequence[int]
) -> StandardErrors:
    """The difference of accuracies averaged over pairs of cells, with both standard errors.

    `total` is sd_i(d_i) / sqrt(n) with d_i the mean over pairs of the difference of the shares of
    seeds that miss image i; `seed` adds the `seed_variances` of the means of all cells, as of runs
    that share nothing.

    Args:
        counts: the errors of each cell.
        cells: numbers of the first cells of the pairs, `(n_pairs,)`.
        partners: numbers of the second ones, `(n_pairs,)`.

    Raises:
        ValueError: no pairs, or not a partner for each cell.
    """
    if not len(cells) or len(cells) != len(partners):
        raise ValueError(f"{len(cells)} cells with {len(partners)} partners; allowed is 1 each")
    n_cells = len(counts.by_seed)
    net = np.bincount(partners, minlength=n_cells) - np.bincount(cells, minlength=n_cells)
    used = np.flatnonzero(net)
    chosen, net = counts.only(used), net[used]
    # In whole numbers, so that images that are alike have no spread by rounding.
    multiple = int(np.lcm.reduce(chosen.seeds))
    scaled = (net * (multiple // chosen.seeds)) @ chosen.by_image
    scale = len(cells) * multiple
    variances = (net / len(cells)) ** 2 * seed_variances(chosen) / chosen.seeds
    return StandardErrors(
        difference=float(scaled.mean()) / scale,
        seed=_nan_if_zero(math.sqrt(variances.sum())),
        total=_nan_if_zero(float(_standard_deviation(scaled)) / scale / math.sqrt(scaled.size)),
    )


def missed_share(counts: ErrorCounts) -> _Floats:
    """The share of all networks that miss each image, 0-1, `(n_images,)`."""
    return counts.by_image.sum(axis=0) / counts.seeds.sum()


def missed_by_all(counts: ErrorCounts) -> _Integers:
    """Indices of the images that every network of every cell misses, ascending."""
    return np.flatnonzero(counts.by_image.sum(axis=0) == counts.seeds.sum())


def fixed_by_one_level(
    counts: ErrorCounts, levels: Sequence[Level], *, threshold: float = 0.9
) -> pd.DataFrame:
    """Images that the networks of one level of a factor read right and all others misread.

    The rule: right in at least `threshold` of the level's networks, and wrong in at least
    `threshold` of the networks of each other level.

    Args:
        counts: the errors of each cell.
        levels: the cells' level of the factor, `(n_cells,)`.
        threshold: share of networks, above 0.5, at most 1.

    Returns:
        One row per image, by level in order of appearance and index: `level`, `index`,
        `right_share` (of the level's networks, 0-1) and `other_share` (the largest share of another
        level's networks that read it right, 0-1).

    Raises:
        ValueError: not one level per cell, only one level, or a threshold out of range.
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
    others = [np.delete(np.arange(len(names)), position) for position in range(len(names))]
    missed = np.stack([wrong_share[other].min(axis=0) for other in others])
    best = np.stack([right_share[other].max(axis=0) for other in others])
    position, index = np.nonzero((right_share >= threshold) & (missed >= threshold))
    shares = {"right_share": right_share[position, index], "other_share": best[position, index]}
    return pd.DataFrame({"level": [names[at] for at in position], "index": index, **shares})


def class_effects(
    cells: Iterable[Wrong],
    partners: Iterable[Wrong],
    labels: ArrayLike,
    *,
    coverage: float = 0.95,
) -> pd.DataFrame:
    """What one level of a factor does to the recall of each class, against another level.

    The difference of recall is averaged over pairs of cells, each pair weighing the same, and a t
    interval is laid over the seeds (seeds - 1 degrees of freedom). It covers one class at a time
    and speaks of new seeds on these images.

    Args:
        cells: errors of the cells with the one level, `(n_pairs, n_seeds, n_images)`, or `n_pairs`
            arrays `(n_seeds, n_images)`, also from a generator.
        partners: likewise with the other level; all other levels and the seeds as in `cells`.
        labels: class of each image, `(n_images,)`.
        coverage: nominal coverage of the interval, between 0 and 1.

    Returns:
        One row per class that occurs: `class`, `difference` (recall in `cells` minus recall in
        `partners`, -1 to 1), `low`, `high` (NaN for one seed, or if all seeds agree), and
        `images`, how many the class has.

    Raises:
        ValueError: the arrays or labels don't fit together, or the coverage is out of range.
    """
    if not 0 < coverage < 1:
        raise ValueError(f"coverage is {coverage}; allowed is between 0 and 1")
    gained, pairs = _gained(cells, partners)
    classes, position, images = np.unique(
        np.asarray(labels), return_inverse=True, return_counts=True
    )
    if position.shape != gained.shape[1:]:
        raise ValueError(f"labels of shape {position.shape} for {gained.shape[1]} images")
    seeds = len(gained)
    by_class = np.stack(
        [np.bincount(position, weights=row, minlength=len(classes)) for row in gained]
    )
    difference = by_class.mean(axis=0) / (pairs * images)
    spread = _standard_deviation(by_class) / (pairs * images)
    spread[spread == 0] = np.nan
    half = special.stdtrit(seeds - 1, (1 + coverage) / 2) * spread / math.sqrt(seeds)
    columns = {"low": difference - half, "high": difference + half, "images": images}
    return pd.DataFrame({"class": classes, "difference": difference, **columns})


def _check_cell(wrong: Wrong, *, like: NDArray[np.int32] | None) -> None:
    if wrong.ndim != 2 or not wrong.size:
        raise ValueError(f"a cell of shape {wrong.shape}; allowed is (seeds, images), at least one")
    _check_booleans(wrong)
    if like is not None and wrong.shape[1] != len(like):
        raise ValueError(f"a cell with {wrong.shape[1]} images, the first one has {len(like)}")


def _check_booleans(wrong: Wrong) -> None:
    # Classes given in place of errors would count as errors but for class 0.
    if wrong.dtype != np.bool_:
        raise ValueError(f"errors of type {wrong.dtype}; allowed is bool, True where wrong")


def _by_level(counts: ErrorCounts, level_of: Sequence[int]) -> tuple[_Integers, _Integers]:
    """Errors by level and image, `(n_levels, n_images)`, and networks by level, `(n_levels, 1)`."""
    belongs = np.equal.outer(np.arange(max(level_of) + 1), level_of)
    wrong = [counts.by_image[cells].sum(axis=0, dtype=np.int64) for cells in belongs]
    return np.stack(wrong), (belongs @ counts.seeds)[:, np.newaxis]


def _gained(cells: Iterable[Wrong], partners: Iterable[Wrong]) -> tuple[NDArray[np.int32], int]:
    """In how many pairs each image is gained, less those where it is lost, and the pairs."""
    gained: NDArray[np.int32] | None = None
    pairs = 0
    for wrong, other in zip(cells, partners, strict=True):
        _check_cell(wrong, like=None)
        _check_cell(other, like=None)
        gained = np.zeros(wrong.shape, dtype=np.int32) if gained is None else gained
        if not wrong.shape == other.shape == gained.shape:
            raise ValueError(
                f"a pair of shapes {wrong.shape} and {other.shape}; "
                f"allowed is the same seeds and images throughout, here {gained.shape}"
            )
        gained += other
        gained -= wrong
        pairs += 1
    if gained is None:
        raise ValueError("no pairs of cells to compare")
    return gained, pairs


def _standard_deviation(values: NDArray[np.integer] | _Floats) -> _Floats:
    """Over the first axis; NaN for a single value."""
    if len(values) == 1:
        return np.full(values.shape[1:], np.nan)
    return np.std(values, axis=0, ddof=1)


def _nan_if_zero(error: float) -> float:
    return error or math.nan
