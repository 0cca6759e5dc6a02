"""Polls: the answer of a server, its entries, and the changes they bring."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.json import Decoder, Encoder

from monitor.base.article import Article, ArticleText, Timestamp
from monitor.base.url import host, registered_name_of
from monitor.model.alert import AlertKind, BegunIncident, FeedIncident
from monitor.model.watchlist import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from monitor.model.feed import Feed, FeedState, PermanentRedirect, Poll, PublicationRate
    from monitor.model.watchlist import WatchlistMatch


class Hints(Struct, frozen=True, kw_only=True):
    """The hints of an answer about the next request, in seconds."""

    max_age: float | None = None
    """Largest of max-age minus Age and Expires minus Date; None if not said."""
    ttl: float | None = None
    """The feed's own `<ttl>` or `sy:update*`."""


class Fetched(Struct, frozen=True, kw_only=True):
    """A body to read. Validators are the raw bytes of the headers."""

    url: str
    """Address of the body, after redirects."""
    body: bytes
    base: str = ""
    """Base of its relative links, if that is not `url`."""
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
    """Encoding that the analyst declares; empty to detect it."""
    headers: tuple[tuple[str, str], ...] = ()
    """Headers about its origin and time, none of them secret."""
    digest: bytes = b""
    """Hash of the body, by which it counts as new or known; empty until it is computed."""
    received: Timestamp | None = None
    """Time of its last byte; None if that was not measured."""


class ResponseEvidence(Struct, frozen=True, kw_only=True):
    """The evidence of the answer that brought an article."""

    url: str
    """Its address, without secrets."""
    status: int
    headers: tuple[tuple[str, str], ...]
    """Headers about its origin and time, none of them secret."""
    body: str
    """Hash of its body: BLAKE2b of 128 bits, in hexadecimal."""
    received: Timestamp
    """Time of its last byte."""


class NotModified(Struct, frozen=True, kw_only=True):
    """The server says that nothing changed (304)."""

    hints: Hints = Hints()
    moved_to: str | None = None
    """Target of permanent redirects, as in `Fetched`."""


class Entry(ArticleText, frozen=True, kw_only=True):
    """One item as the feed published it, and its identifiers."""

    guid: str
    """The feed's own id for it; empty when it gives none."""
    source: str = ""
    """Name of the source that the feed gives; empty without one."""
    source_url: str = ""
    """Absolute address of the source."""
    lang: str = ""
    """Language that the feed declares for it; empty if it declares none for single entries."""
    answer: ResponseEvidence | None = None
    """The answer that brought it, if it is another one than that of the poll."""
    features: bytes = b""
    """Features of its texts, packed, where they were read with the document."""
    key: str = ""
    """Its key in its feed (see `monitor.intake.parse.entry`)."""
    fingerprint: bytes = b""
    """Hash of its words (see `monitor.intake.parse.entry`)."""
    canonical: str = ""
    """The address that all spellings of its link share; empty if it has none."""
    parts: bytes = b""
    """Hashes of title, summary, body and canonical link, one after the other."""


NO_ENTRY = Entry(guid="", url="", title="", summary="")


class ParsedFeed(Struct, frozen=True, kw_only=True):
    """The metadata of a feed's document, and its entries in their order."""

    title: str = ""
    link: str = ""
    lang: str = ""
    """Declared language, as two letters; empty when not declared."""
    ttl: float | None = None
    format: str = ""
    """Format for people: `RSS 2.0`; empty if the document does not name it."""
    entries: tuple[Entry, ...] = ()
    children: tuple[str, ...] = ()
    """Addresses of the documents that have its entries, the newest first; empty if it has them."""
    is_continued: bool = False
    """Whether one of these is as it was at the last poll: its entries are not among those here."""
    seconds: float = 0.0
    """Seconds of processor time in which the document was read; 0 if that was not measured."""


class Page(Struct, frozen=True, kw_only=True):
    """The text of the page of an article, or why there is none."""

    title: str = ""
    """The headline of the page."""
    text: str = ""
    reason: str = ""
    final: bool = False
    """Whether another try is pointless."""
    later: float = 0.0
    """Seconds until the next page may be fetched, by the crawl delay of the site."""
    is_barred: bool = False
    """Whether the site does not show it to us: a challenge, consent, a login, a paywall, a 403."""


