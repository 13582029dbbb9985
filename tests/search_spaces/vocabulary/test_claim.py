"""Claims: what is refused, which ones a narrower space keeps, and the notebook's five."""

import dataclasses

import pytest

from search_spaces import (
    Claim,
    Endpoint,
    Factor,
    Qualifier,
    RecordedPair,
    Regime,
    Space,
    SpaceError,
    find_space,
)

WIDTH = Factor(name="width", levels=(8, 16, 32))
LOSS = Factor(name="loss", levels=("mse", "cce"))
CLAIM = Claim(name="wide", text="Wider is better.", factor="width", better=16, worse=8)
SPACE = Space(
    name="mine",
    title="Two choices",
    factors=(WIDTH, LOSS),
    settings={},
    claims=(CLAIM,),
    factory="my:model",
    maths="mine/1",
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"factor": "widt"}, "space 'mine', claim 'wide': unknown factor 'widt'; did you mean"),
        ({"better": 64}, "claim 'wide': unknown level of width '64'; allowed: 8, 16, 32"),
        ({"scope": {"loss": "ccd"}}, "unknown level of loss 'ccd'; did you mean 'cce'"),
        ({"recorded": RecordedPair(context={"depth": 2})}, "unknown factor 'depth'"),
    ],
)
def test_a_claim_about_something_unknown_is_refused(changes, message):
    with pytest.raises(SpaceError, match=message):
        dataclasses.replace(SPACE, claims=(dataclasses.replace(CLAIM, **changes),))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"better": 8}, "claim 'wide' compares 8 with itself"),
        ({"scope": {"width": 32}}, "claim 'wide' limits 'width', the factor it is about"),
    ],
)
def test_a_claim_that_says_nothing_is_refused(changes, message):
    with pytest.raises(SpaceError, match=message):
        dataclasses.replace(CLAIM, **changes)


@pytest.mark.parametrize("figure", [98.88, -0.1, float("nan")])
def test_a_recorded_figure_that_is_no_accuracy_is_refused(figure):
    with pytest.raises(SpaceError, match="is no accuracy; allowed is 0 to 1"):
        RecordedPair(worse=figure)


def test_two_claims_of_one_name_are_refused():
    with pytest.raises(SpaceError, match="claim 'wide' is declared twice"):
        dataclasses.replace(SPACE, claims=(CLAIM, CLAIM))


def test_a_narrower_space_keeps_the_claims_it_can_be_held_to():
    limited = dataclasses.replace(CLAIM, name="with mse", scope={"loss": "mse"})
    recorded = dataclasses.replace(
        CLAIM, name="own", recorded=RecordedPair(context={"loss": "mse"}, better=0.9)
    )
    space = dataclasses.replace(SPACE, claims=(CLAIM, limited, recorded))
    kept = space.narrowed({"loss": ["cce"]}).claims
    assert [claim.name for claim in kept] == ["wide", "own"]
    assert kept[1].recorded == RecordedPair(better=0.9)
    assert space.narrowed({"width": ["8", "32"]}).claims == ()


def test_the_notebooks_five_conclusions_are_declared_with_its_figures():
    claims = find_space("notebook").claims
    assert [
        (claim.factor, claim.better, claim.worse, claim.recorded.better, claim.recorded.worse)
        for claim in claims
    ] == [
        ("normalization", "range", "none", 0.9888, 0.9860),
        ("optimizer", "sgd", "adam", 0.9888, 0.9857),
        ("loss", "categorical_crossentropy", "mse", 0.9888, 0.1135),
        ("activation", "relu", "sigmoid", 0.9888, None),
        ("filter_order", "ascending", "descending", 0.9888, 0.9901),
    ]
    assert [claim.qualifier is Qualifier.SLIGHT for claim in claims] == [1, 0, 0, 0, 1]
    assert [claim.endpoint is Endpoint.TRAINED for claim in claims] == [0, 0, 1, 0, 0]
    assert claims[1].decided_on is Regime.TUNED
    assert all(claim.source.startswith(f"{n}.") for n, claim in enumerate(claims, 1))


def test_recorded_figures_of_claims_are_those_of_the_notebooks_models():
    space = find_space("notebook")
    found = {tuple(model.levels.values()): model.test_accuracy for model in space.models}
    for claim in space.claims:
        for level, figure in (
            (claim.better, claim.recorded.better),
            (claim.worse, claim.recorded.worse),
        ):
            levels = {**claim.recorded.context, claim.factor: level}
            cell = tuple(levels[factor.name] for factor in space.factors)
            assert found[cell] == figure


def test_full_judges_the_same_claims_and_smoke_those_of_its_factors():
    assert find_space("full").claims == find_space("notebook").claims
    assert [claim.factor for claim in find_space("smoke").claims] == ["normalization", "loss"]
