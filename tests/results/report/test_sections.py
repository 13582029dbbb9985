"""The names of sections: stable, each once in a report, and those that pages ask for."""

import ast
from collections.abc import Iterator

import pytest

from results import Outcome, load_study
from search_spaces import find_space
from tests.given.examples import write_tuned_example_study
from tests.given.places import ROOT
from tests.given.studies import report_of, write_study

# Code asks for sections by these: a title may change, a name may not.
NAMES = {
    *("verdicts", "regimes", "chosen_settings"),
    *("failure_map", "training_by_level", "training_by_context"),
    *("ranking", "levels", "best_cells", "tuned_ranking", "tuned_levels", "tuned_best_cells"),
    *("cells", "main_effects", "interactions", "tuned_main_effects", "tuned_interactions"),
    *("simple_effects", "variance", "effects_of_one_seed"),
    *("seed_noise", "images_of_one_level", "classes", "networks"),
    *("ablation", "caveats"),
}


def mse_is_stuck(trial):
    return Outcome.STUCK if trial.cell.as_dict()["loss"] == "mse" else Outcome.TRAINED


@pytest.fixture(scope="module")
def reports(tmp_path_factory):
    """Reports on studies that have every section between them."""
    full, root = find_space("full"), tmp_path_factory.mktemp("sections")
    write_study(root / "one seed", space=full)
    write_study(root / "failures", space=full, seeds=3, outcome=mse_is_stuck)
    write_tuned_example_study(root / "tuned")
    return [report_of(load_study(directory)) for directory in sorted(root.iterdir())]


def names_asked_for() -> Iterator[str]:
    """The names by which pages find sections."""
    for path in (ROOT / "dashboards").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
                continue
            if node.func.id == "find_section":
                _, name = node.args
                assert isinstance(name, ast.Constant), f"{path}: line {node.lineno}"
                yield str(name.value)


def test_a_name_stands_once_in_a_report(reports):
    for report in reports:
        names = [section.name for section in report]
        assert len(names) == len(set(names))


def test_names_are_the_ones_that_code_asks_by(reports):
    assert {section.name for report in reports for section in report} == NAMES


def test_pages_ask_for_sections_that_exist():
    names = set(names_asked_for())
    assert {"failure_map", "regimes"} <= names
    assert names <= NAMES
