"""Designs: which cells of a space a study runs. A space has exactly one of these four kinds."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from search_spaces.vocabulary.cell import Cell
from search_spaces.vocabulary.factor import Factor, Level, SpaceError, check_levels
from search_spaces.vocabulary.protocol import Setting

# What `--design` takes.
DESIGNS = ("full", "one-at-a-time", "fraction")


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedModel:
    """A model that someone else trained once: its cell, its settings and the recorded figures.

    Args:
        name: the model's name in its source.
        levels: one level of each factor, by the factor's name.
        settings: the protocol settings in which the model differs from its space.
        train_loss, train_accuracy, test_loss, test_accuracy: the recorded figures, accuracies in
            0-1; None where none was recorded. They are claims under test, never targets.

    Examples:
        >>> model = RecordedModel(name="model 4", levels={"loss": "mse"}, test_accuracy=0.1135)
        >>> model.levels["loss"], model.test_accuracy, model.train_accuracy
        ('mse', 0.1135, None)
    """

    name: str
    levels: Mapping[str, Level]
    settings: Mapping[str, Setting] = field(default_factory=dict[str, Setting])
    train_loss: float | None = None
    train_accuracy: float | None = None
    test_loss: float | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """Every combination of one level of each factor: the full factorial design.

    Examples:
        >>> from search_spaces import Factor
        >>> factors = [Factor(name="width", levels=(8, 16)), Factor(name="depth", levels=(1, 2, 3))]
        >>> len(design_cells(Full(), factors))
        6
    """


@dataclass(frozen=True, slots=True)
class OneAtATime:
    """A baseline, and each cell that departs from it in one factor: the classic ablation.

    For each factor it has one cell less than the factor has levels, and one more for the baseline.
    It tells nothing of interactions.

    Args:
        baseline: one level of each factor, by the factor's name.

    Examples:
        >>> from search_spaces import Factor
        >>> factors = [Factor(name="width", levels=(8, 16)), Factor(name="depth", levels=(1, 2, 3))]
        >>> design = OneAtATime({"width": 16, "depth": 1})
        >>> [str(cell) for cell in design_cells(design, factors)]
        ['16 · 1', '8 · 1', '16 · 2', '16 · 3']
    """

    baseline: Mapping[str, Level]


@dataclass(frozen=True, slots=True)
class Fraction:
    """A part of all combinations, chosen so that the effects that matter can still be told.

    Args:
        cells: the cells to run, at least one.

    Examples:
        >>> pairs = [(8, 1), (16, 2)]  # half of two widths by two depths
        >>> fraction = Fraction(tuple(Cell.of({"width": w, "depth": d}) for w, d in pairs))
        >>> [str(cell) for cell in fraction.cells]
        ['8 · 1', '16 · 2']
    """

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The cells of models that someone else trained once.

    Args:
        models: the models, at least one, no two with the same levels and settings.

    Examples:
        >>> from search_spaces import Factor
        >>> models = tuple(RecordedModel(name=f"of {w}", levels={"width": w}) for w in (16, 8))
        >>> design = Named(models)
        >>> [str(cell) for cell in design_cells(design, [Factor(name="width", levels=(8, 16))])]
        ['16', '8']
    """

    models: tuple[RecordedModel, ...]


Design = Full | OneAtATime | Fraction | Named


def design_cells(design: Design, factors: Sequence[Factor]) -> tuple[Cell, ...]:
    """The cells of a design, in the order in which they are planned.

    Args:
        design: a design that `check_design` lets pass for these factors.
        factors: the factors in declared order; in the full factorial the last changes fastest.

    Examples:
        >>> from search_spaces import Factor
        >>> factors = [Factor(name="width", levels=(8, 16)), Factor(name="depth", levels=(1, 2))]
        >>> [str(cell) for cell in design_cells(Full(), factors)]
        ['8 · 1', '8 · 2', '16 · 1', '16 · 2']
    """
    match design:
        case Full():
            return _every_combination(factors)
        case OneAtATime(baseline):
            return _departures(baseline, factors)
        case Fraction(cells):
            return cells
        case Named(models):
            return tuple(_ordered_cell(model.levels, factors) for model in models)


