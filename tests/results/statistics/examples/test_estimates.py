"""What single images tell: by hand, and against simulations with a known answer."""

import math

import numpy as np
import pandas as pd
import pytest

from results.statistics.examples.error_counts import count_errors
from results.statistics.examples.estimates import (
    StandardErrors,
    class_effects,
    fixed_by_one_level,
    mean_standard_errors,
    missed_by_all,
    missed_share,
    overdispersion,
    seed_variances,
    standard_errors,
)

# Two cells of two and three seeds, four images: all miss the first, none the last.
TWO_SEEDS = np.array([[1, 1, 0, 0], [1, 0, 1, 0]], dtype=bool)
THREE_SEEDS = np.array([[1, 1, 0, 0], [1, 1, 1, 0], [1, 0, 0, 0]], dtype=bool)
RAGGED = count_errors([TWO_SEEDS, THREE_SEEDS])


def simulated(rng, rates, *, seeds, shared=0.0):
    """A cell whose networks miss images at these rates, `shared` times easier or harder by seed."""
    ease = 1 + shared * rng.standard_normal((seeds, 1))
    return rng.random((seeds, len(rates))) < rates * ease


def error_rates(rng, *, images, mean=0.04):
    return rng.beta(0.2, 0.2 * (1 - mean) / mean, size=images)


def test_errors_are_counted_by_image_and_by_seed():
    assert RAGGED.by_image.tolist() == [[2, 1, 1, 0], [3, 2, 1, 0]]
    assert [errors.tolist() for errors in RAGGED.by_seed] == [[2, 2], [2, 3, 1]]
    assert RAGGED.seeds.tolist() == [2, 3]


def test_a_generator_a_list_and_an_array_are_counted_alike():
    array = np.stack([TWO_SEEDS, ~TWO_SEEDS])
    expected = count_errors(list(array)).by_image.tolist()
    assert count_errors(array).by_image.tolist() == expected
    assert count_errors(cell for cell in array).by_image.tolist() == expected


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([], "no cells"),
        ([TWO_SEEDS[0]], r"shape \(4,\)"),
        ([TWO_SEEDS[:0]], r"shape \(0, 4\)"),
        ([TWO_SEEDS.astype(int)], "type int64"),
        ([TWO_SEEDS, TWO_SEEDS[:, :3]], "3 images, the first one has 4"),
    ],
)
def test_cells_that_do_not_fit_are_refused(cells, message):
    with pytest.raises(ValueError, match=message):
        count_errors(cells)


def test_seed_variance_is_the_formula():
    # R/(R-1) p (1-p): 2 * 1/4 for the two disputed images; 3/2 * 2/9 likewise.
    expected = [2 * 0.5 / 4**2, 2 * (1 / 3) / 4**2]
    assert seed_variances(RAGGED) == pytest.approx(expected)


def test_one_seed_has_no_variance_and_seeds_that_agree_have_none_either():
    variances = seed_variances(count_errors([TWO_SEEDS[:1], TWO_SEEDS[[0, 0]]]))
    assert math.isnan(variances[0])
    assert variances[1] == 0


def test_seed_variance_is_what_many_seeds_show():
    rng = np.random.default_rng(2)
    rates = error_rates(rng, images=10_000)
    accuracies = [1 - simulated(rng, rates, seeds=100).mean(axis=1) for _ in range(30)]
    of_two = seed_variances(count_errors(simulated(rng, rates, seeds=2) for _ in range(50)))
    assert of_two.mean() == pytest.approx(np.var(accuracies, ddof=1), rel=0.06)
    # 2.6: two seeds give the SD to about 4 %.
    assert np.sqrt(of_two).std() / np.sqrt(of_two).mean() < 0.06


def test_phi_is_the_pooled_variance_of_accuracies_over_the_expected_one():
    result = overdispersion(RAGGED)
    # Squared deviations 0 and 2 over 3 degrees of freedom; expected 1 * 1 and 2 * 2/3 over 3.
    assert result.phi == pytest.approx(2 / (1 + 4 / 3))
    assert result.df == 3
    assert result.effective_df == pytest.approx((7 / 3) ** 2 / (1 + (4 / 3) ** 2 / 2))


