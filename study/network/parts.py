"""The optimizers and losses that a cell names: as Keras calls them, but for the names here."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import keras

Loss = Callable[[Any, Any], Any]

_OPTIMIZERS: Mapping[str, tuple[str, Mapping[str, float]]] = MappingProxyType(
    {"momentum": ("sgd", {"momentum": 0.9})}
)
_LOSSES: Mapping[str, str] = MappingProxyType({"focal": "categorical_focal_crossentropy"})


def make_optimizer(name: str, *, learning_rate: float) -> keras.Optimizer:
    """The optimizer of this name, itself named so, with Keras' defaults elsewhere."""
    known, settings = _OPTIMIZERS.get(name, (name, {}))
    config = {"learning_rate": learning_rate, "name": name, **settings}
    optimizer: Any = keras.optimizers.get({"class_name": known, "config": config})
    return optimizer


def find_loss(name: str) -> Loss:
    """The loss of this name: targets and outputs `(n, classes)` to losses `(n)`."""
    loss: Any = keras.losses.get(_LOSSES.get(name, name))
    return loss
