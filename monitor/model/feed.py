"""Feeds: subscriptions with their options, the state of polling, health and coverage."""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import astuple

from monitor.base import signs
from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _, mark_all, pgettext
from monitor.base.url import normalized_url


class Secret(Struct, frozen=True):
    """A text that is never printed or logged."""

    text: str

    def __str__(self) -> str:
        return "…"

    __repr__ = __str__


class RequestOptions(Struct, frozen=True, kw_only=True):
    """The options of requests for a feed and its article pages."""

    headers: tuple[tuple[str, Secret], ...] = ()
    """Sent to the origin of the feed only. The user and password (`auth`) are among them."""
    user_agent: str = ""
    """Value of the header User-Agent; empty for that of tocsin."""
    proxy: Secret | None = None
    """URL of the proxy; it may hold a password."""
    timeout: float | None = None
    """Seconds that a whole response may take; None for the default."""
    encoding: str = ""
    """Encoding of the document, whatever the document declares; empty to detect it."""

    def variant(self) -> str:
        """Return a text that differs for options under which a server may answer differently.

        It holds no secret: of the headers, only the names.
        """
        names = sorted(name.lower() for name, _ in self.headers)
        return "|".join((self.encoding, self.user_agent, *names)).strip("|")


DEFAULT_OPTIONS = RequestOptions()


class Setting(NamedTuple):
    """A setting of a feed, and the part of `feeds.yaml` that sets it."""

    key: str
    """The key in `feeds.yaml`."""
    value: str
    """The value as people see it; a secret is not shown."""
    source: str
    """`the feed`, `tag belgique` or `defaults`; people read `shown_names.source_name` of it."""
    in_file: bool = False
    """Whether it may be a secret, and is written in the file itself."""


class PermanentRedirect(Struct, frozen=True):
    """The target of permanent redirects of a feed, the same each time; empty for none."""

    to: str
    since: Timestamp
    """Time of the first redirect."""
    latest: Timestamp
    times: int


class FormerAddress(Struct, frozen=True):
    """An address that a feed had before it moved."""

    url: str
    until: Timestamp
    """Time of the last redirect from there."""


class SourceKind(enum.StrEnum):
    """The kind of what is read at the address of a source."""

    FEED = "feed"
    SITEMAP = "sitemap"
    PAGE = "page"
    MAILBOX = "mailbox"

    @property
    def key(self) -> str:
        """The key in `feeds.yaml` that holds the address."""
        return "url" if self is SourceKind.FEED else self


class Selectors(Struct, frozen=True, kw_only=True):
    """Where the articles of a page are, as selectors of CSS; all but the first within an item."""

    item: str
    title: str = ""
    """The headline; empty for the text of the link."""
    link: str = ""
    """The link; empty for the first one."""
    date: str = ""
    """The date; empty for an element `time`."""
    summary: str = ""


class Source(Struct, frozen=True, kw_only=True):
    """How the document at the address of a feed becomes entries."""

    kind: SourceKind = SourceKind.FEED
    selectors: Selectors | None = None
    """Those of a page."""
    since: str = ""
    """Day from which a mailbox or a sitemap is read, as 2026-11-01; empty for what is newest."""
    split: bool = False
    """Whether each headline of a mail that lists links is an article."""

    def texts(self) -> tuple[str, ...]:
        """Return what makes another reading of the same document."""
        return astuple(self.selectors) if self.selectors else ()


FEED = Source()


