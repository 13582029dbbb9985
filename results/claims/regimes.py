"""A claim at the fixed setting and at tuned ones: does the winner flip, and what holds overall?"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.analysis.lattice import Contexts, Lattice, find_contexts
from results.claims.evidence import Evidence, gather_evidence, weighted_sum
from results.claims.rules import Tuned, roll_up
from results.claims.scope import within
from results.claims.verdict import Verdict
from results.records.tuning import TunedCell, Tuning
from results.statistics.aliases import cell_model, difference_weights
from results.statistics.contrast import Contrast
from results.statistics.conventions import ALPHA
from search_spaces import Claim, Endpoint, Level

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regimes:
    """The two lattices of a tuned study.

    Args:
        fixed: the runs with the setting that all cells share.
        tuned: the runs with the setting that tuning chose for each cell.
        fixed_variance, tuned_variance: variance of one run's accuracy as single images tell it, see
            `judge_claims`.
        tuning: what tuning did in each cell.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> study = load_study(tuned_directory)
        >>> regimes = Regimes(
        ...     fixed=make_lattice(study),
        ...     tuned=make_lattice(study.as_tuned()),
        ...     fixed_variance=None,
        ...     tuned_variance=None,
        ...     tuning=study.description.tuning,
        ... )
        >>> [float(lattice.accuracy.mean().round(3)) for lattice in (regimes.fixed, regimes.tuned)]
        [0.944, 0.979]
    """

    fixed: Lattice
    tuned: Lattice
    fixed_variance: _Floats | None
    tuned_variance: _Floats | None
    tuning: Tuning


@dataclass(frozen=True, slots=True, kw_only=True)
class InRegimes:
    """A claim in both regimes.

    Args:
        fixed: the verdict at the fixed setting, `overall` being that of both regimes together.
        tuned: the verdict at tuned settings, with the same `overall`.
        winners: the level of the claim that does better at the fixed setting, and the one that does
            at tuned settings; None where neither does.
        change: the difference in quality at the fixed setting minus that at tuned ones, over the
            contexts, or the cells of a fraction, in which both can be had; None where none is.
        healthy: number of these contexts or cells.
        differs: whether the interval of the change excludes 0.
        doubts: why the tuning is not adequate for this claim; none if it is.

    Examples:
        >>> from results.claims.rules import Reading
        >>> from search_spaces import find_space
        >>> claim = find_space("smoke").claims[0]
        >>> in_regimes = InRegimes(
        ...     fixed=Verdict(claim=claim, reading=Reading.CONFIRMED, reason=""),
        ...     tuned=Verdict(claim=claim, reading=Reading.REFUTED, reason=""),
        ...     winners=("range", "none"),
        ...     change=None,
        ...     healthy=0,
        ...     differs=False,
        ...     doubts=(),
        ... )
        >>> in_regimes.flips
        True
    """

    fixed: Verdict
    tuned: Verdict
    winners: tuple[Level | None, Level | None]
    change: Contrast | None
    healthy: int
    differs: bool
    doubts: tuple[str, ...]

    @property
    def flips(self) -> bool:
        """Whether the other level does better once settings are tuned."""
        first, second = self.winners
        return None not in self.winners and first != second


def compare_regimes(
    regimes: Regimes, fixed: Sequence[Verdict], tuned: Sequence[Verdict]
) -> tuple[InRegimes, ...]:
    """Each claim in both regimes, with the overall verdict by `roll_up`.

    Args:
        regimes: the lattices that the verdicts rest on.
        fixed: the verdict on each claim at the fixed setting.
        tuned: the verdicts on the same claims at tuned settings, in the same order.

    Examples:
        >>> from results import load_study
        >>> from results.analysis.lattice import make_lattice
        >>> from results.claims.judging import judge_claims
        >>> study = load_study(tuned_directory)
        >>> fixed, tuned = make_lattice(study), make_lattice(study.as_tuned())
        >>> regimes = Regimes(
        ...     fixed=fixed,
        ...     tuned=tuned,
        ...     fixed_variance=None,
        ...     tuned_variance=None,
        ...     tuning=study.description.tuning,
        ... )
        >>> claims = study.description.claims[:1]
        >>> compared = compare_regimes(
        ...     regimes, judge_claims(fixed, claims), judge_claims(tuned, claims)
        ... )
        >>> f"{100 * compared[0].change.estimate:+.2f} points", compared[0].fixed.overall_reason
        ('+5.42 points', 'the tuning is not adequate')
    """
    return tuple(
        _compare(regimes, at_fixed, at_tuned, claims=len(fixed))
        for at_fixed, at_tuned in zip(fixed, tuned, strict=True)
    )


def _compare(regimes: Regimes, fixed: Verdict, tuned: Verdict, *, claims: int) -> InRegimes:
    claim = fixed.claim
    change_of = _change_by_model if fixed.by_model and tuned.by_model else _change
    change, healthy = change_of(regimes, claim, claims=claims)
    low, high = change.interval(1 - ALPHA / claims) if change else (np.nan, np.nan)
    differs, doubts = bool(low > 0 or high < 0), _doubts(regimes, tuned)
    at_tuned = Tuned(reading=tuned.reading, adequate=not doubts, differs=differs)
    overall, reason = roll_up(fixed.reading, at_tuned, decided_on=claim.decided_on)
    return InRegimes(
        fixed=dataclasses.replace(fixed, overall=overall, overall_reason=reason),
        tuned=dataclasses.replace(tuned, overall=overall, overall_reason=reason),
        winners=(_winner(regimes.fixed, fixed), _winner(regimes.tuned, tuned)),
        change=change,
        healthy=healthy,
        differs=differs,
        doubts=doubts,
    )


def _contexts(lattice: Lattice, claim: Claim) -> Contexts | None:
    """The contexts within a claim's scope; None where a level of it is not compared."""
    levels = lattice.factors.get(claim.factor, ())
    if claim.better not in levels or claim.worse not in levels:
        return None
    return within(find_contexts(lattice, claim.factor, (claim.worse, claim.better)), claim)


