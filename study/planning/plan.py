"""What a command would run: the space narrowed, the protocol settled, the trials counted."""

import contextlib
import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from optuna.storages import BaseStorage, InMemoryStorage

from results import ResultsError, StudyPaths, Thresholds, find_thresholds
from results.records.description import Description, describe, read_description
from results.records.inventory import Inventory, take_inventory
from results.records.record import seeding_of
from search_spaces import (
    SETTINGS,
    Above,
    Cell,
    Full,
    Protocol,
    Seeding,
    Setting,
    Space,
    SpaceError,
    Trial,
    find_space,
    parse_setting,
    unknown_name,
)
from study.data.dataset import Dataset
from study.data.sources import load_dataset
from study.data.subsets import images_of, pooled, subset
from study.planning.fraction import as_begun, with_fraction
from study.planning.options import Options
from study.process.rounding import BANDED, kernel_of
from study.tuning.budget import Budget
from study.tuning.plan import TuningPlan, plan_tuning
from study.tuning.search import Search

# A plan holds all of its trials in memory, and so does Ray.
_MOST_TRIALS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study ready to run.

    Args:
        space: the space as declared, narrowed by the options.
        whole: the data set as loaded; all of its images for training and testing alike where each
            seed draws its own.
        dataset: those of its images that the protocol trains and tests on, or draws from.
        dropped: the names of the claims of the space that the levels to keep leave out.
        trials: all trials at the fixed setting, in the order declared; at least one.
        tuning: how cells are tuned; None where they are not.
        to_tune: the trials that tuning still adds; for values that are not known yet trials of
            equal cost stand in, see `Search.expected_trainings`.
        inventory: what the study directory held when it was last looked at.
        kernel: how convolutions are computed, one of `study.process.rounding.KERNELS`.
        description: what `study.json` will say.
        paths: where everything lies in the study directory.
        save_models: whether the model file of each trial is to be kept.

    Examples:
        >>> from study.planning.options import read_options
        >>> plan = make_plan(read_options("--space smoke --dataset digits --seeds 3".split()))
        >>> len(plan.trials), len(plan.missing), len(plan.to_train)
        (12, 12, 12)
        >>> str(plan.paths.root)
        'runs/smoke-digits'
    """

    space: Space
    whole: Dataset
    dataset: Dataset
    dropped: tuple[str, ...]
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
        """The trials at the fixed setting that have no record in the directory."""
        return tuple(trial for trial in self.trials if trial.id not in self.inventory.recorded)

    @property
    def to_train(self) -> tuple[Trial, ...]:
        """All that is still to be trained: what is missing, and what tuning adds."""
        return (*self.missing, *self.to_tune)

    def with_inventory(self, inventory: Inventory) -> "Plan":
        """The same plan for a directory that holds this."""
        to_tune = _to_tune(self.tuning, inventory)
        return dataclasses.replace(self, inventory=inventory, to_tune=to_tune)

    def search(self, storage: BaseStorage) -> Search | None:
        """The search for each cell's value, taken up where the records leave it.

        Args:
            storage: where the Optuna studies are kept.

        Returns:
            The search; None where nothing is tuned.
        """
        return _search(self.tuning, self.inventory, storage)


def make_plan(options: Options) -> Plan:
    """The plan for these options; reads the data set and the records, writes nothing.

    Args:
        options: what the user asked for.

    Raises:
        SpaceError: a space, setting, factor or level is unknown, or a value is out of its range.
        DataError: the data set can't be had, or has fewer images than asked for.
        ResultsError: records in the directory are of a later version, another kernel or another
            seeding, or a factor's name is taken.

    Examples:
        >>> from study.planning.options import read_options
        >>> plan = make_plan(read_options("--space full --dataset digits --set loss=mse".split()))
        >>> len(plan.trials), plan.trials[0].protocol.train_size, plan.kernel
        (16, 1437, 'banded')
    """
    space = _designed(find_space(options.space).narrowed(_kept_levels(options)), options)
    whole = load_dataset(options.dataset)
    images = pooled(whole) if options.resample else whole
    _check_size(len(space.cells()), options.seeds, what=f"--seeds {options.seeds}")
    name = f"{space.name}-{whole.name}{'-resampled' if options.resample else ''}"
    paths = StudyPaths(options.out or Path("runs") / name)
    inventory = take_inventory(paths)
    if options.design == "fraction":
        space = as_begun(space, options.fraction, _recorded_cells(space, inventory))
    chosen = {
        "dataset_hash": images.hash,
        "seeding": _seeding(options, inventory),
        "resample": options.resample,
    }
    planned = _settled(space, options, whole, chosen)
    trials = space.trials(planned, range(options.seeds))
    protocol = trials[0].protocol
    dataset = images if protocol.resample else _kept_images(images, protocol)
    tested = images_of(trials[0], dataset)
    tuning = _tuning(options, space, trials, dataset)
    learned = options.learned or _began_with(space, paths, whole) or space.learned_on(whole.name)
    thresholds = _thresholds(learned, tested)
    if tuning:
        # What tunes is tested on other images, which have to tell as well.
        _thresholds(learned, tuning.dataset)
    return Plan(
        space=space,
        whole=images,
        dataset=dataset,
        dropped=_dropped_claims(space, options),
        trials=trials,
        tuning=tuning,
        to_tune=_to_tune(tuning, inventory),
        inventory=inventory,
        kernel=_kernel(options, inventory),
        description=describe(space, trials, thresholds),
        paths=paths,
        save_models=options.save_models,
    )


def _kept_images(whole: Dataset, protocol: Protocol) -> Dataset:
    return subset(
        whole,
        train_size=protocol.train_size,
        test_size=protocol.test_size,
        seed=protocol.subset_seed,
    )


def _thresholds(learned: Above, dataset: Dataset) -> Thresholds:
    """What separates the outcomes of trials that are tested on these images.

    Raises:
        SpaceError: nothing is declared, and the images can't tell.
    """
    try:
        return find_thresholds(learned, dataset.y_test)
    except ValueError as error:
        raise SpaceError(
            f"{dataset.name}: {error}; say from which accuracy on a run has learned: --learned 0.9"
        ) from error


def _began_with(space: Space, paths: StudyPaths, dataset: Dataset) -> Above | None:
    """From where on a trial has learned in the study that is in this directory; None if in none."""
    # What is damaged is set aside when the study begins.
    with contextlib.suppress(ResultsError):
        study = read_description(paths)
        if study and (study.space, study.dataset) == (space.name, dataset.name):
            return study.thresholds.rule
    return None


def _kernel(options: Options, inventory: Inventory) -> str:
    """The one kernel of a study: the one asked for, else that of its records, else the default.

    Records of any regime count: tuning is trained before what it is for.

    Raises:
        ResultsError: trials are recorded with another kernel than the one asked for.
    """
    recorded = {kernel_of(inventory.rows[key]) for key in inventory.recorded}
    words = "and a study has one"
    return _kept("kernel", options.kernel, recorded, default=BANDED, words=words)


def _seeding(options: Options, inventory: Inventory) -> Seeding:
    """The one seeding of a study: the one asked for, else that of its records, else `own`.

    Raises:
        ResultsError: trials are recorded with another seeding than the one asked for.
    """
    recorded = {seeding_of(inventory.rows[key]).value for key in inventory.recorded}
    words = "and a study keeps the one it began with"
    kept = _kept("seeding", options.seeding, recorded, default=Seeding.OWN.value, words=words)
    return Seeding(kept)


def _kept(option: str, asked: str | None, recorded: set[str], *, default: str, words: str) -> str:
    """What a study keeps throughout: what is asked for, else the one recorded, else the default.

    Raises:
        ResultsError: trials are recorded with another one than is asked for.
    """
    others = sorted(recorded - {asked})
    if asked and others:
        raise ResultsError(
            f"--{option} {asked}: trials of this study are recorded with {option} {others[0]}, "
            f"{words}; leave the option out, or name another --out"
        )
    return asked or (min(recorded) if len(recorded) == 1 else default)


def _tuning(
    options: Options, space: Space, trials: Sequence[Trial], dataset: Dataset
) -> TuningPlan | None:
    """How cells are tuned; None where neither the space nor the options say that they are."""
    if space.tuned or options.tune:
        if options.resample:
            raise SpaceError(
                "--resample doesn't go with tuning: what one seed tunes on, others are tested on; "
                "leave it out, or take a space that isn't tuned"
            )
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
    """Refuse to prune where no training could ever be stopped early."""
    for name, number in (("--epochs", epochs), ("--tune-values", budget.values)):
        if budget.prune and number < 2:
            raise SpaceError(f"--prune with {name} {number}: there is nothing to prune, from 2 on")


def _search(tuning: TuningPlan | None, inventory: Inventory, storage: BaseStorage) -> Search | None:
    """The search, with what is recorded taken in; None where nothing is tuned."""
    if tuning is None:
        return None
    rows = {key: inventory.rows[key] for key in inventory.recorded}
    return Search(tuning, rows, storage, curves=inventory.curves)


def _to_tune(tuning: TuningPlan | None, inventory: Inventory) -> tuple[Trial, ...]:
    """The trials that tuning adds to what is recorded."""
    search = _search(tuning, inventory, InMemoryStorage())
    return tuple(search.expected_trainings()) if search else ()


def _check_size(cells: int, each: int, *, what: str) -> None:
    if cells * each > _MOST_TRIALS:
        raise SpaceError(
            f"{what}: {cells} cells make {cells * each:,} trials; at most "
            f"{_MOST_TRIALS:,} are allowed"
        )


def _designed(space: Space, options: Options) -> Space:
    """The space with the design that the options ask for, or with its own."""
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


def _recorded_cells(space: Space, inventory: Inventory) -> set[Cell]:
    """The cells of a space, whatever its design, that trials are recorded of."""
    levels = {factor.name: factor.levels for factor in space.factors}
    return {
        Cell.of({name: row[name] for name in levels})
        for row in (inventory.rows[key] for key in inventory.recorded)
        if all(row.get(name) in known for name, known in levels.items())
    }


def _dropped_claims(space: Space, options: Options) -> tuple[str, ...]:
    """The claims of the declared space that it lost by being narrowed."""
    kept = {claim.name for claim in space.claims}
    return tuple(c.name for c in find_space(options.space).claims if c.name not in kept)


def _kept_levels(options: Options) -> dict[str, list[str]]:
    """The levels to keep of each factor that `--set` names."""
    factors = [factor.name for factor in find_space(options.space).factors]
    for name in options.settings:
        if name not in factors and name not in SETTINGS:
            raise SpaceError(unknown_name("setting or factor", name, [*SETTINGS, *factors]))
    levels = {name: text for name, text in options.settings.items() if name in factors}
    return {name: text.split(",") for name, text in levels.items()}


def _given_settings(options: Options) -> dict[str, Setting]:
    """The protocol settings the user gave, by `--set` or by their own options, which win."""
    own = {name: getattr(options, name) for name in ("epochs", "train_size", "test_size")}
    texts = {name: text for name, text in options.settings.items() if name in SETTINGS}
    return {
        **{name: parse_setting(name, text) for name, text in texts.items()},
        **{name: value for name, value in own.items() if value is not None},
    }


def _settled(space: Space, options: Options, whole: Dataset, chosen: Mapping[str, Any]) -> Protocol:
    """The protocol that space and options give, by default on all images, with what was chosen."""
    sizes = {"train_size": len(whole.y_train), "test_size": len(whole.y_test)}
    values = {**sizes, **space.default_settings(whole.name), **_given_settings(options)}
    missing = [name for name in SETTINGS if name not in values and name != "subset_seed"]
    if missing:
        raise SpaceError(f"the space sets no {missing[0]}; give one: --set {missing[0]}=VALUE")
    return Protocol(dataset=whole.name, **chosen, **values)
