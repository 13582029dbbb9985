"""The pages as files: complete, self-contained, and safe against what names hold."""

import dataclasses
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest

from dashboards import build_pages
from dashboards.pages.drawing import safe_json
from dashboards.tables.runs import cell_names
from results import Outcome, load_study
from results.records.store import write_record
from search_spaces import Claim, Factor, Full, Named, RecordedModel, find_space
from tests.given.studies import plan, record, write_study

EVIL = "</script><script>document.title='broken'</script>"


class Page(HTMLParser):
    """Elements with their attributes, and the text of those that are no script or style."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._inside: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self._inside.append(tag)

    def handle_endtag(self, tag):
        while self._inside and self._inside.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self._inside):
            self.text += data


def pages_of(directory, **options) -> list[Page]:
    paths = build_pages(write_study(directory, **options).root)
    return [Page(path.read_text(encoding="utf-8")) for path in paths]


def test_both_pages_fetch_nothing_and_hold_plotly_once(tmp_path):
    for path in build_pages(write_study(tmp_path).root):
        text = path.read_text(encoding="utf-8")
        page = Page(text)
        for tag, attributes in page.elements:
            assert tag not in {"iframe", "base", "object"}
            assert "src" not in attributes
            assert not (attributes.get("href") or "").startswith(("http", "//"))
        assert len(re.findall(r"plotly\.js v\d", text)) == 1
        assert "@import" not in text


def test_each_page_names_language_character_set_and_viewport(tmp_path):
    for page in pages_of(tmp_path):
        assert ("html", {"lang": "en"}) in page.elements
        assert ("meta", {"charset": "utf-8"}) in page.elements
        assert any(attributes.get("name") == "viewport" for _, attributes in page.elements)


def data_of(path, element):
    """What a page embeds as JSON."""
    text = path.read_text(encoding="utf-8")
    return json.loads(re.search(rf'id="{element}">(.*?)</script>', text, re.DOTALL).group(1))


def test_the_comparison_page_shows_every_figure_and_every_trial(tmp_path):
    page, _ = pages_of(tmp_path, seeds=2)
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    figures = ["failure-map", "runs", "main-effects", "interactions", "interaction-lines"]
    figures += ["simple-effects", "curves", "cost", "paths"]
    assert [found for found in ids if found in figures] == figures
    assert {"trials", "filter", "figures", "tables", "caveats"} <= set(ids)
    columns = data_of(tmp_path / "comparison.html", "trial-columns")
    assert len(columns["trial_id"]) == 8


def test_every_figure_has_its_numbers_in_the_page(tmp_path):
    build_pages(write_study(tmp_path, space=find_space("full"), seeds=3).root)
    figures = data_of(tmp_path / "comparison.html", "figures")
    tables = data_of(tmp_path / "comparison.html", "tables")
    assert {"claims", *figures} <= set(tables)
    assert len(tables["runs"]) == 96
    assert {"claim", "effect", "low", "high", "verdict"} <= set(tables["claims"][0])


def test_each_page_says_what_runs_were_drawn_from(tmp_path):
    for page in pages_of(tmp_path):
        assert re.search(r"seeding\s+own", page.text)


def test_claims_come_first_and_no_claims_leave_no_section(tmp_path):
    full, _ = pages_of(tmp_path / "full", space=find_space("full"), seeds=3)
    assert full.text.index("Verdicts on the claims") < full.text.index("Which cells trained")
    assert "Learning rates are not tuned in these records" in full.text
    space = dataclasses.replace(find_space("smoke"), claims=())
    none, _ = pages_of(tmp_path / "none", space=space)
    assert "Verdicts" not in none.text


def test_three_levels_missing_predictions_and_one_seed_still_make_a_page(tmp_path):
    space = find_space("smoke")
    three = Factor(name="normalization", levels=("none", "range", "standard"))
    space = dataclasses.replace(
        space, factors=(three, *space.factors[1:]), claims=(), nuisance=None, design=Full()
    )
    paths = write_study(tmp_path, space=space)
    shutil.rmtree(paths.table("predictions"))
    page = Page(build_pages(paths.root)[0].read_text(encoding="utf-8"))
    assert "No predictions are stored" in page.text
    assert "One seed" in page.text
    assert "none → standard" in json.dumps(
        data_of(paths.comparison, "tables")["main-effects"], ensure_ascii=False
    )


def test_the_confusion_page_has_its_controls(tmp_path):
    _, page = pages_of(tmp_path)
    ids = {attributes.get("id") for _, attributes in page.elements}
    controls = {"cell", "seed", "compare", "unit", "found", "digit", "taken", "download"}
    assert controls | {"matrix", "difference", "recall", "gallery", "data"} <= ids


def hostile_space():
    space = find_space("smoke")
    levels = (EVIL, "a \"quoted\" 'level' & 🙂", "x" * 200)
    factors = (*space.factors[1:], Factor(name="normalization", levels=levels))
    claims = (
        Claim(name=EVIL, text=EVIL, factor="normalization", better=levels[0], worse=levels[1]),
        Claim(name="y" * 200, text="🙂", factor="normalization", better=levels[2], worse=levels[1]),
    )
    return dataclasses.replace(space, title=EVIL, factors=factors, claims=claims, nuisance=None)


def test_text_in_names_stays_text(tmp_path):
    calm = [len(page.elements) for page in pages_of(tmp_path / "calm")]
    pages = pages_of(tmp_path / "evil", space=hostile_space())
    levels = data_of(tmp_path / "evil" / "comparison.html", "trial-columns")["normalization"]
    assert EVIL in levels
    assert any("🙂" in level for level in levels)
    scripts = [sum(tag == "script" for tag, _ in page.elements) for page in pages]
    assert scripts == [7, 7]
    assert calm[1] == len(pages[1].elements)


def test_names_of_recorded_models_stay_text(tmp_path):
    space = find_space("smoke")
    levels = {factor.name: factor.levels[0] for factor in space.factors}
    model = RecordedModel(name=EVIL, levels=levels, test_accuracy=0.5)
    page, _ = pages_of(
        tmp_path, space=dataclasses.replace(space, design=Named((model,)), claims=())
    )
    assert EVIL in page.text
    assert "50.00 %" in page.text


def test_json_in_a_script_cannot_end_it():
    assert safe_json({"a": EVIL, "b": [float("nan")]}) == (
        '{"a": "\\u003c/script\\u003e\\u003cscript\\u003edocument.title=\'broken\'\\u003c/script'
        '\\u003e", "b": [null]}'
    )


@pytest.mark.parametrize("outcome", [Outcome.ERROR, Outcome.CONSTANT, Outcome.NAN])
def test_a_study_where_nothing_trained_is_drawn_and_says_so(outcome, tmp_path):
    page, _ = pages_of(tmp_path, outcome=lambda _: outcome)
    assert "0 of 4 recorded trials trained" in page.text
    if outcome is Outcome.ERROR:
        assert "RuntimeError: no luck" in page.text
        assert "No run has ended" in page.text


def test_a_study_of_one_cell_is_drawn(tmp_path):
    space = find_space("smoke").narrowed({"normalization": ["none"], "loss": ["mse"]})
    page, _ = pages_of(tmp_path, space=space)
    assert "1 of 1 recorded trials trained" in page.text


def test_missing_images_are_said_to_be_missing(tmp_path):
    paths = write_study(tmp_path)
    for file in paths.table("images").iterdir():
        file.unlink()
    _, confusion = build_pages(paths.root)
    assert "test images are missing" in confusion.read_text(encoding="utf-8")


def test_records_without_a_description_are_drawn(tmp_path):
    paths = write_study(tmp_path)
    paths.description.unlink()
    page = Page(build_pages(paths.root)[0].read_text(encoding="utf-8"))
    assert "Gathered from the records" in page.text


def test_recorded_figures_are_called_claims_under_test(tmp_path):
    page, _ = pages_of(tmp_path, space=find_space("notebook"))
    assert "a claim under test, not a target" in page.text
    assert "98.88 %" in page.text


def test_the_command_prints_both_pages(tmp_path):
    write_study(tmp_path)
    command = [sys.executable, "-m", "dashboards.build", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        str(tmp_path / "comparison.html"),
        str(tmp_path / "confusion.html"),
    ]
    assert done.stderr == ""


def test_the_command_without_a_directory_says_so_in_one_line():
    command = [sys.executable, "-m", "dashboards.build"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "dashboards.build: the following arguments are required: directory (see --help)\n"
    )


def test_the_command_refuses_a_directory_without_records(tmp_path):
    command = [sys.executable, "-m", "dashboards.build", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert str(tmp_path) in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_records_of_mixed_spaces_make_pages(tmp_path):
    """Without study.json everything recorded is shown, and a factor may be missing."""
    space = find_space("smoke")
    factors = (Factor(name="width", levels=(8, 16)),)
    paths = write_study(tmp_path)
    for trial in plan(dataclasses.replace(space, factors=factors, claims=(), nuisance=None)):
        write_record(paths, record(trial))
    paths.description.unlink()
    _, confusion = map(Path.read_text, build_pages(tmp_path))
    assert len(data_of(paths.comparison, "trial-columns")["trial_id"]) == 4 + 2
    cells = cell_names(load_study(tmp_path))
    assert sum("–" in cell for cell in cells) == 6
    assert all(json.dumps(cell)[1:-1] in confusion for cell in cells)


def test_one_seed_of_a_whole_lattice_has_a_half_normal_plot(tmp_path):
    one, _ = pages_of(tmp_path / "one", space=find_space("full"))
    assert "Which effects of one seed stand out" in one.text
    two, _ = pages_of(tmp_path / "two", space=find_space("full"), seeds=2)
    assert "Which effects of one seed stand out" not in two.text
