"""The words of watching: frozen values, one type per stage, no I/O.

Times are seconds since the epoch (UTC), durations are seconds.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Article, Timestamp

if TYPE_CHECKING:
    from index.query import Query

# --- what the analyst asks for -------------------------------------------------


class Severity(enum.StrEnum):
    """How loud an alert is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A subscription from `feeds.yaml`."""

    url: str
    name: str
    tags: tuple[str, ...] = ()
    every: float | None = None
    """Seconds between polls as asked for; None leaves it to tocsin."""
    full_text: bool = False
    """Fetch each new article's page and match its text too."""
    lang: str = ""
    """Language the analyst says it is in; empty to find out."""
    enabled: bool = True
    number: int = 0
    """The store's number for it; 0 while the store has not met it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watchlist:
    """A named standing query of the analyst."""

    name: str
    query: Query
    severity: Severity = Severity.MEDIUM
    lang: tuple[str, ...] = ()
    """Only articles in one of these languages (or undetermined); empty is all."""
    feeds: tuple[str, ...] = ()
    """Only feeds named so or `tag:so`; empty is all."""
    match: tuple[str, ...] = ()
    """Sentences that must match: tests of the watchlist."""
    no_match: tuple[str, ...] = ()


Networks = tuple[IPv4Network | IPv6Network, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """`feeds.yaml`, understood."""

    path: Path
    data: Path
    """The folder of this newsroom's store, index and log."""
    feeds: tuple[Feed, ...]
    watchlists: tuple[Watchlist, ...]
    allow: Networks = ()
    """Private address ranges that may be asked; they are the operator's own."""
    contact: str = ""
    """Address a publisher can write to, sent in the User-Agent."""


# --- polling -------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """The server says that nothing changed (304)."""

    hints: Hints = Hints()


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


# --- matching ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a watchlist hit an article: `article.part(field)[start:end] == text`."""

    field: str
    start: int
    end: int
    text: str
    term: str
    """The clause of the query that matched, as the analyst wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A watchlist that an article satisfies, and where."""

    watchlist: Watchlist
    matches: tuple[Match, ...]


