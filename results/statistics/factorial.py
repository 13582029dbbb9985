"""Analysis of variance and effects of a response in a data frame: the body of `results.effects`."""
# scipy comes without stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from results.statistics.conventions import COVERAGE
from results.statistics.linear_model import (
    CodedFactor,
    Estimates,
    LinearModel,
    Matrix,
    Term,
    estimates,
    explained,
    linear_model,
    residual,
    total,
)
from search_spaces import Level, unknown_name

_EFFECT_COLUMNS = ["term", "levels", "estimate", "low", "high", "p", "se", "df"]
_RESERVED = ("residual", "total")

Factors = Sequence[str] | Mapping[str, Sequence[Level]]


def anova(
    frame: pd.DataFrame,
    factors: Factors,
    response: str,
    block: str | None = None,
    order: int = 2,
) -> pd.DataFrame:
    """The analysis of variance of a response, one row per term.

    Each sum of squares is of type II: what a term explains beyond all terms that don't contain it
    (Yates 1934; Langsrud 2003, Stat. Comput. 13). For balanced data that is the textbook's, and
    only then do the rows add up to the total. Interactions above `order` are part of the residual.

    Args:
        frame: one row per response, in any order; other columns don't matter.
        factors: names of the factors' columns, or a mapping of each to its levels in declared
            order. Without levels, a categorical column gives its used categories in their order,
            any other its values sorted. A name is free but for colons, `residual` and `total`.
        response: name of a numeric column in any unit; rows where it is NaN are left out.
        block: name of a column whose differences are removed first, such as the seed; it has no
            interactions.
        order: the highest order of interactions in the model, at least 1 (main effects only).

    Returns:
        A table with the columns `term`, `df`, `sum_sq`, `mean_sq`, `f` and `p`. Its rows are the
        block, then the terms by order and as the factors are given (`A`, `B`, `A:B`), then
        `residual` and `total` (about the mean). Factors and blocks with a single level have no row.

        `f` and `p` are NaN without residual degrees of freedom. The whole row of a term that can't
        be told from others is NaN, with `df` 0. A `df` below the product of (levels - 1) means that
        empty cells leave only that many of the term's contrasts. Sums of squares within the
        rounding of the response are 0. With a residual of 0, `f` is infinite or, for a term of 0,
        NaN.

    Raises:
        ValueError: a column is missing, named twice or badly named; a factor has missing or
            undeclared levels; the response is not numeric, infinite, or has fewer than two values;
            there is no factor; `order` is below 1.

    Examples:
        >>> frame = pd.DataFrame({"A": [0, 1, 0, 1], "B": [0, 0, 1, 1], "y": [2, 8, 4, 14]})
        >>> anova(frame, ["A", "B"], "y", order=1).round(3)
               term  df  sum_sq  mean_sq     f      p
        0         A   1    64.0     64.0  16.0  0.156
        1         B   1    16.0     16.0   4.0  0.295
        2  residual   1     4.0      4.0   NaN    NaN
        3     total   3    84.0      NaN   NaN    NaN
    """
    model = _model(frame, factors, response, block, order)
    rows = [(term.name, *explained(model, term)) for term in model.terms]
    rows += [("residual", *residual(model)), ("total", *total(model))]
    return _with_tests(pd.DataFrame(rows, columns=["term", "df", "sum_sq"]))


