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

COVERAGE = 0.95
_EFFECTS = ["term", "levels", "estimate", "low", "high", "p", "se", "df"]
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

    Columns: `term`, `df`, `sum_sq`, `mean_sq`, `f`, `p`. Rows: the block, then the terms by order
    and as the factors are given (`A`, `B`, `A:B`), then `residual` and `total` (about the mean).
    Factors and blocks with a single level have no row.

    Each sum of squares is of type II: what a term explains beyond all terms that don't contain it
    (Yates 1934; Langsrud 2003, Stat. Comput. 13). For balanced data that is the textbook's; only
    then do the rows add up to the total. Interactions above `order` are part of the residual.

    NaN: `f` and `p` without residual degrees of freedom; the whole row of a term that can't be
    told from others (`df` 0). A `df` below the product of (levels - 1) means that empty cells
    leave only that many of its contrasts. Sums of squares within the rounding of the response are
    0; with a residual of 0, `f` is infinite or, for a term of 0, NaN.

    Args:
        frame: one row per response, in any order; other columns don't matter.
        factors: their columns, or column -> levels in declared order. Without levels: the used
            categories of a categorical column in their order, else the values sorted. Any name
            without a colon but `residual` and `total`.
        response: a numeric column in any unit; rows where it is NaN are left out.
        block: a column whose differences are removed first, such as the seed; no interactions.
        order: the highest order of interactions in the model, at least 1 (main effects only).

    Raises:
        ValueError: a column is missing, named twice or badly named; a factor has missing or
            undeclared levels; the response is not numeric, infinite, or has fewer than two values;
            no factor; `order` below 1.
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
    """The effects of changing levels, in the response's unit, with 95 % t intervals.

    Columns: `term`, `levels`, `estimate`, `low`, `high`, `p`, `se`, `df`. One row per term and pair
    of levels, the later minus the earlier ("none → range"); for an interaction one row per
    combination of pairs ("none → range, sgd → adam").

    A main effect is the difference of two least-squares means: of the fitted model, averaged with
    equal weights over the levels of the other factors and blocks (Searle, Speed & Milliken 1980).
    The interaction of two factors is half the difference of the simple effects, that of k factors
    the contrast divided by 2^(k-1) (Box, Hunter & Hunter 2005, ch. 5; Montgomery, ch. 6).
    Intervals and `p` (two-sided) are pointwise, from the residual of `anova` with its `df`; nothing
    is adjusted for the number of rows. They assume equal variance in all cells and the same effects
    in all blocks. Where data are unbalanced, `p` may differ from `anova`'s, which sets interactions
    aside when it tests a main effect.

    NaN: all but `df` where empty cells leave the difference unknown; a level that has no response
    at all gives such rows, and is left out of the averages of the others. `low`, `high`, `p` and
    `se` without residual degrees of freedom; `p` for a difference of 0 with a residual of 0.

    Arguments and errors are those of `anova`.
    """
    model = _model(frame, factors, response, block, order)
    found = estimates(model)
    treatments = [term for term in model.terms if term.factors[0].name != block]
    rows = chain.from_iterable(_effect_rows(term, found[term.name]) for term in treatments)
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
    kept = np.flatnonzero(~np.isnan(values))
    declared = factors if isinstance(factors, Mapping) else dict.fromkeys(factors)
    coded = [_coded(frame, name, levels) for name, levels in declared.items()]
    blocks = [] if block is None else [_coded(frame, block, None)]
    # One order for the same rows, so that they give the same bits.
    kept = kept[np.lexsort([values[kept], *(f.positions[kept] for f in (*coded, *blocks))])]
    return linear_model(_varied(coded, kept), _varied(blocks, kept), values[kept], order=order)


def _varied(factors: Sequence[CodedFactor], rows: NDArray[np.intp]) -> list[CodedFactor]:
    """These rows of the factors that have two levels or more."""
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
    column = frame[name]
    if column.isna().any():
        raise ValueError(f"column {name!r} has {column.isna().sum()} rows without a level")
    levels = _levels(column) if declared is None else tuple(declared)
    if len(set(levels)) < len(levels) or isinstance(declared, str):
        raise ValueError(f"levels of {name!r}: {declared!r} is no list of different levels")
    given = column.astype(object)
    positions = pd.Index(levels, dtype=object).get_indexer(pd.Index(given, dtype=object))
    if (positions < 0).any():
        raise ValueError(
            f"column {name!r} has {given[positions < 0].iloc[0]!r}, which is none of its declared "
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


def _effect_rows(term: Term, found: Estimates) -> list[tuple[str, str, float, float]]:
    rows = zip(term.comparisons, found.values, found.scaled_errors, strict=True)
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
    estimate, unscaled = (table[column].to_numpy(float) for column in ("estimate", "se"))
    se = unscaled * (np.sqrt(sum_sq / df) if df else np.nan)
    half = se * stats.t.ppf((1 + COVERAGE) / 2, df)
    with np.errstate(divide="ignore", invalid="ignore"):
        p = 2 * stats.t.sf(np.abs(estimate) / se, df)
    return table.assign(low=estimate - half, high=estimate + half, p=p, se=se, df=df)[_EFFECTS]
