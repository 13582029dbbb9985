"""The runs that claims are judged on: of a study, or of anyone's table, which is checked."""
# pandas' stubs leave many results untyped.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from results.analysis.lattice import runs_by_cell
from results.records.study import Study
from search_spaces import Level, unknown_name

_Cell = tuple[Level, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which columns of a table mean what.

    Args:
        factors: the factors, in the order in which sentences name them.
        seed: what tells the runs of a cell apart.
        response: the number that is compared.
        learned: whether a run learned at all; None where every run counts as one that did.

    Examples:
        >>> Columns(factors=("optimizer",), response="accuracy").seed
        'seed'
    """

    factors: tuple[str, ...]
    seed: str = "seed"
    response: str
    learned: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Runs:
    """The runs of a study or a table, cells by seeds; some may be missing.

    Args:
        factors: the levels of each factor that occur, in order of their first row.
        cells: a level of each factor, for each cell that occurs.
        seeds: the seeds that occur, in order.
        present: whether there is a run, `(n_cells, n_seeds)`.
        response: the responses, `(n_cells, n_seeds)`; NaN where there is no run, or a run that did
            not learn has none.
        learned: whether a run learned, `(n_cells, n_seeds)`; False where there is none.
        shared: whether runs of one seed go together over cells. As read: whether some seed stands
            in more than one cell.

    Examples:
        >>> frame = pd.DataFrame({"width": [8, 8, 16], "seed": [0, 1, 0], "score": [0.7, 0.8, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> runs.cells, runs.response.tolist(), runs.shared
        (((8,), (16,)), [[0.7, 0.8], [0.9, nan]], True)
    """

    factors: Mapping[str, tuple[Level, ...]]
    cells: tuple[_Cell, ...]
    seeds: tuple[object, ...]
    present: NDArray[np.bool_]
    response: NDArray[np.float64]
    learned: NDArray[np.bool_]
    shared: bool

    @property
    def healthy(self) -> NDArray[np.bool_]:
        """Whether each cell learned with every run that it has, `(n_cells,)`."""
        return np.asarray((self.learned == self.present).all(axis=1))

    def fewest(self, cells: NDArray[np.int64]) -> int:
        """The fewest runs that one of these cells, by number, has."""
        return int(self.present[cells.ravel()].sum(axis=1).min())

    def varied(self, scope: Mapping[str, Level]) -> dict[str, Level]:
        """The part of a scope that is about factors which vary here."""
        return {name: level for name, level in scope.items() if name in self.factors}


def study_runs(study: Study) -> Runs:
    """The runs of a study's trials in one regime, those in `study.trials`, whatever is missing.

    Examples:
        >>> from results import load_study
        >>> runs = study_runs(load_study(directory))
        >>> list(runs.factors), runs.seeds, runs.response.shape
        (['normalization', 'loss'], (0, 1, 2), (4, 3))
    """
    by_cell = runs_by_cell(study)
    cells = tuple(by_cell)
    seeds = tuple(sorted({seed for by_seed in by_cell.values() for seed in by_seed}))
    rows = [[by_cell[cell].get(seed) for seed in seeds] for cell in cells]
    shape = (len(cells), len(seeds))

    def table(values: Sequence[Sequence[object]], dtype: type) -> NDArray[Any]:
        return np.array(values, dtype=dtype).reshape(shape)

    return Runs(
        factors={name: levels for name, levels in study.description.factors if len(levels) > 1},
        cells=cells,
        seeds=seeds,
        present=table([[run is not None for run in row] for row in rows], bool),
        response=table([[run.accuracy if run else np.nan for run in row] for row in rows], float),
        learned=table([[bool(run and run.trained) for run in row] for row in rows], bool),
        shared=True,
    )


def read_runs(frame: pd.DataFrame, columns: Columns) -> Runs:
    """The runs of a table.

    Args:
        frame: one row a run. A run that did not learn may lack a response.
        columns: which of its columns mean what.

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
    )


def _check_columns(frame: pd.DataFrame, columns: Columns) -> None:
    optional = [columns.learned] if columns.learned else []
    names = [*columns.factors, columns.seed, columns.response, *optional]
    if not columns.factors:
        raise ValueError("no factor is named; give at least one column, as factors=['optimizer']")
    for name in names:
        if name not in frame.columns:
            raise ValueError(unknown_name("column", str(name), map(str, frame.columns)))
        if names.count(name) > 1 or isinstance(frame[name], pd.DataFrame):
            raise ValueError(f"column {name!r} is there twice; each can have one part only")
    if frame.empty:
        raise ValueError("the table has no row; at least one run of each level is needed")
    for name in (*columns.factors, columns.seed):
        missing = np.flatnonzero(frame[name].isna().to_numpy())
        if len(missing):
            raise ValueError(f"row {missing[0]} has no {name!r}; every run needs one")


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


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Matched:
    """The contexts in which two levels of a factor stand beside each other.

    Args:
        contexts: for each context its levels of the other factors.
        cells: the numbers of the two cells of each, `(n_contexts, 2)`.

    Examples:
        >>> matched = Matched(contexts=({"loss": "mse"},), cells=np.array([[0, 1]]))
        >>> len(matched.only(np.array([True, True])).contexts)
        1
    """

    contexts: tuple[Mapping[str, Level], ...]
    cells: NDArray[np.int64]

    def only(self, cells: NDArray[np.bool_]) -> "Matched":
        """The contexts of which both cells are among these, `(n_cells_of_all_runs,)`."""
        chosen = cells[self.cells].all(axis=1)
        contexts = tuple(itertools.compress(self.contexts, np.asarray(chosen)))
        return Matched(contexts=contexts, cells=self.cells[chosen])


def matched_cells(
    runs: Runs, factor: str, levels: tuple[Level, Level], scope: Mapping[str, Level]
) -> Matched:
    """The contexts in which two levels of a factor stand beside each other.

    Args:
        runs: the runs.
        factor: the factor that the two levels are of.
        levels: the two levels.
        scope: levels of other factors that a context must have; factors that don't vary are passed
            over.

    Examples:
        >>> frame = pd.DataFrame({"width": [8, 16], "seed": [0, 0], "score": [0.7, 0.9]})
        >>> runs = read_runs(frame, Columns(factors=("width",), response="score"))
        >>> matched_cells(runs, "width", (8, 16), {}).cells.tolist()
        [[0, 1]]
    """
    names = list(runs.factors)
    position = names.index(factor)
    limits = runs.varied(scope)
    numbers = {cell: number for number, cell in enumerate(runs.cells)}
    contexts: list[dict[str, Level]] = []
    pairs: list[list[int]] = []
    for cell in runs.cells:
        if cell[position] != levels[0]:
            continue
        partner = numbers.get((*cell[:position], levels[1], *cell[position + 1 :]))
        context = {name: cell[n] for n, name in enumerate(names) if name != factor}
        if partner is not None and limits.items() <= context.items():
            contexts.append(context)
            pairs.append([numbers[cell], partner])
    return Matched(contexts=tuple(contexts), cells=np.array(pairs, dtype=np.int64).reshape(-1, 2))


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
