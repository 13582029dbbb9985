"""The sections on single images: seed noise, hard images, classes, networks compared."""

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from results.analysis.examples import MAX_PAIRS, ImageQuality
from results.report.section import Section, points, probability

# How many images of a list are named; the predictions hold the others.
_NAMED = 10


def image_sections(quality: ImageQuality | None) -> tuple[Section, ...]:
    """All sections on single images; none where there are none to look at."""
    if quality is None:
        return ()
    return (
        noise_section(quality),
        fixed_section(quality),
        class_section(quality),
        networks_section(quality),
    )


def noise_section(quality: ImageQuality) -> Section:
    """Seed noise by single images, the images that nobody reads, and both standard errors."""
    sentences = [*_extent(quality), *_noise(quality), *_hard(quality)]
    if not quality.effects:
        return Section(title="Seed noise and hard images", sentences=tuple(sentences))
    sentences.append(
        "Standard errors of main effects, in percentage points: the seed error for new seeds on "
        "these test images, the total error for new images of the same kind too. Both take "
        "errors of different networks to be independent, so with phi above 1 they are too small."
    )
    return Section(
        title="Seed noise and hard images",
        sentences=tuple(sentences),
        table=error_table(quality),
        formats={"effect": points, "seed_se": _spread, "total_se": _spread},
    )


def fixed_section(quality: ImageQuality) -> Section:
    """The images that one level of a factor reads and the others miss."""
    title = "Images that one level reads"
    if not quality.fixed:
        return Section(title=title)
    told = (
        "Test images that at least 90 % of a level's networks read and at least 90 % of each other "
        "level's networks miss."
    )
    return Section(title=title, sentences=(told,), table=fixed_table(quality), detail=True)


def class_section(quality: ImageQuality) -> Section:
    """The effects on single classes that an interval tells from none."""
    title = "By class"
    if quality.seeds == 1 or not quality.effects:
        return Section(title=title)
    table = class_table(quality)
    looked_at = sum(len(effect.classes) for effect in quality.effects)
    told = (
        f"Main effects on the recall of single classes, in percentage points: {len(table)} of "
        f"{looked_at} looked at have a 95 % interval that excludes 0. Each interval stands for "
        f"itself, unadjusted: without any effect about 5 % would exclude it by chance."
    )
    formats = {"difference": points, "low": points, "high": points}
    return Section(
        title=title,
        sentences=(told,),
        table=None if table.empty else table,
        formats=formats,
        detail=True,
    )


def networks_section(quality: ImageQuality) -> Section:
    """McNemar's test between two networks of one seed that differ in one factor."""
    title = "Networks compared"
    if not (quality.comparisons or quality.not_compared):
        return Section(title=title)
    sentences = [
        "One seed, so seed noise is unknown: McNemar's p-values are about these two networks only, "
        "not about their cells."
        if quality.seeds == 1
        else f"The networks of one seed. {quality.dispersion.sentence}"
    ]
    if quality.not_compared:
        sentences.append(
            f"Left out for having more than {MAX_PAIRS} pairs of networks: "
            f"{', '.join(quality.not_compared)}."
        )
    if not quality.comparisons:
        return Section(title=title, sentences=tuple(sentences))
    sentences.append(
        f"Exact test; holm_p is adjusted over all {len(quality.comparisons)} comparisons."
    )
    formats = {"p": probability, "holm_p": probability}
    return Section(
        title=title,
        sentences=tuple(sentences),
        table=comparison_table(quality),
        formats=formats,
        # With more seeds the effects say more than two networks do.
        detail=quality.seeds > 1,
    )


def error_table(quality: ImageQuality) -> pd.DataFrame:
    """One row per main effect.

    Columns: `factor`, `levels`, `contexts`; `effect`, `seed_se`, `total_se` (accuracy, 0-1), NaN
    where unknown.
    """
    return pd.DataFrame(
        [
            {
                "factor": effect.factor,
                "levels": _arrow(effect.levels),
                "contexts": effect.contexts,
                "effect": effect.errors.difference,
                "seed_se": effect.errors.seed,
                "total_se": effect.errors.total,
            }
            for effect in quality.effects
        ]
    )


