"""The numbers behind the figures of claims and effects, as plain tables.

Differences of accuracy are 0-1; percent is for screens. Nothing is estimated here:
`results` has done that.
"""

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from results.analysis.lattice import Lattice, level_pairs
from results.analysis.quality import Effect, Quality
from results.claims.rules import Reading
from results.claims.verdict import Verdict
from results.report.effects import effect_table
from results.report.verdicts import verdict_table
from results.statistics.contrast import Contrast
from search_spaces import Level, Regime

# So many interactions are drawn as lines of cell means.
_LINE_PLOTS = 4
_Compared = tuple[str, tuple[Level, Level]]
_CLAIM_COLUMNS = (
    *("row", "claim", "says", "regime", "kind", "context", "effect", "low", "high"),
    *("verdict", "code", "reason"),
)


def claim_rows(verdicts: Sequence[Verdict], tuned: Sequence[Verdict] = ()) -> pd.DataFrame:
    """What the plot of claims shows.

    Args:
        verdicts: at the fixed learning rate.
        tuned: on the same claims in the same order, at tuned ones; none if nothing was tuned.

    Returns:
        For each claim, numbered by `row`, one row of each `kind`: `averaged` over the contexts
        (`effect` NaN where there is nothing to average, or no sense in it), `own`, of the pair that
        the claim was drawn from, and where the claim depends on the context each `context`.
        `effect`, `low`, `high`: better minus worse in accuracy (0-1), the interval covering
        1 - 0.05 / claims; `regime` of learning rates; `code` and, averaged, `verdict`, `reason`.
    """
    rows = [
        *_claim_rows(verdicts, Regime.FIXED.value),
        *_claim_rows(tuned, Regime.TUNED.value),
    ]
    return pd.DataFrame(rows, columns=list(_CLAIM_COLUMNS))


def _claim_rows(verdicts: Sequence[Verdict], regime: str) -> Iterator[dict[str, object]]:
    coverage = 1 - 0.05 / max(len(verdicts), 1)
    averaged = verdict_table(verdicts).to_dict("records")
    for number, (verdict, row) in enumerate(zip(verdicts, averaged, strict=True)):
        claim = {"row": number, "claim": row["claim"], "says": row["says"], "regime": regime}
        yield {
            **claim,
            **{name: row[name] for name in ("effect", "low", "high", "verdict", "code")},
            "kind": "averaged",
            "context": "",
            "reason": verdict.reason,
        }
        for part in _single_contexts(verdict, coverage):
            yield {**claim, **part}


def main_effect_rows(quality: Quality) -> pd.DataFrame:
    """The table of main effects as `results.report.effects.effect_table` has it."""
    return effect_table(_of_order(quality, 1))


def interaction_rows(quality: Quality) -> pd.DataFrame:
    """The estimated interactions on both scales, smallest adjusted p-value first.

    Returns:
        One row each: `term`, `levels`; `effect`, `low`, `high`, half the difference of the two
        simple effects in accuracy (0-1) with its 95 % interval; `ratio`, `ratio_low`,
        `ratio_high`, the same of log error rates, as a ratio; `holm_p`; `healthy`, `contexts`;
        `scales`, on which its interval leaves nothing out: `both`, `points`, `log error`, `neither`
        or, of one seed, `unknown`; `position` among all interactions.
    """
    interactions = _of_order(quality, 2)
    rows = [
        _interaction_row(position, effect)
        for position, effect in enumerate(interactions)
        if effect.accuracy and effect.log_error
    ]
    columns = (
        *("position", "term", "levels", "effect", "low", "high", "ratio", "ratio_low"),
        *("ratio_high", "holm_p", "healthy", "contexts", "scales"),
    )
    table = pd.DataFrame(rows, columns=list(columns))
    order = table.assign(size=-table["effect"].abs()).sort_values(
        ["holm_p", "size"], na_position="last"
    )
    return table.loc[order.index].reset_index(drop=True)


def interaction_lines(lattice: Lattice, interactions: pd.DataFrame) -> pd.DataFrame:
    """Cell means of the first four interactions, over the squares in which everything trained.

    Args:
        lattice: of the study.
        interactions: of `interaction_rows`.

    Returns:
        One row per interaction and level of each factor: `term`, `scales`, `first`, `second` (the
        factors), `line` (level of the first), `at` (level of the second), `accuracy` (0-1, mean
        over contexts and seeds).
    """
    pairs = list(_interacting(lattice))
    rows = [
        {
            "term": found.term,
            "scales": found.scales,
            "first": first[0],
            "second": second[0],
            "line": line,
            "at": at,
            "accuracy": mean,
        }
        for found in interactions.head(_LINE_PLOTS).itertuples()
        for first, second in [pairs[int(str(found.position))]]
        for (at, line), mean in zip(
            itertools.product(second[1], first[1]),
            square_means(lattice, first, second),
            strict=True,
        )
    ]
    columns = ["term", "scales", "first", "second", "line", "at", "accuracy"]
    # A fraction need not have a square of cells whole.
    return pd.DataFrame(rows, columns=columns).dropna(subset=["accuracy"], ignore_index=True)


