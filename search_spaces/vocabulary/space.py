"""A space: what a study varies, what it holds fixed, and which network it trains."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.claim import Claim, check_claims, claims_about
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
from search_spaces.vocabulary.model_factory import ModelFactory
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.nuisance import LogRange, Nuisance, check_nuisance
from search_spaces.vocabulary.protocol import SETTINGS, Protocol, Setting
from search_spaces.vocabulary.trial import Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Factors, protocol defaults and the model factory; a study is planned from it.

    Args:
        name: what `--space` takes.
        title: one sentence for a person who reads the plan.
        factors: what is varied.
        settings: protocol defaults for every data set.
        dataset_settings: by data set, the defaults in which it differs.
        design: which cells are run; every combination unless told otherwise.
        claims: stated conclusions that the study is to judge.
        nuisance: the setting that may be tuned in each cell, and where.
        tuned: whether it is tuned unless told otherwise.
        factory: `module:function` of the model factory; it is called with the levels that it has
            parameters for and returns an uncompiled Keras model. In a file of one's own, the name
            of a function there; `load_space` puts a `ModelFactory` in its place.
        maths: name and version of the computation; part of every trial's identity. In a file of
            one's own it may be left out.

    Raises:
        SpaceError: no factor, a factor twice, a model, claim, range or setting that names something
            unknown, or nothing to be tuned where it is to be tuned.
    """

    name: str
    title: str
    factors: tuple[Factor, ...]
    settings: Mapping[str, Setting]
    dataset_settings: Mapping[str, Mapping[str, Setting]] = field(
        default_factory=dict[str, Mapping[str, Setting]]
    )
    design: Design = field(default_factory=Full)
    claims: tuple[Claim, ...] = ()
    nuisance: Nuisance | None = None
    tuned: bool = False
    factory: str | ModelFactory
    maths: str = ""

    def __post_init__(self) -> None:
        self._check_factors()
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

    def _check_settings(self, settings: Mapping[str, Setting]) -> None:
        for name in settings:
            if name not in SETTINGS:
                reason = unknown_name("protocol setting", name, SETTINGS)
                raise SpaceError(f"space {self.name!r}: {reason}")

    @property
    def models(self) -> tuple[RecordedModel, ...]:
        """The recorded models, if they are the design; else none."""
        return self.design.models if isinstance(self.design, Named) else ()

    @property
    def model_factory(self) -> ModelFactory:
        """Where the model factory is found."""
        if isinstance(self.factory, ModelFactory):
            return self.factory
        return ModelFactory(name=self.factory)

    def factor(self, name: str) -> Factor:
        """The factor of this name.

        Raises:
            SpaceError: there is none; the message lists those there are.
        """
        for factor in self.factors:
            if factor.name == name:
                return factor
        reason = unknown_name("factor", name, (factor.name for factor in self.factors))
        raise SpaceError(f"space {self.name!r}: {reason}")

    def narrowed(self, kept: Mapping[str, Sequence[str]]) -> "Space":
        """The space with some factors held at some of their levels, and the claims still possible.

        Args:
            kept: factor name to the levels to keep, as text.

        Raises:
            SpaceError: a factor or level is unknown, or no model of the space is left.
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
        """The space with a baseline, and what departs from it in one factor, as its design.

        Args:
            baseline: by factor, the level of the baseline, as text; the first level of factors that
                are not named.

        Raises:
            SpaceError: a factor or level is unknown.

        Examples:
            >>> from search_spaces import find_space
            >>> len(find_space("full").one_at_a_time({"normalization": "range"}).cells())
            6
        """
        every = dataclasses.replace(self, design=Full())
        held = every.narrowed({name: [level] for name, level in baseline.items()})
        levels = {factor.name: factor.levels[0] for factor in held.factors}
        return dataclasses.replace(self, design=OneAtATime(levels))

    def cells(self) -> tuple[Cell, ...]:
        """The cells of the design, in the order in which they are planned."""
        return design_cells(self.design, self.factors)

    def range_of(self, cell: Cell) -> LogRange:
        """In which range the nuisance setting of this cell is tuned.

        Raises:
            SpaceError: the space has none.
        """
        if self.nuisance is None:
            raise SpaceError(
                f"space {self.name!r} declares no range to tune in; give it one: "
                "nuisance=Nuisance(setting='learning_rate', factor=..., "
                "ranges={level: LogRange(low, high), ...})"
            )
        return self.nuisance.ranges[cell.as_dict()[self.nuisance.factor]]

    def default_settings(self, dataset: str) -> dict[str, Setting]:
        """Protocol settings for this data set: the space's, then those of the data set."""
        return {**self.settings, **self.dataset_settings.get(dataset, {})}

    def trials(self, protocol: Protocol, seeds: Sequence[int]) -> tuple[Trial, ...]:
        """Every cell with every seed, in the order declared; seeds vary slowest."""
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


def _narrowed(factor: Factor, kept: Mapping[str, Sequence[str]]) -> Factor:
    if factor.name not in kept:
        return factor
    levels = tuple(level for level in factor.levels if str(level) in kept[factor.name])
    costs = {level: cost for level, cost in factor.relative_cost.items() if level in levels}
    notes = {level: note for level, note in factor.notes.items() if level in levels}
    return dataclasses.replace(factor, levels=levels, relative_cost=costs, notes=notes)


def _narrowed_nuisance(nuisance: Nuisance | None, factors: Sequence[Factor]) -> Nuisance | None:
    if nuisance is None:
        return None
    return nuisance.narrowed(next(f.levels for f in factors if f.name == nuisance.factor))
