"""What the API answers is what the commands print: one serialisation."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from support.api_server import Api
from support.newsroom import Newsroom
from support.two_feed_newsroom import FRENCH

pytestmark = pytest.mark.costly


def output(newsroom: Newsroom, *args: str) -> Any:
    done = newsroom.here(*args)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("path", "parameters", "key", "command"),
    [
        ("/search", {"query": "port"}, "", "search port --format json"),
        ("/search", {"query": "port", "sort": "score", "lang": "fr"}, "",
         "search port --sort score --lang fr --format json"),
        ("/search", {"query": "liège has:alert", "feed": "tag:belgique"}, "",
         "search liège has:alert --feed tag:belgique --format json"),
        ("/facets", {"query": "port", "limit": 3}, "", "facets port --limit 3 --format json"),
        ("/trend", {"query": "port", "by": "month", "until": "yesterday"}, "counts",
         "trend port --by month --until yesterday --format json"),
        ("/articles/1", {}, "", "show 1 --format json"),
        ("/alerts", {}, "", "alerts --format json"),
        ("/alerts", {"limit": 1}, "", "alerts --limit 1 --format json"),
        ("/alerts", {"watch": "alibaba", "lang": "fr"}, "",
         "alerts --watch alibaba --lang fr --format json"),
        ("/alerts", {"query": "watch:Douanes"}, "",
         "alerts --query watch:Douanes --format json"),
        ("/watchlists", {}, "watchlists", "watch list --format json"),
        ("/feeds", {}, "feeds", "feeds --format json"),
        ("/status", {}, "", "status --format json"),
    ],
)  # fmt: skip
def test_an_answer_is_what_the_command_prints(
    api: Api, filled: Newsroom, path: str, parameters: dict[str, Any], key: str, command: str
) -> None:
    answer = api.json(path, **parameters)
    assert (answer[key] if key else answer) == output(filled, *command.split())


def test_the_alert_that_a_path_names(api: Api, filled: Newsroom) -> None:
    shown = output(filled, "show", "a1", "--format", "json")
    assert shown.pop("story_alerts")
    assert api.json("/alerts/a1") == api.json("/alerts/1") == shown


def test_a_briefing_has_what_the_command_prints(api: Api, filled: Newsroom) -> None:
    expected = output(filled, "brief", "--since", "2023-01-01", "--format", "json")
    answer = api.json("/briefing", since="2023-01-01")
    for volatile in ("until", "watchlists"):
        assert expected.pop(volatile) and answer.pop(volatile)
    assert answer == expected


@pytest.mark.parametrize("path", ["alerts", "stories"])
@pytest.mark.parametrize("query", [{}, {"query": "lang:fr OR lang:en"}])
def test_pages_of_a_list_hold_each_row_once(api: Api, path: str, query: dict[str, str]) -> None:
    expected = api.json(f"/{path}", **query)[path]
    assert len(expected) >= 2
    rows, after = [], {}
    while True:
        page = api.json(f"/{path}", limit=1, **query, **after)
        assert len(page[path]) <= 1
        rows += page[path]
        assert len(rows) <= len(expected)
        if page["next"] is None:
            break
        after = {"after": page["next"]}
    assert rows == expected
    assert len({row["story" if path == "stories" else "alert_id"] for row in rows}) == len(rows)


def test_pages_of_a_search_are_those_of_one_result(api: Api) -> None:
    first = api.json("/search", query="le OR the", limit=1)
    second = api.json("/search", query="le OR the", limit=1, after=first["next"])
    assert (first["before"], second["before"]) == (0, 1)
    assert first["hits"] != second["hits"]
    answer = api.get("/search", query="port", after=first["next"])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "after"


def test_a_watchlist_explains_itself(api: Api) -> None:
    explanation = api.json("/watchlists/explain", watchlist="ALIBABA", article=1)
    assert explanation["matches"] and explanation["watchlist"] == "Alibaba"
    assert explanation["places"][0]["text"] == "Alibaba"
    not_matched = api.json("/watchlists/explain", watchlist="Douanes", article=1)
    assert not not_matched["matches"] and not_matched["clauses"]


def test_revisions_of_an_article(api: Api, filled: Newsroom) -> None:
    shown = output(filled, "show", "1", "--diff", "--format", "json")
    assert api.json("/articles/1/revisions") == {key: shown[key] for key in ("texts", "edits")}


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("/articles/99", 404, "there is no article 99"),
        ("/alerts/a99", 404, "there is no alert a99"),
        ("/alerts/a99/history", 404, "there is no alert a99"),
        ("/stories/99", 404, "there is no alert a99"),
        ("/nothing", 404, "/openapi.json"),
        ("/alerts?watch=Alibba", 422, "did you mean `Alibaba`"),
        ("/alerts?feed=Le+Fill", 422, "did you mean `Le Fil`"),
        ("/alerts?query=watch:Alibba", 422, "did you mean `Alibaba`"),
        ("/alerts?limt=3", 422, "no such parameter"),
        ("/alerts?limit=101", 422, "limit"),
        ("/alerts?since=neverland", 422, "yesterday"),
        ("/search?query=(port", 422, "col"),
        ("/search", 422, "query"),
        ("/watchlists/explain?watchlist=Alibba&article=1", 422, "did you mean `Alibaba`"),
        ("/alerts?feed=Le+Fill", 422, "did you mean `Le Fil`"),
        ("/trend?query=a&query=b&split=lang", 422, "split"),
        ("/briefing?since=2999-01-01", 422, "future"),
        ("/deliveries?channel=a%00", 422, "channel: a text has no NUL"),
        ("/alerts?lang=fr&lang=%00", 422, "lang: a text has no NUL"),
    ],
)
def test_an_error_says_what_to_do(api: Api, path: str, status: int, words: str) -> None:
    answer = api.client.get(f"/v1{path}", headers={"Authorization": "Bearer secret-read"})
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert words in problem["detail"]
    assert problem["type"].startswith("urn:tocsin:problem:") and problem["title"]


def test_titles_keep_their_letters(api: Api) -> None:
    hits = api.json("/search", query="grève")["hits"]
    assert [hit["title"] for hit in hits] == [FRENCH[2].title]


def test_articles_are_compared_one_at_a_time(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = asyncio.Lock()
    asyncio.run(lock.acquire())
    monkeypatch.setattr(api.server.app.state, "heavy_lock", lock)
    answer = api.get("/articles/1/similar")
    assert answer.json()["type"] == "urn:tocsin:problem:busy"


def test_a_hit_names_the_alerts_of_its_article(api: Api, filled: Newsroom) -> None:
    numbers: dict[int, list[str]] = {}
    for alert in api.json("/alerts", state="all")["alerts"][::-1]:
        numbers.setdefault(alert["article_id"], []).append(alert["alert_id"])
    hits = api.json("/search", query="port OR liège")["hits"]
    assert any(hit["alerts"] for hit in hits)
    for hit in hits:
        assert {*numbers.get(hit["article_id"], [])} <= {*hit["alerts"]}
    assert all(not hit["alerts"] for hit in api.json("/search", query="-has:alert port")["hits"])
