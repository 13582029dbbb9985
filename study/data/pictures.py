"""Pictures from a person's files, brought to the form in which a network sees images."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from study.data.npz import DAMAGE, Array, DataError

_MODES = {1: "L", 3: "RGB", 4: "RGBA"}


def read_picture(path: Path) -> Array:
    """The pixels of a `.npy` file as they are, or of a picture as 8-bit red, green, blue, alpha.

    Raises:
        DataError: there is no such file, or none that can be read as an image.
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
        path: where they come from.
        pixels: of a picture `(height, width, 4)`, 8 bit; of a `.npy` file one image, `(height,
            width)` or with the network's channels, or several of these, with the pixels of the
            data set.
        shape: height, width and channels that the network takes. Other sizes are resized.
        pixel_max: what the pixels of the data set were divided by.

    Raises:
        DataError: the shapes don't fit.
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
    """One or several images with or without their channels, as `(n, height, width, channels)`."""
    if pixels.ndim == 4 and pixels.shape[-1] == channels:
        return pixels
    if pixels.ndim == 3 and pixels.shape[-1] == channels:
        return pixels[np.newaxis]
    if channels == 1 and pixels.ndim in (2, 3):
        return pixels.reshape(-1, *pixels.shape[-2:], 1)
    raise DataError(f"{path}: shape {pixels.shape}; this network takes {channels} channels")


def _resized(image: Array, size: tuple[int, int]) -> Array:
    """Each channel by itself, in floats."""
    height, width = size
    parts = [
        np.asarray(Image.fromarray(image[..., channel]).resize((width, height)))
        for channel in range(image.shape[-1])
    ]
    return np.stack(parts, axis=-1)
