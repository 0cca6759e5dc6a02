"""Evidence: a chain of records about alerts, in which every change can be detected. Pure.

A record is JSON on one line with sorted keys. It holds its own number and the SHA-256 of the
record before it; its hash is the SHA-256 of its text in UTF-8. Whoever has copied one hash
elsewhere can verify that no record up to it was changed since.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from msgspec.structs import asdict

from monitor.base.article import Article
from monitor.model.feed import Feed
from monitor.model.poll import ResponseEvidence
from monitor.model.watchlist import Match, Watchlist

BEGINNING = "0" * 64
"""The hash before the first record."""


class Kind(enum.StrEnum):
    """The kind of a record."""

    RULE = "rule"
    """The rule of a watchlist: records of alerts refer to it by its number."""
    FEEDS = "feeds"
    """Feeds are new, or have another name or address."""
    RAISED = "raised"
    ESCALATED = "escalated"
    EDITED = "edited"
    """The publisher edited the article of an alert; it may no longer match."""
    PAGE = "page"
    """The page of an alert's article was read: the article has a longer text."""
    REMATCHED = "rematched"
    """An edited watchlist matches the article of an alert elsewhere."""
    DROPPED = "dropped"
    """The archive no longer keeps an alert and its article; its records stay."""
    RENAMED = "renamed"
    """A watchlist has another name, and so have the alerts that it raised until then."""


def canonical(content: Mapping[str, Any]) -> str:
    """Return a mapping as JSON on one line, the same on every machine."""
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def link(number: int, previous: str, content: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text of a record, and its hash.

    Args:
        number: Number of the record, from 1.
        previous: Hash of the record before it.
        content: Content of the record.
    """
    record = canonical({**content, "number": number, "previous": previous})
    return record, digest(record)


def text_hash(title: str, summary: str, body: str) -> str:
    """Return the SHA-256 of an article's text: of the JSON list of its three parts."""
    return digest(json.dumps([title, summary, body], ensure_ascii=False, separators=(",", ":")))


def rule(watchlist: Watchlist) -> dict[str, Any]:
    """Return the rule of a watchlist, as the analyst wrote it."""
    return {
        "watchlist": watchlist.name,
        "version": watchlist.rule,
        "query": watchlist.query.text,
        "lang": list(watchlist.lang),
        "feeds": list(watchlist.feeds),
    }


_OF_CONCEPTS = ("concept", "ambiguous")


def matches(places: Iterable[Match]) -> list[dict[str, Any]]:
    """Return the matches for a record; those of no concept are as in records of earlier stores."""
    rows = map(asdict, places)
    return [{k: v for k, v in row.items() if v or k not in _OF_CONCEPTS} for row in rows]


def article(article: Article, feed: Feed, text: Mapping[str, Any]) -> dict[str, Any]:
    """Return the description of an article for a record; its text stays in the store."""
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "author": article.author,
        "outlet": article.outlet,
        "lang": article.lang,
        "published": article.published,
        "seen": article.seen,
        "feed": {"number": feed.number, "name": feed.name},
        "first_feed": article.feeds[0],
        **text,
    }


def answer(response: ResponseEvidence | None) -> dict[str, Any] | None:
    """Return the description of the response that brought an article, for a record."""
    if response is None:
        return None
    return asdict(response) | {"headers": dict(response.headers)}


def record_content(record: str) -> Mapping[str, Any]:
    """Return the content of a record; an empty mapping if it is no JSON object."""
    try:
        content = json.loads(record)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def recorded_feeds(record: str) -> list[tuple[int, object, object]]:
    """Return number, name and URL of the feeds of a record; none if it is not of their form."""
    try:
        feeds = [(int(feed), name, url) for feed, name, url in record_content(record)["feeds"]]
    except (KeyError, TypeError, ValueError):
        return []
    return feeds
