"""Checks of the machines of a connected cluster, made before the first trial of a study.

A machine that joins later is not checked here: each worker on it looks for itself, see
`study.cluster.trainable`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ray
from ray.exceptions import RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from study.process.installation import difference, installation

# How long a process may take to start on each machine, on all at the same time.
_PATIENCE_SECONDS = 120
# Where `ray up` leaves on the head what machines it may start.
_CLUSTER_FILE = Path("~/ray_bootstrap_config.yaml")


def check_installations(expected: Mapping[str, str]) -> None:
    """Refuse a cluster in which a machine computes with other versions.

    Args:
        expected: the versions that each machine must have, see `study.process.installation`.

    Raises:
        ConnectionError: a machine has others, or doesn't say; the message names the first such
            machine, and what differs.
    """
    answers = [(node["NodeManagerHostname"], _ask(node["NodeID"])) for node in _machines()]
    for host, answer in answers:
        try:
            departures = difference(expected, ray.get(answer, timeout=_PATIENCE_SECONDS))
        except RayError as error:
            reason = str(error).strip().splitlines()
            raise ConnectionError(
                f"{host} does not say which versions it has ({reason[-1] if reason else 'lost'})"
            ) from error
        if departures:
            raise ConnectionError(f"{host} has {departures}; `ray up` again installs what is here")


def check_gpus(gpus: float) -> None:
    """Refuse a cluster of which no machine, nor any that may join, has as many GPUs as a trial.

    Ray itself would wait for such a machine without an end.

    Args:
        gpus: the GPUs of a trial, more than 0.

    Raises:
        ConnectionError: no machine has so many.
    """
    present = [float(node["Resources"].get("GPU", 0)) for node in _machines()]
    most = max([*present, *_gpus_to_come(_CLUSTER_FILE.expanduser())], default=0.0)
    if most < gpus or not most:
        raise ConnectionError(
            f"a trial needs {gpus:g} GPUs, and no machine of this cluster has more than {most:g}"
        )


def _machines() -> list[dict[str, Any]]:
    """The machines that train: the head of a large cluster has no CPU to give."""
    return [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]


def _ask(node_id: str) -> Any:
    """Ray's reference to what a machine answers when it is asked for its versions."""
    on_node = NodeAffinitySchedulingStrategy(node_id, soft=False)
    return ray.remote(_tell).options(num_cpus=0, scheduling_strategy=on_node).remote()


def _tell() -> Mapping[str, str]:
    # A function of one's own: Ray can't make a task of one that is cached.
    return installation()


def _gpus_to_come(cluster_file: Path) -> Iterator[float]:
    """The GPUs of each kind of machine that may join; nothing where no file of `ray up` lies."""
    if cluster_file.exists():
        kinds = json.loads(cluster_file.read_text())["available_node_types"].values()
        yield from (float(kind["resources"].get("GPU", 0)) for kind in kinds if kind["max_workers"])
