"""Power: the printed table of minimum detectable effects, and the integral behind it."""

import math

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestPower

from results.statistics.power import minimum_detectable_effect, t_test_power, welch_power

SIGMA = 0.10
# Columns: healthy pairs, whether the error is pooled over 32 cells, alpha. In the two columns with
# alpha .01 one seed counts as sigma known; the pooled error has 31 degrees of freedom per seed
# beyond the first, that of 8 healthy pairs too: it's pooled over the whole lattice.
COLUMNS = (
    (1, False, 0.05),
    (1, True, 0.05),
    (16, False, 0.05),
    (16, True, 0.05),
    (1, True, 0.01),
    (16, True, 0.01),
    (8, True, 0.05),
)
TABLE = {
    1: (0.396, None, 0.099, None, 0.483, 0.121, 0.140),
    2: (1.633, 0.289, 0.408, 0.072, 0.361, 0.090, 0.102),
    3: (0.462, 0.232, 0.115, 0.058, 0.287, 0.072, 0.082),
    5: (0.238, 0.179, 0.059, 0.045, 0.219, 0.055, 0.063),
    8: (0.163, 0.141, 0.041, 0.035, 0.172, 0.043, 0.050),
    10: (0.141, 0.126, 0.035, 0.031, 0.154, 0.038, 0.044),
    20: (0.093, 0.089, 0.023, 0.022, 0.108, 0.027, 0.031),
}
FIGURES = [
    (seeds, *column, figure)
    for seeds, row in TABLE.items()
    for column, figure in zip(COLUMNS, row, strict=True)
    if figure is not None
]


@pytest.mark.parametrize(("seeds", "contexts", "pooled", "alpha", "figure"), FIGURES)
def test_the_table_of_detectable_effects_is_reproduced(seeds, contexts, pooled, alpha, figure):
    effect = minimum_detectable_effect(
        sigma=SIGMA,
        contexts=contexts,
        seeds=seeds,
        pooled_df=31 * (seeds - 1) if pooled else None,
        alpha=alpha,
    )
    assert round(effect, 3) == figure


@pytest.mark.parametrize("df", [1, 4, 31, 600, 300_000])
@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.001])
@pytest.mark.parametrize("noncentrality", [0, 0.5, 2.8, 4])
def test_power_is_that_of_the_noncentral_t(df, alpha, noncentrality):
    expected = TTestPower().power(noncentrality / math.sqrt(df + 1), df + 1, alpha)
    assert t_test_power(noncentrality, df=df, alpha=alpha) == pytest.approx(expected, abs=2e-6)


@pytest.mark.parametrize("df", [0, 1, 124, 310_000])
def test_power_without_an_effect_is_alpha_and_of_a_huge_one_1(df):
    assert t_test_power(0, df=df, alpha=0.01) == pytest.approx(0.01, abs=2e-6)
    # scipy.stats.nct has no figure here.
    assert t_test_power(1e5, df=df, alpha=0.01) == pytest.approx(1)


@pytest.mark.parametrize("df", [1, 2, 9, 279])
@pytest.mark.parametrize("power", [0.2, 0.9, 0.999])
def test_power_at_the_detectable_effect_is_the_power_asked_for(df, power):
    effect = minimum_detectable_effect(
        sigma=1, contexts=2, seeds=1, pooled_df=df, alpha=0.0001, power=power
    )
    assert t_test_power(effect, df=df, alpha=0.0001) == pytest.approx(power)


def test_simulated_tests_detect_the_effect_as_often_as_planned():
    effect = minimum_detectable_effect(sigma=SIGMA, contexts=4, seeds=3)
    rng = np.random.default_rng(20)
    runs = rng.normal(scale=SIGMA, size=(2, 20_000, 4, 3))
    runs[1] += effect
    by_seed = (runs[1] - runs[0]).mean(axis=1)
    t = by_seed.mean(axis=1) / (by_seed.std(axis=1, ddof=1) / math.sqrt(3))
    assert (np.abs(t) > 4.302653).mean() == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"sigma": 0}, "sigma is 0"),
        ({"sigma": math.nan}, "sigma is nan"),
        ({"contexts": 0}, "contexts is 0"),
        ({"seeds": 0}, "seeds is 0"),
        ({"pooled_df": -1}, "pooled_df is -1"),
        ({"alpha": 0.9}, r"alpha is 0\.9"),
        ({"power": 1}, "power 1"),
    ],
)
def test_arguments_out_of_range_are_refused(wrong, message):
    with pytest.raises(ValueError, match=message):
        minimum_detectable_effect(**{"sigma": 1, "contexts": 1, "seeds": 5} | wrong)


@pytest.mark.parametrize(
    ("alpha", "seeds", "power"),
    [
        # Where noncentral t with 2 (n - 1) degrees of freedom promises 80 %.
        *[(0.05, 3, 0.70), (0.05, 5, 0.77), (0.05, 7, 0.79), (0.05, 10, 0.79)],
        *[(0.01, 3, 0.58), (0.01, 5, 0.74), (0.01, 7, 0.77), (0.01, 10, 0.78)],
    ],
)
def test_welchs_test_of_two_cells_finds_less_than_noncentral_t_promises(alpha, seeds, power):
    promised = minimum_detectable_effect(
        sigma=1, contexts=2, seeds=1, pooled_df=2 * (seeds - 1), alpha=alpha
    )
    assert welch_power(promised, cells=2, seeds=seeds, alpha=alpha) == pytest.approx(
        power, abs=0.02
    )


@pytest.mark.parametrize(("cells", "seeds"), [(2, 4), (8, 3), (32, 2)])
def test_simulated_welch_tests_find_the_effect_as_often_as_planned(cells, seeds):
    rng = np.random.default_rng(30)
    runs = rng.standard_normal((20_000, cells, seeds))
    variances = runs.var(axis=2, ddof=1)
    signs = np.repeat([-1, 1], cells // 2)
    error = np.sqrt(variances.sum(axis=1) / seeds)
    effect = 3.0 * math.sqrt(cells / seeds)
    t = (runs.mean(axis=2) @ signs + effect) / error
    df = variances.sum(axis=1) ** 2 * (seeds - 1) / (variances**2).sum(axis=1)
    found = (2 * stats.t.sf(np.abs(t), df) < 0.05).mean()
    assert welch_power(3.0, cells=cells, seeds=seeds) == pytest.approx(found, abs=0.02)
