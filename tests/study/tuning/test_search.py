"""The search inside cells, on objectives whose best value is known. Nothing is trained."""

import dataclasses
import math

import numpy as np
import pytest
from optuna.storages import InMemoryStorage

from search_spaces import LogRange, Regime, SpaceError, find_space
from study.data.npz import DataError
from study.tuning.budget import SAMPLERS, Budget
from study.tuning.journal import open_journal
from study.tuning.plan import FIRST_SEED, plan_tuning
from study.tuning.search import Search
from tests.given.trials import small_digits, small_trial

DIGITS = small_digits(train_size=120)
SPACE = find_space("full").narrowed(
    {"loss": ["mse"], "activation": ["relu"], "filter_order": ["ascending"]}
)
# The best learning rate of each optimizer, and its error there.
BEST = {"sgd": (0.1, 0.02), "adam": (1e-3, 0.01)}


def planned(*, seeds=3, **budget):
    trials = SPACE.trials(small_trial(DIGITS).protocol, range(seeds))
    return plan_tuning(SPACE, trials, DIGITS, Budget(**budget))


def row(trial, *, outcome="trained"):
    """What a network would leave whose error grows with the distance from the best rate."""
    rate, least = BEST[trial.cell.as_dict()["optimizer"]]
    error = least + 0.1 * math.log10(trial.protocol.learning_rate / rate) ** 2
    return {"trial_id": trial.id, "outcome": outcome, "test_accuracy": 1 - min(error, 0.9)}


def train(search, rows, *, most=10**6, outcome=lambda trial: "trained"):
    """Train what is asked for, in order; the tasks."""
    tasks = []
    while len(tasks) < most and (task := search.next_task()):
        tasks.append(task)
        rows[task.trial.id] = row(task.trial, outcome=outcome(task.trial))
        search.add(rows[task.trial.id])
    return tasks


def searched(plan, storage=None):
    search = Search(plan, {}, storage or InMemoryStorage())
    return search, train(search, {})


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_best_value_is_found_and_every_cell_spends_the_same(sampler):
    search, tasks = searched(planned(values=16, sampler=sampler))
    found = search.found()
    assert search.over
    assert found.equal_budgets
    assert [cell.spent for cell in found.cells] == [32] * 4
    for cell in found.cells:
        assert not cell.at_edge
        # Half a decade: 16 values over three decades are a fifth apart.
        assert abs(math.log10(cell.chosen / BEST[cell.levels["optimizer"]][0])) < 0.5
        assert cell.low <= min(cell.values)
        assert max(cell.values) <= cell.high
    assert len(tasks) == 4 * (32 + 3)


def test_tuning_sees_no_seed_and_no_test_image_of_the_study():
    plan = planned(values=2)
    _, tasks = searched(plan)
    tuning = [task.trial for task in tasks if task.regime is Regime.TUNING]
    tuned = [task.trial for task in tasks if task.regime is Regime.TUNED]
    assert {trial.seed for trial in tuning} == {FIRST_SEED, FIRST_SEED + 1}
    assert {trial.seed for trial in tuned} == {0, 1, 2}
    assert {trial.protocol.dataset_hash for trial in tuning} == {plan.dataset.hash}
    assert {trial.protocol.dataset_hash for trial in tuned} == {DIGITS.hash}
    assert plan.dataset.hash != DIGITS.hash
    shown = {image.tobytes() for image in (*plan.dataset.x_train, *plan.dataset.x_test)}
    assert shown == {image.tobytes() for image in DIGITS.x_train}


def test_a_sixth_of_the_training_images_is_held_out_of_each_class_its_share():
    split = planned().dataset
    assert (len(split.y_train), len(split.y_test)) == (100, 20)
    shares = np.bincount(DIGITS.y_train) / 6
    assert np.abs(np.bincount(split.y_test) - shares).max() <= 1
    assert split.form == DIGITS.form


def test_too_few_images_can_not_be_held_out():
    few = small_digits(train_size=12)
    with pytest.raises(DataError, match="12 are too few, from 20 on allowed"):
        plan_tuning(SPACE, SPACE.trials(small_trial(few).protocol, [0]), few, Budget())


def test_quasi_random_values_lie_one_in_each_eighth_of_the_range():
    search, _ = searched(planned(values=8))
    for cell in search.found().cells:
        places = np.log(np.array(cell.values) / cell.low) / math.log(cell.high / cell.low)
        assert sorted((8 * places).astype(int)) == list(range(8))


