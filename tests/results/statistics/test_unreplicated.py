"""One run per cell: Lenth's limits and the half-normal table against published examples."""

import math

import numpy as np
import pandas as pd
import pytest

from results.effects import effects
from results.statistics.unreplicated import Lenth, half_normal, lenth
from tests.given.known_answers import (
    FILTRATION,
    FILTRATION_LENTH,
    LENTH_8_1,
    LENTH_8_1_LIMITS,
)


def filtration_effects():
    return effects(FILTRATION.frame, list("ABCD"), "y", order=4)


def test_limits_of_the_filtration_example():
    limits = lenth(filtration_effects()["estimate"])
    assert limits.effects == 15
    for name, printed in FILTRATION_LENTH.items():
        assert getattr(limits, name) == pytest.approx(printed, abs=1e-3), name


def test_limits_of_montgomerys_problem_8_1():
    limits = lenth(LENTH_8_1)
    for name, printed in LENTH_8_1_LIMITS.items():
        assert getattr(limits, name) == pytest.approx(printed, rel=1e-4), name


def test_the_pseudo_standard_error_by_hand():
    # Median of 1 2 3 4 100 is 3: s0 = 4.5. Below 2.5 s0 = 11.25 are 1 2 3 4: 1.5 · 2.5 = 3.75.
    assert lenth([100, -1, 2, -3, 4]).pse == 3.75


def test_a_size_of_exactly_the_cut_is_left_out():
    # Median 2: s0 = 3, cut 7.5. Of 1 2 2 7.5 7.5, those below are 1 2 2.
    assert lenth([1, 2, 2, 7.5, 7.5]).pse == 3.0


def test_limits_grow_with_the_unit_of_the_effects_and_ignore_signs_and_order():
    limits, other = lenth(LENTH_8_1), lenth([-10 * effect for effect in reversed(LENTH_8_1)])
    assert other.me == pytest.approx(10 * limits.me)
    assert other.sme == pytest.approx(10 * limits.sme)


@pytest.mark.parametrize(("count", "beyond_me", "beyond_sme"), [(7, 0.02, 0.01), (15, 0.03, 0.02)])
def test_noise_goes_beyond_the_limits_as_often_as_documented(count, beyond_me, beyond_sme):
    rng = np.random.default_rng(7)
    studies = [(np.abs(noise), lenth(noise)) for noise in rng.normal(size=(1000, count))]
    effects_beyond = np.mean([sizes > limits.me for sizes, limits in studies])
    studies_beyond = np.mean([sizes.max() > limits.sme for sizes, limits in studies])
    assert effects_beyond == pytest.approx(beyond_me, abs=0.01)
    assert studies_beyond == pytest.approx(beyond_sme, abs=0.015)


def test_effects_that_are_all_zero_have_limits_of_zero_and_none_is_beyond():
    assert lenth([0.0] * 7) == Lenth(effects=7, pse=0.0, me=0.0, sme=0.0)
    table = half_normal(pd.DataFrame({"term": list("ABC"), "estimate": [0.0] * 3}))
    assert not table["beyond_me"].any()


def test_where_most_effects_are_exactly_zero_the_others_are_beyond():
    table = half_normal(pd.DataFrame({"term": ["A", "B", "A:B"], "estimate": [0.0, -2.0, 0.0]}))
    assert table["beyond_sme"].tolist() == [True, False, False]


@pytest.mark.parametrize("estimates", [[], [1.0], [1.0, 2.0]])
def test_fewer_than_three_effects_are_refused(estimates):
    with pytest.raises(ValueError, match=f"^{len(estimates)} effects .* at least 3"):
        lenth(estimates)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_effects_that_are_not_finite_are_refused(bad):
    with pytest.raises(ValueError, match=r"1 of 4 effects are not finite; .* complete"):
        lenth([1, 2, bad, 3])


def test_the_half_normal_table_of_the_filtration_example():
    table = half_normal(filtration_effects())
    assert table["term"].head(5).tolist() == ["A", "A:C", "A:D", "D", "C"]
    assert table["absolute"].head(3).tolist() == pytest.approx([21.625, 18.125, 16.625])
    assert table.loc[table["beyond_me"], "term"].tolist() == ["A", "A:C", "A:D", "D", "C"]
    assert table.loc[table["beyond_sme"], "term"].tolist() == ["A", "A:C", "A:D", "D"]


def test_half_normal_quantiles_by_hand():
    # i = 1, 2, 3 of 3: the normal quantiles of 0.5 + (i - 0.5)/6 = 7/12, 9/12, 11/12.
    table = half_normal(pd.DataFrame({"term": list("abc"), "estimate": [1, -3, 2]}))
    assert table["term"].tolist() == ["b", "c", "a"]
    assert table["quantile"].tolist() == pytest.approx([1.382994, 0.674490, 0.210428], abs=1e-6)


def test_equal_sizes_keep_their_order():
    table = half_normal(pd.DataFrame({"term": list("abcd"), "estimate": [1, -1, 1, 2]}))
    assert table["term"].tolist() == ["d", "a", "b", "c"]


def test_the_table_given_is_left_as_it_is():
    given = filtration_effects()
    half_normal(given)
    pd.testing.assert_frame_equal(given, filtration_effects())


def test_factors_with_more_than_two_levels_are_refused():
    frame = pd.DataFrame({"a": [1, 2, 3] * 2, "b": [1, 1, 1, 2, 2, 2], "y": range(6)})
    with pytest.raises(ValueError, match=r"term 'a' has several rows; .* two levels"):
        half_normal(effects(frame, ["a", "b"], "y"))


def test_a_table_without_estimates_is_refused():
    with pytest.raises(ValueError, match="no column 'estimate'"):
        half_normal(pd.DataFrame({"term": list("abc")}))
