"""How often claims about a table are decided wrongly, and how often what is there is found.

Seeded simulations of the rows that `benchmarks/verdicts.py` runs with more studies.
"""

import math

import numpy as np
import pytest

from benchmarks.verdicts import EXAMPLES, ROWS, example_rows, runs_of, share
from tests.given.tables import judged, table

pytestmark = pytest.mark.slow


def wrong_share(make, *, seeds, studies=300, alpha=0.05, right=None):
    """How often a claim is decided: wrongly, or as `right` says."""
    rng = np.random.default_rng(20261130 + seeds)
    verdicts = [judged(make(rng, seeds), alpha=alpha).iloc[0] for _ in range(studies)]
    if right:
        return np.mean([right(found) for found in verdicts])
    return np.mean([found["p"] < alpha for found in verdicts])


def standard_error(share, studies=300):
    return math.sqrt(share * (1 - share) / studies)


def even(rng, seeds):
    return table(0.0, seeds=seeds, rng=rng)


def half_noisy(rng, seeds):
    frame = even(rng, seeds)
    frame["score"] = 0.9 + (frame["score"] - 0.9) * np.where(frame["opt"] == "adam", 6, 1)
    return frame


def outliers(rng, seeds):
    frame = even(rng, seeds)
    frame["score"] -= 0.01 * (rng.random(len(frame)) < 0.05)
    return frame


def seeds_favour_a_level(rng, seeds):
    frame = table(0.0, seeds=seeds, rng=rng, own=False)
    push = 0.002 * rng.standard_normal(seeds)
    frame["score"] += push[frame["seed"]] * np.where(frame["opt"] == "adam", 0.5, -0.5)
    return frame


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("make", [even, half_noisy, outliers, seeds_favour_a_level])
def test_claims_are_decided_wrongly_no_more_often_than_they_may(make, seeds):
    share = wrong_share(make, seeds=seeds)
    assert share - 2 * standard_error(0.06) <= 0.06


def test_a_difference_of_one_deviation_is_found_with_few_seeds():
    # 16 contexts and seeds of their own: 98.6 % at 1 % by the prototype.
    def one_deviation(rng, seeds):
        return table(0.002, seeds=seeds, rng=rng, others=("b", "c", "d", "e"))

    found = wrong_share(
        one_deviation, seeds=3, studies=200, alpha=0.01, right=lambda row: row["low"] > 0
    )
    assert found + 2 * standard_error(found, 200) >= 0.97


def test_the_partner_of_a_claim_is_named():
    def with_one_level(rng, seeds):
        return table(lambda context: 0.008 * context["b"], seeds=seeds, rng=rng)

    named = wrong_share(
        with_one_level, seeds=5, studies=200, right=lambda row: row["where"] == "b=1"
    )
    assert named >= 0.9


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.reach.startswith("≥")], ids=lambda row: row.name
)
def test_the_benchmark_finds_what_its_row_puts_in(row):
    found, _ = share(row, 5, studies=20)
    assert found / 100 + 2 * standard_error(0.8, 20) >= 0.8


def test_a_cell_of_the_benchmark_that_lost_all_its_runs_is_left_out():
    responses = np.zeros((2, 2, 3))
    responses[0, 1] = math.nan
    assert runs_of(responses, 1).cells == ((0, 0), (1, 0), (1, 1))


def test_the_benchmark_has_a_row_for_each_kind_of_examples_and_number_of_seeds():
    rows = example_rows(studies=1)
    assert len(rows) == 3 * len(EXAMPLES)
    assert all(0 <= figure <= 100 for *_, new, these in rows for figure in (new, these))
