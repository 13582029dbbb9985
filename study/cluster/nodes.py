"""Whether the machines of a connected cluster can train a study, asked before its first trial.

A machine that joins later is not asked: there each worker looks for itself, see
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

# For a process to start on each machine, all at the same time.
_PATIENCE_SECONDS = 120
# Where `ray up` leaves, on the head, what it may start.
_CLUSTER_FILE = Path("~/ray_bootstrap_config.yaml")


def check_installations(expected: Mapping[str, str]) -> None:
    """Refuse a cluster in which a machine computes with something else.

    Raises:
        ConnectionError: the message names the first such machine, and what differs.
    """
    asked = [(node["NodeManagerHostname"], _ask(node["NodeID"])) for node in _machines()]
    for host, answer in asked:
        try:
            told = difference(expected, ray.get(answer, timeout=_PATIENCE_SECONDS))
        except RayError as error:
            reason = str(error).strip().splitlines()
            raise ConnectionError(
                f"{host} does not say which versions it has ({reason[-1] if reason else 'lost'})"
            ) from error
        if told:
            raise ConnectionError(f"{host} has {told}; `ray up` again installs what is here")


def check_gpus(gpus: float) -> None:
    """Refuse a cluster of which no machine, nor any that may join, has so many GPUs.

    Ray itself would wait for one, without an end.

    Raises:
        ConnectionError: so it is.
    """
    here = [float(node["Resources"].get("GPU", 0)) for node in _machines()]
    most = max([*here, *_gpus_to_come(_CLUSTER_FILE.expanduser())], default=0.0)
    if most < gpus or not most:
        raise ConnectionError(
            f"a trial needs {gpus:g} GPUs, and no machine of this cluster has more than {most:g}"
        )


def _machines() -> list[dict[str, Any]]:
    """Those that train: the head of a large cluster has no CPU to give."""
    return [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]


def _ask(node_id: str) -> Any:
    there = NodeAffinitySchedulingStrategy(node_id, soft=False)
    return ray.remote(_tell).options(num_cpus=0, scheduling_strategy=there).remote()


def _tell() -> Mapping[str, str]:
    return installation()


def _gpus_to_come(cluster_file: Path) -> Iterator[float]:
    """GPUs of each kind of machine that the cluster may add; none where that isn't told."""
    if cluster_file.exists():
        kinds = json.loads(cluster_file.read_text())["available_node_types"].values()
        yield from (float(kind["resources"].get("GPU", 0)) for kind in kinds if kind["max_workers"])
