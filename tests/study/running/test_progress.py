"""Progress in a file: a line for each whole percent."""

import io

from rich.console import Console

from search_spaces import find_space
from study.running.progress import study_progress
from tests.given.studies import plan, record


def lines(epochs: int) -> list[str]:
    """What a log says of the four trials of `smoke` when the first ends, epoch by epoch."""
    trials = plan(find_space("smoke"), epochs=epochs)
    log = io.StringIO()
    console = Console(file=log, width=140)
    with study_progress(trials, console) as progress:
        for epoch in range(1, epochs + 1):
            progress.on_epoch(trials[0], epoch)
        progress.on_record(trials[0], record(trials[0]))
    return [line for line in log.getvalue().splitlines() if " %: " in line]


def test_a_log_tells_each_whole_percent_once():
    told = lines(epochs=4)
    assert [line.partition(" %")[0] for line in told] == ["6", "12", "18", "25"]
    assert told[0].startswith("6 %: 0/4 trials, 0 did not train; 0:00:0")
    assert len(lines(epochs=500)) == 25


def test_a_log_tells_the_end_after_the_last_record():
    trials = plan(find_space("smoke"))
    log = io.StringIO()
    with study_progress(trials, Console(file=log, width=140)) as progress:
        for trial in trials:
            progress.on_epoch(trial, trial.protocol.epochs)
            progress.on_record(trial, record(trial))
    told = [line for line in log.getvalue().splitlines() if line.startswith("100 %: ")]
    assert [line[:17] for line in told] == ["100 %: 3/4 trials", "100 %: 4/4 trials"]
