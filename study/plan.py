"""What a command would run: the space narrowed, the protocol settled, the trials counted."""

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from results import ResultsError, StudyPaths, load_study
from results.aliasing import alias_sentences, untested_claims
from results.description import Description, describe
from results.detection import Sigma, detection_sentences, estimated_sigma
from results.inventory import Inventory, take_inventory
from search_spaces import (
    SETTINGS,
    Protocol,
    Setting,
    Space,
    SpaceError,
    Trial,
    find_space,
    parse_setting,
    unknown_name,
)
from study.data import Dataset, load_dataset, subset
from study.environment import BANDED, STOCK, kernel_of
from study.fraction import with_fraction
from study.models import lacking_sentence
from study.options import Options
from study.unaccepted import unaccepted

# A plan holds all of its trials in memory, and so does Ray.
_MOST_TRIALS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A study ready to run.

    Args:
        space: as declared, narrowed by the options.
        whole: the data set as loaded.
        dataset: its images of the protocol.
        trials: all of them, in the order declared; at least one.
        inventory: what the directory held when last looked at.
        kernel: one of `study.environment.KERNELS`.
        description: what `study.json` will say.
        paths: of the study directory.
        save_models: whether networks are to be kept.
    """

    space: Space
    whole: Dataset
    dataset: Dataset
    trials: tuple[Trial, ...]
    inventory: Inventory
    kernel: str
    description: Description
    paths: StudyPaths
    save_models: bool

    @property
    def missing(self) -> tuple[Trial, ...]:
        """The trials without a record in the directory."""
        return tuple(trial for trial in self.trials if trial.id not in self.inventory.recorded)


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
    _check_size(len(space.cells()), options.seeds)
    trials = space.trials(_protocol(whole, settings), range(options.seeds))
    paths = StudyPaths(options.out or Path("runs") / f"{space.name}-{whole.name}")
    protocol = trials[0].protocol
    inventory = take_inventory(paths)
    return Plan(
        space=space,
        whole=whole,
        dataset=subset(
            whole,
            train_size=protocol.train_size,
            test_size=protocol.test_size,
            seed=protocol.subset_seed,
        ),
        trials=trials,
        inventory=inventory,
        kernel=_kernel(options, trials, inventory),
        description=describe(space, trials),
        paths=paths,
        save_models=options.save_models,
    )


def _kernel(options: Options, trials: Sequence[Trial], inventory: Inventory) -> str:
    """The kernel asked for, that of the study's records, or the default: one for all of a study."""
    recorded = {
        kernel_of(inventory.rows[trial.id]) for trial in trials if trial.id in inventory.recorded
    }
    others = sorted(recorded - {options.kernel})
    if options.kernel and others:
        raise ResultsError(
            f"--kernel {options.kernel}: trials of this study are recorded with kernel "
            f"{others[0]}, and a study has one; leave the option out, or name another --out"
        )
    return options.kernel or (STOCK if recorded == {STOCK} else BANDED)


def plan_table(plan: Plan) -> Table:
    """The plan as a table of two columns, for a person."""
    protocol = plan.trials[0].protocol
    seeds = len({trial.seed for trial in plan.trials})
    table = Table(title=plan.space.title, title_justify="left", show_header=False, box=None)
    for factor in plan.space.factors:
        table.add_row(factor.name, " | ".join(map(str, factor.levels)))
    table.add_row(
        "data",
        f"{protocol.dataset}: {protocol.train_size:,} training, {protocol.test_size:,} test images",
    )
    table.add_row(
        "protocol",
        f"{protocol.epochs} epochs, batch {protocol.batch_size} (evaluation "
        f"{protocol.evaluation_batch_size}), learning rate {protocol.learning_rate:g}",
    )
    if plan.space.baseline:
        levels = " · ".join(map(str, plan.space.baseline.values()))
        table.add_row("design", Text(f"one at a time from {levels}; tells nothing of interactions"))
    for place, sentence in enumerate(_of_fraction(plan.space)):
        table.add_row("" if place else "design", Text(sentence))
    for model in plan.space.models:
        if model.settings:
            departures = ", ".join(f"{name} {value:g}" for name, value in model.settings.items())
            table.add_row("", f"{model.name}: {departures}")
    table.add_row(
        "trials",
        f"{len(plan.trials) // seeds} cells × {seeds} seed{'s' * (seeds > 1)} = "
        f"{len(plan.trials)}, {len(plan.trials) - len(plan.missing)} recorded, "
        f"{len(plan.missing)} to train",
    )
    if begun := sum(plan.paths.checkpoint(trial.id).exists() for trial in plan.missing):
        table.add_row("", f"{begun} of these go on from a checkpoint")
    for sentence in unaccepted(plan.trials, plan.inventory):
        table.add_row("", Text(sentence))
    if plan.save_models and (lacking := lacking_sentence(plan.paths, _recorded(plan))):
        table.add_row("models", Text(lacking))
    for place, sentence in enumerate(_detectable(plan)):
        table.add_row("" if place else "can detect", Text(sentence))
    table.add_row("kernel", plan.kernel)
    table.add_row("directory", str(plan.paths.root))
    return table


def _of_fraction(space: Space) -> tuple[str, ...]:
    """What a fraction is and what it can't tell; nothing of another design."""
    if not space.fraction:
        return ()
    combinations = math.prod(len(factor.levels) for factor in space.factors)
    untested = [claim.name for claim in untested_claims(space.fraction, space.claims)]
    told = f"{', '.join(untested)} on training at all needs cells that differ in its factor alone"
    return (
        f"fraction: {len(space.fraction)} of {combinations:,} combinations",
        *alias_sentences(space.fraction),
        *([f"{told}: none here, so it will stay inconclusive"] if untested else []),
    )


def notes_table(plan: Plan) -> Table:
    """What implements each level and why it is compared, where the space says so."""
    table = Table(box=None)
    for title in ("factor", "level", "part", "why"):
        table.add_column(title, justify="left")
    for factor in plan.space.factors:
        for level, note in factor.notes.items():
            table.add_row(factor.name, str(level), Text(note.part), Text(note.why))
    return table


def _detectable(plan: Plan) -> tuple[str, ...]:
    """What difference this many seeds can detect, by the noise of the records if there are any."""
    sigma = Sigma()
    if plan.inventory.recorded:
        # What is damaged here is set aside when the study begins; it must not stop the plan.
        with contextlib.suppress(ResultsError):
            sigma = estimated_sigma(load_study(plan.paths.root))
    cells = list(dict.fromkeys(trial.cell for trial in plan.trials))
    seeds = len({trial.seed for trial in plan.trials})
    return detection_sentences(cells, seeds=seeds, sigma=sigma)


def _recorded(plan: Plan) -> list[str]:
    return [trial.id for trial in plan.trials if trial.id in plan.inventory.recorded]


def _check_size(cells: int, seeds: int) -> None:
    if cells * seeds > _MOST_TRIALS:
        raise SpaceError(
            f"--seeds {seeds}: {cells} cells make {cells * seeds:,} trials; at most "
            f"{_MOST_TRIALS:,} are allowed"
        )


def _designed(space: Space, options: Options) -> Space:
    if options.baseline and options.design != "one-at-a-time":
        raise SpaceError("--baseline needs --design one-at-a-time")
    if options.fraction and options.design != "fraction":
        raise SpaceError("--fraction needs --design fraction")
    if options.design == "fraction":
        return with_fraction(space, options.fraction)
    return space.designed(options.design, options.baseline) if options.design else space


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
