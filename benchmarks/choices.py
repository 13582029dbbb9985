"""How often what is said of choices is wrong: levels, shares of variance, the best cell.

`python -m benchmarks.choices` simulates studies of which the truth is known; `choices.md` holds the
tables. Everything is in deviations of a run from seed to seed, but for the rows with examples,
which are in points of accuracy.
"""

import argparse
import itertools
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from results.choices.best import find_best_cells
from results.choices.compared import compared_cells
from results.choices.levels import find_levels
from results.choices.ranking import HIGHER, TermShare, rank_choices
from results.runs.runs import Examples, Runs

_Floats = NDArray[np.float64]
Noise = Callable[[np.random.Generator, int, int], _Floats]
SEEDS = (3, 5, 10)
TWO_LEVELS = (2, 2, 2, 2, 2)


def _even(rng: np.random.Generator, cells: int, seeds: int) -> _Floats:
    return rng.standard_normal((cells, seeds))


def _one_noisy(rng: np.random.Generator, cells: int, seeds: int) -> _Floats:
    return _even(rng, cells, seeds) * np.where(np.arange(cells) == 0, 6, 1)[:, np.newaxis]


def _half_noisy(rng: np.random.Generator, cells: int, seeds: int) -> _Floats:
    noisy = np.arange(cells) < cells // 2
    return _even(rng, cells, seeds) * np.where(noisy, 6, 1)[:, np.newaxis]


def _lognormal_cells(rng: np.random.Generator, cells: int, seeds: int) -> _Floats:
    return _even(rng, cells, seeds) * rng.lognormal(0, 1, (cells, 1))


def _lognormal_noise(rng: np.random.Generator, cells: int, seeds: int) -> _Floats:
    return np.exp(0.5) - np.exp(_even(rng, cells, seeds))


def _outliers(rng: np.random.Generator, cells: int, seeds: int) -> _Floats:
    return _even(rng, cells, seeds) - 5.0 * (rng.random((cells, seeds)) < 0.05)


NOISES: Mapping[str, Noise] = {
    "even": _even,
    "one 6 times as noisy": _one_noisy,
    "half 6 times as noisy": _half_noisy,
    "deviations lognormal(1)": _lognormal_cells,
    "lognormal(1)": _lognormal_noise,
    "5 % of runs 5 sd worse": _outliers,
}
# The true means of 32 cells, from a generator.
CELLS: Mapping[str, Callable[[np.random.Generator], _Floats]] = {
    "32 equal": lambda rng: np.zeros(32),
    "16 equal, 16 far below": lambda rng: np.repeat([0.0, -20.0], 16),
    "spread by 0.5 sd": lambda rng: 0.5 * rng.standard_normal(32),
    "spread by 1 sd": lambda rng: rng.standard_normal(32),
    "one 2 sd above the rest": lambda rng: 2.0 * np.eye(32)[9],
}
# Half the effect of each of the two first factors, of both together, and the spread of cells.
EFFECTS: Mapping[str, tuple[float, float, float, float]] = {
    "nothing": (0, 0, 0, 0),
    "a: 0.3 sd": (0.15, 0, 0, 0),
    "a: 1 sd": (0.5, 0, 0, 0),
    "a: 3, b: 1, a with b: 1 sd": (1.5, 0.5, 0.5, 0),
    "a: 40, b: 20 sd": (20, 10, 0, 0),
    "a: 2 sd, cells spread by 1 sd": (1, 0, 0, 1),
}


def runs_of(responses: _Floats, levels: Sequence[int]) -> Runs:
    """Responses, `(n_cells, n_seeds)`, as runs of factors with so many levels each."""
    names = "abcdefgh"[: len(levels)]
    present = np.ones(responses.shape, dtype=bool)
    return Runs(
        factors={name: tuple(range(count)) for name, count in zip(names, levels, strict=True)},
        cells=tuple(itertools.product(*map(range, levels))),
        seeds=tuple(range(responses.shape[1])),
        present=present,
        response=responses,
        learned=present,
        shared=False,
    )