def square_means(lattice: Lattice, first: _Compared, second: _Compared) -> list[float]:
    """Mean accuracy in the order first-first, second-first, first-second, second-second.

    Over the squares of four cells that trained with every seed; NaN where there is none.
    """
    numbers = {cell: number for number, cell in enumerate(lattice.cells)}
    names = list(lattice.factors)
    places = names.index(first[0]), names.index(second[0])
    squares = []
    for cell in lattice.cells:
        if (cell[places[0]], cell[places[1]]) != (first[1][0], second[1][0]):
            continue
        corners = [
            _changed(_changed(cell, places[0], line), places[1], at)
            for at, line in itertools.product(second[1], first[1])
        ]
        square = [numbers[corner] for corner in corners if corner in numbers]
        if len(square) == len(corners) and lattice.healthy[square].all():
            squares.append(lattice.accuracy[square].mean(axis=1))
    return np.mean(squares, axis=0).tolist() if squares else [np.nan] * 4


def simple_effect_rows(quality: Quality) -> pd.DataFrame:
    """The main effects in each context in which everything trained, and averaged.

    Returns:
        One row each: `term`, `levels`, `context` (empty: averaged), `effect`, `low`, `high`
        (accuracy, 0-1), `healthy` of `contexts`.
    """
    compared = [effect for effect in quality.simple if effect.accuracy]
    averaged = [effect for effect in _of_order(quality, 1) if effect.accuracy]
    table = effect_table([*averaged, *compared])
    return table[["term", "levels", "context", "effect", "low", "high", "healthy", "contexts"]]


def _of_order(quality: Quality, order: int) -> list[Effect]:
    return [effect for effect in quality.effects if effect.term.count(":") == order - 1]


def _single_contexts(verdict: Verdict, coverage: float) -> Iterator[dict[str, object]]:
    shown = [("own", verdict.own)] if verdict.own else []
    if verdict.reading is Reading.DEPENDS:
        shown += [("context", seen) for seen in verdict.in_contexts]
    for kind, seen in shown:
        low, high = seen.difference.interval(coverage)
        yield {
            "kind": kind,
            "context": " · ".join(map(str, seen.context.values())),
            "effect": seen.difference.estimate,
            "low": low,
            "high": high,
            "code": seen.code.value,
            "verdict": "",
            "reason": "",
        }


def _interaction_row(position: int, effect: Effect) -> dict[str, object]:
    points, log_error = effect.accuracy, effect.log_error
    assert points is not None
    assert log_error is not None
    low, high = points.interval()
    ratio_low, ratio_high = np.exp(log_error.interval())
    return {
        "position": position,
        "term": effect.term,
        "levels": effect.levels,
        "effect": points.estimate,
        "low": low,
        "high": high,
        "ratio": float(np.exp(log_error.estimate)),
        "ratio_low": float(ratio_low),
        "ratio_high": float(ratio_high),
        "holm_p": effect.holm_p,
        "healthy": effect.healthy,
        "contexts": effect.contexts,
        "scales": _scales(points, log_error),
    }


def _scales(points: Contrast, log_error: Contrast) -> str:
    if np.isnan(points.interval()).any():
        return "unknown"
    match _excludes_zero(points), _excludes_zero(log_error):
        case True, True:
            return "both"
        case True, False:
            return "points"
        case False, True:
            return "log error"
        case _:
            return "neither"


def _excludes_zero(contrast: Contrast) -> bool:
    low, high = contrast.interval()
    return bool(low > 0 or high < 0)


def _interacting(lattice: Lattice) -> Iterator[tuple[_Compared, _Compared]]:
    """Every two pairs of levels of two factors, in the order of `Quality.effects`."""
    comparisons = [
        (factor, pair) for factor, levels in lattice.factors.items() for pair in level_pairs(levels)
    ]
    for first, second in itertools.combinations(comparisons, 2):
        if first[0] != second[0]:
            yield first, second


def _changed(cell: tuple[Level, ...], place: int, level: Level) -> tuple[Level, ...]:
    return (*cell[:place], level, *cell[place + 1 :])
