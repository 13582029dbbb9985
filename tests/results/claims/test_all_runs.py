"""Claims on quality where runs failed: which contexts decide, and what all runs say beside them."""

import dataclasses
import math

import numpy as np
import pytest

from results.claims.deciding import Rule, Verdict
from results.claims.judging import judge_claim, judge_claims
from results.report.table import judged_row
from results.report.verdicts import verdict_sentence, verdict_table
from results.runs.runs import Examples
from search_spaces import About, Claim, Endpoint
from tests.given.lattices import make, runs

CLAIM = Claim(name="a", text="a", factor="a", better=1, worse=0)
RULE = Rule(alpha=0.05, smallest=0.001)


def study(*, learned, effect=0.0, contexts=4, seeds=4, sd=0.01, seed=0):
    """Two levels in some contexts; whether a run learned, from its cell and number."""
    rng = np.random.default_rng(seed)
    lattice = make(
        {"a": (0, 1), "b": tuple(range(contexts))},
        lambda cell, _: 0.9 + effect * cell["a"] + rng.normal(0, sd),
        seeds=seeds,
        trained=learned,
    )
    return runs(lattice)


def test_where_every_run_learned_all_runs_stand_beside_and_are_not_told():
    found = judge_claim(study(learned=lambda cell, seed: True, effect=0.05), CLAIM, RULE)
    assert (found.verdict, found.by_all_runs) == (Verdict.CONFIRMED, False)
    assert found.all_runs.wins == 1
    assert "of all runs" not in judged_row(found)["sentence"]
    assert judged_row(found)["wins"] == 1


def test_where_most_contexts_are_healthy_they_decide_and_all_runs_are_told():
    found = judge_claim(
        study(learned=lambda cell, seed: cell["b"] > 0 or seed > 0, effect=0.05), CLAIM, RULE
    )
    assert (found.verdict, found.by_all_runs, found.compared) == (Verdict.CONFIRMED, False, 3)
    assert found.p_value == found.difference.p_value
    row = judged_row(found)
    # In the first context 3 of 4 runs learned: 9 pairs won by response, 3 and 1/2 as a run failed.
    assert row["wins"] == pytest.approx((3 + 12.5 / 16) / 4)
    assert row["wins_low"] < row["wins"] < row["wins_high"]
    assert "of all runs, failed ones as worst, 1 wins 95 %" in row["sentence"]
    assert "1 context left out, as not every run learned" in row["sentence"]
    assert "Of all runs, failed ones as worst, 1 wins 95 %" in verdict_sentence(found)
    assert verdict_table([found])["wins"].tolist() == [row["wins"]]


def test_where_runs_failed_in_most_contexts_all_runs_decide_and_the_rest_is_told():
    found = judge_claim(
        study(learned=lambda cell, seed: cell["b"] == 0 or seed > 0, effect=0.05), CLAIM, RULE
    )
    assert (found.verdict, found.by_all_runs, found.compared) == (Verdict.CONFIRMED, True, 4)
    assert found.p_value == found.all_runs.p_value
    assert found.interval == found.all_runs.interval(0.95)
    assert found.estimate == pytest.approx(0.05, abs=0.01)
    assert len(found.in_contexts) == 1
    sentence = judged_row(found)["sentence"]
    assert "by all runs, a failed one the worst, as some learned and some failed in 3" in sentence
    assert "in 1 context where every run learned" in sentence
    assert "Where every run trained, in 1 context: +" in verdict_sentence(found)


def test_contexts_in_which_no_run_learned_do_not_make_all_runs_decide():
    found = judge_claim(study(learned=lambda cell, seed: cell["b"] == 0, effect=0.05), CLAIM, RULE)
    assert (found.by_all_runs, found.compared) == (False, 1)


def test_which_contexts_decide_does_not_depend_on_which_level_failed():
    def one_fails(level):
        return study(learned=lambda cell, seed: cell["a"] != level or seed > 0, effect=0.05)

    assert all(judge_claim(one_fails(level), CLAIM, RULE).by_all_runs for level in (0, 1))


def test_a_level_that_never_learns_against_one_that_always_does_is_judged_as_learning_is():
    always = study(learned=lambda cell, seed: cell["a"] == 1, seeds=3)
    claims = [CLAIM, dataclasses.replace(CLAIM, name="t", endpoint=Endpoint.TRAINED)]
    quality, learning = judge_claims(always, claims, smallest=None)
    assert quality.verdict is learning.verdict is Verdict.CONFIRMED
    # 1 of 20 tables in each of 4 contexts, on both sides.
    assert quality.p_value == pytest.approx(2 * 0.05**4)
    assert quality.p_value == pytest.approx(learning.p_value)
    assert quality.estimate == math.inf
    assert np.isnan(verdict_table([quality]).loc[0, "effect"])
    assert "as if" not in judged_row(quality)["sentence"]