def _change(regimes: Regimes, claim: Claim, *, claims: int) -> tuple[Contrast | None, int]:
    """The difference at the fixed setting minus that at tuned ones, seed by seed.

    Returns:
        The change, None where it can't be had, and the number of contexts it is averaged over.
    """
    fixed, tuned = (_contexts(lattice, claim) for lattice in (regimes.fixed, regimes.tuned))
    if not (fixed and tuned) or regimes.fixed.seeds != regimes.tuned.seeds:
        return None, 0
    fixed_cells, tuned_cells = _healthy_cells(fixed), _healthy_cells(tuned)
    common = [context for context in fixed_cells if context in tuned_cells]
    if not common:
        return None, 0
    first_tuned = len(regimes.fixed.cells)
    cells = np.concatenate(
        [[*fixed_cells[context], *(tuned_cells[context] + first_tuned)] for context in common]
    )
    weights = np.tile(np.array([-1.0, 1.0, 1.0, -1.0]) / len(common), len(common))
    return weighted_sum(_stacked(regimes, claims), cells, weights), len(common)


def _healthy_cells(contexts: Contexts) -> dict[tuple[tuple[str, Level], ...], NDArray[np.int64]]:
    """The numbers of the two cells of each context in which both trained with every seed."""
    return {
        tuple(context.items()): cells
        for context, cells, healthy in zip(
            contexts.contexts, contexts.cells, contexts.healthy, strict=True
        )
        if healthy
    }


def _change_by_model(regimes: Regimes, claim: Claim, *, claims: int) -> tuple[Contrast | None, int]:
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
    weights = difference_weights(model, claim.factor, (claim.worse, claim.better), claim.scope)
    if weights is None:
        return None, 0
    counterparts = [tuned_numbers[fixed.cells[n]] + len(fixed.cells) for n in common]
    change = weighted_sum(
        _stacked(regimes, claims),
        np.array([*common, *counterparts]),
        np.concatenate([weights, -weights]),
    )
    return change, len(common)


def _stacked(regimes: Regimes, claims: int) -> Evidence:
    """The evidence of both lattices as one, the tuned cells numbered after the fixed ones."""
    first, second = regimes.fixed, regimes.tuned
    lattice = dataclasses.replace(
        first,
        cells=(*first.cells, *second.cells),
        accuracy=np.concatenate([first.accuracy, second.accuracy]),
        trained=np.concatenate([first.trained, second.trained]),
        trial_ids=(*first.trial_ids, *second.trial_ids),
    )
    variance = None
    if regimes.fixed_variance is not None and regimes.tuned_variance is not None:
        variance = np.concatenate([regimes.fixed_variance, regimes.tuned_variance])
    return gather_evidence(lattice, claims=claims, image_variance=variance)


def _winner(lattice: Lattice, verdict: Verdict) -> Level | None:
    """The level of the claim that does better; None where neither does.

    A claim about quality goes by accuracy where that can be compared. All else goes by how often
    each level trained.
    """
    claim = verdict.claim
    if claim.endpoint is Endpoint.QUALITY and verdict.quality:
        lead = verdict.quality.estimate
    elif contexts := _contexts(lattice, claim):
        worse, better = lattice.trained[contexts.cells].sum(axis=(0, 2)).tolist()
        lead = better - worse
    else:
        return None
    return (claim.better if lead > 0 else claim.worse) if lead else None


def _judged_cells(lattice: Lattice, verdict: Verdict) -> NDArray[np.int64]:
    """The numbers of the cells that a verdict rests on."""
    by_quality = verdict.claim.endpoint is Endpoint.QUALITY
    if by_quality and verdict.by_model:
        return np.flatnonzero(lattice.healthy)
    contexts = _contexts(lattice, verdict.claim)
    if contexts is None:
        return np.array([], dtype=np.int64)
    if by_quality and contexts.healthy.any():
        return contexts.cells[contexts.healthy].ravel()
    return contexts.cells.ravel()


def _doubts(regimes: Regimes, verdict: Verdict) -> tuple[str, ...]:
    """What is doubtful in the tuning of the cells that a verdict at tuned settings rests on."""
    numbers = _judged_cells(regimes.tuned, verdict)
    if not len(numbers):
        return ("no tuned cells tell this claim",)
    names = list(regimes.tuned.factors)
    by_levels = {_levels(cell, names): cell for cell in regimes.tuning.cells}
    cells = [by_levels[regimes.tuned.cells[number]] for number in numbers]
    doubts = [
        f"{' · '.join(map(str, _levels(cell, names)))}: {', '.join(cell.doubts)}"
        for cell in cells
        if cell.doubts
    ]
    if any(cell.spent != regimes.tuning.budget for cell in cells):
        doubts.append("budgets are unequal")
    return tuple(dict.fromkeys(doubts))


def _levels(cell: TunedCell, names: Sequence[str]) -> tuple[Level, ...]:
    return tuple(cell.levels[name] for name in names)
