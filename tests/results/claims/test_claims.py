"""Verdicts on claims, from lattices made by hand, and how often they are wrong by chance."""

import dataclasses
import itertools

import numpy as np
import pytest

from results.analysis.lattice import Lattice
from results.claims.deciding import Verdict
from results.claims.judging import judge_claims
from results.claims.overall import Overall
from results.claims.own_record import OwnRecord, check_record
from search_spaces import Claim, Endpoint, Qualifier, RecordedPair, SpaceError, find_space
from tests.given.lattices import make, notebook_factors, runs

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


def judged(lattice, claims=CLAIMS, *, shared=False):
    found = judge_claims(runs(lattice, shared=shared), claims, smallest=0.001)
    return {judgement.claim.factor: judgement for judgement in found}


def normalized(cell, size):
    return size * (cell["normalization"] == "range")


@pytest.mark.parametrize(
    ("size", "verdict", "reason"),
    [
        (0.0050, Verdict.CONFIRMED, ""),
        (0.0009, Verdict.CONFIRMED, "its size is open"),
        (0.0000, Verdict.NEGLIGIBLE, "smaller than what matters, and its sign is open"),
        (-0.0050, Verdict.REFUTED, "reversed: the other level is better"),
    ],
)
def test_a_main_effect_gets_the_verdict_of_its_size(size, verdict, reason):
    """Conclusion 1 says "a little", so that nothing is negligible in size and open in sign."""
    lattice = noisy(lambda cell: normalized(cell, size), seeds=5)
    found = judged(lattice)["normalization"]
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.compared == found.contexts == 16
    assert found.difference.estimate == pytest.approx(size, abs=0.0004)


def test_of_shared_seeds_the_interval_is_that_of_a_paired_t_test():
    """Two contexts, 8 seeds: the seed contrasts by hand; one claim, so a 95 % interval."""
    by_seed = np.array([2, 4, 3, 5, 1, 4, 2, 3]) / 1000
    lattice = make(
        {"normalization": ("none", "range"), "loss": ("a", "b")},
        lambda cell, seed: 0.9 + 0.01 * seed + normalized(cell, by_seed[seed]),
        seeds=8,
    )
    found = judged(lattice, [CLAIMS[0]], shared=True)["normalization"]
    # Mean 3, standard deviation sqrt(12 / 7), standard error 0.4629, t(7, .975) 2.3646.
    assert found.difference.estimate == pytest.approx(0.003)
    assert found.interval == pytest.approx((0.0019054, 0.0040946), abs=1e-6)
    assert found.verdict is Verdict.CONFIRMED


def test_one_seed_is_never_enough():
    lattice = noisy(lambda cell: normalized(cell, 0.5), seeds=1)
    for judgement in judged(lattice).values():
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert judgement.seeds_needed is None
    assert judged(lattice)["normalization"].reason == (
        "so few or so equal runs have no spread to judge by"
    )


def test_one_context_decides_about_itself():
    """By Welch: sd 0.1 points, 30 runs each, a difference of 2 points."""
    factors = {"normalization": ("none", "range")}
    lattice = noisy(lambda cell: normalized(cell, 0.02), factors=factors, seeds=30)
    found = judged(lattice, [CLAIMS[0]])["normalization"]
    assert (found.verdict, found.compared, found.contexts) == (Verdict.CONFIRMED, 1, 1)
    # t(58, .975) = 2.0017 of 0.1 * sqrt(2 / 30) points.
    assert np.ptp(found.interval) / 2 == pytest.approx(2.0017 * SIGMA * np.sqrt(2 / 30), rel=0.3)
    assert found.p_value < 1e-30


def test_failed_runs_never_enter_a_difference():
    lattice = noisy(
        lambda cell: normalized(cell, 0.005) - 0.8 * (cell["loss"] == "mse"),
        trained=lambda cell, seed: cell["loss"] != "mse",
    )
    found = judged(lattice)["normalization"]
    assert (found.compared, found.contexts) == (8, 16)
    assert found.difference.estimate == pytest.approx(0.005, abs=0.0004)
    assert found.verdict is Verdict.CONFIRMED
    assert "8 contexts left out, as not every run learned" in found.reason


