"""What claims are judged on: the lattice, its noise, and differences within it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.analysis.lattice import Lattice
from results.statistics.contrast import Contrast, Fitting, estimate_contrast
from results.statistics.error import ByExample, Error, Noise, noise_of

_Floats = NDArray[np.float64]
# Replication by so many seeds is too little by itself; single images can stand in for more.
_IMAGE_SEEDS = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What all claims of a study are judged on.

    Args:
        lattice: the cells and seeds of the study.
        noise: what varies from run to run over the healthy cells.
        image_variance: variance of one run's accuracy (0-1) as single images tell it, `(n_cells,)`,
            NaN for cells that are not healthy; None where that can't be had.
        claims: number of claims that are judged together.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> gather_evidence(make_lattice(load_study(directory)), claims=2).enough_seeds
        True
    """

    lattice: Lattice
    noise: Noise
    image_variance: _Floats | None
    claims: int

    @property
    def seeds(self) -> int:
        """The number of seeds that each cell was run with."""
        return len(self.lattice.seeds)

    @property
    def by_image(self) -> bool:
        """Whether single images stand in for replication, of which there is too little."""
        return self.seeds == _IMAGE_SEEDS and self.image_variance is not None

    @property
    def enough_seeds(self) -> bool:
        """Whether a difference in quality can be told from the noise of the seeds."""
        return self.seeds > _IMAGE_SEEDS or self.by_image

    def error(self, cells: NDArray[np.int64]) -> Error | Fitting:
        """The error by which a weighted sum of these cells, by number, is judged."""
        if self.by_image and self.image_variance is not None:
            return ByExample(self.image_variance[cells])
        return Fitting(self.noise)


def gather_evidence(
    lattice: Lattice, *, claims: int, image_variance: _Floats | None = None
) -> Evidence:
    """The evidence that a lattice gives.

    Args:
        lattice: the cells and seeds of the study.
        claims: number of claims that are judged together.
        image_variance: variance of one run's accuracy as single images tell it, see `Evidence`.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> gather_evidence(make_lattice(load_study(directory)), claims=2).noise.df
        6
    """
    noise = noise_of(lattice.accuracy[lattice.healthy])
    return Evidence(lattice=lattice, noise=noise, image_variance=image_variance, claims=claims)


def difference(evidence: Evidence, cells: NDArray[np.int64]) -> Contrast:
    """The accuracy (0-1) of the better level minus that of the worse one, averaged over contexts.

    Args:
        evidence: the accuracies and their noise.
        cells: numbers of the cell with the worse level and of that with the better one in each
            context, `(n_contexts, 2)`, one context or more.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> evidence = gather_evidence(make_lattice(load_study(directory)), claims=1)
        >>> round(difference(evidence, np.array([[0, 2], [1, 3]])).estimate, 4)
        0.0542
    """
    weights = np.tile(np.array([-1.0, 1.0]) / len(cells), len(cells))
    return weighted_sum(evidence, cells.ravel(), weights)


def weighted_sum(
    evidence: Evidence, cells: NDArray[np.int64], weights: NDArray[np.floating]
) -> Contrast:
    """The weighted sum of the accuracies (0-1) of some cells.

    Args:
        evidence: the accuracies and their noise.
        cells: numbers of the cells, `(n_weights,)`.
        weights: the weight of each of these cells, `(n_weights,)`; they add up to 0.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> evidence = gather_evidence(make_lattice(load_study(directory)), claims=1)
        >>> round(weighted_sum(evidence, np.array([0, 2]), np.array([-1.0, 1.0])).estimate, 4)
        0.0583
    """
    accuracy = evidence.lattice.accuracy[cells]
    return estimate_contrast(accuracy, weights, error=evidence.error(cells))
