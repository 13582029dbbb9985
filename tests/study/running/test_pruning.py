"""Pruning in the search, on objectives whose best value is known. Nothing is trained."""

import math

import pytest
from optuna.storages import InMemoryStorage

from search_spaces import Regime, SpaceError
from study.planning.options import read_options
from study.planning.plan import make_plan
from study.tuning.budget import SAMPLERS, Budget
from study.tuning.journal import open_journal
from study.tuning.plan import plan_tuning
from study.tuning.search import Search
from tests.given.trials import small_trial
from tests.study.tuning.test_search import BEST, DIGITS, SPACE

EPOCHS, VALUES, SEEDS = 9, 16, 2
# sgd and adam.
PAIR = SPACE.narrowed({"normalization": ["range"]})


def planned(*, prune=True, **budget):
    protocol = small_trial(DIGITS, settings={"epochs": EPOCHS}).protocol
    trials = PAIR.trials(protocol, range(3))
    return plan_tuning(PAIR, trials, DIGITS, Budget(values=VALUES, prune=prune, **budget))


def accuracies(trial, epochs):
    """A curve that rises to what the distance from the best rate allows."""
    rate, least = BEST[trial.cell.as_dict()["optimizer"]]
    error = min(0.7, least + 0.1 * math.log10(trial.protocol.learning_rate / rate) ** 2)
    return tuple(1 - error - 0.2 * (1 - epoch / EPOCHS) for epoch in range(1, epochs + 1))


class Training:
    """Two workers that train epoch by epoch what a search asks for, and keep what it leaves."""

    def __init__(self, *, workers=2):
        self.rows, self.curves, self.epochs, self.given = {}, {}, 0, []
        self._workers = workers

    def go_on(self, search, *, most=10**9):
        """Until nothing is left to train, or this many epochs more have been trained."""
        running, until = {}, self.epochs + most
        while self.epochs < until:
            while len(running) < self._workers and (task := search.next_task()):
                running[task.trial.id] = (task, 0)
                self.given.append(task)
            if not running:
                break
            for key, (task, before) in list(running.items()):
                running[key] = (task, before + 1)
                if self._ends(search, task, before + 1):
                    del running[key]
        return search

    def _ends(self, search, task, epoch):
        self.epochs += 1
        curve, last = accuracies(task.trial, epoch), epoch == EPOCHS
        pruned = task.prunable and not last and search.add_curve(task.trial.id, curve)
        if last or pruned:
            row = {
                "trial_id": task.trial.id,
                "outcome": "pruned" if pruned else "trained",
                "test_accuracy": curve[-1],
            }
            self.rows[task.trial.id], self.curves[task.trial.id] = row, curve
            search.add(row)
        return last or pruned


def trained(plan, **options):
    training = Training(**options)
    return training, training.go_on(Search(plan, {}, InMemoryStorage())).found()


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_best_value_is_found_with_fewer_epochs(sampler):
    whole, _ = trained(planned(prune=False, sampler=sampler))
    pruned, found = trained(planned(sampler=sampler))
    assert pruned.epochs < whole.epochs
    assert found.equal_budgets
    for cell in found.cells:
        assert abs(math.log10(cell.chosen / BEST[cell.levels["optimizer"]][0])) < 0.5
        assert 0 < cell.pruned <= VALUES // 2
        assert cell.epochs == (VALUES * SEEDS - len(cell.pruned_at)) * EPOCHS + sum(cell.pruned_at)
        assert cell.epochs < VALUES * SEEDS * EPOCHS
        assert not cell.doubts


@pytest.mark.parametrize("sampler", ["qmc", "random", "grid"])
def test_values_and_the_one_chosen_are_those_without_pruning(sampler):
    _, whole = trained(planned(prune=False, sampler=sampler))
    _, pruned = trained(planned(sampler=sampler))
    for before, after in zip(whole.cells, pruned.cells, strict=True):
        assert (before.values, before.chosen) == (after.values, after.chosen)
        assert before.tuned_ids == after.tuned_ids
        assert (before.pruned, before.pruned_at) == (0, ())


def test_no_trial_at_a_fixed_or_a_chosen_value_can_be_pruned():
    training, found = trained(planned())
    assert {task.regime for task in training.given if task.prunable} == {Regime.TUNING}
    assert {training.rows[key]["outcome"] for key in found.tuned_ids} == {"trained"}
    assert not any(task.prunable for task in trained(planned(prune=False))[0].given)


def test_a_third_of_the_epochs_is_granted_to_every_value():
    _, found = trained(planned())
    assert min(found.pruned_at) >= EPOCHS // 3
    assert max(found.pruned_at) < EPOCHS


@pytest.mark.parametrize("workers", [1, 3, 1000])
def test_budgets_are_equal_whatever_trains_at_a_time(workers):
    _, found = trained(planned(), workers=workers)
    assert found.equal_budgets
    # All at once there is nothing yet to compare with.
    assert bool(found.pruned_at) == (workers < 1000)


@pytest.mark.parametrize("sampler", SAMPLERS)
@pytest.mark.parametrize("is_journal_lost", [False, True])
def test_a_killed_search_trains_nothing_again(sampler, is_journal_lost, tmp_path):
    plan, training = planned(sampler=sampler), Training()
    for kill in range(5):
        path = tmp_path / (f"journal{kill}" if is_journal_lost else "journal")
        search = Search(plan, training.rows, open_journal(path), curves=training.curves)
        before = dict(training.rows)
        given = len(training.given)
        training.go_on(search, most=70)
        assert not {task.trial.id for task in training.given[given:]} & before.keys()
        assert before.items() <= training.rows.items()
    search = Search(plan, training.rows, open_journal(path), curves=training.curves)
    found = training.go_on(search).found()
    assert search.over
    assert not search.expected_trainings()
    assert found.equal_budgets
    outcomes = [training.rows[key]["outcome"] for key in found.tuning_ids]
    assert outcomes.count("pruned") == len(found.pruned_at) > 0
    again = Search(plan, training.rows, InMemoryStorage(), curves=training.curves)
    assert again.over
    assert again.found() == found


def test_a_value_of_which_one_training_was_pruned_is_given_up_after_a_kill():
    plan = planned()
    asked = Search(plan, {}, InMemoryStorage())
    first, second = (asked.next_task().trial for _ in range(2))
    row = {"trial_id": first.id, "outcome": "pruned", "test_accuracy": 0.2}
    search = Search(plan, {first.id: row}, InMemoryStorage(), curves={first.id: (0.1, 0.2, 0.2)})
    assert search.add_curve(second.id, (0.99,))


def test_what_was_pruned_stays_so_without_the_option():
    training, found = trained(planned())
    plan = planned(prune=False)
    search = Search(plan, training.rows, InMemoryStorage(), curves=training.curves)
    assert search.over
    assert [cell.pruned_at for cell in search.found().cells] == [
        cell.pruned_at for cell in found.cells
    ]
    assert not search.found().prune


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--space", "full"], "--prune needs --tune"),
        (["--space", "tuned", "--epochs", "1"], "--prune with --epochs 1: there is nothing to"),
        (["--space", "tuned", "--tune-values", "1"], "--prune with --tune-values 1: there is noth"),
    ],
)
def test_pruning_is_refused_where_nothing_could_be_pruned(arguments, message, tmp_path):
    out = ("--dataset", "digits", "--out", str(tmp_path / "study"))
    options = read_options([*arguments, *out, "--prune"])
    with pytest.raises(SpaceError, match=message):
        make_plan(options)