def test_a_missing_run_costs_no_other_run():
    """31 of 40 runs: all 31 are used, not one seed of 8 cells."""
    factors = {name: FIVE[name] for name in ("normalization", "optimizer", "loss")}
    whole = runs(noisy(lambda cell: normalized(cell, 0.011), factors=factors))
    present = whole.present.copy()
    present[[0, 0, 1, 2, 3, 4, 5, 6, 7], [0, 1, 2, 3, 4, 0, 1, 2, 3]] = False
    some = dataclasses.replace(
        whole,
        present=present,
        response=np.where(present, whole.response, np.nan),
        learned=present,
    )
    (found,) = judge_claims(some, [CLAIMS[0]], smallest=0.001)
    assert (found.verdict, found.compared, found.seeds) == (Verdict.CONFIRMED, 4, 3)
    assert found.difference.estimate == pytest.approx(0.011, abs=0.001)


def test_an_effect_that_turns_with_another_factor_names_it():
    def turning(cell):
        return normalized(cell, 0.02 if cell["optimizer"] == "sgd" else -0.01)

    found = judged(noisy(turning))["normalization"]
    assert found.verdict is Verdict.DEPENDS
    assert found.where == ({"optimizer": "sgd"},)
    assert found.reason == (
        "confirmed with optimizer=sgd (8 contexts); refuted with optimizer=adam (8 contexts)"
    )
    assert found.overall is Overall.DEPENDS


def test_an_effect_in_one_context_is_not_confirmed_in_all():
    def corner(cell):
        rest = [level for name, level in cell.items() if name != "normalization"]
        return normalized(cell, 0.032 * (rest == ["adam", "mse", "sigmoid", "descending"]))

    found = judged(noisy(corner))["normalization"]
    assert found.verdict is Verdict.DEPENDS
    (where,) = found.where
    assert list(where.values()) == ["adam", "mse", "sigmoid", "descending"]


def test_each_context_is_told_and_the_own_pair_among_them():
    found = judged(noisy(lambda cell: normalized(cell, 0.0025)))["normalization"]
    same = next(seen for seen in found.in_contexts if seen.context == found.own.context)
    assert found.own.difference == same.difference
    assert len(found.in_contexts) == 16


def test_a_scope_limits_the_contexts():
    claim = dataclasses.replace(CLAIMS[0], scope={"optimizer": "sgd", "loss": "mse"})
    found = judged(noisy(), [claim])["normalization"]
    assert found.contexts == 4
    assert all(seen.context["loss"] == "mse" for seen in found.in_contexts)


def test_a_scope_on_a_factor_that_does_not_vary_limits_nothing():
    claim = dataclasses.replace(CLAIMS[0], scope={"optimizer": "sgd"})
    factors = {name: levels for name, levels in FIVE.items() if name != "optimizer"}
    assert judged(noisy(factors=factors), [claim])["normalization"].contexts == 8


def test_a_claim_may_name_the_smallest_difference_that_matters_to_it():
    lattice = noisy(lambda cell: normalized(cell, 0.005))
    claim = dataclasses.replace(CLAIMS[0], qualifier=Qualifier.NONE, smallest=0.02)
    found = judged(lattice, [claim])["normalization"]
    assert (found.verdict, found.smallest) == (Verdict.NEGLIGIBLE, 0.02)


@pytest.mark.parametrize("smallest", [0, -0.1, float("nan"), float("inf")])
def test_a_smallest_difference_that_is_none_is_refused(smallest):
    with pytest.raises(SpaceError, match="allowed is a finite number above 0"):
        dataclasses.replace(CLAIMS[0], smallest=smallest)