class Feed(Struct, frozen=True, kw_only=True, eq=False):
    """A subscription from `feeds.yaml`."""

    url: str
    """Without user and password: they are in its request options."""
    source: Source = FEED
    name: str
    tags: tuple[str, ...] = ()
    every: float | None = None
    """Seconds between polls that the analyst asks for; None leaves it to tocsin."""
    full_text: bool = False
    """Fetch each new article's page and match its text too."""
    lang: str = ""
    """Language that the analyst declares; empty to detect it."""
    witness: bool | None = None
    """Whether it may be compared with a sitemap of its site; None where tocsin decides."""
    outlet: str = ""
    """The site whose feeds and sitemap are compared, if that of the feed is one of these."""
    is_found: bool = False
    """Whether tocsin found it beside feeds, and `feeds.yaml` does not have it."""
    enabled: bool = True
    request_options: RequestOptions = DEFAULT_OPTIONS
    named: bool = True
    """Whether `feeds.yaml` names it; else it is called by its title, once that is known."""
    number: int = 0
    """Number in the store; 0 before it is stored."""
    settings: tuple[Setting, ...] = ()
    """All settings of it in `feeds.yaml`. They do not count when feeds are compared."""

    @property
    def address(self) -> str:
        """Its URL as a selector names it: `lesoir.be/rss.xml`."""
        return normalized_url(self.url)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Feed) and astuple(self)[:-1] == astuple(other)[:-1]

    def __ne__(self, other: object) -> bool:  # that of a struct would compare all fields
        return not self == other

    def __hash__(self) -> int:
        return hash(astuple(self)[:-1])


class Health(enum.StrEnum):
    """The health of a feed."""

    NEW = "new"
    OK = "ok"
    LATE = "late"
    """It is overdue: no monitor runs, or the monitor has too much to do."""
    BLIND = "blind"
    """Coverage gap: the last two polls had no entry in common."""
    SILENT = "silent"
    """It has published nothing for longer than is usual for it."""
    QUARANTINED = "quarantined"
    """Its articles exceeded the limits of matching or indexing: it is polled rarely."""
    FAILING = "failing"
    GONE = "gone"
    PAUSED = "paused"

    @property
    def label(self) -> str:
        """The name that people read; programs read the value."""
        return pgettext("health", _BLIND if self is Health.BLIND else self)

    @property
    def sign(self) -> str:
        """Its sign, in lists of feeds."""
        return _HEALTH_SIGNS.get(self, signs.LOOK)


_HEALTH_SIGNS = {
    Health.OK: signs.OK, Health.NEW: signs.NOT_YET, Health.PAUSED: signs.RESTS,
    Health.FAILING: signs.FAILED, Health.GONE: signs.FAILED,
}  # fmt: skip


(_BLIND,) = mark_all("health", "coverage gap")
# The values of the others are their names in English.
mark_all("health", "new", "ok", "late", "silent", "quarantined", "failing", "gone", "paused")


class FeedState(Struct, frozen=True, kw_only=True):
    """The state of polling a feed; it survives restarts."""

    etag: bytes | None = None
    last_modified: bytes | None = None
    body_hash: bytes | None = None
    """Hash of the last body whose entries are stored; a body with this hash is not new."""
    children: bytes | None = None
    """The sitemaps of an index as they were last read (see `monitor.intake.sitemap_index`)."""
    next_due: Timestamp = 0.0
    last_poll: Timestamp | None = None
    last_ok: Timestamp | None = None
    first_ok: Timestamp | None = None
    """Time of its first read since this is kept."""
    compared_at: Timestamp | None = None
    """Time of the last read with the newest entries that are known: a coverage gap begins there."""
    failures: int = 0
    """Number of failed polls in a row."""
    reason: str = ""
    """The reason why the last poll failed, in words; empty after a success."""
    gone: bool = False
    """Whether the server answered 410; the feed is not polled again."""
    blind: bool = False
    """Coverage gap: no entry in common between the last two polls."""
    title: str = ""
    link: str = ""
    lang: str = ""
    """Language of most of its articles; until that is known, the declared one."""
    delay: float = 900.0
    """Planned seconds after the last read, without the random part."""
    asked_until: Timestamp = 0.0
    """Earliest time of the next request, even for the analyst: asked by the server, or back-off."""
    failing_since: Timestamp | None = None
    """Time of the first of these failures; None when the feed itself did not fail."""
    published: Timestamp | None = None
    """Time of its last new entry."""
    usual: float | None = None
    """Usual seconds between two publications; None until that is known."""
    silent_after: float | None = None
    """Seconds without a publication that are unusual for it; None until that is known."""
    breaches: int = 0
    """Times in a row that its articles exceeded the limits of matching or indexing."""
    breached_at: Timestamp | None = None
    """Time of the last breach."""
    breach: str = ""
    """The breach in words; empty when it is not quarantined."""

    @property
    def is_wanted(self) -> bool:
        """Whether a user asked for a poll, or none was ever planned."""
        return not self.next_due


