"""Which cells train: counts, the conjunctions that hold the failures, levels against each other."""

import itertools

import numpy as np
import pytest

from results import Outcome, load_study
from results.analysis.failures import (
    failed_conjunctions,
    failure_effects,
    failure_map,
    failures_at,
)
from results.analysis.lattice import Lattice
from search_spaces import find_space
from tests.given.lattices import make, notebook_factors
from tests.given.studies import report_of, write_study

FIVE = notebook_factors()


def lattice(trained, *, factors=FIVE, seeds=3):
    return make(factors, lambda cell, seed: 0.95, seeds=seeds, trained=trained)


def conjunctions(found):
    return [str(conjunction) for conjunction in failed_conjunctions(found)]


def sgd_with_mse(cell):
    return cell["optimizer"] == "sgd" and cell["loss"] == "mse"


def test_failures_of_two_choices_together_are_named_by_both():
    found = failed_conjunctions(lattice(lambda cell, seed: not sgd_with_mse(cell)))
    assert [str(conjunction) for conjunction in found] == ["optimizer=sgd and loss=mse"]
    assert (found[0].cells, found[0].failed, found[0].runs) == (8, 24, 24)


def test_separate_causes_are_told_apart_the_widest_first():
    found = lattice(
        lambda cell, seed: not (sgd_with_mse(cell) or cell["activation"] == "sigmoid"),
    )
    assert conjunctions(found) == ["activation=sigmoid", "optimizer=sgd and loss=mse"]


def test_a_cell_that_fails_with_some_seeds_counts_as_failed():
    found = failed_conjunctions(lattice(lambda cell, seed: cell["loss"] != "mse" or seed > 0))
    assert str(found[0]) == "loss=mse"
    assert (found[0].failed, found[0].runs) == (16, 48)


def test_levels_of_more_than_two_are_named_one_by_one():
    factors = {"rate": (0.1, 0.01, 0.001), "width": (8, 16, 32)}
    found = lattice(
        lambda cell, seed: cell["rate"] != 0.1 and (cell["rate"], cell["width"]) != (0.001, 8),
        factors=factors,
    )
    assert conjunctions(found) == ["rate=0.1", "rate=0.001 and width=8"]


def test_every_cell_or_none_failing_needs_no_levels():
    assert conjunctions(lattice(lambda cell, seed: False)) == ["every cell"]
    assert conjunctions(lattice(lambda cell, seed: True)) == []


def test_cells_beside_one_another_in_nothing_are_named_by_what_is_special():
    """Models that depart from one in a single choice, as the notebook's do."""
    first = tuple(levels[0] for levels in FIVE.values())
    cells = [first] + [
        (*first[:n], levels[1], *first[n + 1 :]) for n, levels in enumerate(FIVE.values())
    ]
    trained = np.array([[True], [True], [True], [False], [False], [True]])
    found = Lattice(
        factors=FIVE,
        cells=tuple(cells),
        seeds=(0,),
        accuracy=np.full((6, 1), 0.9),
        trained=trained,
        trial_ids=((),) * 6,
    )
    assert conjunctions(found) == ["loss=mse", "activation=sigmoid"]


def matching(cells, literals):
    return {n for n, cell in enumerate(cells) if all(cell[at] == level for at, level in literals)}


def fewest_by_trying_everything(cells, failed):
    """The smallest number of conjunctions of failed cells only that hold all of these."""
    everything = set()
    for cell in cells:
        for size in range(len(cell) + 1):
            for chosen in itertools.combinations(range(len(cell)), size):
                held = frozenset(matching(cells, [(at, cell[at]) for at in chosen]))
                if held <= failed:
                    everything.add(held)
    for count in range(len(failed) + 1):
        if any(
            set().union(*picked) == failed for picked in itertools.combinations(everything, count)
        ):
            return count
    raise AssertionError


@pytest.mark.parametrize("seed", range(40))
def test_conjunctions_hold_every_failed_cell_no_other_and_are_the_fewest(seed):
    rng = np.random.default_rng(seed)
    factors = {"a": (0, 1, 2), "b": (0, 1), "c": (0, 1)}
    cells = list(itertools.product(*factors.values()))
    kept = [cell for cell in cells if rng.random() < 0.8] or cells
    trained = rng.random((len(kept), 1)) > rng.uniform(0.1, 0.6)
    found = Lattice(
        factors=factors,
        cells=tuple(kept),
        seeds=(0,),
        accuracy=np.ones((len(kept), 1)),
        trained=trained,
        trial_ids=((),) * len(kept),
    )
    failed = set(np.flatnonzero(~trained[:, 0]).tolist())
    chosen = failed_conjunctions(found)
    positions = {name: at for at, name in enumerate(factors)}
    held = [
        matching(kept, [(positions[name], level) for name, level in one.levels.items()])
        for one in chosen
    ]
    assert set().union(*held) == failed
    assert len(chosen) == fewest_by_trying_everything(kept, failed)
    assert [one.cells for one in chosen] == [len(cells) for cells in held]


