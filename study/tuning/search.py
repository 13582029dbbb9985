"""The search for each cell's value: one Optuna study each, asked and told. No Ray.

An Optuna trial is one value of the setting; it is trained with several seeds, on a part of the
training images, and told the mean error on the rest of them. Records are the truth: what is
recorded is never trained again, and a journal that is lost is made again from them.

With pruning Optuna is also told the mean error after each epoch that all trainings of a value have
reached, and says whether to go on with it.
"""

import contextlib
import hashlib
import json
import tempfile
from collections import deque
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import optuna
from optuna.storages import BaseStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, TrialState
from scipy.stats import qmc

from results import Outcome
from results.records.tuning import TunedCell, Tuning, choose, tried_value
from results.storage.files import remove
from results.storage.remote import AnyPath
from search_spaces import Regime, Trial
from study.tuning.budget import GRID, QMC, RANDOM, TPE, Budget
from study.tuning.plan import CellPlan, Task, TuningPlan

_NO_CURVES: Mapping[str, Sequence[float]] = {}
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, AssertionError)


@contextlib.contextmanager
def kept_journal(path: AnyPath) -> Generator[BaseStorage]:
    """The Optuna storage in this file; for the holder of the study's lock only.

    Optuna writes to local files only: one in a store is a copy here, put back when the block ends,
    and not if that raises. A driver that is killed leaves an older one or none.

    Raises:
        ResultsError, OSError: it can't be read or written.
    """
    if isinstance(path, Path):
        yield open_journal(path)
        return
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        local = Path(folder) / path.name
        with contextlib.suppress(FileNotFoundError):
            local.write_bytes(path.read_bytes())
        yield open_journal(local)
        if local.exists():
            path.put(local)


def open_journal(path: Path) -> BaseStorage:
    """The Optuna storage in this file; for the holder of the study's lock only.

    What a killed driver left half-written is cut off, and a file that can't be read is set aside:
    nothing stands in it that the records don't tell.
    """
    for name in path.parent.glob(f"{path.name}.lock*"):
        remove(name)
    if path.exists():
        text = path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if whole != text:
            path.write_bytes(whole)
    try:
        return JournalStorage(JournalFileBackend(str(path)))
    except _DAMAGE:
        path.replace(path.with_name(f"{path.name}.damaged"))
        return JournalStorage(JournalFileBackend(str(path)))


