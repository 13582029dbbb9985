"""How long a plan will take: a few steps of each cost, timed on this machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from search_spaces import Protocol, SpaceError, Trial
from study.network.factory import error_text, find_factory
from study.planning.plan import Plan
from study.process.environment import THREADS
from study.process.machine import prepare_tensorflow
from study.training.learner import Learner, find_learner, restart
from study.training.trial import image_order

_PILOT_IMAGES = 500
_MOST_PILOTS = 6
# Starting Ray and its workers, each of which imports TensorFlow and traces a first graph.
_START_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pace:
    """Seconds that an image takes, in training and in evaluation."""

    train: float
    evaluate: float


def estimate_seconds(plan: Plan, *, workers: int) -> float:
    """Wall time of the missing trials on this many workers, in seconds; 0 if none is missing.

    One trial of each relative cost, or of some of them, is trained on a few hundred images; the
    rest is proportion.

    Raises:
        SpaceError: the factory fails for one of these; the message names cell, file and line.
    """
    if not plan.left:
        return 0.0
    prepare_tensorflow(THREADS)
    pilots = {trial.relative_cost: trial for trial in plan.left}
    timed = spread(sorted(pilots), _MOST_PILOTS)
    paces = [_pace(pilots[cost], plan) for cost in timed]
    by_cost = {cost: _between(timed, paces, cost) for cost in pilots}
    work = sum(_trial_seconds(trial.protocol, by_cost[trial.relative_cost]) for trial in plan.left)
    return _START_SECONDS + work / min(workers, len(plan.left))


def spread(values: Sequence[float], most: int) -> list[float]:
    """At most so many of the sorted values, the first and the last among them."""
    if len(values) <= most:
        return list(values)
    return [values[round(place)] for place in np.linspace(0, len(values) - 1, most)]


def _between(costs: Sequence[float], paces: Sequence[_Pace], cost: float) -> _Pace:
    """The pace at this cost, by proportion between those at the nearest costs that were timed."""
    return _Pace(
        train=float(np.interp(cost, costs, [pace.train for pace in paces])),
        evaluate=float(np.interp(cost, costs, [pace.evaluate for pace in paces])),
    )


def _trial_seconds(protocol: Protocol, pace: _Pace) -> float:
    """Seconds a trial would take alone."""
    evaluated = protocol.epochs * protocol.test_size + protocol.train_size
    return pace.train * protocol.epochs * protocol.train_size + pace.evaluate * evaluated


def _find_learner(trial: Trial, plan: Plan) -> Learner:
    factory = plan.space.model_factory
    try:
        build = find_factory(factory)
        return find_learner(build, trial.cell, plan.dataset.form, plan.kernel)
    except Exception as error:
        raise SpaceError(f"cell {trial.cell}: {error_text(error, factory)}") from error


def _pace(trial: Trial, plan: Plan) -> _Pace:
    """How long this trial's network takes for an image, from a pilot on some."""
    dataset, protocol = plan.dataset, trial.protocol
    learner = _find_learner(trial, plan)
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
