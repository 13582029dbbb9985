"""Contrasts: small tables by hand, agreement with other libraries, and simulated coverage."""

import math

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from statsmodels.stats.multitest import multipletests

from results.statistics.contrast import Fitting, estimate_contrast, holm, sign_flip_p
from results.statistics.error import (
    BySeed,
    Pooled,
    Welch,
    residual_noise,
    standard_error,
)

# Cells a0 b0, a1 b0, a0 b1, a1 b1 by two seeds. Contrasts by seed: A 4, 7; B 1, 2; AB 0, 3.
TABLE = np.array([[0.0, 2.0], [4.0, 6.0], [1.0, 1.0], [5.0, 11.0]])
A, B, AB = np.array([-1, 1, -1, 1]) / 2, np.array([-1, -1, 1, 1]) / 2, np.array([1, -1, -1, 1]) / 2
MAIN_OF_32 = np.repeat([-1 / 16, 1 / 16], 16)


def contrast_of(y, weights):
    return estimate_contrast(y, weights, error=Fitting(residual_noise(y)))


def pooled(y, weights):
    """Standard error and degrees of freedom by the residual of the whole table."""
    found = standard_error(Pooled(residual_noise(y)), y, weights)
    return found.value, found.df


def by_seed_error(y, weights):
    """Standard error and degrees of freedom by the spread of the contrast over its seeds."""
    found = standard_error(BySeed(), y, weights)
    return found.value, found.df


def pair_of_quiet_cells(by_seed, *, quiet_cells=30, sd=0.01):
    """Responses of quiet cells whose first two differ by these contrasts, and their weights."""
    rng = np.random.default_rng(5)
    y = rng.normal(scale=sd, size=(quiet_cells + 2, len(by_seed)))
    y[0], y[1] = by_seed, 0
    return y, np.eye(quiet_cells + 2)[0] - np.eye(quiet_cells + 2)[1]


def simple_pair(by_seed):
    return contrast_of(*pair_of_quiet_cells(by_seed))


@pytest.mark.parametrize(
    ("weights", "estimate", "seed_se", "ratio"),
    # Seed variances 4.5, 0.5, 4.5: together the residual sum of squares, 9.5.
    [(A, 5.5, 1.5, 4.5 / 2.5), (B, 1.5, 0.5, 0.5 / 4.5), (AB, 1.5, 1.5, 4.5 / 2.5)],
)
def test_effects_of_a_two_by_two_table_with_two_seeds(weights, estimate, seed_se, ratio):
    contrast = contrast_of(TABLE, weights)
    assert contrast.estimate == pytest.approx(estimate)
    assert by_seed_error(TABLE, weights) == (pytest.approx(seed_se), 1)
    assert pooled(TABLE, weights) == (pytest.approx(math.sqrt(9.5 / 3 / 2)), 3)
    assert contrast.ratio == pytest.approx(ratio)
    assert contrast.ratio_p == pytest.approx(stats.f.sf(ratio, 1, 2))


def test_a_simple_effect_uses_the_noise_of_the_whole_table():
    contrast = contrast_of(TABLE, [-1, 1, 0, 0])
    assert contrast.estimate == 4
    assert by_seed_error(TABLE, [-1, 1, 0, 0])[0] == 0
    assert contrast.standard_error == pytest.approx(math.sqrt(9.5 / 3 * 2 / 2))
    half = stats.t.ppf(0.975, 3) * contrast.standard_error
    assert contrast.interval(0.95) == pytest.approx((4 - half, 4 + half))
    only_its_cells = estimate_contrast(TABLE[:2], [-1, 1], error=Fitting(residual_noise(TABLE)))
    assert only_its_cells == contrast


def test_the_noise_is_the_residual_of_cell_and_seed():
    noise = residual_noise(TABLE)
    assert (noise.mean_square, noise.df) == (pytest.approx(9.5 / 3), 3)
    assert (noise.cells, noise.seeds) == (4, 2)
    shifted = TABLE + np.array([[100.0], [0.0], [-3.0], [7.0]]) + np.array([50.0, -8.0])
    assert residual_noise(shifted).mean_square == pytest.approx(9.5 / 3)


@pytest.mark.parametrize("weights", [A, B, AB, [-1, 1, 0, 0]])
def test_the_pooled_t_is_that_of_least_squares_on_cell_and_seed(weights):
    y = np.random.default_rng(3).normal(size=(4, 5))
    cells, seeds = np.indices(y.shape)
    rows = pd.DataFrame({"y": y.ravel(), "cell": cells.ravel(), "seed": seeds.ravel()})
    fit = smf.ols("y ~ C(cell) - 1 + C(seed)", rows).fit()
    expected = fit.t_test([*weights, 0, 0, 0, 0])
    contrast = contrast_of(y, weights)
    assert isinstance(contrast.error, Pooled)
    assert contrast.estimate == pytest.approx(expected.effect.item())
    assert contrast.standard_error == pytest.approx(expected.sd.item())
    assert contrast.p_value == pytest.approx(expected.pvalue.item())
    assert contrast.interval(0.9) == pytest.approx(tuple(expected.conf_int(0.1)[0]))