def left_out(noise: Noise, levels: Sequence[int], *, seeds: int, studies: int) -> tuple[float, ...]:
    """Percent of studies in which a truly best level, and a truly best cell, is left out.

    All are equal, so each is a best one: of the noisy and the quiet, those that fare worse.
    """
    rng = np.random.default_rng([20261201, seeds, *levels])
    cells = int(np.prod(levels))
    by_level, by_cell = np.zeros(levels[0]), np.zeros(cells)
    for _ in range(studies):
        runs = runs_of(noise(rng, cells, seeds), levels)
        compared = compared_cells(runs)
        by_level += [not level.may_be_best for level in find_levels(compared)[0].levels]
        places = {cell: place for place, cell in enumerate(runs.cells)}
        for cell in find_best_cells(compared).cells:
            by_cell[places[cell.cell]] += not cell.may_be_best
    return tuple(
        100 * max(half.mean() for half in np.array_split(counts, 2)) / studies
        for counts in (by_level, by_cell)
    )


def winner(
    means: Callable[[np.random.Generator], _Floats], noise: Noise, *, seeds: int, studies: int
) -> _Floats:
    """Of the cell with the highest mean: how far it and what is expected are too high, covered."""
    rng = np.random.default_rng([20261202, seeds])
    rows = np.zeros((studies, 4))
    for row in rows:
        truth = means(rng)
        responses = truth[:, np.newaxis] + noise(rng, 32, seeds)
        row[:] = _winner_row(runs_of(responses, TWO_LEVELS), truth)
    return rows.mean(axis=0)


def _winner_row(runs: Runs, truth: _Floats) -> tuple[float, ...]:
    best = find_best_cells(compared_cells(runs))
    taken = truth[runs.cells.index(best.cells[0].cell)]
    naive, expected = best.cells[0].mean, best.expected
    low, high = naive.interval(0.95)
    if expected is None:
        raise ValueError("no cell can be compared")
    return (
        naive.estimate - taken,
        expected.estimate - taken,
        100.0 * (low <= taken <= high),
        100.0 * (expected.low <= taken <= expected.high),
    )


def share_coverage(
    effects: tuple[float, ...], levels: Sequence[int], noise: Noise, *, seeds: int, studies: int
) -> tuple[float, float, float]:
    """Percent of shares that their intervals cover: least and mean over terms; bias of the first.

    Without any effect there is no share to cover: then, how often none is surely above 0.
    """
    rng = np.random.default_rng([20261203, seeds, *levels])
    signs = [2 * np.array(column) / (count - 1) - 1 for column, count in _columns(levels)]
    own = np.random.default_rng(9).standard_normal(len(signs[0]))
    truth = effects[0] * signs[0] + effects[1] * signs[1] + effects[2] * signs[0] * signs[1]
    truth = truth + effects[3] * own
    exact = runs_of(truth[:, np.newaxis] + np.array([[-1e-9, 1e-9]]), levels)
    shares = {term.term: term.share for term in _terms(exact)} if truth.any() else {}
    covered: dict[str, int] = {}
    biases: list[float] = []
    for _ in range(studies):
        runs = runs_of(truth[:, np.newaxis] + noise(rng, len(truth), seeds), levels)
        for term in _terms(runs):
            true = shares.get(term.term, 0.0)
            hit = term.low <= true + 1e-6 and (not shares or true - 1e-6 <= term.high)
            covered[term.term] = covered.get(term.term, 0) + hit
            if term.term == "a" and shares and not np.isnan(term.share):
                biases.append(term.share - true)
    rates = [100 * hits / studies for name, hits in covered.items() if name != HIGHER]
    return min(rates), float(np.mean(rates)), float(np.mean(biases or [0.0]))


def _columns(levels: Sequence[int]) -> list[tuple[tuple[int, ...], int]]:
    cells = itertools.product(*map(range, levels))
    return list(zip(zip(*cells, strict=True), levels, strict=True))


def _terms(runs: Runs) -> Sequence[TermShare]:
    return rank_choices(compared_cells(runs))[0].terms


