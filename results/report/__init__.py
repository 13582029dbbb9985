"""What a study shows: sections of sentences and tables, which every output format renders."""

from results.analysis import analyse_quality
from results.answers import read_errors
from results.claims import judge_claims
from results.image_analysis import ImageQuality, analyse_images
from results.lattice import Lattice, make_lattice
from results.report.caveats import caveats_section
from results.report.cells import ablation_section, cells_section
from results.report.effects import effects_section, simple_section, variance_section
from results.report.failures import failure_sections
from results.report.images import image_sections
from results.report.section import Section
from results.report.verdicts import verdicts_section
from results.study import Study

__all__ = ["Section", "make_report"]


def make_report(study: Study) -> tuple[Section, ...]:
    """All sections on a study, the most wanted first.

    Raises:
        ResultsError: a file of predictions is damaged.
    """
    lattice = make_lattice(study)
    images = int(study.trials["test_size"].max()) if len(study.trials) else 1
    quality = analyse_quality(lattice, images=images)
    by_image = _analyse_images(study, lattice)
    verdicts = judge_claims(
        lattice,
        study.description.claims,
        image_variance=by_image.run_variance() if by_image else None,
    )
    sections = (
        verdicts_section(verdicts),
        *failure_sections(study, lattice),
        cells_section(study),
        effects_section("Main effects", quality, order=1),
        effects_section("Interactions", quality, order=2),
        simple_section(quality),
        variance_section(quality),
        *image_sections(by_image),
        ablation_section(study),
        caveats_section(study, lattice, quality, by_image),
    )
    return tuple(section for section in sections if section.sentences or section.table is not None)


def _analyse_images(study: Study, lattice: Lattice) -> ImageQuality | None:
    healthy = zip(lattice.trial_ids, lattice.healthy, strict=True)
    ids = [trial for trials, trained in healthy if trained for trial in trials]
    errors = read_errors(study.paths, ids) if ids else None
    return None if errors is None else analyse_images(lattice, errors)
