import dataclasses
import math

import pytest

from search_spaces import Claim, Factor, LogRange, Nuisance, Regime, Space, SpaceError

RANGES = {"sgd": LogRange(1e-3, 1.0), "adam": LogRange(1e-5, 1e-2)}
RATES = Nuisance(setting="learning_rate", factor="optimizer", ranges=RANGES)
SPACE = Space(
    name="mine",
    title="mine",
    factors=(
        Factor(name="width", levels=(8, 16)),
        Factor(name="optimizer", levels=("sgd", "adam")),
    ),
    settings={},
    nuisance=RATES,
    factory="a:b",
    maths="mine/1",
)


@pytest.mark.parametrize(
    ("low", "high", "message"),
    [
        (1.0, 1.0, "range 1.0 to 1.0 is empty; low must be below high"),
        (1.0, 0.1, "is empty; low must be below high"),
        (0.0, 1.0, "0.0 is no finite number above 0"),
        (-1e-3, 1.0, "-0.001 is no finite number above 0"),
        (1e-3, math.inf, "inf is no finite number above 0"),
        (math.nan, 1.0, "nan is no finite number above 0"),
        ("1e-3", 1.0, "'1e-3' is no finite number above 0"),
        (True, 2.0, "True is no finite number above 0"),
    ],
)
def test_a_range_that_is_none_is_refused(low, high, message):
    with pytest.raises(SpaceError, match=message):
        LogRange(low, high)


def test_a_share_of_a_range_is_taken_on_its_logarithm():
    assert [LogRange(1e-3, 1.0).at(share) for share in (0, 1 / 3, 0.5, 1)] == [
        0.001,
        0.01,
        0.03162,
        1.0,
    ]


def test_the_ends_of_a_range_stay_inside_it_when_rounded():
    odd = LogRange(1.23444e-3, 9.87651)
    assert odd.at(0) == 1.23444e-3
    assert odd.at(1) == 9.87651


def test_each_cell_has_the_range_of_its_level():
    assert [SPACE.range_of(cell) for cell in SPACE.cells()] == [*RANGES.values()] * 2


def test_narrowing_a_space_narrows_its_ranges():
    narrowed = SPACE.narrowed({"optimizer": ["adam"]})
    assert narrowed.nuisance == dataclasses.replace(RATES, ranges={"adam": RANGES["adam"]})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"setting": "epochs"}, "unknown tunable setting 'epochs'; allowed: learning_rate"),
        ({"setting": "learning_rat"}, "did you mean 'learning_rate'"),
        ({"factor": "optimiser"}, "unknown factor 'optimiser'; did you mean 'optimizer'"),
        ({"ranges": {}}, "nuisance 'learning_rate' has no range"),
        ({"ranges": {"sgd": RANGES["sgd"]}}, "no range for optimizer adam"),
        ({"ranges": {**RANGES, "adm": RANGES["sgd"]}}, "unknown level of optimizer 'adm'"),
        ({"ranges": {"sgd": (1, 2)}}, r"optimizer=sgd: \(1, 2\) is no LogRange"),
    ],
)
def test_a_mistaken_nuisance_is_refused(changes, message):
    with pytest.raises(SpaceError, match=message):
        dataclasses.replace(SPACE, nuisance=dataclasses.replace(RATES, **changes))


def test_a_space_without_a_range_can_not_be_tuned():
    with pytest.raises(SpaceError, match="space 'mine' declares no range to tune in"):
        dataclasses.replace(SPACE, nuisance=None, tuned=True)


def test_a_claim_is_not_decided_on_trials_that_only_tune():
    with pytest.raises(SpaceError, match="decided on fixed or tuned rates, not tuning"):
        Claim(
            name="a",
            text="a",
            factor="optimizer",
            better="sgd",
            worse="adam",
            decided_on=Regime.TUNING,
        )
