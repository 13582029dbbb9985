"""What a command would run: the space narrowed, the protocol settled, the trials counted."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from optuna.storages import BaseStorage, InMemoryStorage

from results import ResultsError, StudyPaths
from results.records.description import Description, describe
from results.records.inventory import Inventory, take_inventory
from search_spaces import (
    SETTINGS,
    Full,
    Protocol,
    Setting,
    Space,
    SpaceError,
    Trial,
    find_space,
    parse_setting,
    unknown_name,
)
from study.data.dataset import Dataset
from study.data.sources import load_dataset, subset
from study.planning.fraction import with_fraction
from study.planning.options import Options
from study.process.environment import BANDED, STOCK, kernel_of
from study.tuning.budget import Budget
from study.tuning.plan import TuningPlan, plan_tuning
from study.tuning.search import Search

# A plan holds all of its trials in memory, and so does Ray.
_MOST_TRIALS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study ready to run.

    Args:
        space: as declared, narrowed by the options.
        whole: the data set as loaded.
        dataset: its images of the protocol.
        trials: all at fixed settings, in the order declared; at least one.
        tuning: how cells are tuned; None where they are not.
        to_tune: trials that the tuning still adds, stand-ins of equal cost for those not known yet.
        inventory: what the directory held when last looked at.
        kernel: one of `study.process.environment.KERNELS`.
        description: what `study.json` will say.
        paths: of the study directory.
        save_models: whether networks are to be kept.
    """

    space: Space
    whole: Dataset
    dataset: Dataset
    trials: tuple[Trial, ...]
    tuning: TuningPlan | None
    to_tune: tuple[Trial, ...]
    inventory: Inventory
    kernel: str
    description: Description
    paths: StudyPaths
    save_models: bool

    @property
    def missing(self) -> tuple[Trial, ...]:
        """The trials at fixed settings without a record in the directory."""
        return tuple(trial for trial in self.trials if trial.id not in self.inventory.recorded)

    @property
    def left(self) -> tuple[Trial, ...]:
        """All that is to be trained."""
        return (*self.missing, *self.to_tune)

    def with_inventory(self, inventory: Inventory) -> "Plan":
        """The plan with what the directory holds now."""
        to_tune = _to_tune(self.tuning, inventory)
        return dataclasses.replace(self, inventory=inventory, to_tune=to_tune)

    def search(self, storage: BaseStorage) -> Search | None:
        """The search for each cell's value, as far as the records tell; None without tuning."""
        return _search(self.tuning, self.inventory, storage)


def make_plan(options: Options) -> Plan:
    """The plan for these options; reads the data set and the records, writes nothing.

    Raises:
        SpaceError: an unknown space, setting, factor or level, or a value out of its range.
        DataError: the data set can't be had, or has fewer images than asked for.
        ResultsError: records in the directory are of a later version or another kernel, or a
            factor's name is taken.
    """
    space = _designed(find_space(options.space).narrowed(_kept_levels(options)), options)
    whole = load_dataset(options.dataset)
    settings = {**space.default_settings(whole.name), **_given_settings(options)}
    _check_size(len(space.cells()), options.seeds, what=f"--seeds {options.seeds}")
    trials = space.trials(_protocol(whole, settings), range(options.seeds))
    paths = StudyPaths(options.out or Path("runs") / f"{space.name}-{whole.name}")
    protocol = trials[0].protocol
    inventory = take_inventory(paths)
    dataset = subset(
        whole,
        train_size=protocol.train_size,
        test_size=protocol.test_size,
        seed=protocol.subset_seed,
    )
    tuning = _tuning(options, space, trials, dataset)
    return Plan(
        space=space,
        whole=whole,
        dataset=dataset,
        trials=trials,
        tuning=tuning,
        to_tune=_to_tune(tuning, inventory),
        inventory=inventory,
        kernel=_kernel(options, inventory),
        description=describe(space, trials),
        paths=paths,
        save_models=options.save_models,
    )


