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

    Raises:
        RuntimeError: TensorFlow has begun with another number.
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

    Must come before its first operation in the process.

    Raises:
        LookupError: there should be one, and TensorFlow finds none.
    """
    found = tf.config.list_physical_devices("GPU")
    if not gpus:
        if found:
            tf.config.set_visible_devices([], "GPU")
        return
    if not found:
        raise LookupError(
            f"TensorFlow finds no GPU on {platform.node()}, although Ray has one there; it needs "
            "NVIDIA's driver and libraries (tensorflow[and-cuda])"
        )
    for device in found:
        # Else the first trial takes all memory of a GPU that it shares.
        tf.config.experimental.set_memory_growth(device, True)
    tf.config.experimental.enable_tensor_float_32_execution(tf32)


def machine_columns() -> dict[str, object]:
    """The columns of `trials` that say where, and with which versions, this process trains."""
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
    """Memory of this process's own now, MB; NaN where the system doesn't tell.

    Without shared pages: Ray's object store, mapped into every worker, fills up to a fixed size.
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
