"""A claim at the fixed setting and at tuned ones: does the winner flip, and what holds overall?"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.claims.comparing import cell_means, pair_weights
from results.claims.judgement import Judgement
from results.claims.overall import Tuned, roll_up
from results.records.tuning import TunedCell, Tuning
from results.runs.runs import Matched, Runs, matched_cells
from results.statistics.aliases import cell_model
from results.statistics.comparisons.difference import Difference, robust_contrast
from results.statistics.comparisons.mixing import difference_estimator
from search_spaces import Claim, Level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regimes:
    """The runs of a tuned study in both regimes.

    Args:
        fixed: the runs with the setting that all cells share.
        tuned: the runs with the setting that tuning chose for each cell.
        tuning: what tuning did in each cell.

    Examples:
        >>> from results import load_study
        >>> from results.runs.study import study_runs
        >>> study = load_study(tuned_directory)
        >>> regimes = Regimes(
        ...     fixed=study_runs(study),
        ...     tuned=study_runs(study.as_tuned()),
        ...     tuning=study.description.tuning,
        ... )
        >>> [float(runs.response.mean().round(3)) for runs in (regimes.fixed, regimes.tuned)]
        [0.944, 0.979]
    """

    fixed: Runs
    tuned: Runs
    tuning: Tuning


@dataclass(frozen=True, slots=True, kw_only=True)
class InRegimes:
    """A claim in both regimes.

    Args:
        fixed: the verdict at the fixed setting, `overall` being that of both regimes together.
        tuned: the verdict at tuned settings, with the same `overall`.
        winners: the level of the claim that does better at the fixed setting, and the one that does
            at tuned settings, each by its interval; None where neither does.
        change: the difference in quality at the fixed setting minus that at tuned ones, over the
            contexts, or the cells of a fraction, in which both can be had; None where none is.
        healthy: number of these contexts or cells.
        differs: whether the interval of the change excludes 0.
        doubts: why the tuning is not adequate for this claim; none if it is.

    Examples:
        >>> from results.claims.deciding import Verdict
        >>> from search_spaces import find_space
        >>> claim = find_space("smoke").claims[0]
        >>> in_regimes = InRegimes(
        ...     fixed=Judgement(claim=claim, verdict=Verdict.CONFIRMED, reason=""),
        ...     tuned=Judgement(claim=claim, verdict=Verdict.REFUTED, reason=""),
        ...     winners=("range", "none"),
        ...     change=None,
        ...     healthy=0,
        ...     differs=False,
        ...     doubts=(),
        ... )
        >>> in_regimes.flips
        True
    """

    fixed: Judgement
    tuned: Judgement
    winners: tuple[Level | None, Level | None]
    change: Difference | None
    healthy: int
    differs: bool
    doubts: tuple[str, ...]

    @property
    def flips(self) -> bool:
        """Whether the other level does better once settings are tuned."""
        first, second = self.winners
        return None not in self.winners and first != second


def compare_regimes(
    regimes: Regimes, fixed: Sequence[Judgement], tuned: Sequence[Judgement]
) -> tuple[InRegimes, ...]:
    """Each claim in both regimes, with the overall verdict by `roll_up`.

    Args:
        regimes: the runs that the judgements rest on.
        fixed: what is found out about each claim at the fixed setting.
        tuned: the same at tuned settings, in the same order.

    Examples:
        >>> from results import load_study
        >>> from results.claims.judging import judge_claims
        >>> from results.runs.study import study_runs
        >>> study = load_study(tuned_directory)
        >>> fixed, tuned = study_runs(study), study_runs(study.as_tuned())
        >>> regimes = Regimes(fixed=fixed, tuned=tuned, tuning=study.description.tuning)
        >>> claims = study.description.claims[:1]
        >>> judged = [judge_claims(runs, claims, smallest=0.001) for runs in (fixed, tuned)]
        >>> compared = compare_regimes(regimes, *judged)
        >>> f"{100 * compared[0].change.estimate:+.2f} points", compared[0].fixed.overall_reason
        ('+5.42 points', 'the tuning is not adequate')
    """
    return tuple(
        _compare(regimes, at_fixed, at_tuned)
        for at_fixed, at_tuned in zip(fixed, tuned, strict=True)
    )


def _compare(regimes: Regimes, fixed: Judgement, tuned: Judgement) -> InRegimes:
    claim = fixed.claim
    change_of = _change_by_model if fixed.by_model and tuned.by_model else _change
    change, healthy = change_of(regimes, claim)
    low, high = change.interval(fixed.coverage) if change else (np.nan, np.nan)
    differs, doubts = bool(low > 0 or high < 0), _doubts(regimes, tuned)
    at_tuned = Tuned(verdict=tuned.verdict, adequate=not doubts, differs=differs)
    overall, reason = roll_up(fixed.verdict, at_tuned, decided_on=claim.decided_on)
    return InRegimes(
        fixed=dataclasses.replace(fixed, overall=overall, overall_reason=reason),
        tuned=dataclasses.replace(tuned, overall=overall, overall_reason=reason),
        winners=(fixed.winner, tuned.winner),
        change=change,
        healthy=healthy,
        differs=differs,
        doubts=doubts,
    )


def _matched(runs: Runs, claim: Claim) -> Matched | None:
    """The contexts in which every run of both levels learned; None where a level is not there."""
    levels = runs.factors.get(claim.factor, ())
    if claim.better not in levels or claim.worse not in levels:
        return None
    matched = matched_cells(runs, claim.factor, (claim.worse, claim.better), claim.scope)
    return matched.only(runs.healthy)


def _change(regimes: Regimes, claim: Claim) -> tuple[Difference | None, int]:
    """The difference at the fixed setting minus that at tuned ones, run by run.

    Returns:
        The change, None where it can't be had, and the number of contexts it is averaged over.
    """
    fixed, tuned = (_matched(runs, claim) for runs in (regimes.fixed, regimes.tuned))
    if not (fixed and tuned) or regimes.fixed.seeds != regimes.tuned.seeds:
        return None, 0
    places = {tuple(context.items()): place for place, context in enumerate(tuned.contexts)}
    common = [
        (place, places[tuple(context.items())])
        for place, context in enumerate(fixed.contexts)
        if tuple(context.items()) in places
    ]
    if not common:
        return None, 0
    at_fixed, at_tuned = map(list, zip(*common, strict=True))
    change = _contrast_of_changes(
        regimes,
        fixed.cells[at_fixed].ravel(),
        tuned.cells[at_tuned].ravel(),
        pair_weights(len(common)),
    )
    return change, len(common)


def _change_by_model(regimes: Regimes, claim: Claim) -> tuple[Difference | None, int]:
    """The change of a fraction, from all cells that are healthy in both regimes together.

    Returns:
        The change, None where it can't be had, and the number of cells it is taken from.
    """
    fixed, tuned = regimes.fixed, regimes.tuned
    tuned_numbers = {tuned.cells[number]: number for number in np.flatnonzero(tuned.healthy)}
    common = [n for n in np.flatnonzero(fixed.healthy) if fixed.cells[n] in tuned_numbers]
    if not common or fixed.seeds != tuned.seeds:
        return None, 0
    model = cell_model(fixed.factors, [fixed.cells[n] for n in common])
    pair = (claim.worse, claim.better)
    estimator = difference_estimator(model, claim.factor, pair, fixed.varied(claim.scope))
    if estimator is None:
        return None, 0
    at_fixed = np.array(common)
    at_tuned = np.array([tuned_numbers[fixed.cells[n]] for n in common])
    change = _contrast_of_changes(regimes, at_fixed, at_tuned, estimator.weights)
    if change and estimator.mixing:
        means = cell_means(fixed, at_fixed) - cell_means(tuned, at_tuned)
        change = dataclasses.replace(change, error=estimator.mixing.widened(change.error, means))
    return change, len(common)


def _contrast_of_changes(
    regimes: Regimes,
    at_fixed: NDArray[np.int64],
    at_tuned: NDArray[np.int64],
    weights: NDArray[np.floating],
) -> Difference | None:
    """A contrast of fixed minus tuned; the two runs of a cell and seed begin alike, so they pair.

    None where no cell has both runs of a seed.
    """
    changes = regimes.fixed.response[at_fixed] - regimes.tuned.response[at_tuned]
    if not np.isfinite(changes).any(axis=1).all():
        return None
    return robust_contrast(changes, weights, shared=regimes.fixed.seed_is_unit(len(weights)))


def _doubts(regimes: Regimes, judgement: Judgement) -> tuple[str, ...]:
    """What is doubtful in the tuning of the cells that a verdict at tuned settings rests on."""
    if not len(judgement.cells):
        return ("no tuned cells tell this claim",)
    names = list(regimes.tuned.factors)
    by_levels = {_levels(cell, names): cell for cell in regimes.tuning.cells}
    cells = [by_levels[regimes.tuned.cells[number]] for number in judgement.cells]
    doubts = [
        f"{' · '.join(map(str, _levels(cell, names)))}: {', '.join(cell.doubts)}"
        for cell in cells
        if cell.doubts
    ]
    # Of any cell: while one is still being tuned, which are compared is chance.
    if not regimes.tuning.equal_budgets:
        doubts.append("budgets are unequal")
    return tuple(dict.fromkeys(doubts))


def _levels(cell: TunedCell, names: Sequence[str]) -> tuple[Level, ...]:
    return tuple(cell.levels[name] for name in names)
