"""What a study shows, as sections of sentences and tables: what every output format renders.

Tables hold plain numbers, accuracies and their differences in 0-1; `Section.formats` says how a
person reads a column.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from results.analysis import ROPE, Effect, Quality, analyse_quality
from results.contrast import Contrast, Method
from results.lattice import Lattice, make_lattice
from results.outcome import Outcome
from results.study import Study

Format = Callable[[object], str]
# Fewer have no exact test that can reach 1 % after Holm over five claims (STATISTICS: sign-flip
# p-values have a floor of 2 / 2**seeds).
_RECOMMENDED_SEEDS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """A part of a report: a title, sentences, and at most one table."""

    title: str
    sentences: tuple[str, ...] = ()
    table: pd.DataFrame | None = None
    formats: Mapping[str, Format] = field(default_factory=dict[str, Format])


def make_report(study: Study) -> tuple[Section, ...]:
    """All sections on a study, the most wanted first."""
    lattice = make_lattice(study)
    images = int(study.trials["test_size"].max()) if len(study.trials) else 1
    quality = analyse_quality(lattice, images=images)
    sections = (
        _cells(study),
        _effects("Main effects", lattice, quality, order=1),
        _effects("Interactions", lattice, quality, order=2),
        _simple(quality),
        _variance(quality),
        _ablation(study),
        _caveats(study, lattice, quality),
    )
    return tuple(section for section in sections if section.sentences or section.table is not None)


def cell_table(study: Study) -> pd.DataFrame:
    """One row per recorded cell, the best first, cells that never trained last.

    Columns: the varied factors; `seeds`, how many are recorded; `trained`, how many of them
    trained; `outcomes`, counted; `mean`, `low`, `high` of the test accuracy (0-1) over the trained
    seeds, NaN where none trained: a failed training is never averaged in; `seconds`, mean.
    """
    cells = study.trials.groupby(list(study.factors), observed=True, sort=False, dropna=False)
    rows = [_cell_row(study, trials) for _, trials in cells]
    measures = ("seeds", "trained", "outcomes", "mean", "low", "high", "seconds")
    table = pd.DataFrame(rows, columns=[*study.varied, *measures])
    return table.sort_values(["mean", "trained"], ascending=False, ignore_index=True)


def effect_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """One row per effect, with its 95 % interval; NaN for what can't be told.

    Columns: `term`, `levels`, `context`; `effect`, `low`, `high` (accuracy, 0-1); `error_ratio`;
    `healthy` and `contexts`, counted; `wins`, the share of pairs that the second level wins;
    `p`, `holm_p`, `sign_flip_p`; `method`; `reading`, in words.
    """
    return pd.DataFrame(
        [_effect_row(effect) for effect in effects],
        columns=[
            *("term", "levels", "context", "effect", "low", "high", "error_ratio", "healthy"),
            *("contexts", "wins", "p", "holm_p", "sign_flip_p", "method", "reading"),
        ],
    )


def ablation_table(study: Study) -> pd.DataFrame:
    """One row per cell in declared order: ✓ or ✗ for each two-level factor, and what it gave.

    A column `name=level` says whether the cell has the factor's second level; a factor of more
    levels keeps its own column. `trained` of `seeds`, `mean` (0-1) over the trained ones.
    """
    declared = dict(study.description.factors)
    cells = cell_table(study).sort_values(
        list(study.varied),
        key=lambda column: column.map(declared[str(column.name)].index),
        ignore_index=True,
    )
    columns: dict[str, object] = {}
    for name, levels in study.description.factors:
        if len(levels) == 2:
            marks = cells[name].astype(object) == levels[1]
            columns[f"{name}={levels[1]}"] = marks.map({True: "✓", False: "✗"})
        elif len(levels) > 2:
            columns[name] = cells[name].astype(str)
    measures = {name: cells[name] for name in ("mean", "low", "high", "trained", "seeds")}
    return pd.DataFrame({**columns, **measures})


def percent(value: object) -> str:
    """An accuracy (0-1) in percent."""
    return "-" if _missing(value) else f"{100 * float(str(value)):.2f} %"


def points(value: object) -> str:
    """A difference of accuracies (0-1) in percentage points."""
    return "-" if _missing(value) else f"{100 * float(str(value)):+.2f}"


def probability(value: object) -> str:
    """A p-value; never shown as 0."""
    if _missing(value):
        return "-"
    return "<.0001" if float(str(value)) < 0.0001 else f"{float(str(value)):.4f}"


def factor_of_errors(value: object) -> str:
    """A ratio of error rates."""
    return "-" if _missing(value) else f"×{float(str(value)):.2f}"


def seconds(value: object) -> str:
    """A duration in seconds."""
    return "-" if _missing(value) else f"{float(str(value)):.1f}"


def share(value: object) -> str:
    """A share (0-1) in whole percent."""
    return "-" if _missing(value) else f"{100 * float(str(value)):.0f} %"


def _cells(study: Study) -> Section:
    cells = cell_table(study)
    always = int((cells["trained"] == cells["seeds"]).sum())
    headline = (
        f"{always} of {len(cells)} cells trained with every seed; {len(study.trials)} of "
        f"{len(study.description.trial_ids)} planned trials recorded."
    )
    formats = {"mean": percent, "low": percent, "high": percent, "seconds": seconds}
    return Section(title="Cells", sentences=(headline,), table=cells, formats=formats)


def _cell_row(study: Study, trials: pd.DataFrame) -> dict[str, object]:
    trained = trials[trials["outcome"] == Outcome.TRAINED.value]
    counts = trials["outcome"].value_counts()
    accuracy = trained["test_accuracy"]
    return {
        **{factor: trials[factor].iloc[0] for factor in study.varied},
        "seeds": len(trials),
        "trained": len(trained),
        "outcomes": ", ".join(f"{count} {name}" for name, count in counts.items()),
        "mean": accuracy.mean(),
        "low": accuracy.min(),
        "high": accuracy.max(),
        "seconds": trials["seconds"].mean(),
    }


_EFFECT_FORMATS: Mapping[str, Format] = {
    "effect": points,
    "low": points,
    "high": points,
    "error_ratio": factor_of_errors,
    "wins": share,
    "p": probability,
    "holm_p": probability,
    "sign_flip_p": probability,
}


def _effects(title: str, lattice: Lattice, quality: Quality, *, order: int) -> Section:
    effects = [effect for effect in quality.effects if effect.term.count(":") == order - 1]
    if not effects:
        return Section(title=title)
    unused = ["context"] if order == 1 else ["context", "wins"]
    sentences = [
        "Percentage points of test accuracy, where every compared cell trained with every seed; "
        "95 % intervals."
    ]
    estimated = [effect for effect in effects if effect.accuracy]
    if not estimated:
        sentences = ["Nothing to compare: in no context did all levels train with every seed."]
    elif order == 1 and estimated[0].accuracy:
        sentences.append(f"Intervals by {_methods(estimated)}.")
    return Section(
        title=title,
        sentences=tuple(sentences),
        table=effect_table(effects).drop(columns=unused),
        formats=_EFFECT_FORMATS,
    )


def _methods(effects: Sequence[Effect]) -> str:
    contrasts = [effect.accuracy for effect in effects if effect.accuracy]
    return "; ".join(
        dict.fromkeys(f"{contrast.method.value}: {contrast.reason}" for contrast in contrasts)
    )


def _simple(quality: Quality) -> Section:
    healthy = [effect for effect in quality.simple if effect.accuracy and effect.context]
    if not healthy:
        return Section(title="Simple effects")
    return Section(
        title="Simple effects",
        sentences=("The same in each context, the levels of the other factors.",),
        table=effect_table(healthy).drop(columns=["healthy", "contexts", "holm_p"]),
        formats=_EFFECT_FORMATS,
    )


def _variance(quality: Quality) -> Section:
    title = "Analysis of variance"
    if quality.half_normal is not None and quality.lenth is not None:
        told = (
            f"One seed: an effect on log error beyond {quality.lenth.me:.3f} (Lenth's margin of "
            f"error) may be more than noise; beyond {quality.lenth.sme:.3f} it also stands among "
            f"{quality.lenth.effects} looked at."
        )
        return Section(title="Effects of one seed", sentences=(told,), table=quality.half_normal)
    if quality.anova is None:
        return Section(title=title)
    formats = {"sum_sq": _figure, "mean_sq": _figure, "f": _figure, "p": probability}
    told = "Log error rate over the cells that trained with every seed."
    return Section(title=title, sentences=(told,), table=quality.anova, formats=formats)


def _ablation(study: Study) -> Section:
    if not study.varied:
        return Section(title="Ablation")
    formats = {"mean": percent, "low": percent, "high": percent}
    return Section(title="Ablation", table=ablation_table(study), formats=formats)


def _caveats(study: Study, lattice: Lattice, quality: Quality) -> Section:
    sentences = [f"{sentence[0].upper()}{sentence[1:]}." for sentence in lattice.left_out]
    n_seeds = len(lattice.seeds)
    if n_seeds == 1:
        sentences.append("One seed: differences between cells can't be told from seed noise.")
    elif n_seeds < _RECOMMENDED_SEEDS:
        sentences.append(
            f"{n_seeds} seeds: intervals assume that all cells are equally noisy and that seeds "
            f"don't favour a level; from {_RECOMMENDED_SEEDS} on they assume neither."
        )
    unbalanced = [effect.term for effect in quality.effects if 0 < effect.healthy < effect.contexts]
    if unbalanced:
        sentences.append(
            f"Failed cells leave contexts out of {', '.join(dict.fromkeys(unbalanced))}; effects "
            "hold where everything trained."
        )
    if study.others:
        sentences.append(f"{study.others} records of other plans in this directory are left out.")
    counts = study.trials["error"].value_counts()
    sentences += [
        f"{count} of {len(study.trials)} raised: {text}" for text, count in counts.items()
    ]
    return Section(title="Caveats", sentences=tuple(sentences))


def _effect_row(effect: Effect) -> dict[str, object]:
    contrast, ratio = effect.accuracy, effect.log_error
    low, high = contrast.interval() if contrast else (np.nan, np.nan)
    return {
        "term": effect.term,
        "levels": effect.levels,
        "context": " · ".join(map(str, (effect.context or {}).values())),
        "effect": contrast.estimate if contrast else np.nan,
        "low": low,
        "high": high,
        "error_ratio": float(np.exp(ratio.estimate)) if ratio else np.nan,
        "healthy": effect.healthy,
        "contexts": effect.contexts,
        "wins": effect.improvement.probability if effect.improvement else np.nan,
        "p": contrast.p_value if contrast else np.nan,
        "holm_p": effect.holm_p,
        "sign_flip_p": contrast.sign_flip_p if contrast else np.nan,
        "method": contrast.method.value if contrast else "",
        "reading": _reading(contrast),
    }


def _reading(contrast: Contrast | None) -> str:
    """The 95 % interval in words."""
    if contrast is None:
        return "nothing to compare"
    if contrast.method is Method.NONE:
        return "one seed: can't tell"
    low, high = contrast.interval()
    if contrast.equivalent(ROPE):
        return f"no difference of {100 * ROPE:.2f} or more"
    if low > 0:
        return "higher"
    return "lower" if high < 0 else "can't tell"


def _figure(value: object) -> str:
    return "-" if _missing(value) else f"{float(str(value)):.4g}"


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))
