"""Tuning inside cells, planned: which trainings show what a value is worth, and which use it."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from search_spaces import LogRange, Regime, Space, Trial
from study.data.dataset import Dataset
from study.data.subsets import validation_split
from study.tuning.budget import Budget

# Seeds of tuning trials begin here, those of a study's own trials at 0: none is used twice.
FIRST_SEED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A trial to be trained, and what it is trained for.

    Args:
        trial: what to train.
        regime: whether it is trained at the fixed setting, to tune, or at a value that was chosen.
        prunable: whether it may be stopped early, as only one that tunes may be.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> from results.records.record import trial_of
        >>> row, *_ = take_inventory(StudyPaths(directory)).rows.values()
        >>> Task(trial=trial_of(row)).regime.value
        'fixed'
    """

    trial: Trial
    regime: Regime = Regime.FIXED
    prunable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """How one cell is tuned.

    Args:
        range: the range in which values are looked for.
        trials: the study's own trials of this cell, one for each seed, at the fixed setting.

    Examples:
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> options = "--space smoke --dataset digits --seeds 3 --tune"
        >>> cell = make_plan(read_options(options.split())).tuning.cells[0]
        >>> cell.range, [trial.seed for trial in cell.trials]
        (LogRange(low=0.001, high=1.0), [0, 1, 2])
    """

    range: LogRange
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPlan:
    """How the cells of a study are tuned.

    Args:
        setting: the name of the protocol setting that is tuned.
        budget: what each cell may spend.
        dataset: the validation split: part of the training images to train on, the rest to test.
        cells: how each cell is tuned, in the order of the study.

    Examples:
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> options = "--space smoke --dataset digits --tune --tune-seeds 2"
        >>> tuning = make_plan(read_options(options.split())).tuning
        >>> trials = tuning.tuning_trials(tuning.cells[0], 0.01)
        >>> [(trial.seed, trial.protocol.learning_rate) for trial in trials]
        [(1000000, 0.01), (1000001, 0.01)]
    """

    setting: str
    budget: Budget
    dataset: Dataset
    cells: tuple[CellPlan, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that each value is trained with; no trial of the study has one of them."""
        return tuple(range(FIRST_SEED, FIRST_SEED + self.budget.seeds))

    def tuning_trials(self, cell: CellPlan, value: float) -> tuple[Trial, ...]:
        """The trainings that show what a value is worth, one for each tuning seed."""
        split = {
            "dataset": self.dataset.name,
            "dataset_hash": self.dataset.hash,
            "train_size": len(self.dataset.y_train),
            "test_size": len(self.dataset.y_test),
        }
        settings: dict[str, Any] = {**split, self.setting: value}
        protocol = dataclasses.replace(cell.trials[0].protocol, **settings)
        return tuple(
            dataclasses.replace(cell.trials[0], seed=seed, protocol=protocol) for seed in self.seeds
        )

    def tuned_trials(self, cell: CellPlan, value: float) -> tuple[Trial, ...]:
        """The study's own trials of a cell, one for each seed, at this value of the setting."""
        settings: dict[str, Any] = {self.setting: value}
        return tuple(
            dataclasses.replace(trial, protocol=dataclasses.replace(trial.protocol, **settings))
            for trial in cell.trials
        )


def plan_tuning(
    space: Space, trials: Sequence[Trial], dataset: Dataset, budget: Budget
) -> TuningPlan:
    """The plan to tune each cell of these trials.

    Args:
        space: the space, which declares in which range each cell's values are looked for.
        trials: the trials of the study, at the fixed setting. Of two models of one cell that differ
            in the protocol only, the first is tuned.
        dataset: the images of these trials.
        budget: what each cell may spend.

    Raises:
        SpaceError: the space declares no range.
        DataError: there are too few training images to hold some out.

    Examples:
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> plan = make_plan(read_options("--space smoke --dataset digits".split()))
        >>> tuning = plan_tuning(plan.space, plan.trials, plan.dataset, Budget())
        >>> tuning.setting, len(tuning.cells)
        ('learning_rate', 4)
        >>> len(plan.dataset.y_train), len(tuning.dataset.y_train), len(tuning.dataset.y_test)
        (1437, 1198, 239)
    """
    by_cell: dict[object, dict[int, Trial]] = {}
    for trial in trials:
        by_cell.setdefault(trial.cell, {}).setdefault(trial.seed, trial)
    cells = tuple(
        CellPlan(
            range=space.range_of(next(iter(by_seed.values())).cell), trials=tuple(by_seed.values())
        )
        for by_seed in by_cell.values()
    )
    return TuningPlan(
        setting=space.nuisance.setting if space.nuisance else "",
        budget=budget,
        dataset=validation_split(dataset, seed=trials[0].protocol.subset_seed),
        cells=cells,
    )
