"""The sections on effects: what each factor does to quality where everything trained."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from results.analysis.quality import ROPE, Effect, Quality
from results.report.section import (
    Format,
    Section,
    factor_of_errors,
    figure,
    points,
    probability,
    share,
)
from results.statistics.contrast import Method


def effect_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """One row per effect, with its 95 % interval; NaN for what can't be told.

    Columns: `term`, `levels`, `context`; `effect`, `low`, `high` (accuracy, 0-1); `error_ratio`;
    `healthy` and `contexts`, counted; `wins`, the share of pairs that the second level wins;
    `p`, `holm_p`, `sign_flip_p`; `seed_ratio` and its p-value, the mean square of seed x effect
    over that of the rest; `method`; `reading`, in words.
    """
    return pd.DataFrame([_effect_row(effect) for effect in effects], columns=list(_COLUMNS))


_COLUMNS = (
    *("term", "levels", "context", "effect", "low", "high", "error_ratio", "healthy", "contexts"),
    *("wins", "p", "holm_p", "sign_flip_p", "seed_ratio", "seed_ratio_p", "method", "reading"),
)
_SEED_RATIO = ("seed_ratio", "seed_ratio_p")


def _shown_but(*left_out: str) -> tuple[str, ...]:
    return tuple(name for name in _COLUMNS if name not in left_out)


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


def effects_section(title: str, quality: Quality, *, order: int) -> Section:
    """The effects of so many factors at once: 1 main effects, 2 interactions."""
    effects = [effect for effect in quality.effects if effect.term.count(":") == order - 1]
    if not effects:
        return Section(title=title)
    aliased = _aliased(effects) if order == 1 or any(e.by_model for e in effects) else ""
    if not any(effect.contexts for effect in effects) and aliased:
        return Section(title=title, sentences=(aliased,))
    if not any(effect.contexts for effect in effects):
        varied = (
            "no two cells differ in one factor alone"
            if order == 1
            else ("levels of two factors are never varied together")
        )
        told = f"Not in this design: {varied}."
        return Section(title=title, sentences=(told,))
    unused = {"context", "p", "method", *([] if order == 1 else ["wins"]), *_SEED_RATIO}
    if order > 1 and len({effect.term for effect in effects}) == len(effects):
        # With two levels a factor the main effects have told which.
        unused.add("levels")
    sentences = [
        "Percentage points of test accuracy, where every compared cell trained with every seed; "
        f"95 % intervals. “No difference” is one surely below {100 * ROPE:.2f} points."
    ]
    estimated = [effect for effect in effects if effect.accuracy]
    if any(effect.by_model for effect in effects):
        sentences.append(
            "A fraction: each effect is estimated from all cells together (they are counted as "
            "healthy and contexts), as if no three factors interacted."
        )
        sentences += [aliased] if aliased else []
    if not estimated:
        sentences = ["Nothing to compare: in no context did all levels train with every seed."]
    elif order == 1:
        sentences += [_methods(estimated), *_seed_ratios(estimated)]
    elif len(estimated) < len(effects):
        lost = [effect.term for effect in effects if effect.accuracy is None]
        sentences.append(f"Nothing to compare for {', '.join(dict.fromkeys(lost))}.")
        effects = estimated
    return Section(
        title=title,
        sentences=tuple(sentences),
        table=effect_table(effects) if estimated else None,
        formats=_EFFECT_FORMATS,
        shown=_shown_but(*unused),
    )


def _aliased(effects: Sequence[Effect]) -> str:
    """Which effects are not reported since the design can't tell them from others."""
    refused = {
        effect.term: effect.aliased for effect in effects if effect.aliased and not effect.accuracy
    }
    told = "; ".join(f"{term} from {others}" for term, others in refused.items())
    return f"Not reported, as this design can't tell it: {told}." if told else ""


def _methods(effects: Sequence[Effect]) -> str:
    """By which error the effects are judged, the same words once."""
    contrasts = [effect.accuracy for effect in effects if effect.accuracy]
    return " ".join(
        dict.fromkeys(
            contrast.reason
            if contrast.method is Method.NONE
            else f"Intervals by {contrast.method.value}: {contrast.reason}"
            for contrast in contrasts
        )
    )


def _seed_ratios(effects: Sequence[Effect]) -> Iterator[str]:
    """Whether seeds favour a level: mean square of seed x factor over that of the rest."""
    found = [
        f"{effect.term} {effect.accuracy.ratio:.2f} ({effect.accuracy.ratio_p:.2g})"
        for effect in effects
        if effect.accuracy and not np.isnan(effect.accuracy.ratio)
    ]
    if found:
        yield (
            "Mean square of seed x factor over that of the rest, with its p-value (small: some "
            f"seeds favour a level): {', '.join(found)}."
        )


def simple_section(quality: Quality) -> Section:
    """The main effects in each context by itself."""
    healthy = [effect for effect in quality.simple if effect.accuracy and effect.context]
    if not healthy:
        return Section(title="Simple effects")
    return Section(
        title="Simple effects",
        sentences=("The same in each context, the levels of the other factors.",),
        table=effect_table(healthy),
        formats=_EFFECT_FORMATS,
        detail=True,
        shown=tuple(
            name for name in _COLUMNS if name not in {"healthy", "contexts", "holm_p", *_SEED_RATIO}
        ),
    )


def variance_section(quality: Quality) -> Section:
    """The sums of squares; of one seed, which effects stand out."""
    title = "Analysis of variance"
    if quality.half_normal is not None and quality.lenth is not None:
        told = (
            f"One seed: an effect on log error beyond {quality.lenth.me:.3f} (Lenth's margin of "
            f"error) may be more than noise; beyond {quality.lenth.sme:.3f} it also stands among "
            f"{quality.lenth.effects} looked at."
        )
        return Section(
            title="Effects of one seed",
            sentences=(told,),
            table=quality.half_normal,
            detail=True,
        )
    if quality.anova is None:
        return Section(title=title)
    formats = {"sum_sq": figure, "mean_sq": figure, "f": figure, "p": probability}
    told = "Log error rate over the cells that trained with every seed."
    return Section(
        title=title, sentences=(told,), table=quality.anova, formats=formats, detail=True
    )


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
        "seed_ratio": contrast.ratio if contrast else np.nan,
        "seed_ratio_p": contrast.ratio_p if contrast else np.nan,
        "method": contrast.method.value if contrast else "",
        "reading": _reading(effect),
    }


def _reading(effect: Effect) -> str:
    """The 95 % interval in words.

    An interaction may be there in points and not in log errors, where a ceiling of accuracy bends
    the points: only one that both scales show is read as one.
    """
    contrast, ratio = effect.accuracy, effect.log_error
    if contrast is None or ratio is None:
        return "aliased" if effect.aliased else "nothing to compare"
    if contrast.method is Method.NONE:
        return "one seed"
    low, high = contrast.interval()
    if contrast.standard_error == 0:
        return "no noise seen"
    if contrast.equivalent(ROPE):
        return "no difference"
    if low <= 0 <= high:
        return "can't tell"
    log_low, log_high = ratio.interval()
    if ":" in effect.term and log_low <= 0 <= log_high:
        return "on one scale only"
    return "higher" if low > 0 else "lower"
