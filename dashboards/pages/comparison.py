"""The parts of the comparison page, in order: each a figure with the tables behind it.

Every part says in a sentence what to see in its figure, or why there is none.
"""

from collections.abc import Iterator, Mapping

from dashboards.figures.cells import draw_cost, draw_paths
from dashboards.figures.curves import CURVES_DRAWN, draw_curves
from dashboards.figures.effects import draw_claims, draw_main_effects, draw_simple_effects
from dashboards.figures.interactions import (
    INTERACTIONS_DRAWN,
    draw_half_normal,
    draw_interaction_lines,
    draw_interactions,
)
from dashboards.figures.runs import draw_failure_map, draw_runs
from dashboards.pages.links import claim_links
from dashboards.pages.panel import Panel, untitled
from dashboards.pages.tuning import tuning_panels
from dashboards.tables.cells import cost_points, costly_factor, path_counts
from dashboards.tables.effects import (
    claim_rows,
    interaction_lines,
    interaction_rows,
    main_effect_rows,
    simple_effect_rows,
)
from dashboards.tables.runs import curve_points, median_curves, outcome_lattice, run_points
from results import Outcome, Study
from results.claims.rules import Code
from results.records.outcome import MEANING
from results.report.caveats import caveats_section
from results.report.effects import effects_section
from results.report.failures import failure_sections
from results.report.findings import Findings
from results.report.section import Section
from results.report.verdicts import verdicts_section

# In points of accuracy, with the region of practical equivalence as the band.
CODE_MEANING: Mapping[Code, str] = {
    Code.MATERIAL: "right of 0 and of the band: better, and it matters",
    Code.POSITIVE: "right of 0, and ends beyond the band: better, and it may matter",
    Code.SIGN_ONLY: "right of 0 inside the band: better, too little to matter",
    Code.EQUIVALENT: "around 0 inside the band: no difference that matters",
    Code.REVERSED: "left of 0: worse",
    Code.OPEN: "anywhere else, or there is none: nothing can be said",
}
_MEANINGS = Section(
    title="What the outcomes mean",
    # No run of this page is pruned: only those that tune are.
    sentences=tuple(
        f"{outcome.value}: {sentence}."
        for outcome, sentence in MEANING.items()
        if outcome is not Outcome.PRUNED
    ),
    detail=True,
)
# Above so many factors or cells parallel categories are a tangle.
_PATH_FACTORS, _PATH_CELLS = 8, 2_000


def make_panels(study: Study, findings: Findings) -> tuple[Panel, ...]:
    """All parts that this study has something to say in."""
    return (
        *_claims(study, findings),
        *tuning_panels(study, findings),
        _failures(study, findings),
        _runs(study),
        *_effects(findings),
        _curves(study),
        *_half_normal(findings),
        _cost(study),
        *_paths(study),
    )


def caveats_panel(study: Study, findings: Findings) -> Panel:
    """What the records can't tell: the last word."""
    section = caveats_section(study, findings)
    lead = "What the records can't tell." if section.sentences else "Nothing is known to be amiss."
    return Panel(id="caveats", title=section.title, lead=lead, notes=(untitled(section),))


def _claims(study: Study, findings: Findings) -> Iterator[Panel]:
    if not findings.verdicts:
        return
    tuned = findings.tuned.verdicts if findings.tuned else ()
    rows = claim_rows(findings.verdicts, tuned)
    coverage = 100 * (1 - 0.05 / len(findings.verdicts))
    yield Panel(
        id="claims",
        title="Verdicts on the claims",
        lead="A claim stands where its whole interval lies right of 0, and matters beyond the grey "
        f"band of ±0.10 points. Dots are better minus worse, averaged, with {coverage:.4g} % "
        "intervals (one seed has none); the paler mark below is the pair the claim was drawn from.",
        figure=draw_claims(rows),
        tables={"claims": rows},
        notes=_verdict_notes(findings),
        links=claim_links(study, (verdict.claim for verdict in findings.verdicts)),
    )


def _verdict_notes(findings: Findings) -> tuple[Section, ...]:
    """What holds for all verdicts, and on demand each in words and what its code says."""
    told = verdicts_section(findings.verdicts, tuned=findings.tuned is not None)
    rule, *each, regime = told.sentences
    codes = [f"{code.value}: the interval lies {where}." for code, where in CODE_MEANING.items()]
    return (
        Section(title="", sentences=(rule, regime)),
        Section(title="Each verdict in words", sentences=tuple(each), detail=True),
        Section(title="What the codes mean", sentences=tuple(codes), detail=True),
    )


