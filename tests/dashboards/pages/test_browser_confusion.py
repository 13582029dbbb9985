"""The confusion page in a real Chromium, from disk, with the network off."""

import json
from pathlib import Path
from urllib.parse import quote

import pytest

from dashboards import build_pages
from results import Outcome
from tests.given.studies import write_study

pytestmark = pytest.mark.browser
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


def test_the_gallery_has_ten_columns_and_five_on_a_phone(open_page, pages):
    page = open_page(pages["confusion"], f"#cell={quote(ADAM)}")
    columns = "getComputedStyle(document.getElementById('gallery')).gridTemplateColumns.split(' ')"
    assert page.evaluate(f"{columns}.length") == 10
    page.set_viewport_size({"width": 375, "height": 800})
    assert page.evaluate(f"{columns}.length") == 5


def test_the_cap_of_a_confusion_is_told(open_page, tmp_path, monkeypatch):
    monkeypatch.setattr("dashboards.tables.confusion.SHOWN_IN_ALL", 0)
    page = open_page(
        build_pages(write_study(tmp_path, outcome=lambda _: Outcome.CONSTANT).root)[1], "#digit=7"
    )
    assert len(captions(page)) == 3
    assert page.locator("#count").inner_text() == (
        "4 of 4 test images of class 7 are misread; shown are 3, of each confusion at most 3."
    )


def test_images_that_all_miss_or_one_level_reads_are_chosen_by_name(open_page, tmp_path):
    def misread(trial):
        return (3, 14) if trial.cell.as_dict()["loss"] == "mse" else (3,)

    page = open_page(build_pages(write_study(tmp_path, seeds=3, misread=misread).root)[1])
    found = page.locator("#found")
    found.select_option("missed by every network of every cell that trained")
    assert page.locator("#gallery img").evaluate_all("all => all.map(({ alt }) => alt)") == [
        "test image 3, a 3 taken for 4"
    ]
    assert captions(page) == ["4 · 12 networks"]
    found.select_option("read by all with loss=categorical_crossentropy, missed by all others")
    assert captions(page) == ["5 · 6 networks"]
    again = open_page(tmp_path / "confusion.html", page.evaluate("location.hash"))
    assert captions(again) == ["5 · 6 networks"]


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


def test_the_matrices_are_downloaded(open_page, pages):
    page = open_page(pages["confusion"])
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the numbers").click()
    cells = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert len(cells) == 32
    matrix = cells[0]["networks"][1]["matrix"]
    assert sum(map(sum, matrix)) == 40
    assert len(cells[0]["recall"]) == 10


def tab_stops(page):
    """What the Tab key comes by: ids, titles of buttons, or words."""
    stops = []
    # From the top: an address that filters the table may have brought the page there.
    page.evaluate("window.scrollTo(0, 0)")
    page.mouse.click(1, 1)
    while len(stops) < 300:
        page.keyboard.press("Tab")
        stop = page.evaluate(
            "(({ id, tagName, dataset, textContent }) => tagName === 'BODY' ? null"
            " : id || dataset.title || textContent.trim())(document.activeElement)"
        )
        if stop is None:
            break
        stops.append(stop)
    return stops


def test_everything_is_reached_with_the_keyboard(open_page, pages):
    comparison = tab_stops(open_page(pages["comparison"], "#filter=sgd%20mse%20range%20relu"))
    assert {"Confusion", "Every run", "Each verdict in words", "conclusion 1"} <= set(comparison)
    assert {"Download as SVG", "download", "filter", "test accuracy"} <= set(comparison)
    controls = ["cell", "seed", "compare", "unit", "found", "digit", "taken", "download"]
    confusion = tab_stops(open_page(pages["confusion"]))
    assert [stop for stop in confusion if stop in controls] == controls
    page = open_page(pages["confusion"], f"#cell={quote(ADAM)}")
    page.locator("#digit").focus()
    page.keyboard.press("7")
    assert captions(page) == ["1 · 2 of 2"] * 4
