"""In which portions a long study is trained."""

from search_spaces import find_space
from study.driver import portions
from tests.studies import plan

FULL = plan(find_space("full"), seeds=2)


def test_few_cells_are_one_portion_longest_first():
    (everything,) = portions(FULL, workers=2, cells=32)
    assert len(everything) == 64
    costs = [trial.relative_cost for trial in everything]
    assert costs == sorted(costs, reverse=True)


def test_many_cells_are_portions_in_which_a_worker_meets_few():
    # 64 trials, 2 workers of 5 cells each: 10 trials a portion
    made = portions(FULL, workers=2, cells=5)
    assert [len(portion) for portion in made] == [10] * 6 + [4]
    assert sorted(trial.id for portion in made for trial in portion) == sorted(t.id for t in FULL)


def test_the_seeds_of_a_cell_are_trained_by_the_same_workers():
    for portion in portions(FULL, workers=1, cells=5):
        cells = [trial.cell for trial in portion]
        assert all(cells.count(cell) == 2 for cell in cells)
