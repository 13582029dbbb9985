"""Pictures and images: files of a person for a network to see, and test images to look at."""

import io
import warnings
from pathlib import Path

import numpy as np
import pyarrow as pa
from PIL import Image, UnidentifiedImageError

from results.records.schema import IMAGES
from study.data.dataset import Dataset
from study.data.npz import DAMAGE, Array, DataError

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_picture(path: Path) -> Array:
    """The pixels of a `.npy` file as they are, or of a picture as 8-bit red, green, blue, alpha.

    Args:
        path: the path of a `.npy` file, or of a picture (PNG, JPEG, ...).

    Raises:
        DataError: there is no such file, or it can't be read as an image.

    Examples:
        >>> Image.new("L", (12, 10), 255).save("white.png")
        >>> pixels = read_picture(Path("white.png"))
        >>> pixels.shape, pixels[0, 0].tolist()
        ((10, 12, 4), [255, 255, 255, 255])
    """
    try:
        if path.suffix == ".npy":
            with path.open("rb") as stream:
                return _checked(path, np.lib.format.read_array(stream, allow_pickle=False))
        with warnings.catch_warnings():
            # A picture so large that Pillow suspects an attack.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as picture:
                return np.asarray(picture.convert("RGBA"))
    except FileNotFoundError as error:
        raise DataError(f"{path}: there is no such file") from error
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: no picture (PNG, JPEG, ...) and no .npy array") from error
    except (
        *DAMAGE,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise DataError(f"{path}: can't be read ({' '.join(str(error).split())})") from error


def fit_picture(
    path: Path, pixels: Array, *, shape: tuple[int, int, int], pixel_max: float
) -> Array:
    """The images in a file as a network wants them: `(n, height, width, channels)`, mostly 0-1.

    Args:
        path: the path of the file.
        pixels: the pixels as from `read_picture`: those of a picture, `(height, width, 4)`, 8 bit;
            or those of a `.npy` file in the data set's range, one image `(height, width)` or with
            the network's channels, or several of these.
        shape: the height, width and channels that the network takes. Other sizes are resized.
        pixel_max: the number that the pixels of the data set were divided by.

    Raises:
        DataError: the channels are not those that the network takes.

    Examples:
        >>> pixels = np.full((10, 12, 4), 255, np.uint8)
        >>> images = fit_picture(Path("white.png"), pixels, shape=(8, 8, 1), pixel_max=16.0)
        >>> images.shape, float(images.min()), float(images.max())
        ((1, 8, 8, 1), 1.0, 1.0)
    """
    channels = shape[2]
    if path.suffix != ".npy":
        if channels not in _MODES:
            raise DataError(
                f"{path}: a picture has 1, 3 or 4 channels, this network takes {channels}"
            )
        picture = np.asarray(Image.fromarray(pixels).convert(_MODES[channels]))
        images, scale = picture.reshape(1, *picture.shape[:2], channels), 255.0
    else:
        images, scale = _stacked(path, pixels, channels), pixel_max
    scaled = images.astype(np.float32) / np.float32(scale)
    if scaled.shape[1:3] != shape[:2]:
        scaled = np.stack([_resized(image, shape[:2]) for image in scaled])
    return scaled


def image_table(dataset: Dataset) -> pa.Table:
    """The test images as rows of the `images` table, each a PNG of 256 shades.

    Examples:
        >>> from study.data.sources import load_dataset
        >>> table = image_table(load_dataset("digits"))
        >>> table.num_rows, table.column_names
        (360, ['dataset_hash', 'index', 'label', 'png'])
        >>> Image.open(io.BytesIO(table["png"][0].as_py())).size
        (28, 28)
    """
    columns = {
        "dataset_hash": [dataset.hash] * len(dataset.y_test),
        "index": dataset.test_index,
        "label": dataset.y_test,
        "png": [_png(image, dataset.form.pixel_max) for image in dataset.x_test],
    }
    return pa.table(columns, schema=IMAGES)


def _checked(path: Path, pixels: Array) -> Array:
    if pixels.dtype.kind not in "uif" or pixels.ndim not in (2, 3, 4) or not pixels.size:
        raise DataError(
            f"{path}: an array of {pixels.dtype}, shape {pixels.shape}; allowed are numbers, one "
            "image (height, width) or (height, width, channels), or several of these"
        )
    if not np.isfinite(pixels).all():
        raise DataError(f"{path}: has pixels that are not finite")
    return pixels


def _stacked(path: Path, pixels: Array, channels: int) -> Array:
    """The images, one or several, with or without channels, as `(n, height, width, channels)`."""
    if pixels.ndim == 4 and pixels.shape[-1] == channels:
        return pixels
    if pixels.ndim == 3 and pixels.shape[-1] == channels:
        return pixels[np.newaxis]
    if channels == 1 and pixels.ndim in (2, 3):
        return pixels.reshape(-1, *pixels.shape[-2:], 1)
    raise DataError(f"{path}: shape {pixels.shape}; this network takes {channels} channels")


def _resized(image: Array, size: tuple[int, int]) -> Array:
    """The image `(height, width, channels)`, each channel resized by itself, in floats."""
    height, width = size
    planes = [
        np.asarray(Image.fromarray(image[..., channel]).resize((width, height)))
        for channel in range(image.shape[-1])
    ]
    return np.stack(planes, axis=-1)


def _png(image: Array, pixel_max: float) -> bytes:
    """The image `(height, width, channels)` as the content of a PNG file."""
    shades = np.clip(np.rint(image.astype(float) * (255 / pixel_max)), 0, 255).astype(np.uint8)
    picture = Image.fromarray(shades[..., 0] if shades.shape[-1] == 1 else shades)
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return buffer.getvalue()
