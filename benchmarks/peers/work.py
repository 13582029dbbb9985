"""What every peer does with a cell: stock Keras, as a user writes it."""

import argparse
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from search_spaces import find_space

Arrays = tuple[tuple[Any, Any], tuple[Any, Any]]


def read_work(arguments: Sequence[str]) -> argparse.Namespace:
    """`cells`, `epochs`, `images` and `test_images` of a peer's command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--cells", type=int, default=32)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--test-images", type=int, default=1000)
    return parser.parse_args(arguments)


def cells(count: int) -> list[dict[str, Any]]:
    """The first so many cells of `full`, taken evenly."""
    every = find_space("full").cells()
    return [every[len(every) * place // count].as_dict() for place in range(count)]


def arrays(work: argparse.Namespace) -> Arrays:
    """The first images of MNIST, 0-1, with one-hot classes."""
    with np.load(os.environ["STUDY_DATA"], allow_pickle=False) as data:
        parts = [
            (data[f"x_{part}"][:size, ..., None] / 255, np.eye(10)[data[f"y_{part}"][:size]])
            for part, size in (("train", work.images), ("test", work.test_images))
        ]
    return parts[0], parts[1]


def train(cell: Mapping[str, Any], data: Arrays, *, epochs: int) -> float:
    """Test accuracy of a cell after `fit`, tested after each epoch as a study does."""
    import keras

    from study.network.notebook import build_model

    keras.utils.set_random_seed(0)
    names = ("normalization", "activation", "filter_order")
    model = build_model(**{name: cell[name] for name in names})
    optimizer: Any = keras.optimizers.get(cell["optimizer"])
    optimizer.learning_rate = 0.05
    model.compile(optimizer, cell["loss"], metrics=["accuracy"])
    # Typed by its default, "auto".
    quiet: Any = 0
    history = model.fit(
        *data[0], batch_size=100, epochs=epochs, validation_data=data[1], verbose=quiet
    )
    return history.history["val_accuracy"][-1]
