"""What stands first on the comparison page: the answer in a sentence, and what it rests on."""

from collections.abc import Sequence

import pandas as pd

from results import Outcome, Study
from results.claims.deciding import Verdict
from results.claims.judgement import Judgement, named_places
from results.claims.overall import Overall

# So many claims of a list are named; the rest is a matter for the figure below.
_MOST_NAMED = 6
# In the order in which they are told.
_WORDS = {
    Verdict.CONFIRMED: "Confirmed",
    Overall.CONFIRMED: "Confirmed",
    Verdict.NEGLIGIBLE: "Too small to matter",
    Overall.NEGLIGIBLE: "Too small to matter",
    Verdict.REFUTED: "Refuted",
    Overall.REFUTED: "Refuted",
    Overall.REFUTED_AS_STATED: "Refuted as stated",
    Verdict.DEPENDS: "Depends on another factor",
    Overall.DEPENDS: "Depends on another factor",
    Overall.CONDITIONAL: "Shown in one regime only",
    Verdict.INCONCLUSIVE: "Inconclusive",
    Overall.INCONCLUSIVE: "Inconclusive",
}


def answer(judgements: Sequence[Judgement], *, tuned: bool = False) -> str:
    """Which claims hold, by their levels; empty where nothing was claimed.

    One that is to be decided in a regime of which there are no trials is open, whatever the other
    says.

    Args:
        judgements: what is found out about each claim at the fixed setting.
        tuned: whether there are tuned trials too, so that both regimes together decide.
    """
    by_word: dict[str, list[Judgement]] = {word: [] for word in _WORDS.values()}
    for judgement in judgements:
        both = tuned or judgement.claim.decided_on
        by_word[_WORDS[judgement.overall if both else judgement.verdict]].append(judgement)
    return " ".join(f"{word}: {_claims(group)}." for word, group in by_word.items() if group)


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


def _claims(judgements: Sequence[Judgement]) -> str:
    """The first claims by their levels, where they hold, and how many more there are."""
    claims = [_claimed(judgement) for judgement in judgements[:_MOST_NAMED]]
    more = len(judgements) - len(claims)
    return ", ".join([*claims, *([f"{more} more"] if more else [])])


def _claimed(judgement: Judgement) -> str:
    claim = judgement.claim
    where = f" (holds with {named_places(judgement.where)})" if judgement.where else ""
    return f"{claim.better} > {claim.worse}{where}"