class KnownArticle(Struct, frozen=True, kw_only=True):
    """The values of an archived article by which it is recognised."""

    id: int
    feed: int
    """Number of the feed that had it first."""
    title: str
    fingerprint: bytes
    """Fingerprint of the entry in that feed; empty if it is not known."""
    site_guids: frozenset[str] = frozenset()
    """Guids under which other feeds of the same site published it."""
    is_same_address: bool = False
    """Whether its address is its name: a sitemap of the same site has it, or asks for it."""


class Known(Struct, frozen=True, kw_only=True):
    """The knowledge of the store about the entries of one document of a feed."""

    feed: int
    """Number of the feed."""
    guids: Mapping[str, tuple[int, bytes]] = field(default_factory=dict)
    """Article id and fingerprint by key of this feed's entries (see `parse.entry.key`)."""
    parts: Mapping[str, bytes] = field(default_factory=dict)
    """Hashes of the parts of this feed's entries by key (see `Entry`); none of an
    entry that was last stored before these were kept."""
    urls: Mapping[str, tuple[KnownArticle, ...]] = field(default_factory=dict)
    """Articles of any feed, by canonical URL."""
    contents: Mapping[bytes, tuple[tuple[str, int], ...]] = field(default_factory=dict)
    """(guid, article id) of this feed's earlier entries, by fingerprint."""
    own: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """Guids under which this feed published the articles named above, by article id."""


EDITION = 20 * 3600.0
"""Seconds after which a source that repeats a headline brings the next edition of a column."""


class Headline(Struct, frozen=True):
    """The headline of an article, with its source and date."""

    title: str = ""
    feed: int = 0
    outlet: str = ""
    url: str = ""
    date: Timestamp = 0.0

    @property
    def source(self) -> str:
        """The outlet that an aggregator names, else the domain of the address or the feed."""
        return self.outlet or registered_name_of(host(self.url)) or str(self.feed)

    @property
    def publisher(self) -> str:
        """Name of the outlet and host of the article: words that a headline may end with."""
        return f"{self.outlet} {host(self.url).removeprefix('www.')}".strip()


NO_HEADLINE = Headline()


class StoryCandidate(Struct, frozen=True):
    """An article that shares shingles with the one to assign."""

    article: int
    story: int
    shared: frozenset[int]
    """The shingles that it shares with the article to assign."""
    size: int
    """Number of its shingles."""
    headline: Headline
    copy_of: int | None = None
    """The article of which this candidate is a copy."""
    began: Timestamp = 0.0
    """When the first article of its story was seen; 0 if that is dropped."""


class PendingPage(Struct, frozen=True, kw_only=True):
    """An article whose page was to be read."""

    article: Article
    attempts: int
    """Number of earlier attempts."""
    backfill: bool
    """Whether it was published before its feed was watched."""


class Names(Struct, frozen=True):
    """The proper names, acronyms and figures of an article, with its language and date."""

    groups: tuple[frozenset[int], ...] = ()
    """Hashes of the words of each name, negative for figures: New York has two words."""
    lang: str = ""
    date: Timestamp = 0.0

    @property
    def words(self) -> frozenset[int]:
        return frozenset().union(*self.groups)

    @property
    def encoded(self) -> str:
        """The groups as the JSON in which they are stored."""
        return _encoded(self.groups).decode()

    def having(self, words: frozenset[int]) -> Iterator[frozenset[int]]:
        """Yield for each different name that has some of these words those that it has.

        All figures are one name. A headline In Title Case looks like one long name.
        """
        if figures := frozenset(word for word in words if word < 0):
            yield figures
        remaining = words - figures
        for group in self.groups:
            if name := group & remaining:
                remaining -= name
                yield name


_encoded = Encoder(order="deterministic").encode
decoded_groups = Decoder(tuple[frozenset[int], ...]).decode
"""Returns the groups of names from the JSON in which they are stored."""
UNSEEN, UNSEEN_BEARERS = 500, 5
"""Articles that a newsroom is taken to have besides, and those with any name: among few articles
every name is rare."""


def rarity(bearers: int, articles: int) -> float:
    """Return the logarithm of the share of articles that have a name, negated."""
    return math.log((articles + UNSEEN) / (bearers + UNSEEN_BEARERS))


class Namesakes(Struct, frozen=True):
    """Recent articles that have the names of some texts."""

    of: tuple[dict[int, Names], ...]
    """The names of a few of them by id, near in date, for each text."""
    recent: int
    """The approximate number of all recent articles."""
    bearers: dict[int, int]
    """The number of recent articles that have a word in a name, for all words of names here."""


