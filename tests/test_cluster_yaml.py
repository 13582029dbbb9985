"""What `ray up` would do with the cluster files, by the checks of Ray and Amazon."""

import re
import tomllib
from importlib.metadata import requires

import botocore.session
import pytest
import yaml
from botocore.validate import validate_parameters
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from ray.autoscaler._private.util import prepare_config, validate_config

from tests.given.places import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FILES = ("cluster.yaml", "cluster.local.yaml")


def prepared_from(file: str) -> dict:
    """A cluster file with Ray's defaults filled in."""
    return prepare_config(yaml.safe_load((ROOT / file).read_text()))


@pytest.fixture(scope="module", params=FILES)
def prepared(request) -> dict:
    """Each of the files in turn."""
    return prepared_from(request.param)


def commands(prepared: dict) -> list[str]:
    names = [name for name in prepared if name.endswith("_commands")]
    return [line for name in names for line in prepared[name]]


def test_the_cluster_file_passes_rays_own_validation(prepared):
    validate_config(prepared)


def test_rays_validation_would_notice_a_mistake(prepared):
    with pytest.raises(Exception, match="max_workerz"):
        validate_config({**prepared, "max_workerz": 1})


INSTALLS = re.compile(r"\b(pip|uv|conda|npm|curl|wget|apt-get)\b")
UV = "https://astral.sh/uv/0.13.9/install.sh"


def test_nodes_install_nothing_but_uv_itself_and_what_this_project_pins(prepared):
    installing = {line for line in commands(prepared) if INSTALLS.search(line)}
    sync = "UV_PROJECT_ENVIRONMENT=~/venv ~/.local/bin/uv sync --quiet --python 3.12 --no-dev"
    assert installing - {f"cd ~/factorial-study && {sync} --group aws"} == {
        f"test -x ~/.local/bin/uv || curl -LsSf {UV} | sh",
        f"cd ~/factorial-study && {sync}",
    }


def needed(requirement: str) -> set[str]:
    """The packages that this one brings here, itself included."""
    found: set[str] = set()
    pending = [Requirement(requirement)]
    while pending:
        wanted = pending.pop()
        name = canonicalize_name(wanted.name)
        extras = wanted.extras or {""}
        if f"{name}{sorted(extras)}" in found:
            continue
        found |= {name, f"{name}{sorted(extras)}"}
        for line in requires(name) or ():
            brought = Requirement(line)
            marker = brought.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
                pending.append(brought)
    return {name for name in found if "[" not in name}


@pytest.mark.parametrize(
    "requirement",
    [
        *PROJECT["project"]["dependencies"],
        *PROJECT["project"]["optional-dependencies"]["s3"],
        *PROJECT["dependency-groups"]["aws"],
    ],
)
def test_all_that_a_node_installs_is_pinned(requirement):
    pinned = {
        canonicalize_name(Requirement(line).name): str(Requirement(line).specifier)
        for line in PROJECT["tool"]["uv"]["constraint-dependencies"]
    }
    assert needed(requirement) <= set(pinned) | {canonicalize_name(Requirement(requirement).name)}
    assert all(re.fullmatch(r"==[\w.]+", version) for version in pinned.values())


def test_no_nightly_build_and_no_open_dashboard_is_left_from_rays_defaults(prepared):
    text = "\n".join(commands(prepared))
    assert "0.0.0.0" not in text
    assert ".whl" not in text
    assert "dev0" not in text
    assert "--dashboard-host=127.0.0.1" in "".join(prepared["head_start_ray_commands"])


@pytest.mark.parametrize("node", ["head", "worker"])
def test_every_node_starts_with_a_token_and_without_usage_statistics(prepared, node):
    (start,) = [line for line in prepared[f"{node}_start_ray_commands"] if "ray start" in line]
    assert "RAY_AUTH_MODE=token" in start
    assert "RAY_USAGE_STATS_ENABLED=0" in start
    assert prepared["file_mounts"]["~/.ray/auth_token"] == "~/.ray/auth_token"


def test_records_data_and_history_are_not_shipped(prepared):
    assert prepared["file_mounts"]["~/factorial-study"] == "."
    assert {"/.git", "/.venv", "/runs", "/data"} <= set(prepared["rsync_exclude"])


def test_the_head_of_ones_own_machines_runs_the_autoscaler_that_starts_workers():
    start = prepared_from("cluster.local.yaml")["head_start_ray_commands"][1]
    assert "RAY_enable_autoscaler_v2=0" in start.partition("ray start")[0]


@pytest.fixture(scope="module")
def aws() -> dict:
    """cluster.yaml with Ray's defaults filled in."""
    return prepared_from("cluster.yaml")


def test_no_security_group_is_left_to_ray(aws):
    # Each that Ray makes lets the whole Internet try SSH, whatever else it is told to allow.
    assert "security_group" not in aws["provider"]
    for node_type in aws["available_node_types"].values():
        assert len(node_type["node_config"]["SecurityGroupIds"]) == 1


def test_no_keys_are_shipped_and_no_role_is_left_to_ray(aws):
    assert set(aws["file_mounts"]) == {"~/factorial-study", "~/.ray/auth_token"}
    for node_type in aws["available_node_types"].values():
        assert node_type["node_config"]["IamInstanceProfile"] == {"Name": "factorial-study"}


def test_an_idle_cluster_shrinks_to_its_head(aws):
    assert aws["available_node_types"]["worker"]["min_workers"] == 0
    assert aws["available_node_types"]["worker"]["max_workers"] == aws["max_workers"] == 8
    assert aws["idle_timeout_minutes"] <= 10
    assert aws["provider"]["cache_stopped_nodes"] is False


@pytest.mark.parametrize("node_type", ["head", "worker"])
def test_amazon_would_understand_the_machines(aws, node_type):
    model = botocore.session.get_session().get_service_model("ec2")
    machine = aws["available_node_types"][node_type]["node_config"]
    shape = model.operation_model("RunInstances").input_shape
    validate_parameters({**machine, "MinCount": 1, "MaxCount": 1}, shape)
    market = machine.get("InstanceMarketOptions", {}).get("MarketType")
    assert market == {"head": None, "worker": "spot"}[node_type]
