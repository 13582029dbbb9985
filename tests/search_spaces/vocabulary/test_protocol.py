"""What a protocol may be."""

import dataclasses

import pytest

from search_spaces import SETTINGS, Protocol, SpaceError, parse_setting

PROTOCOL = Protocol(
    dataset="mnist",
    dataset_hash="ab" * 32,
    train_size=60_000,
    test_size=10_000,
    epochs=45,
    batch_size=100,
    evaluation_batch_size=32,
    learning_rate=0.05,
)
COUNTS = ("train_size", "test_size", "epochs", "batch_size", "evaluation_batch_size")


@pytest.mark.parametrize("name", COUNTS)
@pytest.mark.parametrize("value", [0, -1, 1.0, True, None, "3"])
def test_a_count_is_a_whole_number_above_zero(name, value):
    with pytest.raises(SpaceError, match=f"{name} {value!r} must be a whole number of at least 1"):
        dataclasses.replace(PROTOCOL, **{name: value})


@pytest.mark.parametrize("value", [-1, 0.5, False])
def test_a_subset_seed_is_a_whole_number_from_zero(value):
    with pytest.raises(SpaceError, match=f"subset_seed {value!r} must be .* at least 0"):
        dataclasses.replace(PROTOCOL, subset_seed=value)


@pytest.mark.parametrize("value", [0.0, -0.1, float("nan"), float("inf")])
def test_a_learning_rate_is_positive_and_finite(value):
    with pytest.raises(SpaceError, match=f"learning_rate {value} must be a finite number above 0"):
        dataclasses.replace(PROTOCOL, learning_rate=value)


@pytest.mark.parametrize("value", [1, True, "0.1", None])
def test_a_learning_rate_is_a_float(value):
    with pytest.raises(SpaceError, match=f"learning_rate {value!r} must be a float, as 0.05"):
        dataclasses.replace(PROTOCOL, learning_rate=value)


@pytest.mark.parametrize("value", ["mine", "", None, 1])
def test_a_seeding_is_one_that_there_is(value):
    with pytest.raises(SpaceError, match=f"seeding {value!r} must be one of own, shared"):
        dataclasses.replace(PROTOCOL, seeding=value)


def test_every_field_but_what_is_chosen_at_the_beginning_is_a_setting():
    fields = {field.name for field in dataclasses.fields(Protocol)}
    assert fields - set(SETTINGS) == {"dataset", "dataset_hash", "seeding", "resample"}


@pytest.mark.parametrize(
    ("name", "text", "value"), [("epochs", "3", 3), ("learning_rate", "1e-2", 0.01)]
)
def test_a_setting_is_read_from_text(name, text, value):
    assert parse_setting(name, text) == value


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("epochs", "3.5", "epochs '3.5' is not a whole number"),
        ("learning_rate", "fast", "learning_rate 'fast' is not a number"),
        ("epoch", "3", "unknown protocol setting 'epoch'; did you mean 'epochs'. allowed: train"),
        ("zzz", "3", "unknown protocol setting 'zzz'; allowed: train_size, "),
    ],
)
def test_a_mistaken_setting_is_told(name, text, message):
    with pytest.raises(SpaceError, match=message):
        parse_setting(name, text)
