"""The section on what the records can't tell."""

from results.analysis import Quality
from results.contrast import ENOUGH_SEEDS
from results.image_analysis import ImageQuality
from results.lattice import Lattice
from results.report.section import Section
from results.study import Study


def caveats_section(
    study: Study, lattice: Lattice, quality: Quality, by_image: ImageQuality | None
) -> Section:
    """Too few seeds, missing trials or predictions, lost contexts, trainings that raised."""
    sentences = [f"{sentence[0].upper()}{sentence[1:]}." for sentence in lattice.left_out]
    n_seeds = len(lattice.seeds)
    if n_seeds == 1:
        sentences.append("One seed: differences between cells can't be told from seed noise.")
    elif n_seeds < ENOUGH_SEEDS:
        sentences.append(
            f"{n_seeds} seeds: intervals assume that all cells are equally noisy and that seeds "
            f"don't favour a level; from {ENOUGH_SEEDS} on they assume neither."
        )
    unbalanced = [effect.term for effect in quality.effects if 0 < effect.healthy < effect.contexts]
    if unbalanced:
        sentences.append(
            f"Failed cells leave contexts out of {', '.join(dict.fromkeys(unbalanced))}; effects "
            "hold where everything trained."
        )
    if by_image is None and lattice.healthy.any():
        sentences.append("No predictions are stored, so single images can't be compared.")
    if study.others:
        sentences.append(f"{study.others} records of other plans in this directory are left out.")
    counts = study.trials["error"].value_counts()
    sentences += [
        f"{count} of {len(study.trials)} raised: {text}" for text, count in counts.items()
    ]
    return Section(title="Caveats", sentences=tuple(sentences))
