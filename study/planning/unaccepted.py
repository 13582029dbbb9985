"""Why what lies in a study directory doesn't spare a trial its training."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from results.records.inventory import Inventory
from results.records.record import trial_of
from search_spaces import Regime, Trial


def unaccepted(trials: Sequence[Trial], inventory: Inventory) -> list[str]:
    """Sentences on the records of a directory that are not those of the planned trials.

    Args:
        trials: all that are planned.
        inventory: of the directory.
    """
    missing = [trial for trial in trials if trial.id not in inventory.recorded]
    errors = inventory.errors
    raised = Counter(
        str(inventory.rows[trial.id]["error"]) for trial in missing if trial.id in errors
    )
    incomplete = len({trial.id for trial in missing} & inventory.incomplete)
    return [
        *(
            f"{count} with the same cell and seed not accepted: {reason}"
            for reason, count in _departures(missing, inventory).items()
        ),
        *(f"{count} raised, to be tried again: {error}" for error, count in raised.items()),
        *([f"{incomplete} lack epochs or predictions"] if incomplete else []),
        *(
            f"{path.parent.name}/{path.name} is damaged and will be set aside: {reason}"
            for path, reason in inventory.damaged.items()
        ),
    ]


def _departures(missing: Sequence[Trial], inventory: Inventory) -> Counter[str]:
    """In what finished records of the same cell and seed differ from a missing trial, counted."""
    planned = {_place(trial): trial for trial in missing}
    rows = (inventory.rows[key] for key in sorted(inventory.recorded))
    found = (trial_of(row) for row in rows if row["regime"] in (None, Regime.FIXED))
    return Counter(
        _difference(trial, planned[_place(trial)]) for trial in found if _place(trial) in planned
    )


def _place(trial: Trial) -> tuple[frozenset[tuple[str, object]], int]:
    return frozenset(trial.cell.levels), trial.seed


def _difference(found: Trial, planned: Trial) -> str:
    """As `epochs 2 (planned 10), maths ...`; the label of a data set makes none."""
    have, want = _identity(found), _identity(planned)
    return ", ".join(
        f"{name} {have[name]} (planned {want[name]})" for name in want if have[name] != want[name]
    )


def _identity(trial: Trial) -> dict[str, object]:
    protocol = dataclasses.asdict(trial.protocol)
    del protocol["dataset"]
    protocol["dataset_hash"] = protocol["dataset_hash"][:12]
    return {**protocol, "maths": trial.maths}
