"""Which effects stand out if each cell was trained once: Lenth's method and a half-normal table.

Without replicates there is no residual; the many effects that are nothing but noise replace it.
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

from results.statistics.conventions import COVERAGE

_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lenth:
    """Lenth's limits, in the unit of the effects.

    Args:
        effects: number of effects that the limits were computed from.
        pse: pseudo standard error of one effect.
        me: margin of error; noise takes a given effect beyond it in at most 5 % of studies.
        sme: simultaneous margin of error; noise takes any effect beyond it in at most 5 % of
            studies.

    Examples:
        >>> main = [21.625, 3.125, 9.875, 14.625]  # Montgomery, example 6.2: A, B, C, D
        >>> two = [0.125, -18.125, 16.625, 2.375, -0.375, -1.125]
        >>> limits = lenth([*main, *two, 1.875, 4.125, -1.625, -2.625, 1.375])
        >>> limits.effects, limits.pse, round(limits.me, 3), round(limits.sme, 3)
        (15, 2.625, 6.748, 13.699)
    """

    effects: int
    pse: float
    me: float
    sme: float


def lenth(estimates: Sequence[float]) -> Lenth:
    """The limits beyond which an effect of an unreplicated two-level factorial stands out.

    With s0 = 1.5 median |c| over the effects c, the pseudo standard error is 1.5 times the median
    of those |c| that are below 2.5 s0. The margins of m effects are its multiples by the t
    quantiles of 0.975 and (1 + 0.95^(1/m)) / 2 with m/3 degrees of freedom. The method assumes that
    most effects are nothing, and that all are independent with equal variance, as in a complete
    design. The 5 % are an upper bound: of simulated normal noise 0.4, 2, 3 and 4 % of effects are
    beyond `me` with 3, 7, 15 and 31 effects, and some effect is beyond `sme` in 0.1, 1, 2 and 3 %
    of studies.

    If at least half of the effects are exactly 0, all three limits are 0: the noise can't be told
    from 0, and any other effect is beyond the limits.

    Source: Lenth 1989, Technometrics 31.

    Args:
        estimates: the effects of all terms but the mean, of any sign and in any order, at least 3.

    Raises:
        ValueError: there are fewer than 3 effects, or one is NaN or infinite.

    Examples:
        >>> lenth([100, -1, 2, -3, 4]).pse  # s0 = 4.5; 1.5 times the median of 1, 2, 3 and 4
        3.75
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
    """A half-normal plot as a table: the effects by size, each with the quantile to draw it at.

    Effects that are only noise lie on a line through the origin.

    Args:
        effects_table: a table with the columns `term` and `estimate`, as `results.effects.effects`
            gives for two-level factors, each cell run once, with `order` the number of factors.

    Returns:
        One row per effect, the largest first, equal sizes in the order of the input. `absolute` is
        the size of the effect, in its unit; `quantile` that of the standard half-normal
        distribution at (i - 1/2) / m for the i-th smallest of m (Daniel 1959, Technometrics 1);
        `beyond_me` and `beyond_sme` say whether the size exceeds Lenth's limits.

    Raises:
        ValueError: a column is missing; a term has several rows, as of factors with more than two
            levels, which are not independent; `lenth` refuses the estimates.

    Examples:
        >>> table = pd.DataFrame({"term": ["A", "B", "A:B"], "estimate": [0.5, -9.0, 0.25]})
        >>> half_normal(table).round(3)
          term  absolute  quantile  beyond_me  beyond_sme
        0    B      9.00     1.383       True       False
        1    A      0.50     0.674      False       False
        2  A:B      0.25     0.210      False       False
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
    """The half-normal quantiles to draw so many sizes against, ascending, `(count,)`."""
    return stats.norm.ppf(0.5 + 0.5 * (np.arange(count) + 0.5) / count)
