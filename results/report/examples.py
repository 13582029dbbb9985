"""The sections on single images: seed noise, hard images, classes, networks compared."""

import math
from collections.abc import Iterator, Sequence

import pandas as pd

from results.analysis.examples import MAX_PAIRS, ImageQuality
from results.report.section import Section, points, probability, share
from results.statistics.conventions import COVERAGE

# So many images of a list are named; the predictions hold the others.
_MOST_NAMED = 10


def image_sections(quality: ImageQuality | None) -> tuple[Section, ...]:
    """All sections on single images; none where no healthy cell has predictions.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> [section.name for section in image_sections(analyse(load_study(directory)).images)]
        ['seed_noise', 'images_of_one_level', 'classes', 'networks']
    """
    if quality is None:
        return ()
    return (
        noise_section(quality),
        fixed_section(quality),
        class_section(quality),
        networks_section(quality),
    )


def noise_section(quality: ImageQuality) -> Section:
    """Seed noise by single images, the images that nobody reads, and both standard errors.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> noise_section(analyse(load_study(directory)).images).sentences[2]
        'Every network of all 4 cells misses none of 40 test images.'
    """
    name, title = "seed_noise", "Seed noise and hard images"
    sentences = [*_extent(quality), *_noise(quality), *_hard(quality)]
    if not quality.effects:
        return Section(name=name, title=title, sentences=tuple(sentences))
    sentences.append(
        "Standard errors of main effects, in percentage points: the seed error for new seeds on "
        "these test images, the total error for new images of the same kind too. Both take "
        "errors of different networks to be independent, so with phi above 1 they are too small."
    )
    return Section(
        name=name,
        title=title,
        sentences=tuple(sentences),
        table=error_table(quality),
        formats={"effect": points, "seed_se": _spread, "total_se": _spread},
    )


def fixed_section(quality: ImageQuality) -> Section:
    """The images that one level of a factor reads and the others miss.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = fixed_section(analyse(load_study(directory)).images)
        >>> section.name, section.table["images"].tolist()
        ('images_of_one_level', [0, 0, 0, 0])
    """
    name, title = "images_of_one_level", "Images that one level reads"
    if not quality.fixed:
        return Section(name=name, title=title)
    sentence = (
        "Test images that at least 90 % of a level's networks read and at least 90 % of each other "
        "level's networks miss."
    )
    return Section(
        name=name, title=title, sentences=(sentence,), table=fixed_table(quality), detail=True
    )


def class_section(quality: ImageQuality) -> Section:
    """The effects on single classes whose interval excludes 0.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> class_section(analyse(load_study(directory)).images).sentences[0]
        'Main effects on the recall of single classes, in percentage points: 0 of 20 looked at have
         a 95 % interval that excludes 0. ...'
    """
    name, title = "classes", "By class"
    if quality.seeds == 1 or not quality.effects:
        return Section(name=name, title=title)
    table = class_table(quality)
    classes = sum(len(effect.classes) for effect in quality.effects)
    sentence = (
        f"Main effects on the recall of single classes, in percentage points: {len(table)} of "
        f"{classes} looked at have a {share(COVERAGE)} interval that excludes 0. Each interval "
        f"stands for itself, unadjusted: without any effect about {share(1 - COVERAGE)} would "
        "exclude it by chance."
    )
    formats = {"difference": points, "low": points, "high": points}
    return Section(
        name=name,
        title=title,
        sentences=(sentence,),
        table=None if table.empty else table,
        formats=formats,
        detail=True,
    )


def networks_section(quality: ImageQuality) -> Section:
    """McNemar's test between two networks of one seed that differ in one factor.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> section = networks_section(analyse(load_study(directory)).images)
        >>> section.sentences[1]
        'Exact test; holm_p is adjusted over all 4 comparisons.'
    """
    name, title = "networks", "Networks compared"
    if not (quality.comparisons or quality.not_compared):
        return Section(name=name, title=title)
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
        return Section(name=name, title=title, sentences=tuple(sentences))
    sentences.append(
        f"Exact test; holm_p is adjusted over all {len(quality.comparisons)} comparisons."
    )
    formats = {"p": probability, "holm_p": probability}
    return Section(
        name=name,
        title=title,
        sentences=tuple(sentences),
        table=comparison_table(quality),
        formats=formats,
        # With more seeds the effects say more than two networks do.
        detail=quality.seeds > 1,
    )


