"""What the command does, from options to pages."""

import contextlib
import os
import shlex
import sys
from collections.abc import Generator, Sequence

from rich.console import Console

from dashboards import build_pages
from results import Record, ResultsError, load_study
from results.description import write_description
from results.store import (
    compact,
    locked,
    read_trials,
    recorded_ids,
    write_images,
    write_record,
)
from results.summary import summary_text
from search_spaces import SpaceError, Trial
from study.checkout import read_checkout
from study.data import image_table
from study.driver import connected, run_trials
from study.environment import become_worker
from study.npz import DataError
from study.options import Options
from study.plan import Plan, make_plan, plan_table
from study.progress import study_progress

COMPLETE, INCOMPLETE, BAD_INPUT = 0, 1, 2


def run_study(options: Options, arguments: Sequence[str]) -> int:
    """Plan, train, record and draw; returns the exit code.

    0: every planned trial is recorded. 1: some are not, because they raised or Ctrl-C came.
    2: bad input, told in one line on stderr; nothing was written.

    Args:
        options: what was asked for.
        arguments: the same as typed, to print the command that goes on.
    """
    # Where nobody watches, a log file rather than a window of 80 columns is to be filled.
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        plan = make_plan(options)
        console.print(plan_table(plan))
        if options.dry_run:
            _print_estimate(plan, _workers(plan, options), console)
            return COMPLETE
        with contextlib.ExitStack() as held:
            # Ray first: where it can't be had, nothing is written.
            if plan.missing:
                held.enter_context(_ray(plan, options, console))
            held.enter_context(locked(plan.paths))
            _train(plan, options, console)
            return _conclude(plan, arguments, console)
    except (SpaceError, DataError, ResultsError, ConnectionError) as error:
        sys.stderr.write(f"study.run: {error}\n")
        return BAD_INPUT
    except KeyboardInterrupt:
        console.print(f"interrupted; go on with: {_command(arguments)}")
        return INCOMPLETE


def _print_estimate(plan: Plan, workers: int, console: Console) -> None:
    become_worker()
    with console.status("timing a few steps"), _no_stderr():
        # Imported here: it loads TensorFlow, which a running study leaves to its workers.
        from study.estimate import estimate_seconds

        minutes = estimate_seconds(plan, workers=workers) / 60
    console.print(f"about {minutes:.1f} minutes with {workers} workers, timed on this machine")


@contextlib.contextmanager
def _no_stderr() -> Generator[None]:
    """Drop what native code writes to stderr: TensorFlow greets at every import."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


@contextlib.contextmanager
def _ray(plan: Plan, options: Options, console: Console) -> Generator[None]:
    with console.status("starting Ray") as status:
        workers, data_bytes = _workers(plan, options), plan.dataset.x_train.nbytes
        with connected(address=options.address, workers=workers, data_bytes=data_bytes):
            status.stop()
            yield


def _train(plan: Plan, options: Options, console: Console) -> None:
    """Train what is missing; each record is on disk before the next result is looked at."""
    write_description(plan.paths, plan.description)
    if not plan.paths.part("images", plan.whole.hash).exists():
        write_images(plan.paths, image_table(plan.whole))
    if not plan.missing:
        return
    checkout = read_checkout()
    with study_progress(plan.missing, console) as progress:

        def keep(trial: Trial, record: Record) -> None:
            write_record(plan.paths, record)
            progress.on_record(trial, record)

        run_trials(
            plan.missing,
            plan.dataset,
            factory=plan.space.factory,
            origin={
                "space": plan.space.name,
                "git_commit": checkout.commit,
                "git_dirty": checkout.dirty,
            },
            on_record=keep,
            on_epoch=progress.on_epoch,
            max_concurrent=options.workers,
        )


def _conclude(plan: Plan, arguments: Sequence[str], console: Console) -> int:
    """Compact, summarise and draw what there is; the exit code says whether it is all."""
    compact(plan.paths)
    recorded = recorded_ids(plan.paths)
    missing = sum(trial.id not in recorded for trial in plan.trials)
    if not read_trials(plan.paths).empty:
        console.print(summary_text(load_study(plan.paths.root)))
        for page in build_pages(plan.paths.root):
            console.print(str(page), soft_wrap=True)
    if missing:
        console.print(
            f"{missing} of {len(plan.trials)} trials are not recorded; go on with: "
            f"{_command(arguments)}",
            soft_wrap=True,
        )
    return INCOMPLETE if missing else COMPLETE


def _workers(plan: Plan, options: Options) -> int:
    """Trials at a time on a local cluster: one per CPU this process may use, unless told."""
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(options.workers or cpus or 1, max(1, len(plan.missing)))


def _command(arguments: Sequence[str]) -> str:
    return f"python -m study.run {shlex.join(arguments)}"
