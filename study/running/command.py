"""The command: plan, train, record, show. What is typed is read in `study.planning.options`."""

import contextlib
import dataclasses
import gc
import importlib
import os
import shlex
import sys
from collections import Counter
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa
from optuna.storages import BaseStorage
from rich.console import Console

from results import Origin, ResultsError
from results.records.description import earlier_runs, write_description
from results.records.inventory import drop_remnants, set_aside, take_inventory
from results.records.store import compact, read_trials, recorded_ids, write_images
from results.storage.lock import locked
from search_spaces import SpaceError, Trial
from study.cluster.connection import connected
from study.cluster.driver import Workshop, run_trials
from study.cluster.needs import Needs
from study.data.npz import DataError
from study.data.pictures import image_table
from study.planning.options import Options
from study.planning.plan import Plan, make_plan
from study.planning.table import notes_table, plan_table
from study.process.checkout import Checkout, read_checkout
from study.process.environment import quiet_stderr, set_worker_variables
from study.process.installation import installation
from study.process.interruption import catching_interruptions
from study.running.keeper import Keeper
from study.running.progress import study_progress
from study.running.provenance import RunLog
from study.training.checkpoint import keep_checkpoints
from study.tuning.agenda import Agenda
from study.tuning.journal import kept_journal
from study.tuning.search import Search

