"""What claims are judged on: the lattice, its noise, and differences within it."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.analysis.lattice import Lattice
from results.statistics.contrast import Noise, estimate_contrast, residual_noise
from results.statistics.t_interval import t_interval, t_p_value

_Floats = NDArray[np.float64]
# Replication by so many seeds is too little by itself; single images can stand in for more.
_IMAGE_SEEDS = 2
# With fewer, no noise is left once cell and seed are taken out.
_FEWEST_CELLS = 2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """What all claims are judged on.

    Args:
        lattice: of the study.
        noise: of its healthy cells.
        image_variance: variance of one run's accuracy as single images tell it, `(n_cells)`, NaN
            for cells that are not healthy; None where that can't be had.
        claims: how many are judged together.
    """

    lattice: Lattice
    noise: Noise
    image_variance: _Floats | None
    claims: int

    @property
    def seeds(self) -> int:
        """How often each cell was run."""
        return len(self.lattice.seeds)

    @property
    def by_image(self) -> bool:
        """Whether single images stand in for replication, of which there is too little."""
        return self.seeds == _IMAGE_SEEDS and self.image_variance is not None

    @property
    def enough_seeds(self) -> bool:
        """Whether a difference in quality can be told from the noise of the seeds."""
        return self.seeds > _IMAGE_SEEDS or self.by_image


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Accuracy of the better level minus that of the worse one, 0-1, over some contexts.

    Args:
        estimate: the difference.
        standard_error: its standard error; NaN at one seed.
        df: degrees of freedom of that; infinite if it comes from single images.
        p_value: two-sided test of 0; NaN at one seed.
        contexts: how many it is averaged over; of a fraction, how many cells it is taken from.
    """

    estimate: float
    standard_error: float
    df: float
    p_value: float
    contexts: int

    def interval(self, coverage: float) -> tuple[float, float]:
        """The t interval (low, high), 0-1."""
        return t_interval(self.estimate, self.standard_error, df=self.df, coverage=coverage)


def gather_evidence(
    lattice: Lattice, *, claims: int, image_variance: _Floats | None = None
) -> Evidence:
    """What this lattice gives to judge so many claims on; for the rest see `Evidence`."""
    healthy = lattice.accuracy[lattice.healthy]
    noise = Noise(mean_square=math.nan, df=0, cells=0, seeds=len(lattice.seeds))
    if len(healthy) >= _FEWEST_CELLS:
        noise = residual_noise(healthy)
    return Evidence(lattice=lattice, noise=noise, image_variance=image_variance, claims=claims)


def difference(evidence: Evidence, cells: NDArray[np.int64]) -> Difference:
    """Better minus worse, averaged over contexts.

    Args:
        evidence: what to take it from.
        cells: numbers of the worse and the better cell, `(n_contexts, 2)`, one context or more.
    """
    weights = np.tile(np.array([-1.0, 1.0]) / len(cells), len(cells))
    return weighted_sum(evidence, cells.ravel(), weights, contexts=len(cells))


def weighted_sum(
    evidence: Evidence, cells: NDArray[np.int64], weights: NDArray[np.floating], *, contexts: int
) -> Difference:
    """The accuracies of some cells, their weights adding up to 0, judged like a difference."""
    contrast = estimate_contrast(evidence.lattice.accuracy[cells], weights, noise=evidence.noise)
    error, df, p_value = contrast.standard_error, float(contrast.df), contrast.p_value
    if evidence.by_image and evidence.image_variance is not None:
        variance = float((weights**2 * evidence.image_variance[cells]).sum())
        error, df = math.sqrt(variance / evidence.seeds), math.inf
        p_value = t_p_value(contrast.estimate, error, df=df)
    return Difference(
        estimate=contrast.estimate,
        standard_error=error,
        df=df,
        p_value=p_value,
        contexts=contexts,
    )
