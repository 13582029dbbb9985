"""The t interval and the t test of an estimate with a standard error."""
# scipy comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownVariableType=false

import math

from scipy import special


def t_interval(
    estimate: float, standard_error: float, *, df: float, coverage: float
) -> tuple[float, float]:
    """The two-sided t interval (low, high) of an estimate; the normal interval at infinite `df`.

    Args:
        estimate: the estimate, in any unit.
        standard_error: its standard error, in the same unit.
        df: degrees of freedom of the standard error, above 0.
        coverage: nominal coverage, between 0 and 1.

    Examples:
        >>> t_interval(10.0, 1.0, df=2, coverage=0.95)
        (5.697..., 14.302...)
        >>> t_interval(0.0, 1.0, df=math.inf, coverage=0.95)
        (-1.959..., 1.959...)
    """
    tail = (1 + coverage) / 2
    quantile = special.ndtri(tail) if math.isinf(df) else special.stdtrit(df, tail)
    half = float(quantile) * standard_error
    return estimate - half, estimate + half


def t_p_value(estimate: float, standard_error: float, *, df: float) -> float:
    """The two-sided p-value of the t test that the true value is 0; normal at infinite `df`.

    Without a standard error (0), p is 0, or 1 for an estimate of 0. Otherwise it is NaN without
    degrees of freedom (0).

    Args:
        estimate: the estimate, in any unit.
        standard_error: its standard error, in the same unit.
        df: degrees of freedom of the standard error.

    Examples:
        >>> t_p_value(4.3027, 1.0, df=2)
        0.04999...
        >>> t_p_value(1.959964, 1.0, df=math.inf)
        0.04999...
    """
    if standard_error == 0:
        return 1.0 if estimate == 0 else 0.0
    if not df:
        return math.nan
    z = -abs(estimate) / standard_error
    return float(2 * (special.ndtr(z) if math.isinf(df) else special.stdtr(df, z)))
