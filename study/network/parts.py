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
    """A new optimizer of this name, with Keras' defaults but for the learning rate.

    Args:
        name: a name of Keras, or `momentum` for SGD with a momentum of 0.9; it becomes the name of
            the optimizer.
        learning_rate: the step size.

    Examples:
        >>> optimizer = make_optimizer("momentum", learning_rate=0.25)
        >>> type(optimizer).__name__, optimizer.momentum, float(optimizer.learning_rate)
        ('SGD', 0.9, 0.25)
    """
    class_name, settings = _OPTIMIZERS.get(name, (name, {}))
    config = {"learning_rate": learning_rate, "name": name, **settings}
    optimizer: Any = keras.optimizers.get({"class_name": class_name, "config": config})
    return optimizer


def find_loss(name: str) -> Loss:
    """The loss of this name: a function of targets and outputs `(n, classes)` to losses `(n,)`.

    Args:
        name: a name of Keras, or `focal` for the categorical focal cross-entropy.

    Examples:
        >>> loss = find_loss("mse")
        >>> loss([[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.0, 1.0]]).numpy().tolist()
        [0.25, 0.0]
    """
    loss: Any = keras.losses.get(_LOSSES.get(name, name))
    return loss