def test_a_grid_reaches_from_end_to_end():
    search, _ = searched(planned(values=4, sampler="grid"))
    assert search.found().cells[0].values == (1e-3, 1e-2, 1e-1, 1.0)


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_rerun_gives_the_same_values(sampler):
    plan = planned(values=5, sampler=sampler)
    first, second = (searched(plan)[0].found() for _ in range(2))
    assert first == second
    values = {cell.values for cell in first.cells}
    assert len(values) == (2 if sampler == "grid" else 4)


def test_more_values_keep_those_tried_before():
    few, many = (searched(planned(values=values))[0].found() for values in (4, 8))
    for before, after in zip(few.cells, many.cells, strict=True):
        assert after.values[:4] == before.values


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("stopped_after", [1, 3, 20, 45])
def test_a_killed_search_goes_on_with_the_same_values(sampler, stopped_after, tmp_path):
    plan, path = planned(values=5, sampler=sampler), tmp_path / "journal"
    undisturbed, tasks = searched(plan)
    rows = {}
    begun = train(Search(plan, {}, open_journal(path)), rows, most=stopped_after)
    # The last one had been recorded, but the search was not told of it.
    search = Search(plan, rows, open_journal(path))
    rest = train(search, rows)
    assert search.found() == undisturbed.found()
    assert len(begun) + len(rest) == len(tasks)
    assert {task.trial.id for task in (*begun, *rest)} == {task.trial.id for task in tasks}


def test_a_journal_cut_short_is_mended(tmp_path):
    plan, path, rows = planned(values=3), tmp_path / "journal", {}
    train(Search(plan, {}, open_journal(path)), rows, most=7)
    lines = path.read_bytes().splitlines(keepends=True)
    for kept in range(len(lines)):
        path.write_bytes(b"".join(lines[:kept]) + lines[kept][:9])
        search = Search(plan, rows, open_journal(path))
        assert search.found().cells == Search(plan, rows, InMemoryStorage()).found().cells


def test_a_damaged_journal_is_set_aside_and_made_again(tmp_path):
    plan, path, rows = planned(values=3), tmp_path / "journal", {}
    first = Search(plan, {}, open_journal(path))
    train(first, rows)
    path.write_text("{}\n[]\n")
    again = Search(plan, rows, open_journal(path))
    assert again.found() == first.found()
    assert again.over
    assert path.with_name("journal.damaged").read_text() == "{}\n[]\n"


def test_a_training_that_raises_is_counted_and_tried_again_another_time(tmp_path):
    plan, path, rows = planned(values=4), tmp_path / "journal", {}
    search = Search(plan, {}, open_journal(path))
    worst = min(search.found().cells[0].values)
    broken = plan.tuning_trials(plan.cells[0], worst)[0].id
    train(search, rows, outcome=lambda trial: "error" if trial.id == broken else "trained")
    assert search.over
    assert search.found().equal_budgets
    assert [cell.failed for cell in search.found().cells] == [1, 0, 0, 0]
    assert [trial.id for trial in search.expected_trainings()] == [broken]
    finished = {key: found for key, found in rows.items() if found["outcome"] != "error"}
    again = Search(plan, finished, open_journal(path))
    assert [task.trial.id for task in train(again, finished)] == [broken]
    assert again.found().cells[0].failed == 0


def test_trainings_are_counted_before_the_values_are_known():
    plan = planned(values=4, sampler="tpe")
    search, rows = Search(plan, {}, InMemoryStorage()), {}
    assert len(search.expected_trainings()) == 4 * (8 + 3)
    train(search, rows, most=9)
    assert len(search.expected_trainings()) == 4 * (8 + 3) - 9


def test_a_cell_that_has_been_tuned_is_finished_before_another_is_begun():
    search, _ = Search(planned(values=2, seeds=2), {}, InMemoryStorage()), {}
    regimes = [task.regime for task in train(search, {})]
    assert regimes[:6] == [Regime.TUNING] * 4 + [Regime.TUNED] * 2


def test_values_are_looked_for_anew_in_another_range(tmp_path):
    plan, path = planned(values=2), tmp_path / "journal"
    searched(plan, open_journal(path))
    cells = tuple(dataclasses.replace(cell, range=LogRange(1e-4, 1e-3)) for cell in plan.cells)
    search, _ = searched(dataclasses.replace(plan, cells=cells), open_journal(path))
    assert all(max(cell.values) <= 1e-3 for cell in search.found().cells)


def test_a_space_without_ranges_can_not_be_tuned():
    space = dataclasses.replace(SPACE, nuisance=None)
    trials = space.trials(small_trial(DIGITS).protocol, [0])
    with pytest.raises(SpaceError, match="declares no range to tune in"):
        plan_tuning(space, trials, DIGITS, Budget())
