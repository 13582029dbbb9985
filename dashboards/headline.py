"""What stands first on the comparison page: the answer in a sentence, and what it rests on."""

from collections.abc import Sequence

import pandas as pd

from results import Outcome, Study
from results.claims import Reading, Verdict

# The rest of a long list is a matter for the figure below.
_NAMED = 6
_WORDS = {
    Reading.CONFIRMED: "Confirmed",
    Reading.REFUTED: "Refuted",
    Reading.DEPENDS: "Depends on another factor",
    Reading.INCONCLUSIVE: "Inconclusive",
}


def answer(verdicts: Sequence[Verdict]) -> str:
    """Which claims hold, by their levels; empty where nothing was claimed."""
    return " ".join(
        f"{word}: {_listed([one for one in verdicts if one.reading is reading])}."
        for reading, word in _WORDS.items()
        if any(one.reading is reading for one in verdicts)
    )


def headline(study: Study) -> str:
    """What the records show, in two sentences that claim no more than they hold."""
    trials = study.trials
    planned = len(study.description.trial_ids)
    if trials.empty:
        return f"None of the {planned} planned trials is recorded yet."
    trained = trials[trials["outcome"] == Outcome.TRAINED.value]
    counts = f"{len(trained)} of {len(trials)} recorded trials trained ({planned} planned)."
    if trained.empty:
        return f"{counts} There is no accuracy to compare."
    best = trained.sort_values("test_accuracy").iloc[-1]
    cell = " · ".join(str(best[factor]) for factor in study.varied) or "the only cell"
    top = f"The highest test accuracy of a single run is {percent(best['test_accuracy'])}: {cell}."
    if trials["seed"].nunique() == 1:
        return (
            f"{counts} {top} Each cell was trained with one seed, so small differences between "
            "cells can't be told from the luck of a seed."
        )
    return f"{counts} {top} A highest run is partly luck; compare the spread over seeds below."


def percent(share: float | None) -> str:
    """A share (0-1) in percent; a dash where there is none."""
    return "–" if share is None or pd.isna(share) else f"{100 * share:.2f} %"


def _listed(verdicts: Sequence[Verdict]) -> str:
    named = [f"{one.claim.better} > {one.claim.worse}" for one in verdicts[:_NAMED]]
    more = len(verdicts) - len(named)
    return ", ".join([*named, *([f"{more} more"] if more else [])])
