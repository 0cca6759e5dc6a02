"""A briefing: what a stretch of time brought, watchlist by watchlist, and what may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.model.watchlist import Baseline

if TYPE_CHECKING:
    from monitor.model.alert import AlertState, Outlet
    from monitor.model.feed import Gap
    from monitor.model.watchlist import Severity


UNKNOWN = Baseline()


class LitText(Struct, frozen=True):
    """A text from a feed, and the spans of it that match."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


class BriefedStory(Struct, frozen=True, kw_only=True):
    """A story of a briefing."""

    headline: LitText
    """Of its newest article that the watchlist matches, under which it is listed."""
    excerpt: LitText
    """The sentence with the first match; empty if only the headline matches."""
    url: str
    lang: str
    article: int | None
    alerts: tuple[int, ...]
    """Its alerts that count: those that are neither noise nor silenced."""
    watchlists: tuple[str, ...]
    """Those that raised these alerts, the highest severity first."""
    severity: Severity
    state: AlertState
    starred: bool
    first: str
    """The outlet that had it first."""
    at: Timestamp
    """When that outlet published it, or when it was first seen there."""
    others: tuple[Outlet, ...] = ()
    """The other outlets, in the order in which they had it."""
    elsewhere: tuple[Outlet, ...] = ()
    """Outlets that tell of the event in another language or in other words."""
    escalations: tuple[str, ...] = ()
    """Why it became more severe, in words."""
    notes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


class WatchlistBriefing(Struct, frozen=True, kw_only=True):
    """What a watchlist brought."""

    name: str
    stories: tuple[BriefedStory, ...]
    """By weight: severity, outlets, time."""
    left_out: int = 0
    """Stories that are not listed, because there are more than were asked for."""
    listed_elsewhere: int = 0
    """Stories that stand under another watchlist, because its alert is more severe."""
    noise: int = 0
    """Alerts called noise, which are not listed."""
    silenced: int = 0
    """Alerts raised in a silence, which are not listed."""
    backfilled: int = 0
    """Alerts of a backfill about articles published before this time, which are not listed."""
    baseline: Baseline = UNKNOWN
    """Stories in this stretch of time, and how many are usual in it."""
    chart: tuple[int, ...] = ()
    """Stories in equal parts of the time, oldest first."""
    missed: str = ""
    """What may be missing, in words; empty if all its feeds were read."""


class TroubledFeed(Struct, frozen=True, kw_only=True):
    """A feed of which articles may be missing."""

    name: str
    words: str
    """What is or was wrong, and when."""
    gaps: tuple[Gap, ...] = ()


class Briefing(Struct, frozen=True, kw_only=True):
    """What happened in a stretch of time."""

    since: Timestamp
    until: Timestamp
    watchlists: tuple[WatchlistBriefing, ...]
    """By weight: those with an unusual number of stories first, then by their first story."""
    feeds: int
    """Feeds that were to be read."""
    troubled: tuple[TroubledFeed, ...] = ()
    name: str = ""
    """Of its entry in feeds.yaml; empty if somebody asked for it."""
    due: Timestamp | None = None
    """When it should have been made, if that was missed."""

    @property
    def stories(self) -> int:
        """Return how many stories there are, those that are not listed included."""
        return sum(len(one.stories) + one.left_out for one in self.watchlists)

    @property
    def unusual(self) -> tuple[WatchlistBriefing, ...]:
        """Return the watchlists with more stories than chance explains."""
        return tuple(one for one in self.watchlists if one.baseline.unusual)


class StoredBriefing(Struct, frozen=True, kw_only=True):
    """A briefing by schedule as it is sent, whatever happens to what it tells of."""

    id: int = 0
    """0 while it is not stored."""
    name: str
    slot: Timestamp
    """When it was due."""
    made_at: Timestamp
    subject: str
    plain: str
    markdown: str
    html: str
    """What stands inside `<body>`."""
    json: str


class BriefingProgress(Struct, frozen=True):
    """How far the briefings of an entry of feeds.yaml have got."""

    done: Timestamp
    """Times up to then are done with."""
    until: Timestamp | None
    """When the last one ended; None before the first."""
