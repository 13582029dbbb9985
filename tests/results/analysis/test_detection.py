"""What a plan says it can detect."""

import pytest

from results import load_study
from results.analysis.detection import (
    ASSUMED_SIGMA,
    Sigma,
    detection_sentences,
    estimated_sigma,
    main_effect_contexts,
)
from search_spaces import Cell, find_space
from tests.given.studies import plan, write_study


def cells(name):
    return list(dict.fromkeys(trial.cell for trial in plan(find_space(name))))


@pytest.mark.parametrize(
    ("name", "factors", "contexts"), [("full", 5, 16), ("smoke", 2, 2), ("notebook", 5, 1)]
)
def test_contexts_are_those_where_levels_stand_side_by_side(name, factors, contexts):
    counts = main_effect_contexts(cells(name))
    assert list(counts.values()) == [contexts] * factors


def test_factors_with_different_numbers_of_contexts_are_told_apart():
    """3 by 2 levels: a has 2 contexts, b has 3; sigma * 2.8 * sqrt(2 / n) at one seed."""
    six = [Cell.of({"a": a, "b": b}) for a in (1, 2, 3) for b in (1, 2)]
    assert main_effect_contexts(six) == {"a": 2, "b": 3}
    told = detection_sentences(six, seeds=1, sigma=Sigma())[0]
    assert told.startswith("0.23 pp in b (3 contexts), 0.28 pp in a (2 contexts), 0.40 pp between")


def test_one_cell_can_detect_nothing():
    assert main_effect_contexts([Cell.of({"loss": "mse"})]) == {}
    assert detection_sentences([Cell.of({"loss": "mse"})], seeds=3, sigma=Sigma()) == ()


@pytest.mark.parametrize(
    ("seeds", "main", "pair"),
    [(1, "0.10", "0.40"), (3, "0.06", "0.23"), (5, "0.04", "0.18"), (10, "0.04", "0.14")],
)
def test_the_full_design_detects_what_the_published_table_says(seeds, main, pair):
    """Noncentral t power: .099/.396 at one seed, .058/.232 pooled at 3, .035/.141 own t at 10."""
    told = detection_sentences(cells("full"), seeds=seeds, sigma=Sigma())[0]
    assert told.startswith(f"{main} pp in a main effect (16 contexts), {pair} pp between two cells")
    assert "0.10 pp (assumed)" in told
    assert ("one seed gives no interval" in told) is (seeds == 1)


def test_seeds_needed_for_the_smallest_difference_that_matters():
    """Two cells need 18 seeds judged by their own spread, as from 8 seeds on; 16 pooled."""
    told = detection_sentences(cells("full"), seeds=3, sigma=Sigma())[1]
    assert told == "0.10 pp takes 2 seeds in a main effect (16 contexts), 18 between two cells"


def test_the_deviation_is_estimated_once_there_are_records(tmp_path):
    write_study(tmp_path / "three", seeds=3)
    sigma = estimated_sigma(load_study(tmp_path / "three"))
    assert (
        sigma.value == ASSUMED_SIGMA or "estimated from 4 trained cells of 3 seeds" in sigma.source
    )
    write_study(tmp_path / "one", seeds=1)
    assert estimated_sigma(load_study(tmp_path / "one")) == Sigma()


def test_a_fraction_detects_what_so_many_contexts_would():
    """Half of 32 cells: two means of 8 cells each, as 8 contexts have."""
    half = [c for c in cells("full") if sum(is_second(level) for level in c.levels) % 2 == 0]
    told = detection_sentences(half, seeds=3, sigma=Sigma())[0]
    assert told.startswith("0.08 pp in a main effect (worth 8 contexts), 0.24 pp between two cells")


def is_second(level):
    name, at = level
    return at == find_space("full").factor(name).levels[1]
