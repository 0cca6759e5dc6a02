"""Real feeds and the article that started it all, from the wire to the archive."""

from __future__ import annotations

import csv
import io
import json
import re
import warnings
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import feedparser
import pytest
from running import Item, Newsroom, rss
from scripted import Reply, Web, conditional

from monitor.parse.json_feed import is_one as is_json_feed

SHARED = Path(__file__).parents[2] / "shared" / "data"
SEED = SHARED / "seed" / "000_55a726e4e46521c1.txt"

pytestmark = pytest.mark.skipif(not SHARED.exists(), reason="no sample data beside the repository")


def distinct_entries(path: Path, body: bytes) -> set[int]:
    """Return how many distinct entries a file may be said to have: as listed, as read."""
    if is_json_feed(body):  # feedparser reads none
        return {_items(body)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        document = feedparser.parse(
            io.BytesIO(body),
            response_headers={"content-type": "application/xml"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    seen = {
        (
            *(dict.get(entry, name) for name in ("id", "link", "title", "summary")),
            *(content.get("value") for content in dict.get(entry, "content") or ()),
        )
        for entry in document.entries
    }
    listed = LISTED.get(str(path.relative_to(SHARED)), "")
    return {len(seen), int(listed)} if listed.isdecimal() else {len(seen)}


def _items(body: bytes) -> int:
    try:
        items = json.loads(body)["items"]
    except ValueError:
        return 0
    names = ("id", "title", "summary", "content_html", "content_text")
    return len({tuple(str(item.get(name)) for name in names) for item in items})


def _listed() -> dict[str, str]:
    manifest = SHARED / "MANIFEST.tsv"
    if not manifest.exists():
        return {}
    with manifest.open() as file:
        return {row["file"]: row["entries"] for row in csv.DictReader(file, delimiter="\t")}


LISTED = _listed()


@pytest.fixture
def newsroom(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


@pytest.fixture
def files() -> Iterator[dict[str, Path]]:
    """Every real feed, by the path it is served under."""
    found = sorted(path for path in (SHARED / "feeds-real").rglob("*") if path.is_file())
    if not found:
        pytest.skip("no real feeds here")
    yield {f"/{number}": path for number, path in enumerate(found)}


def test_every_entry_of_every_real_feed_is_stored_and_searchable(
    web: Web, newsroom: Newsroom, files: dict[str, Path]
) -> None:
    for place, path in files.items():
        web.on(place, conditional(path.read_bytes(), Content_Type="application/xml"))
    newsroom.watch([{"url": web.url(place), "name": place} for place in files])

    first = json.loads(newsroom.tocsin("run", "--once", "--now", "--json").stdout)
    assert first["feeds"] == len(files)
    stored = dict(
        newsroom.sql(
            "SELECT f.name, count(e.guid) FROM feeds f LEFT JOIN entries e ON e.feed = f.number"
            " GROUP BY f.number"
        )
    )
    wrong = {
        str(path): (stored[place], expected)
        for place, path in files.items()
        if stored[place] not in (expected := distinct_entries(path, path.read_bytes()))
    }
    assert wrong == {}
    assert first["entries"] == sum(stored.values())
    articles, _, waiting = newsroom.counts()
    assert (first["new"], waiting) == (articles, 0)
    assert newsroom.json("status", "--json")["indexed"] == articles

    second = json.loads(newsroom.tocsin("run", "--once", "--now", "--json").stdout)
    assert (second["unchanged"], second["ok"]) == (first["ok"], 0)
    assert (second["new"], second["changed"], second["alerts"]) == (0, 0, 0)
    assert newsroom.counts() == (articles, 0, 0)


# --- the article that started it all -----------------------------------------------------


def seed() -> tuple[str, list[str]]:
    """Return its title and its paragraphs."""
    title, *lines = SEED.read_text(encoding="utf-8").strip().splitlines()
    return title, [line for line in lines if len(line) > 100]


def page(title: str, paragraphs: list[str]) -> bytes:
    """Return it as a news site would serve it."""
    links = "".join(f"<li><a href='/rubrique/{n}'>Rubrique {n}</a></li>" for n in range(12))
    text = "".join(f"<p>{escape(paragraph)}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">
        <title>{escape(title)} | Le Journal</title><script>var ads = "Alibaba";</script></head>
        <body><header><nav><ul>{links}</ul></nav></header>
        <main><article><h1>{escape(title)}</h1>
        <p class="byline">Par Ibrahima DIALLO</p>{text}</article>
        <aside><h2>Les plus lus</h2><ul>{links}</ul></aside></main>
        <footer><p>Tous droits réservés. Mentions légales.</p></footer></body></html>""".encode()


def test_the_seed_is_found_where_it_says_so(web: Web, newsroom: Newsroom) -> None:
    title, paragraphs = seed()
    teaser = " ".join(re.findall(r".+?\.(?:\s|$)", " ".join(paragraphs))[:2])
    assert "Cainiao" not in title + teaser
    html = (("Content-Type", "text/html; charset=utf-8"),)
    web.on("/alibaba", Reply(200, html, page(title, paragraphs)))
    web.on("/rss", Reply(body=rss(Item(title, teaser, link=web.url("/alibaba")))))
    feed = {"url": web.url("/rss"), "name": "Le Journal", "full_text": True}
    newsroom.watch([feed], ["Alibaba", "espionnage", "Cainiao"])
    assert newsroom.tocsin("run", "--once").returncode == 0

    alerts: list[dict[str, Any]] = newsroom.json("alerts", "--format", "json")
    assert sorted(alert["watchlist"] for alert in alerts) == ["Alibaba", "Cainiao", "espionnage"]
    article = newsroom.json("show", str(alerts[0]["article"]), "--format", "json")
    assert article["lang"] == "fr"
    assert "Mentions légales" not in article["body"]
    fields = {}
    for alert in alerts:
        assert alert["matches"]
        for match in alert["matches"]:
            cut = article[match["field"]][match["start"] : match["end"]]
            assert cut == match["text"]
            assert cut.casefold() == alert["watchlist"].casefold()
        fields[alert["watchlist"]] = {match["field"] for match in alert["matches"]}
    assert "title" in fields["Alibaba"]
    assert "title" in fields["espionnage"]  # d’espionnage
    assert fields["Cainiao"] == {"body"}  # on its page only
    assert article["title"] == title

    (found,) = newsroom.json("search", "cainiao liege", "--format", "json")["hits"]
    assert found["id"] == alerts[0]["article"]
    assert newsroom.tocsin("search", "espionage").returncode == 1