def with_examples(spread: float, *, examples: int, seeds: int, studies: int) -> _Floats:
    """32 cells equal in the population: the winner as `winner`, in points; a best one left out."""
    rng = np.random.default_rng([20261204, examples, seeds, int(10 * spread)])
    # The accuracy of every cell on all there is.
    skill = -6 + np.sqrt(2.5**2 + spread**2) * rng.standard_normal(1_000_000)
    truth = float((1 / (1 + np.exp(skill))).mean())
    rows = np.zeros((studies, 5))
    for row in rows:
        logit = -6 + 2.5 * rng.standard_normal(examples)
        logit = logit + spread * rng.standard_normal((32, 1, examples))
        right = rng.random((32, seeds, examples)) >= 1 / (1 + np.exp(-logit))
        row[:4] = _winner_row(_answering(right), np.full(32, truth))
        cells = find_best_cells(compared_cells(_answering(right))).cells
        row[4] = 100 * np.mean([not cell.may_be_best for cell in cells])
    return rows.mean(axis=0) * [100, 100, 1, 1, 1]


def _answering(right: NDArray[np.bool_]) -> Runs:
    runs = runs_of(right.mean(axis=2), TWO_LEVELS)
    answers = Examples(count=right.shape[2], right=lambda cell: right[cell])
    return Runs(
        factors=runs.factors,
        cells=runs.cells,
        seeds=runs.seeds,
        present=runs.present,
        response=runs.response,
        learned=runs.learned,
        shared=False,
        examples=answers,
    )


def level_rows(studies: int) -> Iterator[tuple[object, ...]]:
    """A truly best level and a truly best cell left out, in percent, for each number of seeds."""
    for levels, (name, noise) in itertools.product(((6,), (6, 4), TWO_LEVELS), NOISES.items()):
        rates = [left_out(noise, levels, seeds=seeds, studies=studies) for seeds in SEEDS]
        yield (_design(levels), name, *(rate for pair in rates for rate in pair))


def winner_rows(studies: int) -> Iterator[tuple[object, ...]]:
    """How far the winner and what is expected of it are too high, in sd, and how often covered."""
    for (name, means), noise in itertools.product(CELLS.items(), ("even", "one 6 times as noisy")):
        for seeds in SEEDS:
            found = winner(means, NOISES[noise], seeds=seeds, studies=studies)
            yield (name, noise, seeds, *found.tolist())


def example_rows(studies: int) -> Iterator[tuple[object, ...]]:
    """The same in points about new examples, and how often a truly best cell is left out."""
    for spread, seeds in itertools.product((0.7, 1.5), SEEDS[:2]):
        found = with_examples(spread, examples=360, seeds=seeds, studies=studies)
        yield (f"360 examples, cells ±{spread}", seeds, *found.tolist())


def share_rows(studies: int) -> Iterator[tuple[object, ...]]:
    """Percent of shares covered, of the term that fares worst and in the mean, and a's bias."""
    for levels, (name, effects) in itertools.product((TWO_LEVELS, (6, 2)), EFFECTS.items()):
        for noise, seeds in itertools.product(("even", "deviations lognormal(1)"), SEEDS):
            found = share_coverage(effects, levels, NOISES[noise], seeds=seeds, studies=studies)
            yield (_design(levels), name, noise, seeds, *found)


TABLES = {
    "levels": level_rows,
    "winner": winner_rows,
    "examples": example_rows,
    "shares": share_rows,
}


def _design(levels: Sequence[int]) -> str:
    return " × ".join(map(str, levels))


def main(arguments: Sequence[str]) -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.choices", description=__doc__)
    parser.add_argument("--studies", type=int, default=200, help="studies a row (200)")
    parser.add_argument("--table", choices=tuple(TABLES), help="one of the tables (all)")
    options = parser.parse_args(arguments)
    for name in [options.table] if options.table else TABLES:
        sys.stdout.write(f"\n{name}: {TABLES[name].__doc__}\n")
        for row in TABLES[name](options.studies):
            words = [f"{item:.2f}" if isinstance(item, float) else str(item) for item in row]
            sys.stdout.write(f"| {' | '.join(words)} |\n")
            sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
