"""Verdicts on claims, from lattices made by hand, and how often they are wrong by chance."""

import dataclasses
import itertools

import numpy as np
import pytest

from results.analysis.lattice import Lattice
from results.claims.judging import judge_claims
from results.claims.own_record import OwnRecord, check_record
from results.claims.rules import Code, Overall, Reading
from search_spaces import Claim, Endpoint, Qualifier, RecordedPair, find_space
from tests.given.lattices import make, notebook_factors

CLAIMS = find_space("full").claims
FIVE = notebook_factors()
# One run to the next: 0.10 percentage points.
SIGMA = 0.001


def noisy(effect=lambda cell: 0.0, *, factors=FIVE, seeds=5, sigma=SIGMA, seed=0, trained=None):
    """Accuracies around 98.5 % with an effect by cell and normal noise."""
    rng = np.random.default_rng(seed)
    return make(
        factors,
        lambda cell, _: 0.985 + effect(cell) + rng.normal(0, sigma),
        seeds=seeds,
        trained=trained or (lambda cell, seed: True),
    )


def judged(lattice, claims=CLAIMS, **options):
    return {verdict.claim.factor: verdict for verdict in judge_claims(lattice, claims, **options)}


def normalized(cell, size):
    return size * (cell["normalization"] == "range")


@pytest.mark.parametrize(
    ("size", "code", "reading"),
    [
        (0.0050, Code.MATERIAL, Reading.CONFIRMED),
        (0.0009, Code.POSITIVE, Reading.CONFIRMED),
        (0.0000, Code.EQUIVALENT, Reading.REFUTED),
        (-0.0050, Code.REVERSED, Reading.REFUTED),
    ],
)
def test_a_main_effect_gets_the_verdict_of_its_size(size, code, reading):
    lattice = noisy(lambda cell: normalized(cell, size), seeds=5)
    found = judged(lattice)["normalization"]
    assert (found.code, found.reading) == (code, reading)
    assert found.healthy == found.contexts == 16
    assert found.quality.estimate == pytest.approx(size, abs=0.0004)


def test_the_estimate_and_its_interval_are_those_of_a_paired_t_test():
    """Two contexts, 8 seeds: the seed contrasts by hand; one claim, so a 95 % interval."""
    by_seed = np.array([2, 4, 3, 5, 1, 4, 2, 3]) / 1000
    claim = dataclasses.replace(CLAIMS[0])
    lattice = make(
        {"normalization": ("none", "range"), "loss": ("a", "b")},
        lambda cell, seed: 0.9 + 0.01 * seed + normalized(cell, by_seed[seed]),
        seeds=8,
    )
    found = judged(lattice, [claim])["normalization"]
    # Mean 3, standard deviation sqrt(12 / 7), standard error 0.4629, t(7, .975) 2.3646.
    assert found.quality.estimate == pytest.approx(0.003)
    assert found.quality.interval(0.95) == pytest.approx((0.0019054, 0.0040946), abs=1e-6)
    assert found.code is Code.MATERIAL
    assert found.reason == "and more than slight"


def test_one_seed_is_never_enough():
    lattice = noisy(lambda cell: normalized(cell, 0.5), seeds=1)
    for verdict in judged(lattice).values():
        assert verdict.reading is Reading.INCONCLUSIVE
        assert verdict.reason == "not testable at one seed"
        assert verdict.code is Code.OPEN
        assert all(seen.code is Code.OPEN for seen in verdict.in_contexts)


def test_two_seeds_need_single_images():
    lattice = noisy(lambda cell: normalized(cell, 0.005), seeds=2)
    found = judged(lattice)["normalization"]
    assert found.reading is Reading.INCONCLUSIVE
    assert "not testable at two seeds" in found.reason
    variance = np.full(len(lattice.cells), SIGMA**2)
    found = judged(lattice, image_variance=variance)["normalization"]
    assert found.reading is Reading.CONFIRMED
    # 32 cells of weight 1/16, two seeds: sigma * sqrt(2 / 16 / 2) = sigma / 4; z = 2.5758.
    low, high = found.quality.interval(0.99)
    assert (high - low) / 2 == pytest.approx(2.5758 * SIGMA / 4, rel=1e-4)


