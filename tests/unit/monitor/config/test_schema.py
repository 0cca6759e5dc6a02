"""Tests of the JSON Schema of feeds.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from monitor.config.keys import json_schema


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of a JSON Schema with its name."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for inner in node.values():
            yield from properties(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from properties(inner)


def test_the_schema_explains_every_key() -> None:
    schema = json_schema()
    for key, about in properties(schema):
        shape = schema["$defs"].get(about.get("$ref", "").rpartition("/")[2], {})
        description = about.get("description") or shape["description"]
        assert description.endswith("."), key
    defaults = {key: about["default"] for key, about in properties(schema) if "default" in about}
    assert defaults == {
        "enabled": True, "severity": "medium", "sort": "date", "vectors": True, "index": "tocsin",
        "data": "var",
    }  # fmt: skip


def test_the_schema_knows_both_forms_of_feeds_and_watchlists() -> None:
    shapes = json_schema()["$defs"]
    for name in ("Feed", "Watchlist"):
        short_form, long_form = shapes[name]["anyOf"]
        assert "string" in short_form["type"]
        assert long_form["additionalProperties"] is False
    required_keys = [set(form["required"]) for form in shapes["Watchlist"]["anyOf"][1]["oneOf"]]
    assert required_keys == [{"terms"}, {"query", "name"}, {"score", "threshold", "name"}]
