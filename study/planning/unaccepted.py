"""Why what lies in a study directory doesn't spare a trial its training."""

import dataclasses
from collections import Counter
from collections.abc import Sequence

from results.records.inventory import Inventory
from results.records.record import trial_of
from search_spaces import Regime, Trial


def unaccepted(trials: Sequence[Trial], inventory: Inventory) -> list[str]:
    """Sentences that say why records of a directory don't count for the planned trials.

    Args:
        trials: all trials that are planned.
        inventory: what the directory holds.

    Examples:
        >>> from results import StudyPaths
        >>> from results.records.inventory import take_inventory
        >>> inventory = take_inventory(StudyPaths(directory))
        >>> trials = [trial_of(row) for row in inventory.rows.values()]
        >>> unaccepted(trials, inventory)
        []
        >>> protocol = dataclasses.replace(trials[0].protocol, learning_rate=0.1)
        >>> faster = [dataclasses.replace(trials[0], protocol=protocol)]
        >>> unaccepted(faster, inventory)
        ['1 with the same cell and seed not accepted: learning_rate 0.05 (planned 0.1)']
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
    """How many finished records differ from a missing trial of their cell and seed, by how."""
    planned = {_place(trial): trial for trial in missing}
    rows = (inventory.rows[key] for key in sorted(inventory.recorded))
    recorded = (trial_of(row) for row in rows if row["regime"] in (None, Regime.FIXED))
    return Counter(
        _difference(trial, planned[_place(trial)]) for trial in recorded if _place(trial) in planned
    )


def _place(trial: Trial) -> tuple[frozenset[tuple[str, object]], int]:
    """The cell and the seed of a trial, whatever the order of its factors."""
    return frozenset(trial.cell.levels), trial.seed


def _difference(recorded: Trial, planned: Trial) -> str:
    """How two trials of a cell and seed differ, as `epochs 2 (planned 10), maths ...`."""
    have, want = _identity(recorded), _identity(planned)
    return ", ".join(
        f"{name} {have[name]} (planned {want[name]})" for name in want if have[name] != want[name]
    )


def _identity(trial: Trial) -> dict[str, object]:
    """What makes a trial another one, as a person reads it; the data set's label does not."""
    protocol = dataclasses.asdict(trial.protocol)
    del protocol["dataset"]
    protocol["dataset_hash"] = protocol["dataset_hash"][:12]
    return {**protocol, "maths": trial.maths}
