"""A connection to a Ray cluster: a new one of this machine alone, or one that runs already."""

import contextlib
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any

import ray
from ray.exceptions import AuthenticationError

from study.cluster.nodes import check_gpus, check_installations
from study.cluster.token import keep_token_private
from study.process.environment import WORKER, set_worker_variables
from study.process.installation import installation

# On a running cluster at least so many trials ask for room at a time, so that one which grows by
# demand sees it: as many as Tune lets ask in its grid search. For a searcher of one's own Tune's
# number is 1, and workers would start one after another.
_WAITING_TRIALS = 200
# Room for the data, shared by all workers of a machine, and for records on their way.
_OBJECT_STORE_BYTES = 200_000_000


@contextlib.contextmanager
def connected(
    *, address: str | None, workers: int, data_bytes: int, gpus: float = 0.0
) -> Iterator[None]:
    """Connect to a Ray cluster while the block runs: one that runs already, or a new local one.

    For a new one this process takes on the variables of a worker, and keeps them.

    Args:
        address: where a running cluster is, or `auto` for the one this machine belongs to; None for
            a new one of this machine, which never joins a cluster that happens to run here.
        workers: how many trials a new cluster trains at a time: its number of CPUs.
        data_bytes: the size of the data set, for the shared memory of a new cluster.
        gpus: the GPUs of a trial: a part of one, or a whole number of them; 0 for none.

    Raises:
        ConnectionError: there is no cluster at `address`, or it can't train as this machine would.
    """
    if address:
        arguments = _joining(address)
    else:
        # Workers inherit the variables: those that Ray starts at once know of no `runtime_env`, and
        # would not be used.
        set_worker_variables()
        arguments = _starting(workers, data_bytes)
    keep_token_private()
    _connect(address, arguments)
    try:
        if address:
            check_installations(installation())
        if gpus:
            check_gpus(gpus)
        n_waiting = max(_WAITING_TRIALS, cpus()) if address else workers
        os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(n_waiting)
        yield
    finally:
        ray.shutdown()


def _joining(address: str) -> dict[str, Any]:
    """The arguments with which Ray joins a running cluster, once that is known to answer."""
    if address != "auto":
        _check_reachable(address)
    return {"runtime_env": {"env_vars": dict(WORKER)}}


def _starting(workers: int, data_bytes: int) -> dict[str, Any]:
    """The arguments with which Ray starts a cluster of this machine."""
    return {
        "num_cpus": workers,
        "include_dashboard": False,
        "object_store_memory": _OBJECT_STORE_BYTES + 2 * data_bytes,
    }


def _connect(address: str | None, arguments: dict[str, Any]) -> None:
    """Connect this process; what goes wrong is told as a `ConnectionError` that names the place."""
    place = address or "this machine"
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            **arguments,
        )
    except (AuthenticationError, ConnectionError) as error:
        raise ConnectionError(
            f"no Ray cluster lets us in at {place}; if it asks for a token, "
            "have it in ~/.ray/auth_token and set RAY_AUTH_MODE=token"
        ) from error
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ConnectionError(f"no Ray cluster at {place} ({reason})") from error


def cpus() -> int:
    """The number of CPUs that the connected cluster has now."""
    return int(ray.cluster_resources().get("CPU", 0))


def _check_reachable(address: str) -> None:
    """Refuse an address where nothing listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise ConnectionError(f"no Ray cluster answers at {address} ({error})") from error
