"""The parts of the comparison page on tuned settings; there are none where nothing was tuned."""

from collections.abc import Iterator

from dashboards.figures.effects import draw_main_effects
from dashboards.figures.tuning import CELLS_DRAWN, draw_expected_best, draw_responses
from dashboards.pages.panel import Panel, untitled
from dashboards.tables.effects import main_effect_rows
from results import Study
from results.analysis.tuning import best_table, fixed_setting, response_table
from results.records.tuning import Tuning
from results.report.effects import main_effects_section
from results.report.findings import Findings
from results.report.section import find_section
from results.report.tuning import tuning_sections


def tuning_panels(study: Study, findings: Findings) -> Iterator[Panel]:
    """Fixed against tuned, what was tried in each cell, and what a budget buys."""
    tuning = study.description.tuning
    if tuning is None:
        return
    sections = tuple(tuning_sections(study, findings))
    regimes = find_section(sections, "regimes")
    chosen = find_section(sections, "chosen_settings")
    yield Panel(
        id="regimes",
        title=regimes.title,
        lead="Would it still win if each cell had a setting of its own? An arrow under winner says "
        "that it would not.",
        notes=(untitled(regimes),),
    )
    yield _response_panel(study, tuning)
    yield Panel(
        id="chosen",
        title=chosen.title,
        lead="Each cell at the setting that all share and at its own: how many runs trained, their "
        "mean test accuracy and its standard deviation.",
        notes=(untitled(chosen),),
    )
    yield _expected_best_panel(study, tuning)
    yield from _tuned_effect_panels(findings)


def _response_panel(study: Study, tuning: Tuning) -> Panel:
    points, setting = response_table(study), tuning.setting.replace("_", " ")
    title = f"How errors respond to the {setting}"
    if points.empty:
        return Panel(id="responses", title=title, lead="No value has been tried to the end yet.")
    cells = points["cell"].nunique()
    pruned = int(points["pruned"].sum())
    pruning = (
        f" Hollow marks, {pruned} of {len(points)}, are values that were pruned, by the error they "
        "had come to: their trainings would have gone on, so it may have fallen further."
        if pruned
        else ""
    )
    extent = f" Drawn are {CELLS_DRAWN} of {cells:,} cells." if cells > CELLS_DRAWN else ""
    return Panel(
        id="responses",
        title=title,
        lead=f"Each mark is a {setting} tried in a cell, by its error on images held out of the "
        "training set; lower is better. The solid line is the one chosen, the dotted one what all "
        "cells share. A best mark at either end may mean that a better one lies beyond."
        f"{pruning}{extent}",
        figure=draw_responses(points, fixed=fixed_setting(study, tuning), setting=setting),
        tables={"responses": points},
    )


def _expected_best_panel(study: Study, tuning: Tuning) -> Panel:
    title, best = "What tuning longer buys", best_table(study)
    if not tuning.independent:
        lead = (
            "Not drawn: the expected best against the budget can only be had of values drawn "
            f"independently (--sampler random), and these were chosen by {tuning.sampler}."
        )
        return Panel(id="expected-best", title=title, lead=lead)
    if tuning.pruned_at:
        lead = (
            "Not drawn: the expected best against the budget needs the error of every value after "
            f"all epochs, and {len(tuning.pruned_at)} trainings were pruned."
        )
        return Panel(id="expected-best", title=title, lead=lead)
    if best.empty:
        lead = "No value has been tried to the end yet."
        return Panel(id="expected-best", title=title, lead=lead)
    return Panel(
        id="expected-best",
        title=title,
        lead="The validation error to expect of the best value, against how many trainings are "
        "spent on finding it. Where lines cross, which cell is better depends on the budget.",
        figure=draw_expected_best(best),
        tables={"expected-best": best},
    )


def _tuned_effect_panels(findings: Findings) -> Iterator[Panel]:
    if findings.tuned is None:
        return
    mains = main_effect_rows(findings.tuned.quality)
    section = main_effects_section(findings.tuned.quality, tuned=True)
    if mains.empty or mains["effect"].isna().all():
        lead = " ".join(section.sentences) or "There is nothing to compare."
        yield Panel(id="tuned-main-effects", title=section.title, lead=lead)
        return
    yield Panel(
        id="tuned-main-effects",
        title=section.title,
        lead="As the main effects below, of the trials in which each cell has its own setting.",
        figure=draw_main_effects(mains),
        tables={"tuned-main-effects": mains},
        notes=(untitled(section, table=False),),
    )
