"""The command with spaces whose networks count their epochs, for tests that disturb a study.

`python -m tests.given.counted` takes the options of `study.run`. Its networks append a line to the
file that the environment variable TALLY names whenever an epoch begins, whoever trains it, and then
wait for PAUSE seconds: one batch is an epoch here.
"""

import os
import signal
import sys
import time
from pathlib import Path

import numpy as np

from search_spaces import Factor, LogRange, Nuisance, Space, register
from study.run import main

_SETTINGS = {
    "epochs": 6,
    "batch_size": 1000,
    "evaluation_batch_size": 100,
    "learning_rate": 0.01,
    "train_size": 100,
    "test_size": 40,
}
_OPTIMIZER = Factor(name="optimizer", levels=("sgd", "adam"))
_LOSS = Factor(name="loss", levels=("categorical_crossentropy", "mse"))
COUNTED = Space(
    name="counted",
    title="Networks that count their epochs",
    factors=(_OPTIMIZER, _LOSS),
    settings=_SETTINGS,
    nuisance=Nuisance(
        setting="learning_rate",
        factor="optimizer",
        ranges={"sgd": LogRange(1e-3, 1.0), "adam": LogRange(1e-5, 1e-2)},
    ),
    factory="tests.given.counted:counted_factory",
    maths="counted/1",
)
DOOMED = Space(
    name="doomed",
    title="Networks that train, run out of memory, or kill their process",
    factors=(
        Factor(name="optimizer", levels=("sgd",)),
        Factor(name="loss", levels=("mse",)),
        Factor(name="fate", levels=("well", "starved", "killed")),
    ),
    settings={**_SETTINGS, "epochs": 2},
    factory="tests.given.counted:doomed_factory",
    maths="counted/1",
)


def counted_factory():
    """A small network with every kind of state: weights, moving averages, a random generator."""
    import keras
    import tensorflow as tf

    class Count(keras.layers.Layer):
        def call(self, inputs, training=False):
            if training:
                noted = tf.numpy_function(_note, [], tf.float32)
                inputs = inputs + tf.ensure_shape(noted, ())
            return inputs

    inputs = keras.Input((28, 28, 1))
    hidden = keras.layers.Dense(8, "relu")(keras.layers.Flatten()(Count()(inputs)))
    hidden = keras.layers.Dropout(0.1)(keras.layers.BatchNormalization()(hidden))
    return keras.Model(inputs, keras.layers.Dense(10, "softmax")(hidden))


def doomed_factory(fate):
    """The same network, unless its fate is another one."""
    if fate == "starved":
        np.ones(10**13)
    if fate == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    return counted_factory()


def _note():
    line = f"{os.getpid()}\n".encode()
    descriptor = os.open(Path(os.environ["TALLY"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, line)
    os.close(descriptor)
    time.sleep(float(os.environ.get("PAUSE", "0")))
    return np.float32(0)


if __name__ == "__main__":
    register.SPACES = {**register.SPACES, "counted": COUNTED, "doomed": DOOMED}
    sys.exit(main(sys.argv[1:]))
