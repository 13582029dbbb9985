"""McNemar's test: are two networks right equally often on the same images?

The answer is about these two networks. It is about their cells too only if phi is near 1, see
`results.statistics.examples.estimates.overdispersion`.
"""
# statsmodels comes without types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

import math
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from statsmodels.stats import contingency_tables


@dataclass(frozen=True, slots=True, kw_only=True)
class McNemar:
    """McNemar's test that two networks are right equally often on the same images.

    All p-values are two-sided. Without an image that only one of the two misses, both chi-squares
    and their p-values are NaN and the exact p-value is 1.

    Attributes:
        only_a_wrong: number of images that only the first network misses.
        only_b_wrong: number of images that only the second network misses.
        chi2: the chi-square statistic, with 1 degree of freedom.
        chi2_p: the p-value of `chi2`.
        corrected_chi2: the statistic with the continuity correction of Edwards 1948.
        corrected_p: the p-value of `corrected_chi2`.
        exact_p: the p-value of the exact binomial test.

    Examples:
        >>> test = mcnemar_of_table([[9959, 11], [1, 29]])
        >>> test.only_a_wrong, test.only_b_wrong, round(test.chi2, 4)  # (11 - 1)² / (11 + 1)
        (1, 11, 8.3333)
    """

    only_a_wrong: int
    only_b_wrong: int
    chi2: float
    chi2_p: float
    corrected_chi2: float
    corrected_p: float
    exact_p: float


def mcnemar(wrong_a: NDArray[np.bool_], wrong_b: NDArray[np.bool_]) -> McNemar:
    """McNemar's test of two networks on the same images.

    Args:
        wrong_a: whether the first network misses each image, `(n_images,)`.
        wrong_b: whether the second network misses each image, `(n_images,)`.

    Raises:
        ValueError: the arrays are not booleans of the same length.

    Examples:
        >>> wrong_a = np.array([True, True, False, True, False, False])
        >>> wrong_b = np.array([True, False, False, False, True, False])
        >>> mcnemar(wrong_a, wrong_b) == mcnemar_of_table([[2, 1], [2, 1]])
        True
    """
    if wrong_a.ndim != 1 or wrong_a.shape != wrong_b.shape:
        raise ValueError(
            f"networks of shapes {wrong_a.shape} and {wrong_b.shape}; allowed is (n_images,) twice"
        )
    if not wrong_a.dtype == wrong_b.dtype == np.bool_:
        raise ValueError(
            f"errors of types {wrong_a.dtype} and {wrong_b.dtype}; allowed is bool twice"
        )
    pairs = 2 * wrong_a.astype(np.int64) + wrong_b
    return mcnemar_of_table(np.bincount(pairs, minlength=4).reshape(2, 2))


def mcnemar_of_table(table: ArrayLike) -> McNemar:
    """McNemar's test of a table of counted images.

    Source: McNemar 1947; `statsmodels.stats.contingency_tables.mcnemar`. The continuity
    correction is left out if each network alone misses equally many images, as in R: it would make
    the statistic grow.

    Args:
        table: number of images, `(2, 2)`; in rows whether the first network is right or wrong, in
            columns whether the second is.

    Raises:
        ValueError: the table isn't 2x2, or holds other values than counts.

    Examples:
        >>> test = mcnemar_of_table([[101, 121], [59, 33]])  # the example of mlxtend
        >>> round(test.chi2, 4), round(test.corrected_chi2, 4), test.exact_p
        (21.3556, 20.6722, 4.434...e-06)
    """
    counts = np.asarray(table)
    if counts.shape != (2, 2) or counts.dtype.kind not in "iu" or (counts < 0).any():
        raise ValueError(f"{counts.tolist()} is no table of counts; allowed is 2x2, from 0")
    only_a, only_b = int(counts[1, 0]), int(counts[0, 1])
    chi2, chi2_p = _chi2(counts, correction=False)
    corrected_chi2, corrected_p = _chi2(counts, correction=only_a != only_b)
    return McNemar(
        only_a_wrong=only_a,
        only_b_wrong=only_b,
        chi2=chi2,
        chi2_p=chi2_p,
        corrected_chi2=corrected_chi2,
        corrected_p=corrected_p,
        exact_p=float(cast(Any, contingency_tables.mcnemar(counts, exact=True)).pvalue),
    )


def _chi2(counts: NDArray[np.integer], *, correction: bool) -> tuple[float, float]:
    """The statistic and its p-value; both NaN if no image tells the two networks apart."""
    if counts[0, 1] + counts[1, 0] == 0:
        return math.nan, math.nan
    result = contingency_tables.mcnemar(counts, exact=False, correction=correction)
    return float(cast(Any, result).statistic), float(cast(Any, result).pvalue)
