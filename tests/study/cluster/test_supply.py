"""When a run of Tune ends so that new workers take over. Nothing is trained, no Ray is started."""

from optuna.storages import InMemoryStorage
from ray.tune.search import Searcher

from search_spaces import find_space
from study.cluster.messages import TrainTrial, unpack
from study.cluster.supply import TrialSupply
from study.tuning.agenda import Agenda
from study.tuning.budget import Budget
from study.tuning.plan import plan_tuning
from study.tuning.search import Search
from tests.given.studies import plan
from tests.given.trials import ORIGIN, small_digits, small_trial
from tests.given.tuned_studies import OPTIMIZERS

FULL = plan(find_space("full"), seeds=2)


def runs(agenda, *, most_cells, is_ended=lambda: False):
    """The trials of each run of Tune until nothing is left, each recorded before the next."""
    made = []
    while agenda.peek() and not is_ended():
        supply = TrialSupply(
            agenda,
            request=lambda task: TrainTrial(trial=task.trial, origin=ORIGIN),
            ended=is_ended,
            most_cells=most_cells,
        )
        made.append([])
        while (given := supply.suggest("")) != Searcher.FINISHED:
            message = unpack(given)
            assert isinstance(message, TrainTrial)
            made[-1].append(message.trial)
            row = {"trial_id": message.trial.id, "outcome": "trained", "test_accuracy": 0.9}
            agenda.add(row)
    return made


def cells(trials):
    return {trial.cell for trial in trials}


def test_few_cells_are_one_run_longest_first_in_the_order_of_the_plan():
    (everything,) = runs(Agenda(FULL), most_cells=200)
    costs = [trial.relative_cost for trial in everything]
    assert costs == sorted(costs, reverse=True)
    assert [trial.seed for trial in everything[:16]] == [0] * 16


def test_many_cells_are_several_runs_that_meet_few_each_and_lose_no_trial():
    # 2 workers of 5 cells each: 32 cells are three runs of 10 and one of 2.
    made = runs(Agenda(FULL, cells_of_a_worker=5), most_cells=10)
    assert [len(cells(run)) for run in made] == [10, 10, 10, 2]
    given = [trial.id for run in made for trial in run]
    assert sorted(given) == sorted(trial.id for trial in FULL)


def test_the_seeds_of_a_cell_are_trained_in_one_run():
    for run in runs(Agenda(FULL, cells_of_a_worker=5), most_cells=5):
        assert len(run) == 2 * len(cells(run)) <= 10


def test_a_cell_that_was_met_goes_on_in_the_run_however_many_its_trials_are():
    digits = small_digits()
    trials = [small_trial(digits, seed=seed) for seed in range(30)]
    assert len(runs(Agenda(trials), most_cells=1)) == 1


def test_a_search_goes_on_over_several_runs():
    digits = small_digits(train_size=60)
    trials = OPTIMIZERS.trials(small_trial(digits).protocol, range(2))
    budget = Budget(values=3, seeds=1, sampler="tpe")
    search = Search(plan_tuning(OPTIMIZERS, trials, digits, budget), {}, InMemoryStorage())
    agenda = Agenda(trials, search)
    made = runs(agenda, most_cells=2)
    assert agenda.over
    assert len(made) > 1
    assert all(len(cells(run)) <= 2 for run in made)
    # 4 cells, each 3 tuning trainings, 2 seeds at the chosen rate and 2 at the fixed one.
    given = [trial.id for run in made for trial in run]
    assert len(given) == len(set(given)) == 4 * (3 + 2 + 2)


def test_an_interruption_ends_the_runs_and_keeps_the_rest_on_the_agenda():
    agenda, left = Agenda(FULL), [3]

    def ended():
        left[0] -= 1
        return left[0] < 0

    (run,) = runs(agenda, most_cells=200, is_ended=ended)
    assert run
    rest = []
    while task := agenda.next_task():
        rest.append(task.trial)
    assert [*run, *rest] == [task.trial for task in _all(Agenda(FULL))]


def _all(agenda):
    tasks = []
    while task := agenda.next_task():
        tasks.append(task)
    return tasks
