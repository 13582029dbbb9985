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
    assert "in this one context;" in found["sentence"]


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
    assert math.isnan(found["smallest"])
    assert "adam better than sgd by +0.0" in found["sentence"]


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
    assert "2 contexts left out, as not every run learned" in found["sentence"]


def test_a_run_that_did_not_learn_needs_no_response():
    frame = learned(table(0.02, seeds=3), lambda row: row["b"] == 0)
    frame.loc[~frame["learned"], "score"] = np.nan
    assert judged(frame, learned="learned").iloc[0]["verdict"] == "confirmed"


def test_levels_that_learn_equally_often_in_most_contexts_do_not_depend_by_chance():
    rng = np.random.default_rng(9)
    chance = {"adam": 0.9, "sgd": 0.6}
    frame = table(seeds=3, others=("b", "c", "d", "e", "f"))
    verdicts = []
    for _ in range(20):
        drawn = rng.random(len(frame)) < frame["opt"].map(chance)
        verdicts.append(judged(frame.assign(learned=drawn), [TRAINED], learned="learned").iloc[0])
    assert {row["verdict"] for row in verdicts} <= {"confirmed", "inconclusive"}
    assert sum(row["verdict"] == "confirmed" for row in verdicts) > 15


def test_a_level_that_learns_only_where_the_other_does_not_depends():
    frame = learned(table(seeds=10), lambda row: (row["opt"] == "adam") == (row["b"] == 1))
    weighted = frame[(frame["b"] == 1) | (frame["c"] == 1)]
    assert judged(weighted, [TRAINED], learned="learned").iloc[0]["verdict"] == "depends"


@pytest.mark.parametrize("value", [0.9, 1.0])
def test_runs_that_do_not_differ_decide_nothing(value):
    frame = table(seeds=5)
    frame["score"] = np.where(frame["opt"] == "adam", value, 0.8)
    found = judged(frame).iloc[0]
    assert found["verdict"] == "inconclusive"
    assert "no spread to judge by" in found["sentence"]
    assert math.isnan(found["low"])
    assert math.isnan(found["p"])


def test_accuracies_on_few_examples_are_not_decided_by_a_deviation_of_zero():
    frame = table(seeds=3, others=())
    frame["score"] = [0.97, 0.97, 0.99, 0.98, 0.98, 0.90]
    assert judged(frame).iloc[0]["verdict"] == "inconclusive"


def test_a_context_without_spread_does_not_hide_a_dependence():
    frame = table(lambda context: 0.4 * context["b"], seeds=5)
    frame.loc[(frame["b"] == 0) & (frame["c"] == 0), "score"] = 0.9
    found = judged(frame).iloc[0]
    assert (found["verdict"], found["where"]) == ("depends", "b=1")


def test_differences_below_what_matters_reverse_nothing():
    frame = table(lambda context: 0.0009 * (2 * context["b"] - 1), seeds=8, sd=0.00003)
    assert judged(frame).iloc[0]["verdict"] in ("refuted", "negligible")


def test_contexts_that_no_levels_name_are_named_one_by_one():
    frame = table(lambda context: 0.05 * (context["b"] != context["c"]), seeds=6)
    found = judged(frame).iloc[0]
    assert found["verdict"] == "depends"
    assert found["where"] == "b=0, c=1 or b=1, c=0"


def test_cells_without_a_partner_are_told():
    frame = table(0.02).query("opt == 'adam' or c == 0")
    found = judged(frame).iloc[0]
    assert found["contexts"] == 2
    assert "2 cells left out, without the other level beside it" in found["sentence"]


def test_the_order_of_rows_changes_nothing():
    frame = table(lambda context: 0.03 * context["b"], seeds=5)
    shuffled = frame.sample(frac=1, random_state=3)
    pd.testing.assert_frame_equal(judged(frame), judged(shuffled))


@pytest.mark.parametrize("collection", [tuple, iter, pd.Index, np.array])
def test_claims_and_factors_may_come_in_any_collection(collection):
    frame, columns = table(0.0, seeds=3), ["opt", "b", "c"]
    found = judge_table(frame, collection([CLAIM]), factors=collection(columns), response="score")
    pd.testing.assert_frame_equal(
        found, judge_table(frame, [CLAIM], factors=columns, response="score")
    )


