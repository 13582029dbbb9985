"""A trial that goes on from a checkpoint ends as if nothing had happened."""

import dataclasses

import keras
import numpy as np
import pytest

from results import StudyPaths
from study.network.notebook import build_model
from study.process.rounding import BANDED
from study.training.checkpoint import keep_checkpoints, read_checkpoint, write_checkpoint
from study.training.learner import find_learner
from study.training.trial import train_trial
from tests.given.trials import ORIGIN, same_numbers, small_digits, small_trial

pytestmark = pytest.mark.usefixtures("one_thread")

DIGITS = small_digits()
FOUR_EPOCHS = {"epochs": 4}


def train(trial, *, factory=build_model, checkpoint=None):
    """The record, and the checkpoint after each epoch."""
    made = []
    record = train_trial(
        trial,
        DIGITS,
        factory=factory,
        origin=ORIGIN,
        on_epoch=lambda epoch, checkpoint, _: made.append(checkpoint),
        checkpoint=checkpoint,
    )
    return record, made


def random_factory(activation):
    """A network whose state is more than weights: moving averages and a random generator."""
    inputs = keras.Input((28, 28, 1))
    hidden = keras.layers.Dense(8, activation)(keras.layers.Flatten()(inputs))
    hidden = keras.layers.Dropout(0.5)(keras.layers.BatchNormalization()(hidden))
    return keras.Model(inputs, keras.layers.Dense(10, "softmax")(hidden))


@pytest.mark.parametrize("factory", [build_model, random_factory])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("epoch", [1, 3])
def test_a_continued_trial_leaves_the_record_of_an_undisturbed_one(
    factory, optimizer, epoch, tmp_path
):
    settings = {**FOUR_EPOCHS, "learning_rate": 0.01}
    trial = small_trial(DIGITS, optimizer=optimizer, settings=settings)
    whole, made = train(trial, factory=factory)
    write_checkpoint(StudyPaths(tmp_path), trial.id, made[epoch - 1])
    train(small_trial(DIGITS, seed=7, optimizer=optimizer, settings=settings), factory=factory)
    found = read_checkpoint(StudyPaths(tmp_path), trial.id)
    continued, later = train(trial, factory=factory, checkpoint=found)
    assert same_numbers(whole, continued)
    assert len(later) == 4 - epoch
    assert (whole.row["continued"], continued.row["continued"]) == (0, 1)
    assert continued.row["seconds"] > found.seconds


def test_a_checkpoint_after_each_epoch_but_the_last():
    _, made = train(small_trial(DIGITS, settings=FOUR_EPOCHS))
    assert [checkpoint and checkpoint.epoch for checkpoint in made] == [1, 2, 3, None]
    assert [checkpoint.rows.shape for checkpoint in made[:3]] == [(1, 6), (2, 6), (3, 6)]


def test_continuing_twice_is_counted():
    trial = small_trial(DIGITS, settings=FOUR_EPOCHS)
    whole, made = train(trial)
    _, again = train(trial, checkpoint=made[0])
    record, _ = train(trial, checkpoint=again[0])
    assert record.row["continued"] == 2
    assert same_numbers(whole, record)


@pytest.mark.parametrize(
    "changes",
    [
        {"machine": {"device": "another"}},
        {"variables": ()},
        {"variables": (np.zeros(3, np.float32),)},
        {"epoch": 4},
    ],
)
def test_a_checkpoint_that_does_not_fit_is_passed_over(changes):
    trial = small_trial(DIGITS, settings=FOUR_EPOCHS)
    whole, made = train(trial)
    record, _ = train(trial, checkpoint=dataclasses.replace(made[1], **changes))
    assert record.row["continued"] == 0
    assert same_numbers(whole, record)


def test_a_checkpoint_of_another_optimizer_is_passed_over():
    settings = {**FOUR_EPOCHS, "learning_rate": 0.01}
    adam = small_trial(DIGITS, optimizer="adam", settings=settings)
    _, made = train(adam)
    sgd = small_trial(DIGITS, settings=settings)
    assert find_learner(build_model, sgd.cell, DIGITS.form, BANDED).optimizer.name == "sgd"
    record, _ = train(sgd, checkpoint=made[1])
    assert record.row["continued"] == 0


@pytest.fixture
def stored(tmp_path):
    """A study directory with one checkpoint, and the trial's id."""
    trial = small_trial(DIGITS)
    _, made = train(trial)
    paths = StudyPaths(tmp_path)
    write_checkpoint(paths, trial.id, made[0])
    return paths, trial.id


def test_a_checkpoint_is_read_as_it_was_written(stored):
    paths, trial_id = stored
    first = read_checkpoint(paths, trial_id)
    write_checkpoint(paths, trial_id, first)
    second = read_checkpoint(paths, trial_id)
    assert all(map(np.array_equal, first.variables, second.variables))
    assert np.array_equal(first.rows, second.rows)
    assert (first.epoch, first.seconds, first.machine) == (1, second.seconds, second.machine)


@pytest.mark.parametrize("harm", [lambda content: content[:-200], lambda content: b"", bytes])
def test_a_damaged_checkpoint_is_none(stored, harm):
    paths, trial_id = stored
    path = paths.checkpoint(trial_id)
    path.write_bytes(harm(path.read_bytes()) if harm is not bytes else bytes(100))
    assert read_checkpoint(paths, trial_id) is None


def test_a_flipped_bit_in_a_checkpoint_is_seen(stored):
    paths, trial_id = stored
    content = bytearray(paths.checkpoint(trial_id).read_bytes())
    content[len(content) // 2] ^= 1
    paths.checkpoint(trial_id).write_bytes(content)
    assert read_checkpoint(paths, trial_id) is None


def test_a_pickle_in_place_of_a_checkpoint_is_not_opened(stored):
    paths, trial_id = stored
    with paths.checkpoint(trial_id).open("wb") as stream:
        np.savez(stream, header=np.array([{"epoch": 1}], dtype=object), rows=np.zeros((1, 6)))
    assert read_checkpoint(paths, trial_id) is None


def test_the_checkpoint_of_a_recorded_trial_is_deleted_and_no_other(stored):
    paths, trial_id = stored
    (paths.checkpoints / f".{trial_id}.npz.12.tmp").write_bytes(b"left by a killed driver")
    assert keep_checkpoints(paths, {"another"}) == {trial_id}
    assert len(list(paths.checkpoints.iterdir())) == 1
    assert keep_checkpoints(paths, {trial_id}) == frozenset()
    assert list(paths.checkpoints.iterdir()) == []


def test_files_that_no_study_wrote_stay_where_checkpoints_are(stored):
    paths, trial_id = stored
    (paths.checkpoints / "best_model.keras").write_bytes(b"someone's own")
    (paths.checkpoints / "mine.npz").write_bytes(b"someone's own")
    (paths.checkpoints / "folder").mkdir()
    keep_checkpoints(paths, {trial_id})
    names = {path.name for path in paths.checkpoints.iterdir()}
    assert names == {"best_model.keras", "mine.npz", "folder"}
