"""Tests of the feeds.yaml at the root, and of the one that `tocsin init` writes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support import ROOT

from monitor.config.checks import warnings
from monitor.config.description import changes
from monitor.config.keys import json_schema
from monitor.config.loading import load, understand
from monitor.model.config import Config

NEWSROOM = ROOT / "feeds.yaml"
STARTER = ROOT / "monitor" / "config" / "starter.yaml"
IN_FRENCH = ROOT / "monitor" / "config" / "starter.fr.yaml"
STARTERS = pytest.mark.parametrize("path", [STARTER, IN_FRENCH], ids=["english", "french"])


@pytest.mark.parametrize("path", [NEWSROOM, STARTER, IN_FRENCH], ids=["newsroom", "en", "fr"])
def test_it_loads_without_a_warning(path: Path) -> None:
    assert warnings(load(path)) == []


def test_the_newsroom_is_fit_for_an_analyst_in_brussels() -> None:
    config = load(NEWSROOM)
    languages = [feed.lang for feed in config.feeds]
    assert len(config.feeds) >= 28
    assert min(languages.count("fr"), languages.count("en")) >= 12
    assert all(feed.tags and feed.url.startswith("https://") for feed in config.feeds)
    queries = " ".join(watchlist.query.text for watchlist in config.watchlists)
    assert {"Alibaba", "Cainiao", "espionnage"} <= set(re.findall(r"\w+", queries))


@STARTERS
def test_the_starter_shows_every_key(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    keys = set(re.findall(r"(?m)^[\s#-]*(\w+):", text))
    assert {key for key, _ in properties(json_schema())} <= keys


def test_all_files_name_the_schema_for_editors() -> None:
    for path in (NEWSROOM, STARTER, IN_FRENCH):
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == "# yaml-language-server: $schema=./feeds.schema.json"


def test_both_starters_mean_the_same() -> None:
    english, french = load(STARTER), load(IN_FRENCH)
    assert (english.language, french.language) == ("", "fr")
    assert changes(english, french) == ["language: – → fr"]
    roots = [[watchlist.query.root for watchlist in file.watchlists] for file in (english, french)]
    assert roots[0] == roots[1]


@STARTERS
def test_every_example_in_a_starter_is_correct(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = with_examples(path, monkeypatch)
    assert config.channels
    assert config.routes
    assert config.briefings
    assert config.searches
    assert warnings(config) == []


def test_both_starters_show_the_same_examples(monkeypatch: pytest.MonkeyPatch) -> None:
    english, french = (with_examples(path, monkeypatch) for path in (STARTER, IN_FRENCH))
    assert changes(english, french) == [
        "search changed: Espions: terms + depuis:7d, - since:7d",
        "briefing added: Matin",
        "briefing removed: Morning",
        "data changed: the folder of the archive; restart the monitor to use it",
    ]
    assert [(briefing.name, replace(briefing, name="")) for briefing in french.briefings] == [
        ("Matin", replace(briefing, name="")) for briefing in english.briefings
    ]


def with_examples(path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """Return the configuration of a starter, with the comment signs before its examples removed."""
    monkeypatch.setenv("JOURNAL_PASSWORD", "x")
    monkeypatch.setenv("SOC_SECRET", "x")
    monkeypatch.setenv("SEARCH_PASSWORD", "x")
    text = path.read_text(encoding="utf-8")
    example = r"(?m)^( *)# ( *(?:- )?(?:[a-z_]+|journal\.example|Alibaba):(?: .*)?)$"
    return understand(re.sub(example, r"\1\2", text).encode(), path)


def properties(node: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every property of a JSON Schema with its name."""
    if isinstance(node, dict):
        yield from node.get("properties", {}).items()
        for inner in node.values():
            yield from properties(inner)
    elif isinstance(node, list):
        for inner in node:
            yield from properties(inner)