def _failures(study: Study, findings: Findings) -> Panel:
    title = "Which cells trained"
    if study.trials.empty:
        return Panel(id="failure-map", title=title, lead="Nothing is recorded yet.")
    lattice = outcome_lattice(study)
    told, *others = failure_sections(study, findings)
    return Panel(
        id="failure-map",
        title=title,
        lead="Each square is a cell: how many of its seeds trained, and if not all, what became of "
        "most. Blue trained, orange did not.",
        figure=draw_failure_map(lattice),
        tables={"failure-map": lattice},
        notes=(
            untitled(told),
            *(note for note in others if note.table is not None and not note.detail),
            _MEANINGS,
        ),
    )


def _runs(study: Study) -> Panel:
    title, points = "Every run", run_points(study)
    if points.empty:
        lead = "No run has ended with figures to show."
        return Panel(id="runs", title=title, lead=lead)
    return Panel(
        id="runs",
        title=title,
        lead="Each dot is one run: trained ones by their test error, further left is better (a "
        "logarithmic axis), a line joining those of one cell; failed ones apart, by their "
        "accuracy, so that neither hides the other.",
        figure=draw_runs(points),
        tables={"runs": points},
    )


def _effects(findings: Findings) -> Iterator[Panel]:
    quality = findings.quality
    mains = main_effect_rows(quality)
    if mains.empty:
        return
    section = effects_section("Main effects", quality, order=1)
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
        notes=(Section(title="", sentences=section.sentences),),
    )
    yield from _interactions(findings)
    simple = simple_effect_rows(quality)
    yield Panel(
        id="simple-effects",
        title="The same effects in each context",
        lead="Each dot is the difference in one context, the levels of the other factors, named "
        "when pointed at; the diamond is their average with its 95 % interval. Dots on both sides "
        "of 0 mean that it depends.",
        figure=draw_simple_effects(simple),
        tables={"simple-effects": simple},
    )


def _interactions(findings: Findings) -> Iterator[Panel]:
    section = effects_section("Interactions", findings.quality, order=2)
    rows = interaction_rows(findings.quality)
    if rows.empty:
        if section.sentences:
            lead = " ".join(section.sentences)
            yield Panel(id="interactions", title=section.title, lead=lead)
        return
    cut = (
        f" Drawn are {INTERACTIONS_DRAWN} of {len(rows)}." if len(rows) > INTERACTIONS_DRAWN else ""
    )
    yield Panel(
        id="interactions",
        title=section.title,
        lead="Half of how much the effect of one factor changes with the other, the smallest "
        "adjusted p-value first: in points of accuracy, and as a ratio of errors. What is there on "
        f"one scale only may be due to the scale; 95 % intervals.{cut}",
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


def _curves(study: Study) -> Panel:
    title, points = "Learning curves", curve_points(study)
    if points.empty:
        return Panel(id="curves", title=title, lead="No epoch is recorded.")
    medians = median_curves(points)
    runs = points.groupby(["cell", "seed"]).ngroups
    cut = f" Drawn are about {CURVES_DRAWN} of {runs:,} runs." if runs > CURVES_DRAWN else ""
    return Panel(
        id="curves",
        title=title,
        lead="Error after each epoch, on test images (solid) and on training images as they were "
        "trained on (dotted). Thin lines are runs, thick ones a cell's median over its trained "
        "runs, the band the middle half of them. Failed runs are apart: a flat line never learned."
        f"{cut}",
        figure=draw_curves(points, medians),
        tables={"curves": points, "curve-medians": medians},
    )


def _half_normal(findings: Findings) -> Iterator[Panel]:
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


def _cost(study: Study) -> Panel:
    factor = costly_factor(study)
    points = cost_points(study, factor)
    title = "What accuracy costs"
    if points.empty:
        return Panel(id="cost", title=title, lead="No run trained, so there is nothing to weigh.")
    colored = f"; colours tell {factor} apart, whose levels differ most in time" if factor else ""
    return Panel(
        id="cost",
        title=title,
        lead="Each mark is a cell: seconds of a trial against the mean error of its trained runs, "
        f"lower left is better{colored}. Cells of which no run trained are not drawn.",
        figure=draw_cost(points, factor),
        tables={"cost": points},
    )


def _paths(study: Study) -> Iterator[Panel]:
    if not study.varied or study.trials.empty:
        return
    title = "From levels to outcomes"
    cells = len(study.trials[list(study.varied)].drop_duplicates())
    if len(study.varied) > _PATH_FACTORS or cells > _PATH_CELLS:
        lead = (
            f"Not drawn for {len(study.varied)} factors and {cells:,} cells: beyond "
            f"{_PATH_FACTORS} or {_PATH_CELLS:,} it is a tangle."
        )
        yield Panel(id="paths", title=title, lead=lead)
        return
    counts = path_counts(study)
    yield Panel(
        id="paths",
        title=title,
        lead="Each ribbon is a group of runs on its way through the levels to its outcome. Orange "
        "did not train: a level through which all orange passes is where failures lie.",
        figure=draw_paths(counts),
        broad=True,
        tables={"paths": counts},
    )