def effects(
    frame: pd.DataFrame,
    factors: Factors,
    response: str,
    block: str | None = None,
    order: int = 2,
) -> pd.DataFrame:
    """The effects of changing levels, in the response's unit, with t intervals of 95 %.

    A main effect is the difference of two least-squares means, which are means of the fitted model,
    averaged with equal weights over the levels of the other factors and blocks (Searle, Speed &
    Milliken 1980). The interaction of two factors is half the difference of the simple effects,
    that of k factors the contrast divided by 2^(k-1) (Box, Hunter & Hunter 2005, ch. 5; Montgomery,
    ch. 6).

    Intervals and p-values (two-sided) are pointwise, from the residual of `anova`; nothing is
    adjusted for the number of rows. They assume equal variance in all cells and the same effects in
    all blocks. For unbalanced data, p-values may differ from those of `anova`, which sets
    interactions aside when it tests a main effect.

    Args:
        frame: one row per response, in any order; other columns don't matter.
        factors: names of the factors' columns, or a mapping of each to its levels in declared
            order, as for `anova`.
        response: name of a numeric column in any unit; rows where it is NaN are left out.
        block: name of a column whose differences are removed first, such as the seed.
        order: the highest order of interactions in the model, at least 1 (main effects only).

    Returns:
        A table with the columns `term`, `levels`, `estimate`, `low`, `high`, `p`, `se` and `df`. It
        has one row per term and pair of levels, the later minus the earlier ("none → range"); for
        an interaction one row per combination of pairs ("none → range, sgd → adam").

        All columns but `df` are NaN if empty cells leave the difference unknown. A level without
        any response gives such rows and is left out of the averages of the others. `low`, `high`,
        `p` and `se` are NaN without residual degrees of freedom, and `p` is NaN for a difference of
        0 with a residual of 0.

    Raises:
        ValueError: the arguments are such that `anova` raises.

    Examples:
        >>> frame = pd.DataFrame({"A": [0, 1, 0, 1], "B": [0, 0, 1, 1], "y": [2, 8, 4, 14]})
        >>> table = effects(frame, ["A", "B"], "y", order=1)
        >>> table[["term", "levels", "estimate", "low", "high", "se", "df"]].round(3)
          term levels  estimate     low    high   se  df
        0    A  0 → 1       8.0 -17.412  33.412  2.0   1
        1    B  0 → 1       4.0 -21.412  29.412  2.0   1
    """
    model = _model(frame, factors, response, block, order)
    by_term = estimates(model)
    treatments = [term for term in model.terms if term.factors[0].name != block]
    rows = chain.from_iterable(_effect_rows(term, by_term[term.name]) for term in treatments)
    table = pd.DataFrame(list(rows), columns=["term", "levels", "estimate", "se"])
    return _with_intervals(table, *residual(model))


def _model(
    frame: pd.DataFrame, factors: Factors, response: str, block: str | None, order: int
) -> LinearModel:
    """The model of the rows that have a response."""
    if order < 1:
        raise ValueError(f"order {order}: allowed are whole numbers from 1 (main effects only)")
    _check_names(frame, factors, response, block)
    values = _responses(frame, response)
    rows = np.flatnonzero(~np.isnan(values))
    levels_of = factors if isinstance(factors, Mapping) else dict.fromkeys(factors)
    coded = [_coded(frame, name, levels) for name, levels in levels_of.items()]
    blocks = [] if block is None else [_coded(frame, block, None)]
    # The same rows in any order are fitted in one order, so that they give the same bits.
    rows = rows[np.lexsort([values[rows], *(f.positions[rows] for f in (*coded, *blocks))])]
    return linear_model(_varied(coded, rows), _varied(blocks, rows), values[rows], order=order)


def _varied(factors: Sequence[CodedFactor], rows: NDArray[np.intp]) -> list[CodedFactor]:
    """The factors that have two levels or more, restricted to these rows."""
    varied = [factor for factor in factors if len(factor.levels) > 1]
    return [replace(factor, positions=factor.positions[rows]) for factor in varied]


def _check_names(frame: pd.DataFrame, factors: Factors, response: str, block: str | None) -> None:
    if isinstance(factors, str) or not factors:
        raise ValueError(f"factors {factors!r}: give at least one column, as in ['optimizer']")
    names = [*factors, *([block] if block is not None else [])]
    for name in (*names, response):
        if name not in frame.columns:
            raise ValueError(unknown_name("column", str(name), map(str, frame.columns)))
        if [*names, response].count(name) > 1 or isinstance(frame[name], pd.DataFrame):
            raise ValueError(f"column {name!r} is there twice; each can have one part only")
    for name in names:
        if ":" in str(name) or name in _RESERVED:
            raise ValueError(
                f"column {name!r} can't be a factor or block: a colon joins the factors of an "
                f"interaction, and {' and '.join(_RESERVED)} are rows of the table; rename it"
            )


