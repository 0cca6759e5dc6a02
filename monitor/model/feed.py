"""Feeds: what is polled and with which options, what is remembered of it, and how it is doing."""

from __future__ import annotations

import enum
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import astuple

from monitor.base.article import Timestamp
from monitor.base.translation import gettext as _
from monitor.base.translation import mark_all, pgettext


class Secret(Struct, frozen=True):
    """A text that is never printed or logged."""

    text: str

    def __str__(self) -> str:
        return "…"

    __repr__ = __str__


class RequestOptions(Struct, frozen=True, kw_only=True):
    """What the configuration changes in the requests for a feed and its article pages."""

    headers: tuple[tuple[str, Secret], ...] = ()
    """Sent to the origin of the feed only. The user and password (`auth`) are among them."""
    user_agent: str = ""
    """Empty for tocsin's own."""
    proxy: Secret | None = None
    """URL of the proxy; it may hold a password."""
    timeout: float | None = None
    """Seconds that a whole response may take; None for the default."""
    encoding: str = ""
    """Encoding of the document, whatever the document declares; empty to detect it."""

    def variant(self) -> str:
        """Return what distinguishes options under which a server may answer differently.

        It holds no secret: of the headers, only the names.
        """
        names = sorted(name.lower() for name, _ in self.headers)
        return "|".join((self.encoding, self.user_agent, *names)).strip("|")


DEFAULT_OPTIONS = RequestOptions()


class Setting(NamedTuple):
    """A value that holds for a feed, and which part of `feeds.yaml` sets it."""

    key: str
    """The key in `feeds.yaml`."""
    value: str
    """The value as shown to people; of a secret, only that there is one."""
    source: str
    """`the feed`, `tag belgique` or `defaults`; people read `shown_names.source_name` of it."""
    in_file: bool = False
    """Whether it may be a secret, and is written in the file itself."""


class PermanentRedirect(Struct, frozen=True):
    """Where permanent redirects of a feed lead, the same each time; nowhere when `to` is empty."""

    to: str
    since: Timestamp
    """When they were first met."""
    latest: Timestamp
    times: int


class FormerAddress(Struct, frozen=True):
    """An address that a feed had before it moved."""

    url: str
    until: Timestamp
    """When it was last sent on from there."""


class Feed(Struct, frozen=True, kw_only=True, eq=False):
    """A subscription from `feeds.yaml`."""

    url: str
    """Without user and password: they are in its request options."""
    name: str
    tags: tuple[str, ...] = ()
    every: float | None = None
    """Seconds between polls as asked for; None leaves it to tocsin."""
    full_text: bool = False
    """Fetch each new article's page and match its text too."""
    lang: str = ""
    """Language the analyst says it is in; empty to find out."""
    enabled: bool = True
    request_options: RequestOptions = DEFAULT_OPTIONS
    number: int = 0
    """The store's number for it; 0 while the store has not met it."""
    settings: tuple[Setting, ...] = ()
    """What `feeds.yaml` says of it, wherever it says so. Does not count when feeds are compared."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Feed) and astuple(self)[:-1] == astuple(other)[:-1]

    def __ne__(self, other: object) -> bool:  # that of a struct would compare all fields
        return not self == other

    def __hash__(self) -> int:
        return hash(astuple(self)[:-1])


class Health(enum.StrEnum):
    """How a feed is doing."""

    NEW = "new"
    OK = "ok"
    LATE = "late"
    """Overdue: no monitor runs, or it has too much to do."""
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


(_BLIND,) = mark_all("health", "coverage gap")
# The values of the others are their names in English.
mark_all("health", "new", "ok", "late", "silent", "quarantined", "failing", "gone", "paused")


class FeedState(Struct, frozen=True, kw_only=True):
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
    """Coverage gap: no entry in common between the last two polls."""
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
    breaches: int = 0
    """How often in a row its articles exceeded the limits of matching or indexing."""
    breached_at: Timestamp | None = None
    """When they did so last."""
    breach: str = ""
    """How, in words; empty when it is not quarantined."""

    @property
    def is_wanted(self) -> bool:
        """Whether somebody asked for a poll, or none was ever planned."""
        return not self.next_due


class SubscribedFeed(NamedTuple):
    """A feed that is subscribed to, as the store knows it."""

    feed: Feed
    state: FeedState
    articles: int
    move: PermanentRedirect | None
    """Its permanent redirect; None without one."""
    former: FormerAddress | None
    """Its last address before it moved; None if it never did."""


class GapKind(enum.StrEnum):
    """Why articles may have been missed."""

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
    """When it was last read before."""
    end: Timestamp | None
    """When it was read again; None while it is not."""
    kind: GapKind


class Outcome(enum.StrEnum):
    """The outcome of a poll."""

    READ = "read"
    UNCHANGED = "unchanged"
    FAILED = "failed"


class Poll(Struct, frozen=True, kw_only=True):
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
    """Coverage gap: no entry in common with the poll before."""
    status: int | None = None
    """Of HTTP; None when there was no answer."""
    moved: str = ""
    """The address that answered, if it is another one."""


class FeedHealth(Struct, frozen=True, kw_only=True):
    """How a feed is doing, in words."""

    feed: Feed
    health: Health
    state: FeedState
    articles: int
    words: str
    """One line a person understands: what is wrong and what tocsin will do."""
    trouble: str = ""
    """What is wrong alone, for briefings; empty if nothing is."""
    move: PermanentRedirect | None = None
    """Its permanent redirect; None without one."""
    former: FormerAddress | None = None
    """Its address before it moved; None if it never did."""


class PublicationRate(Struct, frozen=True, kw_only=True):
    """When a feed publishes, to tell an unusual silence from a normal one.

    Entries within an hour count as one publication.
    """

    since: Timestamp
    """The earliest publication that is known."""
    last: Timestamp
    """The latest one."""
    days: int = 1
    """Days (UTC) on which it published."""
    recent: tuple[float, ...] = ()
    """Seconds between the last ones, oldest first."""
    pauses: tuple[tuple[Timestamp, float], ...] = ()
    """The longest pauses of the last weeks: when each ended, and its seconds; oldest first."""


class Coverage(Struct, frozen=True, kw_only=True):
    """How well the feeds that a watchlist watches were read."""

    watchlist: str
    feeds: int
    """Feeds that it watches."""
    gaps: tuple[Gap, ...]
    """Those of these feeds, the earliest first."""

    def touched(self, kind: GapKind | None = None) -> int:
        return len({gap.feed.number for gap in self.gaps if kind in (None, gap.kind)})
