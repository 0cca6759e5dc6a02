"""Feeds without a name are called by the title of their documents, everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.newsroom import Item, Newsroom, rss
from support.scripted_server import Web, conditional

from monitor.config.draft import watched_feeds
from monitor.config.feeds import with_titles
from monitor.config.loading import load

pytestmark = pytest.mark.costly

TWINS = ("https://a.example/x", "https://a.example/y", "https://b.example/x", "https://c.example/")


def test_a_running_monitor_calls_feeds_by_their_titles(tmp_path: Path) -> None:
    newsroom = Newsroom(tmp_path)
    with Web() as web:
        for name, title in (("one", "Journal du port"), ("two", "Les dockers"), ("three", "Autre")):
            body = rss(Item(f"Grève {name}", "Le port.", link=f"https://ex.org/{name}"))
            document = body.replace(b"<channel>", f"<channel><title>{title}</title>".encode(), 1)
            web.on(f"/{name}", conditional(document))
        feeds = [{"url": web.url("/one")}, {"url": web.url("/two")}]
        feeds.append({"url": web.url("/three"), "name": "Named"})
        newsroom.watch(feeds, [{"name": "Port", "terms": ["port"]}])
        assert newsroom.here("run", "--for", "12s").returncode == 0
        rows = json.loads(newsroom.here("feeds", "--json").stdout)
        assert {row["name"] for row in rows} == {"Journal du port", "Les dockers", "Named"}
        for selector in ("Les dockers", web.url("/two").removeprefix("http://")):
            found = json.loads(newsroom.here("search", f'feed:"{selector}"', "--json").stdout)
            assert [hit["title"] for hit in found["hits"]] == ["Grève two"]
        alerts = json.loads(newsroom.here("alerts", "--json").stdout)["alerts"]
        assert {row["feed"] for row in alerts} == {"Journal du port", "Les dockers", "Named"}
        removed = newsroom.here("feeds", "remove", "Les dockers")
        assert removed.returncode == 0, removed.stderr
        assert web.url("/two") not in newsroom.config.read_text(encoding="utf-8")


def test_feeds_of_one_title_are_told_apart_and_selectors_still_select(tmp_path: Path) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(
        "feeds:\n"
        + "".join(f"- url: {url}\n" for url in TWINS)
        + "- {url: https://d.example/, name: Journal}\n"
        "watchlists:\n- {name: W, terms: [port], feeds: [a.example/y, c.example]}\n"
        "channels:\n- {name: desk, file: desk.jsonl}\n"
        "routes:\n- {to: desk, feeds: [a.example/y]}\n",
        encoding="utf-8",
    )
    config = load(path, data=tmp_path)
    assert with_titles(config, {}) == config
    called = with_titles(config, {TWINS[0]: "News", TWINS[1]: "News", TWINS[2]: "news"})
    names = [feed.name for feed in called.feeds]
    assert names == ["a.example/x", "a.example/y", "news (b.example)", "c.example", "Journal"]
    called = with_titles(config, {TWINS[0]: "Une", TWINS[1]: "Deux", TWINS[3]: "journal"})
    names = [feed.name for feed in called.feeds]
    assert names == ["Une", "Deux", "b.example", "journal (c.example)", "Journal"]
    assert called.routes[0].feeds == ("Deux",)
    watched = watched_feeds(called.watchlists[0], called.feeds)
    assert [feed.name for feed in watched] == ["Deux", "journal (c.example)"]
    assert with_titles(config, {TWINS[0]: " \u200b"}).feeds[0].name == "a.example/x"
