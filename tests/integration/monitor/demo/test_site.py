"""The pages of the bundled newsroom, and its feeds.yaml."""

from __future__ import annotations

import re
from typing import Any

import httpx
from ruamel.yaml import YAML

from monitor.config import loading
from monitor.demo.content import load
from monitor.demo.site import NewsroomServer

CONTENT = load()
OUTLETS = tuple(CONTENT.outlets.values())


def test_every_link_of_the_site_leads_somewhere(
    reader: httpx.Client, server: NewsroomServer
) -> None:
    def links(page: str) -> set[str]:
        return set(re.findall(rf'<li[^>]*><a href="({server.url}[^"#]+)"', page))

    fronts = links(reader.get("/").text)
    assert len(fronts) == len(OUTLETS)
    articles = set()
    for front in fronts:
        answer = reader.get(front)
        assert answer.status_code == 410 if "freight-yesterday" in front else 200
        articles |= links(answer.text)
    assert len(articles) == len(CONTENT.articles)
    assert {reader.get(article).status_code for article in articles} == {200}


def test_hostile_headlines_are_harmless_on_pages(reader: httpx.Client) -> None:
    page = reader.get("/raw-wire/script.html").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_front_pages_tell_where_the_feed_is(reader: httpx.Client, server: NewsroomServer) -> None:
    page = reader.get("/thames-ledger/").text
    assert re.search(r'rel="alternate" type="application/atom\+xml".*href="([^"]+)"', page)
    assert f'href="{server.url}/thames-ledger/feed.xml"' in page


def test_feeds_yaml_subscribes_to_every_outlet(server: NewsroomServer) -> None:
    config = YAML(typ="safe").load(server.feeds_yaml())
    feeds = {feed["url"]: feed for feed in config["feeds"]}
    assert config["network"] == {"allow": ["127.0.0.0/8"]}
    assert set(feeds) == {server.feed_url(outlet.slug) for outlet in OUTLETS}
    assert {feed["name"] for feed in config["feeds"]} == {outlet.name for outlet in OUTLETS}
    assert [f["url"] for f in config["feeds"] if f.get("full_text")] == [
        server.feed_url("eclaireur")
    ]
    for outlet in OUTLETS:
        feed = feeds[server.feed_url(outlet.slug)]
        assert feed.get("lang", outlet.lang) == outlet.lang
        assert re.fullmatch(r"\d+s", feed["every"])


def test_feeds_yaml_is_a_configuration(server: NewsroomServer, tmp_path: Any) -> None:
    path = tmp_path / "feeds.yaml"
    path.write_text(server.feeds_yaml(), encoding="utf-8")
    loaded = loading.load(path)
    assert len(loaded.feeds) == len(OUTLETS)
    assert {"Alibaba", "Cainiao", "Espionnage"} <= {w.name for w in loaded.watchlists}
