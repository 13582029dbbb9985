"""What a study shows: sections of sentences and tables, which every output format renders."""

from results.records.study import Study
from results.report.caveats import caveats_section
from results.report.cells import ablation_section, cells_section
from results.report.choices import choice_sections
from results.report.effects import (
    interactions_section,
    main_effects_section,
    simple_section,
    variance_section,
)
from results.report.examples import image_sections
from results.report.failures import failure_sections
from results.report.findings import Findings
from results.report.section import Section
from results.report.tuning import tuned_effect_sections, tuning_sections
from results.report.verdicts import verdicts_section


def make_report(study: Study, findings: Findings) -> tuple[Section, ...]:
    """All sections on a study that have something to say, the most wanted first.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(directory)
        >>> [section.name for section in make_report(study, analyse(study))][:4]
        ['verdicts', 'failure_map', 'ranking', 'levels']
    """
    quality = findings.quality
    sections = (
        verdicts_section(findings.judgements, tuned=study.description.tuning is not None),
        *tuning_sections(study, findings),
        *failure_sections(study, findings),
        *choice_sections(findings.choices),
        *(choice_sections(findings.tuned.choices, tuned=True) if findings.tuned else ()),
        cells_section(study),
        main_effects_section(quality),
        interactions_section(quality),
        *tuned_effect_sections(findings),
        simple_section(quality),
        variance_section(quality),
        *image_sections(findings.images),
        ablation_section(study),
        caveats_section(study, findings),
    )
    return tuple(section for section in sections if section.sentences or section.table is not None)
