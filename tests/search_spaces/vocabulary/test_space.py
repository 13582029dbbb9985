"""Spaces: what is refused, which cells and trials they plan."""

import dataclasses

import pytest

from search_spaces import (
    Cell,
    Factor,
    Fraction,
    Full,
    Named,
    OneAtATime,
    RecordedModel,
    Space,
    SpaceError,
    find_space,
)
from tests.given.studies import plan

WIDTH = Factor(name="width", levels=(8, 16), relative_cost={16: 3.0})
LOSS = Factor(name="loss", levels=("mse", "cce"), relative_cost={"cce": 2.0})
SPACE = Space(
    name="mine",
    title="Two choices",
    factors=(WIDTH, LOSS),
    settings={"epochs": 3, "batch_size": 10, "evaluation_batch_size": 32, "learning_rate": 0.1},
    dataset_settings={"digits": {"epochs": 1}},
    factory="my:model",
    maths="mine/1",
)
MODEL = RecordedModel(name="model 7", levels={"loss": "cce", "width": 8}, settings={"epochs": 9})
MODELS = dataclasses.replace(SPACE, design=Named((MODEL,)))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factors": ()}, "space 'mine' has no factor; declare at least one"),
        ({"factors": (WIDTH, LOSS, WIDTH)}, "space 'mine' declares the factor 'width' twice"),
        (
            {"factors": (Factor(name="epochs", levels=(1, 2)),)},
            "space 'mine': 'epochs' is a protocol setting, not a factor",
        ),
        (
            {"settings": {"epoch": 3}},
            "space 'mine': unknown protocol setting 'epoch'; did you mean 'epochs'",
        ),
        (
            {"dataset_settings": {"digits": {"learning_rat": 0.1}}},
            "unknown protocol setting 'learning_rat'; did you mean 'learning_rate'",
        ),
    ],
)
def test_a_mistaken_space_is_refused(changes, message):
    with pytest.raises(SpaceError, match=message):
        dataclasses.replace(SPACE, **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"levels": {"width": 8, "los": "cce"}}, "unknown factor 'los'; did you mean 'loss'"),
        ({"levels": {"width": 8, "loss": "cc"}}, "unknown level of loss 'cc'; did you mean 'cce'"),
        ({"levels": {"width": 9, "loss": "cce"}}, "unknown level of width '9'; allowed: 8, 16"),
        ({"levels": {"width": 8}}, "space 'mine', model 7: no level for loss"),
        ({"settings": {"epoch": 3}}, "unknown protocol setting 'epoch'; did you mean 'epochs'"),
    ],
)
def test_a_mistaken_model_is_refused(changes, message):
    with pytest.raises(SpaceError, match=message):
        dataclasses.replace(SPACE, design=Named((dataclasses.replace(MODEL, **changes),)))


def test_the_same_model_twice_is_refused():
    again = dataclasses.replace(MODEL, name="model 8")
    with pytest.raises(SpaceError, match="space 'mine', model 8 is model 7 again"):
        dataclasses.replace(SPACE, design=Named((MODEL, again)))


def test_a_factor_is_found_by_name():
    assert SPACE.factor("loss") is LOSS
    with pytest.raises(SpaceError, match="space 'mine': unknown factor 'widht'; did you mean 'wid"):
        SPACE.factor("widht")


def test_without_models_every_combination_is_a_cell():
    assert [str(cell) for cell in SPACE.cells()] == ["8 · mse", "8 · cce", "16 · mse", "16 · cce"]


def test_with_models_only_their_cells_are_run_in_factor_order():
    assert [str(cell) for cell in MODELS.cells()] == ["8 · cce"]


def test_settings_of_a_data_set_come_after_those_of_the_space():
    assert SPACE.default_settings("digits") == {**SPACE.settings, "epochs": 1}
    assert SPACE.default_settings("mnist") == SPACE.settings


def test_every_cell_gets_every_seed_and_seeds_vary_slowest():
    trials = plan(SPACE, seeds=2)
    assert [trial.seed for trial in trials] == [0] * 4 + [1] * 4
    assert [trial.cell for trial in trials] == [*SPACE.cells(), *SPACE.cells()]
    assert {trial.maths for trial in trials} == {"mine/1"}


def test_costs_of_levels_multiply():
    assert [trial.relative_cost for trial in plan(SPACE)] == [1.0, 2.0, 3.0, 6.0]


