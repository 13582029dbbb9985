"""What the pages of large studies take: to build, to send, to open and to search in Chromium.

`python -m benchmarks.dashboards` writes two studies that were never trained, one as large as 32
cells of MNIST with 10 seeds and one of 10,000 trials, draws their pages and opens them from disk.
Needs Debian's `chromium` and about 2 GB of disk. `dashboards.md` has figures that it printed.
"""

import argparse
import importlib.metadata
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.summary import make_space, run_command, write_large_study

SEEDS = 10
IMAGES = 10_000
STUDIES = {32: (2, 2, 2, 2, 2), 1_000: (5, 5, 5, 4, 2)}
VERSIONS = ("plotly", "pandas", "pyarrow", "playwright")
OPENED = 5
# Words that few, many and no rows of the table hold.
SEARCHED = ("level_1", "level_0 level_1", "9", "trained", "nothing holds this", "")
# Milliseconds since the page was asked for, when a figure first has been painted.
_WATCH_FIRST_PLOT = """
new MutationObserver((_, observer) => {
  if (!document.querySelector(".figure svg.main-svg .plot, .figure svg.main-svg .cartesianlayer"))
    return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.firstPlot = performance.now(); }));
}).observe(document, { childList: true, subtree: true });
"""
# Milliseconds from a changed filter until the rows it leaves have been painted.
_SEARCH = """
async (words) => {
  const filter = document.getElementById("filter");
  const began = performance.now();
  filter.value = words;
  filter.dispatchEvent(new Event("input"));
  await new Promise((painted) => requestAnimationFrame(() => setTimeout(painted)));
  return performance.now() - began;
}
"""


def main(arguments: Sequence[str]) -> int:
    """Measure both studies and print a table; 0 if every page was built."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dashboards", description=__doc__)
    parser.add_argument("--out", type=Path, help="keep the studies here, and use them if there")
    options = parser.parse_args(arguments)
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("benchmarks.dashboards: no chromium; apt-get install chromium\n")
        return 2
    with tempfile.TemporaryDirectory() as temporary, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        sys.stdout.write(f"{_machine()}, Chromium {browser.version}\n\n")
        sys.stdout.write("| study | page | built, s | peak, MB | page, MB | first plot, s |")
        sys.stdout.write(" slowest filter, ms |\n|---|---|---|---|---|---|---|\n")
        codes = [
            _measure(cells, (options.out or Path(temporary)) / f"{cells}-cells", browser)
            for cells in STUDIES
        ]
        browser.close()
    return max(codes)


def _measure(cells: int, directory: Path, browser: Browser) -> int:
    """Write the study if need be, build its pages, print a row for each; the exit code."""
    if not directory.exists():
        write_large_study(directory, make_space(STUDIES[cells]), seeds=SEEDS, images=IMAGES)
    seconds, megabytes, code = run_command("dashboards.build", directory)
    for file in sorted(directory.glob("*.html")):
        first, slowest = _open(browser, file)
        size = file.stat().st_size / 1e6
        sys.stdout.write(
            f"| {cells:,} cells × {SEEDS} seeds, {IMAGES:,} images | {file.stem} | "
            f"{seconds:.1f} (both) | {megabytes:,.0f} (both) | {size:.1f} | {first:.2f} | "
            f"{slowest} |\n"
        )
        sys.stdout.flush()
    return code


def _open(browser: Browser, file: Path) -> tuple[float, str]:
    """Median seconds to the first plot, and the slowest filter of the last page opened."""
    context = browser.new_context(offline=True)
    context.add_init_script(_WATCH_FIRST_PLOT)
    seconds: list[float] = []
    slowest = ""
    for _ in range(OPENED):
        page = context.new_page()
        page.goto(file.as_uri(), wait_until="commit")
        page.wait_for_function("window.firstPlot", timeout=120_000)
        seconds.append(page.evaluate("window.firstPlot") / 1000)
        page.wait_for_load_state()
        slowest = _search(page)
        page.close()
    context.close()
    return statistics.median(seconds), slowest


def _search(page: Page) -> str:
    if not page.locator("#filter").count():
        return "–"
    # Filters are asked for once every figure stands, as a reader does.
    page.wait_for_function(
        "[...document.querySelectorAll('.figure')].every((f) => f.querySelector('.main-svg'))",
        timeout=120_000,
    )
    return f"{max(page.evaluate(_SEARCH, words) for words in SEARCHED):.0f}"


def _machine() -> str:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in VERSIONS]
    return ", ".join(
        [f"{os.cpu_count()} cores", _processor(), f"Python {platform.python_version()}", *versions]
    )


def _processor() -> str:
    cpus = Path("/proc/cpuinfo")
    lines = cpus.read_text(encoding="utf-8").splitlines() if cpus.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