class ArticleChange(Struct, frozen=True, kw_only=True):
    """A new article, or a known one whose text changed."""

    article: Article
    new: bool = False
    """False for an edited article, whose earlier text becomes a version."""
    entry: Entry = NO_ENTRY
    """The entry that brought it."""
    hits: tuple[WatchlistMatch, ...] = ()
    unmatched: str = ""
    """The reason why it was set aside and not matched; empty if it was matched."""
    shingles: frozenset[int] = frozenset()
    copy_of: int | None = None
    """The article of which this is nearly the same text."""
    names: Names = Names()
    perhaps: int | None = None
    """An earlier article in another language with the same names."""
    outlet_url: str = ""
    """Address of the outlet of an article that an aggregator brings."""
    carried: bool = False
    """Whether the only change is one more feed that carries it."""
    wants_page: bool = False
    backfill: bool = False
    """Whether it was published before its feed was watched: its alerts are marked backfill."""


class Sighting(Struct, frozen=True, kw_only=True):
    """An entry of a known article."""

    entry: Entry
    article: int
    """Its id."""
    reissued: bool = False
    """Whether the key of the entry replaces those that this feed used for the article before."""


class FeedHistory(Struct, frozen=True, kw_only=True):
    """The history of a feed in the store, without the state of polling."""

    habit: PublicationRate | None = None
    """Its publication rate, None while unknown."""
    move: PermanentRedirect | None = None
    """Its permanent redirect, None without one."""
    incidents: Mapping[AlertKind, FeedIncident] = field(default_factory=dict)
    """The last incident of each kind."""
    last_articles: frozenset[int] = frozenset()
    """The articles of its last document that brought anything new; empty while unknown."""
    last_arrivals: frozenset[int] = frozenset()
    """Those of them that were new: a document without one of them is an older copy."""


class Via(enum.StrEnum):
    """The way in which an article came to raise an alert."""

    POLL = "poll"
    PAGE = "page"
    """The article was stored; its page, read later, matches."""
    ARCHIVE = "archive"
    """The article was stored before the watchlist was added or edited."""
    IMPORT = "import"
    LINK = "link"
    """The article was stored before it was linked with another about the same event."""


class Arrivals(Struct, frozen=True, kw_only=True):
    """Articles of one feed, and incidents of it, that may raise alerts."""

    feed: Feed
    via: Via
    changes: tuple[ArticleChange, ...] = ()
    response: ResponseEvidence | None = None
    """The response that brought the articles, where it is at hand."""
    notices: tuple[BegunIncident, ...] = ()
    """Incidents of the feed that begin."""
    linked: Mapping[int, bool] = field(default_factory=dict)
    """Stories that new links spread, and whether all the linked articles are old."""

    def response_for(self, change: ArticleChange) -> ResponseEvidence | None:
        """Return the response that brought an article."""
        return change.entry.answer or self.response


class PollOutcome(Arrivals, frozen=True, kw_only=True):
    """All changes of one poll of one feed, committed together or not at all."""

    via: Via = Via.POLL
    state: FeedState
    poll: Poll
    sightings: tuple[Sighting, ...] = ()
    missed: tuple[Timestamp, Timestamp] | None = None
    """The coverage gap: from the document compared to this one, if they had no common entry."""
    articles: frozenset[int] = frozenset()
    """The articles of the document, to compare the next one with; empty if nothing was new."""
    new_articles: frozenset[int] = frozenset()
    """Those of them that are new to the feed."""
    ended: tuple[AlertKind, ...] = ()
    """Incidents that end with the poll."""
    habit: PublicationRate | None = None
    """The updated publication rate; None if it did not change."""
    move: PermanentRedirect | None = None
    """The permanent redirect, if it changed."""


class RaisedAlert(Struct, frozen=True, kw_only=True):
    """An alert just raised or escalated, with the facts for a line about it."""

    id: int
    watchlist: str
    severity: Severity
    title: str
    feed: str
    backfill: bool
    kind: AlertKind = AlertKind.MATCH
    suppressed: str = ""
    """The `SuppressionReason` if nobody is notified; else empty."""
    escalation: str = ""
    """The reason of an escalation; empty for an alert just raised."""
    lang: str = ""
    """Language of its article."""


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
    """The alerts that a run with an end (`--once`) raised or escalated."""
