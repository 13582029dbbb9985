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
from results.claims.deciding import Verdict
from results.claims.judgement import Judgement
from results.report.effects import effect_table, effects_of_order
from results.report.verdicts import verdict_table
from results.statistics.contrast import Contrast
from search_spaces import Level, Regime

# So many interactions are drawn as lines of cell means.
_LINE_PLOTS = 4
# A factor and two of its levels.
_Pair = tuple[str, tuple[Level, Level]]
_CLAIM_COLUMNS = (
    *("row", "claim", "says", "regime", "kind", "context", "effect", "low", "high"),
    *("verdict", "smallest", "reason"),
)


def claim_rows(judgements: Sequence[Judgement], tuned: Sequence[Judgement] = ()) -> pd.DataFrame:
    """What the plot of claims shows.

    Args:
        judgements: what is found out about each claim at the fixed learning rate.
        tuned: the same, in the same order, at tuned learning rates; none if nothing was tuned.

    Returns:
        For each claim, numbered by `row`, one row of each `kind`: `averaged` over the contexts
        (`effect` NaN where there is nothing to average, or no sense in it), `own`, of the pair that
        the claim was drawn from, and where the claim depends on the context one `context` for each.
        `effect`, `low`, `high`: better minus worse in accuracy (0-1), with an interval of the joint
        coverage of all claims; `regime` of learning rates; `smallest`, the smallest difference that
        matters (0-1); and, averaged, `verdict` and `reason`.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> findings = analyse(load_study(directory))
        >>> claim_rows(findings.judgements)[["claim", "kind", "effect", "low", "high"]].round(3)
                  claim      kind  effect    low   high
        0  conclusion 1  averaged   0.054 -0.009  0.117
        1  conclusion 1       own   0.058 -0.009  0.126
        2  conclusion 3  averaged     NaN    NaN    NaN
    """
    rows = [
        *_claim_rows(judgements, Regime.FIXED.value),
        *_claim_rows(tuned, Regime.TUNED.value),
    ]
    return pd.DataFrame(rows, columns=list(_CLAIM_COLUMNS))


def _claim_rows(judgements: Sequence[Judgement], regime: str) -> Iterator[dict[str, object]]:
    averages = verdict_table(judgements).to_dict("records")
    for number, (judgement, row) in enumerate(zip(judgements, averages, strict=True)):
        shared = {name: row[name] for name in ("claim", "says", "smallest")}
        claim = {"row": number, **shared, "regime": regime}
        yield {
            **claim,
            **{name: row[name] for name in ("effect", "low", "high", "verdict")},
            "kind": "averaged",
            "context": "",
            "reason": judgement.reason,
        }
        for context in _single_contexts(judgement):
            yield {**claim, **context}


def main_effect_rows(quality: Quality) -> pd.DataFrame:
    """The table of main effects as `results.report.effects.effect_table` has it.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> findings = analyse(load_study(directory))
        >>> main_effect_rows(findings.quality)[["term", "effect", "reading"]].round(3)
                    term  effect     reading
        0  normalization   0.054  can't tell
        1           loss  -0.021  can't tell
    """
    return effect_table(effects_of_order(quality, 1))


