"""The parts of the comparison page on runs: which trained, how they learned, what they cost."""

from collections.abc import Iterator

from dashboards.figures.cells import draw_cost, draw_paths
from dashboards.figures.curves import CURVES_DRAWN, draw_curves
from dashboards.figures.runs import draw_failure_map, draw_runs
from dashboards.pages.panel import Panel, untitled
from dashboards.tables.cells import cost_points, costly_factor, path_counts
from dashboards.tables.runs import curve_points, median_curves, outcome_lattice, run_points
from results import Outcome, Study, Thresholds
from results.records.outcome import meanings
from results.report.failures import failure_sections
from results.report.findings import Findings
from results.report.section import Section, find_section

# Above so many factors or cells parallel categories are a tangle.
_PATH_FACTORS, _PATH_CELLS = 8, 2_000


def failure_panel(study: Study, findings: Findings) -> Panel:
    """Which cells trained, and where the failures lie."""
    title = "Which cells trained"
    if study.trials.empty:
        return Panel(id="failure-map", title=title, lead="Nothing is recorded yet.")
    lattice = outcome_lattice(study)
    sections = failure_sections(study, findings)
    by_level = find_section(sections, "training_by_level")
    return Panel(
        id="failure-map",
        title=title,
        lead="Each square is a cell: how many of its seeds trained, and if not all, what became of "
        "most. Blue trained, orange did not.",
        figure=draw_failure_map(lattice),
        tables={"failure-map": lattice},
        notes=(
            untitled(find_section(sections, "failure_map")),
            *([] if by_level.table is None else [by_level]),
            _outcomes(study.description.thresholds),
        ),
    )


def _outcomes(thresholds: Thresholds) -> Section:
    """What the outcomes mean."""
    return Section(
        name="outcomes",
        title="What the outcomes mean",
        # No run of this page is pruned: only those that tune are.
        sentences=tuple(
            f"{outcome.value}: {sentence}."
            for outcome, sentence in meanings(thresholds).items()
            if outcome is not Outcome.PRUNED
        ),
        detail=True,
    )


def run_panel(study: Study) -> Panel:
    """Every run by its accuracy."""
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


def curve_panel(study: Study) -> Panel:
    """How runs learned, epoch by epoch."""
    title, points = "Learning curves", curve_points(study)
    if points.empty:
        return Panel(id="curves", title=title, lead="No epoch is recorded.")
    medians = median_curves(points)
    runs = points.groupby(["cell", "seed"]).ngroups
    extent = f" Drawn are about {CURVES_DRAWN} of {runs:,} runs." if runs > CURVES_DRAWN else ""
    return Panel(
        id="curves",
        title=title,
        lead="Error after each epoch, on test images (solid) and on training images as they were "
        "trained on (dotted). Thin lines are runs, thick ones a cell's median over its trained "
        "runs, the band the middle half of them. Failed runs are apart: a flat line never learned."
        f"{extent}",
        figure=draw_curves(points, medians),
        tables={"curves": points, "curve-medians": medians},
    )


def cost_panel(study: Study) -> Panel:
    """What accuracy costs in seconds."""
    factor = costly_factor(study)
    points = cost_points(study, factor)
    title = "What accuracy costs"
    if points.empty:
        return Panel(id="cost", title=title, lead="No run trained, so there is nothing to weigh.")
    colors = f"; colours tell {factor} apart, whose levels differ most in time" if factor else ""
    return Panel(
        id="cost",
        title=title,
        lead="Each mark is a cell: seconds of a trial against the mean error of its trained runs, "
        f"lower left is better{colors}. Cells of which no run trained are not drawn.",
        figure=draw_cost(points, factor),
        tables={"cost": points},
    )


def path_panels(study: Study) -> Iterator[Panel]:
    """By which levels runs come to their outcome; nothing where no factor varies."""
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
