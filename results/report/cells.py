"""The sections on cells: what was recorded of each."""

import pandas as pd

from results.records.outcome import Outcome
from results.records.study import Study
from results.report.section import Section, percent, points, seconds, spread
from results.statistics.proportions import clopper_pearson


def cell_table(study: Study) -> pd.DataFrame:
    """What was recorded of each cell.

    Returns:
        One row per recorded cell, the best first, cells that never trained last: the varied
        factors; `seeds`, how many are recorded; `trained`, how many of them trained; `trained_low`,
        `trained_high`, the 95 % interval of the probability to train (0-1, by Clopper & Pearson);
        `outcomes`, counted; `mean`, `low`, `high` of the test accuracy (0-1) over the trained
        seeds, NaN where none trained: a failed training is never averaged in; `all_mean` and
        `all_sd` of the test accuracy (0-1) over all `finished` runs, whether they trained or not,
        and `all_runs`, the same in words; `seconds`, the mean over all seeds.

    Examples:
        >>> from results import load_study
        >>> cell_table(load_study(directory))[["normalization", "loss", "trained", "mean"]]
          normalization                      loss  trained      mean
        0         range  categorical_crossentropy        3  0.983333
        1         range                       mse        3  0.958333
        2          none  categorical_crossentropy        3  0.925000
        3          none                       mse        3  0.908333
    """
    cells = study.trials.groupby(list(study.factors), observed=True, sort=False, dropna=False)
    rows = [_cell_row(study, trials) for _, trials in cells]
    table = pd.DataFrame(rows, columns=[*study.varied, *_MEASURES])
    return table.sort_values(["mean", "trained"], ascending=False, ignore_index=True)


_MEASURES = (
    *("seeds", "trained", "trained_low", "trained_high", "outcomes", "mean", "low", "high"),
    *("all_runs", "all_mean", "all_sd", "finished", "seconds"),
)


_ALL_RUNS = (
    "Mean, low and high are of the runs that trained; “all runs” are all that finished, mean ± "
    "deviation, however they ended."
)


def ablation_table(study: Study) -> pd.DataFrame:
    """The cells as choices made or not, and what each gave.

    Returns:
        One row per cell in declared order. For each two-level factor a column `name=level` says
        whether the cell has its second level, ✓ or ✗; a factor of more levels keeps its own column.
        `mean`, `low`, `high` of the test accuracy (0-1) over the seeds that trained, `trained` of
        `seeds`, and `all_runs` in words, whether they trained or not. In a design of one factor at
        a time the baseline comes first, and `change` is a cell's mean minus that of the baseline,
        NaN where not every seed of both trained.

    Examples:
        >>> from results import load_study
        >>> ablation_table(load_study(directory)).iloc[:, :3]
          normalization=range loss=mse      mean
        0                   ✗        ✗  0.925000
        1                   ✗        ✓  0.908333
        2                   ✓        ✗  0.983333
        3                   ✓        ✓  0.958333
    """
    declared = {
        name: {level: position for position, level in enumerate(levels)}
        for name, levels in study.description.factors
    }
    cells = cell_table(study).sort_values(
        list(study.varied),
        key=lambda column: column.astype(object).map(declared[str(column.name)]),
        ignore_index=True,
    )
    baseline = _baseline(cells[list(study.varied)])
    if baseline is not None:
        rest = [place for place in range(len(cells)) if place != baseline]
        cells = cells.iloc[[baseline, *rest]].reset_index(drop=True)
    columns: dict[str, object] = {}
    for name, levels in study.description.factors:
        if len(levels) == 2:
            marks = {levels[0]: "✗", levels[1]: "✓"}
            columns[f"{name}={levels[1]}"] = cells[name].astype(object).map(marks)
        elif len(levels) > 2:
            columns[name] = cells[name].astype(str)
    measures = cells[["mean", "low", "high", "trained", "seeds", "all_runs"]]
    table = pd.DataFrame({**columns, **{str(name): measures[name] for name in measures}})
    if baseline is None:
        return table
    means = table["mean"].where(table["trained"] == table["seeds"])
    return table.assign(change=means - means.iloc[0])


def _baseline(cells: pd.DataFrame) -> int | None:
    """The place of the row that all others differ from in one factor; None for no or two rows."""
    levels = cells.astype(str).to_numpy()
    baselines = [
        place
        for place, row in enumerate(levels)
        if ((levels != row).sum(axis=1) == 1).sum() == len(levels) - 1
    ]
    return baselines[0] if len(baselines) == 1 else None


def cells_section(study: Study) -> Section:
    """What was recorded of each cell, and how many cells trained with every seed.

    Examples:
        >>> from results import load_study
        >>> section = cells_section(load_study(directory))
        >>> section.sentences[0]
        '4 of 4 cells trained with every seed; 12 of 12 planned trials recorded.'
        >>> section.table.loc[0, "all_runs"]
        '98.33 ± 1.44 % (3 of 3)'
    """
    cells = cell_table(study)
    healthy = int((cells["trained"] == cells["seeds"]).sum())
    headline = (
        f"{healthy} of {len(cells)} cells trained with every seed; {len(study.trials)} of "
        f"{len(study.description.trial_ids)} planned trials recorded."
    )
    formats = {"mean": percent, "low": percent, "high": percent, "seconds": seconds}
    figures = ("trained_low", "trained_high", "all_mean", "all_sd", "finished")
    return Section(
        name="cells",
        title="Cells",
        sentences=(headline, _ALL_RUNS),
        table=cells,
        formats=formats,
        shown=tuple(name for name in cells.columns if name not in figures),
    )


def _cell_row(study: Study, trials: pd.DataFrame) -> dict[str, object]:
    trained = trials[trials["outcome"] == Outcome.TRAINED.value]
    counts = trials["outcome"].value_counts()
    accuracy, everything = trained["test_accuracy"], trials["test_accuracy"]
    finished = int(everything.count())
    low, high = clopper_pearson(len(trained), len(trials))
    return {
        **{factor: trials[factor].iloc[0] for factor in study.varied},
        "seeds": len(trials),
        "trained": len(trained),
        "trained_low": low,
        "trained_high": high,
        "outcomes": ", ".join(f"{count} {name}" for name, count in counts.items()),
        "mean": accuracy.mean(),
        "low": accuracy.min(),
        "high": accuracy.max(),
        "all_runs": spread(
            everything.mean(), everything.std(), finished=finished, runs=len(trials)
        ),
        "all_mean": everything.mean(),
        "all_sd": everything.std(),
        "finished": finished,
        "seconds": trials["seconds"].mean(),
    }


def ablation_section(study: Study) -> Section:
    """The cells as a table of choices made or not, ready for a paper.

    Examples:
        >>> from results import load_study
        >>> ablation_section(load_study(directory)).table.shape
        (4, 8)
    """
    name, title = "ablation", "Ablation"
    if not study.varied:
        return Section(name=name, title=title)
    formats = {"mean": percent, "low": percent, "high": percent, "change": points}
    table = ablation_table(study)
    return Section(name=name, title=title, table=table, formats=formats, detail=True)
