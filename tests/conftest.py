"""What the tests share. Ray reads its environment when imported, hence the call at the top."""

import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from study.environment import THREADS, prepare_driver

prepare_driver(local=True)

MNIST = Path(__file__).parent.parent.parent / "shared" / "data" / "mnist.npz"


@pytest.fixture(scope="session")
def mnist() -> Path:
    """A real mnist.npz."""
    path = Path(os.environ.get("STUDY_DATA", MNIST))
    if not path.exists():
        pytest.skip("no mnist.npz here; name one in STUDY_DATA")
    return path


@pytest.fixture(scope="session")
def one_thread() -> None:
    """TensorFlow in this process as in a worker."""
    pkgutil.resolve_name("study.machine:prepare_tensorflow")(THREADS)


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A local Ray cluster of two workers, started once."""
    connected = pkgutil.resolve_name("study.driver:connected")
    with connected(address=None, workers=2, data_bytes=10_000_000):
        yield