def _responses(frame: pd.DataFrame, response: str) -> Matrix:
    column = frame[response]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column):
        raise ValueError(f"response {response!r} is of type {column.dtype}; allowed are numbers")
    values = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(values).any():
        raise ValueError(
            f"response {response!r} has {np.isinf(values).sum()} infinite values; allowed are "
            "finite numbers, and NaN for rows to leave out"
        )
    if np.isfinite(values).sum() < 2:
        raise ValueError(
            f"response {response!r} has {np.isfinite(values).sum()} values in {len(values)} rows; "
            "at least 2 are needed"
        )
    return values


def _coded(frame: pd.DataFrame, name: str, declared: Sequence[Level] | None) -> CodedFactor:
    """The factor in a column, with the levels declared or, without any, those of the column."""
    column = frame[name]
    if column.isna().any():
        raise ValueError(f"column {name!r} has {column.isna().sum()} rows without a level")
    levels = _levels(column) if declared is None else tuple(declared)
    if len(set(levels)) < len(levels) or isinstance(declared, str):
        raise ValueError(f"levels of {name!r}: {declared!r} is no list of different levels")
    values = column.astype(object)
    positions = pd.Index(levels, dtype=object).get_indexer(pd.Index(values, dtype=object))
    if (positions < 0).any():
        raise ValueError(
            f"column {name!r} has {values[positions < 0].iloc[0]!r}, which is none of its declared "
            f"levels; allowed: {', '.join(map(repr, levels))}"
        )
    return CodedFactor(name=name, levels=levels, positions=positions)


def _levels(column: pd.Series) -> tuple[Level, ...]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(column.cat.remove_unused_categories().cat.categories.tolist())
    try:
        return tuple(sorted(column.astype(object).unique().tolist()))
    except TypeError as error:
        raise ValueError(
            f"the levels of {column.name!r} can't be sorted ({error}); declare them in order"
        ) from error


def _effect_rows(term: Term, of_term: Estimates) -> list[tuple[str, str, float, float]]:
    """The name, levels, estimate and scaled standard error of each contrast of a term."""
    rows = zip(term.comparisons, of_term.values, of_term.scaled_errors, strict=True)
    return [(term.name, levels, float(value), float(error)) for levels, value, error in rows]


def _with_tests(table: pd.DataFrame) -> pd.DataFrame:
    """The table with mean squares, and the F tests of all rows but the last two."""
    df, sum_sq = (table[column].to_numpy(float) for column in ("df", "sum_sq"))
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_sq = sum_sq / df
        f = mean_sq / mean_sq[-2]
    mean_sq[-1] = f[-2:] = np.nan
    return table.assign(mean_sq=mean_sq, f=f, p=stats.f.sf(f, df, df[-2]))


def _with_intervals(table: pd.DataFrame, df: int, sum_sq: float) -> pd.DataFrame:
    """The effects with standard errors, intervals and p-values.

    Args:
        table: the effects, with scaled standard errors in `se`.
        df: degrees of freedom of the residual.
        sum_sq: sum of squares of the residual.
    """
    estimate, scaled_error = (table[column].to_numpy(float) for column in ("estimate", "se"))
    se = scaled_error * (np.sqrt(sum_sq / df) if df else np.nan)
    half = se * stats.t.ppf((1 + COVERAGE) / 2, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(estimate) / se, df)
    return table.assign(low=estimate - half, high=estimate + half, p=p, se=se, df=df)[
        _EFFECT_COLUMNS
    ]
