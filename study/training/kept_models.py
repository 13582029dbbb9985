"""The model files of a study: the `.keras` file of each trial's network, kept when asked for."""

import shlex
from collections.abc import Iterable

from results import StudyPaths
from results.storage.files import write_atomically

# So many trials are named; the rest is counted.
_MOST_NAMED = 3


def write_model(paths: StudyPaths, trial_id: str, model: bytes) -> None:
    """Put the model file of a trial into the study directory.

    Args:
        paths: where everything lies in the study directory.
        trial_id: the trial.
        model: the content of the file, see `study.training.model_files.trained_model`.

    Raises:
        ResultsError: the file can't be written.

    Examples:
        >>> from pathlib import Path
        >>> paths = StudyPaths(Path("study"))
        >>> write_model(paths, "d993deb3cc756255", b"a network")
        >>> Path("study/models/d993deb3cc756255.keras").read_bytes()
        b'a network'
    """
    write_atomically(paths.model(trial_id), lambda path: path.write_bytes(model))


def without_model(paths: StudyPaths, trial_ids: Iterable[str]) -> list[str]:
    """Those of these trials that have no model file in the study directory, in the same order.

    Args:
        paths: where everything lies in the study directory.
        trial_ids: the trials to look for.

    Examples:
        >>> from pathlib import Path
        >>> paths = StudyPaths(Path("one"))
        >>> write_model(paths, "d993deb3cc756255", b"a network")
        >>> without_model(paths, ["d993deb3cc756255", "2b0a8f31c4d5e697"])
        ['2b0a8f31c4d5e697']
    """
    # Listed once: in a store, each look is a request.
    ids = {path.stem for path in paths.models.glob("*.keras")}
    return [key for key in trial_ids if key not in ids]


def lacking_sentence(paths: StudyPaths, recorded: Iterable[str]) -> str:
    """A sentence on which recorded trials have no model file, and how to get these files.

    Args:
        paths: where everything lies in the study directory.
        recorded: the trials that are recorded.

    Returns:
        The sentence; an empty one if all have their file.

    Examples:
        >>> from pathlib import Path
        >>> lacking_sentence(StudyPaths(Path("mine")), ["2b0a8f31c4d5e697"])
        '1 recorded without a model (2b0a8f31c4d5e697); to train these again for it: python -m
        study.retrain mine --save-models'
    """
    ids = without_model(paths, recorded)
    if not ids:
        return ""
    rest = f" and {len(ids) - _MOST_NAMED} more" if len(ids) > _MOST_NAMED else ""
    return (
        f"{len(ids)} recorded without a model ({', '.join(ids[:_MOST_NAMED])}{rest}); to train "
        f"these again for it: python -m study.retrain {shlex.quote(str(paths.root))} --save-models"
    )