def fixed_table(quality: ImageQuality) -> pd.DataFrame:
    """One row per factor and level: `images`, counted; `index`, the positions of the first ones."""
    return pd.DataFrame(
        [
            {
                "factor": fixed.factor,
                "level": str(fixed.level),
                "images": len(fixed.index),
                "index": _first(fixed.index),
            }
            for fixed in quality.fixed
        ]
    )


def class_table(quality: ImageQuality) -> pd.DataFrame:
    """One row per effect on a class whose interval excludes 0.

    Columns: `factor`, `levels`, `class`; `difference`, `low`, `high` of recall, -1 to 1.
    """
    rows = [
        {
            "factor": effect.factor,
            "levels": _arrow(effect.levels),
            "class": int(name),
            "difference": float(difference),
            "low": float(low),
            "high": float(high),
        }
        for effect in quality.effects
        for name, difference, low, high in effect.classes[
            ["class", "difference", "low", "high"]
        ].itertuples(index=False)
        if low > 0 or high < 0
    ]
    return pd.DataFrame(rows, columns=["factor", "levels", "class", "difference", "low", "high"])


def comparison_table(quality: ImageQuality) -> pd.DataFrame:
    """One row per two networks.

    Columns: `factor`, `levels`, `context`; `only_first_wrong` and `only_second_wrong`, counted
    images; `p`, `holm_p`.
    """
    return pd.DataFrame(
        [
            {
                "factor": pair.factor,
                "levels": _arrow(pair.levels),
                "context": " · ".join(map(str, pair.context.values())),
                "only_first_wrong": pair.only_first_wrong,
                "only_second_wrong": pair.only_second_wrong,
                "p": pair.p_value,
                "holm_p": pair.holm_p,
            }
            for pair in quality.comparisons
        ]
    )


def _extent(quality: ImageQuality) -> Iterator[str]:
    if quality.left_out:
        yield (
            f"{quality.left_out} of {quality.cells + quality.left_out} cells that trained with "
            "every seed are left out: they lack predictions, or were tested on other images."
        )


def _noise(quality: ImageQuality) -> Iterator[str]:
    if quality.seeds == 1:
        yield "One seed: how much an accuracy varies between seeds can't be told from images."
        return
    yield (
        f"By how seeds disagree on single images, a run's accuracy varies between seeds by "
        f"{100 * quality.seed_sd:.3f} percentage points (standard deviation, pooled over "
        f"{quality.cells} cells of {quality.seeds} seeds)."
    )
    if math.isnan(quality.dispersion.phi):
        yield "No two seeds of a cell disagree on an image."
        return
    yield (
        f"Accuracies vary between seeds with {quality.dispersion.phi:.2f} times the variance that "
        "independent errors on single images would give (phi)."
    )


def _hard(quality: ImageQuality) -> Iterator[str]:
    if quality.missed_by_all is not None:
        yield (
            f"Every network of all {quality.cells} cells misses "
            f"{_named(quality.missed_by_all)} of {quality.images} test images."
        )


def _named(index: Sequence[int]) -> str:
    """How many images, and which, the first ones of many."""
    return f"{len(index)} ({_first(index)})" if index else "none"


def _first(index: Sequence[int]) -> str:
    return ", ".join(map(str, index[:_NAMED])) + ", …" * (len(index) > _NAMED)


def _arrow(pair: tuple[object, object]) -> str:
    return f"{pair[0]} → {pair[1]}"


def _spread(value: object) -> str:
    """A standard error (accuracy, 0-1) in percentage points, fine enough for large studies."""
    return "-" if math.isnan(float(str(value))) else f"{100 * float(str(value)):.3f}"
