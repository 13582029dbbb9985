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

# At least so many trials ask a running cluster for room at a time, so that one which grows by
# demand sees it: what Tune does for its grid search. For a searcher of one's own it is 1, and
# workers would start one after another.
_WAITING_TRIALS = 200
# Room for the data, shared by all workers of a machine, and for records on their way.
_OBJECT_STORE_BYTES = 200_000_000


@contextlib.contextmanager
def connected(
    *, address: str | None, workers: int, data_bytes: int, gpus: float = 0.0
) -> Iterator[None]:
    """A Ray cluster: a new one of this machine with `workers` CPUs, or the one at `address`.

    For a new one this process takes on the variables of a worker, and keeps them.

    Args:
        address: of a running cluster, or `auto` for the one this machine belongs to; None for a
            new local one, which never joins a cluster that happens to run here.
        workers: trials at a time on a local cluster.
        data_bytes: size of the data set, for the shared memory of a local cluster.
        gpus: of a trial.

    Raises:
        ConnectionError: there is no cluster at `address`, or it can't train as this machine would.
    """
    if address:
        if address != "auto":
            _check_reachable(address)
        arguments: dict[str, Any] = {"runtime_env": {"env_vars": dict(WORKER)}}
    else:
        # Workers inherit the variables: those that Ray starts at once know of no `runtime_env`, and
        # would not be used.
        set_worker_variables()
        arguments = {
            "num_cpus": workers,
            "include_dashboard": False,
            "object_store_memory": _OBJECT_STORE_BYTES + 2 * data_bytes,
        }
    keep_token_private()
    try:
        ray.init(
            address=address or "local",
            log_to_driver=False,
            logging_level=logging.ERROR,
            **arguments,
        )
    except (AuthenticationError, ConnectionError) as error:
        raise ConnectionError(
            f"no Ray cluster lets us in at {address or 'this machine'}; if it asks for a token, "
            "have it in ~/.ray/auth_token and set RAY_AUTH_MODE=token"
        ) from error
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ConnectionError(
            f"no Ray cluster at {address or 'this machine'} ({reason})"
        ) from error
    try:
        if address:
            check_installations(installation())
        if gpus:
            check_gpus(gpus)
        waiting = max(_WAITING_TRIALS, cpus()) if address else workers
        os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(waiting)
        yield
    finally:
        ray.shutdown()


def cpus() -> int:
    """How many CPUs the connected cluster has now."""
    return int(ray.cluster_resources().get("CPU", 0))


def _check_reachable(address: str) -> None:
    """Refuse an address where nothing listens; Ray itself would try for minutes."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except OSError as error:
        raise ConnectionError(f"no Ray cluster answers at {address} ({error})") from error
