"""How long a plan will take: a few steps of each cost, timed on this machine."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from search_spaces import Protocol, Trial
from study.environment import THREADS
from study.factory import find_factory
from study.learner import Factory, find_learner, restart
from study.machine import limit_threads
from study.plan import Plan
from study.training import image_order

_PILOT_IMAGES = 500
# Starting Ray and its workers, each of which imports TensorFlow and traces a first graph.
_START_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """Seconds that an image takes, in training and in evaluation."""

    train: float
    evaluate: float


def estimate_seconds(plan: Plan, *, workers: int) -> float:
    """Wall time of the missing trials on this many workers, in seconds; 0 if none is missing.

    One trial of each relative cost is trained on a few hundred images; the rest is proportion.
    """
    if not plan.left:
        return 0.0
    limit_threads(THREADS)
    factory = find_factory(plan.space.factory, plan.space.source)
    pilots = {trial.relative_cost: trial for trial in plan.left}
    paces = {cost: _pace(trial, plan, factory) for cost, trial in pilots.items()}
    work = sum(_trial_seconds(trial.protocol, paces[trial.relative_cost]) for trial in plan.left)
    return _START_SECONDS + work / min(workers, len(plan.left))


def _trial_seconds(protocol: Protocol, pace: _Pace) -> float:
    """Seconds a trial would take alone."""
    evaluated = protocol.epochs * protocol.test_size + protocol.train_size
    return pace.train * protocol.epochs * protocol.train_size + pace.evaluate * evaluated


def _pace(trial: Trial, plan: Plan, factory: Factory) -> _Pace:
    """How long this trial's network takes for an image, from a pilot on some."""
    dataset, protocol = plan.dataset, trial.protocol
    learner = find_learner(factory, trial.cell, dataset.form, plan.kernel)
    images, labels = dataset.x_train[:_PILOT_IMAGES], dataset.y_train[:_PILOT_IMAGES]
    size = len(labels)
    order = image_order(size, seed=trial.seed, epoch=1)

    def train() -> object:
        return learner.train_epoch(images, labels, order, protocol.batch_size)

    def evaluate() -> object:
        return learner.evaluate(images, labels, protocol.evaluation_batch_size)

    restart(learner, seed=trial.seed, learning_rate=protocol.learning_rate)
    return _Pace(train=_seconds(train) / size, evaluate=_seconds(evaluate) / size)


def _seconds(call: Callable[[], object]) -> float:
    """Time of the second call: the first one also traces and warms up."""
    call()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