def test_degrees_of_freedom_of_cells_alike_are_the_sum_of_seeds_less_one():
    result = overdispersion(count_errors([THREE_SEEDS, THREE_SEEDS, TWO_SEEDS[:1]]))
    assert result.df == 4
    assert result.effective_df == pytest.approx(4)


def test_independent_errors_give_phi_near_1():
    rng = np.random.default_rng(3)
    rates = error_rates(rng, images=5000)
    result = overdispersion(count_errors(simulated(rng, rates, seeds=5) for _ in range(100)))
    assert result.phi == pytest.approx(1, abs=0.2)
    assert result.p_value > 0.05
    assert result.sentence.endswith("close to nominal for their cells too.")


def test_seeds_that_are_luckier_on_all_images_give_a_large_phi():
    rng = np.random.default_rng(4)
    rates = error_rates(rng, images=5000)
    cells = (simulated(rng, rates, seeds=5, shared=0.2) for _ in range(20))
    result = overdispersion(count_errors(cells))
    assert result.phi > 1.5
    assert "p < 0.001" in result.sentence
    assert result.sentence.endswith("about these two networks only.")


def test_the_test_of_phi_keeps_its_rate_where_cells_differ_in_noise():
    rng = np.random.default_rng(5)
    noise = [error_rates(rng, images=1000, mean=mean) for mean in (0.01, 0.02, 0.04, 0.3)]
    p_values = [
        overdispersion(count_errors(simulated(rng, rates, seeds=4) for rates in noise)).p_value
        for _ in range(1000)
    ]
    assert 0.03 < np.mean(np.array(p_values) < 0.05) < 0.07


@pytest.mark.parametrize("cell", [TWO_SEEDS[:1], TWO_SEEDS[[0, 0]]])
def test_phi_is_unknown_where_no_two_seeds_disagree(cell):
    result = overdispersion(count_errors([cell, cell]))
    assert math.isnan(result.phi)
    assert math.isnan(result.p_value)
    assert "seed noise is unknown" in result.sentence


def test_standard_errors_are_the_formulae():
    errors = standard_errors(TWO_SEEDS, THREE_SEEDS)
    # Shares of seeds that miss: (1, 1/2, 1/2, 0) and (1, 2/3, 1/3, 0).
    shares = np.array([0, 1 / 6, -1 / 6, 0])
    assert errors.difference == pytest.approx(shares.mean())
    assert errors.total == pytest.approx(shares.std(ddof=1) / 2)
    assert errors.seed == pytest.approx(math.sqrt(1 / 16 / 2 + 1 / 24 / 3))


def test_the_difference_is_of_accuracies_first_minus_second():
    better, worse = np.zeros((2, 4), bool), TWO_SEEDS
    assert standard_errors(better, worse).difference == 0.5
    assert standard_errors(worse, better).difference == -0.5


def test_the_image_floor_is_what_seeds_do_not_explain():
    assert StandardErrors(difference=0, seed=3, total=5).image_floor == 4
    assert StandardErrors(difference=0, seed=5, total=3).image_floor == 0


def test_one_seed_leaves_the_total_error_only():
    errors = standard_errors(TWO_SEEDS[:1], THREE_SEEDS)
    assert math.isnan(errors.seed)
    assert math.isnan(errors.image_floor)
    assert errors.total > 0


def test_cells_in_which_nothing_varies_have_no_errors():
    for cell in (np.zeros((3, 4), bool), np.zeros((3, 1), bool)):
        errors = standard_errors(cell, cell)
        assert errors.difference == 0
        assert math.isnan(errors.seed)
        assert math.isnan(errors.total)


@pytest.mark.parametrize("seeds", [2, 5])
def test_standard_errors_are_what_new_seeds_and_new_images_show(seeds):
    rng = np.random.default_rng(6)
    rates_a = error_rates(rng, images=2000)
    rates_b = np.clip(rates_a * rng.lognormal(0, 1, size=2000), 0, 1)

    def compared(images):
        cells = (simulated(rng, rates[images], seeds=seeds) for rates in (rates_a, rates_b))
        return standard_errors(*cells)

    same = [compared(slice(None)) for _ in range(1000)]
    new = [compared(rng.integers(2000, size=2000)) for _ in range(1000)]
    spread = np.std([errors.difference for errors in same])
    assert np.mean([errors.seed for errors in same]) == pytest.approx(spread, rel=0.07)
    spread = np.std([errors.difference for errors in new])
    assert np.mean([errors.total for errors in new]) == pytest.approx(spread, rel=0.07)


