"""What a design can't decide at all, whatever its records will say."""

from collections.abc import Sequence

from results.analysis.fraction import untold_claims
from results.statistics.comparisons.stratified import LearnedCounts, stratified_exact_p
from results.statistics.conventions import ALPHA
from search_spaces import Cell, Claim, Endpoint, Level

# Of more seeds a claim on learning isn't said to need this or that number.
_MOST_SEEDS = 100


def limit_sentences(
    cells: Sequence[Cell], claims: Sequence[Claim], *, seeds: int
) -> tuple[str, ...]:
    """The sentences on which claims can't be decided, and what of others isn't asked.

    Args:
        cells: the cells of the design, each once.
        claims: the claims that are judged together.
        seeds: number of runs of each cell.

    Examples:
        >>> cells = [Cell.of({"width": width, "depth": 1}) for width in (8, 16)]
        >>> about = {"factor": "width", "better": 16, "worse": 8, "endpoint": Endpoint.TRAINED}
        >>> claim = Claim(name="wide", text="Wide networks learn more often.", **about)
        >>> limit_sentences(cells, [claim], seeds=3)
        ('wide: not by 3 seeds, even if one level always learns and the other never; by 4',)
    """
    contexts = {claim.name: _contexts(cells, claim) for claim in claims}
    learning = [claim for claim in claims if claim.endpoint is Endpoint.TRAINED]
    quality = [claim for claim in claims if claim.endpoint is not Endpoint.TRAINED]
    alone = [claim.name for claim in learning if not contexts[claim.name]]
    aliased = {claim.name for claim, _ in untold_claims(cells, quality)}
    untold = [claim.name for claim in quality if claim.name in aliased and not contexts[claim.name]]
    found = [
        _sentence(untold, "no cells of this design tell the two levels apart"),
        _sentence(alone, "learning at all needs cells that differ in this factor alone: none here"),
        *(
            _sentence([claim.name], _too_few_seeds(contexts[claim.name], seeds, of=len(claims)))
            for claim in learning
            if contexts[claim.name]
        ),
    ]
    if _varied(cells) > 1:
        averaged = [
            claim.name
            for claim in quality
            # As a verdict has it: where most cells stand alone, all of them together tell.
            if claim.name not in aliased and 4 * contexts[claim.name] <= len(_within(cells, claim))
        ]
        single = [name for name, count in contexts.items() if count == 1 and name not in averaged]
        depends = "not whether it depends on other choices"
        found.append(_sentence(averaged, f"{depends}, as it is judged by all cells together"))
        found.append(_sentence(single, f"{depends}, as it is judged in a single context"))
    return tuple(filter(None, found))


def _sentence(names: Sequence[str], words: str) -> str:
    return f"{', '.join(names)}: {words}" if names and words else ""


def _varied(cells: Sequence[Cell]) -> int:
    """The number of factors that vary."""
    levels = zip(*(cell.levels for cell in cells), strict=True)
    return sum(len(set(of_factor)) > 1 for of_factor in levels)


def _within(cells: Sequence[Cell], claim: Claim) -> list[dict[str, Level]]:
    """The levels of the cells within a claim's scope that have one of its levels."""
    named = [cell.as_dict() for cell in cells]
    return [
        levels
        for levels in named
        if levels[claim.factor] in (claim.better, claim.worse)
        and claim.scope.items() <= levels.items()
    ]


def _contexts(cells: Sequence[Cell], claim: Claim) -> int:
    """The number of contexts in which the claim's two levels stand beside each other."""
    within = {frozenset(levels.items()) for levels in _within(cells, claim)}
    others = [
        levels - {(claim.factor, claim.worse)}
        for levels in within
        if (claim.factor, claim.worse) in levels
    ]
    return sum(levels | {(claim.factor, claim.better)} in within for levels in others)


def _too_few_seeds(contexts: int, seeds: int, *, of: int) -> str:
    """Why so few seeds can't decide a claim on learning; empty where they can.

    Args:
        contexts: in how many contexts its levels stand beside each other.
        seeds: number of runs of each cell.
        of: the number of claims that are judged together.
    """

    def decides(count: int) -> bool:
        clearest = LearnedCounts(worse=0, worse_runs=count, better=count, better_runs=count)
        return stratified_exact_p([clearest] * contexts) < ALPHA / of

    if decides(seeds):
        return ""
    enough = next((count for count in range(seeds, _MOST_SEEDS) if decides(count)), None)
    words = f"not by {seeds} seed{'s' * (seeds > 1)}, even if one level always learns and the other"
    return f"{words} never; by {enough}" if enough else f"{words} never"
