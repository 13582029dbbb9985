"""A real Chromium that opens pages from disk, with the network off."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from dashboards import build_pages
from search_spaces import find_space
from tests.given.studies import adam_is_constant, write_study

CHROMIUM = shutil.which("chromium")


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def pages(tmp_path_factory):
    directory = tmp_path_factory.mktemp("study")
    paths = write_study(directory, space=find_space("full"), seeds=2, outcome=adam_is_constant)
    return dict(zip(("comparison", "confusion"), build_pages(paths.root), strict=True))
