"""Verdicts about new data, where each seed drew its own training and test part."""

import dataclasses
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from search_spaces import About
from tests.given.tables import CLAIM, judged, table

SPLIT = (80, 20)


def two_trainers(differences, *, spread=0.02):
    """Each seed a split: both trainers go up and down with it, one being better by so much."""
    rng = np.random.default_rng(1)
    levels = 0.8 + spread * rng.standard_normal(len(differences))
    rows = [
        {"opt": opt, "seed": seed, "score": level + gap * (opt == "adam")}
        for seed, (level, gap) in enumerate(zip(levels, differences, strict=True))
        for opt in ("sgd", "adam")
    ]
    return pd.DataFrame(rows)


def test_the_interval_is_the_corrected_t_interval_of_the_splits():
    """Nadeau & Bengio 2003 by hand; no run stands out, so robust means are means."""
    gaps = np.array([0.010, 0.014, 0.012, 0.013, 0.011, 0.012])
    row = judged(two_trainers(gaps, spread=1e-9), split=SPLIT).loc[0]
    error = gaps.std(ddof=1) * math.sqrt(1 / 6 + 20 / 80)
    half = stats.t.ppf(0.975, 5) * error
    assert row["estimate"] == pytest.approx(gaps.mean(), rel=1e-6)
    assert (row["low"], row["high"]) == (
        pytest.approx(gaps.mean() - half, rel=1e-5),
        pytest.approx(gaps.mean() + half, rel=1e-5),
    )
    assert row["verdict"] == "confirmed"
    assert "about new data of the same source" in row["sentence"]
    assert "the split is the unit" in row["sentence"]


def test_what_both_trainers_share_of_a_split_is_no_noise():
    gaps = np.array([0.010, 0.014, 0.012, 0.013, 0.011, 0.012])
    wide, narrow = (judged(two_trainers(gaps, spread=sd), split=SPLIT) for sd in (0.02, 1e-9))
    assert wide.loc[0, "verdict"] == narrow.loc[0, "verdict"] == "confirmed"
    # Taken as independent runs, the same figures tell nothing.
    assert judged(two_trainers(gaps), seeds="own").loc[0, "verdict"] == "inconclusive"


def test_where_the_data_are_too_few_no_number_of_splits_is_promised():
    gaps = np.array([0.03, -0.01, 0.02, 0.0, 0.01])
    row = judged(two_trainers(gaps), split=(50, 50)).loc[0]
    assert row["verdict"] == "inconclusive"
    assert pd.isna(row["seeds_needed"])
    assert "more seeds alone don't decide it, more data would" in row["sentence"]


def equal_in_the_population(rng, splits):
    """Two trainers, each on one half of features that are alike: by symmetry as good as each other.

    569 rows, 114 of them tested by each split; least squares on the signs of the classes.
    """
    x = rng.normal(size=(569, 20))
    y = np.sign(x.sum(axis=1) / math.sqrt(20) + rng.normal(size=569))
    rows = []
    for seed in range(splits):
        order = rng.permutation(569)
        test, train = order[:114], order[114:]
        for opt, half in (("sgd", x[:, :10]), ("adam", x[:, 10:])):
            weights = np.linalg.lstsq(half[train], y[train], rcond=None)[0]
            score = float((np.sign(half[test] @ weights) == y[test]).mean())
            rows.append({"opt": opt, "seed": seed, "score": score})
    return pd.DataFrame(rows)


def test_verdicts_about_new_data_keep_their_level_where_a_t_test_on_splits_does_not():
    """300 studies at 5 %: a standard error of 1.3 points; the t test errs in a quarter of them."""
    rng = np.random.default_rng(2)
    wrong = naive = 0
    for _ in range(300):
        frame = equal_in_the_population(rng, splits=10)
        low, high = judged(frame, split=(455, 114)).loc[0, ["low", "high"]]
        wrong += not low <= 0 <= high
        pivot = frame.pivot(index="seed", columns="opt", values="score")
        naive += stats.ttest_rel(pivot["adam"], pivot["sgd"]).pvalue < 0.05
    assert wrong / 300 <= 0.05 + 2 * 0.013
    assert naive / 300 > 0.15


def test_contexts_share_the_split():
    frame = table(0.01, seeds=5, own=False)
    row = judged(frame, split=SPLIT).loc[0]
    assert (row["verdict"], row["contexts"]) == ("confirmed", 4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": (80,)}, "allowed are two whole numbers from 1"),
        ({"split": (80, 0)}, "allowed are two whole numbers from 1"),
        ({"split": (80, 2.5)}, "allowed are two whole numbers from 1"),
        ({"split": ("80", 20)}, "allowed are two whole numbers from 1"),
        ({"split": SPLIT, "about": "these"}, "each seed tested examples of its own; allowed: data"),
        ({"split": SPLIT, "about": "examples"}, "which needs the answers to single examples"),
        ({"about": "data"}, "which needs how many examples each seed trained and tested on"),
    ],
)
def test_what_does_not_go_with_splits_is_told(options, message):
    with pytest.raises(ValueError, match=message):
        judged(two_trainers([0.01, 0.02, 0.03]), **options)


def test_a_claim_about_these_examples_has_none_where_each_seed_tests_its_own():
    claim = dataclasses.replace(CLAIM, about=About.THESE)
    with pytest.raises(ValueError, match="claim 'adam' is about 'these', which can't be, as each"):
        judged(two_trainers([0.01, 0.02, 0.03]), (claim,), split=SPLIT)
