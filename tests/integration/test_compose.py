"""The files for Docker Compose: each part names only what is there, and tocsin accepts its part."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support import opensearch_nodes

from monitor.config.loading import load

ROOT = Path(__file__).parents[2]
CONTRIB = ROOT / "contrib"
FILES = ("compose.yaml", "compose.opensearch.yaml")
Yaml = dict[str, Any]


def merged(base: Yaml, override: Yaml) -> Yaml:
    """Return mappings one over the other, lists one behind the other, as Compose does."""
    result = dict(base)
    for key, value in override.items():
        old = result.get(key)
        if isinstance(old, dict):
            result[key] = merged(old, value)
        else:
            result[key] = [*old, *value] if isinstance(old, list) else value
    return result


def composed(*names: str) -> Yaml:
    """Return what some files say together."""
    result: Yaml = {}
    for name in names:
        result = merged(result, YAML(typ="safe").load(CONTRIB / name))
    return result


def mounts(service: Yaml) -> dict[str, str]:
    """Return the source of each folder of a service; of two the last one counts."""
    return {place.split(":")[1]: place.split(":")[0] for place in service.get("volumes", ())}


@pytest.mark.parametrize("names", [FILES[:1], FILES], ids="+".join)
def test_each_part_names_only_what_is_there(names: tuple[str, ...]) -> None:
    whole = composed(*names)
    services = whole["services"]
    for name, service in services.items():
        assert ("image" in service) != ("build" in service), name
        assert {*service.get("depends_on", ())} <= services.keys()
        assert {*service.get("secrets", ())} <= whole["secrets"].keys()
        assert {entry["source"] for entry in service.get("configs", ())} <= whole["configs"].keys()
        volumes = {source for source in mounts(service).values() if not source.startswith(".")}
        assert volumes <= whole["volumes"].keys()
    targets = re.findall(r"([\w-]+):(\d+)", whole["configs"]["prometheus"]["content"])
    assert [host for host, _ in targets] == [name for name in services if "monitor" in name]
    assert all(f":{port}" in " ".join(services[host]["command"]) for host, port in targets)


def test_the_monitors_have_what_they_need() -> None:
    services = composed(*FILES)["services"]
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    known = extras["project"]["optional-dependencies"]
    variables = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    database = services["database"]["environment"]
    for name in ("monitor-a", "monitor-b"):
        monitor = services[name]
        (installed,) = re.findall(r"/source\[(.*?)\]", monitor["build"]["dockerfile_inline"])
        assert {"postgresql", "opensearch"} <= {*installed.split(",")} <= known.keys()
        assert all(f"`{variable}`" in variables for variable in monitor["environment"])
        user, password = database["POSTGRES_USER"], database["POSTGRES_PASSWORD_FILE"]
        address = f"postgresql://{user}@database/{database['POSTGRES_DB']}?"
        assert monitor["environment"]["TOCSIN_STORE"].startswith(address)
        assert any(password in word for word in monitor["entrypoint"])
        assert mounts(monitor)[monitor["environment"]["TOCSIN_DATA"]] == name


def test_the_archive_is_on_the_nodes() -> None:
    services = composed(*FILES)["services"]
    nodes = {name: service for name, service in services.items() if "search" in name}
    assert len(nodes) == 3
    for name, node in nodes.items():
        environment = node["environment"]
        assert environment["node.name"] == name
        for key in ("discovery.seed_hosts", "cluster.initial_cluster_manager_nodes"):
            assert {*environment[key].split(",")} == nodes.keys()
        assert node["image"] == f"opensearchproject/opensearch:{opensearch_nodes.VERSION}"
        assert "ports" not in node  # they know no users
    for monitor in ("monitor-a", "monitor-b"):
        folder = CONTRIB / mounts(services[monitor])["/newsroom"]
        cluster = load(folder / "feeds.yaml").store.cluster
        assert cluster and {*cluster.urls} == {f"http://{name}:9200" for name in nodes}
