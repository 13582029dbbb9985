"""The questions that people ask first, answered together from one reading of the runs."""

from dataclasses import dataclass

from results.choices.best import BestCells, find_best_cells
from results.choices.compared import compared_cells
from results.choices.levels import FactorLevels, find_levels
from results.choices.ranking import Ranking, rank_choices
from results.runs.runs import Runs
from search_spaces import About


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What runs say of the choices behind them.

    Args:
        factors: the factors that vary.
        levels: the levels of each factor beside each other.
        rankings: which choice matters most, for learning at all and for quality.
        best: which cell to take.
        about: what that holds for.

    Examples:
        >>> from results import load_study
        >>> from results.runs.study import study_runs
        >>> choices = find_choices(study_runs(load_study(directory)))
        >>> choices.factors, choices.best.cells[0].cell
        (('normalization', 'loss'), ('range', 'categorical_crossentropy'))
    """

    factors: tuple[str, ...]
    levels: tuple[FactorLevels, ...]
    rankings: tuple[Ranking, ...]
    best: BestCells
    about: About


def find_choices(runs: Runs, about: About | None = None) -> Choices:
    """Which choice matters most, which level of each, and which cell to take.

    Args:
        runs: the runs; larger responses are better.
        about: what is to be said something about; None: new examples where that can be had.

    Examples:
        >>> from results import load_study
        >>> from results.runs.study import study_runs
        >>> find_choices(study_runs(load_study(directory))).about
        <About.THESE: 'these'>
    """
    compared = compared_cells(runs, about)
    return Choices(
        factors=tuple(runs.factors),
        levels=find_levels(compared),
        rankings=rank_choices(compared),
        best=find_best_cells(compared),
        about=compared.about,
    )
