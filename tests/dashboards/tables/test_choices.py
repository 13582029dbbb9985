"""The numbers behind the figures of choices, and what the page says beside them."""

import numpy as np
import pytest

from dashboards.figures.choices import draw_best_cells, draw_levels, draw_shares
from dashboards.pages.choices import choice_panels
from dashboards.tables.choices import CELLS_DRAWN, TERMS_DRAWN, best_rows, level_rows, share_rows
from results.choices.choices import find_choices
from tests.given.lattices import make, notebook_factors, runs


def choices(effect, *, seeds=3, trained=lambda cell, seed: True):
    rng = np.random.default_rng(0)
    lattice = make(
        notebook_factors(),
        lambda cell, _: 0.95 + effect(cell) + rng.normal(0, 0.002),
        seeds=seeds,
        trained=trained,
    )
    return find_choices(runs(lattice))


def loss_matters(cell):
    return 0.02 * (cell["loss"] == "mse")


def panels(found):
    return {panel.id: panel for panel in choice_panels(found)}


def test_the_largest_shares_are_drawn_as_bars_with_intervals():
    found = choices(loss_matters)
    rows = share_rows(found)
    assert rows.loc[0, "term"] == "loss"
    assert len(rows) == TERMS_DRAWN
    (bars,) = draw_shares(rows).data
    assert bars.x[0] == pytest.approx(100 * rows.loc[0, "share"])
    below = rows.loc[0, "share"] - rows.loc[0, "low"]
    assert bars.error_x.arrayminus[0] == pytest.approx(100 * below)


def test_learning_and_quality_have_a_panel_each():
    found = choices(loss_matters, trained=lambda cell, _: cell["optimizer"] == "sgd", seeds=5)
    rows = share_rows(found)
    assert rows["endpoint"].unique().tolist() == ["learning at all", "quality"]
    assert len(draw_shares(rows).data) == 2
    lead = panels(found)["ranking"].lead
    assert lead.startswith("For learning at all, optimizer")


def test_levels_that_surely_are_not_best_are_grey():
    rows = level_rows(choices(loss_matters))
    (means,) = draw_levels(rows).data
    colors = dict(zip(rows["level"], means.marker.color, strict=True))
    assert colors["categorical_crossentropy"] != colors["mse"]
    assert colors["relu"] == colors["sigmoid"] == colors["mse"]


def test_the_first_cell_has_what_to_expect_below_its_mean():
    found = choices(loss_matters)
    rows = best_rows(found)
    assert len(rows) == CELLS_DRAWN
    assert rows["expected"].notna().tolist() == [True] + [False] * (CELLS_DRAWN - 1)
    means, expected = draw_best_cells(rows).data
    assert expected.x[0] < means.x[0]
    assert "Drawn are 12 of 16." in panels(found)["best-cells"].lead


def test_what_cannot_be_drawn_is_said():
    nothing = panels(choices(loss_matters, trained=lambda *_: False))
    assert list(nothing) == ["best-cells"]
    assert nothing["best-cells"].figure is None
    assert "None: in none of 32 cells did every run learn." in nothing["best-cells"].lead
    alike = panels(choices(lambda _: 0.0))
    assert alike["ranking"].figure is None
    assert "differ no more than chance explains" in alike["ranking"].lead
