"""Watchlists are tried and added over the API, and checked before feeds.yaml changes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.api_server import Api, serving
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional

from monitor.model.analyst import Scope

pytestmark = pytest.mark.costly


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web() as served:
        served.on("/fil", conditional(rss(Item("Alibaba à Liège", link="https://a.test/1"))))
        yield served


@pytest.fixture
def newsroom(web: Web, tmp_path: Path) -> Newsroom:
    room = Newsroom(tmp_path)
    room.watch([{"url": web.url("/fil"), "name": "Le Fil", "lang": "fr"}], ["Alibaba"])
    assert room.once().returncode == 0
    return room


@pytest.fixture
def api(newsroom: Newsroom) -> Iterator[Api]:
    with serving(newsroom.config, newsroom.data) as served:
        yield served


def test_a_watchlist_is_tried_checked_and_added(api: Api, newsroom: Newsroom) -> None:
    wanted = {"name": "Port", "terms": ["Liège", "Anvers"], "severity": "high"}
    before = newsroom.config.read_bytes()
    tried = api.post("/watchlists/test", wanted, Scope.READ).json()
    assert (tried["articles"], tried["matched"]) == (1, 1)
    assert tried["terms"] == [{"term": "Liège", "articles": 1}]
    assert [hit["title"] for hit in tried["examples"]] == ["Alibaba à Liège"]
    assert newsroom.config.read_bytes() == before
    added = api.post("/watchlists", wanted, Scope.ADMIN).json()
    assert (added["name"], added["severity"]) == ("Port", "high")
    assert newsroom.here("check").returncode == 0
    assert b"Port" in newsroom.config.read_bytes()
    twice = api.post("/watchlists", wanted, Scope.ADMIN)
    assert twice.status_code == 422 and twice.json()["errors"][0]["field"] == "name"


def test_a_watchlist_that_is_tried_needs_no_name_or_an_old_one(api: Api) -> None:
    for name in ({}, {"name": "Alibaba"}):
        tried = api.post("/watchlists/test", {"query": "Alibaba NOT Anvers", **name}, Scope.READ)
        assert tried.status_code == 200, tried.text
        assert tried.json()["matched"] == 1


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"query": "(a OR"}, "query"),
        ({"name": "X", "terms": []}, "terms"),
        ({"terms": [""]}, "terms.0"),
        ({"name": "X", "terms": ["a"], "feeds": ["Nobody"]}, "feeds"),
        ({"name": "X", "terms": ["a"], "cooldown": "soon"}, "cooldown"),
    ],
)
def test_a_mistake_names_its_field_and_changes_nothing(
    api: Api, newsroom: Newsroom, wanted: dict[str, object], field: str
) -> None:
    before = newsroom.config.read_bytes()
    for path in ("/watchlists", "/watchlists/test"):
        refused = api.post(path, wanted, Scope.ADMIN)
        assert refused.status_code == 422, refused.text
        assert field in {error["field"] for error in refused.json()["errors"]}
    assert newsroom.config.read_bytes() == before


def test_a_broken_file_is_named(api: Api, newsroom: Newsroom) -> None:
    newsroom.config.write_text("feeds: 7\n")
    refused = api.post("/watchlists", {"terms": ["a"]}, Scope.ADMIN)
    assert refused.status_code in (409, 422)
    assert "mistake" in refused.text
    explained = api.get("/watchlists/explain", watchlist="Alibaba", article=1)
    assert (explained.status_code, explained.json()["type"][-11:]) == (409, "broken-file")
