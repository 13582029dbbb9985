"""A plan as tables for a person: what would run, how often, and what that can and can't tell."""

import contextlib
import math

from optuna.storages import InMemoryStorage
from rich.table import Table
from rich.text import Text

from results import ResultsError, load_study
from results.analysis.detection import (
    Promise,
    assumed_sigma,
    detection_sentences,
    estimated_sigma,
    smallest_difference,
)
from results.analysis.fraction import alias_sentences, single_loss
from results.analysis.limits import limit_sentences
from search_spaces import Cell, Fraction, Full, Named, OneAtATime, RecordedModel, Seeding, Space
from study.planning.fraction import sturdier_design
from study.planning.plan import Plan
from study.planning.unaccepted import unaccepted
from study.training.kept_models import lacking_sentence
from study.tuning.plan import TuningPlan

_SEEDINGS = {
    Seeding.OWN: "runs of different cells are independent, so few seeds tell much",
    Seeding.SHARED: "runs of one seed go together in all cells, so the seed is the unit",
}


def plan_table(plan: Plan) -> Table:
    """The plan as a table for a person: a row of two columns for each thing to know.

    Examples:
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> table = plan_table(make_plan(read_options("--space smoke --dataset digits".split())))
        >>> [str(next(column.cells)) for column in table.columns]
        ['normalization', 'none | range']
    """
    protocol = plan.trials[0].protocol
    table = Table(title=plan.space.title, title_justify="left", show_header=False, box=None)
    for factor in plan.space.factors:
        table.add_row(factor.name, " | ".join(map(str, factor.levels)))
    table.add_row(
        "data",
        f"{protocol.dataset}: {protocol.train_size:,} training, {protocol.test_size:,} test images"
        + f", drawn anew by each seed from {len(plan.whole.y_test):,}" * protocol.resample,
    )
    table.add_row(
        "protocol",
        f"{protocol.epochs} epochs, batch {protocol.batch_size} (evaluation "
        f"{protocol.evaluation_batch_size}), learning rate {protocol.learning_rate:g}",
    )
    table.add_row("learned", Text(str(plan.description.thresholds)))
    _add_design(table, plan.space)
    _add_trials(table, plan)
    for place, sentence in enumerate(_detectable(plan)):
        table.add_row("" if place else "can decide", Text(sentence))
    for place, sentence in enumerate(_undecidable(plan)):
        table.add_row("" if place else "can't decide", Text(sentence))
    table.add_row("seeding", f"{protocol.seeding}: {_SEEDINGS[protocol.seeding]}")
    if protocol.resample:
        table.add_row("", "each seed draws its own data for all cells, so the split is the unit")
    table.add_row("kernel", plan.kernel)
    table.add_row("directory", str(plan.paths.root))
    return table


def notes_table(plan: Plan) -> Table:
    """What implements each level and why it is compared, where the space says so.

    Returns:
        A table with a row for each level that has a note; with none where the space has no notes.

    Examples:
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> plan = make_plan(read_options("--space extended --dataset digits".split()))
        >>> [str(next(column.cells)) for column in notes_table(plan).columns]
        ['normalization', 'none', 'no layer', 'what any normalization has to beat']
    """
    table = Table(box=None)
    for title in ("factor", "level", "part", "why"):
        table.add_column(title, justify="left")
    for factor in plan.space.factors:
        for level, note in factor.notes.items():
            table.add_row(factor.name, str(level), Text(note.part), Text(note.why))
    return table


def _add_design(table: Table, space: Space) -> None:
    match space.design:
        case Full():
            pass
        case OneAtATime(baseline):
            levels = " · ".join(map(str, baseline.values()))
            sentence = f"one at a time from {levels}; tells nothing of interactions"
            table.add_row("design", Text(sentence))
        case Fraction() as fraction:
            for place, sentence in enumerate(_fraction_sentences(space, fraction)):
                table.add_row("" if place else "design", Text(sentence))
        case Named(models):
            for model in models:
                if model.settings:
                    table.add_row("", f"{model.name}: {_departures(model)}")


def _departures(model: RecordedModel) -> str:
    """The settings in which a model departs from the protocol."""
    return ", ".join(f"{name} {value:g}" for name, value in model.settings.items())


