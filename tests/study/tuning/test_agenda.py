"""The order in which trials are handed out. Nothing is trained."""

from optuna.storages import InMemoryStorage

from search_spaces import Regime
from study.tuning.agenda import Agenda
from study.tuning.budget import Budget
from study.tuning.plan import plan_tuning
from study.tuning.search import Search
from tests.given.trials import small_digits, small_trial
from tests.given.tuned_studies import OPTIMIZERS

DIGITS = small_digits(train_size=60)


def drained(agenda):
    """Everything that is handed out, each trial having left the same record before the next."""
    tasks = []
    while task := agenda.next_task():
        tasks.append(task)
        row = {"trial_id": task.trial.id, "outcome": "trained", "test_accuracy": 0.9}
        agenda.add(row)
    return tasks


def tuned(space, **settings):
    trials = space.trials(small_trial(DIGITS, settings=settings).protocol, range(2))
    budget = Budget(values=3, seeds=1, sampler="grid")
    return trials, Search(plan_tuning(space, trials, DIGITS, budget), {}, InMemoryStorage())


def test_costly_trials_come_first_and_equal_ones_in_the_order_of_the_plan():
    trials = [
        small_trial(DIGITS, seed=seed, filter_order=order)
        for seed in (0, 1)
        for order in ("ascending", "descending")
    ]
    handed_out = [task.trial for task in drained(Agenda(trials))]
    assert handed_out == [trials[1], trials[3], trials[0], trials[2]]


def test_trials_at_the_fixed_rate_fill_in_while_tuning_is_waited_for():
    trials, search = tuned(OPTIMIZERS.narrowed({"normalization": ["range"]}))
    agenda = Agenda(trials, search)
    assert agenda.size == 4 + 2 * (3 + 2)
    without_results = [agenda.next_task().regime for _ in range(10)]
    assert without_results == [Regime.TUNING] * 6 + [Regime.FIXED] * 4
    assert agenda.next_task() is None
    assert not agenda.over


def test_a_choice_is_told_once_per_cell_and_everything_is_handed_out_once():
    trials, search = tuned(OPTIMIZERS)
    choices = []
    agenda = Agenda(trials, search, on_choice=lambda: choices.append(1))
    tasks = drained(agenda)
    assert agenda.over
    assert len(choices) == 4
    assert len(tasks) == len({task.trial.id for task in tasks}) == agenda.size


def test_a_cell_that_chooses_the_fixed_rate_is_not_trained_twice():
    # The middle of three values from 0.001 to 1, all equally good.
    space = OPTIMIZERS.narrowed({"optimizer": ["sgd"], "normalization": ["range"]})
    trials, search = tuned(space, learning_rate=0.03162)
    tasks = drained(Agenda(trials, search))
    assert len(tasks) == 3 + 2
    assert {cell.chosen for cell in search.found().cells} == {0.03162}
    assert set(search.found().tuned_ids) == {trial.id for trial in trials}