def test_from_three_seeds_on_single_images_change_nothing():
    lattice = noisy(lambda cell: normalized(cell, 0.005), seeds=3)
    variance = np.full(len(lattice.cells), 1.0)
    with_images = judged(lattice, image_variance=variance)["normalization"]
    assert with_images.quality == judged(lattice)["normalization"].quality


def test_fewer_than_two_healthy_contexts_are_not_reported_but_the_own_pair_is():
    lattice = make(
        {"normalization": ("none", "range"), "loss": ("categorical_crossentropy", "mse")},
        lambda cell, seed: 0.98 + normalized(cell, 0.005) + 1e-5 * (seed % 3),
        seeds=5,
        trained=lambda cell, seed: cell["loss"] != "mse",
    )
    found = judged(lattice)["normalization"]
    assert found.reading is Reading.INCONCLUSIVE
    assert found.reason.startswith("both levels trained with every seed in 1 of 2 contexts")
    assert found.own.context == {"loss": "categorical_crossentropy"}
    assert found.own.difference.estimate == pytest.approx(0.005)


def test_failed_runs_never_enter_a_difference():
    lattice = noisy(
        lambda cell: normalized(cell, 0.005) - 0.8 * (cell["loss"] == "mse"),
        trained=lambda cell, seed: cell["loss"] != "mse",
    )
    found = judged(lattice)["normalization"]
    assert (found.healthy, found.contexts) == (8, 16)
    assert found.quality.estimate == pytest.approx(0.005, abs=0.0004)
    assert found.reading is Reading.CONFIRMED


def test_an_effect_that_turns_with_another_factor_gets_no_averaged_verdict():
    def turning(cell):
        return normalized(cell, 0.02 if cell["optimizer"] == "sgd" else -0.01)

    found = judged(noisy(turning))["normalization"]
    assert found.reading is Reading.DEPENDS
    assert found.reason.startswith("on optimizer: true in 8 contexts, reversed in ")
    assert found.overall is Overall.DEPENDS


def test_contexts_are_judged_together():
    """An own pair just significant among 5 claims isn't among 5 claims times 16 contexts."""
    found = judged(noisy(lambda cell: normalized(cell, 0.0025)))["normalization"]
    same = next(seen for seen in found.in_contexts if seen.context == found.own.context)
    assert found.own.difference == same.difference
    assert len(found.in_contexts) == 16
    assert found.own.code is not Code.OPEN
    assert same.code is Code.OPEN


def test_a_scope_limits_the_contexts():
    claim = dataclasses.replace(CLAIMS[0], scope={"optimizer": "sgd", "loss": "mse"})
    found = judged(noisy(), [claim])["normalization"]
    assert found.contexts == 4
    assert all(seen.context["loss"] == "mse" for seen in found.in_contexts)


def test_a_level_that_is_not_in_the_study_is_named():
    factors = {**FIVE, "optimizer": ("sgd",)}
    del factors["optimizer"]
    found = judged(noisy(factors=factors))["optimizer"]
    assert found.reading is Reading.INCONCLUSIVE
    assert found.reason == "not testable: optimizer=sgd is not compared in this study"


def test_runs_without_any_noise_decide_nothing():
    lattice = noisy(lambda cell: normalized(cell, 0.005), sigma=0.0)
    found = judged(lattice)["normalization"]
    assert found.reading is Reading.INCONCLUSIVE
    assert "their noise is unknown" in found.reason


@pytest.mark.parametrize("cells", [0, 1])
def test_a_study_without_healthy_pairs_gives_open_verdicts(cells):
    healthy = list(itertools.product(*FIVE.values()))[:cells]
    lattice = noisy(seeds=3, trained=lambda cell, seed: tuple(cell.values()) in healthy)
    for verdict in judged(lattice).values():
        assert verdict.reading is Reading.INCONCLUSIVE
        assert verdict.quality is None


