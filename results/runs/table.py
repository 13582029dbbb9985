"""Anyone's table of runs, checked: one row a run, a column a factor, a seed and a response."""
# pandas' stubs leave many results untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.runs.runs import Examples, Runs
from search_spaces import Level, unknown_name

# A response may have been rounded to so much.
_ROUNDED = 5e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of a table mean what.

    Args:
        factors: the factors, in the order in which sentences name them.
        seed: what tells the runs of a cell apart.
        response: the number that is compared.
        learned: whether a run learned at all; None where every run counts as one that did.
        run: what names a run; needed only to find its answers.

    Examples:
        >>> Columns(factors=("optimizer",), response="accuracy").seed
        'seed'
    """

    factors: tuple[str, ...]
    seed: str = "seed"
    response: str
    learned: str | None = None
    run: str = "run"


def read_runs(frame: pd.DataFrame, columns: Columns, answers: pd.DataFrame | None = None) -> Runs:
    """The runs of a table.

    Args:
        frame: one row a run. A run that did not learn may lack a response.
        columns: which of its columns mean what.
        answers: one row a run and example, with the columns `run`, `example` and `wrong`: whether
            the run gets the example wrong. The response is the share that is right or wrong then.

    Raises:
        ValueError: a column is missing or there twice, a level or seed is missing, a cell has two
            runs of one seed, the response is no number or, of a run that learned, not finite, or
            the table has no row; the message names column and row.

    Examples:
        >>> frame = pd.DataFrame({"width": [8, 8], "seed": [0, 0], "score": [0.7, 0.8]})
        >>> read_runs(frame, Columns(factors=("width",), response="score"))
        Traceback (most recent call last):
        ValueError: rows 0 and 1 are both the run of width=8 with seed 0; each can be there once
    """
    _check_columns(frame, columns)
    learned = _learned(frame, columns)
    response = _responses(frame, columns.response, learned)
    for name in (*columns.factors, columns.seed):
        for row, level in enumerate(frame[name].tolist()):
            if not isinstance(level, Hashable):
                raise ValueError(f"row {row} has {level!r} for {name!r}; allowed are single values")
    factors = {name: _levels(frame, name) for name in columns.factors}
    keys = list(zip(*(frame[name].tolist() for name in columns.factors), strict=True))
    cells, seeds = tuple(dict.fromkeys(keys)), _levels(frame, columns.seed)
    places = {cell: number for number, cell in enumerate(cells)}
    ranks = {seed: number for number, seed in enumerate(seeds)}
    rows = np.full((len(cells), len(seeds)), -1, dtype=np.int64)
    for row, (cell, seed) in enumerate(zip(keys, frame[columns.seed].tolist(), strict=True)):
        place = places[cell], ranks[seed]
        if rows[place] >= 0:
            named = " · ".join(
                f"{name}={level}" for name, level in zip(columns.factors, cell, strict=True)
            )
            raise ValueError(
                f"rows {rows[place]} and {row} are both the run of {named} with {columns.seed} "
                f"{seed}; each can be there once"
            )
        rows[place] = row
    present = rows >= 0
    return Runs(
        factors=factors,
        cells=cells,
        seeds=seeds,
        present=present,
        response=np.where(present, response[rows], np.nan),
        learned=present & learned[rows],
        shared=bool((present.sum(axis=0) > 1).any()),
        examples=None
        if answers is None
        else _examples(
            frame, columns, answers, [row[(row >= 0) & learned[row]] for row in rows], response
        ),
    )


def _check_columns(frame: pd.DataFrame, columns: Columns) -> None:
    optional = [columns.learned] if columns.learned else []
    names = [*columns.factors, columns.seed, columns.response, *optional]
    if not columns.factors:
        raise ValueError("no factor is named; give at least one column, as factors=['optimizer']")
    for name in names:
        _check_present(frame, name)
        if names.count(name) > 1:
            raise ValueError(f"column {name!r} is there twice; each can have one part only")
    if frame.empty:
        raise ValueError("the table has no row; at least one run of each level is needed")
    for name in (*columns.factors, columns.seed):
        _check_complete(frame, name, what="run")


def _check_present(table: pd.DataFrame, name: str) -> None:
    """Refuse a table that lacks a column, or has it twice."""
    if name not in table.columns:
        raise ValueError(unknown_name("column", str(name), map(str, table.columns)))
    if isinstance(table[name], pd.DataFrame):
        raise ValueError(f"column {name!r} is there twice; each can have one part only")


def _check_complete(table: pd.DataFrame, name: str, *, what: str) -> None:
    """Refuse a column that lacks a value in some row, which is one of `what`."""
    missing = np.flatnonzero(table[name].isna().to_numpy())
    if len(missing):
        raise ValueError(f"row {missing[0]} has no {name!r}; every {what} needs one")


def _learned(frame: pd.DataFrame, columns: Columns) -> NDArray[np.bool_]:
    if columns.learned is None:
        return np.ones(len(frame), dtype=bool)
    column = frame[columns.learned]
    if not pd.api.types.is_bool_dtype(column) or column.isna().any():
        raise ValueError(
            f"column {columns.learned!r} is of type {column.dtype}; allowed are true and false"
        )
    return column.to_numpy(dtype=bool)


def _responses(frame: pd.DataFrame, name: str, learned: NDArray[np.bool_]) -> NDArray[np.float64]:
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column):
        raise ValueError(f"response {name!r} is of type {column.dtype}; allowed are numbers")
    values = column.to_numpy(dtype=float, na_value=np.nan)
    unusable = np.flatnonzero(~np.isfinite(values) & learned)
    if len(unusable):
        raise ValueError(
            f"row {unusable[0]} has the response {values[unusable[0]]}; a run that learned needs a "
            "finite number, one that did not is told by a column of booleans (learned=...)"
        )
    return np.where(np.isfinite(values), values, np.nan)


def _examples(
    frame: pd.DataFrame,
    columns: Columns,
    answers: pd.DataFrame,
    rows: Sequence[NDArray[np.int64]],
    response: NDArray[np.float64],
) -> Examples:
    """The answers of the runs that learned, in these rows of the table, cell by cell."""
    for name, table in ((columns.run, frame), *((n, answers) for n in ("run", "example", "wrong"))):
        _check_answer_column(table, name)
    names = frame[columns.run]
    if names.duplicated().any():
        twice = names[names.duplicated()].tolist()[0]
        raise ValueError(f"column {columns.run!r} has {twice!r} twice; each run needs its own name")
    wrong = _wrong(answers)
    numbers, runs = pd.factorize(answers["run"])
    examples, unique = pd.factorize(answers["example"])
    table = np.full((len(runs), len(unique)), -1, dtype=np.int8)
    table[numbers, examples] = wrong
    if len(answers) != table.size or (table < 0).any():
        _tell_gap(answers, table, list(runs), list(unique))
    place = {run: number for number, run in enumerate(runs)}
    places = [place.get(run, -1) for run in names.tolist()]
    if max(places) < 0:
        raise ValueError(
            f"no run of the table has answers; it has runs as {names.tolist()[0]!r}, the answers "
            f"{', '.join(map(repr, list(runs)[:1])) or 'none'}"
        )
    shares = np.array([table[number].mean() if number >= 0 else np.nan for number in places])
    _check_shares(response, shares)
    right = table == 0

    def right_of(cell: int) -> NDArray[np.bool_] | None:
        of_cell = [places[row] for row in rows[cell]]
        return right[of_cell] if min(of_cell, default=0) >= 0 else None

    return Examples(count=len(unique), right=right_of)


def _check_answer_column(table: pd.DataFrame, name: str) -> None:
    _check_present(table, name)
    _check_complete(table, name, what="run and answer")
    column = table[name]
    if column.dtype == object and not all(isinstance(value, Hashable) for value in column):
        raise ValueError(f"column {name!r} has values that aren't single; allowed are such as 7")


def _check_shares(response: NDArray[np.float64], shares: NDArray[np.float64]) -> None:
    """Refuse responses that are not the share of right answers, nor, all of them, of wrong ones."""
    known = np.isfinite(response) & np.isfinite(shares)
    off_right = np.flatnonzero(known & (np.abs(response - 1 + shares) > _ROUNDED))
    off_wrong = np.flatnonzero(known & (np.abs(response - shares) > _ROUNDED))
    if len(off_right) and len(off_wrong):
        row = min(off_right, off_wrong, key=len)[0]
        raise ValueError(
            f"row {row} has the response {response[row]:g}, and {shares[row]:g} of its answers are "
            "wrong; with answers every response is the share that is right, or each that is wrong"
        )


def _wrong(answers: pd.DataFrame) -> NDArray[np.bool_]:
    column = answers["wrong"]
    if not column.isin([0, 1]).all():
        raise ValueError(
            f"column 'wrong' of the answers is of type {column.dtype}; allowed are true and false"
        )
    return column.to_numpy(dtype=bool)


def _tell_gap(
    answers: pd.DataFrame,
    table: NDArray[np.int8],
    runs: Sequence[object],
    examples: Sequence[object],
) -> None:
    """Raise the error that says which answer is missing, or there twice."""
    twice = answers.duplicated(["run", "example"])
    if twice.any():
        run, example = (answers.loc[twice, name].tolist()[0] for name in ("run", "example"))
        raise ValueError(f"run {run!r} answers example {example!r} twice; each can be there once")
    place = np.argwhere(table < 0)[0]
    raise ValueError(
        f"run {runs[place[0]]!r} has no answer to example {examples[place[1]]!r}, which others "
        "have; all runs answer the same examples"
    )


def _levels(frame: pd.DataFrame, name: str) -> tuple[Level, ...]:
    """The values that occur in a column: in declared order if it has one, else sorted."""
    column = frame[name]
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(column.cat.remove_unused_categories().cat.categories.tolist())
    values = list(dict.fromkeys(column.tolist()))
    try:
        return tuple(sorted(values))
    except TypeError:
        return tuple(values)


def check_known(what: str, name: str, known: Sequence[str]) -> None:
    """Refuse a name that is not among those that are known.

    Raises:
        ValueError: it is unknown; the message names the nearest one first.

    Examples:
        >>> check_known("factor", "with", ["width"])
        Traceback (most recent call last):
        ValueError: unknown factor 'with'; did you mean 'width'? allowed: width
    """
    if name not in known:
        raise ValueError(unknown_name(what, name, known))
