"""The sections on fixed against tuned settings: claims in both regimes, and what each cell got."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import pandas as pd

from results.analysis.tuning import fixed_setting, tuned_table
from results.claims.regimes import InRegimes
from results.claims.rules import ALPHA
from results.claims.verdict import Verdict
from results.records.study import Study
from results.records.tuning import Tuning
from results.report.effects import effects_section
from results.report.findings import Findings
from results.report.section import Format, Section, figure, percent, points

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
    *("chosen", "doubts", "fixed_trained", "fixed_mean", "fixed_sd"),
    *("tuned_trained", "tuned_mean", "tuned_sd"),
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
    """Fixed against tuned, and the chosen settings; nothing where nothing was tuned."""
    tuning = study.description.tuning
    if tuning is None:
        return
    yield regimes_section(findings.regimes, tuning, fixed=fixed_setting(study, tuning))
    yield Section(
        title=f"Chosen {_plural(tuning)}",
        sentences=tuple(_tuning_sentences(study, tuning)),
        table=tuned_table(study),
        formats=_CELL_FORMATS,
        shown=(*study.varied, *_CELLS_SHOWN),
    )


def tuned_effect_sections(findings: Findings) -> Iterator[Section]:
    """Main effects and interactions of the trials at tuned settings; nothing without any."""
    if findings.tuned is None:
        return
    quality = findings.tuned.quality
    yield effects_section("Main effects at tuned settings", quality, order=1)
    interactions = effects_section("Interactions at tuned settings", quality, order=2)
    yield dataclasses.replace(interactions, detail=True)


def regimes_section(regimes: Sequence[InRegimes], tuning: Tuning, *, fixed: float) -> Section:
    """The claims at the fixed setting and at tuned ones, and whether the winner flips."""
    title, setting = "Fixed against tuned", tuning.setting.replace("_", " ")
    if not regimes:
        waiting = "No claim can be compared: none is declared, or no tuned trial is recorded yet."
        return Section(title=title, sentences=(waiting,))
    rule = (
        f"At the {setting} of {fixed:g} that all cells share, and at the one that each cell was "
        "tuned to; change: the fixed effect minus the tuned one, over the contexts that trained "
        "in both."
    )
    return Section(
        title=title,
        sentences=(rule, *map(regime_sentence, regimes)),
        table=regime_table(regimes),
        formats=_FORMATS,
        shown=_CLAIMS_SHOWN,
    )


def regime_table(regimes: Sequence[InRegimes]) -> pd.DataFrame:
    """One row per claim.

    Columns: `claim`; `says`; of both regimes the verdict (`fixed`, `tuned`) and better minus worse
    in accuracy (`_effect`, 0-1, NaN where there is none); `change`, `change_low`, `change_high`:
    fixed minus tuned effect with its interval; `winner`, of each regime; `flips`; `tuning`, whether
    it is adequate; `overall`.
    """
    coverage = 1 - ALPHA / max(len(regimes), 1)
    return pd.DataFrame([_row(claim, coverage) for claim in regimes])


def regime_sentence(seen: InRegimes) -> str:
    """What tuning does to a claim, in words."""
    claim = seen.fixed.claim
    fixed, tuned = (str(winner or "neither") for winner in seen.winners)
    if seen.flips:
        told = f"the winner flips: {fixed} at the fixed setting, {tuned} at tuned ones"
    elif fixed == tuned:
        told = f"{fixed} does better in both regimes" if seen.winners[0] else "neither does better"
    else:
        told = f"{fixed} does better at the fixed setting, {tuned} at tuned ones"
    if seen.flips and not seen.differs:
        told += ", by no more than noise can explain"
    parts = [
        f"{claim.name}: {told}",
        f"Overall {seen.fixed.overall.lower()}: {seen.fixed.overall_reason}",
    ]
    if seen.doubts:
        parts.append(f"Tuning in doubt: {_listed(seen.doubts)}")
    return ". ".join(parts) + "."


def _tuning_sentences(study: Study, tuning: Tuning) -> Iterator[str]:
    spent = [cell.spent for cell in tuning.cells]
    budgets = f"{spent[0]} trainings in each of {len(spent)} cells"
    if not tuning.equal_budgets:
        budgets = (
            f"{min(spent)} to {max(spent)} of {tuning.budget} trainings in {len(spent)} cells, so "
            "far: nothing is decided on unequal budgets"
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
    doubted = [cell for cell in tuning.cells if cell.doubts]
    if doubted:
        yield (
            f"{len(doubted)} of {len(tuning.cells)} cells are doubtful: claims that rest on them "
            f"stay open. Wider ranges or more values ({_flag(study)}) may settle them."
        )


def _pruning_sentences(tuning: Tuning) -> Iterator[str]:
    """What pruning did, and to what the cells' budgets are equal; nothing without any."""
    pruned = tuning.pruned_at
    if not (tuning.prune or pruned):
        return
    values, epochs = sum(cell.pruned for cell in tuning.cells), [c.epochs for c in tuning.cells]
    spent = sum(cell.spent for cell in tuning.cells)
    at = f" after {_span('epoch', pruned)}, of {values} values" if pruned else ""
    yield f"{len(pruned)} of {spent:,} trainings were pruned{at}; such a value is never chosen."
    yield (
        "Equal in all cells is the number of values and of trainings, not that of epochs: "
        f"{_counted(epochs)} in a cell."
    )


def _span(word: str, numbers: Sequence[int]) -> str:
    low, high = min(numbers), max(numbers)
    return f"{word} {low}" if low == high else f"{word}s {low} to {high}"


def _counted(epochs: Sequence[int]) -> str:
    low, high = min(epochs), max(epochs)
    return f"{low:,} epochs" if low == high else f"{low:,} to {high:,} epochs"


def _flag(study: Study) -> str:
    tuning = study.description.tuning
    return f"--tune-values {2 * tuning.values}" if tuning else ""


def _row(seen: InRegimes, coverage: float) -> dict[str, object]:
    low, high = seen.change.interval(coverage) if seen.change else (np.nan, np.nan)
    fixed, tuned = (str(winner or "neither") for winner in seen.winners)
    return {
        "claim": seen.fixed.claim.name,
        "says": f"{seen.fixed.claim.better} > {seen.fixed.claim.worse}",
        "fixed": seen.fixed.reading.value,
        "fixed_effect": _effect(seen.fixed),
        "tuned": seen.tuned.reading.value,
        "tuned_effect": _effect(seen.tuned),
        "change": seen.change.estimate if seen.change else np.nan,
        "change_low": low,
        "change_high": high,
        "winner": fixed if fixed == tuned else f"{fixed} → {tuned}",
        "flips": "yes" if seen.flips else "no",
        "tuning": "in doubt" if seen.doubts else "adequate",
        "overall": seen.fixed.overall.value.lower(),
    }


def _effect(verdict: Verdict) -> float:
    return verdict.quality.estimate if verdict.quality else np.nan


def _listed(doubts: Sequence[str], most: int = 3) -> str:
    rest = f" and {len(doubts) - most} more" if len(doubts) > most else ""
    return "; ".join(doubts[:most]) + rest


def _plural(tuning: Tuning) -> str:
    return f"{tuning.setting.replace('_', ' ')}s"