def test_the_seed_contrast_t_is_the_one_sample_t():
    by_seed = [0.3, 0.1, 0.4, 0.1, 0.5, 0.9, -0.2, 0.6]
    contrast = simple_pair(by_seed)
    expected = stats.ttest_1samp(by_seed, 0)
    assert isinstance(contrast.error, BySeed)
    assert contrast.p_value == pytest.approx(expected.pvalue)
    assert contrast.interval(0.99) == pytest.approx(tuple(expected.confidence_interval(0.99)))


@pytest.mark.parametrize("seeds", [2, 3, 7, 8, 10])
def test_the_seeds_decide_the_method(seeds):
    by_seed = 0.01 * np.random.default_rng(0).normal(size=seeds)
    contrast = simple_pair(by_seed)
    assert isinstance(contrast.error, BySeed if seeds >= 8 else Pooled)
    assert contrast.reason.startswith(f"{seeds} seeds")


def test_a_contrast_that_varies_more_than_the_rest_gets_the_wider_interval():
    y, weights = pair_of_quiet_cells([1.0, -2.0, 3.0])
    contrast = contrast_of(y, weights)
    assert contrast.ratio_p < 0.05
    assert isinstance(contrast.error, BySeed)
    assert "the wider interval" in contrast.reason
    low, high = contrast.interval()
    by_all = estimate_contrast(y, weights, error=Pooled(residual_noise(y)))
    pooled_low, pooled_high = by_all.interval()
    assert low < pooled_low < pooled_high < high


def test_the_seed_interval_is_the_wider_one_whenever_the_ratio_is_significant():
    rng = np.random.default_rng(11)
    tables = rng.normal(size=(400, 4, 3))
    suspicious = [y for y in tables if contrast_of(y, A).ratio_p < 0.05]
    assert suspicious
    for y, coverage in zip(suspicious, np.linspace(0.01, 0.999, 400), strict=False):
        (low, high), (pooled_low, pooled_high) = (
            estimate_contrast(y, A, error=error).interval(coverage)
            for error in (BySeed(), Pooled(residual_noise(y)))
        )
        assert high - low > pooled_high - pooled_low


def test_one_seed_gives_an_estimate_and_nothing_else():
    contrast = contrast_of(TABLE[:, :1], A)
    assert contrast.estimate == 4
    assert contrast.error is None
    assert contrast.method == "none"
    assert contrast.reason == "One seed: replication gives no interval."
    errors = (pooled(TABLE[:, :1], A)[0], by_seed_error(TABLE[:, :1], A)[0])
    unknown = (*errors, contrast.standard_error, contrast.ratio, contrast.ratio_p)
    tests = (contrast.p_value, contrast.sign_flip_p, *contrast.interval())
    assert all(math.isnan(value) for value in (*unknown, *tests))
    assert not contrast.equivalent(1e9)


def test_two_cells_have_no_rest_to_compare_with():
    y = [[1.0, 2.0], [3.0, 6.0]]
    contrast = contrast_of(y, [-1, 1])
    assert math.isnan(contrast.ratio)
    assert math.isnan(contrast.ratio_p)
    assert pooled(y, [-1, 1])[0] == pytest.approx(by_seed_error(y, [-1, 1])[0]) == 1


@pytest.mark.parametrize("seeds", [2, 5, 8, 25])
@pytest.mark.parametrize("value", [0.0, 0.1, 0.9871])
def test_equal_values_give_an_interval_of_no_width_at_zero(seeds, value):
    contrast = contrast_of(np.full((32, seeds), value), MAIN_OF_32)
    assert contrast.interval() == (0, 0)
    assert (contrast.p_value, contrast.sign_flip_p) == (1, 1)
    assert math.isnan(contrast.ratio_p)
    assert contrast.equivalent(0.001)


@pytest.mark.parametrize("seeds", [2, 3, 7, 8, 10])
def test_an_effect_without_any_noise_gives_an_interval_of_no_width(seeds):
    cells = np.array([[0.1], [0.3], [0.7], [0.9]]) + np.linspace(0, 0.3, seeds)
    contrast = contrast_of(cells, A)
    low, high = contrast.interval()
    assert low == high == pytest.approx(0.2)
    assert contrast.p_value == 0
    assert contrast.sign_flip_p == 2 / 2**seeds


