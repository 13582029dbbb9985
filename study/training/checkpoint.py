"""Checkpoints: the state of a trial after an epoch, so that its training can go on elsewhere.

A checkpoint is a `.npz` file of plain number arrays; nothing is pickled. The driver writes it, and
deletes it once the trial is recorded.
"""

import io
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from results import StudyPaths
from results.storage.errors import StoreError
from results.storage.files import remove, write_atomically
from study.data.npz import DAMAGE, Array

# The name of a trial's checkpoint, or of a temporary file of one.
_OWN_NAME = re.compile(r"[0-9a-f]{16}\.npz|\.[0-9a-f]{16}\.npz\.\d+\.tmp")
# The figures of an epoch: its number, loss and accuracy in training and in testing, seconds.
FIGURES = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """The state of a trial between two epochs.

    Args:
        epoch: the number of the last finished epoch, from 1.
        variables: the variables of model and optimizer, in their order: weights, moments, step
            counter, states of random layers. The order of the images needs none: it follows from
            seed and epoch.
        rows: the figures of each finished epoch, as in the table `epochs`; `(epoch, 6)`, float64.
        seconds: the seconds spent on the trial so far.
        continued: how often the trial has gone on from a checkpoint.
        machine: the columns of `trials` that decide rounding; a trial goes on only where they are
            the same.

    Examples:
        >>> checkpoint = Checkpoint(
        ...     epoch=1,
        ...     variables=(np.zeros((3, 2)),),
        ...     rows=np.array([[1, 2.3, 0.1, 2.2, 0.2, 0.5]]),
        ...     seconds=0.5,
        ...     continued=0,
        ...     machine={"device": "CPU"},
        ... )
        >>> checkpoint.rows.shape == (checkpoint.epoch, FIGURES)
        True
    """

    epoch: int
    # Left out of what Tune calls its trials by.
    variables: tuple[Array, ...] = field(repr=False)
    rows: Array = field(repr=False)
    seconds: float
    continued: int
    machine: Mapping[str, object]


def write_checkpoint(paths: StudyPaths, trial_id: str, checkpoint: Checkpoint) -> None:
    """Write the checkpoint of a trial, in place of an earlier one.

    Args:
        paths: where everything lies in the study directory.
        trial_id: the trial.
        checkpoint: the state to write.

    Raises:
        ResultsError: the file can't be written.

    Examples:
        >>> from pathlib import Path
        >>> figures = np.array([[1, 2.3, 0.1, 2.2, 0.2, 0.5]])
        >>> state = {"epoch": 1, "seconds": 0.5, "continued": 0, "machine": {"device": "CPU"}}
        >>> checkpoint = Checkpoint(variables=(np.ones(2),), rows=figures, **state)
        >>> write_checkpoint(StudyPaths(Path("mine")), "d993deb3cc756255", checkpoint)
        >>> read_checkpoint(StudyPaths(Path("mine")), "d993deb3cc756255").variables
        (array([1., 1.]),)
    """
    header = {
        "epoch": checkpoint.epoch,
        "seconds": checkpoint.seconds,
        "continued": checkpoint.continued,
        "machine": dict(checkpoint.machine),
    }
    arrays = {"header": np.array(json.dumps(header)), "rows": checkpoint.rows}
    for place, variable in enumerate(checkpoint.variables):
        arrays[f"variable_{place}"] = variable

    # By way of memory: on a full disk a zip archive would try once more when it is collected.
    archive = io.BytesIO()
    np.savez(archive, allow_pickle=False, **arrays)
    write_atomically(paths.checkpoint(trial_id), lambda path: path.write_bytes(archive.getbuffer()))


def read_checkpoint(paths: StudyPaths, trial_id: str) -> Checkpoint | None:
    """The checkpoint of a trial; None where there is none, or none that can be read.

    Args:
        paths: where everything lies in the study directory.
        trial_id: the trial.

    Examples:
        >>> from pathlib import Path
        >>> damaged = StudyPaths(Path("damaged"))
        >>> damaged.checkpoints.mkdir(parents=True)
        >>> length = damaged.checkpoint("d993deb3cc756255").write_bytes(b"PK, and nothing more")
        >>> read_checkpoint(damaged, "d993deb3cc756255") is None
        True
    """
    try:
        with (
            paths.checkpoint(trial_id).open("rb") as stream,
            np.load(stream, allow_pickle=False) as file,
        ):
            header = json.loads(str(file["header"]))
            checkpoint = Checkpoint(
                epoch=int(header["epoch"]),
                variables=tuple(file[f"variable_{place}"] for place in range(len(file.files) - 2)),
                rows=file["rows"].reshape(int(header["epoch"]), FIGURES),
                seconds=float(header["seconds"]),
                continued=int(header["continued"]),
                machine=dict(header["machine"]),
            )
            return checkpoint if checkpoint.epoch >= 1 else None
    except (ValueError, StoreError, *DAMAGE):
        return None


def keep_checkpoints(paths: StudyPaths, recorded: Collection[str]) -> frozenset[str]:
    """Delete the checkpoints of recorded trials, and what a killed driver left half-written.

    Files that no study wrote stay: a project may have a directory of this name.

    Args:
        paths: where everything lies in the study directory.
        recorded: the trials that are recorded.

    Returns:
        The trials that still have a checkpoint; some may belong to another plan of this directory.

    Raises:
        ResultsError: a file can't be deleted.

    Examples:
        >>> from pathlib import Path
        >>> paths = StudyPaths(Path("begun"))
        >>> paths.checkpoints.mkdir(parents=True)
        >>> for key in ("d993deb3cc756255", "2b0a8f31c4d5e697"):
        ...     paths.checkpoint(key).touch()
        >>> keep_checkpoints(paths, recorded=["d993deb3cc756255"])
        frozenset({'2b0a8f31c4d5e697'})
        >>> [path.name for path in paths.checkpoints.iterdir()]
        ['2b0a8f31c4d5e697.npz']
    """
    files = [path for path in paths.checkpoints.glob("*") if _OWN_NAME.fullmatch(path.name)]
    ids = {path.stem for path in files if path.suffix == ".npz" and path.stem not in recorded}
    for path in files:
        if path.stem not in ids:
            remove(path)
    return frozenset(ids)
