"""The pages in a real Chromium, from disk, with the network off."""

import dataclasses
import json
import shutil
from pathlib import Path
from urllib.parse import quote

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
        # A study may leave nothing to draw.
        if page.locator(".figure").count():
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


ADAM = "none · adam · mse · relu · ascending"
SGD = "none · sgd · mse · relu · ascending"


def click_matrix(page, matrix, *, true, taken):
    """A click into the middle of a cell of a 10 by 10 matrix."""
    plot = page.locator(f"#{matrix} .nsewdrag")
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    cell = {"x": box["width"] * (taken + 0.5) / 10, "y": box["height"] * (true + 0.5) / 10}
    plot.hover(position=cell)
    page.wait_for_selector(f"#{matrix} .hovertext")
    plot.click(position=cell)
    page.wait_for_function(f"document.getElementById('digit').value === '{true}'")


def captions(page, gallery="gallery"):
    return page.locator(f"#{gallery} span").all_inner_texts()


def test_another_cell_changes_matrix_recall_and_gallery(open_page, pages):
    page = open_page(pages["confusion"])
    page.locator("#cell").select_option(ADAM)
    assert "mean over 2 seeds: test accuracy 10.00 %" in page.locator("#accuracy").inner_text()
    page.locator("#digit").select_option("3")
    count = page.locator("#count").inner_text()
    assert count.startswith("4 of 4 test images of class 3 are misread by at least one of 2")
    assert captions(page) == ["1 · 2 of 2"] * 4
    page.locator("#seed").select_option("1")
    assert captions(page) == ["1 · 75 %"] * 4
    assert "Clopper-Pearson" in page.locator("#recall-note").inner_text()
    page.locator("#taken").select_option("5")
    assert page.locator("#gallery li").count() == 0


def test_a_click_on_the_matrix_shows_exactly_those_images(open_page, pages):
    page = open_page(pages["confusion"])
    page.locator("#cell").select_option(ADAM)
    click_matrix(page, "matrix", true=7, taken=1)
    assert page.locator("#taken").input_value() == "1"
    assert page.locator("#count").inner_text().startswith("4 of 4 test images of class 7 are taken")
    shown = page.eval_on_selector_all("#gallery img", "images => images.map(({alt}) => alt)")
    assert shown == [f"test image {index}, a 7 taken for 1" for index in (7, 17, 27, 37)]
    click_matrix(page, "matrix", true=4, taken=4)
    assert page.locator("#taken").input_value() == ""


def test_two_cells_are_compared(open_page, pages):
    page = open_page(pages["confusion"])
    assert not page.locator("#difference").is_visible()
    page.locator("#cell").select_option(ADAM)
    page.locator("#compare").select_option(SGD)
    for figure in ("matrix", "matrix-other", "difference"):
        page.wait_for_selector(f"#{figure} .heatmaplayer")
    assert page.locator("#recall .errorbar").count() > 10
    other = page.locator("#accuracy-other").inner_text()
    assert other.startswith("mean over 2 seeds: test accuracy 90.00 %")
    click_matrix(page, "difference", true=7, taken=1)
    assert len(captions(page)) == 4
    assert captions(page, "gallery-other") == []
    assert "0 of 4 test images of class 7" in page.locator("#count-other").inner_text()
    page.locator("#compare").select_option("")
    assert not page.locator("#difference").is_visible()


def test_shares_of_the_class_are_shown_on_demand(open_page, pages):
    page = open_page(pages["confusion"])
    page.locator("#cell").select_option(ADAM)
    assert page.locator("#matrix .heatmap-label").all_text_contents() == ["4"] * 10
    page.locator("#unit").select_option("share")
    page.wait_for_function("document.querySelector('#matrix .heatmap-label').textContent === '100'")


