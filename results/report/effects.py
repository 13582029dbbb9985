"""The sections on effects: what each factor does to quality where everything trained."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from results.analysis.quality import Effect, Quality
from results.report.section import (
    Format,
    Section,
    factor_of_errors,
    figure,
    points,
    probability,
    share,
)
from results.statistics.conventions import COVERAGE, SMALLEST_DIFFERENCE


def effects_of_order(quality: Quality, order: int) -> list[Effect]:
    """The effects of so many factors at once: 1 gives main effects, 2 interactions of two.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> quality = analyse(load_study(directory)).quality
        >>> [effect.term for effect in effects_of_order(quality, 1)]
        ['normalization', 'loss']
    """
    return [effect for effect in quality.effects if effect.term.count(":") == order - 1]


def effect_table(effects: Sequence[Effect]) -> pd.DataFrame:
    """The effects as a table; NaN for what can't be told.

    Returns:
        One row per effect: `term`, `levels`, `context`; `effect` and its 95 % interval `low`,
        `high` (accuracy, 0-1); `error_ratio`; `healthy` and `contexts`, counted; `wins`, the share
        of pairs of runs that the second level wins, failed ones the worst (0-1); `p`, `holm_p`,
        `sign_flip_p`; `seed_ratio`, the mean square of seed x effect over that of the rest, and its
        p-value `seed_ratio_p`; `method`; `reading`, the interval in words.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> effects = analyse(load_study(directory)).quality.effects
        >>> effect_table(effects)[["term", "effect", "low", "high", "reading"]].round(3)
                         term  effect    low   high     reading
        0       normalization   0.054 -0.024  0.132  can't tell
        1                loss  -0.021 -0.048  0.006  can't tell
        2  normalization:loss  -0.004 -0.031  0.023  can't tell
    """
    return pd.DataFrame([_effect_row(effect) for effect in effects], columns=list(_COLUMNS))


_COLUMNS = (
    *("term", "levels", "context", "effect", "low", "high", "error_ratio", "healthy", "contexts"),
    *("wins", "p", "holm_p", "sign_flip_p", "seed_ratio", "seed_ratio_p", "method", "reading"),
)
_SEED_RATIO = ("seed_ratio", "seed_ratio_p")
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
_RULE = (
    "Percentage points of test accuracy, where every compared cell trained with every seed; "
    f"{share(COVERAGE)} intervals. “No difference” is one surely below "
    f"{100 * SMALLEST_DIFFERENCE:.2f} points."
)
_NEVER_TRAINED = "Nothing to compare: in no context did all levels train with every seed."


def main_effects_section(quality: Quality, *, tuned: bool = False) -> Section:
    """What each factor does by itself.

    Args:
        quality: the effects of the trials of one regime.
        tuned: whether these are the trials at tuned settings.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = main_effects_section(analyse(load_study(directory)).quality)
        >>> section.name, section.table["term"].tolist()
        ('main_effects', ['normalization', 'loss'])
    """
    name, title = _heading("main_effects", "Main effects", tuned=tuned)
    effects = effects_of_order(quality, 1)
    obstacle = _obstacle(
        effects, _aliased(effects) or "Not in this design: no two cells differ in one factor alone."
    )
    if obstacle or not effects:
        return Section(name=name, title=title, sentences=obstacle)
    contrasted = [effect for effect in effects if effect.accuracy]
    return Section(
        name=name,
        title=title,
        sentences=(
            _RULE,
            *_fraction_sentences(effects),
            _methods(contrasted),
            *_seed_ratios(contrasted),
        ),
        table=effect_table(effects),
        formats=_EFFECT_FORMATS,
        shown=_columns_but("context", "p", "method", *_SEED_RATIO),
    )


def interactions_section(quality: Quality, *, tuned: bool = False) -> Section:
    """What each two factors do together.

    Args:
        quality: the effects of the trials of one regime.
        tuned: whether these are the trials at tuned settings.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = interactions_section(analyse(load_study(directory)).quality)
        >>> section.name, section.table["term"].tolist()
        ('interactions', ['normalization:loss'])
    """
    name, title = _heading("interactions", "Interactions", tuned=tuned)
    effects = effects_of_order(quality, 2)
    obstacle = _obstacle(
        effects, "Not in this design: levels of two factors are never varied together."
    )
    if obstacle or not effects:
        return Section(name=name, title=title, sentences=obstacle)
    unused = ["context", "p", "method", "wins", *_SEED_RATIO]
    if len({effect.term for effect in effects}) == len(effects):
        # With two levels a factor the main effects have told which.
        unused.append("levels")
    return Section(
        name=name,
        title=title,
        sentences=(_RULE, *_fraction_sentences(effects), *_lost_terms(effects)),
        table=effect_table([effect for effect in effects if effect.accuracy]),
        formats=_EFFECT_FORMATS,
        shown=_columns_but(*unused),
    )


def simple_section(quality: Quality) -> Section:
    """The main effects in each context by itself, where both levels trained with every seed.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = simple_section(analyse(load_study(directory)).quality)
        >>> section.table[["term", "context"]]
                    term                   context
        0  normalization  categorical_crossentropy
        1  normalization                       mse
        2           loss                      none
        3           loss                     range
    """
    name, title = "simple_effects", "Simple effects"
    healthy = [effect for effect in quality.simple if effect.accuracy and effect.context]
    if not healthy:
        return Section(name=name, title=title)
    return Section(
        name=name,
        title=title,
        sentences=("The same in each context, the levels of the other factors.",),
        table=effect_table(healthy),
        formats=_EFFECT_FORMATS,
        detail=True,
        shown=_columns_but("healthy", "contexts", "holm_p", *_SEED_RATIO),
    )


def variance_section(quality: Quality) -> Section:
    """The sums of squares; of one seed, which effects stand out.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = variance_section(analyse(load_study(directory)).quality)
        >>> section.title, section.table.columns.tolist()
        ('Analysis of variance', ['term', 'df', 'sum_sq', 'mean_sq', 'f', 'p'])
    """
    if quality.half_normal is not None and quality.lenth is not None:
        sentence = (
            f"One seed: an effect on log error beyond {quality.lenth.me:.3f} (Lenth's margin of "
            f"error) may be more than noise; beyond {quality.lenth.sme:.3f} it also stands among "
            f"{quality.lenth.effects} looked at."
        )
        return Section(
            name="effects_of_one_seed",
            title="Effects of one seed",
            sentences=(sentence,),
            table=quality.half_normal,
            detail=True,
        )
    name, title = "variance", "Analysis of variance"
    if quality.anova is None:
        return Section(name=name, title=title)
    return Section(
        name=name,
        title=title,
        sentences=("Log error rate over the cells that trained with every seed.",),
        table=quality.anova,
        formats={"sum_sq": figure, "mean_sq": figure, "f": figure, "p": probability},
        detail=True,
    )


def _heading(name: str, title: str, *, tuned: bool) -> tuple[str, str]:
    """Name and title of a section, which say so if it is about the trials at tuned settings."""
    return (f"tuned_{name}", f"{title} at tuned settings") if tuned else (name, title)


def _columns_but(*unused: str) -> tuple[str, ...]:
    return tuple(name for name in _COLUMNS if name not in unused)


def _obstacle(effects: Sequence[Effect], not_in_design: str) -> tuple[str, ...]:
    """The sentence why none of these effects can be had; nothing where one can."""
    if any(effect.accuracy for effect in effects) or not effects:
        return ()
    return (_NEVER_TRAINED if any(effect.contexts for effect in effects) else not_in_design,)


def _fraction_sentences(effects: Sequence[Effect]) -> Iterator[str]:
    """How a fraction estimates its effects, and which it can't; nothing of another design."""
    if any(effect.by_model for effect in effects):
        yield (
            "A fraction: each effect is estimated from all cells together (they are counted as "
            "healthy and contexts), as if no three factors interacted."
        )
        if mixed := _mixed(effects):
            yield mixed
        if aliased := _aliased(effects):
            yield aliased


