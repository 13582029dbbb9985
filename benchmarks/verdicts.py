"""How often verdicts are wrong, and how often they find what is there.

`python -m benchmarks.verdicts` simulates studies of each kind and judges them: by the rule, and
beside it by another. That is the one that studies were judged by before, where it can be asked (the
noise of all cells pooled below 8 seeds, and the seed as a block); in rows on new examples it is the
rule about those that were tested, and in rows on splits of data a t test over the splits.
Deviations are those of a run from seed to seed. `verdicts.md` holds the table.
"""

import argparse
import itertools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from benchmarks.verdict_data import data_rows
from results.claims.deciding import Rule, Verdict
from results.claims.judgement import Judgement
from results.claims.judging import judge_claim
from results.runs.runs import Examples, Runs, matched_cells
from results.statistics.contrast import Contrast, Fitting, estimate_contrast
from results.statistics.conventions import ALPHA
from results.statistics.error import noise_of
from search_spaces import About, Claim, Endpoint

CLAIMS = 5
# A run's deviation from seed to seed, as accuracy: 0.10 points.
DEVIATION = 0.001
CLAIM = Claim(name="a", text="a", factor="a", better=1, worse=0)
_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One kind of study.

    Args:
        name: what it is.
        make: from a generator and a number of seeds to responses in deviations,
            `(2, n_contexts, n_seeds)`, the worse level first; NaN where a run is missing.
        seeds: numbers of seeds to try.
        right: whether a judgement is what it should be; None where every decision is wrong.
        factors: two-level factors besides the claim's.
        shared: whether cells share their seeds.
        reach: what is to be reached, in words.
    """

    name: str
    make: Callable[[np.random.Generator, int, int], _Floats]
    seeds: tuple[int, ...]
    right: Callable[[Judgement], bool] | None = None
    factors: int = 4
    shared: bool = False
    reach: str = "≤ 1.2"


def _even(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
    return rng.standard_normal((2, contexts, seeds))


def _plus(effect: float) -> Callable[[np.random.Generator, int, int], _Floats]:
    shift = np.array([0.0, effect])[:, np.newaxis, np.newaxis]
    return lambda rng, contexts, seeds: _even(rng, contexts, seeds) + shift


def _where(effect: float, share: Callable[[int], _Floats]) -> Callable[..., _Floats]:
    def make(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
        runs = _even(rng, contexts, seeds)
        runs[1] += effect * share(contexts)[:, np.newaxis]
        return runs

    return make


def _noisy(times: float) -> Callable[..., _Floats]:
    return lambda rng, contexts, seeds: times * _even(rng, contexts, seeds)


def _one_level_noisy(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
    return _even(rng, contexts, seeds) * np.array([1.0, 6.0])[:, np.newaxis, np.newaxis]


def _lognormal_noise(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
    return -np.exp(_even(rng, contexts, seeds))


def _lognormal_cells(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
    return _even(rng, contexts, seeds) * rng.lognormal(0, 1, (2, contexts, 1))


def _favoured(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
    push = np.array([-0.5, 0.5])[:, np.newaxis, np.newaxis] * rng.standard_normal((1, 1, seeds))
    return _even(rng, contexts, seeds) + push


def _bad(make: Callable[..., _Floats], share: float, depth: float) -> Callable[..., _Floats]:
    def worse(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
        runs = make(rng, contexts, seeds)
        return runs - depth * (rng.random(runs.shape) < share)

    return worse


def _missing(make: Callable[..., _Floats], share: float) -> Callable[..., _Floats]:
    def lost(rng: np.random.Generator, contexts: int, seeds: int) -> _Floats:
        runs = make(rng, contexts, seeds)
        return np.where(rng.random(runs.shape) < share, np.nan, runs)

    return lost


def _half(contexts: int) -> _Floats:
    return np.repeat([0.0, 1.0], contexts // 2)


def _corner(contexts: int) -> _Floats:
    return np.eye(contexts)[-1]


def _found(judgement: Judgement) -> bool:
    low, _ = judgement.difference.interval(1 - ALPHA / CLAIMS) if judgement.difference else (0, 0)
    return low > 0


def _partner(judgement: Judgement) -> bool:
    return judgement.where == ({"b": 1},)


def _named(judgement: Judgement) -> bool:
    return judgement.verdict is Verdict.DEPENDS


def _one_context(judgement: Judgement) -> bool:
    return judgement.where == (dict.fromkeys("bcde", 1),)


ROWS = (
    Row(name="even noise, no effect", make=_even, seeds=(3, 5, 7, 10)),
    Row(name="8 contexts 6 times as noisy", make=_noisy(6), seeds=(3, 5, 10), factors=3),
    Row(name="2 contexts 4 times as noisy", make=_noisy(4), seeds=(3, 5, 10), factors=1),
    Row(name="one level 6 times as noisy", make=_one_level_noisy, seeds=(3, 5, 10)),
    Row(name="cells' deviations lognormal(1)", make=_lognormal_cells, seeds=(3, 5, 10)),
    Row(name="noise lognormal(1)", make=_lognormal_noise, seeds=(3, 5, 10)),
    Row(
        name="shared seeds favour a level, sd 1",
        make=_favoured,
        seeds=(3, 5, 10),
        shared=True,
        reach="≤ 1.5",
    ),
    Row(name="2 % of runs 50 sd worse, no effect", make=_bad(_even, 0.02, 50), seeds=(3, 5, 10)),
    Row(name="even noise: said to depend", make=_even, seeds=(3, 5, 10), right=_named),
    Row(
        name="cells' deviations lognormal(1): said to depend",
        make=_lognormal_cells,
        seeds=(3, 5, 10),
        right=_named,
        reach="≤ 2",
    ),
    Row(name="+1 sd", make=_plus(1), seeds=(3, 5), right=_found, reach="≥ 97 / 99"),
    Row(
        name="+3 sd, 2 % of runs 50 sd worse",
        make=_bad(_plus(3), 0.02, 50),
        seeds=(3, 5, 10),
        right=_found,
        reach="≥ 95 / 99 at 5 / 10",
    ),
    Row(
        name="+3 sd, 25 % missing",
        make=_missing(_plus(3), 0.25),
        seeds=(5,),
        right=_found,
        reach="≥ 95",
    ),
    Row(
        name="+3 sd in one context (1 %)",
        make=_plus(3),
        seeds=(5,),
        right=_found,
        factors=0,
        reach="≥ 80",
    ),
    Row(
        name="+4 sd with one level of another factor: named",
        make=_where(4, _half),
        seeds=(3, 5, 10),
        right=_partner,
        reach="≥ 90",
    ),
    Row(
        name="+16 sd in 1 of 16 contexts: named",
        make=_where(16, _corner),
        seeds=(3, 5, 10),
        right=_one_context,
        reach="≥ 90",
    ),
)


def runs_of(responses: _Floats, factors: int) -> Runs:
    """Responses in deviations as runs of two-level factors `a`, `b`, ..., around 90 %."""
    names = "abcdefgh"[: factors + 1]
    values = (0.9 + DEVIATION * responses).reshape(-1, responses.shape[2])
    present = np.isfinite(values)
    # A cell without a run does not stand in a table.
    occurs = np.flatnonzero(present.any(axis=1))
    values, present = values[occurs], present[occurs]
    planned = list(itertools.product((0, 1), repeat=factors + 1))
    cells = tuple(planned[number] for number in occurs)
    return Runs(
        factors=dict.fromkeys(names, (0, 1)),
        cells=cells,
        seeds=tuple(range(values.shape[1])),
        present=present,
        response=values,
        learned=present,
        shared=False,
    )


def share(row: Row, seeds: int, *, studies: int) -> tuple[float, float]:
    """Percent of studies that are decided, by the rule and by the baseline."""
    rng = np.random.default_rng([20261130, seeds, *row.name.encode()])
    rule = Rule(alpha=ALPHA / CLAIMS, smallest=DEVIATION / 1000)
    hits, baseline = 0, 0
    for _ in range(studies):
        runs = runs_of(row.make(rng, 2**row.factors, seeds), row.factors)
        judgement = judge_claim(replace(runs, shared=row.shared), CLAIM, rule)
        hits += row.right(judgement) if row.right else judgement.p_value < rule.alpha
        baseline += _baseline(row, runs)
    return 100 * hits / studies, 100 * baseline / studies


def _baseline(row: Row, runs: Runs) -> float:
    """Whether the earlier rule decides; NaN where it can't be asked."""
    if not runs.present.all():
        return np.nan
    pairs = matched_cells(runs, CLAIM.factor, (CLAIM.worse, CLAIM.better), {}).cells
    if row.right in (_partner, _one_context, _named):
        coverage = 1 - ALPHA / (CLAIMS * len(pairs))
        alone = [_pooled(runs, pair[np.newaxis]).interval(coverage) for pair in pairs]
        return float(any(low > 0 for low, _ in alone) and any(high < 0 for _, high in alone))
    low, high = _pooled(runs, pairs).interval(1 - ALPHA / CLAIMS)
    return float(low > 0 if row.right else low > 0 or high < 0)


