"""What the command does, from options to pages."""

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

import pyarrow as pa
from optuna.storages import BaseStorage
from rich.console import Console

from results import Origin, ResultsError
from results.records.description import earlier_runs, write_description
from results.records.inventory import drop_remnants, set_aside, take_inventory
from results.records.store import compact, read_trials, recorded_ids, write_images
from results.storage.lock import locked
from search_spaces import SpaceError
from study.cluster.connection import connected
from study.cluster.driver import Workshop, run_trials
from study.cluster.needs import Needs
from study.data.npz import DataError
from study.data.sources import image_table
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
from study.tuning.search import Search, kept_journal

COMPLETE, INCOMPLETE, BAD_INPUT = 0, 1, 2
_STOPPING = "stopping at the end of each running epoch; Ctrl-C again stops at once"


def run_study(options: Options, arguments: Sequence[str]) -> int:
    """Plan, train, record and draw; returns the exit code.

    0: every planned trial is recorded. 1: some are not, because they raised or Ctrl-C came.
    2: bad input, told in one line on stderr; nothing was written.

    Args:
        options: what was asked for.
        arguments: the same as typed, to print the command that goes on.
    """
    # Where nobody watches, a log file rather than a window of 80 columns is to be filled.
    console = Console(width=None if sys.stdout.isatty() else 140)
    try:
        with console.status("reading what is recorded"):
            plan = make_plan(options)
        console.print(plan_table(plan))
        if options.dry_run:
            if (notes := notes_table(plan)).row_count:
                console.print(notes)
            _print_estimate(plan, _workers(plan, options), console)
            return COMPLETE
        with (
            ThreadPoolExecutor(max_workers=1) as aside,
            contextlib.ExitStack() as held,
            contextlib.ExitStack() as cluster,
        ):
            # Ray takes seconds to start, most of them waiting: time to encode the images in, and to
            # load what is needed at the end.
            images = aside.submit(image_table, plan.whole) if _lacks_images(plan) else None
            aside.submit(importlib.import_module, "study.running.conclusion")
            # Ray first: where it can't be had, nothing is written.
            if plan.left:
                cluster.enter_context(_ray(plan, options, console))
            check_lock = held.enter_context(locked(plan.paths))
            plan = _begun(plan, images, console)

            def release() -> None:
                # What Tune left refers to Ray: dropped while Ray ends, it would end this process.
                gc.collect()
                # Ray takes a second to end, too: the pages are drawn meanwhile.
                ended = aside.submit(cluster.close)
                held.callback(ended.result)

            return _run(plan, options, arguments, console, check_lock=check_lock, release=release)
    except (SpaceError, DataError, ResultsError, OSError) as error:
        sys.stderr.write(f"study.run: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        console.print(_go_on("interrupted", arguments), soft_wrap=True)
        return INCOMPLETE


def _lacks_images(plan: Plan) -> bool:
    return not plan.paths.part("images", plan.whole.hash).exists()


def _begun(plan: Plan, images: Future[pa.Table] | None, console: Console) -> Plan:
    """The plan as it is now that no one else writes here, with damaged files out of the way."""
    with console.status("reading what is recorded"):
        inventory = take_inventory(plan.paths)
    for path in set_aside(inventory):
        console.print(f"set aside: {path}", soft_wrap=True)
    plan = plan.with_inventory(inventory)
    drop_remnants(plan.paths, inventory, [trial.id for trial in plan.left])
    keep_checkpoints(plan.paths, inventory.recorded)
    if _lacks_images(plan):
        # Encoded already, unless a damaged file of them was set aside just now.
        write_images(plan.paths, images.result() if images else image_table(plan.whole))
    description = dataclasses.replace(plan.description, runs=earlier_runs(plan.paths))
    return dataclasses.replace(plan, description=description)


def _run(
    plan: Plan,
    options: Options,
    arguments: Sequence[str],
    console: Console,
    *,
    check_lock: Callable[[], None],
    release: Callable[[], None],
) -> int:
    """Train, release the cluster, show what there is.

    What fails from here on has left records behind.
    """
    try:
        with _journal(plan) as journal:
            search = plan.search(journal) if journal else None
            _describe(plan, search)
            if plan.missing or (search and search.left()):
                _train(plan, search, options, arguments, console, check_lock=check_lock)
            check_lock()
        release()
        return _conclude(plan, search, arguments, console)
    except (ResultsError, OSError) as error:
        sys.stderr.write(f"study.run: {error}\n")
        console.print(_go_on("stopped; what was recorded is kept", arguments), soft_wrap=True)
        return INCOMPLETE


def _journal(plan: Plan) -> contextlib.AbstractContextManager[BaseStorage | None]:
    return kept_journal(plan.paths.tuning) if plan.tuning else contextlib.nullcontext()


def _print_estimate(plan: Plan, workers: int, console: Console) -> None:
    set_worker_variables()
    with console.status("timing a few steps"), quiet_stderr():
        # Imported here: it loads TensorFlow, which a running study leaves to its workers.
        from study.planning.estimate import estimate_seconds

        minutes = estimate_seconds(plan, workers=workers) / 60
    console.print(f"about {minutes:.1f} minutes with {workers} workers, timed on this machine")


@contextlib.contextmanager
def _ray(plan: Plan, options: Options, console: Console) -> Generator[None]:
    with console.status("starting Ray") as status:
        workers, data_bytes = _workers(plan, options), plan.dataset.x_train.nbytes
        if plan.tuning:
            data_bytes += plan.tuning.dataset.x_train.nbytes
        with connected(
            address=options.address,
            workers=workers,
            data_bytes=data_bytes,
            gpus=options.gpus_per_trial,
        ):
            status.stop()
            yield


def _train(
    plan: Plan,
    search: Search | None,
    options: Options,
    arguments: Sequence[str],
    console: Console,
    *,
    check_lock: Callable[[], None],
) -> None:
    """Train what is missing; each record is on disk before the next result is looked at."""
    checkout = read_checkout()
    log = RunLog(arguments, checkout)
    _describe(plan, search, log)
    agenda = Agenda(plan.missing, search, on_choice=lambda: _describe(plan, search, log))
    left = (*plan.missing, *(search.left() if search else ()))
    with (
        study_progress(left, console) as progress,
        catching_interruptions(lambda: console.print(_STOPPING)) as interruption,
    ):
        keeper = Keeper(
            plan.paths,
            plan.inventory.recorded,
            progress=progress,
            log=log,
            check_lock=check_lock,
        )
        run_trials(
            agenda,
            _workshop(plan, options, checkout),
            receiver=keeper,
            interruption=interruption,
            max_concurrent=options.workers,
        )
    _describe(plan, search, log)
    for reason, count in Counter(keeper.unsaved.values()).items():
        console.print(f"{count} networks can't be saved: {reason}", soft_wrap=True, markup=False)


def _workshop(plan: Plan, options: Options, checkout: Checkout) -> Workshop:
    return Workshop(
        datasets=(plan.dataset, *([plan.tuning.dataset] if plan.tuning else [])),
        factory=plan.space.model_factory,
        origin=Origin(
            space=plan.space.name,
            kernel=plan.kernel,
            git_commit=checkout.commit,
            git_dirty=checkout.dirty,
        ),
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


def _conclude(plan: Plan, search: Search | None, arguments: Sequence[str], console: Console) -> int:
    """Show what there is; the exit code says whether it is all."""
    # Being loaded since the plan was made, see `run_study`.
    from study.running.conclusion import show_study

    compact(plan.paths)
    recorded = recorded_ids(plan.paths)
    missing = sum(trial.id not in recorded for trial in plan.trials)
    planned = len(plan.trials)
    if plan.tuning and search:
        missing += len(search.left())
        planned += len(plan.trials) + len(plan.tuning.cells) * plan.tuning.budget.trainings
    if not read_trials(plan.paths).empty:
        show_study(plan.paths, console)
    if missing:
        told = f"{missing} of {planned} trials are not recorded"
        console.print(_go_on(told, arguments), soft_wrap=True)
    return INCOMPLETE if missing else COMPLETE


def _workers(plan: Plan, options: Options) -> int:
    """Trials at a time on a local cluster: one per CPU this process may use, unless told."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(options.workers or cpus or 1, max(1, len(plan.left)))


def _go_on(told: str, arguments: Sequence[str]) -> str:
    return f"{told}; go on with: python -m study.run {shlex.join(arguments)}"
