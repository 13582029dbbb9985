"""Model files: a trained network as a `.keras` file, which says which trial it comes from."""

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

# The name of an entry of the archive that Keras passes over.
ORIGIN_ENTRY = "study.json"


def trained_model(trial: Trial, dataset: Dataset, *, factory: Factory, kernel: str) -> bytes:
    """The content of the model file of the trial that this process has just trained.

    Args:
        trial: the trial, the last one of its cell that was trained here.
        dataset: the images it was trained on.
        factory: the factory of its network.
        kernel: the kernel it was trained by.

    Raises:
        Exception: whatever Keras, or a layer of one's own, raises when it can't be saved.

    Examples:
        >>> import io
        >>> from study.network.notebook import build_model
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> plan = make_plan(read_options("--space smoke --dataset digits".split()))
        >>> trial = plan.trials[0]
        >>> content = trained_model(trial, plan.dataset, factory=build_model, kernel="stock")
        >>> with zipfile.ZipFile(io.BytesIO(content)) as archive:
        ...     json.loads(archive.read("study.json"))["trial_id"] == trial.id
        True
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
    """The network in a model file, and what the file says of the trial it comes from.

    No code from the file is run: Keras' safe mode refuses what would need that.

    Args:
        path: a `.keras` file, of a study or not.

    Returns:
        The network, uncompiled, and of its trial `trial_id`, `cell`, `seed`, `dataset` and
        `pixel_max`, by which images are divided; an empty dictionary where Keras alone wrote the
        file.

    Raises:
        Exception: the file is no network that can be loaded.

    Examples:
        >>> keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)]).save("small.keras")
        >>> model, origin = read_model(Path("small.keras"))
        >>> model.output_shape, origin
        ((None, 2), {})
    """
    # Registers the layers of the declared spaces.
    import study.network.notebook  # noqa: F401

    model: Any = keras.saving.load_model(path, compile=False)
    with zipfile.ZipFile(path) as archive:
        if ORIGIN_ENTRY not in archive.namelist():
            return model, {}
        return model, json.loads(archive.read(ORIGIN_ENTRY))
