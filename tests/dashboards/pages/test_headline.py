"""What the comparison page says first."""

import dataclasses

from dashboards.pages.headline import answer, headline
from results import load_study
from results.claims.deciding import Verdict
from results.claims.overall import Overall
from results.report.findings import analyse
from search_spaces import Regime, find_space
from tests.given.studies import write_study


def test_one_seed_is_not_enough_for_a_comparison_and_the_page_says_so(tmp_path):
    one, two = (load_study(write_study(tmp_path / str(n), seeds=n).root) for n in (1, 2))
    assert "can't be told from the luck of a seed" in headline(one)
    assert "luck of a seed" not in headline(two)


def test_the_answer_names_claims_by_their_levels_and_verdict(tmp_path):
    study = load_study(write_study(tmp_path, space=find_space("full")).root)
    first, second, *others = analyse(study).judgements
    anywhere = dataclasses.replace(second.claim, decided_on=None)
    judged = [
        dataclasses.replace(first, verdict=Verdict.CONFIRMED),
        dataclasses.replace(
            second, claim=anywhere, verdict=Verdict.DEPENDS, where=({"loss": "mse"},)
        ),
    ]
    assert answer([*judged, *others]) == (
        "Confirmed: range > none. Depends on another factor: sgd > adam (holds with "
        "loss=mse). "
        "Inconclusive: categorical_crossentropy > mse, relu > sigmoid, ascending > descending."
    )
    assert answer([first] * 8).endswith("range > none, 2 more.")
    assert answer([]) == ""


def test_a_claim_that_tuned_trials_decide_is_open_without_any(tmp_path):
    study = load_study(write_study(tmp_path, space=find_space("full")).root)
    adam = analyse(study).judgements[1]
    assert adam.claim.decided_on is Regime.TUNED
    judged = dataclasses.replace(adam, verdict=Verdict.CONFIRMED)
    assert answer([judged]) == "Inconclusive: sgd > adam."


def test_where_both_regimes_were_trained_the_answer_is_that_of_both(tmp_path):
    study = load_study(write_study(tmp_path, space=find_space("full")).root)
    first, second, *_ = analyse(study).judgements
    judged = [
        dataclasses.replace(first, verdict=Verdict.CONFIRMED, overall=Overall.REFUTED_AS_STATED),
        dataclasses.replace(second, overall=Overall.CONDITIONAL),
    ]
    assert answer(judged, tuned=True) == (
        "Refuted as stated: range > none. Shown in one regime only: sgd > adam."
    )


def test_the_only_cell_is_named(tmp_path):
    space = find_space("smoke").narrowed({"normalization": ["none"], "loss": ["mse"]})
    study = load_study(write_study(tmp_path, space=space).root)
    assert "90.00 %: the only cell." in headline(study)
