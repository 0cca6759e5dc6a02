"""What is written down of each alert, chained: a record cannot be changed without being seen.

A record is JSON on one line, its keys sorted; it holds its own number and the SHA-256 of the
record before it, and its hash is the SHA-256 of its text in UTF-8. Who has noted one hash
elsewhere knows that nothing up to there has been changed since.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

from index.article import Article
from monitor.model.alert import Match
from monitor.model.config import Watchlist
from monitor.model.feed import Feed
from monitor.model.poll import Answered

BEGINNING = "0" * 64
"""What the first record has in place of the hash of one before it."""


class Kind(enum.StrEnum):
    """What a record tells of."""

    RULE = "rule"
    """A watchlist, as it was written: records of alerts name it by its number."""
    RAISED = "raised"
    ESCALATED = "escalated"
    EDITED = "edited"
    """The publisher edited the article of an alert; it may not match any more."""
    PAGE = "page"
    """The page of an alert's article was read: it has a longer text."""
    REMATCHED = "rematched"
    """An edited watchlist matches the article of an alert elsewhere."""
    DROPPED = "dropped"
    """The archive no longer keeps an alert and its article; its records stay."""
    EARLIER = "earlier"
    """An alert that was raised before there were records, as it was found then."""


class Via(enum.StrEnum):
    """What an article came by when it raised an alert."""

    POLL = "poll"
    PAGE = "page"
    """It was there; its page, read since, matches."""
    ARCHIVE = "archive"
    """It was there before the watchlist."""
    IMPORT = "import"


def canonical(said: Mapping[str, Any]) -> str:
    """Return a mapping as JSON on one line that is the same wherever it is made."""
    return json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, in hexadecimal."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def link(number: int, previous: str, said: Mapping[str, Any]) -> tuple[str, str]:
    """Return the text of a record, and its hash."""
    record = canonical({**said, "number": number, "previous": previous})
    return record, digest(record)


def text_hash(title: str, summary: str, body: str) -> str:
    """Return the SHA-256 of an article's text: of the JSON list of its three parts."""
    return digest(json.dumps([title, summary, body], ensure_ascii=False, separators=(",", ":")))


def rule(watchlist: Watchlist) -> dict[str, Any]:
    """Return what a watchlist says, as it was written."""
    return {
        "watchlist": watchlist.name,
        "version": watchlist.rule,
        "query": watchlist.query.text,
        "lang": list(watchlist.lang),
        "feeds": list(watchlist.feeds),
    }


def matches(found: Iterable[Match]) -> list[dict[str, Any]]:
    """Return where an article matched, and by what."""
    return [
        {"field": m.field, "start": m.start, "end": m.end, "text": m.text, "term": m.term}
        for m in found
    ]


def article(article: Article, feed: Feed, text: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is written down of an article; its text stays in the store."""
    return {
        "id": article.id,
        "url": article.url,
        "title": article.title,
        "author": article.author,
        "lang": article.lang,
        "published": article.published,
        "seen": article.seen,
        "feed": {"number": feed.number, "name": feed.name},
        **text,
    }


def answer(answered: Answered | None) -> dict[str, Any] | None:
    """Return what is written down of the answer that brought an article."""
    if answered is None:
        return None
    return {
        "url": answered.url,
        "status": answered.status,
        "headers": dict(answered.headers),
        "body": answered.body,
        "received": answered.received,
    }


def told(record: str) -> Mapping[str, Any]:
    """Return what a record says; an empty mapping if it is no JSON object."""
    try:
        said = json.loads(record)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
