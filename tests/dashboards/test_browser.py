"""The pages in a real Chromium, from disk, with the network off."""

import dataclasses
import json
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from dashboards import build_pages
from results import Outcome
from search_spaces import Factor, find_space
from tests.dashboards.test_pages import EVIL, hostile_space
from tests.studies import write_study

pytestmark = pytest.mark.browser
CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="module")
def browser():
    if CHROMIUM is None:
        pytest.skip("no chromium here; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu"]
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser):
    """Opens a file; at the end there must have been no error and no request elsewhere."""
    context = browser.new_context(offline=True)
    problems = []

    def open_(path, fragment=""):
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console", lambda line: problems.append(line.text) if line.type == "error" else None
        )
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith(("file:", "data:", "blob:"))
                else problems.append(request.url)
            ),
        )
        page.goto(f"{path.as_uri()}{fragment}")
        page.wait_for_selector(".figure svg.main-svg")
        return page

    yield open_
    context.close()
    assert problems == []


def outcome_of(trial):
    return Outcome.CONSTANT if trial.cell.as_dict()["optimizer"] == "adam" else Outcome.TRAINED


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    directory = tmp_path_factory.mktemp("study")
    paths = write_study(directory, space=find_space("full"), seeds=2, outcome=outcome_of)
    return dict(zip(("comparison", "confusion"), build_pages(paths.root), strict=True))


def test_every_figure_of_the_comparison_is_drawn(open_page, pages):
    page = open_page(pages["comparison"])
    for figure in page.eval_on_selector_all(".figure", "figures => figures.map(({id}) => id)"):
        page.wait_for_selector(f"#{figure} svg.main-svg")
    assert page.locator("#failure-map g.heatmaplayer image").count() == 1
    # The line that joins the runs of a cell, and both outcomes.
    assert page.locator("#runs g.scatterlayer .trace").count() == 3
    assert page.locator("#paths g.parcatslayer path").count() > 0


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
    link = page.locator("#trials tbody a").first
    trial = link.inner_text()
    link.click()
    page.wait_for_selector("#matrix svg.main-svg")
    assert trial in page.url
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


def choose(page, trial_of):
    page.get_by_label("Cell").select_option(trial_of)


def test_another_cell_changes_matrix_and_gallery(open_page, pages):
    page = open_page(pages["confusion"])
    choose(page, "none · adam · mse · relu · ascending")
    assert "constant" in page.locator("#accuracy").inner_text()
    page.get_by_label("True class").select_option("3")
    assert page.locator("#count").inner_text().startswith("4 of 4 test images of class 3")
    captions = page.locator("#gallery span").all_inner_texts()
    assert captions == ["1 · 75 %"] * 4
    page.get_by_label("Taken for").select_option("5")
    assert page.locator("#gallery li").count() == 0


def test_a_click_on_the_matrix_shows_exactly_those_images(open_page, pages):
    page = open_page(pages["confusion"])
    choose(page, "none · adam · mse · relu · ascending")
    matrix = page.locator("#matrix .nsewdrag")
    matrix.scroll_into_view_if_needed()
    plot = matrix.bounding_box()
    cell = {"x": plot["width"] * 1.5 / 10, "y": plot["height"] * 7.5 / 10}
    matrix.hover(position=cell)
    page.wait_for_selector("#matrix .hovertext")
    matrix.click(position=cell)
    page.wait_for_function("document.getElementById('taken').value === '1'")
    assert page.locator("#label").input_value() == "7"
    assert "taken for 1" in page.locator("#count").inner_text()


def test_a_deep_link_restores_the_view(open_page, pages):
    page = open_page(pages["confusion"])
    choose(page, "range · adam · mse · relu · descending")
    page.get_by_label("Seed").select_option("1")
    page.get_by_label("True class").select_option("4")
    fragment = page.evaluate("location.hash")
    again = open_page(pages["confusion"], fragment)
    assert again.locator("#cell").input_value() == "range · adam · mse · relu · descending"
    assert again.locator("#seed").input_value() == "1"
    assert again.locator("#label").input_value() == "4"


def test_a_wrong_deep_link_opens_the_best_trial(open_page, pages):
    page = open_page(pages["confusion"], "#trial=nonsense&label=77&taken=x")
    assert "trained" in page.locator("#accuracy").inner_text()
    assert page.locator("#label").input_value() == "0"


def test_injected_names_stay_text(open_page, tmp_path):
    comparison, confusion = map(
        open_page, build_pages(write_study(tmp_path, space=hostile_space()).root)
    )
    assert "broken" not in (comparison.title(), confusion.title())
    assert comparison.get_by_role("cell", name=EVIL).count() > 0
    drawn = comparison.locator("#main-effects").inner_text()
    assert "<script>" in drawn
    options = confusion.locator("#cell option").all_text_contents()
    assert any(EVIL in option for option in options)
    assert any("🙂" in option for option in options)


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_is_wider_than_the_screen(browser, pages, width):
    context = browser.new_context(viewport={"width": width, "height": 800}, offline=True)
    for path in pages.values():
        page = context.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".figure svg.main-svg")
        assert page.evaluate("document.documentElement.scrollWidth") == width
    context.close()


def test_names_that_are_alike_for_long_keep_their_own_rows(open_page, tmp_path):
    space = find_space("smoke")
    alike = Factor(name="normalization", levels=("x" * 80 + "1", "x" * 80 + "2"))
    space = dataclasses.replace(space, factors=(*space.factors[1:], alike), claims=(), models=())
    page = open_page(build_pages(write_study(tmp_path, space=space).root)[0])
    assert page.locator("#runs .ytick text").count() == 4
    assert page.locator("#failure-map .xtick text").count() == 2
    assert page.locator("#paths g.dimension").nth(1).locator("g.category").count() == 2


def test_paper_is_white_and_nothing_is_cut(browser, pages):
    context = browser.new_context(color_scheme="dark", offline=True)
    page = context.new_page()
    page.goto(pages["comparison"].as_uri())
    page.wait_for_selector("#paths svg.main-svg")
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.wait_for_function("document.getElementById('cost').layout.paper_bgcolor === '#ffffff'")
    widths = page.eval_on_selector_all(".figure", "all => all.map((one) => one.scrollWidth)")
    assert max(widths) < 700
    assert not page.get_by_role("button", name="Download the numbers").is_visible()
    context.close()