def test_a_large_lattice_with_scattered_failures_is_covered_too():
    rng = np.random.default_rng(3)
    factors = {
        name: tuple(range(size)) for name, size in zip("abcde", (5, 5, 4, 3, 3), strict=True)
    }
    scattered = rng.random((900, 1)) > 0.3
    cells = tuple(itertools.product(*factors.values()))
    found = Lattice(
        factors=factors,
        cells=cells,
        seeds=(0,),
        accuracy=np.ones((900, 1)),
        trained=scattered,
        trial_ids=((),) * 900,
    )
    positions = {name: at for at, name in enumerate(factors)}
    held = [
        matching(cells, [(positions[name], level) for name, level in one.levels.items()])
        for one in failed_conjunctions(found)
    ]
    assert set().union(*held) == set(np.flatnonzero(~scattered[:, 0]).tolist())


def test_counts_come_with_the_interval_of_clopper_and_pearson():
    """0 of 5 up to .522, 5 of 5 from .478; 2 of 5 .053 to .853."""
    counts = {"always": 5, "never": 0, "sometimes": 2}
    found = failure_map(
        lattice(
            lambda cell, seed: seed < counts[cell["kind"]], factors={"kind": tuple(counts)}, seeds=5
        )
    )
    assert [(cell.trained, round(cell.low, 3), round(cell.high, 3)) for cell in found] == [
        *((5, 0.478, 1.0), (0, 0.0, 0.522), (2, 0.053, 0.853))
    ]


@pytest.mark.parametrize(("seeds", "p"), [(3, 0.1), (5, 0.00794)])
def test_levels_are_held_against_each_other_within_a_context(seeds, p):
    """3/3 against 0/3 and 5/5 against 0/5 by Fisher's test; the other context tests nothing."""
    factors = {"loss": ("cce", "mse"), "width": (8, 16)}
    (effect, other) = failure_effects(
        lattice(
            lambda cell, seed: cell["loss"] == "cce" or cell["width"] == 16,
            factors=factors,
            seeds=seeds,
        )
    )
    assert (effect.factor, effect.levels) == ("loss", ("cce", "mse"))
    narrow, wide = effect.contexts
    assert (narrow.context, narrow.first, narrow.second) == ({"width": 8}, seeds, 0)
    assert narrow.p_value == pytest.approx(p, abs=1e-5)
    assert narrow.holm_p == narrow.p_value
    assert (wide.first, wide.second) == (seeds, seeds)
    assert np.isnan([wide.p_value, wide.holm_p]).all()
    assert other.factor == "width"


def titled_report(directory, outcome, *, seeds=1):
    write_study(directory, space=find_space("full"), seeds=seeds, outcome=outcome)
    study = load_study(directory)
    return study, {section.title: section for section in report_of(study)}


def test_the_report_begins_with_where_failures_lie(tmp_path):
    def outcome(trial):
        return Outcome.CONSTANT if sgd_with_mse(trial.cell.as_dict()) else Outcome.TRAINED

    study, report = titled_report(tmp_path, outcome)
    assert list(report)[:2] == ["Verdicts", "Failure map"]
    told = report["Failure map"].sentences
    assert told[0] == "8 of 32 cells failed with every seed."
    assert told[1] == "A run counts as trained by a test accuracy of 90 % or more, as declared."
    assert told[2].startswith("Failures are clear-cut: 8 of 32 runs, wherever a trained one begins")
    assert "(Clopper-Pearson, 95 %) 0 of 1 means 0 to 98 %, 1 of 1 means" in told[3]
    table = report["Failure map"].table
    assert table["failures_lie_where"].tolist() == ["optimizer=sgd and loss=mse"]
    levels = report["Training by level"].table.set_index("factor")
    assert levels.loc["loss", ["more", "less", "same"]].tolist() == [0, 8, 8]
    assert levels.loc["optimizer", ["more", "less", "same"]].tolist() == [8, 0, 8]
    assert len(report["Training by level and context"].table) == 16
    assert [failures_at(study, threshold) for threshold in (0.2, 0.5, 0.9)] == [8, 8, 8]


def test_where_everything_trained_there_is_one_section(tmp_path):
    _, report = titled_report(tmp_path, lambda trial: Outcome.TRAINED, seeds=2)
    assert report["Failure map"].sentences == (
        "All 32 cells trained with every seed.",
        "A run counts as trained by a test accuracy of 90 % or more, as declared.",
        "Of a cell's probability to train (Clopper-Pearson, 95 %) 2 of 2 means 16 to 100 %.",
    )
    assert report["Failure map"].table is None
    assert "Training by level" not in report


def test_thresholds_that_matter_are_told(tmp_path):
    """Runs that ended at 90 % and a threshold above that."""
    study, _ = titled_report(tmp_path, lambda trial: Outcome.TRAINED)
    assert failures_at(study, 0.5) == 0
    assert failures_at(study, 0.95) == 32


def test_a_study_in_which_all_raised_failed_everywhere(tmp_path):
    _, report = titled_report(tmp_path, lambda trial: Outcome.ERROR)
    assert report["Failure map"].sentences[0] == "32 of 32 cells failed with every seed."
    assert report["Failure map"].table["failures_lie_where"].tolist() == ["every cell"]


def test_a_lattice_without_cells_or_factors_has_no_effects():
    empty = make({"a": ()}, lambda cell, seed: 1.0)
    assert (failure_map(empty), conjunctions(empty), failure_effects(empty)) == ((), [], ())
    one = make({}, lambda cell, seed: 1.0, trained=lambda cell, seed: False)
    assert conjunctions(one) == ["every cell"]
