"""What servers answer, and what is read in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.article import Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What an answer says about when to ask again, in seconds."""

    max_age: float | None = None
    """Largest of max-age minus Age and Expires minus Date; None if not said."""
    ttl: float | None = None
    """The feed's own `<ttl>` or `sy:update*`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A body to read. Validators are the raw bytes of the headers."""

    url: str
    """Where the body came from, after redirects."""
    body: bytes
    content_type: str = ""
    etag: bytes | None = None
    last_modified: bytes | None = None
    hints: Hints = Hints()
    moved_to: str | None = None
    """Target of an unbroken chain of permanent redirects (301, 308)."""
    status: int = 200
    hops: tuple[str, ...] = ()
    """Addresses that were asked before, each redirecting to the next."""
    encoding: str = ""
    """What the analyst says that it is in; empty to find out."""
    told: tuple[tuple[str, str], ...] = ()
    """Headers that say where and when it came from: nothing secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What is kept as evidence of the answer that brought an article."""

    url: str
    """Where it came from, without secrets."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """Those that say where and when it came from: nothing secret."""
    body: str
    """Hash of its body: BLAKE2b of 128 bits, in hexadecimal."""
    received: Timestamp
    """When its last byte was there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server says that nothing changed (304)."""

    hints: Hints = Hints()
    moved_to: str | None = None
    """As in Fetched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One item as the feed published it, its text already clean."""

    guid: str
    """The feed's own id for it; empty when it gives none."""
    url: str
    """Absolute http(s) link; empty when it gives none."""
    title: str
    summary: str
    body: str = ""
    author: str = ""
    published: Timestamp | None = None
    updated: Timestamp | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedFeed:
    """What a feed's document says of itself, and its entries in its order."""

    title: str = ""
    link: str = ""
    lang: str = ""
    """Declared language, as two letters; empty when not declared."""
    ttl: float | None = None
    format: str = ""
    """What it is written in, for people: `RSS 2.0`; empty when it does not say."""
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The text of an article's page, or why there is none."""

    article: int
    text: str = ""
    reason: str = ""
    status: int | None = None
    """HTTP status of a failure, if there was one."""
    final: bool = False
    """Whether asking again is pointless."""
    later: float = 0.0
    """Seconds until its turn, where the site wants some between two pages."""
