"""A claim: a stated conclusion about a factor, declared as data so that a study can judge it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from search_spaces.vocabulary.factor import Factor, Level, SpaceError, check_levels


class Endpoint(StrEnum):
    """What a claim is about."""

    QUALITY = "quality"  # test accuracy where everything trained
    TRAINED = "trained"  # whether it trains at all


class Qualifier(StrEnum):
    """How large the claimed difference is said to be."""

    NONE = "none"
    SLIGHT = "slight"


class Regime(StrEnum):
    """How the nuisance setting of a trial, as its learning rate, came about."""

    FIXED = "fixed"  # the protocol's, for all cells
    TUNING = "tuning"  # being tried on a validation split; no claim is decided on that
    TUNED = "tuned"  # that which did best there


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPair:
    """The two figures that a claim's source drew it from.

    Args:
        context: level of each other factor in both runs.
        better, worse: recorded test accuracies (0-1) of the claim's two levels; None where none was
            recorded.
    """

    context: Mapping[str, Level] = field(default_factory=dict[str, Level])
    better: float | None = None
    worse: float | None = None

    def __post_init__(self) -> None:
        for name in ("better", "worse"):
            figure = getattr(self, name)
            if figure is not None and not (math.isfinite(figure) and 0 <= figure <= 1):
                raise SpaceError(f"recorded {name} {figure!r} is no accuracy; allowed is 0 to 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """That one level of a factor is better than another; under test, never a target.

    Args:
        name: short, unique in its space.
        text: the claim in a sentence.
        source: its original words and where they stand.
        factor: what it is about.
        better, worse: the two levels.
        endpoint: what "better" means.
        qualifier: how large it is said to be.
        scope: levels of other factors to which it is limited; empty: said of every context.
        decided_on: the regime whose verdict is the overall one; None: both together.
        recorded: the figures of its source.

    Raises:
        SpaceError: both levels are the same, the scope limits the claim's own factor, or it is
            decided on trials that only tune.
    """

    name: str
    text: str
    source: str = ""
    factor: str
    better: Level
    worse: Level
    endpoint: Endpoint = Endpoint.QUALITY
    qualifier: Qualifier = Qualifier.NONE
    scope: Mapping[str, Level] = field(default_factory=dict[str, Level])
    decided_on: Regime | None = None
    recorded: RecordedPair = field(default_factory=RecordedPair)

    def __post_init__(self) -> None:
        if self.better == self.worse:
            raise SpaceError(f"claim {self.name!r} compares {self.better!r} with itself")
        if self.factor in {*self.scope, *self.recorded.context}:
            raise SpaceError(f"claim {self.name!r} limits {self.factor!r}, the factor it is about")
        if self.decided_on is Regime.TUNING:
            raise SpaceError(f"claim {self.name!r} is decided on fixed or tuned rates, not tuning")


def check_claims(claims: Sequence[Claim], factors: Sequence[Factor]) -> None:
    """Check that claims speak of these factors and their levels.

    Raises:
        SpaceError: a claim names something unknown, or two claims share a name.
    """
    for position, claim in enumerate(claims):
        if any(other.name == claim.name for other in claims[:position]):
            raise SpaceError(f"claim {claim.name!r} is declared twice")
        compared = [(claim.factor, claim.better), (claim.factor, claim.worse)]
        named = [*compared, *claim.scope.items(), *claim.recorded.context.items()]
        check_levels(f"claim {claim.name!r}", named, factors)


def claims_about(factors: Sequence[Factor], claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Those of the claims that still have both their levels, and levels in their scope.

    The context of a recorded pair is forgotten where these factors no longer have it.
    """
    levels = {factor.name: factor.levels for factor in factors}

    def is_here(context: Mapping[str, Level]) -> bool:
        return all(level in levels[factor] for factor, level in context.items())

    return tuple(
        claim
        if is_here(claim.recorded.context)
        else dataclasses.replace(claim, recorded=dataclasses.replace(claim.recorded, context={}))
        for claim in claims
        if {claim.better, claim.worse} <= set(levels[claim.factor]) and is_here(claim.scope)
    )
