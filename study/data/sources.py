"""Where data sets come from: finding them, checking their content, drawing subsets."""

import dataclasses
import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.utils import resample

from results.records.schema import IMAGES
from search_spaces import unknown_name
from study.data.dataset import Dataset, ImageForm
from study.data.npz import (
    ARRAYS,
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
# What the name of a validation split ends with; one image in so many is held out for it.
VALIDATION = " validation"
_HELD_OUT = 6
MNIST_SHA256 = {
    "x_train": "741c988805d008ac6e4c904b69001ba184c24b2c540a4ef403f4c71b676cf757",
    "y_train": "1feba77c54802fa5339a11837ea4b2866434b83314ec45192930f1df69120c13",
    "x_test": "6d87418db22cc8025d05968bec9bd5c3932904b23485740db143a061a2c9d161",
    "y_test": "ddeff807876a9661a1110d45c266c86239a3a1b7d37da0c3716a7a683c852ff5",
}


def load_dataset(name: str) -> Dataset:
    """The data set `mnist` or `digits`, or the one in a `.npz` file.

    Raises:
        DataError: it is unknown, can't be found or read, or its content is not as it should be.
    """
    if name == "mnist":
        return _load_mnist()
    if name == "digits":
        return _make_dataset("digits", _digits_arrays(), source="digits")
    if not name.endswith(".npz"):
        raise DataError(unknown_name("data set", name, (*NAMES, "FILE.npz")))
    return _make_dataset(Path(name).stem, read_npz(Path(name)), source=name)


def subset(dataset: Dataset, *, train_size: int, test_size: int, seed: int) -> Dataset:
    """The data set with this many images, drawn so that each class keeps its share.

    Args:
        dataset: a whole data set.
        train_size: training images to keep.
        test_size: test images to keep.
        seed: seed of the draw; the same seed draws the same images.

    Raises:
        DataError: fewer images are asked for than there are classes, or more than there are.
    """
    classes = dataset.form.classes
    train = _draw(dataset.y_train, train_size, seed=seed, classes=classes, what="train-size")
    test = _draw(dataset.y_test, test_size, seed=seed, classes=classes, what="test-size")
    return dataclasses.replace(
        dataset,
        x_train=dataset.x_train[train],
        y_train=dataset.y_train[train],
        x_test=dataset.x_test[test],
        y_test=dataset.y_test[test],
        test_index=dataset.test_index[test],
    )


def validation_split(dataset: Dataset, *, seed: int) -> Dataset:
    """The training images alone, a sixth of them, of each class its share, held out for testing.

    It has a content of its own, hence a hash of its own. The test images have no part in it.

    Args:
        dataset: whose training images.
        seed: of the draw.

    Raises:
        DataError: there are too few to have each class in both parts.
    """
    total, classes = len(dataset.y_train), dataset.form.classes
    if total < 2 * classes:
        raise DataError(
            f"tuning holds training images out: {total} are too few, from {2 * classes} on allowed"
        )
    size = max(total // _HELD_OUT, classes)
    held = _draw(dataset.y_train, size, seed=seed, classes=classes, what="train-size")
    kept = np.setdiff1d(np.arange(total), held)
    arrays = {
        "x_train": dataset.x_train[kept],
        "y_train": dataset.y_train[kept],
        "x_test": dataset.x_train[held],
        "y_test": dataset.y_train[held],
    }
    return dataclasses.replace(
        dataset,
        name=f"{dataset.name}{VALIDATION}",
        hash=_hash(arrays),
        test_index=np.arange(size),
        **arrays,
    )


def image_table(dataset: Dataset) -> pa.Table:
    """The test images as rows of the `images` table, each a PNG of 256 shades."""
    columns = {
        "dataset_hash": [dataset.hash] * len(dataset.y_test),
        "index": dataset.test_index,
        "label": dataset.y_test,
        "png": [_png(image, dataset.form.pixel_max) for image in dataset.x_test],
    }
    return pa.table(columns, schema=IMAGES)


def _png(image: Array, pixel_max: float) -> bytes:
    shades = np.clip(np.rint(image.astype(float) * (255 / pixel_max)), 0, 255).astype(np.uint8)
    picture = Image.fromarray(shades[..., 0] if shades.shape[-1] == 1 else shades)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()


def _draw(labels: Array, size: int, *, seed: int, classes: int, what: str) -> Array:
    everything = np.arange(len(labels))
    if size == len(labels):
        return everything
    if not classes <= size <= len(labels):
        raise DataError(
            f"--{what} {size}: from {classes} (one image per class) to {len(labels)} (all) allowed"
        )
    drawn = resample(everything, n_samples=size, replace=False, stratify=labels, random_state=seed)
    return np.sort(np.asarray(drawn))


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
    """Where MNIST lies, as told to a person and as a path."""
    if named := os.environ.get(DATA_VARIABLE):
        return f"{DATA_VARIABLE}={named}", Path(named)
    home = os.environ.get("KERAS_HOME") or Path.home() / ".keras"
    cached = Path(home) / "datasets" / "mnist.npz"
    if not cached.exists():
        _download_mnist()
    return str(cached), cached


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

    1,437 to train on and 360 to test, the same ones always, each digit in its share.
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
        hash=_hash(arrays),
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


def _hash(arrays: dict[str, Array]) -> str:
    """SHA-256 over name, type, shape and bytes of the four arrays."""
    digest = hashlib.sha256()
    for name in ARRAYS:
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
