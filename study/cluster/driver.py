"""The driver: trains what is on an agenda on Ray Tune and hands on what the workers report.

It stores nothing and knows no study directory; Tune's own files go to a temporary one.
"""

import dataclasses
import logging
import tempfile
from dataclasses import dataclass, field
from typing import Any

from ray import tune

from results import Origin
from search_spaces import Above, ModelFactory, Regime
from study.cluster.connection import cpus
from study.cluster.courier import Brake, Courier, Receiver
from study.cluster.messages import TrainTrial
from study.cluster.needs import Needs
from study.cluster.supply import TrialSupply
from study.cluster.trainable import train_and_report
from study.data.dataset import Dataset
from study.process.interruption import Interruption
from study.tuning.agenda import Agenda
from study.tuning.plan import Task

# A trial whose worker dies is tried this often again before its error is recorded.
RETRIES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What all trials of a study are trained with.

    Args:
        datasets: the data sets of the trials; they are shipped to each machine once.
        factory: where the function that builds the networks of the space is found.
        origin: what records say of where the trials come from; the regime in it is replaced by that
            of each task.
        learned: from where on a trial has learned.
        needs: what a worker must be.
        save_models: whether the model files are wanted; those of trials that only tune never are.
    """

    datasets: tuple[Dataset, ...]
    factory: ModelFactory
    origin: Origin
    learned: Above = field(default_factory=Above)
    needs: Needs = field(default_factory=Needs)
    save_models: bool = False


def run_trials(
    agenda: Agenda,
    workshop: Workshop,
    *,
    receiver: Receiver,
    interruption: Interruption | None = None,
    max_concurrent: int | None = None,
) -> None:
    """Train what is on the agenda on the connected cluster.

    The function returns when every trial has left a record; or after an interruption, once the
    trials that ran have reached the end of their epoch, when they leave a checkpoint and no record.
    A trial whose process dies goes on from its last checkpoint; after more than `RETRIES` deaths it
    leaves an error record. One that the agenda stops early leaves the record of its epochs so far.

    A study of many cells is trained in several runs of Tune, each with new workers, so that their
    memory stays bounded.

    Args:
        agenda: what to train; it is told of each record once the receiver has it.
        workshop: what all trials are trained with.
        receiver: what epochs, model files and records are handed to as they arrive.
        interruption: says when to stop early; None if nobody can interrupt.
        max_concurrent: how many trials are trained at a time; None for as many as the cluster has
            CPUs.

    Raises:
        ResultsError, OSError: the receiver or the agenda raised it, or a worker is not what is
            needed; the trials were stopped at once.
    """
    logging.getLogger("ray.tune").setLevel(logging.CRITICAL)
    interruption = interruption or Interruption()
    trainable = _trainable(workshop)

    # Between two runs nothing is waited for: what is not on the agenda now never will be.
    while agenda.peek() and not interruption.asked:
        # A cluster that grows may have none yet.
        workers = max_concurrent or cpus() or 1
        courier = Courier(receiver, agenda)
        supply = TrialSupply(
            agenda,
            request=lambda task: _request(workshop, task, receiver),
            ended=lambda courier=courier: interruption.asked or courier.failure is not None,
            most_cells=agenda.cells_of_a_worker * workers,
        )
        tuning = tune.TuneConfig(
            search_alg=supply,
            num_samples=agenda.size,
            reuse_actors=True,
            max_concurrent_trials=max_concurrent,
            trial_dirname_creator=lambda trial: trial.trial_id,
        )
        _fit(trainable, tuning, courier, Brake(interruption, courier))
        if courier.failure:
            raise courier.failure


def _trainable(workshop: Workshop) -> Any:
    """What Tune runs in its workers: the function, its fixed arguments, its share of a machine."""
    needs = workshop.needs
    trainable = tune.with_parameters(
        train_and_report,
        datasets={dataset.hash: dataset for dataset in workshop.datasets},
        factory=workshop.factory,
        needs=needs,
    )
    return tune.with_resources(trainable, resources_of(needs))


def resources_of(needs: Needs) -> dict[str, float]:
    """What a trial takes of a machine, by Ray's names of CPUs and GPUs."""
    return {"cpu": 1, "gpu": needs.gpus} if needs.gpus else {"cpu": 1}


def _request(workshop: Workshop, task: Task, receiver: Receiver) -> TrainTrial:
    """The message that asks a worker to train a task, from its checkpoint if it has one."""
    return TrainTrial(
        trial=task.trial,
        origin=dataclasses.replace(workshop.origin, regime=task.regime),
        learned=workshop.learned,
        checkpoint=receiver.find_checkpoint(task.trial),
        # One that only tries a value is trained on part of the images, and nobody asks it anything.
        save_model=workshop.save_models and task.regime is not Regime.TUNING,
        prunable=task.prunable,
    )


def _fit(trainable: Any, tuning: tune.TuneConfig, courier: Courier, brake: Brake) -> None:
    """Run Tune once, with workers of its own, until its supply has ended or the brake stops it."""
    with tempfile.TemporaryDirectory(prefix="study-") as scratch:
        tune.Tuner(
            trainable,
            tune_config=tuning,
            run_config=tune.RunConfig(
                name="study",
                storage_path=scratch,
                verbose=0,
                failure_config=tune.FailureConfig(max_failures=RETRIES),
                callbacks=[courier],
                stop=brake,
            ),
        ).fit()