def error_table(quality: ImageQuality) -> pd.DataFrame:
    """The main effects with both standard errors.

    Returns:
        One row per main effect: `factor`, `levels`, `contexts`; `effect`, `seed_se` (for new seeds
        on these images) and `total_se` (for new images too), in accuracy, 0-1; NaN where unknown.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> table = error_table(analyse(load_study(directory)).images)
        >>> table[["factor", "contexts", "effect", "seed_se", "total_se"]].round(3)
                  factor  contexts  effect  seed_se  total_se
        0  normalization         2   0.054    0.015     0.027
        1           loss         2  -0.021    0.015     0.012
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
    """The images that one level reads and the others miss.

    Returns:
        One row per factor and level: `factor`, `level`; `images`, counted; `index`, the positions
        of the first ones in the test array, as text.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> from dataclasses import replace
        >>> from results.analysis.examples import FixedImages
        >>> fixed = FixedImages(factor="loss", level="mse", index=(3, 7))
        >>> fixed_table(replace(analyse(load_study(directory)).images, fixed=(fixed,)))
          factor level  images index
        0   loss   mse       2  3, 7
    """
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
    """The effects on single classes whose interval excludes 0.

    Returns:
        One row per effect and class: `factor`, `levels`, `class`; `difference` of recall with its
        interval `low`, `high`, -1 to 1.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> from dataclasses import replace
        >>> images = analyse(load_study(directory)).images
        >>> classes = pd.DataFrame(
        ...     {"class": [0, 1], "difference": [0.2, 0.1], "low": [0.1, -0.1], "high": [0.3, 0.3]}
        ... )
        >>> effect = replace(images.effects[0], classes=classes)
        >>> class_table(replace(images, effects=(effect,)))
                  factor        levels  class  difference  low  high
        0  normalization  none → range      0         0.2  0.1   0.3
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
    """Two networks of one seed each, compared by McNemar's test.

    Returns:
        One row per two networks: `factor`, `levels`, `context`; `only_first_wrong` and
        `only_second_wrong`, counted images; `p`, and `holm_p` over all comparisons.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> table = comparison_table(analyse(load_study(directory)).images)
        >>> table[["factor", "context", "only_first_wrong", "only_second_wrong"]]
                  factor                   context  only_first_wrong  only_second_wrong
        0  normalization  categorical_crossentropy                 2                  0
        1  normalization                       mse                 2                  0
        2           loss                      none                 0                  1
        3           loss                     range                 0                  1
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
    """How many healthy cells are left out, and why; nothing where all are looked at."""
    if quality.left_out:
        yield (
            f"{quality.left_out} of {quality.cells + quality.left_out} cells that trained with "
            "every seed are left out: they lack predictions, or were tested on other images."
        )


def _noise(quality: ImageQuality) -> Iterator[str]:
    """How much an accuracy varies between seeds, as single images tell it."""
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
    """How many images no network reads; nothing of a single cell."""
    if quality.missed_by_all is not None:
        yield (
            f"Every network of all {quality.cells} cells misses "
            f"{_counted(quality.missed_by_all)} of {quality.images} test images."
        )


def _counted(index: Sequence[int]) -> str:
    """How many images there are, and the positions of the first ones."""
    return f"{len(index)} ({_first(index)})" if index else "none"


def _first(index: Sequence[int]) -> str:
    return ", ".join(map(str, index[:_MOST_NAMED])) + ", …" * (len(index) > _MOST_NAMED)


def _arrow(pair: tuple[object, object]) -> str:
    return f"{pair[0]} → {pair[1]}"


def _spread(value: object) -> str:
    """A standard error (accuracy, 0-1) in percentage points, fine enough for large studies."""
    return "-" if math.isnan(float(str(value))) else f"{100 * float(str(value)):.3f}"
