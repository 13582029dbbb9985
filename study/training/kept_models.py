"""The networks that a study keeps: one `.keras` file per trial, only when asked for."""

import shlex
from collections.abc import Iterable

from results import StudyPaths
from results.storage.files import write_atomically

_NAMED = 3


def write_model(paths: StudyPaths, trial_id: str, model: bytes) -> None:
    """Put the file of a trial's network into the study directory.

    Raises:
        ResultsError: it can't be written.
    """
    write_atomically(paths.model(trial_id), lambda path: path.write_bytes(model))


def without_model(paths: StudyPaths, trial_ids: Iterable[str]) -> list[str]:
    """Those of the trials whose network was not kept."""
    # Listed once: in a store, each look is a request.
    kept = {path.stem for path in paths.models.glob("*.keras")}
    return [key for key in trial_ids if key not in kept]


def lacking_sentence(paths: StudyPaths, recorded: Iterable[str]) -> str:
    """Which recorded trials have no network, and how to get it; empty if all have one."""
    lacking = without_model(paths, recorded)
    if not lacking:
        return ""
    rest = f" and {len(lacking) - _NAMED} more" if len(lacking) > _NAMED else ""
    return (
        f"{len(lacking)} recorded without a model ({', '.join(lacking[:_NAMED])}{rest}); to train "
        f"these again for it: python -m study.retrain {shlex.quote(str(paths.root))} --save-models"
    )
