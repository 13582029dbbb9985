"""A space: what a study varies, what it holds fixed, and which factory builds its models."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.claim import Claim, check_claims, check_smallest, claims_about
from search_spaces.vocabulary.design import (
    Design,
    Full,
    Named,
    OneAtATime,
    RecordedModel,
    check_design,
    design_cells,
    narrowed_design,
)
from search_spaces.vocabulary.factor import Factor, SpaceError
from search_spaces.vocabulary.learned import Above
from search_spaces.vocabulary.model_factory import ModelFactory
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.nuisance import LogRange, Nuisance, check_nuisance
from search_spaces.vocabulary.protocol import SETTINGS, Protocol, Setting
from search_spaces.vocabulary.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """The factors, the protocol defaults and the model factory from which a study is planned.

    Args:
        name: the name that `--space` takes.
        title: a sentence for a person who reads the plan.
        factors: the factors that are varied, at least one.
        settings: the protocol defaults for every data set.
        dataset_settings: the protocol defaults in which a data set differs, by its name.
        design: which cells are run; every combination by default.
        learned: from which test accuracy on a run has learned; quality is compared where runs have.
        dataset_learned: the same for data sets in which that differs, by their name.
        smallest: the smallest difference of test accuracies (0-1) that matters, above 0; None: 0.10
            points or one test image, whichever is larger. A claim may name its own.
        claims: stated conclusions that the study is to judge.
        nuisance: the setting that may be tuned in each cell, and its ranges.
        tuned: whether that setting is tuned by default.
        factory: `module:function` of the model factory, which is called with the levels that it has
            parameters for and returns an uncompiled Keras model. In a file of one's own, the name
            of a function there; `load_space` puts a `ModelFactory` in its place.
        maths: the name and version of the computation; part of every trial's identity. In a file of
            one's own it may be left out.

    Raises:
        SpaceError: there is no factor, or one factor twice; the design, a claim, the nuisance or
            a setting names something unknown; there is no nuisance to tune where it is to be; or
            the smallest difference is out of its range.

    Examples:
        >>> space = Space(
        ...     name="mine",
        ...     title="Width and depth of a small dense network",
        ...     factors=(Factor(name="width", levels=(8, 16)), Factor(name="depth", levels=(1, 2))),
        ...     settings={"epochs": 5},
        ...     factory="mine:build_model",
        ... )
        >>> [str(cell) for cell in space.cells()]
        ['8 · 1', '8 · 2', '16 · 1', '16 · 2']
        >>> [str(cell) for cell in space.narrowed({"depth": ["2"]}).cells()]
        ['8 · 2', '16 · 2']
    """

    name: str
    title: str
    factors: tuple[Factor, ...]
    settings: Mapping[str, Setting]
    dataset_settings: Mapping[str, Mapping[str, Setting]] = field(
        default_factory=dict[str, Mapping[str, Setting]]
    )
    design: Design = field(default_factory=Full)
    learned: Above = field(default_factory=Above)
    dataset_learned: Mapping[str, Above] = field(default_factory=dict[str, Above])
    smallest: float | None = None
    claims: tuple[Claim, ...] = ()
    nuisance: Nuisance | None = None
    tuned: bool = False
    factory: str | ModelFactory
    maths: str = ""

    def __post_init__(self) -> None:
        self._check_factors()
        self._check_rules()
        departures = [model.settings for model in self.models]
        for settings in [self.settings, *self.dataset_settings.values(), *departures]:
            self._check_settings(settings)
        try:
            check_design(self.design, self.factors)
            check_claims(self.claims, self.factors)
            if self.nuisance:
                check_nuisance(self.nuisance, self.factors)
        except SpaceError as error:
            raise SpaceError(f"space {self.name!r}, {error}") from error
        if self.tuned:
            self.range_of(self.cells()[0])

    def _check_factors(self) -> None:
        names = [factor.name for factor in self.factors]
        if not names:
            raise SpaceError(f"space {self.name!r} has no factor; declare at least one")
        for name in names:
            if names.count(name) > 1:
                raise SpaceError(f"space {self.name!r} declares the factor {name!r} twice")
            if name in SETTINGS:
                raise SpaceError(
                    f"space {self.name!r}: {name!r} is a protocol setting, not a factor"
                )

    def _check_rules(self) -> None:
        rules: list[object] = [self.learned, *self.dataset_learned.values()]
        for rule in rules:
            if not isinstance(rule, Above):
                raise SpaceError(
                    f"space {self.name!r}: learned is {rule!r}; allowed is as Above(accuracy=0.9)"
                )
        try:
            check_smallest(self.smallest)
        except SpaceError as error:
            raise SpaceError(f"space {self.name!r}: {error}") from error

    def _check_settings(self, settings: Mapping[str, Setting]) -> None:
        for name in settings:
            if name not in SETTINGS:
                reason = unknown_name("protocol setting", name, SETTINGS)
                raise SpaceError(f"space {self.name!r}: {reason}")

    @property
    def models(self) -> tuple[RecordedModel, ...]:
        """The recorded models, where these are the design; else none."""
        return self.design.models if isinstance(self.design, Named) else ()

    @property
    def model_factory(self) -> ModelFactory:
        """The place where the model factory is found."""
        if isinstance(self.factory, ModelFactory):
            return self.factory
        return ModelFactory(name=self.factory)

    def factor(self, name: str) -> Factor:
        """The factor of this name.

        Raises:
            SpaceError: the space has no such factor; the message lists those it has.
        """
        for factor in self.factors:
            if factor.name == name:
                return factor
        reason = unknown_name("factor", name, (factor.name for factor in self.factors))
        raise SpaceError(f"space {self.name!r}: {reason}")

    def narrowed(self, kept: Mapping[str, Sequence[str]]) -> "Space":
        """The space with fewer levels, and the claims that can still be judged.

        Args:
            kept: the levels to keep, as text, by the name of their factor; factors that are not
                here keep all.

        Raises:
            SpaceError: a factor or level is unknown, or no cell of the design has these levels.
        """
        for name, texts in kept.items():
            levels = [str(level) for level in self.factor(name).levels]
            for text in texts:
                if text not in levels:
                    raise SpaceError(unknown_name(f"level of {name}", text, levels))
        try:
            design = narrowed_design(self.design, kept)
        except SpaceError as error:
            raise SpaceError(f"space {self.name!r}: {error}") from error
        factors = tuple(_narrowed(factor, kept) for factor in self.factors)
        return dataclasses.replace(
            self,
            factors=factors,
            design=design,
            claims=claims_about(factors, self.claims),
            nuisance=_narrowed_nuisance(self.nuisance, factors),
        )

    def one_at_a_time(self, baseline: Mapping[str, str]) -> "Space":
        """The space with a one-at-a-time design around this baseline.

        Args:
            baseline: the levels of the baseline, as text, by the name of their factor; factors that
                are not here have their first level.

        Raises:
            SpaceError: a factor or level is unknown.

        Examples:
            >>> from search_spaces import find_space
            >>> len(find_space("full").one_at_a_time({"normalization": "range"}).cells())
            6
        """
        every_cell = dataclasses.replace(self, design=Full())
        narrow = every_cell.narrowed({name: [level] for name, level in baseline.items()})
        levels = {factor.name: factor.levels[0] for factor in narrow.factors}
        return dataclasses.replace(self, design=OneAtATime(levels))

    def cells(self) -> tuple[Cell, ...]:
        """The cells of the design, in the order in which they are planned."""
        return design_cells(self.design, self.factors)

    def range_of(self, cell: Cell) -> LogRange:
        """The range in which the nuisance setting of this cell is tuned.

        Raises:
            SpaceError: the space declares no nuisance.
        """
        if self.nuisance is None:
            raise SpaceError(
                f"space {self.name!r} declares no range to tune in; give it one: "
                "nuisance=Nuisance(setting='learning_rate', factor=..., "
                "ranges={level: LogRange(low, high), ...})"
            )
        return self.nuisance.ranges[cell.as_dict()[self.nuisance.factor]]

    def default_settings(self, dataset: str) -> dict[str, Setting]:
        """The protocol defaults of the space, with those in which this data set differs."""
        return {**self.settings, **self.dataset_settings.get(dataset, {})}

    def learned_on(self, dataset: str) -> Above:
        """From which test accuracy on a run has learned on a data set of this name."""
        return self.dataset_learned.get(dataset, self.learned)

    def trials(self, protocol: Protocol, seeds: Sequence[int]) -> tuple[Trial, ...]:
        """The trials of every cell with every seed, cells in planned order; seeds vary slowest.

        Args:
            protocol: what all trials hold fixed, but for the settings in which a recorded model
                differs from its space.
            seeds: the seeds of each cell.
        """
        departures = [model.settings for model in self.models] or [{}] * len(self.cells())
        return tuple(
            Trial(
                cell=cell,
                seed=seed,
                protocol=dataclasses.replace(protocol, **settings),
                maths=self.maths,
                relative_cost=_relative_cost(self.factors, cell),
            )
            for seed in seeds
            for cell, settings in zip(self.cells(), departures, strict=True)
        )


def _relative_cost(factors: Sequence[Factor], cell: Cell) -> float:
    pairs = zip(factors, cell.levels, strict=True)
    return math.prod(factor.relative_cost.get(level, 1.0) for factor, (_, level) in pairs)


def _narrowed(factor: Factor, choice: Mapping[str, Sequence[str]]) -> Factor:
    if factor.name not in choice:
        return factor
    levels = tuple(level for level in factor.levels if str(level) in choice[factor.name])
    costs = {level: cost for level, cost in factor.relative_cost.items() if level in levels}
    notes = {level: note for level, note in factor.notes.items() if level in levels}
    return dataclasses.replace(factor, levels=levels, relative_cost=costs, notes=notes)


def _narrowed_nuisance(nuisance: Nuisance | None, factors: Sequence[Factor]) -> Nuisance | None:
    if nuisance is None:
        return None
    return nuisance.narrowed(next(f.levels for f in factors if f.name == nuisance.factor))
