"""A space: what a study varies, what it holds fixed, and which network it trains."""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.claim import Claim, check_claims, claims_about
from search_spaces.vocabulary.design import full_factorial, one_at_a_time
from search_spaces.vocabulary.factor import Factor, Level, SpaceError
from search_spaces.vocabulary.names import unknown_name
from search_spaces.vocabulary.nuisance import LogRange, Nuisance, check_nuisance
from search_spaces.vocabulary.protocol import SETTINGS, Protocol
from search_spaces.vocabulary.trial import Trial

Setting = int | float
# What `--design` takes.
DESIGNS = ("full", "one-at-a-time", "fraction")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedModel:
    """A model someone else trained once: its cell, where it left the protocol, what was recorded.

    Args:
        name: as its source names it.
        levels: one level per factor.
        settings: protocol settings in which it differs from the space's.
        train_loss, train_accuracy, test_loss, test_accuracy: recorded figures, accuracies in 0-1;
            None where none was recorded. They are claims under test, never targets.
    """

    name: str
    levels: Mapping[str, Level]
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    train_loss: float | None = None
    train_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """Factors, protocol defaults and the model factory; a study is planned from it.

    Args:
        name: what `--space` takes.
        title: one sentence for a person who reads the plan.
        factors: what is varied.
        settings: protocol defaults for every data set.
        dataset_settings: by data set, the defaults in which it differs.
        models: if given, only these cells are run instead of every combination.
        claims: stated conclusions that the study is to judge.
        baseline: if given, a level of each factor: only this cell and those that depart from it in
            one factor are run instead of every combination.
        nuisance: the setting that may be tuned in each cell, and where.
        tuned: whether it is tuned unless told otherwise.
        fraction: if given, only these cells are run instead of every combination.
        factory: "module:function" of the model factory; it is called with the levels it has
            parameters for and returns an uncompiled Keras model. In a file of one's own, the name
            of a function there.
        maths: name and version of the computation; part of every trial's identity. In a file of
            one's own it may be left out.
        source, file: text and path of the file that declares it, where the factory is a function of
            that file.

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
    models: tuple[RecordedModel, ...] = ()
    claims: tuple[Claim, ...] = ()
    baseline: Mapping[str, Level] = field(default_factory=dict[str, Level])
    nuisance: Nuisance | None = None
    tuned: bool = False
    fraction: tuple[Cell, ...] = ()
    factory: str
    maths: str = ""
    source: str = ""
    file: str = ""

    def __post_init__(self) -> None:
        self._check_factors()
        departures = [model.settings for model in self.models]
        for settings in [self.settings, *self.dataset_settings.values(), *departures]:
            self._check_settings(settings)
        for position, model in enumerate(self.models):
            self._check_levels(model.name, model.levels)
            self._check_new(model, self.models[:position])
        if self.baseline:
            self._check_levels("baseline", self.baseline)
        for cell in self.fraction:
            self._check_levels(f"cell {cell}", cell.as_dict())
        try:
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

    def _check_new(self, model: RecordedModel, others: Sequence[RecordedModel]) -> None:
        for other in others:
            if (other.levels, other.settings) == (model.levels, model.settings):
                raise SpaceError(f"space {self.name!r}: {model.name} is {other.name} again")

    def _check_settings(self, settings: Mapping[str, Setting]) -> None:
        for name in settings:
            if name not in SETTINGS:
                reason = unknown_name("protocol setting", name, SETTINGS)
                raise SpaceError(f"space {self.name!r}: {reason}")

    def _check_levels(self, what: str, levels: Mapping[str, Level]) -> None:
        where = f"space {self.name!r}, {what}"
        for name, level in levels.items():
            if level not in self.factor(name, where=where).levels:
                allowed = map(str, self.factor(name).levels)
                raise SpaceError(
                    f"{where}: {unknown_name(f'level of {name}', str(level), allowed)}"
                )
        missing = [factor.name for factor in self.factors if factor.name not in levels]
        if missing:
            raise SpaceError(f"{where}: no level for {', '.join(missing)}")

    def factor(self, name: str, *, where: str = "") -> Factor:
        """The factor of this name.

        Raises:
            SpaceError: there is none; the message begins with `where`.
        """
        for factor in self.factors:
            if factor.name == name:
                return factor
        reason = unknown_name("factor", name, (factor.name for factor in self.factors))
        raise SpaceError(f"{where or f'space {self.name!r}'}: {reason}")

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
        models = tuple(model for model in self.models if _is_kept(model.levels, kept))
        if self.models and not models:
            raise SpaceError(f"space {self.name!r}: none of its models has these levels: {kept}")
        factors = tuple(_narrowed(factor, kept) for factor in self.factors)
        fraction = tuple(cell for cell in self.fraction if _is_kept(cell.as_dict(), kept))
        if self.fraction and not fraction:
            raise SpaceError(f"space {self.name!r}: none of its cells has these levels: {kept}")
        return dataclasses.replace(
            self,
            factors=factors,
            models=models,
            claims=claims_about(factors, self.claims),
            fraction=fraction,
            nuisance=_narrowed_nuisance(self.nuisance, factors),
        )

    def designed(self, design: str, baseline: Mapping[str, str]) -> "Space":
        """The space with another design than it declares.

        Args:
            design: full or one-at-a-time; which cells make a good fraction is not known here.
            baseline: for one-at-a-time, factor name to level, as text; of factors that are not
                named the first level.

        Raises:
            SpaceError: a design, factor or level is unknown, or another design gets a baseline.
        """
        if design not in DESIGNS:
            raise SpaceError(unknown_name("design", design, DESIGNS))
        if design == "full":
            if baseline:
                raise SpaceError("a baseline belongs to --design one-at-a-time")
            return dataclasses.replace(self, models=(), baseline={}, fraction=())
        every = dataclasses.replace(self, models=(), baseline={}, fraction=())
        held = every.narrowed({name: [level] for name, level in baseline.items()})
        levels = {factor.name: factor.levels[0] for factor in held.factors}
        return dataclasses.replace(every, baseline=levels)

    def cells(self) -> tuple[Cell, ...]:
        """The cells of the design: by what is given of `models` and so on, else all there are."""
        if self.fraction:
            return self.fraction
        if self.baseline:
            return one_at_a_time(self.factors, self.baseline)
        if not self.models:
            return full_factorial(self.factors)
        return tuple(_ordered_cell(self.factors, model.levels) for model in self.models)

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


def _ordered_cell(factors: Sequence[Factor], levels: Mapping[str, Level]) -> Cell:
    return Cell(levels=tuple((factor.name, levels[factor.name]) for factor in factors))


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


def _is_kept(levels: Mapping[str, Level], kept: Mapping[str, Sequence[str]]) -> bool:
    return all(str(levels[name]) in texts for name, texts in kept.items())
