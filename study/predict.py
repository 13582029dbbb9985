"""Asks a saved network about images: `python -m study.predict MODEL IMAGE...`."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from results import ResultsError
from results.arguments import OneLineParser, directory, forgiving_stdout
from results.storage.files import local_copy
from results.storage.remote import AnyPath
from search_spaces import SpaceError, find_space
from study.data.npz import Array, DataError
from study.data.pictures import fit_picture, read_picture
from study.process.environment import quiet_stderr, set_worker_variables

_DESCRIPTION = """\
Ask a network that a study kept (--save-models) which class it takes an image for, and how sure it
is of that (the largest of its outputs; a network may be sure and wrong).
"""
_EPILOG = """\
example:
  python -m study.run --space smoke --dataset digits --save-models
  python -m study.predict runs/smoke-digits/models/TRIAL.keras seven.png

An image of another size is resized, a picture in colours made grey where the network takes grey. It
should look like those of the data set: the digits of MNIST are bright on black.

Each image is answered by itself. A network with range normalization divides by the range of the
whole batch, so it may answer otherwise here than in the study, where images came in batches.
"""
_BATCH_NOTE = (
    "range normalization depends on the batch: here each image is one by itself, in the study it "
    "was among others\n"
)


def predict(model_path: AnyPath, image_paths: Sequence[Path], *, space: str | None = None) -> None:
    """Print for each image which class the network takes it for, and how sure it is.

    Args:
        model_path: a model file, here or in a store.
        image_paths: pictures, or `.npy` files of one image or several.
        space: the file that declares layers of one's own; None where the network has none.

    Raises:
        DataError: a file can't be read, or an image doesn't fit the network.
        SpaceError: the space's file is wrong.

    Examples:
        >>> import keras
        >>> layers = [keras.Input((2, 2, 1)), keras.layers.Flatten(), keras.layers.Dense(2)]
        >>> model = keras.Sequential([*layers, keras.layers.Softmax()])
        >>> model.set_weights([np.zeros((4, 2)), np.array([0.0, 1.0])])
        >>> model.save("biased.keras")
        >>> np.save("black.npy", np.zeros((2, 2)))
        >>> predict(Path("biased.keras"), [Path("black.npy")])
        black.npy: 1 (73.1 %)
    """
    pictures = [(path, read_picture(path)) for path in image_paths]
    with quiet_stderr():
        model, origin = _load(model_path, space)
    shape = _image_shape(model_path, model)
    pixel_max = float(origin.get("pixel_max", 255.0))
    if _depends_on_batch(model):
        sys.stderr.write(_BATCH_NOTE)
    fitted = [
        (path, fit_picture(path, pixels, shape=shape, pixel_max=pixel_max))
        for path, pixels in pictures
    ]
    for path, images in fitted:
        for place, image in enumerate(images):
            outputs = np.asarray(model(image[np.newaxis], training=False))[0]
            name = f"{path}[{place}]" if len(images) > 1 else str(path)
            sys.stdout.write(f"{name}: {_answer(outputs)}\n")


def _load(path: AnyPath, space: str | None) -> tuple[Any, Mapping[str, Any]]:
    """The network in a model file and its origin, see `study.training.model_files.read_model`."""
    # Imported here: it loads TensorFlow, which a mistaken file should not wait for.
    from study.network.factory import find_factory
    from study.training.model_files import read_model

    if space is not None:
        # Runs the file, which registers its layers with Keras.
        find_factory(find_space(space).model_factory)
    if not path.is_file():
        raise DataError(f"{path}: there is no such file")
    try:
        with local_copy(path) as file:
            return read_model(file)
    except ResultsError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path}: no network that can be loaded ({reason[:300]})") from error


def _image_shape(path: AnyPath, model: Any) -> tuple[int, int, int]:
    """The height, width and channels of the images that a network takes."""
    shapes = getattr(model, "input_shape", None), getattr(model, "output_shape", None)
    match shapes:
        case (None, int(height), int(width), int(channels)), (None, int()):
            return height, width, channels
    raise DataError(
        f"{path}: a network from {shapes[0]} to {shapes[1]}; one of images is needed, from "
        "(None, height, width, channels) to (None, classes)"
    )


def _depends_on_batch(model: Any) -> bool:
    from study.network.notebook import RangeScaling

    return any(isinstance(layer, RangeScaling) for layer in model.layers)


def _answer(outputs: Array) -> str:
    """The class of the largest output `(classes,)`, and that output in percent."""
    if not np.isfinite(outputs).all():
        return "no answer: its outputs are not finite (the training failed, or a flat image)"
    best = int(outputs.argmax())
    return f"{best} ({100 * outputs[best]:.1f} %)"


def main(arguments: Sequence[str]) -> int:
    """Run the command; 2 if a file can't be used."""
    forgiving_stdout()
    parser = OneLineParser(
        prog="python -m study.predict",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "model",
        type=directory,
        metavar="MODEL",
        help="a .keras file of a study, here or as s3://bucket/study/models/TRIAL.keras",
    )
    parser.add_argument(
        "images",
        type=Path,
        nargs="+",
        metavar="IMAGE",
        help="a picture (PNG, JPEG, ...), or a .npy array of one image or several, its pixels as "
        "in the data set",
    )
    parser.add_argument(
        "--space", metavar="FILE.py", help="the file with layers of your own, if it has any"
    )
    options = parser.parse_args(arguments)
    set_worker_variables()
    try:
        predict(options.model, options.images, space=options.space)
    except (DataError, SpaceError, ResultsError, OSError) as error:
        sys.stderr.write(f"study.predict: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
