"""Small real trials on scikit-learn's digits."""

from results import Origin, Record
from search_spaces import ModelFactory, Protocol, Trial, find_space
from study.data.dataset import Dataset
from study.data.sources import load_dataset
from study.data.subsets import subset
from study.training.checkpoint import Checkpoint

ORIGIN = Origin(space="full", kernel="banded", git_commit=None, git_dirty=None)
FACTORY = ModelFactory(name="study.network.notebook:build_model")
MODEL_2 = {
    "normalization": "range",
    "optimizer": "sgd",
    "loss": "categorical_crossentropy",
    "activation": "relu",
    "filter_order": "ascending",
}


def small_digits(train_size: int = 60, test_size: int = 50) -> Dataset:
    return subset(load_dataset("digits"), train_size=train_size, test_size=test_size, seed=0)


def small_trial(dataset: Dataset, *, seed: int = 0, settings=None, **levels: str) -> Trial:
    """Model 2 of the notebook but for these levels, two epochs in batches of 16."""
    kept = {name: [level] for name, level in {**MODEL_2, **levels}.items()}
    protocol = Protocol(
        dataset=dataset.name,
        dataset_hash=dataset.hash,
        train_size=len(dataset.y_train),
        test_size=len(dataset.y_test),
        **{
            "epochs": 2,
            "batch_size": 16,
            "evaluation_batch_size": 32,
            "learning_rate": 0.05,
            **(settings or {}),
        },
    )
    (trial,) = find_space("extended").narrowed(kept).trials(protocol, [seed])
    return trial


def same_numbers(first, second) -> bool:
    """Whether two records agree in everything that isn't time or place."""
    columns = ["outcome", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "trial_id"]
    return (
        first.trial.select(columns).equals(second.trial.select(columns))
        and first.epochs.drop_columns("seconds").equals(second.epochs.drop_columns("seconds"))
        and first.predictions.equals(second.predictions)
    )


class Received:
    """A receiver that keeps everything in memory, as the driver's does in a directory."""

    def __init__(self) -> None:
        self.records: dict[str, Record] = {}
        self.epochs: list[tuple[str, int]] = []
        self.checkpoints: dict[str, Checkpoint] = {}
        self.models: dict[str, bytes | str] = {}

    def find_checkpoint(self, trial: Trial) -> Checkpoint | None:
        return self.checkpoints.get(trial.id)

    def on_epoch(self, trial: Trial, epoch: int, checkpoint: Checkpoint | None) -> None:
        self.epochs.append((trial.id, epoch))
        if checkpoint:
            self.checkpoints[trial.id] = checkpoint

    def on_model(self, trial: Trial, model: bytes | str) -> None:
        assert trial.id not in self.records, "a model came after its record"
        self.models[trial.id] = model

    def on_record(self, trial: Trial, record: Record) -> None:
        assert trial.id not in self.records, "a trial left two records"
        self.records[trial.id] = record
