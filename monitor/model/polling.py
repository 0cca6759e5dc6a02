"""What polling a feed brings, and what is remembered of it."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from index.article import Timestamp
from monitor.model.asked import Feed
from monitor.model.moves import Former, Move


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


class Health(enum.StrEnum):
    """How a feed is doing."""

    NEW = "new"
    OK = "ok"
    LATE = "late"
    """Overdue: nobody watches, or there is too much to do."""
    BLIND = "blind"
    """Its last two reads had nothing in common."""
    SILENT = "silent"
    """It publishes nothing, for longer than is its habit."""
    FAILING = "failing"
    GONE = "gone"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What is remembered of polling a feed; survives restarts."""

    etag: bytes | None = None
    last_modified: bytes | None = None
    body_hash: bytes | None = None
    """Of the last body whose entries are stored: the judge of what is new."""
    next_due: Timestamp = 0.0
    last_poll: Timestamp | None = None
    last_ok: Timestamp | None = None
    failures: int = 0
    """In a row."""
    reason: str = ""
    """Why the last poll failed, in words; empty after a success."""
    gone: bool = False
    """The server said 410: not asked again."""
    blind: bool = False
    """Nothing of the last poll was known from the one before: some may be missed."""
    title: str = ""
    link: str = ""
    lang: str = ""
    """Language its articles are mostly in, as learned; declared until then."""
    delay: float = 900.0
    """Seconds that were to pass after the last read, before chance added to them."""
    asked_until: Timestamp = 0.0
    """Not to be asked before, whatever the analyst wishes: the server's word, or back-off."""
    failing_since: Timestamp | None = None
    """When the failures in a row began; None when there are none of its own."""
    published: Timestamp | None = None
    """When it last brought something new."""
    usual: float | None = None
    """Seconds between two of its publications, mostly; None until that is known."""
    silent_after: float | None = None
    """Seconds without a publication that would not be its habit; None until that is known."""


class GapKind(enum.StrEnum):
    """Why something may have been missed."""

    BLIND = "blind"
    """Two reads had nothing in common: what came and went between them was missed."""
    DOWN = "down"
    """It cannot be read, or nobody watches: what will be missed shows when it is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An interval of which articles of a feed may be missing."""

    feed: Feed
    start: Timestamp
    """When it was last read before."""
    end: Timestamp | None
    """When it was read again; None while it is not."""
    kind: GapKind


class Outcome(enum.StrEnum):
    """What a poll came to."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """One line of a feed's log."""

    at: Timestamp
    outcome: Outcome
    entries: int = 0
    new: int = 0
    changed: int = 0
    reason: str = ""
    seconds: float = 0.0
    known: int = 0
    """Entries that the feed had before."""
    blind: bool = False
    """None of them was: some may have been missed since the read before."""
    status: int | None = None
    """Of HTTP; None when there was no answer."""
    moved: str = ""
    """Where the answer came from, when that is another address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How a feed is doing, in words."""

    feed: Feed
    health: Health
    state: FeedState
    articles: int
    words: str
    """One line a person understands: what is wrong and what tocsin will do."""
    move: Move | None = None
    """Where it is sent on to for good; None for nowhere."""
    former: Former | None = None
    """The address that it had before it moved; None if it never did."""


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
