"""What a study shows, as text: `python -m results.summary DIR`."""

import sys
from collections.abc import Sequence

import pandas as pd
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from results.arguments import read_directory
from results.errors import ResultsError
from results.outcome import Outcome
from results.study import Study, load_study


def cell_table(study: Study) -> pd.DataFrame:
    """One row per recorded cell, the best first, cells that never trained last.

    Columns: the varied factors; `seeds`, how many are recorded; `trained`, how many of them
    trained; `outcomes`, counted; `mean`, `low`, `high` of the test accuracy (0-1) over the trained
    seeds, NaN where none trained: a failed training is never averaged in; `seconds`, mean.
    """
    cells = study.trials.groupby(list(study.factors), observed=True, sort=False, dropna=False)
    rows = [_cell_row(study, trials) for _, trials in cells]
    measures = ("seeds", "trained", "outcomes", "mean", "low", "high", "seconds")
    table = pd.DataFrame(rows, columns=[*study.varied, *measures])
    return table.sort_values(["mean", "trained"], ascending=False, ignore_index=True)


def summary_text(study: Study) -> RenderableType:
    """The headline, the cells, and what these records can't tell, ready to print."""
    cells = cell_table(study)
    always = int((cells["trained"] == cells["seeds"]).sum())
    headline = (
        f"{always} of {len(cells)} cells trained with every seed; {len(study.trials)} of "
        f"{len(study.description.trial_ids)} planned trials recorded."
    )
    # Text, not str: square brackets in a level or an error are no markup.
    return Group(Text(headline), _rendered(study, cells), *map(Text, _caveats(study, cells)))


def _cell_row(study: Study, trials: pd.DataFrame) -> dict[str, object]:
    trained = trials[trials["outcome"] == Outcome.TRAINED.value]
    counts = trials["outcome"].value_counts()
    accuracy = trained["test_accuracy"]
    return {
        **{factor: trials[factor].iloc[0] for factor in study.varied},
        "seeds": len(trials),
        "trained": len(trained),
        "outcomes": ", ".join(f"{count} {name}" for name, count in counts.items()),
        "mean": accuracy.mean(),
        "low": accuracy.min(),
        "high": accuracy.max(),
        "seconds": trials["seconds"].mean(),
    }


def _rendered(study: Study, cells: pd.DataFrame) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(" · ".join(study.varied) or "cell", overflow="fold")
    for title in ("trained", "test accuracy", "seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("outcome")
    for _, row in cells.iterrows():
        table.add_row(
            Text(" · ".join(str(row[factor]) for factor in study.varied) or "the only one"),
            f"{row['trained']}/{row['seeds']}",
            _accuracy_text(row),
            "-" if pd.isna(row["seconds"]) else f"{row['seconds']:.1f}",
            row["outcomes"],
        )
    return table


def _accuracy_text(row: pd.Series) -> str:
    if not row["trained"]:
        return "-"
    span = f" ({100 * row['low']:.2f}–{100 * row['high']:.2f})" if row["trained"] > 1 else ""
    return f"{100 * row['mean']:.2f} %{span}"


def _caveats(study: Study, cells: pd.DataFrame) -> list[str]:
    lines: list[str] = []
    if cells["seeds"].max() == 1:
        lines.append("One seed: differences between cells can't be told from seed noise.")
    if study.others:
        lines.append(f"{study.others} records of other plans in this directory are left out.")
    counts = study.trials["error"].value_counts()
    return [
        *lines,
        *(f"{count} of {len(study.trials)} raised: {text}" for text, count in counts.items()),
    ]


def main(arguments: Sequence[str]) -> int:
    """Print the summary of a study directory; returns 0, or 2 if it can't be read."""
    directory = read_directory(
        arguments,
        module="results.summary",
        description="Print which cells of a study trained, how well, and what it can't tell.",
    )
    try:
        Console().print(summary_text(load_study(directory)))
    except ResultsError as error:
        sys.stderr.write(f"results.summary: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
