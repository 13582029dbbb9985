"""The parts of the comparison page on claims and effects: what levels do, and how sure that is."""

from collections.abc import Iterator, Mapping

from dashboards.figures.effects import draw_claims, draw_main_effects, draw_simple_effects
from dashboards.figures.interactions import (
    INTERACTIONS_DRAWN,
    draw_half_normal,
    draw_interaction_lines,
    draw_interactions,
)
from dashboards.pages.links import claim_links
from dashboards.pages.panel import Panel, untitled
from dashboards.tables.effects import (
    claim_rows,
    interaction_lines,
    interaction_rows,
    main_effect_rows,
    simple_effect_rows,
)
from results import Study
from results.claims.deciding import Verdict
from results.report.effects import interactions_section, main_effects_section
from results.report.findings import Findings
from results.report.section import Section, share
from results.report.verdicts import verdict_words
from results.statistics.conventions import COVERAGE

# With what doesn't matter as the band.
VERDICT_MEANING: Mapping[Verdict, str] = {
    Verdict.CONFIRMED: "the whole interval lies right of 0; of a claim that isn't said to be "
    "slight, it reaches beyond the band too",
    Verdict.NEGLIGIBLE: "inside the band: real, or nearly nothing, but too little to matter",
    Verdict.REFUTED: "left of 0, or around 0 inside the band: reversed, or no difference that "
    "matters",
    Verdict.DEPENDS: "the contexts differ: it holds with some levels of the other factors only",
    Verdict.INCONCLUSIVE: "anywhere else, or there is none: it is open",
}


def claim_panels(study: Study, findings: Findings) -> Iterator[Panel]:
    """The verdicts on the claims; nothing where nothing was claimed."""
    if not findings.judgements:
        return
    tuned = findings.tuned.judgements if findings.tuned else ()
    rows = claim_rows(findings.judgements, tuned)
    coverage = 100 * findings.judgements[0].coverage
    yield Panel(
        id="claims",
        title="Verdicts on the claims",
        lead="A claim stands where its whole interval lies right of 0, and matters beyond the grey "
        f"band of ±{100 * rows['smallest'].max():.2f} points. Dots are better minus worse, "
        f"averaged, with {coverage:.4g} % intervals (one seed has none); the paler mark below is "
        "the pair the claim was drawn from.",
        figure=draw_claims(rows),
        tables={"claims": rows},
        notes=_verdict_notes(findings),
        links=claim_links(study, (judgement.claim for judgement in findings.judgements)),
    )


def _verdict_notes(findings: Findings) -> tuple[Section, ...]:
    """What holds for all verdicts, and on demand each in words and what the words mean."""
    words = verdict_words(findings.judgements, tuned=findings.tuned is not None)
    return (
        Section(name="rule", title="", sentences=(words.rule, words.regime)),
        Section(
            name="each_verdict",
            title="Each verdict in words",
            sentences=words.verdicts,
            detail=True,
        ),
        Section(
            name="meaning",
            title="What the verdicts mean",
            sentences=tuple(
                f"{verdict.value.capitalize()}: {meaning}."
                for verdict, meaning in VERDICT_MEANING.items()
            ),
            detail=True,
        ),
    )


def effect_panels(findings: Findings) -> Iterator[Panel]:
    """Main effects, interactions and simple effects; nothing where no factor varies."""
    quality = findings.quality
    mains = main_effect_rows(quality)
    if mains.empty:
        return
    section = main_effects_section(quality)
    if mains["effect"].isna().all():
        lead = " ".join(section.sentences)
        yield Panel(id="main-effects", title=section.title, lead=lead)
        return
    yield Panel(
        id="main-effects",
        title=section.title,
        lead="What the second level gives compared with the first, averaged over the contexts in "
        "which both trained with every seed (counted at the right). Where contexts differ, the "
        "average hides it: see the interactions and the simple effects.",
        figure=draw_main_effects(mains),
        tables={"main-effects": mains},
        notes=(untitled(section, table=False),),
    )
    yield from _interaction_panels(findings)
    simple = simple_effect_rows(quality)
    yield Panel(
        id="simple-effects",
        title="The same effects in each context",
        lead="Each dot is the difference in one context, the levels of the other factors, named "
        f"when pointed at; the diamond is their average with its {share(COVERAGE)} interval. Dots "
        "on both sides of 0 mean that it depends.",
        figure=draw_simple_effects(simple),
        tables={"simple-effects": simple},
    )


def _interaction_panels(findings: Findings) -> Iterator[Panel]:
    section = interactions_section(findings.quality)
    rows = interaction_rows(findings.quality)
    if rows.empty:
        if section.sentences:
            lead = " ".join(section.sentences)
            yield Panel(id="interactions", title=section.title, lead=lead)
        return
    extent = (
        f" Drawn are {INTERACTIONS_DRAWN} of {len(rows)}." if len(rows) > INTERACTIONS_DRAWN else ""
    )
    yield Panel(
        id="interactions",
        title=section.title,
        lead="Half of how much the effect of one factor changes with the other, the smallest "
        "adjusted p-value first: in points of accuracy, and as a ratio of errors. What is there on "
        f"one scale only may be due to the scale; {share(COVERAGE)} intervals.{extent}",
        figure=draw_interactions(rows),
        tables={"interactions": rows},
    )
    lines = interaction_lines(findings.lattice, rows)
    if lines.empty:
        return
    yield Panel(
        id="interaction-lines",
        title="The strongest interactions",
        lead="Mean accuracy of cells where all four combinations trained: parallel lines mean that "
        "the factors don't depend on each other. These have the smallest adjusted p-values (of one "
        "seed: are the largest); each title says on which scale the interval leaves out 0.",
        figure=draw_interaction_lines(lines),
        broad=lines["term"].nunique() > 1,
        tables={"interaction-lines": lines},
    )


def half_normal_panels(findings: Findings) -> Iterator[Panel]:
    """Which effects of one seed stand out; nothing of more seeds."""
    table, limits = findings.quality.half_normal, findings.quality.lenth
    if table is None or limits is None:
        return
    yield Panel(
        id="half-normal",
        title="Which effects of one seed stand out",
        lead="Noise lies on a line from the corner. An effect above ME may be more than noise; "
        f"above SME it also stands among the {limits.effects} looked at (Lenth's limits).",
        figure=draw_half_normal(table, limits),
        tables={"half-normal": table},
    )