class Search:
    """The search for each cell's value: says what to train, and is told what that gave."""

    def __init__(
        self,
        plan: TuningPlan,
        rows: Mapping[str, Mapping[str, Any]],
        storage: BaseStorage,
        *,
        curves: Mapping[str, Sequence[float]] = _NO_CURVES,
    ) -> None:
        """Take up what is recorded.

        Args:
            plan: what to search.
            rows: of `trials` by id, of finished trials only; other studies' may be among them.
            storage: of the Optuna studies.
            curves: validation accuracies after each epoch, by trial id, as far as recorded.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        self._plan = plan
        self._rows = dict(rows)
        self._curves = dict(curves)
        self._ready: deque[Task] = deque()
        self._of_cell: dict[str, _CellSearch] = {}
        self._cells = [
            _CellSearch(plan, cell, self._rows, self._curves, storage) for cell in plan.cells
        ]
        # A stable sort: equal costs keep the plan's order.
        for cell in sorted(self._cells, key=lambda cell: -cell.plan.trials[0].relative_cost):
            self._advance(cell)

    @property
    def over(self) -> bool:
        """Whether there is nothing to train any more, whatever is still told."""
        return not self._ready and all(cell.chosen is not None for cell in self._cells)

    def next_task(self) -> Task | None:
        """The next trial to train; None where there is none, or none yet."""
        return self._ready.popleft() if self._ready else None

    def add(self, row: Mapping[str, Any]) -> bool:
        """Take in the row of a trial that has ended; whether a cell's value is chosen by it."""
        self._rows[row["trial_id"]] = row
        cell = self._of_cell.get(row["trial_id"])
        if cell is None or cell.chosen is not None:
            return False
        self._advance(cell)
        return cell.chosen is not None

    def prunes(self, trial_id: str, accuracies: Sequence[float]) -> bool:
        """Whether a training is to be stopped, by its validation accuracies after each epoch.

        So it is once a training of the same value was. Else Optuna's median rule decides, at the
        last epoch that all of the value's trainings have reached.
        """
        self._curves[trial_id] = tuple(accuracies)
        return trial_id in self._of_cell and self._of_cell[trial_id].prunes(trial_id)

    def left(self) -> list[Trial]:
        """The trials without a finished record; for values not known yet, ones of equal cost."""
        return [trial for cell in self._cells for trial in cell.left()]

    def found(self) -> Tuning:
        """How things stand, for `study.json`."""
        return Tuning(
            setting=self._plan.setting,
            values=self._plan.budget.values,
            seeds=self._plan.seeds,
            sampler=self._plan.budget.sampler,
            dataset_hash=self._plan.dataset.hash,
            train_size=len(self._plan.dataset.y_train),
            validation_size=len(self._plan.dataset.y_test),
            cells=tuple(cell.found() for cell in self._cells),
            prune=self._plan.budget.prune,
        )

    def _advance(self, cell: "_CellSearch") -> None:
        fresh = cell.advance()
        self._of_cell.update({trial.id: cell for trial in fresh})
        prunable = self._plan.budget.prune
        tasks = [Task(trial=trial, regime=Regime.TUNING, prunable=prunable) for trial in fresh]
        self._ready.extend(task for task in tasks if task.trial.id not in self._rows)
        if cell.chosen is not None:
            tuned = self._plan.tuned_trials(cell.plan, cell.chosen)
            # In front: a cell that has been tuned is finished before another one is begun.
            self._ready.extendleft(
                Task(trial=trial, regime=Regime.TUNED)
                for trial in reversed(tuned)
                if trial.id not in self._rows
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A value that was asked for, the number of its Optuna trial, and its trainings."""

    number: int
    value: float
    trials: tuple[Trial, ...]


class _CellSearch:
    """One cell: its Optuna study, the values asked for, and the one chosen."""

    def __init__(
        self,
        tuning: TuningPlan,
        plan: CellPlan,
        rows: Mapping[str, Mapping[str, Any]],
        curves: Mapping[str, Sequence[float]],
        storage: BaseStorage,
    ) -> None:
        self.plan = plan
        self.chosen: float | None = None
        self._at_edge = False
        self._tuning = tuning
        self._rows = rows
        self._curves = curves
        self._asked: list[_Asked] = []
        self._told: set[int] = set()
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
        """Tell what has been trained, ask what may be asked, choose if it was the last value.

        Returns:
            The trainings of the values asked for now.
        """
        before = len(self._asked)
        budget = self._tuning.budget
        for asked in self._asked:
            self._tell(asked)
        # An adaptive sampler asks for one value at a time: the same ones whatever ends first.
        while len(self._asked) < budget.values and (
            budget.sampler != TPE or all(map(self._is_done, self._asked))
        ):
            self._asked.append(self._ask(len(self._asked)))
            self._tell(self._asked[-1])
        if len(self._asked) == budget.values and all(map(self._is_done, self._asked)):
            self.chosen, self._at_edge = choose(
                [tried_value(asked.value, self._rows_of(asked)) for asked in self._asked]
            )
        return tuple(trial for asked in self._asked[before:] for trial in asked.trials)

    def prunes(self, trial_id: str) -> bool:
        asked = next(one for one in self._asked if trial_id in {trial.id for trial in one.trials})
        ended = [self._rows[trial.id] for trial in asked.trials if trial.id in self._rows]
        if any(row["outcome"] == Outcome.PRUNED for row in ended):
            return True
        trial = self._report(asked)
        return trial is not None and trial.should_prune()

    def left(self) -> list[Trial]:
        """The cell's trials without a finished record; for unknown values, ones of equal cost."""
        known = [trial for asked in self._asked for trial in asked.trials] + self._tuned()
        unfinished = [trial for trial in known if not self._is_finished(trial)]
        unasked = self._tuning.budget.values - len(self._asked)
        unknown = self._tuning.tuning_trials(self.plan, self.plan.range.low) * unasked
        unchosen = self.plan.trials if self.chosen is None else ()
        return [*unfinished, *unknown, *unchosen]

    def found(self) -> TunedCell:
        done = [asked for asked in self._asked if self._is_done(asked)]
        tried = [tried_value(asked.value, self._rows_of(asked)) for asked in done]
        ids = [trial.id for asked in self._asked for trial in asked.trials]
        ended = [self._rows[key] for key in ids if key in self._rows]
        pruned_at = tuple(
            len(self._curves[row["trial_id"]]) for row in ended if row["outcome"] == Outcome.PRUNED
        )
        whole = self.plan.trials[0].protocol.epochs
        return TunedCell(
            levels=self.plan.trials[0].cell.as_dict(),
            low=self.plan.range.low,
            high=self.plan.range.high,
            values=tuple(asked.value for asked in self._asked),
            tuning_ids=tuple(tuple(trial.id for trial in asked.trials) for asked in self._asked),
            spent=len(ended),
            epochs=whole * (len(ended) - len(pruned_at)) + sum(pruned_at),
            failed=sum(seen.failed for seen in tried),
            pruned=sum(seen.pruned for seen in tried),
            pruned_at=pruned_at,
            chosen=self.chosen,
            at_edge=self._at_edge,
            tuned_ids=tuple(trial.id for trial in self._tuned()),
        )

    def _ask(self, number: int) -> _Asked:
        """The value of this number: as the journal has it, or a new one."""
        range_, setting = self.plan.range, self._tuning.setting
        known = self._study.get_trials(deepcopy=False)[number : number + 1]
        if known and setting in known[0].params:
            value = known[0].params[setting]
        else:
            value = self._ask_optuna(number, known).suggest_float(
                setting, range_.low, range_.high, log=True
            )
        trials = self._tuning.tuning_trials(self.plan, value)
        return _Asked(number=number, value=value, trials=trials)

    def _ask_optuna(self, number: int, known: list[FrozenTrial]) -> optuna.trial.Trial:
        """The Optuna trial of this number, its value not yet asked for."""
        budget = self._tuning.budget
        # A new sampler for each value: a driver that goes on asks as one that was never stopped.
        self._study.sampler = optuna.samplers.TPESampler(
            seed=self._seed + number, n_startup_trials=max(1, budget.values // 3)
        )
        if known and known[0].state is TrialState.RUNNING:
            # Left by a driver that was killed while it asked; only its id leads back to it.
            return optuna.trial.Trial(self._study, known[0]._trial_id)
        if not known and budget.sampler != TPE:
            self._study.enqueue_trial({self._tuning.setting: self._planned_value(number)})
        return self._study.ask()

    def _planned_value(self, number: int) -> float:
        """The value of this number, of a sampler that looks at no result."""
        budget = self._tuning.budget
        share = {
            QMC: lambda: qmc.Halton(1, rng=self._seed).fast_forward(number).random().item(),
            RANDOM: lambda: np.random.default_rng([self._seed, number]).random(),
            GRID: lambda: number / (budget.values - 1) if budget.values > 1 else 0.5,
        }[budget.sampler]()
        return self.plan.range.at(share)

    def _tell(self, asked: _Asked) -> None:
        """Tell what a value gave, once; one with a training that raised stays open for a retry."""
        if asked.number in self._told or not self._is_done(asked):
            return
        self._told.add(asked.number)
        rows = self._rows_of(asked)
        if any(row["outcome"] == Outcome.ERROR for row in rows):
            return
        seen = tried_value(asked.value, rows)
        if self._tuning.budget.prune or seen.pruned:
            self._report(asked)
        error, state = (None, TrialState.PRUNED) if seen.pruned else (seen.error, None)
        self._study.tell(asked.number, error, state=state, skip_if_finished=True)

    def _report(self, asked: _Asked) -> optuna.trial.Trial | None:
        """The Optuna trial of a value, told its errors by epoch; None where it has been closed."""
        known = self._study.get_trials(deepcopy=False)[asked.number]
        if known.state.is_finished():
            return None
        trial = optuna.trial.Trial(self._study, known._trial_id)
        curves = [self._curves.get(training.id, ()) for training in asked.trials]
        for epoch, accuracies in enumerate(zip(*curves, strict=False), start=1):
            if epoch not in known.intermediate_values:
                trial.report(1 - sum(accuracies) / len(accuracies), step=epoch)
        return trial

    def _tuned(self) -> list[Trial]:
        chosen = self.chosen
        return [] if chosen is None else list(self._tuning.tuned_trials(self.plan, chosen))

    def _is_finished(self, trial: Trial) -> bool:
        row = self._rows.get(trial.id)
        return row is not None and row["outcome"] != Outcome.ERROR

    def _is_done(self, asked: _Asked) -> bool:
        return all(trial.id in self._rows for trial in asked.trials)

    def _rows_of(self, asked: _Asked) -> list[Mapping[str, Any]]:
        return [self._rows[trial.id] for trial in asked.trials]


def _pruner(budget: Budget, epochs: int) -> optuna.pruners.BasePruner:
    """Half of the values are trained to the end, whatever the others do, and each for a third.

    So there is always one to choose, and what only starts slowly has some time.
    """
    return optuna.pruners.MedianPruner(
        n_startup_trials=max(1, budget.values // 2), n_warmup_steps=max(1, epochs // 3)
    )


def _digest(tuning: TuningPlan, plan: CellPlan) -> str:
    """Identity of a cell's search: whatever would make its values or what they give others."""
    budget = tuning.budget
    identity = {
        "trainings": [trial.id for trial in tuning.tuning_trials(plan, plan.range.low)],
        "range": [plan.range.low, plan.range.high],
        "sampler": budget.sampler,
        # The other samplers' first values are the same, however many follow.
        "values": budget.values if budget.sampler in (GRID, TPE) else None,
    }
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()
