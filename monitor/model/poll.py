"""One poll: what a server answered, what was read in it, and what it changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from monitor.base.article import Article, Timestamp
from monitor.model.alert import AlertKind, BegunIncident, FeedIncident
from monitor.model.watchlist import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model.feed import Feed, FeedState, PermanentRedirect, Poll, PublicationRate
    from monitor.model.watchlist import WatchlistMatch


class Hints(Struct, frozen=True, kw_only=True):
    """What an answer says about when to ask again, in seconds."""

    max_age: float | None = None
    """Largest of max-age minus Age and Expires minus Date; None if not said."""
    ttl: float | None = None
    """The feed's own `<ttl>` or `sy:update*`."""


class Fetched(Struct, frozen=True, kw_only=True):
    """A body to read. Validators are the raw bytes of the headers."""

    url: str
    """Where the body came from, after redirects."""
    body: bytes
    base: str = ""
    """From where its relative links lead, when that is not `url`."""
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
    headers: tuple[tuple[str, str], ...] = ()
    """Headers that say where and when it came from: nothing secret."""
    digest: bytes = b""
    """Hash of the body, by which it counts as new or known; empty until it was reckoned."""
    received: Timestamp | None = None
    """When its last byte arrived; None if that was not measured."""


class ResponseEvidence(Struct, frozen=True, kw_only=True):
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


class NotModified(Struct, frozen=True, kw_only=True):
    """The server says that nothing changed (304)."""

    hints: Hints = Hints()
    moved_to: str | None = None
    """As in Fetched."""


class Entry(Struct, frozen=True, kw_only=True):
    """One item as the feed published it, its text already clean, and what identifies it."""

    guid: str
    """The feed's own id for it; empty when it gives none."""
    url: str
    """Absolute http(s) link; empty when it gives none."""
    title: str
    summary: str
    body: str = ""
    author: str = ""
    published: Timestamp | None = None
    source: str = ""
    """Name of where the feed has it from; empty when it gives none."""
    source_url: str = ""
    """Its absolute address."""
    features: bytes = b""
    """Those of its texts, packed, where they were read with the document."""
    key: str = ""
    """Its key in its feed (see `monitor.intake.parse.document`)."""
    fingerprint: bytes = b""
    """Hash of its words."""
    canonical: str = ""
    """The address that all spellings of its link share; empty if it has none."""
    parts: bytes = b""
    """Hashes of title, summary, body and canonical link, one after the other."""


class ParsedFeed(Struct, frozen=True, kw_only=True):
    """What a feed's document says of itself, and its entries in its order."""

    title: str = ""
    link: str = ""
    lang: str = ""
    """Declared language, as two letters; empty when not declared."""
    ttl: float | None = None
    format: str = ""
    """What it is written in, for people: `RSS 2.0`; empty when it does not say."""
    entries: tuple[Entry, ...] = ()


class Page(Struct, frozen=True, kw_only=True):
    """The text of the page of an article, or why there is none."""

    text: str = ""
    reason: str = ""
    final: bool = False
    """Whether another try is pointless."""
    later: float = 0.0
    """Seconds until the next page may be fetched, by the crawl delay of the site."""


class KnownArticle(Struct, frozen=True, kw_only=True):
    """What recognition needs of an archived article."""

    id: int
    feed: int
    """Number of the feed that had it first."""
    title: str
    fingerprint: bytes
    """As that feed published it; empty when not at hand."""
    site_guids: frozenset[str] = frozenset()
    """Guids under which other feeds of the site of the feed asked about published it."""