def test_a_lattice_without_cells_gives_open_verdicts():
    lattice = Lattice(
        factors=FIVE,
        cells=(),
        seeds=(0, 1, 2),
        accuracy=np.zeros((0, 3)),
        trained=np.zeros((0, 3), dtype=bool),
        trial_ids=(),
    )
    assert {v.reading for v in judged(lattice).values()} == {Reading.INCONCLUSIVE}


LOSS = next(claim for claim in CLAIMS if claim.factor == "loss")


def losses(*, seeds, contexts, failing):
    """A loss that trains always, and one that doesn't in the first `failing` of the contexts."""
    return make(
        {"loss": ("categorical_crossentropy", "mse"), "width": tuple(range(contexts))},
        lambda cell, seed: 0.9 + 0.001 * seed,
        seeds=seeds,
        trained=lambda cell, seed: cell["loss"] != "mse" or cell["width"] >= failing,
    )


@pytest.mark.parametrize(
    ("seeds", "contexts", "reading"),
    [
        (5, 2, Reading.CONFIRMED),  # 2 x .0079
        (5, 8, Reading.INCONCLUSIVE),  # 8 x .0079
        (6, 8, Reading.CONFIRMED),  # 8 x .0022
        (4, 2, Reading.INCONCLUSIVE),  # 2 x .0286
    ],
)
def test_training_at_all_is_judged_by_fishers_test_in_each_context(seeds, contexts, reading):
    found = judged(losses(seeds=seeds, contexts=contexts, failing=contexts), [LOSS])["loss"]
    assert found.reading is reading
    assert (found.trained[0].first, found.trained[0].second) == (0, seeds)
    if reading is Reading.CONFIRMED:
        told = f"trains more often in {contexts} of {contexts} contexts, in none less often"
        assert found.reason == told


def test_contexts_in_which_all_runs_agree_are_no_tests():
    """One context of 16 differs: 5/5 against 0/5 stands by itself, p = .0079."""
    found = judged(losses(seeds=5, contexts=16, failing=1), [LOSS])["loss"]
    assert found.reading is Reading.CONFIRMED
    assert found.p_value == pytest.approx(0.00794, abs=1e-5)
    assert [np.isnan(count.p_value) for count in found.trained] == [False] + [True] * 15


def test_too_few_seeds_for_training_at_all_are_told_with_how_many_it_takes():
    found = judged(losses(seeds=3, contexts=8, failing=8), [LOSS])["loss"]
    assert found.reason == (
        "3 seeds can't tell a level that always trains from one that never does; in the 8 contexts "
        "where not all runs agree, 6 can"
    )


def test_levels_that_always_train_differ_in_quality_only():
    found = judged(losses(seeds=6, contexts=4, failing=0), [LOSS])["loss"]
    assert found.reading is Reading.INCONCLUSIVE
    assert found.reason == "both levels trained equally often in each of 4 contexts"
    assert found.healthy == 4


def test_training_more_often_here_and_less_often_there_depends():
    lattice = make(
        {"loss": ("categorical_crossentropy", "mse"), "width": (8, 16)},
        lambda cell, seed: 0.9,
        seeds=8,
        trained=lambda cell, seed: (cell["loss"] == "mse") == (cell["width"] == 8),
    )
    found = judged(lattice, [LOSS])["loss"]
    assert found.reading is Reading.DEPENDS
    assert found.reason == "on width: true in 1 contexts, reversed in 1"
    backwards = dataclasses.replace(LOSS, better="mse", worse="categorical_crossentropy")
    only_worse = dataclasses.replace(backwards, scope={"width": 16})
    assert judged(lattice, [only_worse])["loss"].reading is Reading.REFUTED


