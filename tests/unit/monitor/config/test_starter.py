"""The feeds.yaml at the root, and the one that `tocsin init` writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import ROOT

from monitor.config import load
from monitor.config.schema import json_schema
from monitor.config.summary import warnings

NEWSROOM = ROOT / "feeds.yaml"
STARTER = ROOT / "monitor" / "starter.yaml"


@pytest.mark.parametrize("path", [NEWSROOM, STARTER], ids=["newsroom", "starter"])
def test_it_loads_without_a_warning(path: Path) -> None:
    assert warnings(load(path)) == []


def test_the_newsroom_is_fit_for_an_analyst_in_brussels() -> None:
    config = load(NEWSROOM)
    spoken = [feed.lang for feed in config.feeds]
    assert len(config.feeds) >= 28
    assert min(spoken.count("fr"), spoken.count("en")) >= 12
    assert all(feed.tags and feed.url.startswith("https://") for feed in config.feeds)
    wanted = " ".join(watchlist.query.text for watchlist in config.watchlists)
    assert {"Alibaba", "Cainiao", "espionnage"} <= set(re.findall(r"\w+", wanted))


def test_the_starter_shows_every_key() -> None:
    text = STARTER.read_text(encoding="utf-8")
    shown = set(re.findall(r"(?m)^[\s#-]*(\w+):", text))
    assert {key for key, _ in properties(json_schema())} <= shown


def test_both_files_name_the_schema_for_editors() -> None:
    for path in (NEWSROOM, STARTER):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=./feeds.schema.json"


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of a JSON Schema with its name."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for inner in node.values():
            yield from properties(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from properties(inner)