def interaction_rows(quality: Quality) -> pd.DataFrame:
    """The estimated interactions on both scales, smallest adjusted p-value first.

    Returns:
        One row per interaction: `term`, `levels`; `effect`, `low`, `high`, half the difference of
        the two simple effects in accuracy (0-1) with its 95 % interval; `ratio`, `ratio_low`,
        `ratio_high`, half that difference of log error rates, as a ratio; `holm_p`; `healthy`,
        `contexts`; `scales`, on which its interval leaves out 0: `both`, `points`, `log error`,
        `neither` or, of one seed, `unknown`; `position` among all interactions.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> findings = analyse(load_study(directory))
        >>> interaction_rows(findings.quality)[["term", "effect", "ratio", "scales"]].round(3)
                         term  effect  ratio   scales
        0  normalization:loss  -0.004  1.291  neither
    """
    interactions = effects_of_order(quality, 2)
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
        lattice: the cells and seeds of the study.
        interactions: the table of `interaction_rows`.

    Returns:
        One row per interaction and level of each factor: `term`, `scales`, `first`, `second` (the
        factors), `line` (level of the first), `at` (level of the second), `accuracy` (0-1, mean
        over contexts and seeds).

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> findings = analyse(load_study(directory))
        >>> lines = interaction_lines(findings.lattice, interaction_rows(findings.quality))
        >>> lines[["line", "at", "accuracy"]].round(3)
            line                        at  accuracy
        0   none  categorical_crossentropy     0.925
        1  range  categorical_crossentropy     0.983
        2   none                       mse     0.908
        3  range                       mse     0.958
    """
    pairs = list(_interacting(lattice))
    rows = [
        {
            "term": interaction.term,
            "scales": interaction.scales,
            "first": first[0],
            "second": second[0],
            "line": line,
            "at": at,
            "accuracy": mean,
        }
        for interaction in interactions.head(_LINE_PLOTS).itertuples()
        for first, second in [pairs[int(str(interaction.position))]]
        for (at, line), mean in zip(
            itertools.product(second[1], first[1]),
            square_means(lattice, first, second),
            strict=True,
        )
    ]
    columns = ["term", "scales", "first", "second", "line", "at", "accuracy"]
    # A fraction need not have a square of cells whole.
    return pd.DataFrame(rows, columns=columns).dropna(subset=["accuracy"], ignore_index=True)


def square_means(lattice: Lattice, first: _Pair, second: _Pair) -> list[float]:
    """The mean accuracies (0-1) of the four combinations of two levels of two factors.

    Args:
        lattice: the cells and seeds of the study.
        first: a factor and two of its levels.
        second: another factor and two of its levels.

    Returns:
        The means in the order first-first, second-first, first-second, second-second, over the
        squares of four cells that trained with every seed; NaN where there is no such square.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> findings = analyse(load_study(directory))
        >>> first = "normalization", ("none", "range")
        >>> second = "loss", ("categorical_crossentropy", "mse")
        >>> np.round(square_means(findings.lattice, first, second), 3).tolist()
        [0.925, 0.983, 0.908, 0.958]
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
        One row per effect: `term`, `levels`, `context` (empty: averaged), `effect`, `low`, `high`
        (accuracy, 0-1), `healthy` of `contexts`.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> findings = analyse(load_study(directory))
        >>> simple_effect_rows(findings.quality)[["term", "context", "effect"]].head(3).round(3)
                    term                   context  effect
        0  normalization                             0.054
        1           loss                            -0.021
        2  normalization  categorical_crossentropy   0.058
    """
    simple = [effect for effect in quality.simple if effect.accuracy]
    averages = [effect for effect in effects_of_order(quality, 1) if effect.accuracy]
    table = effect_table([*averages, *simple])
    return table[["term", "levels", "context", "effect", "low", "high", "healthy", "contexts"]]


def _single_contexts(judgement: Judgement) -> Iterator[dict[str, object]]:
    """A row for the claim's own context, and for each context where it depends on them."""
    kinds = [("own", judgement.own)] if judgement.own else []
    if judgement.verdict is Verdict.DEPENDS:
        kinds += [("context", in_context) for in_context in judgement.in_contexts]
    for kind, in_context in kinds:
        low, high = in_context.difference.interval(judgement.coverage)
        yield {
            "kind": kind,
            "context": " · ".join(map(str, in_context.context.values())),
            "effect": in_context.difference.estimate,
            "low": low,
            "high": high,
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
    """On which scales the interval of an interaction leaves out 0."""
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


def _interacting(lattice: Lattice) -> Iterator[tuple[_Pair, _Pair]]:
    """Every two pairs of levels of two factors, in the order of `Quality.effects`."""
    comparisons = [
        (factor, pair) for factor, levels in lattice.factors.items() for pair in level_pairs(levels)
    ]
    for first, second in itertools.combinations(comparisons, 2):
        if first[0] != second[0]:
            yield first, second


def _changed(cell: tuple[Level, ...], place: int, level: Level) -> tuple[Level, ...]:
    return (*cell[:place], level, *cell[place + 1 :])