def test_a_model_departs_from_the_protocol_in_its_settings_alone():
    (trial,) = plan(MODELS)
    (other, *_) = plan(SPACE)
    assert trial.protocol == dataclasses.replace(other.protocol, epochs=9)


def test_narrowing_keeps_declared_order_and_the_costs_of_what_is_left():
    narrow = SPACE.narrowed({"width": ["16"], "loss": ["cce", "mse"]})
    assert [str(cell) for cell in narrow.cells()] == ["16 · mse", "16 · cce"]
    assert [trial.relative_cost for trial in plan(narrow)] == [3.0, 6.0]


def test_narrowing_keeps_the_ids_of_what_is_left():
    narrow = plan(SPACE.narrowed({"loss": ["cce"]}))
    assert {trial.id for trial in narrow} < {trial.id for trial in plan(SPACE)}


def test_narrowing_keeps_the_models_with_these_levels():
    assert MODELS.narrowed({"width": ["8"]}).models == (MODEL,)
    with pytest.raises(SpaceError, match="space 'mine': none of its models has these levels"):
        MODELS.narrowed({"width": ["16"]})


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ({"width": ["12"]}, "unknown level of width '12'; allowed: 8, 16"),
        ({"loss": ["ms"]}, "unknown level of loss 'ms'; did you mean 'mse'"),
        ({"lost": ["mse"]}, "unknown factor 'lost'; did you mean 'loss'"),
        ({"loss": []}, "factor 'loss' has no level"),
    ],
)
def test_narrowing_to_the_unknown_is_refused(kept, message):
    with pytest.raises(SpaceError, match=message):
        SPACE.narrowed(kept)


def test_an_unknown_space_is_told_with_the_nearest():
    message = "unknown space 'ful'; did you mean 'full'. allowed: smoke, notebook, full, tuned"
    with pytest.raises(SpaceError, match=message):
        find_space("ful")


def test_the_notebooks_models_are_its_one_at_a_time_design():
    """All but for their learning rates: model 5 left the protocol."""
    notebook = find_space("notebook")
    model_2 = {"normalization": "range"}
    designed = find_space("full").one_at_a_time(model_2)
    assert set(designed.cells()) == set(notebook.cells())
    assert len(dataclasses.replace(notebook, design=Full()).cells()) == 32
    assert set(notebook.one_at_a_time(model_2).cells()) == set(designed.cells())


def test_without_a_baseline_the_first_levels_are_one():
    first = SPACE.one_at_a_time({}).cells()[0]
    assert first.as_dict() == {"width": 8, "loss": "mse"}


@pytest.mark.parametrize(
    ("baseline", "message"),
    [
        ({"los": "mse"}, "unknown factor 'los'; did you mean 'loss'"),
        ({"loss": "cc"}, "unknown level of loss 'cc'; did you mean 'cce'"),
    ],
)
def test_a_baseline_of_the_unknown_is_refused(baseline, message):
    with pytest.raises(SpaceError, match=message):
        SPACE.one_at_a_time(baseline)


@pytest.mark.parametrize("design", [Named(()), Fraction(())])
def test_a_design_without_cells_is_refused(design):
    with pytest.raises(SpaceError, match=r"space 'mine', design of .*: there is none"):
        dataclasses.replace(SPACE, design=design)


def test_a_fraction_has_the_cells_it_names_and_narrowing_keeps_those_with_these_levels():
    cells = SPACE.cells()
    half = dataclasses.replace(SPACE, design=Fraction((cells[0], cells[3])))
    assert half.cells() == (cells[0], cells[3])
    assert half.narrowed({"width": ["16"]}).cells() == (cells[3],)
    with pytest.raises(SpaceError, match="none of its cells has these levels"):
        half.narrowed({"width": ["16"], "loss": ["mse"]})


def test_a_fraction_of_cells_of_other_factors_is_refused():
    with pytest.raises(SpaceError, match=r"space 'mine', cell 8: no level for loss"):
        dataclasses.replace(SPACE, design=Fraction((Cell.of({"width": 8}),)))


@pytest.mark.parametrize("baseline", [{"width": 8}, {"width": 9, "loss": "mse"}])
def test_a_mistaken_baseline_is_refused(baseline):
    with pytest.raises(SpaceError, match=r"space 'mine', baseline: (no|unknown) level"):
        dataclasses.replace(SPACE, design=OneAtATime(baseline))
