"""The parts of the comparison page on tuning, of studies whose numbers are given."""

import math

import pytest

from dashboards.figures.effects import draw_claims
from dashboards.figures.tuning import draw_expected_best, draw_responses
from dashboards.pages.comparison import make_panels
from dashboards.pages.drawing import comparison_page
from dashboards.tables.effects import claim_rows
from results import Outcome, load_study
from results.analysis.tuning import best_table, response_table
from results.report.findings import analyse
from tests.dashboards.pages.test_pages import Page
from tests.given.studies import write_study
from tests.given.tuned_studies import OPTIMIZERS, write_tuned_study


def error(trial):
    best = 0.02 if trial.cell.as_dict()["optimizer"] == "sgd" else 1e-3
    away = abs(math.log10(trial.protocol.learning_rate / best))
    return 0.02 + 0.1 * away + 0.001 * (int(trial.id, 16) % 5)


def outcome(trial):
    return Outcome.STUCK if trial.protocol.learning_rate > 0.5 else Outcome.TRAINED


def tuned(directory, **options):
    write_tuned_study(directory, error=error, outcome=outcome, **options)
    return load_study(directory)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return tuned(tmp_path_factory.mktemp("grid"), values=8, sampler="grid")


def panels(study):
    return {panel.id: panel for panel in make_panels(study, analyse(study))}


def test_a_study_that_was_not_tuned_has_no_such_part(tmp_path):
    write_study(tmp_path)
    assert (
        not {"regimes", "responses", "chosen", "expected-best"}
        & panels(load_study(tmp_path)).keys()
    )


def test_each_cell_has_a_panel_with_its_values_and_two_lines(study):
    points = response_table(study)
    figure = draw_responses(points, fixed=0.05, setting="learning rate")
    assert points["cell"].nunique() == 4
    # Sound values and the line that joins them in each panel, failed ones where there are any.
    with_failed = points.loc[points["failed"], "cell"].nunique()
    assert 0 < with_failed < 4
    assert len(figure.data) == 4 * 2 + with_failed
    assert sorted({shape.x0 for shape in figure.layout.shapes}) == sorted(
        {0.05, *points.loc[points["chosen"], "value"]}
    )
    assert list(figure.data[0].x) == points.query("cell == 'none · sgd'")["value"].tolist()[:-1]
    assert list(figure.data[1].x) == [1.0]


def test_the_legend_names_each_kind_of_mark_once_where_it_is_met_first(study):
    points = response_table(study)
    last = points.index[points["cell"] == points["cell"].unique()[-1]]
    marked = points.assign(failed=points.index == last[0], pruned=points.index == last[1])
    figure = draw_responses(marked, fixed=0.05, setting="learning rate")
    # A trace without a point is not in the legend, whatever it says.
    named = [trace.name for trace in figure.data if trace.showlegend and len(trace.x)]
    assert sorted(named) == [
        "a value, its seeds from best to worst",
        "one that failed with one or more seeds",
        "one that was pruned",
    ]


def test_the_expected_best_is_drawn_of_independent_draws_only(study, tmp_path):
    assert "grid" in panels(study)["expected-best"].lead
    assert panels(study)["expected-best"].figure is None
    drawn = tuned(tmp_path, values=4, sampler="random")
    figure = draw_expected_best(best_table(drawn))
    assert len(figure.data) == 4
    assert list(figure.data[0].x) == [2, 4, 6, 8]
    assert list(figure.data[0].y) == sorted(figure.data[0].y, reverse=True)
    assert panels(drawn)["expected-best"].figure is not None


def test_claims_have_a_panel_for_each_regime(study):
    findings = analyse(study)
    rows = claim_rows(findings.judgements, findings.tuned.judgements)
    assert rows.query("kind == 'averaged'").groupby("regime").size().to_dict() == {
        "fixed": 2,
        "tuned": 2,
    }
    figure = draw_claims(rows)
    titles = [annotation.text for annotation in figure.layout.annotations]
    assert titles[:2] == ["fixed learning rate", "tuned learning rate"]
    assert any(" / " in title for title in titles)


def test_the_page_says_whether_the_winner_flips_and_what_was_chosen(study):
    page = Page(comparison_page(study, analyse(study)))
    assert "Fixed against tuned" in page.text
    assert "Chosen learning rates" in page.text
    assert "does better in both regimes" in page.text or "the winner flips" in page.text
    assert {"responses", "claims"} <= {
        attributes.get("id") for tag, attributes in page.elements if tag == "div"
    }


def test_a_tuning_under_way_is_drawn_as_far_as_it_is(tmp_path):
    write_tuned_study(tmp_path, error=error, values=4, most=1, space=OPTIMIZERS)
    early = load_study(tmp_path)
    assert panels(early)["responses"].figure is None
    assert "Fixed against tuned" in Page(comparison_page(early, analyse(early))).text


def pruned(trial):
    worst = trial.protocol.learning_rate < 0.02 and trial.cell.as_dict()["optimizer"] == "sgd"
    return Outcome.PRUNED if worst and trial.seed >= 1_000_000 else outcome(trial)


def test_pruned_values_are_hollow_and_the_expected_best_is_left_out(tmp_path):
    write_tuned_study(tmp_path, error=error, outcome=pruned, values=4, sampler="random", prune=True)
    study = load_study(tmp_path)
    points = response_table(study)
    number = int(points["pruned"].sum())
    assert number > 0
    figure = draw_responses(points, fixed=0.05, setting="learning rate")
    hollow = [trace for trace in figure.data if trace.name == "one that was pruned"]
    assert {trace.marker.symbol for trace in hollow} == {"circle-open"}
    assert sum(len(trace.x) for trace in hollow) == number
    made = panels(study)
    assert f"Hollow marks, {number} of 16" in made["responses"].lead
    assert f"{2 * number} trainings were pruned" in made["expected-best"].lead
    assert made["expected-best"].figure is None
