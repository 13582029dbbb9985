"""What a study shows: sections of sentences and tables, which every output format renders."""

from results.analysis import analyse_quality
from results.claims import judge_claims
from results.lattice import make_lattice
from results.report.caveats import caveats_section
from results.report.cells import ablation_section, cells_section
from results.report.effects import effects_section, simple_section, variance_section
from results.report.section import Section
from results.report.verdicts import verdicts_section
from results.study import Study

__all__ = ["Section", "make_report"]


def make_report(study: Study) -> tuple[Section, ...]:
    """All sections on a study, the most wanted first."""
    lattice = make_lattice(study)
    images = int(study.trials["test_size"].max()) if len(study.trials) else 1
    quality = analyse_quality(lattice, images=images)
    verdicts = judge_claims(lattice, study.description.claims)
    sections = (
        verdicts_section(verdicts),
        cells_section(study),
        effects_section("Main effects", quality, order=1),
        effects_section("Interactions", quality, order=2),
        simple_section(quality),
        variance_section(quality),
        ablation_section(study),
        caveats_section(study, lattice, quality),
    )
    return tuple(section for section in sections if section.sentences or section.table is not None)
