"""A model in which units are computed in their fastest form, with the layers of the first."""

import contextlib
from collections import Counter
from collections.abc import Generator
from typing import Any

import keras

from study.network.kernels.forms import Computation
from study.network.kernels.unit import Unit, fits, write_out


def banded_model(model: keras.Model) -> keras.Model:
    """The same model, its units in another form; the model itself where it has none.

    Both share their layers, and so their variables: the first is the one to build an optimizer
    for and to save. It can be any Keras model; what is not recognised is called as it is.
    """
    if not isinstance(model, keras.Function):
        return model
    units = {id(unit.pooling): unit for unit in find_units(model)}
    skipped = {id(layer) for unit in units.values() for layer in unit.branches}
    skipped |= {id(_before(model, unit.pooling)) for unit in units.values()}

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if id(layer) in units:
            return _UnitLayer(units[id(layer)])(*args)
        if id(layer) in skipped:
            # What its unit will compute, from the input they all share.
            return args[0][0] if isinstance(args[0], list) else args[0]
        return layer(*args, **kwargs)

    if not units:
        return model
    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


def find_units(model: keras.Model) -> list[Unit]:
    """The units of a functional model whose inner values nothing else reads."""
    readers = Counter(id(tensor) for layer in model.operations for tensor in _inputs(layer))
    readers.update(id(tensor) for tensor in keras.tree.flatten(model.outputs))
    units: list[Unit] = []
    for pooling in model.layers:
        if not isinstance(pooling, keras.layers.MaxPooling2D):
            continue
        last = _before(model, pooling)
        joined = isinstance(last, keras.layers.Concatenate) and last.axis in (-1, 3)
        inner = [last] if joined else []
        branches = [_producer(model, tensor) for tensor in _inputs(last)] if joined else [last]
        alone = all(readers[id(layer.output)] == 1 for layer in (*inner, *branches))
        # A layer that is called twice has more inputs than it tells of.
        once = all(len(layer._inbound_nodes) == 1 for layer in (pooling, *inner, *branches))
        if (
            alone
            and once
            and fits(branches, pooling)
            and len({id(one.input) for one in branches}) == 1
        ):
            units.append(Unit(branches=tuple(branches), pooling=pooling))
    return units


@contextlib.contextmanager
def written_out(model: keras.Model) -> Generator[None]:
    """Within it each unit of the model writes its kernels out once, not at every call.

    For a graph that calls the model many times while its weights stay as they are. A model without
    units is left as it is, and so is a unit that may see maps of any size.
    """
    layers = [layer for layer in model.layers if isinstance(layer, _UnitLayer)]
    try:
        for layer in layers:
            _, height, width, _ = _inputs(layer.branches[0])[0].shape
            if height and width:
                layer.written = write_out(layer.unit, (height, width))
        yield
    finally:
        for layer in layers:
            layer.written = None


class _UnitLayer(keras.layers.Layer):
    """Computes a unit."""

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self.unit = unit
        # Here for Keras, which then knows of their variables.
        self.branches = list(unit.branches)
        self.written: Computation | None = None

    def call(self, images):
        compute = self.written or write_out(self.unit, tuple(images.shape[1:3]))
        return compute(images)

    def compute_output_shape(self, input_shape):
        shapes = [branch.compute_output_shape(input_shape) for branch in self.branches]
        joined = (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
        return self.unit.pooling.compute_output_shape(joined)


def _before(model: keras.Model, layer: keras.layers.Layer) -> keras.layers.Layer:
    """The layer whose output this one reads; of several outputs the first."""
    return _producer(model, _inputs(layer)[0])


def _producer(model: keras.Model, tensor: keras.KerasTensor) -> keras.layers.Layer:
    return next(one for one in model.operations if any(tensor is out for out in _outputs(one)))


def _inputs(layer: keras.layers.Layer) -> list[keras.KerasTensor]:
    return keras.tree.flatten(layer.input)


def _outputs(layer: keras.layers.Layer) -> list[keras.KerasTensor]:
    return keras.tree.flatten(layer.output)
