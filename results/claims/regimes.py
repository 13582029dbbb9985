"""A claim at the fixed setting and at tuned ones: does the winner flip, and what holds overall?"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from results.analysis.lattice import Contexts, Lattice, find_contexts
from results.claims.evidence import Difference, Evidence, gather_evidence, weighted_sum
from results.claims.rules import ALPHA, Tuned, roll_up
from results.claims.scope import within
from results.claims.verdict import Verdict
from results.records.tuning import TunedCell, Tuning
from results.statistics.aliases import cell_model, difference_weights
from search_spaces import Claim, Endpoint, Level

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Regimes:
    """The two lattices of a tuned study.

    Args:
        fixed: with the setting that all cells share.
        tuned: with the one that tuning chose for each cell.
        fixed_variance, tuned_variance: of one run's accuracy as single images tell it, see
            `judge_claims`.
        tuning: what it did in each cell.
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
        fixed: its verdict at the fixed setting, `overall` being that of both regimes together.
        tuned: its verdict at tuned settings.
        winners: the claim's level that does better, at the fixed setting and at tuned ones; None
            where neither does.
        change: the difference in quality at the fixed setting minus that at tuned ones, over the
            contexts, or the cells of a fraction, in which both can be had; None where none is.
        differs: whether the interval of the change excludes 0.
        doubts: why the tuning is not adequate for this claim; none if it is.
    """

    fixed: Verdict
    tuned: Verdict
    winners: tuple[Level | None, Level | None]
    change: Difference | None
    differs: bool
    doubts: tuple[str, ...]

    @property
    def flips(self) -> bool:
        """Whether another level does better once settings are tuned."""
        first, second = self.winners
        return None not in self.winners and first != second


def compare_regimes(
    regimes: Regimes, fixed: Sequence[Verdict], tuned: Sequence[Verdict]
) -> tuple[InRegimes, ...]:
    """Each claim in both regimes, with the overall verdict by `roll_up`.

    Args:
        regimes: what the verdicts are on.
        fixed: one for each claim.
        tuned: the same claims in the same order.
    """
    return tuple(
        _compare(regimes, at_fixed, at_tuned, claims=len(fixed))
        for at_fixed, at_tuned in zip(fixed, tuned, strict=True)
    )


def _compare(regimes: Regimes, fixed: Verdict, tuned: Verdict, *, claims: int) -> InRegimes:
    claim = fixed.claim
    compare = _change_by_model if fixed.by_model and tuned.by_model else _change
    change = compare(regimes, claim, claims=claims)
    low, high = change.interval(1 - ALPHA / claims) if change else (np.nan, np.nan)
    differs, doubts = bool(low > 0 or high < 0), _doubts(regimes, tuned)
    seen = Tuned(reading=tuned.reading, adequate=not doubts, differs=differs)
    overall, reason = roll_up(fixed.reading, seen, decided_on=claim.decided_on)
    return InRegimes(
        fixed=dataclasses.replace(fixed, overall=overall, overall_reason=reason),
        tuned=dataclasses.replace(tuned, overall=overall, overall_reason=reason),
        winners=(_winner(regimes.fixed, fixed), _winner(regimes.tuned, tuned)),
        change=change,
        differs=differs,
        doubts=doubts,
    )


def _contexts(lattice: Lattice, claim: Claim) -> Contexts | None:
    levels = lattice.factors.get(claim.factor, ())
    if claim.better not in levels or claim.worse not in levels:
        return None
    return within(find_contexts(lattice, claim.factor, (claim.worse, claim.better)), claim)


def _change(regimes: Regimes, claim: Claim, *, claims: int) -> Difference | None:
    """The fixed minus the tuned difference, the same seeds standing beside each other."""
    fixed, tuned = (_contexts(lattice, claim) for lattice in (regimes.fixed, regimes.tuned))
    if not (fixed and tuned) or regimes.fixed.seeds != regimes.tuned.seeds:
        return None
    there = [tuple(context.items()) for context in tuned.contexts]
    pairs = [
        (cells, tuned.cells[there.index(context)])
        for context, cells, healthy in zip(
            (tuple(context.items()) for context in fixed.contexts),
            fixed.cells,
            fixed.healthy,
            strict=True,
        )
        if healthy and context in there and tuned.healthy[there.index(context)]
    ]
    if not pairs:
        return None
    offset = len(regimes.fixed.cells)
    cells = np.concatenate([np.concatenate([here, beside + offset]) for here, beside in pairs])
    weights = np.tile(np.array([-1.0, 1.0, 1.0, -1.0]) / len(pairs), len(pairs))
    return weighted_sum(_stacked(regimes, claims), cells, weights, contexts=len(pairs))


def _change_by_model(regimes: Regimes, claim: Claim, *, claims: int) -> Difference | None:
    """The same of a fraction, from all cells that are healthy in both regimes together."""
    fixed, tuned = regimes.fixed, regimes.tuned
    beside = {cell: number for number, cell in enumerate(tuned.cells) if tuned.healthy[number]}
    common = [n for n, cell in enumerate(fixed.cells) if fixed.healthy[n] and cell in beside]
    if not common or fixed.seeds != tuned.seeds:
        return None
    model = cell_model(fixed.factors, [fixed.cells[n] for n in common])
    weights = difference_weights(model, claim.factor, (claim.worse, claim.better), claim.scope)
    if weights is None:
        return None
    there = [beside[fixed.cells[n]] + len(fixed.cells) for n in common]
    return weighted_sum(
        _stacked(regimes, claims),
        np.array([*common, *there]),
        np.concatenate([weights, -weights]),
        contexts=len(common),
    )


def _stacked(regimes: Regimes, claims: int) -> Evidence:
    """Both lattices as one, the cells of the tuned one behind those of the fixed one."""
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
    """The level that does better: where both train in accuracy, else in training at all."""
    claim = verdict.claim
    if claim.endpoint is Endpoint.QUALITY and verdict.quality:
        lead = verdict.quality.estimate
    elif found := _contexts(lattice, claim):
        worse, better = lattice.trained[found.cells].sum(axis=(0, 2)).tolist()
        lead = better - worse
    else:
        return None
    return (claim.better if lead > 0 else claim.worse) if lead else None


def _judged(lattice: Lattice, verdict: Verdict) -> NDArray[np.int64]:
    """Numbers of the cells that a verdict rests on."""
    quality = verdict.claim.endpoint is Endpoint.QUALITY
    if quality and verdict.by_model:
        return np.flatnonzero(lattice.healthy)
    found = _contexts(lattice, verdict.claim)
    if found is None:
        return np.array([], dtype=np.int64)
    cells = found.cells[found.healthy] if quality and found.healthy.any() else found.cells
    return cells.ravel()


def _doubts(regimes: Regimes, verdict: Verdict) -> tuple[str, ...]:
    """What is doubtful in the tuning of the cells that the verdict rests on."""
    cells = _judged(regimes.tuned, verdict)
    if not len(cells):
        return ("no tuned cells tell this claim",)
    names = list(regimes.tuned.factors)
    tuned = {_levels(cell, names): cell for cell in regimes.tuning.cells}
    judged = [tuned[regimes.tuned.cells[number]] for number in cells]
    doubts = [
        f"{' · '.join(map(str, _levels(cell, names)))}: {', '.join(cell.doubts)}"
        for cell in judged
        if cell.doubts
    ]
    if any(cell.spent != regimes.tuning.budget for cell in judged):
        doubts.append("budgets are unequal")
    return tuple(dict.fromkeys(doubts))


def _levels(cell: TunedCell, names: Sequence[str]) -> tuple[Level, ...]:
    return tuple(cell.levels[name] for name in names)