def test_a_claim_whose_endpoint_is_given_as_text_is_understood():
    fields = {"text": "t", "factor": "opt", "better": "adam", "worse": "sgd"}
    claim = Claim(name="text", endpoint="trained", **fields)
    frame = learned(table(seeds=3), lambda row: row["opt"] == "adam")
    assert judged(frame, [claim], learned="learned").iloc[0]["verdict"] == "confirmed"
    with pytest.raises(ValueError, match="name the column of booleans that says which runs did"):
        judged(frame.drop(columns="learned"), [claim])


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
        ({"score": "high"}, {}, "response 'score' is of type .*; allowed are numbers"),
        ({"score": math.inf}, {}, "row 0 has the response inf; a run that learned needs a finite"),
        ({"seed": 1}, {}, "rows 0 and 1 are both the run of opt=sgd with seed 1"),
        ({"opt": None}, {}, "row 0 has no 'opt'"),
        ({"opt": ["sgd"]}, {}, r"row 0 has \['sgd'\] for 'opt'; allowed are single values"),
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


def test_cells_of_a_single_run_do_not_decide_for_others():
    """One cell of 32 was run thrice, the others once: nothing tells how far these may vary."""
    frame = table(0.02, seeds=3, others=("b", "c", "d", "e"))
    first = frame.groupby(["opt", "b", "c", "d", "e"]).cumcount() == 0
    found = judged(frame[first | (frame.index < 3)]).iloc[0]
    assert (found["verdict"], found["where"]) == ("inconclusive", "")
    assert math.isnan(found["p"])


def test_contexts_in_which_a_level_has_a_single_run_are_left_out_and_counted():
    frame = table(0.02, seeds=4)
    found = judged(frame.drop(index=[1, 2, 3])).iloc[0]
    assert (found["verdict"], found["contexts"]) == ("confirmed", 3)
    assert "1 context left out, where a level has a single run" in found["sentence"]


def test_of_uneven_cells_the_seeds_needed_are_more_than_most_have():
    frame = table(0.002, seeds=10, sd=0.01, rng=np.random.default_rng(6))
    found = judged(frame.drop(index=range(2, 10))).iloc[0]
    assert found["verdict"] == "inconclusive"
    assert found["seeds_needed"] > 10


def test_every_group_for_which_a_claim_is_confirmed_is_named():
    rng = np.random.default_rng(1)
    rows = [
        {"opt": opt, "b": b, "seed": f"{opt}{b}{n}", "score": 0.8 + gain + rng.normal(0, 0.002)}
        for opt in ("sgd", "adam")
        for b, size in (("x", 0.06), ("y", 0.03), ("z", 0.0))
        for gain in [size * (opt == "adam")]
        for n in range(5)
    ]
    found = judged(pd.DataFrame(rows)).iloc[0]
    assert (found["verdict"], found["where"]) == ("depends", "b=x or b=y")


def test_contexts_that_differ_by_less_than_what_matters_do_not_make_it_depend():
    frame = table(lambda context: 0.0009 + 0.0003 * context["b"], sd=2e-5, others=("b",))
    assert judged(frame).iloc[0]["verdict"] != "depends"


def test_rounding_is_no_spread():
    frame = table(0.001, sd=0.0, others=("b",), seeds=4)
    frame["score"] = np.where(frame["seed"] % 2, frame["score"], frame["score"] + 0.1 - 0.1)
    frame["score"] = frame["score"] * (1 + 1e-16 * (np.arange(len(frame)) % 3))
    assert judged(frame).iloc[0]["verdict"] == "inconclusive"


def test_where_runs_failed_in_most_contexts_all_runs_decide():
    frame = table(seeds=6, others=("b", "c"))
    is_first = frame.groupby(["opt", "b", "c"]).cumcount() == 0
    frame["learned"] = (frame["opt"] == "adam") != is_first
    found = judged(frame, learned="learned").iloc[0]
    # Adam learns in 5 of 6 runs and wins against 5 of 6, ties where both failed.
    assert found["verdict"] == "confirmed"
    assert found["wins"] == pytest.approx(25 / 36 + 1 / 36 * 0.5 + 5 / 36 + 5 / 36 * 0.5, abs=0.2)
    assert found["p"] == found["wins_p"] < 1e-4
    assert "adam learned in 20 of 24 runs, sgd learned in 4 of 24 runs" in found["sentence"]
    assert "of all runs, failed ones as worst, adam wins" in found["sentence"]


@pytest.mark.parametrize(("option", "value"), [("smallest", "a"), ("alpha", "0.05")])
def test_an_option_that_is_no_number_is_refused(option, value):
    with pytest.raises(ValueError, match=f"{option} is '{value}'; allowed is"):
        judged(table(), **{option: value})