def check_design(design: Design, factors: Sequence[Factor]) -> None:
    """Check that a design is made of cells of these factors.

    Args:
        design: the design that a space declares.
        factors: the factors of that space.

    Raises:
        SpaceError: a cell lacks a factor or has an unknown factor or level, two models have the
            same levels and settings, or the design has no cell.

    Examples:
        >>> check_design(OneAtATime({}), [Factor(name="width", levels=(8, 16))])
        Traceback (most recent call last):
            ...
        search_spaces.vocabulary.factor.SpaceError: baseline: no level for width
    """
    match design:
        case Full():
            pass
        case OneAtATime(baseline):
            _check_cell("baseline", baseline, factors)
        case Fraction(cells):
            _check_not_empty("fraction", cells)
            for cell in cells:
                _check_cell(f"cell {cell}", cell.as_dict(), factors)
        case Named(models):
            _check_not_empty("named models", models)
            for model in models:
                _check_cell(model.name, model.levels, factors)
            for first, second in itertools.combinations(models, 2):
                if (first.levels, first.settings) == (second.levels, second.settings):
                    raise SpaceError(f"{second.name} is {first.name} again")


def narrowed_design(design: Design, kept: Mapping[str, Sequence[str]]) -> Design:
    """The design with only those of its cells that have the levels to keep.

    A full factorial and a one-at-a-time design stay as they are: the first has whatever cells the
    factors give, and `check_design` refuses the second where its baseline has lost a level.

    Args:
        design: a design of any kind.
        kept: the levels to keep, as text, by the name of their factor; factors that are not here
            keep all.

    Raises:
        SpaceError: no cell of the design has these levels.

    Examples:
        >>> fraction = Fraction((Cell.of({"width": 8}), Cell.of({"width": 16})))
        >>> [str(cell) for cell in narrowed_design(fraction, {"width": ["16"]}).cells]
        ['16']
    """
    match design:
        case Full() | OneAtATime():
            return design
        case Fraction(cells):
            cells = tuple(cell for cell in cells if _is_among(cell.as_dict(), kept))
            _check_some_remain("cells", cells, kept)
            return Fraction(cells)
        case Named(models):
            models = tuple(model for model in models if _is_among(model.levels, kept))
            _check_some_remain("models", models, kept)
            return Named(models)


def _every_combination(factors: Sequence[Factor]) -> tuple[Cell, ...]:
    names = [factor.name for factor in factors]
    combinations = itertools.product(*(factor.levels for factor in factors))
    return tuple(Cell(levels=tuple(zip(names, levels, strict=True))) for levels in combinations)


def _departures(baseline: Mapping[str, Level], factors: Sequence[Factor]) -> tuple[Cell, ...]:
    departures = [
        {**baseline, factor.name: level}
        for factor in factors
        for level in factor.levels
        if level != baseline[factor.name]
    ]
    return tuple(_ordered_cell(levels, factors) for levels in (baseline, *departures))


def _ordered_cell(levels: Mapping[str, Level], factors: Sequence[Factor]) -> Cell:
    return Cell(levels=tuple((factor.name, levels[factor.name]) for factor in factors))


def _check_cell(what: str, levels: Mapping[str, Level], factors: Sequence[Factor]) -> None:
    check_levels(what, levels.items(), factors)
    missing = [factor.name for factor in factors if factor.name not in levels]
    if missing:
        raise SpaceError(f"{what}: no level for {', '.join(missing)}")


def _check_not_empty(what: str, cells: Sequence[object]) -> None:
    if not cells:
        raise SpaceError(f"design of {what}: there is none; give it at least one")


def _check_some_remain(
    what: str, cells: Sequence[object], choice: Mapping[str, Sequence[str]]
) -> None:
    if not cells:
        raise SpaceError(f"none of its {what} has these levels: {choice}")


def _is_among(levels: Mapping[str, Level], choice: Mapping[str, Sequence[str]]) -> bool:
    """Whether each of these levels, as text, is among those chosen for its factor."""
    return all(str(levels[name]) in texts for name, texts in choice.items())
