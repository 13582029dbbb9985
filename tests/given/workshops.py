"""What trials are trained with on Ray; loads it."""

from search_spaces import ModelFactory
from study.cluster.driver import Workshop
from study.data.dataset import Dataset
from tests.given.trials import FACTORY, ORIGIN


def workshop(*datasets: Dataset, factory: str = FACTORY.name, **others) -> Workshop:
    """A workshop of these data sets and the notebook's network, or another factory's."""
    return Workshop(datasets=datasets, factory=ModelFactory(name=factory), origin=ORIGIN, **others)
