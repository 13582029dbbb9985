"""Which effects stand out when each cell was run once: Lenth's method and the half-normal table.

Without replicates there is no residual; the many effects that are nothing but noise take its place.
"""
# scipy comes without stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

COVERAGE = 0.95
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lenth:
    """Lenth's limits, in the unit of the effects.

    Args:
        effects: how many the limits were computed from.
        pse: pseudo standard error of one effect.
        me: margin of error; noise takes a given effect beyond it in at most 5 % of studies.
        sme: simultaneous margin of error; noise takes any effect beyond it in at most 5 %.
    """

    effects: int
    pse: float
    me: float
    sme: float


def lenth(estimates: Sequence[float]) -> Lenth:
    """The limits beyond which an effect of an unreplicated two-level factorial stands out.

    Lenth 1989, Technometrics 31: s0 = 1.5 median |c|; the pseudo standard error is 1.5
    times the median of those |c| below 2.5 s0; the margins of m effects are its multiples by the t
    quantiles of 0.975 and (1 + 0.95^(1/m)) / 2 with m/3 degrees of freedom. Assumes that most
    effects are nothing, and all independent with equal variance, as in a complete design. The 5 %
    are an upper bound: of simulated normal noise 0.4, 2, 3 and 4 % of effects are beyond `me` with
    3, 7, 15 and 31 effects, and some effect is beyond `sme` in 0.1, 1, 2 and 3 % of studies.

    Where at least half of the effects are exactly 0, so are all three limits: the noise can't be
    told from 0, and whatever isn't 0 is beyond them.

    Args:
        estimates: the effects of all terms but the mean, of any sign and order, at least 3.

    Raises:
        ValueError: fewer than 3 effects, or one that is NaN or infinite.
    """
    sizes = np.abs(np.asarray(estimates, dtype=float))
    if len(sizes) < _FEWEST:
        raise ValueError(
            f"{len(sizes)} effects are too few to tell noise from them; at least {_FEWEST} are "
            "needed, such as all of a 2 × 2 design"
        )
    if not np.isfinite(sizes).all():
        raise ValueError(
            f"{(~np.isfinite(sizes)).sum()} of {len(sizes)} effects are not finite; Lenth's method "
            "needs a complete design"
        )
    count = len(sizes)
    pse = _pseudo_standard_error(sizes)
    simultaneous = (1 + COVERAGE ** (1 / count)) / 2
    me, sme = pse * stats.t.ppf([(1 + COVERAGE) / 2, simultaneous], count / 3)
    return Lenth(effects=count, pse=pse, me=float(me), sme=float(sme))


def half_normal(effects_table: pd.DataFrame) -> pd.DataFrame:
    """The effects by size, with what to draw them against: a half-normal plot as a table.

    Columns: `term`; `absolute`, the size of the effect, largest first; `quantile`, of the standard
    half-normal distribution at (i - 1/2) / m for the i-th smallest of m (Daniel 1959, Technometrics
    1); `beyond_me`, `beyond_sme`, whether it exceeds Lenth's limits. Noise lies on a line through
    the origin. Equal sizes stand in the order of the input.

    Args:
        effects_table: columns `term` and `estimate`, as `results.effects.effects` gives for
            two-level factors, each cell run once, with `order` the number of factors.

    Raises:
        ValueError: a column is missing; a term has several rows, as those of factors with more
            than two levels do (they are not independent); `lenth` refuses the estimates.
    """
    for column in ("term", "estimate"):
        if column not in effects_table.columns:
            raise ValueError(f"no column {column!r}; give what results.effects.effects returns")
    repeated = effects_table["term"][effects_table["term"].duplicated()]
    if len(repeated):
        raise ValueError(
            f"term {repeated.iloc[0]!r} has several rows; the half-normal plot takes one effect "
            "per term, that is factors with two levels"
        )
    limits = lenth(effects_table["estimate"].tolist())
    table = effects_table[["term"]].assign(absolute=effects_table["estimate"].abs())
    table = table.sort_values("absolute", ascending=False, kind="stable", ignore_index=True)
    return table.assign(
        quantile=_half_normal_quantiles(limits.effects)[::-1],
        beyond_me=table["absolute"] > limits.me,
        beyond_sme=table["absolute"] > limits.sme,
    )


def _pseudo_standard_error(sizes: NDArray[np.float64]) -> float:
    first = 1.5 * np.median(sizes)
    return float(1.5 * np.median(sizes[sizes < 2.5 * first])) if first else 0.0


def _half_normal_quantiles(count: int) -> NDArray[np.float64]:
    """Of the smallest to the largest of so many."""
    return stats.norm.ppf(0.5 + 0.5 * (np.arange(count) + 0.5) / count)