def _add_trials(table: Table, plan: Plan) -> None:
    seeds = len({trial.seed for trial in plan.trials})
    table.add_row(
        "trials",
        f"{len(plan.trials) // seeds} cells × {seeds} seed{'s' * (seeds > 1)} = "
        f"{len(plan.trials)}, {len(plan.trials) - len(plan.missing)} recorded, "
        f"{len(plan.missing)} to train",
    )
    if plan.tuning:
        _add_tuning(table, plan, plan.tuning)
    checkpoints = {path.stem for path in plan.paths.checkpoints.glob("*.npz")}
    if n_begun := sum(trial.id in checkpoints for trial in plan.missing):
        table.add_row("", f"{n_begun} of these go on from a checkpoint")
    for sentence in unaccepted(plan.trials, plan.inventory):
        table.add_row("", Text(sentence))
    if plan.save_models and (lacking := lacking_sentence(plan.paths, _recorded_ids(plan))):
        table.add_row("models", Text(lacking))


def _add_tuning(table: Table, plan: Plan, tuning: TuningPlan) -> None:
    budget, cells = tuning.budget, len(tuning.cells)
    nuisance = plan.space.nuisance
    trainings = cells * budget.trainings
    table.add_row(
        "tuning",
        f"{cells} cells × {budget.values} values × {budget.seeds} tuning seeds = {trainings}, then "
        f"{len(plan.trials) // cells} at the best of each cell = "
        f"{len(plan.trials)}",
    )
    if nuisance:
        ranges = "; ".join(
            f"{level} {range_.low:g} to {range_.high:g}"
            for level, range_ in nuisance.ranges.items()
        )
        table.add_row("", f"{nuisance.setting.replace('_', ' ')} by {budget.sampler}: {ranges}")
    split = tuning.dataset
    table.add_row(
        "",
        f"on {len(split.y_train):,} training images, validated on {len(split.y_test):,} others; "
        "the test images are not looked at",
    )
    if budget.prune:
        table.add_row(
            "pruning",
            "a value that does worse than the median of those trained to the end is stopped: cells "
            f"spend equal values and trainings, not equal epochs (at most {_most_epochs(tuning):,} "
            "each); what is stopped depends on which trainings end first",
        )
    total = trainings + 2 * len(plan.trials)
    table.add_row("in all", f"{total} trainings, {len(plan.to_train)} to do")


def _most_epochs(tuning: TuningPlan) -> int:
    """The epochs of a cell's tuning of which nothing is pruned."""
    epochs = max(cell.trials[0].protocol.epochs for cell in tuning.cells)
    return tuning.budget.trainings * epochs


def _fraction_sentences(space: Space, fraction: Fraction) -> tuple[str, ...]:
    """Sentences that say what a fraction is and what it can't tell."""
    combinations = math.prod(len(factor.levels) for factor in space.factors)
    loss = single_loss(fraction.cells)
    return (
        f"fraction: {len(fraction.cells)} of {combinations:,} combinations",
        *alias_sentences(fraction.cells),
        *([loss.sentence(sturdier_design(space))] if loss.fragile else []),
    )


def _detectable(plan: Plan) -> tuple[str, ...]:
    """Sentences on what these seeds can decide, by the deviation of what is recorded."""
    protocol, sigma = plan.trials[0].protocol, None
    if plan.inventory.recorded:
        # What is damaged here is set aside when the study begins; it must not stop the plan.
        with contextlib.suppress(ResultsError):
            sigma = estimated_sigma(load_study(plan.paths.root))
    promise = Promise(
        seeds=len({trial.seed for trial in plan.trials}),
        seeding=protocol.seeding,
        claims=len(plan.space.claims),
        sigma=sigma or assumed_sigma(protocol.test_size),
        smallest=plan.space.smallest or smallest_difference(protocol.test_size),
        overlap=protocol.test_size / protocol.train_size * protocol.resample,
        regimes=1 + (plan.tuning is not None),
    )
    return detection_sentences(_cells(plan), promise)


def _undecidable(plan: Plan) -> tuple[str, ...]:
    """Sentences on what no records of these cells and seeds can decide."""
    seeds = len({trial.seed for trial in plan.trials})
    dropped = f"{', '.join(plan.dropped)}: not asked, as --set leaves out what it speaks of"
    limits = limit_sentences(_cells(plan), plan.space.claims, seeds=seeds)
    return (*([dropped] if plan.dropped else []), *limits)


def _cells(plan: Plan) -> list[Cell]:
    return list(dict.fromkeys(trial.cell for trial in plan.trials))


def _recorded_ids(plan: Plan) -> list[str]:
    """The ids of the study's own trials that are recorded, those at chosen values included."""
    search = plan.search(InMemoryStorage())
    tuned = search.found().tuned_ids if search else ()
    ids = dict.fromkeys((*(trial.id for trial in plan.trials), *tuned))
    return [key for key in ids if key in plan.inventory.recorded]