def test_equal_contrasts_have_no_spread_though_their_mean_is_rounded():
    assert by_seed_error(np.repeat([[0.0], [0.004]], 10, axis=1), [-1, 1])[0] == 0


def test_a_contrast_that_alone_varies_is_judged_by_its_own_spread():
    y = np.zeros((4, 3)) + np.outer(A, [1.0, 2.0, 6.0])
    contrast = contrast_of(y, A)
    assert (contrast.ratio, contrast.ratio_p) == (math.inf, 0)
    assert isinstance(contrast.error, BySeed)


def test_equivalence_needs_the_90_percent_interval_strictly_inside():
    contrast = contrast_of(TABLE, B)
    low, high = contrast.interval(0.90)
    assert low < 0 < -low < high
    assert not contrast.equivalent(high)
    assert contrast.equivalent(high + 1e-9)
    assert not contrast.equivalent(high + 1e-9, alpha=0.01)
    assert not contrast_of(-TABLE, B).equivalent(high)


def test_levels_swapped_change_the_sign_and_nothing_else():
    y = np.random.default_rng(8).normal(size=(4, 6))
    one, other = contrast_of(y, A), contrast_of(y, -A)
    assert other.estimate == -one.estimate
    assert other.interval() == pytest.approx(tuple(-end for end in reversed(one.interval())))
    assert (other.p_value, other.sign_flip_p) == (one.p_value, one.sign_flip_p)


@pytest.mark.parametrize("seeds", [2, 5, 8, 10, 20])
def test_a_unanimous_sample_has_the_smallest_sign_flip_p(seeds):
    # Values whose sums tie, such as 0.1 + 0.2 and 0.3, in spite of their rounding.
    assert sign_flip_p(0.1 * np.arange(1, seeds + 1)) == 2 / 2**seeds


@pytest.mark.parametrize("seeds", [2, 5, 10])
def test_the_sign_flip_p_is_that_of_scipy(seeds):
    by_seed = np.random.default_rng(seeds).normal(0.5, size=seeds).round(1)
    expected = stats.permutation_test(
        (by_seed,), np.mean, permutation_type="samples", n_resamples=2**seeds
    )
    assert sign_flip_p(by_seed) == expected.pvalue


def test_many_seeds_are_flipped_at_random_and_alike_for_the_same_seed():
    by_seed = np.random.default_rng(1).normal(0.35, size=24)
    p_value = sign_flip_p(by_seed)
    assert p_value == sign_flip_p(by_seed) != sign_flip_p(by_seed, seed=1)
    assert p_value == pytest.approx(stats.ttest_1samp(by_seed, 0).pvalue, abs=0.01)
    assert sign_flip_p(np.ones(30)) == 1 / 100_001


def test_holm_multiplies_by_what_is_left_and_never_falls():
    # .005 x 5, .01 x 4, .03 x 3, then .04 x 2 = .08 raised to .09, then .2 x 1.
    assert holm([0.01, 0.04, 0.03, 0.005, 0.2]) == pytest.approx([0.04, 0.09, 0.09, 0.025, 0.2])


@pytest.mark.parametrize("size", [1, 2, 9, 40])
def test_holm_is_that_of_statsmodels_ties_included(size):
    rng = np.random.default_rng(size)
    p_values = np.round(rng.random(size) ** 3, 2)
    assert holm(p_values) == pytest.approx(multipletests(p_values, method="holm")[1], abs=1e-15)


def test_holm_does_not_count_missing_p_values():
    adjusted = holm([0.03, np.nan, 0.01, np.nan])
    assert adjusted == pytest.approx([0.03, np.nan, 0.02, np.nan], nan_ok=True)
    assert np.isnan(holm([np.nan])).all()
    assert holm([]).size == 0


@pytest.mark.parametrize(
    ("y", "weights", "message"),
    [
        ([1.0, 2.0], A, r"y has shape \(2,\)"),
        (TABLE[:1], [0], r"y has shape \(1, 2\)"),
        (TABLE[:, :0], A, r"y has shape \(4, 0\)"),
        (np.where(TABLE > 10, np.nan, TABLE), A, "aren't finite"),
        (TABLE, A[:3], r"weights have shape \(3,\); allowed is \(4,\)"),
        (TABLE, [1, 1, -1, 0], "weights sum to 1"),
        (TABLE, [0, 0, 0, 0], "not all of them 0"),
        (TABLE[:, :1], A, "noise is of 4 cells and 2 seeds, y of 4 and 1"),
        (np.vstack([TABLE, TABLE]), [*A, *A], "noise is of 4 cells and 2 seeds, y of 8 and 2"),
    ],
)
def test_what_is_no_contrast_of_the_lattice_is_refused(y, weights, message):
    noise = residual_noise(TABLE)
    with pytest.raises(ValueError, match=message):
        estimate_contrast(y, weights, error=Fitting(noise))