def test_images_missed_by_all_are_named():
    assert missed_share(RAGGED).tolist() == [1, 3 / 5, 2 / 5, 0]
    assert missed_by_all(RAGGED).tolist() == [0]
    assert missed_by_all(count_errors([~TWO_SEEDS[:, :3], TWO_SEEDS[:, :3]])).tolist() == []


def with_wrong(*shares, seeds=10):
    """A cell in which each image is missed by this many of the seeds."""
    return np.arange(seeds)[:, np.newaxis] < np.array(shares)


def test_an_image_is_fixed_by_the_one_level_that_reads_it():
    # Of four images relu reads the first, nearly; sigmoid the second; both read the third.
    counts = count_errors([with_wrong(1, 9, 0, 10), with_wrong(9, 1, 0, 10)])
    expected = pd.DataFrame(
        {
            "level": ["relu", "sigmoid"],
            "index": [0, 1],
            "right_share": [0.9, 0.9],
            "other_share": [0.1, 0.1],
        }
    )
    found = fixed_by_one_level(counts, ["relu", "sigmoid"])
    pd.testing.assert_frame_equal(found, expected)
    assert fixed_by_one_level(counts, ["relu", "sigmoid"], threshold=0.95).empty


def test_each_other_level_has_to_miss_the_image():
    # Of the two images, 19 of 20 other networks miss the first, but of one level only 9 of 10.
    counts = count_errors([with_wrong(0, 0), with_wrong(10, 10), with_wrong(9, 8)])
    found = fixed_by_one_level(counts, ["a", "b", "c"])
    assert found.to_numpy().tolist() == [["a", 0, 1.0, 0.1]]


def test_the_cells_of_a_level_are_taken_together():
    counts = count_errors([with_wrong(0), with_wrong(5, seeds=5), with_wrong(2), with_wrong(10)])
    found = fixed_by_one_level(counts, [1.0, 2.0, 1.0, 2.0])
    assert found.to_numpy().tolist() == [[1.0, 0, 0.9, 0.0]]


@pytest.mark.parametrize(
    ("levels", "threshold", "message"),
    [
        (["a"], 0.9, "1 levels for 2 cells"),
        (["a", "a"], 0.9, "all cells have level 'a'"),
        (["a", "b"], 0.5, "threshold is 0.5"),
        (["a", "b"], 1.1, "threshold is 1.1"),
    ],
)
def test_levels_that_can_not_be_compared_are_refused(levels, threshold, message):
    with pytest.raises(ValueError, match=message):
        fixed_by_one_level(RAGGED, levels, threshold=threshold)


# One pair of cells, three seeds, images of classes 7, 7, 3.
FIRST = np.array([[0, 0, 1], [0, 0, 0], [0, 1, 0]], dtype=bool)
SECOND = np.array([[1, 1, 0], [1, 0, 0], [0, 1, 0]], dtype=bool)


def test_class_effects_are_differences_of_recall_with_a_t_interval():
    table = class_effects([FIRST], [SECOND], [7, 7, 3])
    assert table["class"].tolist() == [3, 7]
    assert table["images"].tolist() == [1, 2]
    assert table["difference"].tolist() == pytest.approx([-1 / 3, 0.5])
    # By seed -1, 0, 0 and 1, 1/2, 0; t(.975; 2) = 4.3027.
    half = 4.302653 * np.array([1 / math.sqrt(3), 0.5]) / math.sqrt(3)
    assert (table["high"] - table["difference"]).tolist() == pytest.approx(half.tolist())
    assert (table["difference"] - table["low"]).tolist() == pytest.approx(half.tolist())


def test_pairs_of_cells_weigh_the_same():
    alike = class_effects([FIRST, FIRST], [SECOND, FIRST], [7, 7, 3])
    assert alike["difference"].tolist() == pytest.approx([-1 / 6, 0.25])