# --- what one poll brought, ready to be stored ----------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownArticle:
    """What recognition needs of an archived article."""

    id: int
    feed: int
    """Number of the feed that had it first."""
    title: str
    fingerprint: bytes
    """As that feed published it; empty when not at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the store knows of the entries of one feed's document."""

    feed: int
    """Number of the feed asked about."""
    guids: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)
    """Article id and fingerprint by key of this feed's entries (see `identify.key`)."""
    urls: Mapping[str, tuple[KnownArticle, ...]] = field(default_factory=dict)
    """Articles of any feed, by canonical URL."""
    contents: Mapping[bytes, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """(guid, article id) of this feed's earlier entries, by fingerprint."""
    own: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Guids under which this feed published the articles named above, by article id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A new article, or a known one whose text changed."""

    article: Article
    new: bool
    """False for an edited one: its earlier text becomes a version."""
    guid: str
    """Key of the entry in its feed (see `identify.key`)."""
    fingerprint: bytes
    """Hash of the folded entry (see `identify.fingerprint`)."""
    canonical: str
    """Canonical URL, for recognition across feeds; may be empty."""
    hits: tuple[Hit, ...] = ()
    shingles: frozenset[int] = frozenset()
    copy_of: int | None = None
    """The article of which this is nearly the same text."""
    wants_page: bool = False
    backfill: bool = False
    """It was there before we watched: alerts from it are not news."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A known article met under another feed or another guid."""

    article: int
    guid: str
    fingerprint: bytes
    reissued: bool = False
    """This guid takes the place of the ones this feed used for it before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """Everything one poll of one feed changes, committed together or not at all."""

    feed: Feed
    state: FeedState
    poll: Poll
    arrivals: tuple[Arrival, ...] = ()
    sightings: tuple[Sighting, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """An alert just raised, with what a line about it must say."""

    id: int
    watchlist: str
    severity: Severity
    title: str
    feed: str
    backfill: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The text of an article's page, or why there is none."""

    article: int
    text: str = ""
    reason: str = ""
    status: int | None = None
    """HTTP status of a failure, if there was one."""


# --- what the analyst sees ------------------------------------------------------


class AlertState(enum.StrEnum):
    """What the analyst has done with an alert."""

    NEW = "new"
    ACKNOWLEDGED = "acknowledged"


class Verdict(enum.StrEnum):
    """What the analyst thinks of an alert; kept to judge the watchlist."""

    NONE = ""
    RELEVANT = "relevant"
    NOISE = "noise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The fact that a watchlist matched an article, with what a row must show."""

    id: int
    watchlist: str
    article: int
    severity: Severity
    state: AlertState
    verdict: Verdict
    starred: bool
    backfill: bool
    raised_at: Timestamp
    title: str
    url: str
    feed: str
    """Name of the feed that had it first."""
    lang: str
    published: Timestamp | None
    copies: int = 0
    """Other articles that tell the same story."""
    matches: tuple[Match, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which alerts or articles; empty fields do not restrict."""

    since: Timestamp | None = None
    until: Timestamp | None = None
    lang: tuple[str, ...] = ()
    feeds: tuple[str, ...] = ()
    """Feed names or `tag:NAME`."""
    watchlists: tuple[str, ...] = ()
    state: AlertState | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """One article that a search found."""

    article: Article
    feed: str
    score: float
    spans: tuple[tuple[str, int, int], ...]
    """(part, start, end) of every match, on the article's own text."""
    snippet: str
    """The text around the best matches, on one line."""
    lit: tuple[tuple[int, int], ...]
    """Matches as offsets into the snippet."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found."""

    found: tuple[Found, ...]
    total: int
    note: str = ""
    """What the reader must know: an index that is behind or being rebuilt."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An article with everything one wants to know while reading it."""

    article: Article
    feed: str
    alerts: tuple[Alert, ...]
    """With their matches: why it is here."""
    others: tuple[tuple[str, Timestamp], ...] = ()
    """Outlets with the same story, and when each had it, the first one first."""
    versions: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedHealth:
    """How a feed is doing, in words."""

    feed: Feed
    health: Health
    state: FeedState
    articles: int
    words: str
    """One line a person understands: what is wrong and what tocsin will do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistCount:
    """A watchlist and what it brought."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    spark: tuple[int, ...]
    """Alerts in each two hours of the last day, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistRecord:
    """What a watchlist has brought so far, and what the analyst thought of it."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    last_hit: Timestamp | None
    relevant: int
    """Alerts with this verdict; those with none count for neither."""
    noise: int


@dataclass(frozen=True, slots=True)
class BackfillStand:
    """How far a new rule has got with the articles that were there before it."""

    watchlist: str
    upto: int
    """Id of the last article it was matched with."""
    until: int
    """Id of the last article that was there before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitorPresence:
    """The monitor that watches a data folder."""

    pid: int
    since: Timestamp
    config: str
    log: str
    """Path of its log file; empty when it logs to its terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The newsroom at a glance."""

    articles: int
    indexed: int
    """Articles that can be searched; the rest is on its way."""
    alerts: int
    untriaged: int
    feeds: Mapping[Health, int]
    blind: int
    monitor: MonitorPresence | None
    """None when nobody watches."""
    pulse: Timestamp | None
    """Last sign of life of the monitor."""
    config_error: str = ""
    """Why the last edit of `feeds.yaml` is not in force; empty when it is."""
    network_down: str = ""
    """Why the network is blamed instead of the feeds; empty when it is not."""
    log: str = ""
    """Path of the log of a monitor in the background; empty if there never was one."""
    backfill: tuple[BackfillStand, ...] = ()
    """Rules that are still being matched with articles older than they."""

    @property
    def failing(self) -> int:
        """Return how many feeds cannot be read."""
        return self.feeds.get(Health.FAILING, 0) + self.feeds.get(Health.GONE, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What one round of polling came to."""

    feeds: int = 0
    ok: int = 0
    unchanged: int = 0
    failed: int = 0
    entries: int = 0
    new: int = 0
    changed: int = 0
    alerts: int = 0
    seconds: float = 0.0
    failures: Mapping[str, str] = field(default_factory=dict)
    """Reason in words, by feed URL."""
