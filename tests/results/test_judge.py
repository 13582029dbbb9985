"""Verdicts on anyone's table: what is refused, what is decided, and how often wrongly."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from results.judge import judge_table
from search_spaces import Claim, Endpoint, Qualifier
from tests.given.tables import CLAIM, judged, table


def test_one_context_of_many_seeds_is_decided():
    found = judged(table(0.02, seeds=30, others=())).iloc[0]
    assert (found["verdict"], found["contexts"]) == ("confirmed", 1)
    assert "in 1 context;" in found["sentence"]


def test_without_outliers_two_groups_are_judged_by_welch():
    frame = table(0.002, seeds=6, others=())
    found = judged(frame).iloc[0]
    groups = [frame.loc[frame["opt"] == name, "score"] for name in ("adam", "sgd")]
    expected = stats.ttest_ind(*groups, equal_var=False)
    interval = expected.confidence_interval(0.95)
    assert found["p"] == pytest.approx(expected.pvalue)
    assert (found["low"], found["high"]) == pytest.approx((interval.low, interval.high))


def test_shared_seeds_are_the_unit():
    frame = table(0.002, seeds=6, own=False)
    found = judged(frame).iloc[0]
    by_seed = frame.pivot_table(index="seed", columns="opt", values="score")
    expected = stats.ttest_1samp(by_seed["adam"] - by_seed["sgd"], 0)
    assert found["p"] == pytest.approx(expected.pvalue)
    assert "the seed is the unit" in found["sentence"]
    assert judged(frame, seeds="own").iloc[0]["p"] != pytest.approx(expected.pvalue)


def test_a_claim_that_holds_with_one_level_of_another_factor_names_it():
    found = judged(table(lambda context: 0.03 * context["b"], seeds=5)).iloc[0]
    assert found["verdict"] == "depends"
    assert found["where"] == "b=1"
    assert "confirmed with b=1 (2 contexts)" in found["sentence"]
    assert "with b=0 (2 contexts)" in found["sentence"]


def test_a_difference_smaller_than_what_matters_is_negligible_or_as_slight_as_claimed():
    frame = table(0.0005, seeds=20, sd=0.0002)
    slight = Claim(
        **{name: getattr(CLAIM, name) for name in ("text", "factor", "better", "worse")},
        name="slight",
        qualifier=Qualifier.SLIGHT,
    )
    assert judged(frame, [CLAIM, slight])["verdict"].tolist() == ["negligible", "confirmed"]


def test_no_difference_that_matters_refutes_and_the_opposite_reverses():
    assert judged(table(0.0, seeds=20, sd=0.0003)).iloc[0]["verdict"] == "refuted"
    reversed_ = judged(table(-0.02)).iloc[0]
    assert reversed_["verdict"] == "refuted"
    assert "reversed" in reversed_["sentence"]


def test_smaller_responses_can_be_the_better_ones():
    found = judged(table(-0.02), higher_is_better=False).iloc[0]
    assert found["verdict"] == "confirmed"
    assert found["estimate"] == pytest.approx(0.02, abs=0.003)


def test_a_response_that_is_no_accuracy_has_no_smallest_difference_unless_given():
    frame = table(0.0, seeds=20)
    frame["score"] *= 100
    assert judged(frame).iloc[0]["verdict"] == "inconclusive"
    assert math.isnan(judged(frame).iloc[0]["smallest"])
    assert judged(frame, smallest=1.0).iloc[0]["verdict"] == "refuted"


def test_an_open_claim_says_what_a_decision_would_take():
    found = judged(table(0.003, seeds=3, sd=0.006)).iloc[0]
    assert found["verdict"] == "inconclusive"
    assert 3 < found["seeds_needed"] < 200
    assert f"takes about {found['seeds_needed']} seeds" in found["sentence"]


def test_a_single_bad_run_does_not_hide_a_difference():
    frame = table(0.01, seeds=5)
    frame.loc[0, "score"] = 0.3
    found = judged(frame).iloc[0]
    assert found["verdict"] == "confirmed"
    assert found["estimate"] == pytest.approx(0.01, abs=0.005)


def test_missing_runs_cost_no_others():
    frame = table(0.01, seeds=5).drop(index=[0, 7, 19, 33])
    found = judged(frame).iloc[0]
    assert (found["verdict"], found["contexts"]) == ("confirmed", 4)


def test_levels_may_have_unequal_numbers_of_runs():
    frame = table(0.01, seeds=8)
    short = frame[(frame["opt"] == "adam") | (frame["seed"] % 100 < 3)]
    found = judged(short).iloc[0]
    assert (found["verdict"], found["contexts"]) == ("confirmed", 4)
    single = frame[(frame["opt"] == "adam") | (frame["seed"] % 100 < 1)]
    assert judged(single).iloc[0]["verdict"] in ("confirmed", "inconclusive")


def learned(frame, which):
    return frame.assign(learned=[which(row) for _, row in frame.iterrows()])


TRAINED = Claim(
    name="learns",
    text="Adam learns where SGD does not.",
    factor="opt",
    better="adam",
    worse="sgd",
    endpoint=Endpoint.TRAINED,
)


def test_a_level_that_always_learns_against_one_that_never_does_is_confirmed():
    frame = learned(table(seeds=3), lambda row: row["opt"] == "adam")
    found = judged(frame, [TRAINED, CLAIM], learned="learned")
    assert found["verdict"].tolist() == ["confirmed", "confirmed"]
    # 4 contexts of 3 against 0 of 3: one table in 20 each, two-sided together.
    assert found["p"].iloc[0] == pytest.approx(2 * 0.05**4)
    assert "failed one the worst" in found["sentence"].iloc[1]


def test_quality_is_compared_where_every_run_learned_and_the_rest_is_told():
    frame = learned(table(0.02, seeds=4), lambda row: row["b"] == 0 or row["seed"] % 2 == 0)
    found = judged(frame, learned="learned").iloc[0]
    assert (found["verdict"], found["contexts"]) == ("confirmed", 2)
    assert "2 contexts in which not every run learned are left out" in found["sentence"]


def test_a_run_that_did_not_learn_needs_no_response():
    frame = learned(table(0.02, seeds=3), lambda row: row["b"] == 0)
    frame.loc[~frame["learned"], "score"] = np.nan
    assert judged(frame, learned="learned").iloc[0]["verdict"] == "confirmed"


def answers_of(frame, rng, *, examples=200, worse=0.3, better=0.1):
    chance = {"sgd": worse, "adam": better}
    rows = []
    for run, opt in zip(frame["run"], frame["opt"], strict=True):
        wrong = rng.random(examples) < chance[opt]
        rows += [{"run": run, "example": n, "wrong": bool(w)} for n, w in enumerate(wrong)]
    return pd.DataFrame(rows)


def test_with_answers_a_verdict_speaks_of_new_examples():
    rng = np.random.default_rng(5)
    frame = table(seeds=3, others=("b",)).assign(run=lambda rows: range(len(rows)))
    answers = answers_of(frame, rng)
    share = answers.groupby("run")["wrong"].mean()
    frame["score"] = 1 - share.loc[frame["run"]].to_numpy()
    found = judged(frame, answers=answers).iloc[0]
    assert (found["verdict"], found["about"]) == ("confirmed", "examples")
    assert found["smallest"] == 1 / 200
    these = judged(frame, answers=answers, about="these").iloc[0]
    assert these["about"] == "these"
    assert these["high"] - these["low"] != found["high"] - found["low"]


def test_seeds_that_change_nothing_count_as_one_run():
    rng = np.random.default_rng(6)
    frame = table(seeds=4, others=()).assign(run=lambda rows: range(len(rows)))
    once = answers_of(frame.groupby("opt").head(1), rng, better=0.2, worse=0.2)
    first = dict(zip(frame.groupby("opt").head(1)["opt"], once["run"].unique(), strict=True))
    answers = pd.concat(
        once[once["run"] == first[opt]].assign(run=run)
        for run, opt in zip(frame["run"], frame["opt"], strict=True)
    )
    share = answers.groupby("run")["wrong"].mean()
    frame["score"] = 1 - share.loc[frame["run"]].to_numpy()
    found = judged(frame, answers=answers).iloc[0]
    assert found["verdict"] == "inconclusive"
    assert found["p"] > 0.05


def test_splits_that_overlap_are_corrected_for():
    frame = table(0.01, seeds=10, own=False, others=(), sd=0.01)
    found = judged(frame, split=(455, 114)).iloc[0]
    gaps = frame.pivot_table(index="seed", columns="opt", values="score")
    gap = gaps["adam"] - gaps["sgd"]
    t = gap.mean() / (gap.std() * math.sqrt(1 / 10 + 114 / 455))
    assert found["about"] == "data"
    assert found["p"] == pytest.approx(2 * stats.t.sf(abs(t), 9))


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ({}, {"response": "scor"}, r"unknown column 'scor'; did you mean 'score'\?"),
        ({}, {"factors": ["optt"]}, r"unknown column 'optt'; did you mean 'opt'\?"),
        ({}, {"factors": []}, "no factor is named"),
        ({}, {"seed": "seeds"}, r"unknown column 'seeds'; did you mean 'seed'\?"),
        ({}, {"alpha": 5}, "alpha is 5; allowed is between 0 and 1"),
        ({}, {"smallest": 0}, "smallest is 0; allowed is a finite number above 0"),
        ({}, {"seeds": "mine"}, "seeds is 'mine'; allowed: own, shared"),
        ({}, {"about": "data"}, "needs split="),
        ({}, {"split": (0, 5)}, r"split is \(0, 5\)"),
        ({"score": "high"}, {}, "response 'score' is of type .*; allowed are numbers"),
        ({"score": math.inf}, {}, "row 0 has the response inf; a run that learned needs a finite"),
        ({"seed": 1}, {}, "rows 0 and 1 are both the run of opt=sgd with seed 1"),
        ({"opt": None}, {}, "row 0 has no 'opt'"),
    ],
)
def test_a_table_that_cannot_be_judged_is_refused(change, options, message):
    frame = table(seeds=2, others=())
    for name, value in change.items():
        column = frame[name].tolist()
        column[0] = value
        frame[name] = column
    options = {"factors": ["opt"], "response": "score", **options}
    with pytest.raises(ValueError, match=message):
        judge_table(frame, [CLAIM], **options)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"factor": "op"}, r"claim 'adam': unknown factor 'op'; did you mean 'opt'\?"),
        ({"better": "adm"}, r"claim 'adam': unknown level of opt 'adm'; did you mean 'adam'\?"),
        ({"scope": {"b": 7}}, "claim 'adam': unknown level of b '7'; allowed: 0, 1"),
        ({"scope": {"b": "1"}}, "level of b '1' is given as str, the table has int"),
    ],
)
def test_a_claim_on_the_unknown_is_refused(fields, message):
    known = {"name": "adam", "text": "t", "factor": "opt", "better": "adam", "worse": "sgd"}
    with pytest.raises(ValueError, match=message):
        judged(table(), [Claim(**{**known, **fields})])


@pytest.mark.parametrize("seeds", [1, 2])
def test_too_few_runs_give_an_answer_without_a_traceback(seeds):
    found = judged(table(0.5, seeds=seeds, others=())).iloc[0]
    assert found["verdict"] in ("inconclusive", "confirmed")
    assert found["sentence"].startswith("adam: ")
    if seeds == 1:
        assert found["verdict"] == "inconclusive"


def test_levels_that_never_stand_beside_each_other_are_told():
    frame = table().query("(opt == 'sgd') == (b == 0)")
    found = judged(frame).iloc[0]
    assert found["verdict"] == "inconclusive"
    assert "stand beside each other nowhere" in found["sentence"]
