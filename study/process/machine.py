"""The process that trains: its TensorFlow settings, and what a record says of it."""

import functools
import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import tensorflow as tf

ONEDNN_VARIABLE = "TF_ENABLE_ONEDNN_OPTS"
_PAGE = os.sysconf("SC_PAGE_SIZE")


def prepare_tensorflow(threads: int) -> None:
    """Give TensorFlow this many threads; must come before its first operation in the process.

    Its graph optimizer is turned off: it takes 0.2 s for each cell, and no step gets faster.

    Args:
        threads: the number of threads inside an operation, and of operations at a time.

    Raises:
        RuntimeError: TensorFlow has begun with another number.

    Examples:
        >>> threads = tf.config.threading.get_intra_op_parallelism_threads()
        >>> prepare_tensorflow(threads)  # once TensorFlow has begun, another number would raise
        >>> tf.config.optimizer.get_experimental_options()["disable_meta_optimizer"]
        True
    """
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    config = tf.config.threading
    if config.get_intra_op_parallelism_threads() != threads:
        config.set_intra_op_parallelism_threads(threads)
        config.set_inter_op_parallelism_threads(threads)


# Once in a process: devices can't be changed after its first operation.
@functools.cache
def claim_device(*, gpus: float = 0.0, tf32: bool = False) -> None:
    """Let TensorFlow use the GPUs that Ray gave this process, and see none if it gave none.

    This must come before TensorFlow's first operation in the process.

    Args:
        gpus: the number of GPUs that Ray gave, a fraction where trials share one.
        tf32: whether a GPU may round the factors of matrix products to TensorFloat-32.

    Raises:
        LookupError: Ray gave a GPU, and TensorFlow finds none.

    Examples:
        >>> claim_device(gpus=0.0)
        >>> tf.config.get_visible_devices("GPU")
        []
    """
    devices = tf.config.list_physical_devices("GPU")
    if not gpus:
        if devices:
            tf.config.set_visible_devices([], "GPU")
        return
    if not devices:
        raise LookupError(
            f"TensorFlow finds no GPU on {platform.node()}, although Ray has one there; it needs "
            "NVIDIA's driver and libraries (tensorflow[and-cuda])"
        )
    for device in devices:
        # Else the first trial takes all memory of a GPU that it shares.
        tf.config.experimental.set_memory_growth(device, True)
    tf.config.experimental.enable_tensor_float_32_execution(tf32)


def machine_columns() -> dict[str, object]:
    """The columns of `trials` that say where, and with which versions, this process trains.

    Examples:
        >>> columns = machine_columns()
        >>> list(columns)
        ['host', 'device', 'threads', 'onednn', 'resident_mb',
         'python', 'tensorflow', 'keras', 'ray']
        >>> columns["python"] == platform.python_version()
        True
    """
    return {
        "host": platform.node(),
        "device": _device(),
        "threads": tf.config.threading.get_intra_op_parallelism_threads(),
        "onednn": os.environ.get(ONEDNN_VARIABLE, "1") != "0",
        "resident_mb": _resident_mb(),
        "python": platform.python_version(),
        "tensorflow": version("tensorflow"),
        "keras": version("keras"),
        "ray": _version_or_none("ray"),
    }


def _resident_mb() -> float:
    """The memory that this process alone takes now, MB; NaN where the system doesn't tell.

    Shared pages don't count: Ray's object store is mapped into every worker, and fills up to a
    fixed size.
    """
    try:
        _, resident, shared, *_ = Path("/proc/self/statm").read_text().split()
    except OSError:
        return float("nan")
    return (int(resident) - int(shared)) * _PAGE / 1e6


@functools.cache
def _device() -> str:
    accelerators = tf.config.get_visible_devices("GPU")
    if accelerators:
        details = tf.config.experimental.get_device_details(accelerators[0])
        rounding = " (TF32)" if tf.config.experimental.tensor_float_32_execution_enabled() else ""
        return details.get("device_name", "GPU") + rounding
    return f"CPU {_processor()}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _version_or_none(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
