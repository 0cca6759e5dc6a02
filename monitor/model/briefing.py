"""A briefing: what a stretch of time brought, watchlist by watchlist, and what may be missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.model.alert import Alert, Outlet, StoryAlerts, StoryTimeline
from monitor.model.watchlist import Baseline

if TYPE_CHECKING:
    from monitor.model.feed import Gap


UNKNOWN = Baseline()


class LitText(Struct, frozen=True):
    """A text from a feed, and the spans of it that match."""

    text: str
    spans: tuple[tuple[int, int], ...] = ()


class BriefedStory(StoryAlerts, frozen=True, kw_only=True):
    """A story of a briefing, with its alerts that are neither noise nor silenced."""

    lead: Alert
    """The newest of the watchlist under which it is listed."""
    excerpt: LitText
    """The sentence with the first match of `lead`; empty if only the headline matches."""

    @property
    def headline(self) -> LitText:
        spans = ((m.start, m.end) for m in self.lead.matches if m.field == "title")
        return LitText(self.lead.title, tuple(sorted(spans)))

    @property
    def telling(self) -> StoryTimeline:
        return max((a.telling for a in self.alerts), key=lambda timeline: len(timeline.outlets))

    @property
    def others(self) -> tuple[Outlet, ...]:
        """Return the outlets besides the first, in the order in which they had it."""
        return self.telling.outlets[1:]

    @property
    def first(self) -> str:
        """Return the outlet that had it first."""
        outlets = self.telling.outlets
        return outlets[0].name if outlets else self.lead.publisher

    @property
    def at(self) -> Timestamp:
        """Return when that outlet published it, or when it was first seen there."""
        outlets = self.telling.outlets
        published = (outlets[0].published if outlets else self.lead.published) or 0.0
        seen = outlets[0].seen if outlets else self.lead.raised_at
        return published if 0 < published <= seen else seen

    @property
    def escalations(self) -> tuple[str, ...]:
        """Return why it became more severe, in words."""
        steps = (step.words for alert in self.alerts for step in alert.escalations)
        return tuple(dict.fromkeys(steps))

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(alert.note for alert in self.alerts if alert.note))


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