class Known(Struct, frozen=True, kw_only=True):
    """What the store knows of the entries of one feed's document."""

    feed: int
    """Number of the feed asked about."""
    guids: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)
    """Article id and fingerprint by key of this feed's entries (see `parse.document.key`)."""
    parts: Mapping[str, bytes] = field(default_factory=dict)
    """Hashes of the parts of this feed's entries by key (see `Entry`); none of an
    entry that was last stored before these were kept."""
    urls: Mapping[str, tuple[KnownArticle, ...]] = field(default_factory=dict)
    """Articles of any feed, by canonical URL."""
    contents: Mapping[bytes, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """(guid, article id) of this feed's earlier entries, by fingerprint."""
    own: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Guids under which this feed published the articles named above, by article id."""


class Headline(Struct, frozen=True):
    """The headline of an article, who wrote it and when."""

    title: str = ""
    source: str = ""
    """The outlet that an aggregator names, else the number of the feed."""
    publisher: str = ""
    """Name of the outlet and host of the article: what a headline may say of its publisher."""
    date: Timestamp = 0.0


NO_HEADLINE = Headline()


class StoryCandidate(Struct, frozen=True):
    """An article that shares shingles with the one to assign."""

    article: int
    story: int
    shared: frozenset[int]
    """The shingles of the article to assign that it has too."""
    size: int
    """Number of its shingles."""
    headline: Headline
    copy_of: int | None = None
    """The article of which it is a copy itself."""


class PendingPage(Struct, frozen=True, kw_only=True):
    """An article whose page was to be read."""

    article: Article
    attempts: int
    """How often that was tried."""
    backfill: bool
    """Published before its feed was watched."""


class Names(Struct, frozen=True):
    """The proper names, acronyms and figures of an article, with its language and date."""

    groups: tuple[frozenset[int], ...] = ()
    """Hashes of the words of each name, negative for figures: New York has two words."""
    lang: str = ""
    date: Timestamp = 0.0

    @property
    def words(self) -> frozenset[int]:
        return frozenset().union(*self.groups)


class ArticleChange(Struct, frozen=True, kw_only=True):
    """A new article, or a known one whose text changed."""

    article: Article
    new: bool = False
    """False for an edited one: its earlier text becomes a version."""
    guid: str = ""
    """Key of the entry in its feed (see `parse.document.key`); empty without a new one."""
    fingerprint: bytes = b""
    """Hash of the folded entry (see `parse.document.fingerprint`)."""
    parts: bytes = b""
    """Hashes of the parts of the entry (see `Entry`)."""
    canonical: str = ""
    """Canonical URL, for recognition across feeds; empty without one, or without a new one."""
    hits: tuple[WatchlistMatch, ...] = ()
    unmatched: str = ""
    """Why it was set aside and not matched; empty when it was matched."""
    shingles: frozenset[int] = frozenset()
    copy_of: int | None = None
    """The article of which this is nearly the same text."""
    names: Names = Names()
    perhaps: int | None = None
    """An earlier article in another language that names the same names."""
    outlet_url: str = ""
    """Address of the outlet of an article that an aggregator brings."""
    carried: bool = False
    """Whether one more feed carries it, and nothing else changed."""
    wants_page: bool = False
    backfill: bool = False
    """Published before its feed was watched: its alerts are marked backfill."""


class Sighting(Struct, frozen=True, kw_only=True):
    """A known article found in another feed or under another guid."""

    article: int
    guid: str
    fingerprint: bytes
    parts: bytes = b""
    canonical: str = ""
    """Canonical URL of the entry: a link of the article, maybe one more."""
    reissued: bool = False
    """The guid replaces the guids that this feed used for the article before."""


class FeedHistory(Struct, frozen=True, kw_only=True):
    """What the store has of a feed besides its polling state."""

    habit: PublicationRate | None = None
    """Its publication rate, None while unknown."""
    move: PermanentRedirect | None = None
    """Its permanent redirect, None without one."""
    incidents: Mapping[AlertKind, FeedIncident] = field(default_factory=dict)
    """The last incident of each kind."""
    last_articles: frozenset[int] = frozenset()
    """The articles of its last document that brought anything new; empty while unknown."""


class PollOutcome(Struct, frozen=True, kw_only=True):
    """Everything one poll of one feed changes, committed together or not at all."""

    feed: Feed
    state: FeedState
    poll: Poll
    arrivals: tuple[ArticleChange, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    missed: tuple[Timestamp, Timestamp] | None = None
    """The coverage gap: from the last read to this one, when they had nothing in common."""
    articles: frozenset[int] = frozenset()
    """The articles of the document, to compare the next one with; empty if nothing was new."""
    begun: tuple[BegunIncident, ...] = ()
    """Incidents that begin with the poll."""
    ended: tuple[AlertKind, ...] = ()
    """Incidents that end with the poll."""
    habit: PublicationRate | None = None
    """The updated publication rate, None if the poll taught nothing about it."""
    move: PermanentRedirect | None = None
    """The permanent redirect, if it changed."""
    answered: ResponseEvidence | None = None
    """The answer that brought the article changes."""


class RaisedAlert(Struct, frozen=True, kw_only=True):
    """An alert just raised, or escalated, with what a line about it must say."""

    id: int
    watchlist: str
    severity: Severity
    title: str
    feed: str
    backfill: bool
    kind: AlertKind = AlertKind.MATCH
    suppressed: str = ""
    """A `SuppressionReason`: why nobody is notified; empty when somebody is."""
    escalation: str = ""
    """Why an alert that was raised before is escalated; empty for one just raised."""
    lang: str = ""
    """Of its article."""


class RunSummary(Struct, frozen=True, kw_only=True):
    """The summary of a run."""

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
    raised: tuple[int, ...] = ()
    """The alerts that were raised or escalated, of a run with an end (`--once`)."""