COMPLETE, INCOMPLETE, BAD_INPUT = 0, 1, 2
_STOPPING = "stopping at the end of each running epoch; Ctrl-C again stops at once"
# Where nobody watches, a log file of so many columns rather than a window of 80 is to be filled.
_LOG_COLUMNS = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """One call of the command.

    Args:
        options: what was asked for.
        arguments: the command's arguments as typed, to print the command that goes on.
        console: where everything is printed but errors.
    """

    options: Options
    arguments: Sequence[str]
    console: Console

    def print_how_to_go_on(self, reason: str) -> None:
        """Print why the study is not complete, and the command that goes on with it."""
        command = f"python -m study.run {shlex.join(self.arguments)}"
        self.console.print(f"{reason}; go on with: {command}", soft_wrap=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OpenStudy:
    """A study directory that only this process writes to, and the cluster that trains for it.

    Args:
        plan: the plan, with what the directory holds now.
        check_lock: raises once the lock is lost, see `results.storage.lock`.
        release_cluster: begins to end Ray; the lock is held until Ray has ended.
    """

    plan: Plan
    check_lock: Callable[[], None]
    release_cluster: Callable[[], None]


def run_study(options: Options, arguments: Sequence[str]) -> int:
    """Plan, train, record and draw; returns the exit code.

    0: every planned trial is recorded. 1: some are not, because they raised or Ctrl-C came.
    2: bad input, told in one line on stderr; nothing was written.

    Args:
        options: what was asked for.
        arguments: the command's arguments as typed, to print the command that goes on.
    """
    console = Console(width=None if sys.stdout.isatty() else _LOG_COLUMNS)
    session = _Session(options=options, arguments=arguments, console=console)
    try:
        with console.status("reading what is recorded"):
            plan = make_plan(options)
        console.print(plan_table(plan))
        if options.dry_run:
            _print_notes_and_estimate(session, plan)
            return COMPLETE
        with _opened(session, plan) as study:
            # The study has a plan of its own, and each holds all that is recorded.
            del plan
            return _run(session, study)
    except (SpaceError, DataError, ResultsError, OSError) as error:
        sys.stderr.write(f"study.run: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        session.print_how_to_go_on("interrupted")
        return INCOMPLETE


def _print_notes_and_estimate(session: _Session, plan: Plan) -> None:
    console, workers = session.console, _workers(plan, session.options)
    if (notes := notes_table(plan)).row_count:
        console.print(notes)
    set_worker_variables()
    with console.status("timing a few steps"), quiet_stderr():
        # Imported here: it loads TensorFlow, which a running study leaves to its workers.
        from study.planning.estimate import estimate_seconds

        minutes = estimate_seconds(plan, workers=workers) / 60
    console.print(f"about {minutes:.1f} minutes with {workers} workers, timed on this machine")


@contextlib.contextmanager
def _opened(session: _Session, plan: Plan) -> Generator[_OpenStudy]:
    """Start Ray if there is something to train, lock the study directory and tidy it up.

    When the block ends, Ray has ended and the lock is let go.
    """
    with (
        ThreadPoolExecutor(max_workers=1) as aside,
        contextlib.ExitStack() as lock,
        contextlib.ExitStack() as cluster,
    ):
        # Ray takes seconds to start, most of them waiting: time to encode the images in, and to
        # load what is needed at the end.
        images = aside.submit(image_table, plan.whole) if _lacks_images(plan) else None
        aside.submit(importlib.import_module, "study.running.conclusion")
        # Ray first: where it can't be had, nothing is written.
        if plan.to_train:
            cluster.enter_context(_ray(session, plan))
        check_lock = lock.enter_context(locked(plan.paths))
        plan = _begun(plan, images, session.console)

        def release_cluster() -> None:
            # What Tune left refers to Ray: dropped while Ray ends, it would end this process.
            gc.collect()
            # Ray takes a second to end, too: the pages are drawn meanwhile.
            end = aside.submit(cluster.close)
            lock.callback(end.result)

        yield _OpenStudy(plan=plan, check_lock=check_lock, release_cluster=release_cluster)


@contextlib.contextmanager
def _ray(session: _Session, plan: Plan) -> Generator[None]:
    """Ray, started or connected to as the options say, while the block runs."""
    with session.console.status("starting Ray") as status:
        data_bytes = plan.dataset.x_train.nbytes
        if plan.tuning:
            data_bytes += plan.tuning.dataset.x_train.nbytes
        with connected(
            address=session.options.address,
            workers=_workers(plan, session.options),
            data_bytes=data_bytes,
            gpus=session.options.gpus_per_trial,
        ):
            status.stop()
            yield


def _workers(plan: Plan, options: Options) -> int:
    """The trials at a time on a local cluster: one per CPU this process may use, unless told."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(options.workers or cpus or 1, max(1, len(plan.to_train)))


def _begun(plan: Plan, images: Future[pa.Table] | None, console: Console) -> Plan:
    """The plan as it is now that no one else writes here, with damaged files out of the way."""
    with console.status("reading what is recorded"):
        inventory = take_inventory(plan.paths)
    for path in set_aside(inventory):
        console.print(f"set aside: {path}", soft_wrap=True)
    plan = plan.with_inventory(inventory)
    drop_remnants(plan.paths, inventory, [trial.id for trial in plan.to_train])
    keep_checkpoints(plan.paths, inventory.recorded)
    if _lacks_images(plan):
        # Encoded already, unless a damaged file of them was set aside just now.
        write_images(plan.paths, images.result() if images else image_table(plan.whole))
    description = dataclasses.replace(plan.description, runs=earlier_runs(plan.paths))
    return dataclasses.replace(plan, description=description)


def _lacks_images(plan: Plan) -> bool:
    return not plan.paths.part("images", plan.whole.hash).exists()


def _run(session: _Session, study: _OpenStudy) -> int:
    """Train, release the cluster, show what there is; returns the exit code.

    What fails from here on has left records behind.
    """
    plan = study.plan
    try:
        with _journal(plan) as journal:
            search = plan.search(journal) if journal else None
            _describe(plan, search)
            if to_train := (*plan.missing, *(search.expected_trainings() if search else ())):
                _train(session, study, search, to_train)
            study.check_lock()
        study.release_cluster()
        return _conclude(session, plan, search)
    except (ResultsError, OSError) as error:
        sys.stderr.write(f"study.run: {error}\n")
        session.print_how_to_go_on("stopped; what was recorded is kept")
        return INCOMPLETE


def _journal(plan: Plan) -> contextlib.AbstractContextManager[BaseStorage | None]:
    return kept_journal(plan.paths.tuning) if plan.tuning else contextlib.nullcontext()


def _train(
    session: _Session, study: _OpenStudy, search: Search | None, to_train: Sequence[Trial]
) -> None:
    """Train what is missing; each record is on disk before the next result is looked at."""
    plan, console = study.plan, session.console
    checkout = read_checkout()
    log = RunLog(session.arguments, checkout)
    _describe(plan, search, log)
    agenda = Agenda(plan.missing, search, on_choice=lambda: _describe(plan, search, log))
    with (
        study_progress(to_train, console) as progress,
        catching_interruptions(lambda: console.print(_STOPPING)) as interruption,
    ):
        keeper = Keeper(
            plan.paths,
            plan.inventory.recorded,
            progress=progress,
            log=log,
            check_lock=study.check_lock,
        )
        run_trials(
            agenda,
            _workshop(session.options, plan, checkout),
            receiver=keeper,
            interruption=interruption,
            max_concurrent=session.options.workers,
        )
    _describe(plan, search, log)
    for reason, count in Counter(keeper.unsaved.values()).items():
        console.print(f"{count} networks can't be saved: {reason}", soft_wrap=True, markup=False)


def _workshop(options: Options, plan: Plan, checkout: Checkout) -> Workshop:
    return Workshop(
        datasets=(plan.dataset, *([plan.tuning.dataset] if plan.tuning else [])),
        factory=plan.space.model_factory,
        origin=Origin(
            space=plan.space.name,
            kernel=plan.kernel,
            git_commit=checkout.commit,
            git_dirty=checkout.dirty,
        ),
        learned=plan.description.thresholds.rule,
        needs=Needs(
            gpus=options.gpus_per_trial,
            tf32=options.tf32,
            installation=installation() if options.address else None,
        ),
        save_models=plan.save_models,
    )


def _describe(plan: Plan, search: Search | None, log: RunLog | None = None) -> None:
    """Write `study.json` as things stand."""
    runs = (*plan.description.runs, *([log.as_dict()] if log else []))
    tuning = search.found() if search else None
    description = dataclasses.replace(plan.description, runs=runs, tuning=tuning)
    write_description(plan.paths, description)


def _conclude(session: _Session, plan: Plan, search: Search | None) -> int:
    """Show what there is; the exit code says whether it is all."""
    # Being loaded since the plan was made, see `_opened`.
    from study.running.conclusion import show_study

    compact(plan.paths)
    recorded = recorded_ids(plan.paths)
    n_missing = sum(trial.id not in recorded for trial in plan.trials)
    n_planned = len(plan.trials)
    if plan.tuning and search:
        n_missing += len(search.expected_trainings())
        n_planned += len(plan.trials) + len(plan.tuning.cells) * plan.tuning.budget.trainings
    if not read_trials(plan.paths).empty:
        show_study(plan.paths, session.console)
    if n_missing:
        session.print_how_to_go_on(f"{n_missing} of {n_planned} trials are not recorded")
    return INCOMPLETE if n_missing else COMPLETE
