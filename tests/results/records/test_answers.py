"""What each network answered, as read from the files."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from results import ResultsError, StudyPaths
from results.records.answers import read_answers, read_errors
from results.records.parquet_files import write_part
from results.records.store import compact, write_record
from search_spaces import find_space
from tests.given.studies import N_IMAGES, plan, record, write_study

TRIALS = plan(find_space("smoke"), seeds=2)
IDS = [trial.id for trial in TRIALS]


def missed(trial):
    return [index % 10 == int(trial.id, 16) % 10 for index in range(N_IMAGES)]


def test_each_trial_misses_what_its_record_says(tmp_path):
    paths = write_study(tmp_path, seeds=2)
    errors = read_errors(paths, IDS)
    assert errors.index.tolist() == list(range(N_IMAGES))
    assert errors.label.tolist() == [index % 10 for index in range(N_IMAGES)]
    assert errors.by_trial.keys() == set(IDS)
    for trial in TRIALS:
        assert errors.by_trial[trial.id].tolist() == missed(trial)


def test_only_the_wanted_trials_are_read_from_parts_and_compacted_files(tmp_path):
    paths = StudyPaths(tmp_path)
    for trial in TRIALS[:4]:
        write_record(paths, record(trial))
    compact(paths)
    for trial in TRIALS[4:]:
        write_record(paths, record(trial))
    assert read_errors(paths, [IDS[0], IDS[5]]).by_trial.keys() == {IDS[0], IDS[5]}


def test_without_predictions_there_is_nothing(tmp_path):
    assert read_errors(StudyPaths(tmp_path), IDS) is None
    paths = write_study(tmp_path)
    assert read_errors(paths, ["0" * 16]) is None


def test_rows_in_another_order_are_put_in_order(tmp_path):
    paths = StudyPaths(tmp_path)
    path = paths.part("predictions", IDS[0])
    write_record(paths, record(TRIALS[0]))
    write_part(path, pq.read_table(path).take(np.arange(N_IMAGES)[::-1]))
    errors = read_errors(paths, IDS)
    assert errors.index.tolist() == list(range(N_IMAGES))
    assert errors.by_trial[IDS[0]].tolist() == missed(TRIALS[0])


def test_trials_that_share_a_row_group_are_told_apart(tmp_path):
    paths = write_study(tmp_path, seeds=2)
    (file,) = paths.table("predictions").iterdir()
    pq.write_table(pq.read_table(file), file)
    assert pq.ParquetFile(file).num_row_groups == 1
    errors = read_errors(paths, IDS)
    assert [errors.by_trial[trial.id].tolist() for trial in TRIALS] == list(map(missed, TRIALS))


def test_trials_of_other_images_than_most_are_left_out(tmp_path):
    paths = StudyPaths(tmp_path)
    for trial in TRIALS[:3]:
        write_record(paths, record(trial))
    other = paths.part("predictions", IDS[0])
    write_part(other, pq.read_table(other).slice(1))
    errors = read_errors(paths, IDS)
    assert errors.by_trial.keys() == set(IDS[1:3])
    assert len(errors.index) == N_IMAGES


def test_a_damaged_file_is_named(tmp_path):
    paths = StudyPaths(tmp_path)
    write_record(paths, record(TRIALS[0]))
    paths.part("predictions", IDS[0]).write_bytes(b"PAR1 no Parquet PAR1")
    with pytest.raises(ResultsError, match=rf"predictions/{IDS[0]}.parquet: damaged"):
        read_errors(paths, IDS)


def test_answers_come_trial_by_trial_in_the_order_asked_for(tmp_path):
    paths = write_study(tmp_path, seeds=2)
    asked = [IDS[3], "0" * 16, IDS[0]]
    answers = list(read_answers(paths, asked))
    assert [found.trial_id for found in answers] == [IDS[3], IDS[0]]
    for found, trial in zip(answers, (TRIALS[3], TRIALS[0]), strict=True):
        written = record(trial).predictions
        for name in ("index", "label", "predicted", "confidence"):
            np.testing.assert_array_equal(getattr(found, name), written[name].to_numpy())


def test_answers_are_read_on_when_a_driver_compacts_meanwhile(tmp_path):
    paths = StudyPaths(tmp_path)
    for trial in TRIALS[:3]:
        write_record(paths, record(trial))
    answers = read_answers(paths, IDS[:3])
    first = next(answers)
    compact(paths)
    assert [first.trial_id, *(found.trial_id for found in answers)] == IDS[:3]