def _mixed(effects: Sequence[Effect]) -> str:
    """What interactions add to which effects, for want of healthy cells; else empty."""
    terms_by_words: dict[str, list[str]] = {}
    for effect in effects:
        if effect.mixed:
            terms = terms_by_words.setdefault(effect.mixed, [])
            terms.extend([effect.term] if effect.term not in terms else [])
    if not terms_by_words:
        return ""
    healthy, cells = next((effect.healthy, effect.contexts) for effect in effects if effect.mixed)
    parts = [f"{words} to {', '.join(terms)}" for words, terms in terms_by_words.items()]
    return (
        f"By {healthy} of {cells} cells interactions can't be told apart from what they add to "
        f"other effects: {'; '.join(parts)}. Intervals have room for interactions as large as what "
        "the model leaves unexplained."
    )


def _aliased(effects: Sequence[Effect]) -> str:
    """Which effects are not reported since the design can't tell them from others; else empty."""
    aliases = [
        f"{effect.term} from {effect.aliased}"
        for effect in effects
        if effect.aliased and not effect.accuracy
    ]
    terms = "; ".join(dict.fromkeys(aliases))
    return f"Not reported, as this design can't tell it: {terms}." if terms else ""


def _lost_terms(effects: Sequence[Effect]) -> Iterator[str]:
    """The terms of which an effect can't be had; nothing where all can."""
    lost = [effect.term for effect in effects if effect.accuracy is None]
    if lost:
        yield f"Nothing to compare for {', '.join(dict.fromkeys(lost))}."


