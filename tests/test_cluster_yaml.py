"""What `ray up cluster.yaml` would do, by Ray's own checks. No cloud is asked."""

import tomllib
from pathlib import Path

import pytest
import yaml
from ray.autoscaler._private.util import prepare_config, validate_config

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def prepared() -> dict:
    """cluster.yaml with Ray's defaults filled in."""
    return prepare_config(yaml.safe_load((ROOT / "cluster.yaml").read_text()))


def test_the_cluster_file_passes_rays_own_validation(prepared):
    validate_config(prepared)


def test_rays_validation_would_notice_a_mistake(prepared):
    with pytest.raises(Exception, match="max_workerz"):
        validate_config({**prepared, "max_workerz": 1})


def test_ray_is_pinned_to_the_version_of_the_project(prepared):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    (ray,) = [line for line in project["dependencies"] if line.startswith("ray")]
    installs = [line for line in prepared["setup_commands"] if "ray[" in line]
    assert len(installs) == 1
    assert f'"{ray}"' in installs[0]


def commands(prepared: dict) -> list[str]:
    names = [name for name in prepared if name.endswith("_commands")]
    return [line for name in names for line in prepared[name]]


def test_no_nightly_build_and_no_open_dashboard_is_left_from_rays_defaults(prepared):
    text = "\n".join(commands(prepared))
    assert "0.0.0.0" not in text
    assert ".whl" not in text
    assert "dev0" not in text


@pytest.mark.parametrize("node", ["head", "worker"])
def test_every_node_starts_with_a_token_and_without_usage_statistics(prepared, node):
    (start,) = [line for line in prepared[f"{node}_start_ray_commands"] if "ray start" in line]
    assert "RAY_AUTH_MODE=token" in start
    assert "RAY_USAGE_STATS_ENABLED=0" in start


def test_ssh_is_not_open_to_the_whole_internet(prepared):
    ranges = prepared["provider"]["security_group"]["IpPermissions"][0]["IpRanges"]
    assert [entry["CidrIp"] for entry in ranges] == ["203.0.113.0/24"]


def test_an_idle_cluster_shrinks_to_its_head(prepared):
    assert prepared["available_node_types"]["worker"]["min_workers"] == 0
    assert prepared["idle_timeout_minutes"] <= 10


def test_records_data_and_history_are_not_shipped(prepared):
    assert {".git", ".venv", "runs", "*.npz"} <= set(prepared["rsync_exclude"])
