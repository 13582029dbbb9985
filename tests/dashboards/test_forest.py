"""The forest plot: the verdicts' own numbers, and what is drawn of them."""

import math

import numpy as np
import pytest

from dashboards.forest import draw_forest, forest_table
from results.claims import judge_claims
from search_spaces import find_space
from tests.lattices import make, notebook_factors

CLAIMS = find_space("full").claims


def verdicts(effect, *, seeds=5, claims=CLAIMS):
    rng = np.random.default_rng(1)
    lattice = make(
        notebook_factors(),
        lambda cell, _: 0.985 + effect(cell) + rng.normal(0, 0.001),
        seeds=seeds,
    )
    return judge_claims(lattice, claims)


def normalized(cell):
    return 0.005 * (cell["normalization"] == "range")


@pytest.fixture(scope="module")
def judged():
    return verdicts(normalized)


def test_the_table_holds_the_intervals_by_which_claims_are_judged(judged):
    table = forest_table(judged)
    averaged = table[table["what"] == "averaged"].set_index("claim").loc["conclusion 1"]
    low, high = judged[0].quality.interval(0.99)
    assert averaged[["low", "high"]].tolist() == pytest.approx([100 * low, 100 * high])
    assert averaged["effect"] == pytest.approx(100 * judged[0].quality.estimate)
    assert averaged["says"] == "range > none"
    assert averaged["verdict"] == "confirmed (V1)"
    own = table[table["what"] == "where it was drawn from"].set_index("claim")
    assert own.loc["conclusion 1", "effect"] == pytest.approx(
        100 * judged[0].own.difference.estimate
    )
    assert len(own) == 5


def test_a_claim_that_depends_shows_no_average():
    def turning(cell):
        return (cell["normalization"] == "range") * (0.02 if cell["loss"] == "mse" else -0.02)

    row = forest_table(verdicts(turning, claims=CLAIMS[:1])).iloc[0]
    assert (row["what"], row["verdict"]) == ("averaged", "depends")
    assert math.isnan(row["effect"])


def test_one_seed_has_estimates_without_intervals():
    table = forest_table(verdicts(normalized, seeds=1))
    assert table["effect"].notna().all()
    assert table["low"].isna().all()
    assert set(table[table["what"] == "averaged"]["verdict"]) == {"inconclusive (V6)"}


def test_the_figure_has_a_row_per_claim_and_the_band_of_what_does_not_matter(judged):
    figure = draw_forest(forest_table(judged))
    assert [trace.name for trace in figure.data] == ["averaged", "where it was drawn from"]
    assert list(figure.data[0].y) == [0, 1, 2, 3, 4]
    band = figure.layout.shapes[0]
    assert (band.x0, band.x1) == pytest.approx((-0.1, 0.1))
    assert figure.layout.annotations[0].text == "confirmed (V1)"
    assert figure.layout.xaxis.range[1] >= 0.5
