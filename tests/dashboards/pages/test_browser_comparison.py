"""The comparison page in a real Chromium, from disk, with the network off."""

import json
from pathlib import Path

import pytest

from dashboards import build_pages
from search_spaces import find_space
from tests.given.studies import adam_is_constant, write_study

pytestmark = pytest.mark.browser


def test_every_figure_of_the_comparison_is_drawn(open_page, pages):
    page = open_page(pages["comparison"])
    for figure in page.eval_on_selector_all(".figure", "figures => figures.map(({id}) => id)"):
        page.wait_for_selector(f"#{figure} svg.main-svg")
    assert page.locator("#failure-map g.heatmaplayer image").count() == 1
    # The line that joins the runs of a cell, and both outcomes.
    assert page.locator("#runs g.scatterlayer .trace").count() == 3
    assert page.locator("#paths g.parcatslayer path").count() > 0


def test_the_parts_of_the_comparison_stand_in_order(open_page, tmp_path):
    paths = write_study(tmp_path, space=find_space("full"), outcome=adam_is_constant)
    page = open_page(build_pages(paths.root)[0])
    parts = page.eval_on_selector_all(".figure, #trials, footer", "all => all.map(({id}) => id)")
    wanted = ["claims", "failure-map", "runs", "main-effects", "interactions", "interaction-lines"]
    wanted += ["simple-effects", "curves", "half-normal", "cost", "paths", "trials", ""]
    assert parts == wanted
    for figure in wanted[:-2]:
        page.wait_for_selector(f"#{figure} svg.main-svg")
    assert "dataset hash" in page.locator("footer").inner_text()


def test_no_figure_offers_to_be_uploaded(open_page, pages):
    for path in pages.values():
        page = open_page(path)
        titles = page.locator(".modebar-btn").evaluate_all(
            "all => [...new Set(all.map((one) => one.dataset.title))]"
        )
        assert {"Download as SVG", "Download as PNG"} <= set(titles)
        assert not [title for title in titles if "Share" in title or "Cloud" in title]


def test_the_table_is_sorted_and_filtered(open_page, pages):
    page = open_page(pages["comparison"])
    rows = page.locator("#trials tbody tr")
    assert rows.count() == 64
    page.get_by_role("button", name="test accuracy").click()
    values = page.eval_on_selector_all(
        "#trials tbody td:nth-child(9)", "cells => cells.map(cell => Number(cell.dataset.value))"
    )
    assert values == sorted(values)
    page.get_by_role("button", name="test accuracy").press("Enter")
    assert page.locator("#trials th[aria-sort=descending]").count() == 1
    page.get_by_label("Show rows with").fill("ADAM sigmoid")
    assert rows.count() == 16
    assert page.locator("#shown").inner_text() == "showing 16 of 64"


def test_a_link_restores_the_filter(open_page, pages):
    page = open_page(pages["comparison"])
    page.get_by_label("Show rows with").fill("adam & sigmoid")
    assert page.locator("#trials tbody tr").count() == 0
    again = open_page(pages["comparison"], page.evaluate("location.hash"))
    assert again.get_by_label("Show rows with").input_value() == "adam & sigmoid"
    again.get_by_label("Show rows with").fill("")
    assert again.locator("#trials tbody tr").count() == 64
    assert again.evaluate("location.hash") == ""


def test_a_trial_of_the_table_leads_to_its_matrix(open_page, pages):
    page = open_page(pages["comparison"], "#filter=adam")
    page.locator("#trials tbody a").nth(1).click()
    page.wait_for_selector("#matrix svg.main-svg")
    assert page.locator("#seed").input_value() == "1"
    assert page.locator("#cell").input_value().split(" · ")[1] == "adam"


def test_a_link_to_a_figure_shows_it(open_page, pages):
    page = open_page(pages["comparison"], "#cost")
    page.wait_for_selector("#cost svg.main-svg")
    box = page.locator("#cost").bounding_box()
    assert -5 <= box["y"] < page.viewport_size["height"]


def test_the_numbers_are_downloaded(open_page, pages):
    page = open_page(pages["comparison"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the numbers").click()
    numbers = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert len(numbers["trials"]) == len(numbers["runs"]) == 64
    assert numbers["claims"][0]["regime"] == "fixed"


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_figure_is_downloaded_as_an_image(open_page, pages, kind):
    page = open_page(pages["comparison"])
    page.locator("#cost").hover()
    with page.expect_download() as download:
        page.locator(f"#cost .modebar-btn[data-title='Download as {kind.upper()}']").click()
    assert download.value.suggested_filename == f"cost.{kind}"


def test_a_claim_leads_to_the_images_of_its_cells(open_page, pages):
    page = open_page(pages["comparison"])
    page.get_by_role("link", name="conclusion 2", exact=True).click()
    page.wait_for_selector("#difference .heatmaplayer")
    assert " sgd " in page.locator("#cell").input_value()
    assert " adam " in page.locator("#compare").input_value()
