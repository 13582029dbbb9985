"""Designs: which cells of a space a study runs. A space has exactly one of the four."""

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
        levels: one level of each factor.
        settings: the protocol settings in which the model differs from its space.
        train_loss, train_accuracy, test_loss, test_accuracy: recorded figures, accuracies in 0-1;
            None where none was recorded. They are claims under test, never targets.

    Examples:
        >>> RecordedModel(name="model 4", levels={"loss": "mse"}, test_accuracy=0.1135).settings
        {}
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

    It has 1 cell and, for each factor, one less than its number of levels; it tells nothing of
    interactions.

    Args:
        baseline: a level of each factor.

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
    """Part of all combinations, chosen so that what matters can still be told.

    Args:
        cells: the cells to run, at least one.

    Examples:
        >>> Fraction((Cell.of({"width": 8}),)).cells[0].as_dict()
        {'width': 8}
    """

    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """The cells of models that someone else trained once.

    Args:
        models: the models, at least one, no two alike.

    Examples:
        >>> Named((RecordedModel(name="model 1", levels={"width": 8}),)).models[0].name
        'model 1'
    """

    models: tuple[RecordedModel, ...]


Design = Full | OneAtATime | Fraction | Named


def design_cells(design: Design, factors: Sequence[Factor]) -> tuple[Cell, ...]:
    """The cells of a design, in the order in which they are planned.

    Args:
        design: one that `check_design` lets pass for these factors.
        factors: in declared order. Of the full factorial the last factor changes fastest.

    Examples:
        >>> from search_spaces import Factor
        >>> [str(cell) for cell in design_cells(Full(), [Factor(name="width", levels=(8, 16))])]
        ['8', '16']
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

    Raises:
        SpaceError: a cell lacks a factor or names something unknown, a model is there twice, or the
            design has no cell.
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
    """The design with only those of its cells that have these levels.

    A baseline stays as it is: where one of its levels is not kept, `check_design` refuses it.

    Args:
        design: any.
        kept: by factor, the levels to keep, as text.

    Raises:
        SpaceError: none of its cells has these levels.
    """
    match design:
        case Full() | OneAtATime():
            return design
        case Fraction(cells):
            cells = tuple(cell for cell in cells if _is_kept(cell.as_dict(), kept))
            _check_kept("cells", cells, kept)
            return Fraction(cells)
        case Named(models):
            models = tuple(model for model in models if _is_kept(model.levels, kept))
            _check_kept("models", models, kept)
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


def _check_kept(what: str, cells: Sequence[object], kept: Mapping[str, Sequence[str]]) -> None:
    if not cells:
        raise SpaceError(f"none of its {what} has these levels: {kept}")


def _is_kept(levels: Mapping[str, Level], kept: Mapping[str, Sequence[str]]) -> bool:
    return all(str(levels[name]) in texts for name, texts in kept.items())