def test_a_difference_that_does_not_matter_is_negligible_by_all_runs_too():
    nearly = study(learned=lambda cell, seed: seed > 2, effect=0.002, seeds=30, sd=0.001)
    rule = dataclasses.replace(RULE, smallest=0.01)
    assert judge_claim(nearly, CLAIM, rule).verdict is Verdict.NEGLIGIBLE
    assert judge_claim(nearly, CLAIM, RULE).verdict is Verdict.CONFIRMED


def test_where_failures_lie_in_some_contexts_only_the_claim_depends_on_them():
    def learned(cell, seed):
        return seed > 0 and not (cell["a"] == 0 and cell["b"] in (0, 1))

    found = judge_claim(study(learned=learned, contexts=4, seeds=10), CLAIM, RULE)
    assert found.verdict is Verdict.DEPENDS
    assert found.where == ({"b": 0}, {"b": 1})


def test_runs_without_spread_are_not_many_however_many():
    equal = study(learned=lambda cell, seed: cell["a"] == 1, sd=0)
    found = judge_claim(equal, CLAIM, RULE)
    assert (found.verdict, found.all_runs) == (Verdict.INCONCLUSIVE, None)
    assert "so few or so equal runs" in found.reason
    assert np.isnan(judged_row(found)["wins"])


def test_where_nothing_learned_nothing_is_said():
    found = judge_claim(study(learned=lambda cell, seed: False), CLAIM, RULE)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert math.isnan(found.p_value)
    assert found.reason == "in 0 of 4 contexts did any run learn"


def test_an_open_claim_says_what_a_decision_would_take():
    few = study(learned=lambda cell, seed: seed > 0, effect=0.01, seeds=4, seed=1)
    found = judge_claim(few, CLAIM, dataclasses.replace(RULE, alpha=0.001))
    assert (found.verdict, found.by_all_runs) == (Verdict.INCONCLUSIVE, True)
    assert 4 < found.seeds_needed < 100


def answering(*, about_examples, seeds=12, examples=400):
    """One level misses 40 of 400 examples, the other 30, of which 20 are the same."""
    rng = np.random.default_rng(5)
    chance = np.full((2, 1, examples), 0.97)
    chance[0, 0, :40] = chance[1, 0, 20:50] = 0.05
    right = rng.random((2, seeds, examples)) < chance
    whole = study(learned=lambda cell, seed: seed > 2, contexts=1, seeds=seeds)
    return dataclasses.replace(
        whole,
        response=right.mean(axis=2),
        examples=Examples(count=examples, right=lambda cell: right[cell, 3:])
        if about_examples
        else None,
    )


def test_by_all_runs_too_a_verdict_is_about_new_examples_where_it_can_be():
    about_these = judge_claim(answering(about_examples=False), CLAIM, RULE)
    about_new = judge_claim(answering(about_examples=True), CLAIM, RULE)
    assert about_these.by_all_runs
    assert about_new.by_all_runs
    assert (about_these.about, about_new.about) == (About.THESE, About.EXAMPLES)
    assert np.ptp(about_new.interval) > 1.5 * np.ptp(about_these.interval)
    assert about_these.p_value < 0.05 < about_new.p_value
    assert about_new.all_runs.wins_p == about_these.p_value
    these = dataclasses.replace(CLAIM, about=About.THESE)
    assert judge_claim(answering(about_examples=True), these, RULE).interval == about_these.interval


def test_of_splits_that_overlap_all_runs_tell_less():
    whole = study(learned=lambda cell, seed: seed > 0, effect=0.02, seeds=10)
    split = dataclasses.replace(whole, shared=True, split=(100, 100))
    shared = judge_claim(dataclasses.replace(whole, shared=True), CLAIM, RULE)
    over_splits = judge_claim(split, CLAIM, RULE)
    assert over_splits.about is About.DATA
    assert over_splits.p_value > shared.p_value
    assert over_splits.all_runs.by_seed.value == pytest.approx(
        math.sqrt(11) * shared.all_runs.by_seed.value
    )


@pytest.mark.parametrize("contexts", [1, 4])
def test_near_the_threshold_more_seeds_confirm_more_often(contexts):
    """Means two deviations apart, the worse half of one above the threshold."""
    rule = Rule(alpha=0.01, smallest=0.001)

    def confirmed(seeds):
        rng = np.random.default_rng([contexts, seeds])
        found = 0
        for _ in range(40):
            response = rng.standard_normal((2, contexts, seeds)) + np.array([0, 2])[:, None, None]
            whole = study(learned=lambda cell, seed: True, contexts=contexts, seeds=seeds)
            response = response.reshape(2 * contexts, seeds)
            near = dataclasses.replace(whole, response=response, learned=response > -0.5)
            found += judge_claim(near, CLAIM, rule).verdict is Verdict.CONFIRMED
        return found / 40

    shares = [confirmed(seeds) for seeds in (3, 5, 10)]
    assert shares == sorted(shares)
    assert shares[-1] >= 0.8
