"""How long a plan will take: a few steps of each cost, timed on this machine."""

import time
from collections.abc import Callable, Sequence

import numpy as np

from search_spaces import SpaceError, Trial
from study.environment import THREADS
from study.factory import error_text, find_factory
from study.learner import Learner, find_learner, restart
from study.machine import limit_threads
from study.plan import Plan
from study.training import image_order

_PILOT_IMAGES = 500
_MOST_PILOTS = 6
# Starting Ray and its workers, each of which imports TensorFlow and traces a first graph.
_START_SECONDS = 15.0


def estimate_seconds(plan: Plan, *, workers: int) -> float:
    """Wall time of the missing trials on this many workers, in seconds; 0 if none is missing.

    One trial of each relative cost, or of some of them, is trained on a few hundred images; the
    rest is proportion.

    Raises:
        SpaceError: the factory fails for one of these; the message names cell, file and line.
    """
    if not plan.missing:
        return 0.0
    limit_threads(THREADS)
    pilots = {trial.relative_cost: trial for trial in plan.missing}
    costs = spread(sorted(pilots), _MOST_PILOTS)
    seconds = [_trial_seconds(pilots[cost], plan) for cost in costs]
    work = float(np.interp([trial.relative_cost for trial in plan.missing], costs, seconds).sum())
    return _START_SECONDS + work / min(workers, len(plan.missing))


def spread(values: Sequence[float], most: int) -> list[float]:
    """At most so many of the sorted values, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(place)] for place in np.linspace(0, len(values) - 1, most)]


def _find_learner(trial: Trial, plan: Plan) -> Learner:
    space = plan.space
    named = {"name": space.factory, "source": space.source, "file": space.file}
    try:
        factory = find_factory(*named.values())
        return find_learner(factory, trial.cell, plan.dataset.form, plan.kernel)
    except Exception as error:
        raise SpaceError(f"cell {trial.cell}: {error_text(error, **named)}") from error


def _trial_seconds(trial: Trial, plan: Plan) -> float:
    """Seconds this trial would take alone, from a pilot on some of its images."""
    dataset = plan.dataset
    learner = _find_learner(trial, plan)
    protocol = trial.protocol
    size = min(_PILOT_IMAGES, protocol.train_size)
    images, labels = dataset.x_train[:size], dataset.y_train[:size]
    order = image_order(size, seed=trial.seed, epoch=1)

    def train() -> object:
        return learner.train_epoch(images, labels, order, protocol.batch_size)

    def evaluate() -> object:
        return learner.evaluate(images, labels, protocol.evaluation_batch_size)

    restart(learner, seed=trial.seed, learning_rate=protocol.learning_rate)
    evaluated = protocol.epochs * protocol.test_size + protocol.train_size
    trained = protocol.epochs * protocol.train_size
    return (_seconds(train) * trained + _seconds(evaluate) * evaluated) / size


def _seconds(call: Callable[[], object]) -> float:
    """Time of the second call: the first one also traces and warms up."""
    call()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