def _pooled(runs: Runs, pairs: NDArray[np.int64]) -> Contrast:
    """Better minus worse over these pairs of cells, by the noise of all cells together."""
    weights = np.tile(np.array([-1.0, 1.0]) / len(pairs), len(pairs))
    error = Fitting(noise_of(runs.response))
    return estimate_contrast(runs.response[pairs.ravel()], weights, error=error)


def learning_rows(studies: int) -> list[tuple[str, int, float, str]]:
    """Learning at all: all against none, and the worst null, one run in two of both levels."""
    claim = Claim(name="t", text="t", factor="a", better=1, worse=0, endpoint=Endpoint.TRAINED)
    rule = Rule(alpha=ALPHA / CLAIMS, smallest=None)
    rng = np.random.default_rng(7)
    found: list[tuple[str, int, float, str]] = []
    for name, chances, reach in (
        ("all learn against none", (0.0, 1.0), "100"),
        ("both learn every other time", (0.5, 0.5), "≤ 1"),
    ):
        hits = 0
        for _ in range(studies):
            runs = runs_of(np.zeros((2, 16, 3)), 4)
            chance = np.repeat(chances, 16)[:, np.newaxis]
            learned = rng.random(runs.response.shape) < chance
            judged = judge_claim(replace(runs, learned=learned), claim, rule)
            hits += judged.verdict is not Verdict.INCONCLUSIVE
        found.append((name, 3, 100 * hits / studies, reach))
    return found


