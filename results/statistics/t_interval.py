"""The t interval and the t test of an estimate with a standard error."""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false

import math

from scipy import special


def t_interval(
    estimate: float, standard_error: float, *, df: float, coverage: float
) -> tuple[float, float]:
    """The two-sided t interval (low, high); infinite `df`: the normal one."""
    tail = (1 + coverage) / 2
    quantile = special.ndtri(tail) if math.isinf(df) else special.stdtrit(df, tail)
    half = float(quantile) * standard_error
    return estimate - half, estimate + half


def t_p_value(estimate: float, standard_error: float, *, df: float) -> float:
    """The two-sided p-value of 0; infinite `df`: the normal one; NaN without `df`.

    0 for an effect that nothing disturbs.
    """
    if standard_error == 0:
        return 1.0 if estimate == 0 else 0.0
    if not df:
        return math.nan
    z = -abs(estimate) / standard_error
    return float(2 * (special.ndtr(z) if math.isinf(df) else special.stdtr(df, z)))
