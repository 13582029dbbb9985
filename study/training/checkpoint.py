"""Checkpoints: a trial after one of its epochs, so that its training can go on elsewhere.

Plain number arrays in a `.npz`; nothing is pickled. Written by the driver, deleted once the trial
is recorded.
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

# A trial's checkpoint, or a temporary file of one.
_OWN_NAME = re.compile(r"[0-9a-f]{16}\.npz|\.[0-9a-f]{16}\.npz\.\d+\.tmp")
# The epoch's number, loss and accuracy in training and in testing, seconds.
FIGURES = 6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Checkpoint:
    """The state of a trial between two epochs.

    Args:
        epoch: the last finished one, from 1.
        variables: of model and optimizer, in their order: weights, moments, step counter, states of
            random layers. The order of the images needs none, it follows from seed and epoch.
        rows: one row of figures for each finished epoch, `(epoch, 6)`, float64, as in
            the `epochs` table.
        seconds: spent on the trial so far.
        continued: how often the trial has gone on from a checkpoint.
        machine: what decides rounding; a trial goes on only where it is the same.
    """

    epoch: int
    # Left out of what Tune calls its trials by.
    variables: tuple[Array, ...] = field(repr=False)
    rows: Array = field(repr=False)
    seconds: float
    continued: int
    machine: Mapping[str, object]


def write_checkpoint(paths: StudyPaths, trial_id: str, checkpoint: Checkpoint) -> None:
    """Replace the checkpoint of a trial.

    Raises:
        ResultsError: the file can't be written.
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
    """The checkpoint of a trial; None where there is none, or none that can be read."""
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

    Files that no study wrote, of a project that has a directory of this name, stay.

    Returns:
        The trials whose checkpoints are left; some may belong to another plan of this directory.

    Raises:
        ResultsError: one can't be deleted.
    """
    found = [path for path in paths.checkpoints.glob("*") if _OWN_NAME.fullmatch(path.name)]
    kept = {path.stem for path in found if path.suffix == ".npz" and path.stem not in recorded}
    for path in found:
        if path.stem not in kept:
            remove(path)
    return frozenset(kept)