# Number of examples, how far levels differ on each, in logits, and how far runs differ in skill.
EXAMPLES = (
    *((360, 0.7, 0.0), (360, 1.5, 0.0), (2000, 0.7, 0.0), (2000, 1.5, 0.0)),
    *((360, 0.7, 0.5), (2000, 0.7, 0.5)),
)


def example_rows(studies: int) -> list[tuple[str, int, str, float, float]]:
    """Levels that are equal in the population, about new examples and about these, at 2.5 %."""
    found: list[tuple[str, int, str, float, float]] = []
    rule = Rule(alpha=0.025, smallest=1e-6)
    for (examples, spread, skill), seeds in itertools.product(EXAMPLES, (3, 5, 20)):
        rng = np.random.default_rng([examples, seeds, int(10 * spread), int(10 * skill)])
        hits = np.zeros(2)
        for _ in range(studies):
            runs = answering_runs(rng, examples=examples, spread=spread, skill=skill, seeds=seeds)
            abouts = (About.EXAMPLES, About.THESE)
            hits += [
                judge_claim(runs, replace(CLAIM, about=about), rule).p_value < rule.alpha
                for about in abouts
            ]
        name = f"equal in the population, {examples:,} examples, levels ±{spread}, runs ±{skill}"
        reach = "≤ 3" if not skill else "≤ 4" if seeds == 3 else "≤ 3.5"
        found.append((name, seeds, reach, *(100 * hits / studies).tolist()))
    return found


def answering_runs(
    rng: np.random.Generator, *, examples: int, spread: float, skill: float, seeds: int
) -> Runs:
    """Runs of two levels in two contexts that answer examples, difficult by a logit of -6 ± 2.5."""
    logit = -6 + 2.5 * rng.standard_normal(examples)
    logit = logit + spread * rng.standard_normal((2, 1, 1, examples))
    logit = logit + skill * rng.standard_normal((2, 2, seeds, 1))
    right = (rng.random(logit.shape) >= 1 / (1 + np.exp(-logit))).reshape(4, seeds, examples)
    present = np.ones((4, seeds), dtype=bool)
    return Runs(
        factors={"a": (0, 1), "b": (0, 1)},
        cells=((0, 0), (0, 1), (1, 0), (1, 1)),
        seeds=tuple(range(seeds)),
        present=present,
        response=right.mean(axis=2),
        learned=present,
        shared=False,
        examples=Examples(count=examples, right=lambda cell: right[cell]),
    )


def main(arguments: Sequence[str]) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.verdicts", description=__doc__)
    parser.add_argument("--studies", type=int, default=200, help="studies a row (200)")
    options = parser.parse_args(arguments)
    sys.stdout.write(
        "| studies | seeds | to reach, % | the rule, % | beside it, % |\n|---|---|---|---|---|\n"
    )
    for row in ROWS:
        for seeds in row.seeds:
            ours, baseline = share(row, seeds, studies=options.studies)
            shown = "–" if np.isnan(baseline) else f"{baseline:.1f}"
            sys.stdout.write(f"| {row.name} | {seeds} | {row.reach} | {ours:.1f} | {shown} |\n")
            sys.stdout.flush()
    for name, seeds, reach, about_new, about_these in (
        *example_rows(options.studies),
        *data_rows(options.studies),
    ):
        sys.stdout.write(f"| {name} | {seeds} | {reach} | {about_new:.1f} | {about_these:.1f} |\n")
        sys.stdout.flush()
    for name, seeds, ours, reach in learning_rows(options.studies):
        sys.stdout.write(f"| {name} | {seeds} | {reach} | {ours:.1f} | – |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
