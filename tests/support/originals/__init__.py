"""Documents for the tests, all of them written for this project: feeds, lists, articles, news.

The outlets, the people and the stories are invented. Files are read from this folder; what
would be the same text again in another form (an encoding, a format) is made from them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from monitor.demo.content import load
from monitor.demo.newsroom import bulletin
from support.originals import hostile, published

FOLDER = Path(__file__).parent

ENTRIES: dict[str, int | None] = {
    "atom03-diary.xml": 4,
    "atom10-blog.xml": 4,
    "atom10-planet.xml": 3,
    "atom10-prefixed.xml": 2,
    "atom10-videos.xml": 2,
    "cdf-channel.xml": 2,
    "json-1.0-odd.json": 5,  # of ten one is a repetition, one empty, and four are no items
    "json-1.1-full.json": 3,
    "json-empty.json": 0,
    "json-no-items.json": None,
    "json-other.json": None,
    "rss090-slug.rdf": 2,
    "rss091-fire-brigade.xml": 3,
    "rss092-radio.xml": 3,
    "rss10-journal.rdf": 2,
    "rss10-notes.rdf": 3,
    "rss20-classifieds.xml": 2,
    "rss20-entityless.xml": 2,  # the others are empty
    "rss20-late-prolog.xml": 2,
    "rss20-many-scripts.xml": 12,
    "rss20-newspaper.xml": 4,  # the fifth repeats the fourth
    "rss20-no-ids.xml": 7,  # the seventh repeats the fourth
    "rss20-not-wellformed.xml": 3,  # of the last one nothing is left
    "rss20-odd-dates.xml": 22,
    "rss20-open-cdata.xml": 2,
    "rss20-podcast.xml": 3,
    "rss20-proxied.xml": 2,
    "rss20-relative.xml": 6,
    "rss20-unbound-prefix.xml": 2,
    "rss20-weblog.xml": 3,
    "web-page.html": None,
}
"""How many distinct entries each file of `feeds` has, counted by hand; None is no feed."""

LISTS: dict[str, int | None] = {
    "belgium-by-folder.opml": 8,
    "belgium-flat.opml": 4,
    "capitals.opml": 3,
    "contributors.foaf": None,
    "cut-off.opml": None,
    "deep.opml": 4,
    "empty-body.opml": None,
    "expanding-entity.opml": None,
    "foreign-attributes.opml": 2,
    "head-only.opml": None,
    "includes.opml": 2,
    "mismatched.opml": None,
    "no-opml-element.xml": None,
    "no-titles.opml": 5,
    "nonsense-entity.opml": None,
    "odd-schemes.opml": 12,
    "portal-tabs.xml": None,
    "technology.opml": 9,
    "undefined-entity.opml": 1,
    "unescaped.opml": 4,
    "urls.txt": None,
}
"""How many feeds each file of `lists` names; None is no list that can be read."""


class Brief(NamedTuple):
    """A piece of news."""

    title: str
    lead: str


@cache
def news(lang: str) -> tuple[Brief, ...]:
    """Return sixty pieces of news in French (`fr`) or English (`en`), each of its own event."""
    blocks = (FOLDER / f"news.{lang}.txt").read_text(encoding="utf-8").strip().split("\n\n")
    return tuple(Brief(*block.split("\n")) for block in blocks)


@cache
def newsroom(lang: str) -> tuple[Brief, ...]:
    """Return the first article of each story of the bundled newsroom."""
    content = load()
    stories = {
        piece.slug: Brief(piece.title, " ".join(piece.text))
        for piece in reversed(content.articles)
        if content.outlets[piece.outlet].lang == lang
    }
    return tuple(stories.values())


@cache
def bulletins(lang: str, numbers: int) -> tuple[Brief, ...]:
    """Return the bulletins in a language among the first ones of the bundled newsroom."""
    content = load()
    briefs = []
    for number in range(numbers):
        first_bulletin = bulletin(content.patterns, number)
        outlet, title = next(iter(first_bulletin.headlines.items()))
        if content.outlets[outlet].lang == lang:
            briefs.append(Brief(title, " ".join(first_bulletin.text)))
    return tuple(briefs)


def alibaba_article() -> str:
    """Return an article as copied from a page: title, byline, paragraphs, leftovers."""
    return (FOLDER / "alibaba_article.txt").read_text(encoding="utf-8")


@cache
def feeds() -> dict[str, tuple[bytes, int | None]]:
    """Return documents as outlets publish them, by name, with the entries that each has."""
    documents: dict[str, tuple[bytes, int | None]] = {
        name: ((FOLDER / "feeds" / name).read_bytes(), count) for name, count in ENTRIES.items()
    }
    for name, lang, body in published.feeds({lang: news(lang) for lang in ("fr", "en")}):
        documents[name] = body, len(news(lang))
    return documents


@cache
def lists() -> dict[str, tuple[bytes, int | None]]:
    """Return lists of feeds by name, with the feeds that each names."""
    return {name: ((FOLDER / "lists" / name).read_bytes(), n) for name, n in LISTS.items()}


@cache
def hostile_feeds() -> dict[str, bytes]:
    """Return two thousand hostile documents, by name."""
    return dict(hostile.feeds())


def hostile_json() -> Iterator[tuple[str, bytes]]:
    """Yield the documents that are JSON, or begin like JSON."""
    return ((name, body) for name, body in hostile_feeds().items() if body[:1] in (b"{", b"["))
