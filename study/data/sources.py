"""Where data sets come from: finding them, and checking their content."""

import hashlib
import os
from pathlib import Path

import numpy as np
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from search_spaces import unknown_name
from study.data.dataset import Dataset, ImageForm, content_hash
from study.data.npz import (
    Array,
    DataError,
    checked_images,
    checked_labels,
    count_classes,
    read_npz,
)
from study.process.environment import quiet_stderr

DATA_VARIABLE = "STUDY_DATA"
NAMES = ("mnist", "digits")
PARTS = ("train", "test")
MNIST_SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


def load_dataset(name: str) -> Dataset:
    """The data set `mnist` or `digits`, or the one in a `.npz` file.

    Args:
        name: one of `NAMES`, or the path of a `.npz` file with the arrays `x_train`, `y_train`,
            `x_test` and `y_test`.

    Raises:
        DataError: the name is unknown, or the data set can't be found or read, or its content is
            not as it should be.

    Examples:
        >>> digits = load_dataset("digits")
        >>> digits.x_train.shape, digits.form.classes
        ((1437, 28, 28, 1), 10)
        >>> load_dataset("digit")
        Traceback (most recent call last):
            ...
        study.data.npz.DataError: unknown data set 'digit'; did you mean 'digits'? ...
    """
    if name == "mnist":
        return _load_mnist()
    if name == "digits":
        return _make_dataset("digits", _digits_arrays(), source="digits")
    if not name.endswith(".npz"):
        raise DataError(unknown_name("data set", name, (*NAMES, "FILE.npz")))
    return _make_dataset(Path(name).stem, read_npz(Path(name)), source=name)


def _load_mnist() -> Dataset:
    source, path = _find_mnist()
    arrays = read_npz(path, source=source)
    for name, expected in MNIST_SHA256.items():
        if hashlib.sha256(arrays[name].tobytes()).hexdigest() != expected:
            raise DataError(
                f"{source}: its {name} is not MNIST's; to study other images, "
                f"pass the file itself: --dataset {path}"
            )
    return _make_dataset("mnist", arrays, source=source)


def _find_mnist() -> tuple[str, Path]:
    """The file of MNIST as messages call it, and its path."""
    if variable := os.environ.get(DATA_VARIABLE):
        return f"{DATA_VARIABLE}={variable}", Path(variable)
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    path = Path(home) / "datasets" / "mnist.npz"
    if not path.exists():
        _download_mnist()
    return str(path), path


def _download_mnist() -> None:
    # Imported here: it loads TensorFlow, which nothing else in the driver needs.
    with quiet_stderr():
        from keras.datasets import mnist

    try:
        mnist.load_data()
    except Exception as error:  # Keras raises bare Exception for a failed download
        raise DataError(
            f"MNIST can't be downloaded ({error}); name a local mnist.npz in the environment "
            f"variable {DATA_VARIABLE}, or use --dataset digits, which needs no download"
        ) from error


def _digits_arrays() -> dict[str, Array]:
    """The 1,797 digits of scikit-learn, 8x8 pixels of 17 shades, resized to 28x28 of 256.

    1,437 of them are to train on and 360 to test with, always the same ones; in both parts each
    digit has its share.
    """
    pixels, labels = (np.asarray(part) for part in load_digits(return_X_y=True))
    small = np.rint(pixels.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    large = np.stack([_resized(image) for image in small])
    parts = train_test_split(large, labels, test_size=360, stratify=labels, random_state=0)
    names = ("x_train", "x_test", "y_train", "y_test")
    return {name: np.asarray(part) for name, part in zip(names, parts, strict=True)}


def _resized(image: Array) -> Array:
    return np.asarray(Image.fromarray(image).resize((28, 28), Image.Resampling.BICUBIC))


def _make_dataset(name: str, arrays: dict[str, Array], *, source: str) -> Dataset:
    """The data set of four arrays, once they are checked; `source` begins the messages."""
    images = {part: checked_images(arrays[f"x_{part}"], f"{source}: x_{part}") for part in PARTS}
    labels = {part: checked_labels(arrays[f"y_{part}"], f"{source}: y_{part}") for part in PARTS}
    for part in PARTS:
        if len(images[part]) != len(labels[part]):
            raise DataError(
                f"{source}: {len(images[part])} images in x_{part}, {len(labels[part])} in y_{part}"
            )
    if images["train"].shape[1:] != images["test"].shape[1:]:
        shapes = f"{images['train'].shape[1:]} and {images['test'].shape[1:]}"
        raise DataError(f"{source}: training and test images differ in shape: {shapes}")
    if images["train"].dtype != images["test"].dtype:
        types = f"{images['train'].dtype} and {images['test'].dtype}"
        raise DataError(f"{source}: training and test images differ in type: {types}")
    return Dataset(
        name=name,
        hash=content_hash(arrays),
        x_train=images["train"],
        y_train=labels["train"],
        x_test=images["test"],
        y_test=labels["test"],
        test_index=np.arange(len(labels["test"])),
        form=_form(images["train"], count_classes(labels["train"], labels["test"], source), source),
    )


def _form(images: Array, classes: int, source: str) -> ImageForm:
    pixel_max = float(images.max())
    if pixel_max <= 0:
        raise DataError(f"{source}: every pixel of x_train is 0")
    _, height, width, channels = images.shape
    return ImageForm(
        shape=(height, width, channels),
        dtype=images.dtype.name,
        pixel_max=pixel_max,
        classes=classes,
    )