def test_a_coverage_of_percents_is_refused():
    with pytest.raises(ValueError, match="coverage is 95"):
        contrast_of(TABLE, A).interval(95)


@pytest.mark.parametrize("seeds", [2, 3, 7])
def test_the_welch_error_of_two_cells_is_that_of_scipy(seeds):
    rng = np.random.default_rng(seeds)
    y = rng.normal(size=(2, seeds)) * [[1.0], [5.0]]
    contrast = estimate_contrast(y, [-1, 1], error=Welch())
    expected = stats.ttest_ind(y[1], y[0], equal_var=False)
    assert contrast.p_value == pytest.approx(expected.pvalue)
    assert contrast.interval(0.9) == pytest.approx(tuple(expected.confidence_interval(0.9)))
    assert contrast.method == "Welch t"


def test_the_welch_error_of_several_cells_adds_their_variances():
    # Variances of the four cells 2, 2, 0 and 18, of two seeds; each weighs a quarter over 2.
    found = standard_error(Welch(), TABLE, A)
    parts = np.array([2, 2, 0, 18]) / 4 / 2
    assert found.value == pytest.approx(math.sqrt(parts.sum()))
    assert found.df == pytest.approx(parts.sum() ** 2 / (parts**2).sum())


@pytest.mark.parametrize("error", [BySeed(), Welch()])
def test_cells_without_any_spread_have_no_error(error):
    y = np.repeat([[0.1], [0.3]], 4, axis=1)
    contrast = estimate_contrast(y, [-1, 1], error=error)
    assert contrast.standard_error == 0
    assert contrast.p_value == 0


def simulated(kind, *, seeds, studies=2000, shared=0.1):
    """Studies of 32 cells without any effect, `(studies, 32, seeds)`, SD of a run about 0.1."""
    rng = np.random.default_rng(100 + seeds)
    y = rng.normal(scale=0.1, size=(studies, 32, seeds))
    if kind == "heteroscedastic":  # The central 90 % of the SDs span a factor of 2.7.
        y *= rng.lognormal(sigma=0.3, size=(studies, 32, 1))
    if kind == "seed x factor":  # Triples the variance of the main effect.
        y += 16 * MAIN_OF_32[:, None] * rng.normal(scale=0.025, size=(studies, 1, seeds))
    return y + rng.normal(scale=shared, size=(studies, 1, seeds))


def coverage_of_95(kind, *, seeds):
    intervals = [contrast_of(y, MAIN_OF_32).interval() for y in simulated(kind, seeds=seeds)]
    return np.mean([low <= 0 <= high for low, high in intervals])


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("kind", ["equal", "heteroscedastic"])
def test_intervals_cover_as_often_as_they_say(kind, seeds):
    assert 0.93 <= coverage_of_95(kind, seeds=seeds) <= 0.97


@pytest.mark.parametrize(("seeds", "coverage"), [(3, 0.85), (5, 0.88), (8, 0.95), (10, 0.95)])
def test_with_seed_by_factor_variance_intervals_cover_as_documented(seeds, coverage):
    assert coverage_of_95("seed x factor", seeds=seeds) == pytest.approx(coverage, abs=0.02)


@pytest.mark.parametrize(("seeds", "coverage"), [(3, 0.82), (5, 0.89), (10, 0.95)])
def test_intervals_of_a_simple_effect_between_noisy_cells_cover_as_documented(seeds, coverage):
    weights = np.eye(32)[0] - np.eye(32)[1]
    noisier = 1 + np.abs(weights)[:, None]
    studies = noisier * simulated("equal", seeds=seeds, shared=0)
    intervals = [contrast_of(y, weights).interval() for y in studies]
    covered = np.mean([low <= 0 <= high for low, high in intervals])
    assert covered == pytest.approx(coverage, abs=0.02)


@pytest.mark.parametrize("kind", ["equal", "heteroscedastic"])
@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_without_an_effect_p_is_below_5_percent_at_about_that_rate(kind, seeds):
    contrasts = [contrast_of(y, MAIN_OF_32) for y in simulated(kind, seeds=seeds)]
    assert 0.03 <= np.mean([contrast.p_value < 0.05 for contrast in contrasts]) <= 0.07
    flips = np.mean([contrast.sign_flip_p < 0.05 for contrast in contrasts])
    assert 0.03 <= flips <= 0.07 if seeds > 5 else flips == 0


def test_ten_runs_of_one_cell_split_in_two_differ_at_about_the_nominal_rate():
    cells = simulated("heteroscedastic", seeds=10)[:, 0]
    contrasts = [contrast_of(runs.reshape(2, 5), [-1, 1]) for runs in cells]
    assert 0.03 <= np.mean([contrast.p_value < 0.05 for contrast in contrasts]) <= 0.07