@pytest.mark.parametrize("seeds", [[0], [0, 0]])
def test_one_seed_or_seeds_that_agree_have_no_interval(seeds):
    table = class_effects([FIRST[seeds]], [SECOND[seeds]], [7, 7, 3])
    assert table["difference"].tolist() == [-1, 1]
    assert table[["low", "high"]].isna().all(axis=None)


def test_intervals_of_classes_cover_at_their_rate():
    rng = np.random.default_rng(7)
    labels = np.repeat([0, 1], 500)
    rates_a, rates_b = error_rates(rng, images=1000), error_rates(rng, images=1000)
    truth = [(rates_b - rates_a)[labels == label].mean() for label in (0, 1)]
    covered = []
    for _ in range(500):
        cells = (simulated(rng, rates, seeds=4)[np.newaxis] for rates in (rates_a, rates_b))
        table = class_effects(*cells, labels, coverage=0.9)
        covered.append(table["low"].lt(truth) & table["high"].gt(truth))
    assert np.mean(covered) == pytest.approx(0.9, abs=0.03)


@pytest.mark.parametrize(
    ("cells", "partners", "labels", "message"),
    [
        ([], [], [7, 7, 3], "no pairs"),
        ([FIRST, FIRST], [SECOND], [7, 7, 3], "shorter"),
        ([FIRST], [SECOND[:2]], [7, 7, 3], r"shapes \(3, 3\) and \(2, 3\)"),
        ([FIRST, FIRST[:1]], [SECOND, SECOND[:1]], [7, 7, 3], r"here \(3, 3\)"),
        ([FIRST], [SECOND], [7, 3], r"labels of shape \(2,\) for 3 images"),
    ],
)
def test_pairs_that_do_not_fit_are_refused(cells, partners, labels, message):
    with pytest.raises(ValueError, match=message):
        class_effects(cells, partners, labels)


def test_a_coverage_out_of_range_is_refused():
    with pytest.raises(ValueError, match="coverage is 95"):
        class_effects([FIRST], [SECOND], [7, 7, 3], coverage=95)


# Cells of two seeds and four images; the third with as many seeds again.
PAIRED = count_errors(
    [
        np.array([[1, 1, 0, 0], [1, 0, 0, 0]], dtype=bool),
        np.array([[1, 0, 0, 0], [1, 0, 0, 0]], dtype=bool),
        np.array([[1, 1, 1, 0]] * 3 + [[1, 1, 0, 0]], dtype=bool),
    ]
)


def test_errors_of_a_mean_over_pairs_are_the_formulae():
    errors = mean_standard_errors(PAIRED, cells=[0, 1], partners=[2, 2])
    # Shares of seeds that miss the images: 1, 1/2, 0, 0; 1, 0, 0, 0; 1, 1, 3/4, 0. The images'
    # differences are 0, 3/4, 3/4, 0, with mean 3/8 and a sum of squares of 9/16.
    assert errors.difference == pytest.approx(3 / 8)
    assert errors.total == pytest.approx(math.sqrt(9 / 16 / 3 / 4))
    # Variances over seeds: 1/2 and 0 and 1/4 over 4^2; the means are of 2 and of 4 seeds. The
    # third cell stands in both pairs.
    expected = (1 / 4) * (1 / 32) / 2 + (1 / 64) / 4
    assert errors.seed == pytest.approx(math.sqrt(expected))


def test_a_single_pair_has_the_errors_of_its_two_cells():
    expected = standard_errors(TWO_SEEDS, THREE_SEEDS)
    assert mean_standard_errors(RAGGED, cells=[0], partners=[1]) == expected


def test_a_cell_of_one_seed_that_is_not_compared_does_not_matter():
    counts = count_errors([TWO_SEEDS, THREE_SEEDS, TWO_SEEDS[:1]])
    assert mean_standard_errors(counts, cells=[0], partners=[1]) == mean_standard_errors(
        RAGGED, cells=[0], partners=[1]
    )
    assert math.isnan(mean_standard_errors(counts, cells=[0], partners=[2]).seed)


@pytest.mark.parametrize(("cells", "partners"), [([], []), ([0, 1], [1])])
def test_cells_without_partners_are_refused(cells, partners):
    with pytest.raises(ValueError, match="allowed is 1 each"):
        mean_standard_errors(RAGGED, cells=cells, partners=partners)
