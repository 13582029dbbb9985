"""Analysis of variance and effects: published examples, identities, and what can't be estimated."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.formula import api as formulas
from statsmodels.stats import anova as tables

from results.effects import anova, effects
from tests.given import known_answers as known
from tests.given.known_answers import TWO_BY_TWO

ALL = [
    *(known.FILTRATION, known.TOOL_LIFE, known.PLASMA_ETCH, known.CERAMIC, known.EDDY_PROBE),
    *(known.BATTERY, known.HARDNESS, known.RESISTIVITY),
]
BLOCKED = (known.TOOL_LIFE, known.HARDNESS)


def block_of(example):
    return "block" if example in BLOCKED else None


def order_of(example):
    return 3 if example is known.CERAMIC else len(example.levels)


def anova_of(example):
    return by_term(
        anova(example.frame, list(example.levels), "y", block_of(example), order_of(example))
    )


def effects_of(example):
    return effects(example.frame, example.levels, "y", block_of(example), order_of(example))


def by_term(table):
    return table.set_index("term")


def noise_table(rng, levels, replicates=2):
    """A balanced table with factors A, B, ... of so many levels and normal responses."""
    names = "ABCDE"[: len(levels)]
    cells = list(itertools.product(*map(range, levels))) * replicates
    return pd.DataFrame(cells, columns=list(names)).assign(y=rng.normal(size=len(cells)))


def unbalanced(rng, levels, rows):
    """A table whose cells are all there, at random numbers of times."""
    complete = noise_table(rng, levels, replicates=1)
    return complete.loc[[*complete.index, *rng.choice(complete.index, rows)]].assign(
        y=lambda table: rng.normal(size=len(table)), seed=lambda t: rng.integers(4, size=len(t))
    )


def assert_close(left, right, tolerance=1e-10):
    pd.testing.assert_frame_equal(left, right, check_exact=False, rtol=tolerance, atol=tolerance)


# Published examples


@pytest.mark.parametrize("example", ALL, ids=lambda e: "-".join(e.levels))
def test_the_analysis_of_variance_is_the_published_one(example):
    table = anova_of(example)
    for term, printed in example.sum_sq.items():
        assert table.loc[term, "sum_sq"] == pytest.approx(printed, abs=example.tolerance), term
    for term, printed in example.f.items():
        assert table.loc[term, "f"] == pytest.approx(printed, abs=example.tolerance), term


@pytest.mark.parametrize("example", ALL, ids=lambda e: "-".join(e.levels))
def test_the_effects_are_the_published_ones(example):
    table = by_term(effects_of(example))
    for term, printed in example.effects.items():
        assert table.loc[term, "estimate"] == pytest.approx(printed, abs=example.tolerance), term


def test_the_table_has_the_block_first_then_terms_by_order_then_residual_and_total():
    table = anova_of(known.TOOL_LIFE)
    terms = ["block", "A", "B", "C", "A:B", "A:C", "B:C", "A:B:C", "residual", "total"]
    assert table.index.tolist() == terms
    assert table["df"].tolist() == [2, 1, 1, 1, 1, 1, 1, 1, 14, 23]
    assert table.columns.tolist() == ["df", "sum_sq", "mean_sq", "f", "p"]


def test_p_of_an_f_is_the_tail_of_its_distribution():
    table = anova_of(known.BATTERY)
    # Montgomery prints 0.0186 for the interaction, F = 3.56 with 4 and 27 degrees of freedom.
    assert table.loc["material:temperature", "p"] == pytest.approx(0.0186, abs=5e-5)
    assert math.isnan(table.loc["residual", "p"])
    assert math.isnan(table.loc["total", "mean_sq"])


def test_dropping_a_factor_makes_its_runs_replicates():
    table = by_term(anova(known.FILTRATION.frame, list("ACD"), "y", order=3))
    for term, printed in known.FILTRATION_WITHOUT_B_F.items():
        # 83.37 is the book's, from a mean square rounded to 22.44; exact: 83.3677.
        assert table.loc[term, "f"] == pytest.approx(printed, abs=0.006), term


def test_terms_above_the_order_are_the_residual():
    table = anova_of(known.CERAMIC)
    assert table.loc["residual", "df"] == 6
    assert math.sqrt(table.loc["residual", "mean_sq"]) == pytest.approx(
        known.CERAMIC_RMSE, abs=1e-5
    )
    explained = 1 - table.loc["residual", "sum_sq"] / table.loc["total", "sum_sq"]
    assert explained == pytest.approx(known.CERAMIC_R_SQUARED, abs=1e-6)


def test_nist_certified_f_to_ten_digits():
    table = anova_of(known.RESISTIVITY)
    assert table.loc["instrument", "f"] == pytest.approx(1.18046237440255, rel=1e-10)


@pytest.mark.parametrize(("offset", "digits"), [(1, 13), (1e6, 9), (1e12, 3)])
def test_large_offsets_cost_no_more_digits_than_the_data_have_lost(offset, digits):
    table = anova_of(known.simon_lesage(offset))
    assert table.loc["treatment", "f"] == pytest.approx(21.0, rel=10.0**-digits)


# Small tables by hand


def test_two_by_two_by_hand():
    table = effects(TWO_BY_TWO, ["A", "B"], "y")
    assert table["term"].tolist() == ["A", "B", "A:B"]
    assert table["levels"].tolist() == ["0 → 1", "0 → 1", "0 → 1, 0 → 1"]
    assert table["estimate"].tolist() == pytest.approx([8.0, 4.0, 2.0])
    squares = anova(TWO_BY_TWO, ["A", "B"], "y")["sum_sq"]
    assert squares.tolist() == pytest.approx([64.0, 16.0, 4.0, 0.0, 84.0])


def test_one_run_per_cell_has_estimates_but_no_tests():
    table = effects(TWO_BY_TWO, ["A", "B"], "y")
    assert table[["low", "high", "p", "se"]].isna().all(axis=None)
    assert table["df"].tolist() == [0, 0, 0]
    assert anova(TWO_BY_TWO, ["A", "B"], "y")[["f", "p"]].isna().all(axis=None)


def test_the_interval_of_a_two_level_factor_is_that_of_the_t_test():
    frame = pd.DataFrame({"g": list("aaaabbb"), "y": [1.0, 2.0, 4.0, 5.0, 6.0, 6.5, 9.0]})
    table = effects(frame, ["g"], "y").iloc[0]
    test = stats.ttest_ind(frame["y"][4:], frame["y"][:4])
    interval = test.confidence_interval(0.95)
    assert table["p"] == pytest.approx(test.pvalue)
    assert (table["low"], table["high"]) == pytest.approx((interval.low, interval.high))
    assert table["df"] == 5


def test_a_block_makes_it_the_paired_t_test():
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=(2, 6)) + np.arange(6)
    frame = pd.DataFrame({"g": ["a"] * 6 + ["b"] * 6, "s": [*range(6)] * 2})
    table = effects(frame.assign(y=[*first, *second]), ["g"], "y", block="s").iloc[0]
    test = stats.ttest_rel(second, first)
    assert table["p"] == pytest.approx(test.pvalue)
    assert table["high"] == pytest.approx(test.confidence_interval(0.95).high)


def test_more_levels_have_one_row_per_pair_the_later_minus_the_earlier():
    table = effects_of(known.BATTERY).set_index(["term", "levels"])["estimate"]
    means = known.BATTERY.frame.groupby("material")["y"].mean()
    assert table["material"].to_dict() == pytest.approx(
        {"1 → 2": means[2] - means[1], "1 → 3": means[3] - means[1], "2 → 3": means[3] - means[2]}
    )


def test_an_interaction_of_more_levels_is_half_the_difference_of_two_simple_effects():
    table = effects_of(known.BATTERY).set_index(["term", "levels"])["estimate"]
    cell = known.BATTERY.frame.groupby(["material", "temperature"])["y"].mean()
    expected = ((cell[3, 125] - cell[3, 15]) - (cell[2, 125] - cell[2, 15])) / 2
    assert table["material:temperature", "2 → 3, 15 → 125"] == pytest.approx(expected)
    assert len(table["material:temperature"]) == 9


def test_effects_of_unbalanced_cells_are_equal_weight_averages():
    # Cell means 1 5 / 2 10; A: (2 + 10)/2 - (1 + 5)/2 = 3, though most runs are in one cell.
    cells = {("a", "x"): [0, 1, 2, 1], ("a", "y"): [5], ("b", "x"): [2], ("b", "y"): [9, 11]}
    rows = [(*cell, value) for cell, values in cells.items() for value in values]
    frame = pd.DataFrame(rows, columns=["A", "B", "y"])
    estimates = by_term(effects(frame, ["A", "B"], "y"))["estimate"]
    assert estimates.to_dict() == pytest.approx({"A": 3.0, "B": 6.0, "A:B": 2.0})
    # Residual sum of squares 2 + 2, 8 - 4 = 4 df; se of A: sqrt(1 · (1/4 + 1 + 1 + 1/2)) / 2.
    assert by_term(effects(frame, ["A", "B"], "y")).loc["A", "se"] == pytest.approx(
        math.sqrt(2.75) / 2
    )


# Identities


@pytest.mark.parametrize("seed", range(3))
def test_balanced_sums_of_squares_add_up_to_the_total(seed):
    frame = noise_table(np.random.default_rng(seed), (2, 3, 4))
    table = by_term(anova(frame, list("ABC"), "y", order=2))
    assert table["sum_sq"].drop("total").sum() == pytest.approx(table.loc["total", "sum_sq"])
    assert table["df"].drop("total").sum() == table.loc["total", "df"] == 47


def test_swapping_two_levels_flips_the_signs_of_their_effects():
    frame = noise_table(np.random.default_rng(1), (2, 2))
    there = by_term(effects(frame, {"A": [0, 1], "B": [0, 1]}, "y"))
    back = by_term(effects(frame, {"A": [1, 0], "B": [0, 1]}, "y"))
    assert back["levels"].tolist() == ["1 → 0", "0 → 1", "1 → 0, 0 → 1"]
    assert (back["estimate"] * [-1, 1, -1]).tolist() == pytest.approx(there["estimate"].tolist())
    assert (-back.loc["A", "low"], back.loc["A", "p"]) == pytest.approx(
        (there.loc["A", "high"], there.loc["A", "p"])
    )


@pytest.mark.parametrize("function", [anova, effects])
def test_the_order_of_the_rows_does_not_change_a_bit(function):
    frame = unbalanced(np.random.default_rng(2), (2, 3), 20)
    shuffled = frame.sample(frac=1, random_state=5)
    options = {"factors": ["A", "B"], "response": "y", "block": "seed"}
    pd.testing.assert_frame_equal(
        function(frame, **options), function(shuffled, **options), check_exact=True
    )


@pytest.mark.parametrize("offset", [0.0, 1e6, 1e12])
def test_additive_cells_have_no_interaction_at_all(offset):
    frame = noise_table(np.random.default_rng(0), (3, 4))
    frame["y"] = offset + 0.1 * frame["A"] + 0.7 * frame["B"]
    table = by_term(anova(frame, ["A", "B"], "y"))
    assert table.loc["A:B", "sum_sq"] == table.loc["residual", "sum_sq"] == 0.0
    assert math.isnan(table.loc["A:B", "f"])
    assert (table.loc["A", "f"], table.loc["A", "p"]) == (math.inf, 0.0)
    estimates = by_term(effects(frame, ["A", "B"], "y"))
    assert (estimates.loc["A:B", "estimate"] == 0).all()
    assert estimates.loc["A:B", "p"].isna().all()


def test_equal_responses_have_sums_of_squares_of_zero():
    table = anova(TWO_BY_TWO.assign(y=0.1 + 0.2), ["A", "B"], "y", order=1)
    assert table["sum_sq"].tolist() == [0, 0, 0, 0]
    assert table[["f", "p"]].isna().all(axis=None)


def test_a_shift_of_whole_blocks_changes_no_effect():
    frame = unbalanced(np.random.default_rng(4), (2, 3), 20)
    shifted = frame.assign(y=frame["y"] + 100 * frame["seed"])
    there, here = (effects(f, ["A", "B"], "y", "seed") for f in (frame, shifted))
    assert_close(there, here)


@pytest.mark.parametrize("seed", range(3))
def test_unbalanced_data_agree_with_statsmodels(seed):
    # C is a function in its formulas.
    frame = unbalanced(np.random.default_rng(seed), (2, 3, 4), 40).rename(columns={"C": "D"})
    factors = ["A", "B", "D"]
    formula = "y ~ C(seed, Sum) + (C(A, Sum) + C(B, Sum) + C(D, Sum)) ** 2"
    fit = formulas.ols(formula, frame).fit()
    theirs = tables.anova_lm(fit, typ=2)
    ours = anova(frame, factors, "y", "seed").iloc[:-1]
    assert ours["sum_sq"].tolist() == pytest.approx(theirs["sum_sq"].tolist(), rel=1e-9)
    assert ours["df"].tolist() == theirs["df"].tolist()
    assert ours["p"].tolist()[:-1] == pytest.approx(theirs["PR(>F)"].tolist()[:-1], rel=1e-8)
    # Their coefficient is the first level minus the mean: minus half the effect.
    effect, name = by_term(effects(frame, factors, "y", "seed")).loc["A"], "C(A, Sum)[S.0]"
    assert effect["estimate"] == pytest.approx(-2 * fit.params[name])
    assert effect["se"] == pytest.approx(2 * fit.bse[name])
    assert effect["low"] == pytest.approx(-2 * fit.conf_int().loc[name, 1])


@pytest.mark.parametrize("seed", range(5))
def test_sums_of_squares_are_what_a_term_takes_off_the_residual_even_with_empty_cells(seed):
    rng = np.random.default_rng(seed)
    frame = noise_table(rng, (3, 3)).sample(12, random_state=seed)
    indicators = {name: pd.get_dummies(frame[name]).to_numpy(float) for name in "AB"}
    cells = pd.get_dummies(3 * frame["A"] + frame["B"]).to_numpy(float)

    def left(*columns):
        design = np.column_stack(columns)
        fitted = design @ np.linalg.lstsq(design, frame["y"], rcond=1e-9)[0]
        return ((frame["y"] - fitted) ** 2).sum()

    a, b = indicators.values()
    expected = [left(b) - left(a, b), left(a) - left(a, b), left(a, b) - left(cells), left(cells)]
    table = anova(frame, ["A", "B"], "y")
    assert table["sum_sq"].tolist()[:-1] == pytest.approx(expected)


def test_nine_thousand_responses_give_every_term_and_every_pair_of_levels():
    frame = noise_table(np.random.default_rng(0), (5, 5, 4, 3, 3), replicates=10)
    frame["seed"] = np.arange(len(frame)) // 900
    assert len(anova(frame, list("ABCDE"), "y", "seed")) == 18
    assert len(effects(frame, list("ABCDE"), "y", "seed")) == 32 + 385


# What can't be estimated, and what is left out


def test_rows_without_a_response_are_left_out():
    frame = unbalanced(np.random.default_rng(6), (2, 3), 10)
    holes = pd.concat([frame, frame.head(4).assign(y=math.nan)])
    for function in (anova, effects):
        assert_close(function(holes, ["A", "B"], "y"), function(frame, ["A", "B"], "y"))


def test_an_empty_cell_takes_away_the_effects_that_need_it():
    frame = noise_table(np.random.default_rng(0), (2, 3)).query("not (A == 1 and B == 2)")
    table = effects(frame, ["A", "B"], "y").set_index(["term", "levels"])["estimate"]
    missing = table[table.isna()].index.tolist()
    assert missing == [
        ("A", "0 → 1"),
        ("B", "0 → 2"),
        ("B", "1 → 2"),
        ("A:B", "0 → 1, 0 → 2"),
        ("A:B", "0 → 1, 1 → 2"),
    ]
    cell = frame.groupby(["A", "B"])["y"].mean()
    expected = (cell[0, 1] + cell[1, 1] - cell[0, 0] - cell[1, 0]) / 2
    assert table["B", "0 → 1"] == pytest.approx(expected)


def test_an_empty_cell_leaves_main_effects_where_no_interaction_is_in_the_model():
    frame = TWO_BY_TWO.head(3)
    estimates = by_term(effects(frame, ["A", "B"], "y", order=1))["estimate"]
    assert estimates.to_dict() == pytest.approx({"A": 6.0, "B": 2.0})


def test_an_empty_cell_leaves_the_interaction_fewer_degrees_of_freedom():
    frame = noise_table(np.random.default_rng(0), (3, 3)).query("not (A == 1 and B == 2)")
    table = by_term(anova(frame, ["A", "B"], "y"))
    assert table["df"].tolist() == [2, 2, 3, 8, 15]
    full = frame.groupby(["A", "B"])["y"].transform("mean")
    assert table.loc["residual", "sum_sq"] == pytest.approx(((frame["y"] - full) ** 2).sum())


def test_terms_that_can_not_be_told_apart_have_no_row_of_numbers():
    # A half fraction of 2^3: each main effect is also an interaction of the two others.
    half = pd.DataFrame(
        {"A": [0, 1, 0, 1], "B": [0, 0, 1, 1], "C": [1, 0, 0, 1], "y": [1, 2, 4, 9]}
    )
    table = by_term(anova(half, list("ABC"), "y"))
    assert table["df"].tolist() == [0] * 6 + [0, 3]
    assert table.loc["A":"B:C", "sum_sq":].isna().all(axis=None)
    assert effects(half, list("ABC"), "y")["estimate"].isna().all()
    mains = effects(half, list("ABC"), "y", order=1)["estimate"]
    assert mains.tolist() == pytest.approx([3.0, 5.0, 2.0])


def test_a_factor_that_goes_with_the_block_has_no_effect():
    frame = noise_table(np.random.default_rng(0), (2, 2), replicates=3)
    table = effects(frame.assign(seed=frame["A"]), ["A", "B"], "y", "seed", order=1)
    assert table["estimate"].isna().tolist() == [True, False]


def test_a_level_without_any_response_has_rows_of_nan_and_spares_the_others():
    frame = noise_table(np.random.default_rng(0), (3, 2))
    failed = frame.assign(y=frame["y"].where(frame["A"] != 1))
    table = effects(failed, ["A", "B"], "y").set_index(["term", "levels"])
    assert table.index[table["estimate"].isna()].tolist() == [
        ("A", "0 → 1"),
        ("A", "1 → 2"),
        ("A:B", "0 → 1, 0 → 1"),
        ("A:B", "1 → 2, 0 → 1"),
    ]
    without = effects(frame[frame["A"] != 1], ["A", "B"], "y").set_index(["term", "levels"])
    assert_close(table.dropna(), without)


def test_a_factor_of_which_only_one_level_answered_says_so():
    frame = noise_table(np.random.default_rng(0), (2, 2))
    failed = frame.assign(y=frame["y"].where(frame["A"] == 0))
    table = by_term(effects(failed, ["A", "B"], "y"))
    assert table["estimate"].isna().tolist() == [True, False, True]
    assert by_term(anova(failed, ["A", "B"], "y"))["df"].tolist() == [0, 1, 0, 2, 3]


def test_factors_and_blocks_with_one_level_have_no_row():
    frame = noise_table(np.random.default_rng(0), (2, 1, 2)).assign(seed=0)
    table = anova(frame, list("ABC"), "y", "seed", order=3)
    assert table["term"].tolist() == ["A", "C", "A:C", "residual", "total"]
    assert effects(frame, list("ABC"), "y", "seed")["term"].tolist() == ["A", "C", "A:C"]


def test_a_table_in_which_nothing_varies_has_no_effects():
    frame = pd.DataFrame({"A": ["x", "x"], "y": [1.0, 3.0]})
    assert anova(frame, ["A"], "y")["sum_sq"].tolist() == pytest.approx([2.0, 2.0])
    empty = effects(frame, ["A"], "y")
    assert empty.empty
    assert empty.columns.tolist() == list(effects_of(known.BATTERY).columns)