def test_a_deep_link_restores_the_view(open_page, pages):
    page = open_page(pages["confusion"])
    page.locator("#cell").select_option("range · adam · mse · relu · descending")
    page.locator("#seed").select_option("1")
    page.locator("#compare").select_option(SGD)
    page.locator("#unit").select_option("share")
    page.locator("#digit").select_option("4")
    page.locator("#taken").select_option("1")
    fragment = page.evaluate("location.hash")
    again = open_page(pages["confusion"], fragment)
    for name in ("cell", "seed", "compare", "unit", "digit", "taken"):
        assert again.locator(f"#{name}").input_value() == page.locator(f"#{name}").input_value()
    assert captions(again) == captions(page) != []
    assert again.evaluate("location.hash") == fragment


def test_a_link_with_a_cell_and_a_digit_is_enough(open_page, pages):
    page = open_page(pages["confusion"], f"#cell={quote(ADAM)}&digit=3")
    assert page.locator("#cell").input_value() == ADAM
    assert page.locator("#digit").input_value() == "3"
    assert len(captions(page)) == 4


def test_a_wrong_deep_link_opens_the_best_cell(open_page, pages):
    page = open_page(pages["confusion"], "#trial=nonsense&cell=none&digit=77&taken=x&found=y")
    assert "test accuracy 90.00 %" in page.locator("#accuracy").inner_text()
    assert page.locator("#taken").input_value() == ""


def test_a_claim_leads_to_the_images_of_its_cells(open_page, pages):
    page = open_page(pages["comparison"])
    page.get_by_role("link", name="conclusion 2", exact=True).click()
    page.wait_for_selector("#difference .heatmaplayer")
    assert " sgd " in page.locator("#cell").input_value()
    assert " adam " in page.locator("#compare").input_value()


def test_the_matrices_are_downloaded(open_page, pages):
    page = open_page(pages["confusion"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the numbers").click()
    cells = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert len(cells) == 32
    matrix = cells[0]["networks"][1]["matrix"]
    assert sum(map(sum, matrix)) == 40
    assert len(cells[0]["recall"]) == 10


@pytest.mark.parametrize("classes", [2, 100])
def test_other_numbers_of_classes_are_drawn(open_page, tmp_path, classes):
    paths = write_study(tmp_path, classes=classes, outcome=outcome_of)
    comparison, confusion = map(open_page, build_pages(paths.root))
    assert comparison.locator("#runs svg.main-svg").count() > 0
    assert confusion.locator("#digit option").count() == 1 + classes
    assert "recall" in confusion.locator("#recall .ytitle").text_content()


def alone(space):
    """The space with one level of each factor."""
    factors = tuple(dataclasses.replace(f, levels=f.levels[:1]) for f in space.factors)
    return dataclasses.replace(space, factors=factors, claims=(), nuisance=None)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"space": alone(find_space("smoke"))}, "1 of 1 recorded trials trained"),
        ({"outcome": lambda _: Outcome.ERROR}, "There is no accuracy to compare"),
        ({"outcome": lambda _: Outcome.NAN}, "There is no accuracy to compare"),
    ],
    ids=["one cell", "none finished", "all failed"],
)
def test_odd_studies_are_shown(open_page, tmp_path, options, told):
    paths = write_study(tmp_path, **options)
    comparison, confusion = map(open_page, build_pages(paths.root))
    assert told in comparison.locator(".headline").inner_text()
    assert comparison.locator("#failure-map svg.main-svg").count() > 0
    assert confusion.locator("#matrix, .headline").count() == 1


def test_missing_predictions_are_said_to_be_missing(open_page, tmp_path):
    paths = write_study(tmp_path)
    shutil.rmtree(paths.table("predictions"))
    comparison, confusion = map(open_page, build_pages(paths.root))
    assert comparison.locator("#runs svg.main-svg").count() > 0
    assert "has recorded predictions" in confusion.locator(".headline").inner_text()
    assert "4 of 4 recorded trials left no predictions" in confusion.locator("main").inner_text()


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
    space = dataclasses.replace(
        space, factors=(*space.factors[1:], alike), claims=(), nuisance=None, models=()
    )
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
