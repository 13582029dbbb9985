"""Odd studies, names that hold HTML, phones and paper, in a real Chromium."""

import dataclasses
import shutil

import pytest

from dashboards import build_pages
from results import Outcome
from results.records.description import describe, write_description
from results.records.outcome import EARLIER
from search_spaces import Factor, Full, find_space
from tests.dashboards.pages.test_pages import EVIL, hostile_space
from tests.given.studies import adam_is_constant, plan, write_study
from tests.given.tuned_studies import write_tuned_study

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("classes", [2, 100])
def test_other_numbers_of_classes_are_drawn(open_page, tmp_path, classes):
    paths = write_study(tmp_path, classes=classes, outcome=adam_is_constant)
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
        (
            {"space": find_space("full"), "seeds": 2, "outcome": lambda _: Outcome.CONSTANT},
            "There is no accuracy to compare",
        ),
    ],
    ids=["one cell", "none finished", "all failed", "all failed, with claims"],
)
def test_odd_studies_are_shown(open_page, tmp_path, options, told):
    paths = write_study(tmp_path, **options)
    comparison, confusion = map(open_page, build_pages(paths.root))
    assert told in comparison.locator(".headline").inner_text()
    assert comparison.locator("#failure-map svg.main-svg").count() > 0
    assert confusion.locator("#matrix, .headline").count() == 1


def test_a_study_that_has_not_begun_says_so(open_page, tmp_path):
    """Nothing but records of another plan in the same directory."""
    paths = write_study(tmp_path)
    space = find_space("smoke")
    write_description(paths, describe(space, plan(space, epochs=99), EARLIER))
    comparison, confusion = map(open_page, build_pages(paths.root))
    headline = comparison.locator(".headline").inner_text()
    assert headline == "None of the 4 planned trials is recorded yet."
    assert "Nothing is recorded yet" in comparison.locator("main").inner_text()
    assert "has recorded predictions" in confusion.locator(".headline").inner_text()


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
    assert comparison.locator("h1").inner_text() == EVIL
    assert comparison.locator(".answer").inner_text().count("<script>") == 1
    assert "<script>" in comparison.locator("#claims").inner_text()
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


@pytest.mark.parametrize("figure", ["claims", "main-effects", "runs"])
def test_a_phone_shows_names_marks_and_verdicts_without_scrolling(browser, pages, figure):
    context = browser.new_context(viewport={"width": 375, "height": 800}, offline=True)
    page = context.new_page()
    page.goto(pages["comparison"].as_uri())
    page.wait_for_selector(f"#{figure} svg.main-svg")
    shown = f"#{figure} .annotation-text"
    boxes = page.eval_on_selector_all(
        shown, "all => all.map((one) => one.getBoundingClientRect()).map((b) => [b.left, b.right])"
    )
    assert min(left for left, _ in boxes) >= 0
    assert max(right for _, right in boxes) <= 375
    plots = page.locator(f"#{figure} .nsewdrag")
    assert sum(box["width"] for box in (plot.bounding_box() for plot in plots.all())) > 280
    page.set_viewport_size({"width": 1000, "height": 800})
    page.wait_for_function(
        f"document.getElementById('{figure}').layout.yaxis.showticklabels !== false"
    )
    context.close()


def test_names_that_are_alike_for_long_keep_their_own_rows(open_page, tmp_path):
    space = find_space("smoke")
    alike = Factor(name="normalization", levels=("x" * 80 + "1", "x" * 80 + "2"))
    space = dataclasses.replace(
        space, factors=(*space.factors[1:], alike), claims=(), nuisance=None, design=Full()
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


@pytest.mark.parametrize("outcome", [Outcome.TRAINED, Outcome.CONSTANT])
def test_both_regimes_are_drawn_on_a_phone_too_with_marks_or_without(open_page, tmp_path, outcome):
    paths = write_tuned_study(tmp_path, error=lambda _: 0.1, outcome=lambda _: outcome)
    page = open_page(build_pages(paths.root)[0])
    titles = page.locator("#claims .annotation-text").all_text_contents()
    assert {"fixed learning rate", "tuned learning rate"} <= set(titles)
    page.set_viewport_size({"width": 375, "height": 800})
    page.wait_for_function(
        "document.getElementById('claims').layout.yaxis.showticklabels === false"
    )
    page.reload()
    page.wait_for_selector("#curves svg.main-svg")
    assert page.locator("#responses svg.main-svg").count() > 0