def _kernel(options: Options, inventory: Inventory) -> str:
    """The kernel asked for, that of the study's records, or the default: one for all of a study.

    Records of any regime count: tuning is trained before what it is for.
    """
    recorded = {kernel_of(inventory.rows[key]) for key in inventory.recorded}
    others = sorted(recorded - {options.kernel})
    if options.kernel and others:
        raise ResultsError(
            f"--kernel {options.kernel}: trials of this study are recorded with kernel "
            f"{others[0]}, and a study has one; leave the option out, or name another --out"
        )
    return options.kernel or (STOCK if recorded == {STOCK} else BANDED)


def _tuning(
    options: Options, space: Space, trials: Sequence[Trial], dataset: Dataset
) -> TuningPlan | None:
    """How to tune, if the space or the options say so."""
    if space.tuned or options.tune:
        budget = options.budget
        what = f"--tune-values {budget.values}, --tune-seeds {budget.seeds}"
        _check_size(len(space.cells()), budget.trainings, what=what)
        _check_pruning(budget, epochs=max(trial.protocol.epochs for trial in trials))
        return plan_tuning(space, trials, dataset, budget)
    for name in ("tune_values", "tune_seeds", "sampler", "prune"):
        if getattr(options, name):
            raise SpaceError(f"--{name.replace('_', '-')} needs --tune")
    return None


def _check_pruning(budget: Budget, *, epochs: int) -> None:
    """Refuse to prune where nothing could ever be."""
    for name, number in (("--epochs", epochs), ("--tune-values", budget.values)):
        if budget.prune and number < 2:
            raise SpaceError(f"--prune with {name} {number}: there is nothing to prune, from 2 on")


def _search(tuning: TuningPlan | None, inventory: Inventory, storage: BaseStorage) -> Search | None:
    if tuning is None:
        return None
    rows = {key: inventory.rows[key] for key in inventory.recorded}
    return Search(tuning, rows, storage, curves=inventory.curves)


def _to_tune(tuning: TuningPlan | None, inventory: Inventory) -> tuple[Trial, ...]:
    search = _search(tuning, inventory, InMemoryStorage())
    return tuple(search.left()) if search else ()


def _check_size(cells: int, each: int, *, what: str) -> None:
    if cells * each > _MOST_TRIALS:
        raise SpaceError(
            f"{what}: {cells} cells make {cells * each:,} trials; at most "
            f"{_MOST_TRIALS:,} are allowed"
        )


def _designed(space: Space, options: Options) -> Space:
    if options.baseline and options.design != "one-at-a-time":
        raise SpaceError("--baseline needs --design one-at-a-time")
    if options.fraction and options.design != "fraction":
        raise SpaceError("--fraction needs --design fraction")
    match options.design:
        case "full":
            return dataclasses.replace(space, design=Full())
        case "one-at-a-time":
            return space.one_at_a_time(options.baseline)
        case "fraction":
            return with_fraction(space, options.fraction)
        case _:
            return space


def _kept_levels(options: Options) -> dict[str, list[str]]:
    """Of `--set`, what names a factor: its levels to keep."""
    factors = [factor.name for factor in find_space(options.space).factors]
    for name in options.settings:
        if name not in factors and name not in SETTINGS:
            raise SpaceError(unknown_name("setting or factor", name, [*SETTINGS, *factors]))
    kept = {name: text for name, text in options.settings.items() if name in factors}
    return {name: text.split(",") for name, text in kept.items()}


def _given_settings(options: Options) -> dict[str, Setting]:
    """The protocol settings the user gave, by `--set` or by an option of their own."""
    own = {name: getattr(options, name) for name in ("epochs", "train_size", "test_size")}
    given = {name: text for name, text in options.settings.items() if name in SETTINGS}
    return {
        **{name: parse_setting(name, text) for name, text in given.items()},
        **{name: value for name, value in own.items() if value is not None},
    }


def _protocol(whole: Dataset, settings: Mapping[str, Setting]) -> Protocol:
    values = {"train_size": len(whole.y_train), "test_size": len(whole.y_test), **settings}
    missing = [name for name in SETTINGS if name not in values and name != "subset_seed"]
    if missing:
        raise SpaceError(f"the space sets no {missing[0]}; give one: --set {missing[0]}=VALUE")
    return Protocol(dataset=whole.name, dataset_hash=whole.hash, **values)
