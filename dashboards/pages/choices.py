"""The parts of the comparison page on choices: which matters, which level, which cell to take."""

import dataclasses
from collections.abc import Iterator

from dashboards.figures.choices import draw_best_cells, draw_levels, draw_shares
from dashboards.figures.look import ACCURACIES, Scale
from dashboards.pages.panel import Panel, untitled
from dashboards.tables.choices import best_rows, level_rows, share_rows
from results.choices.choices import Choices
from results.report.choices import choice_sections
from results.report.section import ACCURACY, Wording, share
from results.statistics.conventions import COVERAGE


def choice_panels(
    choices: Choices, wording: Wording = ACCURACY, scale: Scale = ACCURACIES
) -> Iterator[Panel]:
    """The three parts; those that have nothing to say are left out.

    Args:
        choices: what runs say of the choices behind them.
        wording: how the response is told.
        scale: how it is drawn.
    """
    ranking, levels, best = choice_sections(choices, wording)
    shares = share_rows(choices, wording)
    if not shares.empty:
        first, *rest = ranking.sentences
        yield Panel(
            id="ranking",
            title=ranking.title,
            lead=first,
            figure=draw_shares(shares),
            tables={"ranking": shares},
            notes=(dataclasses.replace(untitled(ranking, table=False), sentences=tuple(rest)),),
        )
    elif ranking.sentences:
        yield Panel(id="ranking", title=ranking.title, lead=" ".join(ranking.sentences))
    means = level_rows(choices, wording)
    if not means.empty:
        yield Panel(
            id="levels",
            title=levels.title,
            lead="The mean of each level, blue where it may be the best of its factor, grey where "
            f"it surely is not; {share(COVERAGE)} intervals.",
            figure=draw_levels(means, scale),
            tables={"levels": means},
            notes=(untitled(levels, table=False),),
        )
    cells = best_rows(choices, wording)
    if not cells.empty:
        count = len(choices.best.may_be_best)
        extent = f" Drawn are {len(cells)} of {count}." if count > len(cells) else ""
        yield Panel(
            id="best-cells",
            title=best.title,
            lead="Cells that no other surely beats, the highest mean first. A highest mean is high "
            "by luck too: the diamond is what that cell gives on runs and "
            f"{wording.examples} that had no part in choosing it.{extent}",
            figure=draw_best_cells(cells, scale),
            tables={"best-cells": cells},
            notes=(untitled(best, table=False),),
        )
    elif best.sentences:
        yield Panel(id="best-cells", title=best.title, lead=" ".join(best.sentences))
