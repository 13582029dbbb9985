"""Studies for `benchmarks.verdicts` in which a seed changes the data, or changes nothing.

Levels are equal in the population throughout, so every decision is wrong.
"""

import math
from dataclasses import replace

import numpy as np
from scipy import stats

from results.claims.deciding import Rule
from results.claims.judging import judge_claim
from results.runs.runs import Examples, Runs
from search_spaces import About, Claim

CLAIM = Claim(name="a", text="a", factor="a", better=1, worse=0)
RULE = Rule(alpha=0.025, smallest=1e-6)
# As many as the breast cancer data of scikit-learn have; a fifth is tested.
ROWS, TESTED, FEATURES = 569, 114, 20


def data_rows(studies: int) -> list[tuple[str, int, str, float, float]]:
    """Each row: its name, seeds, what is to be reached, percent by the rule and beside it."""
    return [
        *(_split_row(studies, seeds) for seeds in (5, 10, 30)),
        _constant_row(studies, seeds=5),
    ]


def split_runs(rng: np.random.Generator, *, splits: int) -> Runs:
    """Two trainers on splits of 569 rows, each using its half of features that are alike.

    By symmetry both are as good as each other in the population; a trainer is least squares on the
    signs of the classes.
    """
    x = rng.normal(size=(ROWS, FEATURES))
    y = np.sign(x.sum(axis=1) / math.sqrt(FEATURES) + rng.normal(size=ROWS))
    scores = np.empty((2, splits))
    for split in range(splits):
        order = rng.permutation(ROWS)
        test, train = order[:TESTED], order[TESTED:]
        for level, half in enumerate(np.split(x, 2, axis=1)):
            weights = np.linalg.lstsq(half[train], y[train], rcond=None)[0]
            scores[level, split] = (np.sign(half[test] @ weights) == y[test]).mean()
    present = np.ones(scores.shape, dtype=bool)
    return Runs(
        factors={"a": (0, 1)},
        cells=((0,), (1,)),
        seeds=tuple(range(splits)),
        present=present,
        response=scores,
        learned=present,
        shared=True,
        split=(ROWS - TESTED, TESTED),
    )


def constant_runs(rng: np.random.Generator, *, examples: int, seeds: int) -> Runs:
    """Two levels in two contexts, all seeds of a cell answering alike to the bit."""
    logit = -6 + 2.5 * rng.standard_normal(examples) + 1.5 * rng.standard_normal((4, examples))
    right = rng.random(logit.shape) >= 1 / (1 + np.exp(-logit))
    present = np.ones((4, seeds), dtype=bool)
    return Runs(
        factors={"a": (0, 1), "b": (0, 1)},
        cells=((0, 0), (0, 1), (1, 0), (1, 1)),
        seeds=tuple(range(seeds)),
        present=present,
        response=np.repeat(right.mean(axis=1, keepdims=True), seeds, axis=1),
        learned=present,
        shared=False,
        examples=Examples(count=examples, right=lambda cell: np.repeat(right[[cell]], seeds, 0)),
    )


def _split_row(studies: int, seeds: int) -> tuple[str, int, str, float, float]:
    rng = np.random.default_rng([569, seeds])
    wrong = naive = 0
    for _ in range(studies):
        runs = split_runs(rng, splits=seeds)
        wrong += judge_claim(runs, CLAIM, RULE).p_value < RULE.alpha
        naive += stats.ttest_rel(*runs.response).pvalue < RULE.alpha
    name = "each seed its own split of 569 rows, trainers equal in the population"
    return name, seeds, "≤ 3", 100 * wrong / studies, 100 * naive / studies


def _constant_row(studies: int, *, seeds: int) -> tuple[str, int, str, float, float]:
    rng = np.random.default_rng([360, seeds])
    wrong = these = 0
    for _ in range(studies):
        runs = constant_runs(rng, examples=360, seeds=seeds)
        wrong += judge_claim(runs, CLAIM, RULE).p_value < RULE.alpha
        these += judge_claim(runs, replace(CLAIM, about=About.THESE), RULE).p_value < RULE.alpha
    name = "seeds change nothing to the bit, levels equal in the population, 360 examples"
    return name, seeds, "≤ 3", 100 * wrong / studies, 100 * these / studies
