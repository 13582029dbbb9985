"""The sections on fixed against tuned settings: claims in both regimes, and what each cell got."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from results.analysis.tuning import fixed_setting, tuned_table
from results.claims.regimes import InRegimes
from results.records.study import Study
from results.records.tuning import Tuning
from results.report.effects import interactions_section, main_effects_section
from results.report.findings import Findings
from results.report.section import Format, Section, figure, percent, points, spread
from search_spaces import Level

_FORMATS: Mapping[str, Format] = {
    "fixed_effect": points,
    "tuned_effect": points,
    "change": points,
    "change_low": points,
    "change_high": points,
}
_CLAIMS_SHOWN = (
    *("claim", "fixed", "fixed_effect", "tuned", "tuned_effect"),
    *("change", "change_low", "change_high", "winner", "overall"),
)
_CELLS_SHOWN = (
    *("chosen", "doubts", "fixed_trained", "fixed_mean", "fixed_sd", "fixed_all"),
    *("tuned_trained", "tuned_mean", "tuned_sd", "tuned_all"),
)
_CELL_FORMATS: Mapping[str, Format] = {
    "chosen": figure,
    "low": figure,
    "high": figure,
    "error": percent,
    "fixed_mean": percent,
    "fixed_sd": percent,
    "tuned_mean": percent,
    "tuned_sd": percent,
}


def tuning_sections(study: Study, findings: Findings) -> Iterator[Section]:
    """The claims in both regimes, and what tuning chose; nothing where nothing was tuned.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(tuned_directory)
        >>> [section.title for section in tuning_sections(study, analyse(study))]
        ['Fixed against tuned', 'Chosen learning rates']
    """
    tuning = study.description.tuning
    if tuning is None:
        return
    yield regimes_section(findings.regimes, tuning, fixed=fixed_setting(study, tuning))
    yield chosen_section(study, tuning)


def chosen_section(study: Study, tuning: Tuning) -> Section:
    """What tuning spent and chose in each cell.

    Args:
        study: a study whose cells were tuned.
        tuning: its tuning.

    Examples:
        >>> from results import load_study
        >>> study = load_study(tuned_directory)
        >>> section = chosen_section(study, study.description.tuning)
        >>> section.table.loc[0, "tuned_all"]
        '99.17 ± 1.44 % (3 of 3)'
        >>> section.table[["normalization", "loss", "chosen", "doubts"]]
          normalization                      loss  chosen            doubts
        0          none  categorical_crossentropy    0.03
        1          none                       mse    0.30  best at the edge
        2         range  categorical_crossentropy    0.03
        3         range                       mse    0.30  best at the edge
    """
    return Section(
        name="chosen_settings",
        title=f"Chosen {_setting(tuning)}s",
        sentences=tuple(_tuning_sentences(tuning)),
        table=_with_all_runs(tuned_table(study)),
        formats=_CELL_FORMATS,
        shown=(*study.varied, *_CELLS_SHOWN),
    )


def _with_all_runs(cells: pd.DataFrame) -> pd.DataFrame:
    """The table with all finished runs of each regime in words, whether they trained or not."""
    words = {
        f"{regime}_all": [
            spread(
                row[f"{regime}_all_mean"],
                row[f"{regime}_all_sd"],
                finished=row[f"{regime}_finished"],
                runs=row[f"{regime}_runs"],
            )
            for row in cells.to_dict("records")
        ]
        for regime in ("fixed", "tuned")
    }
    return cells.assign(**words)


def tuned_effect_sections(findings: Findings) -> Iterator[Section]:
    """Main effects and interactions of the trials at tuned settings; nothing without any.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> findings = analyse(load_study(tuned_directory))
        >>> [section.name for section in tuned_effect_sections(findings)]
        ['tuned_main_effects', 'tuned_interactions']
    """
    if findings.tuned is None:
        return
    quality = findings.tuned.quality
    yield main_effects_section(quality, tuned=True)
    yield dataclasses.replace(interactions_section(quality, tuned=True), detail=True)


def regimes_section(regimes: Sequence[InRegimes], tuning: Tuning, *, fixed: float) -> Section:
    """The claims at the fixed setting and at tuned ones, and whether the winner flips.

    Args:
        regimes: each claim in both regimes; may be none.
        tuning: how cells were tuned.
        fixed: the value of the setting that all cells share.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> study = load_study(tuned_directory)
        >>> regimes, tuning = analyse(study).regimes, study.description.tuning
        >>> regimes_section(regimes, tuning, fixed=0.01).sentences[0]
        'At the learning rate of 0.01 that all cells share, and at the one that each cell was tuned
         to; ...'
    """
    name, title = "regimes", "Fixed against tuned"
    if not regimes:
        obstacle = "No claim can be compared: none is declared, or no tuned trial is recorded yet."
        return Section(name=name, title=title, sentences=(obstacle,))
    rule = (
        f"At the {_setting(tuning)} of {fixed:g} that all cells share, and at the one that each "
        "cell was tuned to; change: the fixed effect minus the tuned one, over the contexts that "
        "trained in both."
    )
    return Section(
        name=name,
        title=title,
        sentences=(rule, *map(regime_sentence, regimes)),
        table=regime_table(regimes),
        formats=_FORMATS,
        shown=_CLAIMS_SHOWN,
    )


def regime_table(regimes: Sequence[InRegimes]) -> pd.DataFrame:
    """The claims in both regimes as a table.

    Returns:
        One row per claim: `claim`; `says`, the better level and the worse one; the verdict at the
        fixed setting and at tuned ones (`fixed`, `tuned`), and better minus worse in accuracy
        (`fixed_effect`, `tuned_effect`, 0-1, NaN where there is none); `change`, the fixed effect
        minus the tuned one, with its interval `change_low`, `change_high`; `winner`, of each regime
        where they differ; `flips`, whether it does; `tuning`, whether it is adequate; `overall`.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> table = regime_table(analyse(load_study(tuned_directory)).regimes)
        >>> table[["claim", "fixed_effect", "tuned_effect", "winner", "flips"]].round(3)
                  claim  fixed_effect  tuned_effect   winner flips
        0  conclusion 1         0.054           0.0  neither    no
        1  conclusion 3           NaN           NaN  neither    no
    """
    return pd.DataFrame(map(_row, regimes))


def regime_sentence(regimes: InRegimes) -> str:
    """What tuning does to a claim, in words.

    Examples:
        >>> from results import load_study
        >>> from results.report.findings import analyse
        >>> regime_sentence(analyse(load_study(tuned_directory)).regimes[0])
        'conclusion 1: neither does better. Overall inconclusive: the tuning is not adequate. Tuning
         in doubt: none · mse: best at the edge; range · mse: best at the edge.'
    """
    parts = [
        f"{regimes.fixed.claim.name}: {_winner_words(regimes)}",
        f"Overall {regimes.fixed.overall.lower()}: {regimes.fixed.overall_reason}",
    ]
    if regimes.doubts:
        parts.append(f"Tuning in doubt: {_first_doubts(regimes.doubts)}")
    return ". ".join(parts) + "."


def _winner_words(regimes: InRegimes) -> str:
    """Which level does better in which regime."""
    fixed, tuned = map(_winner_name, regimes.winners)
    if regimes.flips:
        words = f"the winner flips: {fixed} at the fixed setting, {tuned} at tuned ones"
        return words if regimes.differs else f"{words}, by no more than noise can explain"
    if fixed == tuned:
        return f"{fixed} does better" + ("" if regimes.winners[0] is None else " in both regimes")
    return f"{fixed} does better at the fixed setting, {tuned} at tuned ones"


def _tuning_sentences(tuning: Tuning) -> Iterator[str]:
    """What tuning spent, by which rules, and what is doubtful in it."""
    trainings = [cell.spent for cell in tuning.cells]
    budgets = f"{trainings[0]} trainings in each of {len(trainings)} cells"
    if not tuning.equal_budgets:
        budgets = (
            f"{min(trainings)} to {max(trainings)} of {tuning.budget} trainings in "
            f"{len(trainings)} cells, so far: nothing is decided on unequal budgets"
        )
    yield (
        f"{budgets}: {tuning.values} values by {tuning.sampler}, {len(tuning.seeds)} seeds each, "
        f"on {tuning.train_size:,} training images, validated on {tuning.validation_size:,} others."
    )
    yield from _pruning_sentences(tuning)
    yield (
        "The test images had no part in it, and the tuned trials have other seeds; the validation "
        "error of a chosen value is the lowest of several, so by itself it flatters."
    )
    doubtful = [cell for cell in tuning.cells if cell.doubts]
    if doubtful:
        yield (
            f"{len(doubtful)} of {len(tuning.cells)} cells are doubtful: claims that rest on them "
            f"stay open. Wider ranges or more values (--tune-values {2 * tuning.values}) may "
            "settle them."
        )


def _pruning_sentences(tuning: Tuning) -> Iterator[str]:
    """What pruning did, and in what the cells' budgets are equal; nothing without pruning."""
    epochs = tuning.pruned_at
    if not (tuning.prune or epochs):
        return
    values = sum(cell.pruned for cell in tuning.cells)
    trainings = sum(cell.spent for cell in tuning.cells)
    place = f" after {_epoch_numbers(epochs)}, of {values} values" if epochs else ""
    yield (
        f"{len(epochs)} of {trainings:,} trainings were pruned{place}; such a value is never "
        "chosen."
    )
    yield (
        "Equal in all cells is the number of values and of trainings, not that of epochs: "
        f"{_epoch_counts([cell.epochs for cell in tuning.cells])} in a cell."
    )


