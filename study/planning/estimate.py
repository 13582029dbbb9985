"""How long a plan will take: a few steps of each cost, timed on this machine."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from search_spaces import Protocol, SpaceError, Trial
from study.network.factory import error_text, find_factory
from study.planning.plan import Plan
from study.process.machine import prepare_tensorflow
from study.process.rounding import THREADS
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
    """The wall time of what a plan has to train, in seconds; 0 where nothing is to be trained.

    One trial of each relative cost, or of some of these costs, is trained on a few hundred images;
    the rest is proportion.

    Args:
        plan: what is to be trained.
        workers: how many trials are trained at a time.

    Raises:
        SpaceError: the factory fails for one of the trials that are timed; the message names cell,
            file and line.

    Examples:
        >>> import dataclasses
        >>> from study.planning.options import read_options
        >>> from study.planning.plan import make_plan
        >>> plan = make_plan(read_options("--space smoke --dataset digits".split()))
        >>> recorded = frozenset(trial.id for trial in plan.trials)
        >>> ended = plan.with_inventory(dataclasses.replace(plan.inventory, recorded=recorded))
        >>> estimate_seconds(ended, workers=2)
        0.0
    """
    if not plan.to_train:
        return 0.0
    prepare_tensorflow(THREADS)
    pilots = {trial.relative_cost: trial for trial in plan.to_train}
    timed_costs = spread(sorted(pilots), _MOST_PILOTS)
    timed_paces = [_pace(pilots[cost], plan) for cost in timed_costs]
    paces = {cost: _between(timed_costs, timed_paces, cost) for cost in pilots}
    work = sum(
        _trial_seconds(trial.protocol, paces[trial.relative_cost]) for trial in plan.to_train
    )
    return _START_SECONDS + work / min(workers, len(plan.to_train))


def spread(values: Sequence[float], most: int) -> list[float]:
    """Some of these values, spread evenly over them, the first and the last among them.

    Args:
        values: any values, sorted.
        most: how many are wanted at most, 2 or more.

    Examples:
        >>> spread([1.0, 2.0, 3.0, 4.0, 9.0], 3)
        [1.0, 3.0, 9.0]
        >>> spread([1.0, 2.0], 3)
        [1.0, 2.0]
    """
    if len(values) <= most:
        return list(values)
    return [values[round(place)] for place in np.linspace(0, len(values) - 1, most)]


def _between(costs: Sequence[float], paces: Sequence[_Pace], cost: float) -> _Pace:
    """The pace at this cost, interpolated between the nearest costs that were timed."""
    return _Pace(
        train=float(np.interp(cost, costs, [pace.train for pace in paces])),
        evaluate=float(np.interp(cost, costs, [pace.evaluate for pace in paces])),
    )


def _trial_seconds(protocol: Protocol, pace: _Pace) -> float:
    """The seconds that a trial of this protocol would take alone."""
    evaluated = protocol.epochs * protocol.test_size + protocol.train_size
    return pace.train * protocol.epochs * protocol.train_size + pace.evaluate * evaluated


def _find_learner(trial: Trial, plan: Plan) -> Learner:
    """The learner of a trial's cell; what its factory raises names the cell."""
    factory = plan.space.model_factory
    try:
        build = find_factory(factory)
        return find_learner(build, trial.cell, plan.dataset.form, plan.kernel)
    except Exception as error:
        raise SpaceError(f"cell {trial.cell}: {error_text(error, factory)}") from error


def _pace(trial: Trial, plan: Plan) -> _Pace:
    """How long this trial's network takes for an image, timed on some hundreds."""
    dataset, protocol = plan.dataset, trial.protocol
    learner = _find_learner(trial, plan)
    images, labels = dataset.x_train[:_PILOT_IMAGES], dataset.y_train[:_PILOT_IMAGES]
    size = len(labels)
    order = image_order(size, seed=trial.generator_seed, epoch=1)

    def train() -> object:
        return learner.train_epoch(images, labels, order, protocol.batch_size)

    def evaluate() -> object:
        return learner.evaluate(images, labels, protocol.evaluation_batch_size)

    restart(learner, seed=trial.generator_seed, learning_rate=protocol.learning_rate)
    return _Pace(train=_seconds(train) / size, evaluate=_seconds(evaluate) / size)


def _seconds(call: Callable[[], object]) -> float:
    """The seconds of a second call: the first one also traces and warms up."""
    call()
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
