"""A model whose units are computed in their fastest form, with the layers of another model."""

import contextlib
from collections import Counter
from collections.abc import Generator
from typing import Any

import keras

from study.network.kernels.forms import Computation
from study.network.kernels.unit import Unit, fits, write_out


def banded_model(model: keras.Model) -> keras.Model:
    """A model that computes the same, its units in another form; the model itself if it has none.

    Both models share their layers, and so their variables: the given one is the one to build an
    optimizer for and to save.

    Args:
        model: any Keras model; layers that make no unit are called as they are.

    Examples:
        >>> inputs = keras.Input((8, 8, 1))
        >>> maps = keras.layers.Conv2D(2, (3, 8), padding="same")(inputs)
        >>> model = keras.Model(inputs, keras.layers.MaxPooling2D(2)(maps))
        >>> banded, images = banded_model(model), keras.random.normal((5, 8, 8, 1))
        >>> bool(keras.ops.all(keras.ops.isclose(banded(images), model(images), atol=1e-5)))
        True
        >>> banded is not model, banded.trainable_weights[0] is model.trainable_weights[0]
        (True, True)
    """
    if not isinstance(model, keras.Function):
        return model
    units = {id(unit.pooling): unit for unit in find_units(model)}
    inner = {id(layer) for unit in units.values() for layer in unit.branches}
    inner |= {id(_predecessor(model, unit.pooling)) for unit in units.values()}

    def call(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        if id(layer) in units:
            return _UnitLayer(units[id(layer)])(*args)
        if id(layer) in inner:
            # Its unit computes this layer too, from the input that all of its layers pass on.
            return args[0][0] if isinstance(args[0], list) else args[0]
        return layer(*args, **kwargs)

    if not units:
        return model
    return keras.models.clone_model(model, clone_function=lambda layer: layer, call_function=call)


def find_units(model: keras.Model) -> list[Unit]:
    """The units of a functional model whose inner values nothing else reads.

    Args:
        model: a model that is a graph of layers; the units come in the order of its poolings.

    Examples:
        >>> inputs = keras.Input((8, 8, 1))
        >>> maps = keras.layers.Conv2D(2, (3, 8), padding="same")(inputs)
        >>> pooled = keras.layers.MaxPooling2D(2)(maps)
        >>> [unit.branches[0].kernel_size for unit in find_units(keras.Model(inputs, pooled))]
        [(3, 8)]
        >>> find_units(keras.Model(inputs, [maps, pooled]))  # the maps are read elsewhere too
        []
    """
    readers = Counter(id(tensor) for layer in model.operations for tensor in _inputs(layer))
    readers.update(id(tensor) for tensor in keras.tree.flatten(model.outputs))
    units: list[Unit] = []
    for pooling in model.layers:
        if not isinstance(pooling, keras.layers.MaxPooling2D):
            continue
        last = _predecessor(model, pooling)
        if isinstance(last, keras.layers.Concatenate) and last.axis in (-1, 3):
            branches = [_producer(model, tensor) for tensor in _inputs(last)]
            inner = [last, *branches]
        else:
            branches = inner = [last]
        is_private = all(readers[id(layer.output)] == 1 for layer in inner)
        # A layer that is called twice has more inputs than it tells of.
        is_called_once = all(len(layer._inbound_nodes) == 1 for layer in (pooling, *inner))
        if (
            is_private
            and is_called_once
            and fits(branches, pooling)
            and len({id(branch.input) for branch in branches}) == 1
        ):
            units.append(Unit(branches=tuple(branches), pooling=pooling))
    return units


@contextlib.contextmanager
def written_out(model: keras.Model) -> Generator[None]:
    """While the block runs, let each unit use its kernels as written out once, at the beginning.

    This is for a graph that calls the model many times while its weights stay as they are. A unit
    that may see maps of any size still writes its kernels out at every call.

    Args:
        model: a model as from `banded_model`; one without units is left as it is.

    Examples:
        >>> inputs = keras.Input((8, 8, 1))
        >>> convolution = keras.layers.Conv2D(2, (3, 8), padding="same", kernel_initializer="zeros")
        >>> maps = keras.layers.MaxPooling2D(2)(convolution(inputs))
        >>> banded, images = banded_model(keras.Model(inputs, maps)), keras.ops.ones((1, 8, 8, 1))
        >>> with written_out(banded):
        ...     _ = convolution.kernel.assign(keras.ops.ones((3, 8, 1, 2)))
        ...     print(float(keras.ops.max(banded(images))))
        0.0
        >>> float(keras.ops.max(banded(images)))
        24.0
    """
    layers = [layer for layer in model.layers if isinstance(layer, _UnitLayer)]
    try:
        for layer in layers:
            _, height, width, _ = _inputs(layer.branches[0])[0].shape
            if height and width:
                layer.computation = write_out(layer.unit, (height, width))
        yield
    finally:
        for layer in layers:
            layer.computation = None


class _UnitLayer(keras.layers.Layer):
    """A layer that computes a unit."""

    def __init__(self, unit: Unit) -> None:
        super().__init__()
        self.unit = unit
        # Keras finds the variables of layers that are attributes.
        self.branches = list(unit.branches)
        self.computation: Computation | None = None

    def call(self, images):
        compute = self.computation or write_out(self.unit, tuple(images.shape[1:3]))
        return compute(images)

    def compute_output_shape(self, input_shape):
        shapes = [branch.compute_output_shape(input_shape) for branch in self.branches]
        concatenated_shape = (*shapes[0][:-1], sum(shape[-1] for shape in shapes))
        return self.unit.pooling.compute_output_shape(concatenated_shape)


def _predecessor(model: keras.Model, layer: keras.layers.Layer) -> keras.layers.Layer:
    """The layer whose output this one reads; of several outputs, that of the first."""
    return _producer(model, _inputs(layer)[0])


def _producer(model: keras.Model, tensor: keras.KerasTensor) -> keras.layers.Layer:
    """The layer that has this tensor among its outputs."""
    return next(
        layer for layer in model.operations if any(tensor is output for output in _outputs(layer))
    )


def _inputs(layer: keras.layers.Layer) -> list[keras.KerasTensor]:
    return keras.tree.flatten(layer.input)


def _outputs(layer: keras.layers.Layer) -> list[keras.KerasTensor]:
    return keras.tree.flatten(layer.output)