def _epoch_numbers(epochs: Sequence[int]) -> str:
    """Which epochs these are, as `epoch 3` or `epochs 3 to 5`."""
    low, high = min(epochs), max(epochs)
    return f"epoch {low}" if low == high else f"epochs {low} to {high}"


def _epoch_counts(epochs: Sequence[int]) -> str:
    """How many epochs each of several things took, as `30 epochs` or `20 to 30 epochs`."""
    low, high = min(epochs), max(epochs)
    return f"{low:,} epochs" if low == high else f"{low:,} to {high:,} epochs"


def _winner_name(winner: Level | None) -> str:
    # None alone: a level may be 0.
    return "neither" if winner is None else str(winner)


def _row(regimes: InRegimes) -> dict[str, object]:
    coverage = regimes.fixed.coverage
    low, high = regimes.change.interval(coverage) if regimes.change else (np.nan, np.nan)
    fixed, tuned = map(_winner_name, regimes.winners)
    return {
        "claim": regimes.fixed.claim.name,
        "says": f"{regimes.fixed.claim.better} > {regimes.fixed.claim.worse}",
        "fixed": regimes.fixed.verdict.value,
        "fixed_effect": regimes.fixed.estimate,
        "tuned": regimes.tuned.verdict.value,
        "tuned_effect": regimes.tuned.estimate,
        "change": regimes.change.estimate if regimes.change else np.nan,
        "change_low": low,
        "change_high": high,
        "winner": fixed if fixed == tuned else f"{fixed} → {tuned}",
        "flips": "yes" if regimes.flips else "no",
        "tuning": "in doubt" if regimes.doubts else "adequate",
        "overall": regimes.fixed.overall.value.lower(),
    }


def _first_doubts(doubts: Sequence[str], most: int = 3) -> str:
    """The first doubts, and how many more there are."""
    rest = f" and {len(doubts) - most} more" if len(doubts) > most else ""
    return "; ".join(doubts[:most]) + rest


def _setting(tuning: Tuning) -> str:
    """The tuned setting in words."""
    return tuning.setting.replace("_", " ")
