"""What the tests share. Ray reads its environment when imported, hence the call at the top."""

import os
import pkgutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from study.process.environment import prepare_driver
from study.process.rounding import THREADS

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
    pkgutil.resolve_name("study.process.machine:prepare_tensorflow")(THREADS)


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[None]:
    """A local Ray cluster of two workers, started once."""
    connected = pkgutil.resolve_name("study.cluster.connection:connected")
    kept = dict(os.environ)
    with connected(address=None, workers=2, data_bytes=10_000_000):
        yield
    os.environ.clear()
    os.environ.update(kept)


@pytest.fixture(scope="session")
def store_server() -> Iterator[str]:
    """The address of a server on the loopback interface that speaks S3."""
    server_class = pkgutil.resolve_name("moto.server:ThreadedMotoServer")
    server = server_class(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(store_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a new bucket of that server, which this process and its children use."""
    names = {
        "AWS_ENDPOINT_URL": store_server,
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    for name, value in names.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    name = f"tests-{uuid.uuid4().hex}"
    client = pkgutil.resolve_name("boto3:client")("s3")
    client.create_bucket(Bucket=name)
    client.close()
    return f"s3://{name}"
