"""Environment variables of the driver and its workers.

Ray reads some of them when it is imported, so `prepare_driver` comes before that.
"""

import contextlib
import os
from collections.abc import Generator, Mapping
from types import MappingProxyType
from typing import Any

# TensorFlow threads of a worker. Two workers of one thread train more than one of two; and the
# number decides the order in which sums are taken, so it is the same for every trial.
THREADS = 1

# In which form convolutions are computed: see `study.network.kernels`. The first is the default.
KERNELS = BANDED, STOCK = ("banded", "stock")

# The columns of a record that decide rounding: where they agree, so do all figures, bit for bit.
ROUNDING = ("device", "threads", "onednn", "tensorflow", "keras", "kernel")

DRIVER = MappingProxyType(
    {
        # Else a driver started by `uv run` uploads its directory and builds an environment anew
        # for every worker.
        "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
        # Our records are the truth: no CSV, JSON or TensorBoard files beside them.
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
        # The older output engine prints nothing at verbosity 0; the newer one always some tables.
        "RAY_AIR_NEW_OUTPUT": "0",
        "RAY_USAGE_STATS_ENABLED": "0",
        # So many trials wait for a place, so that a cluster that can grow sees what there is to do.
        # A searcher's default is one, and workers would be idle between two trials.
        "TUNE_MAX_PENDING_TRIALS_PG": "200",
        # Ctrl-C is the command's own business, see study.process.interruption.
        "TUNE_DISABLE_SIGINT_HANDLER": "1",
    }
)
# For a cluster of this machine alone: its servers listen on the loopback interface only. Ray has
# the switch for systems whose firewall would ask about anything else.
LOCAL_ONLY = MappingProxyType({"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0"})
WORKER = MappingProxyType(
    {
        "KERAS_BACKEND": "tensorflow",
        # Six times faster here than without, and never left to the machine: it decides rounding.
        "TF_ENABLE_ONEDNN_OPTS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # Tune runs each trial in a thread of its own, and glibc would give each of the first dozens
        # an arena: some 200 MB a worker that no trial uses.
        "MALLOC_ARENA_MAX": "1",
        # A trial that asked for no GPU must not see one.
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "1",
    }
)


def kernel_of(row: Mapping[str, Any]) -> str:
    """The kernel of a recorded trial; records of before there was a choice have none."""
    return row.get("kernel") or STOCK


def set_worker_variables() -> None:
    """Give this process the variables of a worker; must come before TensorFlow is imported."""
    os.environ.update(WORKER)


@contextlib.contextmanager
def quiet_stderr() -> Generator[None]:
    """Drop what native code writes to stderr: TensorFlow greets at every import."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def prepare_driver(*, local: bool) -> None:
    """Set the driver's variables where the user hasn't.

    Args:
        local: whether Ray is to start a cluster of this machine, rather than join one.
    """
    for name, value in {**DRIVER, **(LOCAL_ONLY if local else {})}.items():
        os.environ.setdefault(name, value)
