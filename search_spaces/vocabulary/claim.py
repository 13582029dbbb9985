"""A claim: a stated conclusion about a factor, declared as data so that a study can judge it."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from search_spaces.vocabulary.factor import Factor, Level, SpaceError, check_levels, is_number


class Endpoint(StrEnum):
    """What a claim says is better of one level than of another.

    Examples:
        >>> Endpoint("trained") is Endpoint.TRAINED
        True
        >>> [str(endpoint) for endpoint in Endpoint]
        ['quality', 'trained']
    """

    QUALITY = "quality"  # test accuracy where everything trained
    TRAINED = "trained"  # whether it trains at all


class About(StrEnum):
    """What a verdict is about.

    Examples:
        >>> About("examples") is About.EXAMPLES
        True
        >>> [str(about) for about in About]
        ['examples', 'these', 'data']
    """

    EXAMPLES = "examples"  # new examples of the same source, and new seeds
    THESE = "these"  # new seeds on the examples that were tested
    DATA = "data"  # new data of the same source, to train and test on; each seed drew its own


class Qualifier(StrEnum):
    """How large the claimed difference is said to be.

    Examples:
        >>> Qualifier("slight") is Qualifier.SLIGHT
        True
        >>> [str(qualifier) for qualifier in Qualifier]
        ['none', 'slight']
    """

    NONE = "none"
    SLIGHT = "slight"


class Regime(StrEnum):
    """How a trial came by the value of its nuisance setting, as by its learning rate.

    Examples:
        >>> Regime("tuned") is Regime.TUNED
        True
        >>> [str(regime) for regime in Regime]
        ['fixed', 'tuning', 'tuned']
    """

    FIXED = "fixed"  # the protocol's value, for all cells
    TUNING = "tuning"  # a value being tried on a validation split; no claim is decided on that
    TUNED = "tuned"  # the value that did best there


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedPair:
    """The two figures that a claim's source drew it from.

    Args:
        context: the level of each other factor, the same in both runs; empty where not known.
        better, worse: the recorded test accuracies (0-1) of the claim's two levels; None where none
            was recorded.

    Raises:
        SpaceError: a figure is no accuracy.

    Examples:
        >>> pair = RecordedPair(context={"loss": "mse"}, better=0.9888, worse=0.9860)
        >>> round(pair.better - pair.worse, 4)
        0.0028
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
    """A statement that one level of a factor is better than another; under test, never a target.

    Args:
        name: a short name, unique in its space.
        text: the claim in a sentence.
        source: the original words of the claim and where they stand.
        factor: the name of the factor that the claim is about.
        better, worse: the two levels.
        endpoint: what "better" means.
        qualifier: how large the difference is said to be.
        smallest: the smallest difference that matters to whoever claims this, in units of what is
            compared (accuracy 0-1), above 0; None: that of the study or table.
        about: what the verdict is about; None: new data where each seed drew its own, else new
            examples where the answers to single examples are recorded, else these.
        scope: the levels of other factors to which the claim is limited; empty where it is said of
            every context.
        decided_on: the regime whose verdict is the overall one; None for both together.
        recorded: the figures that the source drew the claim from.

    Raises:
        SpaceError: both levels are the same, the scope or the recorded context limits the claim's
            own factor, the smallest difference is no finite number above 0, or the claim is decided
            on trials that only tune.

    Examples:
        >>> claim = Claim(
        ...     name="widths",
        ...     text="Wide networks are slightly better.",
        ...     factor="width",
        ...     better=16,
        ...     worse=8,
        ...     qualifier=Qualifier.SLIGHT,
        ... )
        >>> f"{claim.factor} {claim.better} over {claim.worse} in {claim.endpoint}"
        'width 16 over 8 in quality'
    """

    name: str
    text: str
    source: str = ""
    factor: str
    better: Level
    worse: Level
    endpoint: Endpoint = Endpoint.QUALITY
    qualifier: Qualifier = Qualifier.NONE
    smallest: float | None = None
    about: About | None = None
    scope: Mapping[str, Level] = field(default_factory=dict[str, Level])
    decided_on: Regime | None = None
    recorded: RecordedPair = field(default_factory=RecordedPair)

    def __post_init__(self) -> None:
        if self.better == self.worse:
            raise SpaceError(f"claim {self.name!r} compares {self.better!r} with itself")
        try:
            check_smallest(self.smallest)
        except SpaceError as error:
            raise SpaceError(f"claim {self.name!r}: {error}") from error
        if self.factor in {*self.scope, *self.recorded.context}:
            raise SpaceError(f"claim {self.name!r} limits {self.factor!r}, the factor it is about")
        if self.decided_on is Regime.TUNING:
            raise SpaceError(f"claim {self.name!r} is decided on fixed or tuned rates, not tuning")


def check_smallest(smallest: float | None) -> None:
    """Check that a difference can be the smallest that matters; None is one left open.

    Raises:
        SpaceError: it is no finite number above 0.

    Examples:
        >>> check_smallest(0.0)
        Traceback (most recent call last):
        search_spaces.vocabulary.factor.SpaceError: smallest is 0.0; allowed is a finite number ...
    """
    if smallest is not None and not (is_number(smallest) and 0 < smallest < math.inf):
        raise SpaceError(f"smallest is {smallest!r}; allowed is a finite number above 0")


def check_claims(claims: Sequence[Claim], factors: Sequence[Factor]) -> None:
    """Check that claims speak of these factors and their levels.

    Args:
        claims: the claims that a space declares.
        factors: the factors of that space.

    Raises:
        SpaceError: a claim names an unknown factor or level, or two claims share a name.

    Examples:
        >>> claim = Claim(name="deeper", text="Deep is better.", factor="depth", better=2, worse=1)
        >>> check_claims([claim], [Factor(name="width", levels=(8, 16))])
        Traceback (most recent call last):
            ...
        search_spaces.vocabulary.factor.SpaceError: claim 'deeper': unknown factor 'depth'; ...
    """
    names = [claim.name for claim in claims]
    for position, claim in enumerate(claims):
        if claim.name in names[:position]:
            raise SpaceError(f"claim {claim.name!r} is declared twice")
        compared = [(claim.factor, claim.better), (claim.factor, claim.worse)]
        pairs = [*compared, *claim.scope.items(), *claim.recorded.context.items()]
        check_levels(f"claim {claim.name!r}", pairs, factors)


def claims_about(factors: Sequence[Factor], claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The claims that can still be judged after factors have lost levels.

    A claim needs both of its levels and those of its scope. A recorded pair whose context the
    factors no longer have loses that context.

    Args:
        factors: the factors with the levels that remain.
        claims: claims about these factors.

    Examples:
        >>> claim = Claim(name="wider", text="Wide is better.", factor="width", better=16, worse=8)
        >>> len(claims_about([Factor(name="width", levels=(8, 16, 32))], [claim]))
        1
        >>> len(claims_about([Factor(name="width", levels=(16, 32))], [claim]))
        0
    """
    levels = {factor.name: factor.levels for factor in factors}

    def is_possible(context: Mapping[str, Level]) -> bool:
        return all(level in levels[factor] for factor, level in context.items())

    return tuple(
        claim
        if is_possible(claim.recorded.context)
        else dataclasses.replace(claim, recorded=dataclasses.replace(claim.recorded, context={}))
        for claim in claims
        if {claim.better, claim.worse} <= set(levels[claim.factor]) and is_possible(claim.scope)
    )
