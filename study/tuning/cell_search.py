"""The search for one cell's value: an Optuna study that is asked for values and told their errors.

An Optuna trial is one value of the setting. It is trained with several seeds, on a part of the
training images, and Optuna is told the mean error on the rest of them.

With pruning Optuna is also told the mean error after each epoch that all trainings of a value have
reached, and says whether to go on with it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import optuna
from optuna.storages import BaseStorage
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import qmc

from results import Outcome
from results.records.tuning import TunedCell, choose, tried_value
from search_spaces import Trial
from study.tuning.budget import GRID, QMC, RANDOM, TPE, Budget
from study.tuning.plan import CellPlan, TuningPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    """A value that Optuna was asked for, the number of its Optuna trial, and its trainings."""

    number: int
    value: float
    trials: tuple[Trial, ...]


class CellSearch:
    """The search in one cell: its Optuna study, the values that are tried, and the one chosen.

    `chosen` is the chosen value, None until all values have been tried.

    Examples:
        >>> from optuna.storages import InMemoryStorage
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> options = "--space smoke --dataset digits --tune --tune-values 1 --tune-seeds 2"
        >>> tuning, rows = make_plan(read_options(options.split())).tuning, {}
        >>> cell = CellSearch(tuning, tuning.cells[0], rows, {}, InMemoryStorage())
        >>> trainings = cell.advance()
        >>> for trial in trainings:
        ...     rows[trial.id] = {"outcome": "trained", "test_accuracy": 0.9}
        >>> cell.advance()
        ()
        >>> cell.chosen == trainings[0].protocol.learning_rate
        True
    """

    def __init__(
        self,
        tuning: TuningPlan,
        plan: CellPlan,
        rows: Mapping[str, Mapping[str, Any]],
        curves: Mapping[str, Sequence[float]],
        storage: BaseStorage,
    ) -> None:
        """Open the cell's Optuna study; nothing is asked for yet.

        Args:
            tuning: how the study is tuned.
            plan: how this cell is.
            rows: the rows of `trials` of trials that have ended, by trial id. The caller adds to
                them, and each call here looks at them as they are then.
            curves: the validation accuracies (0-1) after each epoch, by trial id; the caller adds
                to them, too.
            storage: where the Optuna study is kept.
        """
        self.plan = plan
        self.chosen: float | None = None
        self._at_edge = False
        self._tuning = tuning
        self._rows = rows
        self._curves = curves
        self._candidates: list[_Candidate] = []
        # The numbers of the candidates whose errors Optuna has been told.
        self._told_numbers: set[int] = set()
        digest = _digest(tuning, plan)
        self._seed = int(digest[:8], 16)
        self._study = optuna.create_study(
            storage=storage,
            # Apart from the one without pruning, which holds no curves to compare with.
            study_name=f"{plan.trials[0].cell} [{digest[:8]}]" + " pruned" * tuning.budget.prune,
            direction="minimize",
            pruner=_pruner(tuning.budget, plan.trials[0].protocol.epochs),
            load_if_exists=True,
        )

    def advance(self) -> tuple[Trial, ...]:
        """Tell Optuna what has ended, ask for new values, choose once all have been tried.

        Returns:
            The trainings of the values that were asked for in this call.
        """
        n_before = len(self._candidates)
        budget = self._tuning.budget
        for candidate in self._candidates:
            self._tell(candidate)
        # An adaptive sampler is asked for one value at a time: the same ones whatever ends first.
        while len(self._candidates) < budget.values and (
            budget.sampler != TPE or all(map(self._has_ended, self._candidates))
        ):
            self._candidates.append(self._ask(len(self._candidates)))
            self._tell(self._candidates[-1])
        if len(self._candidates) == budget.values and all(map(self._has_ended, self._candidates)):
            self.chosen, self._at_edge = choose(
                [
                    tried_value(candidate.value, self._rows_of(candidate))
                    for candidate in self._candidates
                ]
            )
        return tuple(
            trial for candidate in self._candidates[n_before:] for trial in candidate.trials
        )

    def falls_behind(self, trial_id: str) -> bool:
        """Whether a running training is to be stopped, by the curves of its value and of others.

        It is once another training of its value has been. Otherwise Optuna's median rule decides,
        at the last epoch that all trainings of the value have reached.
        """
        candidate = next(
            candidate
            for candidate in self._candidates
            if trial_id in {trial.id for trial in candidate.trials}
        )
        ended = [self._rows[trial.id] for trial in candidate.trials if trial.id in self._rows]
        if any(row["outcome"] == Outcome.PRUNED for row in ended):
            return True
        optuna_trial = self._report(candidate)
        return optuna_trial is not None and optuna_trial.should_prune()

    def expected_trainings(self) -> list[Trial]:
        """The cell's trials that lack a finished record, as many and as costly as they will be.

        For a value that is not known yet, trials of equal cost stand in: trainings at the lower end
        of the range for one that is still to be asked for, trials at the fixed setting for the one
        still to be chosen.
        """
        trials = [
            trial for candidate in self._candidates for trial in candidate.trials
        ] + self._tuned()
        unfinished = [trial for trial in trials if not self._is_finished(trial)]
        n_unasked = self._tuning.budget.values - len(self._candidates)
        unasked = self._tuning.tuning_trials(self.plan, self.plan.range.low) * n_unasked
        unchosen = self.plan.trials if self.chosen is None else ()
        return [*unfinished, *unasked, *unchosen]

    def found(self) -> TunedCell:
        """What the search has found in this cell so far, as `study.json` keeps it."""
        ended = [candidate for candidate in self._candidates if self._has_ended(candidate)]
        tried = [tried_value(candidate.value, self._rows_of(candidate)) for candidate in ended]
        ids = [trial.id for candidate in self._candidates for trial in candidate.trials]
        rows = [self._rows[key] for key in ids if key in self._rows]
        pruned_at = tuple(
            len(self._curves[row["trial_id"]]) for row in rows if row["outcome"] == Outcome.PRUNED
        )
        whole = self.plan.trials[0].protocol.epochs
        return TunedCell(
            levels=self.plan.trials[0].cell.as_dict(),
            low=self.plan.range.low,
            high=self.plan.range.high,
            values=tuple(candidate.value for candidate in self._candidates),
            tuning_ids=tuple(
                tuple(trial.id for trial in candidate.trials) for candidate in self._candidates
            ),
            spent=len(rows),
            epochs=whole * (len(rows) - len(pruned_at)) + sum(pruned_at),
            failed=sum(value.failed for value in tried),
            pruned=sum(value.pruned for value in tried),
            pruned_at=pruned_at,
            chosen=self.chosen,
            at_edge=self._at_edge,
            tuned_ids=tuple(trial.id for trial in self._tuned()),
        )

    def _ask(self, number: int) -> _Candidate:
        """The candidate of this number: its value as the journal has it, or a new one."""
        range_, setting = self.plan.range, self._tuning.setting
        noted = self._noted_trial(number)
        if noted and setting in noted.params:
            value = noted.params[setting]
        else:
            value = self._ask_optuna(number, noted).suggest_float(
                setting, range_.low, range_.high, log=True
            )
        trials = self._tuning.tuning_trials(self.plan, value)
        return _Candidate(number=number, value=value, trials=trials)

    def _noted_trial(self, number: int) -> FrozenTrial | None:
        """The Optuna trial of this number as the journal has it; None if it has none."""
        trials = self._study.get_trials(deepcopy=False)
        return trials[number] if number < len(trials) else None

    def _ask_optuna(self, number: int, noted: FrozenTrial | None) -> optuna.trial.Trial:
        """The Optuna trial of this number, its value not yet asked for."""
        budget = self._tuning.budget
        # A new sampler for each value: a driver that goes on asks as one that was never stopped.
        self._study.sampler = optuna.samplers.TPESampler(
            seed=self._seed + number, n_startup_trials=max(1, budget.values // 3)
        )
        if noted and noted.state is TrialState.RUNNING:
            # Left by a driver that was killed while it asked; only its id leads back to it.
            return optuna.trial.Trial(self._study, noted._trial_id)
        if not noted and budget.sampler != TPE:
            self._study.enqueue_trial({self._tuning.setting: self._planned_value(number)})
        return self._study.ask()

    def _planned_value(self, number: int) -> float:
        """The value of this number by a sampler that looks at no result."""
        budget = self._tuning.budget
        share = {
            QMC: lambda: qmc.Halton(1, rng=self._seed).fast_forward(number).random().item(),
            RANDOM: lambda: np.random.default_rng([self._seed, number]).random(),
            GRID: lambda: number / (budget.values - 1) if budget.values > 1 else 0.5,
        }[budget.sampler]()
        return self.plan.range.at(share)

    def _tell(self, candidate: _Candidate) -> None:
        """Tell Optuna what a value gave, once; one that raised stays open for another try."""
        if candidate.number in self._told_numbers or not self._has_ended(candidate):
            return
        self._told_numbers.add(candidate.number)
        rows = self._rows_of(candidate)
        if any(row["outcome"] == Outcome.ERROR for row in rows):
            return
        tried = tried_value(candidate.value, rows)
        if self._tuning.budget.prune or tried.pruned:
            self._report(candidate)
        error, state = (None, TrialState.PRUNED) if tried.pruned else (tried.error, None)
        self._study.tell(candidate.number, error, state=state, skip_if_finished=True)

    def _report(self, candidate: _Candidate) -> optuna.trial.Trial | None:
        """The Optuna trial of a value, told its errors by epoch; None where it has been closed."""
        noted = self._study.get_trials(deepcopy=False)[candidate.number]
        if noted.state.is_finished():
            return None
        optuna_trial = optuna.trial.Trial(self._study, noted._trial_id)
        curves = [self._curves.get(trial.id, ()) for trial in candidate.trials]
        for epoch, accuracies in enumerate(zip(*curves, strict=False), start=1):
            if epoch not in noted.intermediate_values:
                optuna_trial.report(1 - sum(accuracies) / len(accuracies), step=epoch)
        return optuna_trial

    def _tuned(self) -> list[Trial]:
        """The study's own trials of this cell at the chosen value; none until it is chosen."""
        if self.chosen is None:
            return []
        return list(self._tuning.tuned_trials(self.plan, self.chosen))

    def _is_finished(self, trial: Trial) -> bool:
        """Whether a trial has ended without raising; one that raised is tried again."""
        row = self._rows.get(trial.id)
        return row is not None and row["outcome"] != Outcome.ERROR

    def _has_ended(self, candidate: _Candidate) -> bool:
        """Whether all trainings of a value have ended, however they did."""
        return all(trial.id in self._rows for trial in candidate.trials)

    def _rows_of(self, candidate: _Candidate) -> list[Mapping[str, Any]]:
        return [self._rows[trial.id] for trial in candidate.trials]


def _pruner(budget: Budget, epochs: int) -> optuna.pruners.BasePruner:
    """Optuna's median rule, for values after half of them and for epochs after a third.

    So half of the values are trained to the end, whatever the others do: there is always one to
    choose. And what only starts slowly has some time.
    """
    return optuna.pruners.MedianPruner(
        n_startup_trials=max(1, budget.values // 2), n_warmup_steps=max(1, epochs // 3)
    )


def _digest(tuning: TuningPlan, plan: CellPlan) -> str:
    """The identity of a cell's search: all that decides its values or what they give others."""
    budget = tuning.budget
    identity = {
        "trainings": [trial.id for trial in tuning.tuning_trials(plan, plan.range.low)],
        "range": [plan.range.low, plan.range.high],
        "sampler": budget.sampler,
        # The other samplers' first values are the same, however many follow.
        "values": budget.values if budget.sampler in (GRID, TPE) else None,
    }
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()