def test_a_level_that_is_not_in_the_study_is_named():
    factors = {name: levels for name, levels in FIVE.items() if name != "optimizer"}
    found = judged(noisy(factors=factors))["optimizer"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "not testable: optimizer=sgd is not compared in these runs"


def test_runs_without_any_noise_decide_nothing():
    lattice = noisy(lambda cell: normalized(cell, 0.005), sigma=0.0)
    found = judged(lattice)["normalization"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert "no spread to judge by" in found.reason


@pytest.mark.parametrize("cells", [0, 1])
def test_a_study_without_healthy_pairs_gives_open_verdicts(cells):
    healthy = list(itertools.product(*FIVE.values()))[:cells]
    lattice = noisy(seeds=3, trained=lambda cell, seed: tuple(cell.values()) in healthy)
    for judgement in judged(lattice).values():
        assert judgement.verdict is Verdict.INCONCLUSIVE
        assert judgement.difference is None


def test_a_lattice_without_cells_gives_open_verdicts():
    lattice = Lattice(
        factors=FIVE,
        cells=(),
        seeds=(0, 1, 2),
        accuracy=np.zeros((0, 3)),
        trained=np.zeros((0, 3), dtype=bool),
        trial_ids=(),
    )
    assert {found.verdict for found in judged(lattice).values()} == {Verdict.INCONCLUSIVE}


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
    ("seeds", "contexts", "p", "verdict"),
    [
        # 2 / C(10, 5), and for more contexts that over two to the power of n - 1.
        (5, 1, 2 / 252, Verdict.CONFIRMED),
        (3, 16, 2 / 20**16, Verdict.CONFIRMED),
        (3, 1, 2 / 20, Verdict.INCONCLUSIVE),
        (2, 2, 2 / 6**2, Verdict.INCONCLUSIVE),
    ],
)
def test_learning_at_all_is_judged_by_the_exact_stratified_test(seeds, contexts, p, verdict):
    found = judged(losses(seeds=seeds, contexts=contexts, failing=contexts), [LOSS])["loss"]
    assert found.verdict is verdict
    assert found.p_value == pytest.approx(p)
    assert f"more often in {contexts} of {contexts} context" in found.reason


def test_contexts_in_which_all_runs_agree_are_no_tests():
    """One context of 16 differs: 5/5 against 0/5 stands by itself, p = .0079."""
    found = judged(losses(seeds=5, contexts=16, failing=1), [LOSS])["loss"]
    assert found.verdict is Verdict.CONFIRMED
    assert found.p_value == pytest.approx(0.00794, abs=1e-5)


def test_levels_that_always_learn_are_not_told_apart():
    found = judged(losses(seeds=6, contexts=4, failing=0), [LOSS])["loss"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason.startswith("learns more often in 0 of 4 contexts and less often in 0")


def test_where_nothing_learned_a_claim_on_learning_says_so():
    lattice = make(
        {"loss": ("categorical_crossentropy", "mse"), "width": (8, 16)},
        lambda cell, seed: 0.1,
        trained=lambda cell, seed: False,
    )
    found = judged(lattice, [LOSS])["loss"]
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == "no run of either level learned, in 2 contexts"


def test_learning_more_often_here_and_less_often_there_depends():
    lattice = make(
        {"loss": ("categorical_crossentropy", "mse"), "width": (8, 16, 32)},
        lambda cell, seed: 0.9,
        seeds=8,
        trained=lambda cell, seed: (cell["loss"] == "mse") == (cell["width"] == 8),
    )
    found = judged(lattice, [LOSS])["loss"]
    assert found.verdict is Verdict.DEPENDS
    backwards = dataclasses.replace(LOSS, better="mse", worse="categorical_crossentropy")
    only_worse = dataclasses.replace(backwards, scope={"width": 16})
    assert judged(lattice, [only_worse])["loss"].verdict is Verdict.REFUTED


def test_an_interval_and_its_p_value_say_the_same():
    for judgement in judged(noisy(lambda cell: normalized(cell, 0.0004), seeds=4)).values():
        low, high = judgement.interval
        if judgement.difference:
            assert (judgement.p_value < 0.01) == (low > 0 or high < 0)


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

    found = [
        judgement
        for _ in range(40)
        for judgement in judge_claims(
            runs(random_lattice(rng, seeds=seeds, spread=spread)), claims, smallest=0.001
        )
    ]
    confirmed = [judgement for judgement in found if judgement.verdict is Verdict.CONFIRMED]
    # At .5 % in truth, more than 4 of 200 have a probability of .0035.
    assert len(found) == 200
    assert len(confirmed) <= 4


def test_an_a_a_split_of_the_seeds_gives_no_effect():
    """Ten seeds of 16 cells, the first five called one level and the rest the other."""
    rng = np.random.default_rng(7)
    responses = 0.985 + SIGMA * rng.standard_normal((16, 10))
    contexts = list(itertools.product((0, 1), repeat=4))
    lattice = Lattice(
        factors={"half": ("a", "b"), **{f"x{n}": (0, 1) for n in range(4)}},
        cells=tuple((half, *context) for half in "ab" for context in contexts),
        seeds=tuple(range(5)),
        accuracy=np.concatenate([responses[:, :5], responses[:, 5:]]),
        trained=np.ones((32, 5), dtype=bool),
        trial_ids=((),) * 32,
    )
    claim = Claim(name="a/a", text="a is better.", factor="half", better="a", worse="b")
    (found,) = judge_claims(runs(lattice), [claim], smallest=0.001)
    assert found.verdict is Verdict.REFUTED
    assert found.reason == "no difference that matters"
