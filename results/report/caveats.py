"""The section on what the records can't tell."""

from collections.abc import Iterator

from results.analysis.lattice import Lattice
from results.analysis.quality import Quality
from results.records.study import Study
from results.report.findings import Findings
from results.report.section import Section
from results.statistics.conventions import ALPHA, ENOUGH_SEEDS
from results.statistics.examples.estimates import PHI_LIMIT
from search_spaces import Seeding


def caveats_section(study: Study, findings: Findings) -> Section:
    """Too few seeds, missing trials or predictions, lost contexts, trainings that raised.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> caveats_section(study, analyse(study)).sentences
        ("3 seeds: intervals of effects, not of verdicts, assume that all cells are equally noisy;
          from 8 on they don't.",)
    """
    lattice, quality, images = findings.lattice, findings.quality, findings.images
    sentences = [
        *(f"{sentence[0].upper()}{sentence[1:]}." for sentence in lattice.left_out),
        *_departures(study),
        *_seeds(study, lattice, quality),
    ]
    unbalanced = [effect.term for effect in quality.effects if 0 < effect.healthy < effect.contexts]
    if unbalanced:
        sentences.append(
            f"Failed cells leave contexts out of {', '.join(dict.fromkeys(unbalanced))}; effects "
            "hold where everything trained."
        )
    if study.resampled:
        sentences.append(
            "Each seed drew its own images: single ones can't be compared, and intervals of "
            "effects, not of verdicts, take these parts of the data as independent, which they "
            "are not."
        )
    elif images is None and lattice.healthy.any():
        sentences.append("No predictions are stored, so single images can't be compared.")
    if images and images.dispersion.phi > PHI_LIMIT:
        sentences.append(
            f"Accuracies vary {images.dispersion.phi:.2f} times as much between seeds as single "
            "images explain (phi): tests on the images of single networks speak of these only."
        )
    if study.others:
        sentences.append(f"{study.others} records of other plans in this directory are left out.")
    counts = study.trials["error"].value_counts()
    sentences += [
        f"{count} of {len(study.trials)} raised: {text}" for text, count in counts.items()
    ]
    return Section(name="caveats", title="Caveats", sentences=tuple(sentences))


def _departures(study: Study) -> Iterator[str]:
    """A sentence for each setting in which a recorded model left the protocol."""
    for model in study.description.models:
        for name, value in model["settings"].items():
            yield (
                f"{model['name']} was trained with {name} {value:g}, not "
                f"{study.description.protocol[name]:g}: its differences are due to that too."
            )


def _seeds(study: Study, lattice: Lattice, quality: Quality) -> Iterator[str]:
    """What so few seeds leave open; nothing where there are enough."""
    seeds = len(lattice.seeds)
    if seeds == 1:
        yield "One seed: differences between cells can't be told from seed noise."
    elif 1 < seeds < ENOUGH_SEEDS:
        uneven, favour = "", ""
        if quality.bartlett_p < ALPHA:
            uneven = f", which they are not (Bartlett's test: p = {quality.bartlett_p:.2g})"
        if study.seeding is Seeding.SHARED:
            favour = ", and that seeds don't favour a level"
        yield (
            f"{seeds} seeds: intervals of effects, not of verdicts, assume that all cells are "
            f"equally noisy{uneven}{favour}; from {ENOUGH_SEEDS} on they don't."
        )
