"""Milliseconds per training step on one core, against the floor that a matrix product sets."""

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from study.process.environment import set_worker_variables
from study.process.rounding import KERNELS, THREADS

if TYPE_CHECKING:
    from study.training.learner import Learner

BATCH, STEPS, TURNS = 100, 60, 5
EVALUATION_BATCH = 32
# Multiplications and additions of a forward pass per image, and the first unit's share: its inputs
# have no gradient, so it takes two passes where the others take three.
_TAPS = 4 * 16 + 16 * 4 + 8 * 8


def step_gflop(filters: tuple[int, int, int]) -> float:
    """Arithmetic of one training step on 100 images of 28x28, in 10^9 floating-point operations.

    Of the convolutions, padding included, and the dense layers.
    """
    channels = (1, 3 * filters[0], 3 * filters[1])
    sides = (28, 14, 7)
    units = [
        side * side * _TAPS * inputs * outputs
        for side, inputs, outputs in zip(sides, channels, filters, strict=True)
    ]
    dense = 3 * 3 * 3 * filters[2] * 9 + 9 * 10
    return 2 * BATCH * (2 * units[0] + 3 * (units[1] + units[2] + dense)) / 1e9


def kernel_table() -> tuple[str, dict[str, object]]:
    """A table of milliseconds per step, and the figures behind it."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    set_worker_variables()
    from study.process.machine import prepare_tensorflow

    prepare_tensorflow(THREADS)
    rate = gemm_gflops()
    lines = [
        f"one core, batch {BATCH}, least of {TURNS} times {STEPS} steps; a matrix product of "
        f"1400 x 1176 x 1176 runs at {rate:.0f} GFLOP/s",
        "",
        "| filters | floor, ms | stock fit | our stock | banded | floor / banded | fit / banded | "
        "tests, share |",
        "|---|---|---|---|---|---|---|---|",
    ]
    figures: dict[str, object] = {"gemm_gflops": rate}
    from study.network.notebook import FILTERS

    # The two networks of the first study.
    for order in ("ascending", "descending"):
        filters = FILTERS[order]
        floor = step_gflop(filters) / rate * 1e3
        fit, (banded, stock) = fit_ms(order), (step_ms(order, kernel) for kernel in KERNELS)
        share = test_ms(order) / banded / STEPS
        lines.append(
            f"| {order} | {floor:.1f} | {fit:.1f} | {stock:.1f} | {banded:.1f} | "
            f"{floor / banded:.0%} | {fit / banded:.1f} | {share:.1%} |"
        )
        figures[order] = {
            "floor": floor,
            "fit": fit,
            "stock": stock,
            "banded": banded,
            "tests_share": share,
        }
    return "\n".join(lines), figures


def gemm_gflops() -> float:
    """The rate of a large float32 matrix product on this core, 10^9 operations per second."""
    import tensorflow as tf

    rows, inner, columns = 1400, 1176, 1176
    left, right = tf.random.normal((rows, inner)), tf.random.normal((inner, columns))
    return 2 * rows * inner * columns / _least(lambda: tf.matmul(left, right).numpy(), 30) / 1e9


def fit_ms(order: str) -> float:
    """Milliseconds per step of stock Keras `fit` on arrays, with TensorFlow's own settings."""
    import keras
    import tensorflow as tf

    from study.network.notebook import build_model

    images, labels = _data()
    model = build_model(normalization="none", activation="relu", filter_order=order)
    model.compile(keras.optimizers.SGD(0.01), "categorical_crossentropy")
    scaled, targets = images[..., None] / 255, np.eye(10)[labels]
    # A study turns the graph optimizer off; who calls `fit` has it on.
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    # Typed by its default, "auto".
    quiet: Any = 0
    taken = _least(lambda: model.fit(scaled, targets, batch_size=BATCH, verbose=quiet))
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    return 1e3 * taken / STEPS


def step_ms(order: str, kernel: str) -> float:
    """Milliseconds per step of an epoch as a study trains it."""
    images, labels = _data()
    learner = _learner(order, kernel)
    places = np.arange(len(labels), dtype=np.int32)

    def train() -> None:
        learner.train_epoch(images[..., None], labels, places, BATCH)[0].numpy()

    return 1e3 * _least(train) / STEPS


def test_ms(order: str) -> float:
    """Milliseconds of the tests after an epoch, on a sixth as many images, as with MNIST."""
    images, labels = _data()
    learner, size = _learner(order, KERNELS[0]), len(labels) // 6

    def test() -> None:
        learner.evaluate(images[:size, ..., None], labels[:size], EVALUATION_BATCH)

    return 1e3 * _least(test)


def _learner(order: str, kernel: str) -> "Learner":
    from search_spaces import find_space
    from study.data.dataset import ImageForm
    from study.network.notebook import build_model
    from study.training.learner import find_learner, restart

    levels = {"normalization": "none", "optimizer": "sgd", "activation": "relu"}
    kept = {**levels, "loss": "categorical_crossentropy", "filter_order": order}
    (cell,) = find_space("full").narrowed({name: [at] for name, at in kept.items()}).cells()
    form = ImageForm(shape=(28, 28, 1), dtype="uint8", pixel_max=255.0, classes=10)
    learner = find_learner(build_model, cell, form, kernel)
    restart(learner, seed=0, learning_rate=0.01)
    return learner


def _data() -> tuple[np.ndarray, np.ndarray]:
    with np.load(os.environ["STUDY_DATA"], allow_pickle=False) as data:
        size = BATCH * STEPS
        return data["x_train"][:size], data["y_train"][:size].astype(np.int64)


def _least(call: Callable[[], object], turns: int = TURNS) -> float:
    call()
    taken: list[float] = []
    for _ in range(turns):
        began = time.perf_counter()
        call()
        taken.append(time.perf_counter() - began)
    return min(taken)
