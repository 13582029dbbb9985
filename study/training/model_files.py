"""A trained network as a `.keras` file: Keras loads it, and it tells which trial it comes from."""

import json
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import keras

from search_spaces import Trial
from study.data.dataset import Dataset
from study.network.building import Factory
from study.training.learner import find_learner

# An entry of the archive that Keras passes over.
ORIGIN_ENTRY = "study.json"


def trained_model(trial: Trial, dataset: Dataset, *, factory: Factory, kernel: str) -> bytes:
    """The file of the network of the trial that this process has just trained.

    Raises:
        Exception: whatever Keras, or a layer of one's own, raises when it can't be saved.
    """
    model = find_learner(factory, trial.cell, dataset.form, kernel).network.model
    with tempfile.TemporaryDirectory(prefix="study-") as folder:
        path = Path(folder) / f"{trial.id}.keras"
        model.save(path)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr(ORIGIN_ENTRY, json.dumps(_origin(trial, dataset)))
        return path.read_bytes()


def _origin(trial: Trial, dataset: Dataset) -> dict[str, object]:
    return {
        "trial_id": trial.id,
        "cell": trial.cell.as_dict(),
        "seed": trial.seed,
        "dataset": dataset.name,
        "pixel_max": dataset.form.pixel_max,
    }


def read_model(path: Path) -> tuple[keras.Model, dict[str, Any]]:
    """A saved network, and what its file says of its origin; nothing where Keras alone wrote it.

    Runs no code from the file: Keras' safe mode refuses what would need that.

    Raises:
        Exception: the file is no network that can be loaded.
    """
    # Registers the layers of the declared spaces.
    import study.network.notebook  # noqa: F401

    model: Any = keras.saving.load_model(path, compile=False)
    with zipfile.ZipFile(path) as archive:
        held = ORIGIN_ENTRY in archive.namelist()
        return model, json.loads(archive.read(ORIGIN_ENTRY)) if held else {}
