"""What more seeds would take in time."""

import dataclasses

import numpy as np
import pytest

from results import load_study
from results.judge import judge_study
from results.report.findings import analyse
from results.report.verdicts import verdict_sentence
from results.runs.effort import more_seconds, seconds_per_seed, time_words
from results.runs.study import study_runs
from tests.given.studies import write_study
from tests.given.tuned_studies import write_tuned_study


def timed(study, seconds):
    """The study, in which the trials of the first cell took so long, of others a second."""
    names = list(study.varied)
    first = study.trials[names].eq(study.trials[names].iloc[0]).all(axis=1)
    trials = study.trials.assign(seconds=np.where(first, seconds, 1.0))
    return dataclasses.replace(study, trials=trials)


def test_each_cell_takes_the_mean_of_its_own_time(tmp_path):
    write_study(tmp_path, seeds=3)
    study = timed(load_study(tmp_path), 10.0)
    runs = study_runs(study)
    seconds = seconds_per_seed(runs, study)
    assert seconds.tolist() == [10.0, 1.0, 1.0, 1.0]
    # Two more seeds than the three that there are.
    assert more_seconds(5, runs, np.arange(4), seconds) == 2 * 13
    assert more_seconds(5, runs, np.array([0, 2]), seconds) == 2 * 11
    assert more_seconds(2, runs, np.arange(4), seconds) == 0


def test_a_cell_of_unknown_time_takes_that_of_the_others(tmp_path):
    write_study(tmp_path, seeds=3)
    study = timed(load_study(tmp_path), np.nan)
    runs = study_runs(study)
    assert seconds_per_seed(runs, study).tolist() == [1.0] * 4
    unknown = dataclasses.replace(study, trials=study.trials.assign(seconds=np.nan))
    seconds = seconds_per_seed(runs, unknown)
    assert more_seconds(5, runs, np.arange(4), seconds) is None


def test_a_seed_of_a_tuned_study_is_trained_in_both_regimes(tmp_path):
    write_tuned_study(tmp_path, error=lambda _: 0.1, values=2, seeds=2)
    study = load_study(tmp_path)
    assert seconds_per_seed(study_runs(study), study).tolist() == [3.0] * 4
    assert seconds_per_seed(study_runs(study.as_tuned()), study).tolist() == [3.0] * 4


@pytest.mark.parametrize(
    ("seconds", "words"), [(89.4, "89 s"), (90, "2 min"), (5399, "90 min"), (5400, "1.5 h")]
)
def test_a_time_is_told_in_the_unit_that_a_person_would_take(seconds, words):
    assert time_words(seconds) == words


def test_an_open_claim_of_a_study_says_how_long_a_decision_would_take(tmp_path):
    def misread(trial):
        worse = trial.cell.as_dict()["normalization"] == "none"
        return range(int(trial.id, 16) % 5 + 2 * worse)

    write_study(tmp_path, seeds=3, misread=misread)
    (needing, _) = analyse(load_study(tmp_path)).judgements
    # All four cells, 1.5 seconds each.
    assert needing.seconds_needed == (needing.seeds_needed - 3) * 4 * 1.5 > 0
    words = f"{time_words(needing.seconds_needed)} more of training, one run at a time"
    assert words in verdict_sentence(needing)
    table = judge_study(tmp_path).set_index("claim")
    row = table.loc[needing.claim.name]
    assert row["seconds_needed"] == needing.seconds_needed
    assert words in row["sentence"]
