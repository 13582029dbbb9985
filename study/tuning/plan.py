"""Tuning inside cells, planned: which trainings show what a value is worth, and which use it."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from search_spaces import LogRange, Regime, Space, Trial
from study.data.dataset import Dataset
from study.data.sources import validation_split
from study.tuning.budget import Budget

# Seeds of tuning trials begin here, those of a study's own trials at 0: none is used twice.
FIRST_SEED = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A trial to be trained, and what for; only one that tunes may be stopped early."""

    trial: Trial
    regime: Regime = Regime.FIXED
    prunable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CellPlan:
    """How one cell is tuned.

    Args:
        range: in which values are looked for.
        trials: of the study, one for each seed, at the fixed setting.
    """

    range: LogRange
    trials: tuple[Trial, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TuningPlan:
    """How the cells of a study are tuned.

    Args:
        setting: of the protocol.
        budget: of each cell.
        dataset: the validation split.
        cells: in the order of the study.
    """

    setting: str
    budget: Budget
    dataset: Dataset
    cells: tuple[CellPlan, ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the trainings of each value."""
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
        """The cell's trials of the study with this value of the setting."""
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
        space: whose ranges.
        trials: of the study, at the fixed setting. Of two models of one cell that differ in the
            protocol only, the first is tuned.
        dataset: their images.
        budget: of each cell.

    Raises:
        SpaceError: the space declares no range.
        DataError: there are too few images to hold some out.
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
