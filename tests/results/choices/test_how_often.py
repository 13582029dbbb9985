"""How often what is said of choices is wrong: a bounded part of `benchmarks/choices.py`."""

import math

import pytest

from benchmarks.choices import (
    CELLS,
    EFFECTS,
    NOISES,
    TABLES,
    TWO_LEVELS,
    left_out,
    share_coverage,
    winner,
    with_examples,
)

STUDIES = 150


def two_errors(percent):
    return 200 * math.sqrt(percent / 100 * (1 - percent / 100) / STUDIES)


@pytest.mark.parametrize("seeds", [3, 10])
@pytest.mark.parametrize("noise", ["even", "one 6 times as noisy", "5 % of runs 5 sd worse"])
def test_a_best_of_six_equal_levels_is_left_out_in_six_percent_at_most(noise, seeds):
    levels, cells = left_out(NOISES[noise], (6,), seeds=seeds, studies=STUDIES)
    # With one factor its levels are the cells.
    assert levels == cells
    assert levels - two_errors(6) <= 6


@pytest.mark.parametrize("truth", ["32 equal", "16 equal, 16 far below"])
def test_the_figure_of_the_luckiest_cell_is_brought_down_to_what_it_gives(truth):
    naive, expected, naive_covered, covered = winner(
        CELLS[truth], NOISES["even"], seeds=3, studies=STUDIES
    )
    assert naive > 0.8
    assert abs(expected) < 0.15
    assert naive_covered < 90
    assert covered + two_errors(95) >= 94


def test_luck_with_examples_is_taken_off_too():
    naive, expected, _, covered, left_out_of_best = with_examples(
        1.5, examples=360, seeds=3, studies=30
    )
    assert naive > 0.8
    assert abs(expected) < 0.35
    assert covered >= 85
    assert left_out_of_best <= 8


@pytest.mark.parametrize("effects", ["a: 1 sd", "a: 3, b: 1, a with b: 1 sd"])
def test_intervals_of_shares_cover_them(effects):
    least, mean, bias = share_coverage(
        EFFECTS[effects], TWO_LEVELS, NOISES["even"], seeds=5, studies=60
    )
    assert mean >= 93
    assert least >= 80
    assert abs(bias) < 0.15


def test_each_table_of_the_benchmark_has_its_rows():
    counts = {name: sum(1 for _ in rows(1)) for name, rows in TABLES.items() if name != "examples"}
    assert counts == {"levels": 18, "winner": 30, "shares": 72}
