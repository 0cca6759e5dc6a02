"""Feeds of every format, and an article on its page, from the wire to the archive."""

from __future__ import annotations

import json
import re
from html import escape
from pathlib import Path
from typing import Any

import pytest
from support.newsroom import Item, Newsroom, rss
from support.originals import alibaba_article, feeds
from support.scripted_server import Reply, Web, conditional


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


@pytest.mark.costly
def test_every_entry_of_every_feed_is_stored_and_searchable(web: Web, newsroom: Newsroom) -> None:
    published = {f"/{name}": body for name, (body, _) in feeds().items()}
    for place, body in published.items():
        web.on(place, conditional(body, Content_Type="application/xml"))
    newsroom.watch([{"url": web.url(place), "name": place[1:]} for place in published])

    first = json.loads(newsroom.once("--now", "--json").stdout)
    assert first["feeds"] == len(published)
    stored = dict(
        newsroom.sql(
            "SELECT f.name, count(e.guid) FROM feeds f LEFT JOIN entries e ON e.feed = f.number"
            " GROUP BY f.number"
        )
    )
    assert stored == {name: count or 0 for name, (_, count) in feeds().items()}
    assert first["entries"] == sum(stored.values())
    articles, _, waiting = newsroom.counts()
    assert (first["new"], waiting) == (articles, 0)
    assert newsroom.json("status", "--json")["indexed"] == articles

    second = json.loads(newsroom.once("--now", "--json").stdout)
    assert (second["unchanged"], second["ok"]) == (first["ok"], 0)
    assert (second["new"], second["changed"], second["alerts"]) == (0, 0, 0)
    assert newsroom.counts() == (articles, 0, 0)


# --- an article that is found by its page only ---------------------------------------------


def article() -> tuple[str, list[str]]:
    """Return title and paragraphs of an article."""
    title, *lines = alibaba_article().strip().splitlines()
    return title, [line for line in lines if len(line) > 100]


def page(title: str, paragraphs: list[str]) -> bytes:
    """Return the page of an article as a news site would serve it."""
    links = "".join(f"<li><a href='/rubrique/{n}'>Rubrique {n}</a></li>" for n in range(12))
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">
        <title>{escape(title)} | Le Journal</title><script>var ads = "Alibaba";</script></head>
        <body><header><nav><ul>{links}</ul></nav></header>
        <main><article><h1>{escape(title)}</h1>
        <p class="byline">Par Maëlle CORTHOUTS</p>{text}</article>
        <aside><h2>Les plus lus</h2><ul>{links}</ul></aside></main>
        <footer><p>Tous droits réservés. Mentions légales.</p></footer></body></html>""".encode()


def test_the_article_is_found_where_it_says_so(web: Web, newsroom: Newsroom) -> None:
    title, paragraphs = article()
    teaser = " ".join(re.findall(r".+?\.(?:\s|$)", " ".join(paragraphs))[:2])
    assert "Cainiao" not in title + teaser
    html = (("Content-Type", "text/html; charset=utf-8"),)
    web.on("/alibaba", Reply(200, html, page(title, paragraphs)))
    web.on("/rss", Reply(body=rss(Item(title, teaser, link=web.url("/alibaba")))))
    feed = {"url": web.url("/rss"), "name": "Le Journal", "full_text": True}
    newsroom.watch([feed], ["Alibaba", "espionnage", "Cainiao"])
    assert newsroom.once().returncode == 0

    alerts: list[dict[str, Any]] = newsroom.json("alerts", "--format", "json")["alerts"]
    assert sorted(alert["watchlist"] for alert in alerts) == ["Alibaba", "Cainiao", "espionnage"]
    shown = newsroom.json("show", str(alerts[0]["article_id"]), "--format", "json")
    assert shown["lang"] == "fr"
    assert "Mentions légales" not in shown["body"]
    fields = {}
    for alert in alerts:
        assert alert["matches"]
        for match in alert["matches"]:
            cut = shown[match["field"]][match["start"] : match["end"]]
            assert cut == match["text"]
            assert cut.casefold() == alert["watchlist"].casefold()
        fields[alert["watchlist"]] = {match["field"] for match in alert["matches"]}
    assert "title" in fields["Alibaba"]
    assert "title" in fields["espionnage"]  # l’espionnage
    assert fields["Cainiao"] == {"body"}  # on its page only
    assert shown["title"] == title

    (hit,) = newsroom.json("search", "cainiao liege", "--format", "json")["hits"]
    assert hit["article_id"] == alerts[0]["article_id"]
    assert newsroom.here("search", "espionage").returncode == 1
