"""The identity of a trial."""

import dataclasses
import hashlib

import pytest

from search_spaces import Cell, Protocol, Trial, find_space
from tests.given.studies import plan

TRIAL = Trial(
    cell=Cell.of({"loss": "mse", "width": 64}),
    seed=3,
    protocol=Protocol(
        dataset="digits",
        dataset_hash="0123abcd",
        train_size=100,
        test_size=40,
        epochs=10,
        batch_size=10,
        evaluation_batch_size=32,
        learning_rate=0.05,
    ),
    maths="notebook-network/1",
)
# Written by hand: keys in alphabetical order, no blanks.
CANONICAL = (
    '{"cell":{"loss":"mse","width":64},"maths":"notebook-network/1","protocol":{"batch_size":10,'
    '"dataset_hash":"0123abcd","epochs":10,"evaluation_batch_size":32,"learning_rate":0.05,'
    '"subset_seed":0,"test_size":40,"train_size":100},"seed":3}'
)
KNOWN_ID = "c250bc35cd5aadff"


def changed(trial, **protocol):
    return dataclasses.replace(trial, protocol=dataclasses.replace(trial.protocol, **protocol))


def test_the_id_of_a_known_trial_never_changes():
    assert TRIAL.id == KNOWN_ID


def test_the_id_is_a_hash_of_the_canonical_json():
    assert hashlib.sha256(CANONICAL.encode()).hexdigest()[:16] == KNOWN_ID


@pytest.mark.parametrize(
    "trial",
    [
        dataclasses.replace(TRIAL, relative_cost=7.0),
        dataclasses.replace(TRIAL, cell=Cell.of({"width": 64, "loss": "mse"})),
        dataclasses.replace(TRIAL, cell=Cell.of({"loss": "mse", "width": 64.0})),
        changed(TRIAL, dataset="another label"),
    ],
)
def test_what_is_not_trained_does_not_enter_the_id(trial):
    assert repr(trial) != repr(TRIAL)
    assert trial.id == KNOWN_ID


def test_the_name_of_the_space_does_not_enter_the_id():
    full = find_space("full")
    renamed = dataclasses.replace(full, name="mine", title="Mine")
    assert [trial.id for trial in plan(renamed)] == [trial.id for trial in plan(full)]


@pytest.mark.parametrize(
    "trial",
    [
        dataclasses.replace(TRIAL, cell=Cell.of({"loss": "cce", "width": 64})),
        dataclasses.replace(TRIAL, cell=Cell.of({"loss": "mse", "width": 64.5})),
        dataclasses.replace(TRIAL, cell=Cell.of({"loss": "mse", "depth": 64})),
        dataclasses.replace(TRIAL, cell=Cell.of({"loss": "mse", "width": "64"})),
        dataclasses.replace(TRIAL, seed=4),
        dataclasses.replace(TRIAL, maths="notebook-network/2"),
    ],
)
def test_cell_seed_and_maths_enter_the_id(trial):
    assert trial.id != KNOWN_ID


@pytest.mark.parametrize(
    "field", [f.name for f in dataclasses.fields(Protocol) if f.name != "dataset"]
)
def test_every_setting_of_the_protocol_enters_the_id(field):
    value = getattr(TRIAL.protocol, field)
    other = value + ("0" if isinstance(value, str) else 1)
    assert changed(TRIAL, **{field: other}).id != KNOWN_ID


def test_ids_are_sixteen_hex_digits_and_all_differ():
    ids = [trial.id for trial in plan(find_space("full"), seeds=5)]
    assert len(set(ids)) == 160
    assert all(len(trial_id) == 16 and int(trial_id, 16) >= 0 for trial_id in ids)