def _methods(effects: Sequence[Effect]) -> str:
    """By which error the effects are judged, the same words once."""
    contrasts = [effect.accuracy for effect in effects if effect.accuracy]
    return " ".join(
        dict.fromkeys(
            contrast.reason
            if contrast.error is None
            else f"Intervals by {contrast.method}: {contrast.reason}"
            for contrast in contrasts
        )
    )


def _seed_ratios(effects: Sequence[Effect]) -> Iterator[str]:
    """Whether seeds favour a level: mean square of seed x factor over that of the rest."""
    ratios = [
        f"{effect.term} {effect.accuracy.ratio:.2f} ({effect.accuracy.ratio_p:.2g})"
        for effect in effects
        if effect.accuracy and not np.isnan(effect.accuracy.ratio)
    ]
    if ratios:
        yield (
            "Mean square of seed x factor over that of the rest, with its p-value (small: some "
            f"seeds favour a level): {', '.join(ratios)}."
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
        "wins": effect.wins,
        "p": contrast.p_value if contrast else np.nan,
        "holm_p": effect.holm_p,
        "sign_flip_p": contrast.sign_flip_p if contrast else np.nan,
        "seed_ratio": contrast.ratio if contrast else np.nan,
        "seed_ratio_p": contrast.ratio_p if contrast else np.nan,
        "method": contrast.method if contrast else "",
        "reading": _reading(effect),
    }


def _reading(effect: Effect) -> str:
    """What the interval of an effect says, in words.

    An interaction may be there in points and not in log errors, where a ceiling of accuracy bends
    the points: only one that both scales show is read as one.
    """
    contrast, ratio = effect.accuracy, effect.log_error
    if contrast is None or ratio is None:
        return "aliased" if effect.aliased else "nothing to compare"
    if contrast.error is None:
        return "one seed"
    low, high = contrast.interval()
    if contrast.standard_error == 0:
        return "no noise seen"
    if contrast.equivalent(SMALLEST_DIFFERENCE):
        return "no difference"
    if low <= 0 <= high:
        return "can't tell"
    log_low, log_high = ratio.interval()
    if ":" in effect.term and log_low <= 0 <= log_high:
        return "on one scale only"
    return "higher" if low > 0 else "lower"