def test_p_values_are_adjusted_over_the_claims():
    found = judge_claims(noisy(lambda cell: normalized(cell, 0.0005)), CLAIMS)
    raw = sorted(verdict.p_value for verdict in found if verdict.p_value == verdict.p_value)
    smallest = min(verdict.holm_p for verdict in found)
    assert smallest == pytest.approx(min(1, raw[0] * len(raw)))


@pytest.mark.parametrize(
    ("better", "worse", "found"),
    [
        (0.9888, 0.9860, OwnRecord.AGREES),
        (0.9888, 0.9901, OwnRecord.CONTRADICTS),
        (0.9888, 0.9888, OwnRecord.CONTRADICTS),
        (0.9888, None, OwnRecord.INCOMPLETE),
        (None, None, OwnRecord.NONE),
    ],
)
def test_a_claim_is_held_against_its_own_record(better, worse, found):
    claim = dataclasses.replace(CLAIMS[0], recorded=RecordedPair(better=better, worse=worse))
    assert check_record(claim) is found


def test_of_the_notebooks_conclusions_the_fifth_contradicts_its_own_record():
    assert [check_record(claim).value for claim in CLAIMS] == [
        *("agrees", "agrees", "agrees", "incomplete", "contradicts")
    ]


def random_lattice(rng, *, seeds, spread=lambda rng: SIGMA):
    """The five factors without any effect, each cell with a noise of its own."""
    cells = tuple(itertools.product(*FIVE.values()))
    sigma = np.array([spread(rng) for _ in cells])[:, np.newaxis]
    accuracy = 0.985 + sigma * rng.standard_normal((len(cells), seeds))
    return Lattice(
        factors=FIVE,
        cells=cells,
        seeds=tuple(range(seeds)),
        accuracy=accuracy,
        trained=np.ones_like(accuracy, dtype=bool),
        trial_ids=((),) * len(cells),
    )


@pytest.mark.parametrize("seeds", [3, 5, 10])
@pytest.mark.parametrize("uneven", [False, True], ids=["even noise", "uneven noise"])
def test_without_any_effect_a_claim_is_confirmed_once_in_a_hundred_at_most(seeds, uneven):
    """40 lattices of 5 claims; a slight claim is the easiest to confirm."""
    rng = np.random.default_rng(seeds)
    claims = [
        dataclasses.replace(c, qualifier=Qualifier.SLIGHT, endpoint=Endpoint.QUALITY)
        for c in CLAIMS
    ]

    def spread(rng):
        return SIGMA * (rng.uniform(0.5, 2) if uneven else 1)

    verdicts = [
        verdict
        for _ in range(40)
        for verdict in judge_claims(random_lattice(rng, seeds=seeds, spread=spread), claims)
    ]
    confirmed = [v for v in verdicts if v.reading is Reading.CONFIRMED]
    # At .5 % in truth, more than 4 of 200 have a probability of .0035.
    assert len(verdicts) == 200
    assert len(confirmed) <= 4


def test_an_a_a_split_of_the_seeds_gives_no_effect():
    """Ten seeds of 16 cells, the first five called one level and the rest the other."""
    rng = np.random.default_rng(7)
    runs = 0.985 + SIGMA * rng.standard_normal((16, 10))
    contexts = list(itertools.product((0, 1), repeat=4))
    lattice = Lattice(
        factors={"half": ("a", "b"), **{f"x{n}": (0, 1) for n in range(4)}},
        cells=tuple((half, *context) for half in "ab" for context in contexts),
        seeds=tuple(range(5)),
        accuracy=np.concatenate([runs[:, :5], runs[:, 5:]]),
        trained=np.ones((32, 5), dtype=bool),
        trial_ids=((),) * 32,
    )
    claim = Claim(name="a/a", text="a is better.", factor="half", better="a", worse="b")
    (found,) = judge_claims(lattice, [claim])
    assert found.code in (Code.OPEN, Code.EQUIVALENT)
    assert {seen.code for seen in found.in_contexts} == {Code.OPEN}
