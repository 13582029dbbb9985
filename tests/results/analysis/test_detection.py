"""What a plan says it can detect."""

import numpy as np
import pytest

from results import load_study
from results.analysis.detection import (
    Promise,
    Sigma,
    assumed_sigma,
    detection_sentences,
    estimated_sigma,
    main_effect_contexts,
    smallest_difference,
)
from results.claims.deciding import Rule
from results.claims.judging import judge_claim
from results.statistics.conventions import ALPHA
from search_spaces import Cell, Claim, Seeding, find_space
from tests.given import lattices
from tests.given.studies import plan, write_study

TENTH = Sigma(value=0.001, source="assumed")


def promise(**changes):
    fields = {"seeds": 3, "seeding": Seeding.OWN, "claims": 1, "sigma": TENTH, "smallest": 0.001}
    return Promise(**{**fields, **changes})


def cells(name):
    return list(dict.fromkeys(trial.cell for trial in plan(find_space(name))))


@pytest.mark.parametrize(
    ("name", "factors", "contexts"), [("full", 5, 16), ("smoke", 2, 2), ("notebook", 5, 1)]
)
def test_contexts_are_those_where_levels_stand_side_by_side(name, factors, contexts):
    counts = main_effect_contexts(cells(name))
    assert list(counts.values()) == [contexts] * factors


def test_factors_with_different_numbers_of_contexts_are_told_apart():
    """3 by 2 levels: a has 2 contexts, b has 3."""
    six = [Cell.of({"a": a, "b": b}) for a in (1, 2, 3) for b in (1, 2)]
    assert main_effect_contexts(six) == {"a": 2, "b": 3}
    told = detection_sentences(six, promise())[0]
    assert " pp in b (3 contexts), " in told
    assert " pp in a (2 contexts), " in told
    assert promise().detectable(3) < promise().detectable(2) < promise().detectable(1)


def test_one_cell_can_decide_nothing():
    assert main_effect_contexts([Cell.of({"loss": "mse"})]) == {}
    assert detection_sentences([Cell.of({"loss": "mse"})], promise()) == ()


@pytest.mark.parametrize(
    ("seeding", "seeds", "deviations"),
    [
        # In deviations of a run, 16 contexts, at 1 %, as simulated with the verdict's own rule.
        *[(Seeding.OWN, 3, 0.72), (Seeding.OWN, 5, 0.55), (Seeding.OWN, 10, 0.38)],
        *[(Seeding.SHARED, 3, 2.59), (Seeding.SHARED, 5, 0.93), (Seeding.SHARED, 10, 0.47)],
    ],
)
def test_what_the_full_design_decides_depends_on_the_seeding(seeding, seeds, deviations):
    found = promise(seeding=seeding, seeds=seeds, claims=5)
    assert found.detectable(16) == pytest.approx(0.001 * deviations, rel=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("contexts", "seeds"), [(1, 5), (4, 3)])
def test_the_verdict_keeps_what_the_plan_promises(contexts, seeds):
    found = promise(seeds=seeds, claims=5)
    effect = found.detectable(contexts)
    rng = np.random.default_rng([contexts, seeds])
    claim = Claim(name="a", text="a", factor="a", better=1, worse=0)
    rule, told, studies = Rule(alpha=ALPHA / 5, smallest=1e-6), 0, 400
    for _ in range(studies):
        lattice = lattices.make(
            {"a": (0, 1), "b": tuple(range(contexts))},
            lambda cell, _: 0.9 + effect * cell["a"] + rng.normal(0, 0.001),
            seeds=seeds,
        )
        told += judge_claim(lattices.runs(lattice), claim, rule).interval[0] > 0
    # Two standard errors of 400 studies are 4 %.
    assert told / studies == pytest.approx(0.8, abs=0.05)


def test_one_seed_decides_no_claim_on_quality():
    told = detection_sentences(cells("full"), promise(seeds=1))[0]
    assert told.startswith("with one seed no claim on quality can be decided; run-to-run deviation")


def test_the_promise_says_of_how_many_claims_and_by_which_deviation():
    first, second = detection_sentences(cells("full"), promise(claims=5))
    assert first.endswith(
        "with 3 seeds, as one of 5 claims, on these test images; run-to-run deviation 0.10 pp "
        "(assumed)"
    )
    assert second == "0.10 pp takes 2 seeds in a main effect (16 contexts), 26 between two cells"


def test_what_no_number_of_seeds_decides_is_said():
    noisy = Sigma(value=0.2, source="assumed")
    told = detection_sentences(cells("smoke"), promise(sigma=noisy))[1]
    assert "over 10,000 seeds in a main effect" in told


@pytest.mark.parametrize(("images", "deviation"), [(10_000, 0.0010), (360, 0.0053)])
def test_the_deviation_comes_from_the_size_of_the_test_set(images, deviation):
    assert assumed_sigma(images).value == pytest.approx(deviation, rel=0.01)
    assert f"in {images:,} images" in assumed_sigma(images).source


@pytest.mark.parametrize(("images", "smallest"), [(10_000, 0.001), (360, 1 / 360)])
def test_the_smallest_difference_is_one_image_at_least(images, smallest):
    assert smallest_difference(images) == smallest


def test_the_deviation_is_estimated_once_there_are_records(tmp_path):
    write_study(tmp_path / "three", seeds=3)
    sigma = estimated_sigma(load_study(tmp_path / "three"))
    assert sigma is None or sigma.source == "estimated from 4 trained cells of 3 seeds"
    write_study(tmp_path / "one", seeds=1)
    assert estimated_sigma(load_study(tmp_path / "one")) is None


def test_a_fraction_decides_what_so_many_contexts_would():
    """Half of 32 cells: two means of 8 cells each, as 8 contexts have."""
    half = [c for c in cells("full") if sum(is_second(level) for level in c.levels) % 2 == 0]
    told = detection_sentences(half, promise())
    assert " pp in a main effect (worth 8 contexts), with 3 seeds" in told[0]
    assert not any("between two cells" in sentence for sentence in told)


@pytest.mark.slow
@pytest.mark.parametrize("seeding", Seeding)
def test_a_verdict_on_a_fraction_keeps_what_the_plan_promises(seeding):
    found = promise(seeding=seeding, claims=5)
    effect, rng = found.detectable(8), np.random.default_rng(3)
    claim = Claim(name="a", text="a", factor="A", better=1, worse=0)
    rule, told, studies = Rule(alpha=ALPHA / 5, smallest=1e-6), 0, 400
    for _ in range(studies):
        whole = lattices.make(
            dict.fromkeys("ABCDE", (0, 1)),
            lambda cell, _: 0.9 + effect * cell["A"] + rng.normal(0, 0.001),
        )
        half = lattices.kept(whole, lambda cell: sum(cell.values()) % 2 == 0)
        runs = lattices.runs(half, shared=seeding is Seeding.SHARED)
        told += judge_claim(runs, claim, rule).interval[0] > 0
    # Two standard errors of 400 studies are 4 %.
    assert told / studies == pytest.approx(0.8, abs=0.05)


def test_a_tuned_study_has_to_tell_it_in_both_regimes():
    tuned = promise(claims=5, regimes=2)
    effect = tuned.detectable(16)
    once = promise(claims=5).power(effect, contexts=16, seeds=3)
    assert once == pytest.approx(0.8**0.5, abs=1e-3)
    assert effect > promise(claims=5).detectable(16)
    told = detection_sentences(cells("tuned"), tuned)[0]
    assert "as one of 5 claims, at the fixed setting and at tuned ones both, on these" in told


def is_second(level):
    name, at = level
    return at == find_space("full").factor(name).levels[1]
