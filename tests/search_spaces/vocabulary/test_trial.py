"""The identity of a trial."""

import dataclasses
import hashlib

import pytest

from search_spaces import Cell, Protocol, Seeding, Trial, find_space
from tests.given.studies import plan

# As every trial was before there was a choice of seeding.
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
        seeding=Seeding.SHARED,
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
# Likewise for seeds of its own for every cell.
OWN_CANONICAL = CANONICAL.replace('"subset_seed"', '"seeding":"own","subset_seed"')
OWN_KNOWN_ID = "3563dbd4f0ce087c"


def changed(trial, **protocol):
    return dataclasses.replace(trial, protocol=dataclasses.replace(trial.protocol, **protocol))


OWN = changed(TRIAL, seeding=Seeding.OWN)


def test_the_id_of_a_known_trial_never_changes():
    assert TRIAL.id == KNOWN_ID
    assert OWN.id == OWN_KNOWN_ID


@pytest.mark.parametrize(
    ("canonical", "known"), [(CANONICAL, KNOWN_ID), (OWN_CANONICAL, OWN_KNOWN_ID)]
)
def test_the_id_is_a_hash_of_the_canonical_json(canonical, known):
    assert hashlib.sha256(canonical.encode()).hexdigest()[:16] == known


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
    "field", [f.name for f in dataclasses.fields(Protocol) if f.name not in ("dataset", "seeding")]
)
def test_every_setting_of_the_protocol_enters_the_id(field):
    value = getattr(TRIAL.protocol, field)
    other = not value if isinstance(value, bool) else value + ("0" * isinstance(value, str) or 1)
    assert changed(TRIAL, **{field: other}).id != KNOWN_ID


def test_where_seeds_are_shared_the_seed_alone_makes_the_generator():
    other = dataclasses.replace(TRIAL, cell=Cell.of({"loss": "cce", "width": 64}))
    assert TRIAL.generator_seed == other.generator_seed == 3


def test_the_generator_of_a_known_trial_with_seeds_of_its_own_never_changes():
    text = '{"cell":{"loss":"mse","width":64},"seed":3}'
    assert OWN.generator_seed == int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
    assert OWN.generator_seed == 3689896744


@pytest.mark.parametrize(
    "trial",
    [
        dataclasses.replace(OWN, cell=Cell.of({"width": 64.0, "loss": "mse"})),
        dataclasses.replace(OWN, maths="notebook-network/2"),
        changed(OWN, learning_rate=0.1, epochs=3),
    ],
)
def test_only_cell_and_seed_make_the_generator(trial):
    assert trial.generator_seed == OWN.generator_seed


def test_cells_and_seeds_have_generators_of_their_own_within_32_bits():
    trials = plan(find_space("full"), seeds=5, seeding=Seeding.OWN)
    assert len({trial.generator_seed for trial in trials}) == 160
    assert all(0 <= trial.generator_seed < 2**32 for trial in trials)


def test_ids_are_sixteen_hex_digits_and_all_differ():
    ids = [trial.id for trial in plan(find_space("full"), seeds=5)]
    assert len(set(ids)) == 160
    assert all(len(trial_id) == 16 and int(trial_id, 16) >= 0 for trial_id in ids)


def test_resampling_makes_another_trial_of_the_same_generator():
    resampled = changed(OWN, resample=True)
    canonical = OWN_CANONICAL.replace('"seeding"', '"resample":true,"seeding"')
    assert resampled.id == hashlib.sha256(canonical.encode()).hexdigest()[:16]
    assert resampled.generator_seed == OWN.generator_seed