class SubscribedFeed(Struct, frozen=True, kw_only=True):
    """A feed that is subscribed to, as the store knows it."""

    feed: Feed
    state: FeedState
    articles: int
    move: PermanentRedirect | None = None
    """Its permanent redirect; None without one."""
    former: FormerAddress | None = None
    """Its last address before it moved; None if it never did."""
    barrier: str = ""
    """Why the last pages of its articles were not shown to us; empty if they were."""
    barred: int = 0
    """How many pages in a row."""


class GapKind(enum.StrEnum):
    """The reason why articles may have been missed."""

    BLIND = "blind"
    """Two polls had no entry in common: entries between them may be missing."""
    DOWN = "down"
    """The feed cannot be read, or no monitor runs: the next poll shows what was missed."""

    @property
    def label(self) -> str:
        """The name that people read; programs read the value."""
        return _("no entry in common") if self is GapKind.BLIND else _("not read")


class Gap(Struct, frozen=True, kw_only=True):
    """A coverage gap: an interval of which articles of a feed may be missing."""

    feed: Feed
    start: Timestamp
    """Time of the last read before the gap; of a blind one, `FeedState.compared_at`."""
    end: Timestamp | None
    """Time of the first read after it; None while it lasts."""
    kind: GapKind


class Outcome(enum.StrEnum):
    """The outcome of a poll."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Poll(Struct, frozen=True, kw_only=True):
    """A poll of a feed, as its log keeps it."""

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
    """Coverage gap: no entry in common with the poll before."""
    status: int | None = None
    """HTTP status; None without an answer."""
    moved: str = ""
    """The address that answered, if it is not that of the feed."""


class FeedHealth(SubscribedFeed, frozen=True, kw_only=True):
    """The health of a feed, in words."""

    health: Health
    words: str
    """One line for people: the trouble, and the next step of tocsin."""
    trouble: str = ""
    """The trouble alone, for briefings; empty without trouble."""


class PublicationRate(Struct, frozen=True, kw_only=True):
    """The times of publication of a feed, which tell an unusual silence from a normal one.

    Entries within an hour count as one publication.
    """

    since: Timestamp
    """The earliest publication that is known."""
    last: Timestamp
    """The latest one."""
    days: int = 1
    """Days (UTC) on which it published."""
    recent: tuple[float, ...] = ()
    """Seconds between the last publications, oldest first."""
    pauses: tuple[tuple[Timestamp, float], ...] = ()
    """The longest pauses of the last weeks: end and seconds of each; oldest first."""


class Coverage(Struct, frozen=True, kw_only=True):
    """The coverage of the feeds that a watchlist watches."""

    watchlist: str
    feeds: int
    """Feeds that it watches."""
    gaps: tuple[Gap, ...]
    """Gaps of these feeds, the earliest first."""

    def touched(self, kind: GapKind | None = None) -> int:
        return len({gap.feed.number for gap in self.gaps if kind in (None, gap.kind)})


def known_feeds(feeds: Iterable[Feed], configured: Iterable[Feed]) -> dict[int, Feed]:
    """Return every feed by number, in the version of feeds.yaml if it has one."""
    by_url = {feed.url: feed for feed in configured}
    return {feed.number: by_url.get(feed.url, feed) for feed in feeds}
