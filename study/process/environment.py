"""Environment variables of the driver and its workers.

Ray reads some of them when it is imported, so `prepare_driver` comes before that.
"""

import contextlib
import os
from collections.abc import Generator
from types import MappingProxyType

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


def set_worker_variables() -> None:
    """Give this process the variables of a worker; must come before TensorFlow is imported.

    Examples:
        >>> from unittest import mock
        >>> with mock.patch.dict(os.environ, clear=True):
        ...     set_worker_variables()
        ...     print(os.environ["KERAS_BACKEND"])
        tensorflow
    """
    os.environ.update(WORKER)


@contextlib.contextmanager
def quiet_stderr() -> Generator[None]:
    """While the block runs, drop what native code writes to stderr: TensorFlow greets on import.

    Examples:
        >>> before = os.fstat(2)
        >>> with quiet_stderr():
        ...     print(os.path.samestat(os.fstat(2), os.stat(os.devnull)))
        True
        >>> os.path.samestat(os.fstat(2), before)
        True
    """
    stderr, sink = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(sink, 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
        os.close(sink)


def prepare_driver(*, local: bool) -> None:
    """Set the driver's variables where the user hasn't.

    Args:
        local: whether Ray is to start a cluster of this machine, rather than join one.

    Examples:
        >>> from unittest import mock
        >>> with mock.patch.dict(os.environ, {"RAY_USAGE_STATS_ENABLED": "1"}, clear=True):
        ...     prepare_driver(local=True)
        ...     print(os.environ["RAY_USAGE_STATS_ENABLED"], os.environ["RAY_AIR_NEW_OUTPUT"])
        1 0
    """
    for name, value in {**DRIVER, **(LOCAL_ONLY if local else {})}.items():
        os.environ.setdefault(name, value)
