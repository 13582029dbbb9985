"""What is found out about a claim."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from results.claims.deciding import Verdict
from results.claims.overall import Overall
from results.statistics.comparisons.all_runs import AllRuns
from results.statistics.comparisons.difference import Difference
from search_spaces import About, Claim, Level

Context = Mapping[str, Level]


def _no_cells() -> NDArray[np.int64]:
    return np.array([], dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True)
class InContext:
    """The difference between a claim's levels in one context.

    Args:
        context: the levels of the other factors.
        difference: better minus worse there.

    Examples:
        >>> from results.statistics.error import StandardError
        >>> difference = Difference(estimate=0.02, error=StandardError(value=0.01, df=4))
        >>> InContext(context={"loss": "mse"}, difference=difference).difference.p_value < 0.2
        True
    """

    context: Context
    difference: Difference


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """What runs say of a claim.

    Args:
        claim: the claim.
        verdict: the verdict.
        reason: why, in words; may be empty.
        difference: better minus worse where every run learned, the interval of which decides unless
            all runs do; None where there is none.
        coverage: the coverage of the interval that decides, 0-1.
        smallest: the smallest difference that matters, in units of the response; None where nothing
            is known of it.
        about: what `difference` is about.
        these: better minus worse about these examples, where `difference` is about new ones; None
            where that is about these too.
        seed_share: the share of the squared error of `difference` that more seeds would lessen,
            0-1; the rest is examples, or data. NaN where the error isn't known.
        shared: whether cells share seeds, so that the seed is the unit.
        all_runs: the two levels compared by all runs of the contexts within the claim's scope, a
            failed one the worst; None of a claim on learning at all, or where they have no spread.
        by_all_runs: whether that decides, as runs failed in most contexts.
        p_value: the p-value of no difference, of what decides; of a claim on learning at all, that
            both levels learn equally often.
        compared: the number of contexts that the verdict rests on; for a fraction, of cells.
        contexts: the number of contexts within the claim's scope; for a fraction, of cells.
        by_model: whether the difference is estimated from all cells of a fraction together.
        in_contexts: the difference in each context that is compared.
        own: the difference in the context that the claim was drawn from; None where that is not
            among those compared.
        where: the contexts for which the claim is confirmed, if it depends: the levels that they
            have and no other, or, where no levels tell them, each context by itself.
        cells: numbers of the cells that the verdict rests on.
        seeds: the fewest runs that one of these cells has.
        seeds_needed: how many runs a cell a decision would take at the estimate; None where none
            would do, or where it is decided.
        seconds_needed: the seconds of training that these would take; None where that isn't known.
        needs_examples: whether it is open, and no number of seeds would do on so few examples or so
            little data.
        overall: what the fixed and the tuned setting say together.
        overall_reason: why that, in words.

    Examples:
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> Judgement(claim=claim, verdict=Verdict.INCONCLUSIVE, reason="one run").compared
        0
    """

    claim: Claim
    verdict: Verdict
    reason: str
    difference: Difference | None = None
    coverage: float = math.nan
    smallest: float | None = None
    about: About = About.THESE
    these: Difference | None = None
    seed_share: float = 1.0
    shared: bool = False
    all_runs: AllRuns | None = None
    by_all_runs: bool = False
    p_value: float = math.nan
    compared: int = 0
    contexts: int = 0
    by_model: bool = False
    in_contexts: tuple[InContext, ...] = ()
    own: InContext | None = None
    where: tuple[Context, ...] = ()
    cells: NDArray[np.int64] = field(default_factory=_no_cells)
    seeds: int = 0
    seeds_needed: int | None = None
    seconds_needed: float | None = None
    needs_examples: bool = False
    overall: Overall = Overall.INCONCLUSIVE
    overall_reason: str = ""

    @property
    def deciding(self) -> Difference | AllRuns | None:
        """What decides; None where nothing can."""
        return self.all_runs if self.by_all_runs else self.difference

    @property
    def estimate(self) -> float:
        """The estimate that decides, in response units; NaN where there is none."""
        return self.deciding.estimate if self.deciding else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """The interval (low, high) that decides; NaN where there is none."""
        return self.deciding.interval(self.coverage) if self.deciding else (math.nan, math.nan)

    @property
    def unit(self) -> str:
        """What was taken as independent, in words."""
        if self.about is About.DATA:
            return "each seed drew its own data, so the split is the unit"
        if self.shared and len(self.cells) > 2:
            return "cells share seeds, so the seed is the unit"
        return "runs of different cells taken as independent"

    @property
    def winner(self) -> Level | None:
        """The level that does better by the interval, or by how often it learns; None: neither."""
        low, high = self.interval
        if self.deciding is None:
            low = high = {Verdict.CONFIRMED: 1.0, Verdict.REFUTED: -1.0}.get(self.verdict, 0.0)
        return self.claim.better if low > 0 else self.claim.worse if high < 0 else None


def wins_words(judgement: Judgement) -> str:
    """How often the better level wins, of all runs, in words; empty where no run failed.

    Examples:
        >>> from results.statistics.comparisons.all_runs import compare_all_runs
        >>> all_runs = compare_all_runs([[0.9, 0.8, 0.9, 0.9]], [[-math.inf, 0.8, 0.7, 0.6]])
        >>> claim = Claim(name="mine", text="Wider is better.", factor="width", better=16, worse=8)
        >>> fields = {"claim": claim, "verdict": Verdict.INCONCLUSIVE, "reason": "one context"}
        >>> wins_words(Judgement(**fields, coverage=0.95, all_runs=all_runs))
        'of all runs, failed ones as worst, 16 wins 97 % (53-100 %)'
    """
    if not (judgement.all_runs and judgement.all_runs.any_failed):
        return ""
    low, high = judgement.all_runs.wins_interval(judgement.coverage)
    return (
        f"of all runs, failed ones as worst, {judgement.claim.better} wins "
        f"{100 * judgement.all_runs.wins:.0f} % ({100 * low:.0f}-{100 * high:.0f} %)"
    )


def named_places(places: Sequence[Context]) -> str:
    """Contexts in words, as `loss=mse, width=8 or loss=mse, width=16`.

    Examples:
        >>> named_places([{"loss": "mse", "width": 8}, {"loss": "mse", "width": 16}])
        'loss=mse, width=8 or loss=mse, width=16'
    """
    return " or ".join(
        ", ".join(f"{name}={level}" for name, level in place.items()) for place in places
    )


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    Examples:
        >>> counted(1, "context"), counted(2, "seed")
        ('1 context', '2 seeds')
    """
    return f"{count} {noun}{'s' * (count != 1)}"
