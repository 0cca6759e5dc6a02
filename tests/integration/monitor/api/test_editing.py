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
    watchlist = {"name": "Port", "terms": ["Liège", "Anvers"], "severity": "high"}
    before = newsroom.config.read_bytes()
    preview = api.post("/watchlists/test", watchlist, Scope.READ).json()
    assert (preview["articles"], preview["matched"]) == (1, 1)
    assert preview["terms"] == [
        {"term": "Liège", "articles": 1},
        {"term": "Anvers", "articles": 0},
    ]
    assert [hit["title"] for hit in preview["examples"]] == ["Alibaba à Liège"]
    assert preview["warnings"] == []
    assert preview["alerts_a_day"] == 1.0
    assert preview["summary"] == [
        "1 of 1 article of the last 7 days, about 1.0 alerts a day",
        "Liège 1, Anvers 0",
        "also found by Alibaba: 1 of its 1",
    ]
    assert newsroom.config.read_bytes() == before
    added = api.post("/watchlists", watchlist, Scope.ADMIN).json()
    assert (added["name"], added["severity"], added["warnings"]) == ("Port", "high", [])
    assert added["summary"][0].startswith("1 of 1 article of the last 30 days")
    assert newsroom.here("check").returncode == 0
    assert b"Port" in newsroom.config.read_bytes()
    answer = api.post("/watchlists", watchlist, Scope.ADMIN)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "name"


def test_a_watchlist_that_never_rings_is_added_with_a_warning(api: Api) -> None:
    watchlist = {"name": "Ports", "query": "Liège or Anvers"}
    expected = (
        "`Liège or Anvers` asks for the word `or`: write `Liège OR Anvers`,"
        ' or `"or"` if that is meant'
    )
    for path in ("/watchlists/test", "/watchlists"):
        assert api.post(path, watchlist, Scope.ADMIN).json()["warnings"] == [expected]


def test_a_watchlist_that_is_tried_needs_no_name_or_an_old_one(api: Api) -> None:
    for name in ({}, {"name": "Alibaba"}):
        answer = api.post("/watchlists/test", {"query": "Alibaba NOT Anvers", **name}, Scope.READ)
        assert answer.status_code == 200, answer.text
        assert answer.json()["matched"] == 1


@pytest.mark.parametrize(
    ("watchlist", "field"),
    [
        ({"query": "(a OR"}, "query"),
        ({"name": "X", "terms": []}, "terms"),
        ({"terms": [""]}, "terms.0"),
        ({"name": "X", "terms": ["a"], "feeds": ["Nobody"]}, "feeds"),
        ({"name": "X", "terms": ["a"], "cooldown": "soon"}, "cooldown"),
    ],
)
def test_a_mistake_names_its_field_and_changes_nothing(
    api: Api, newsroom: Newsroom, watchlist: dict[str, object], field: str
) -> None:
    before = newsroom.config.read_bytes()
    for path in ("/watchlists", "/watchlists/test"):
        answer = api.post(path, watchlist, Scope.ADMIN)
        assert answer.status_code == 422, answer.text
        assert field in {error["field"] for error in answer.json()["errors"]}
    assert newsroom.config.read_bytes() == before


def test_a_broken_file_is_named(api: Api, newsroom: Newsroom) -> None:
    newsroom.config.write_text("feeds: 7\n")
    answer = api.post("/watchlists", {"terms": ["a"]}, Scope.ADMIN)
    assert answer.status_code in (409, 422)
    assert "mistake" in answer.text
    explanation = api.get("/watchlists/explain", watchlist="Alibaba", article=1)
    assert (explanation.status_code, explanation.json()["type"][-11:]) == (409, "broken-file")
