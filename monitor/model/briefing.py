"""Briefings: the stories of a stretch of time by watchlist, and the feeds with gaps."""

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
    """The newest alert of the watchlist under which it is listed."""
    excerpt: LitText
    """The sentence with the first match of `lead`; empty if only the headline matches."""

    @property
    def headline(self) -> LitText:
        spans = ((match.start, match.end) for match in self.lead.matches if match.field == "title")
        return LitText(self.lead.title, tuple(sorted(spans)))

    @property
    def timeline(self) -> StoryTimeline:
        return max((a.timeline for a in self.alerts), key=lambda timeline: len(timeline.outlets))

    @property
    def others(self) -> tuple[Outlet, ...]:
        """Return the outlets besides the first, in the order in which they had it."""
        return self.timeline.outlets[1:]

    @property
    def first(self) -> str:
        """Return the outlet that had it first."""
        outlets = self.timeline.outlets
        return outlets[0].name if outlets else self.lead.publisher

    @property
    def at(self) -> Timestamp:
        """Return the time when that outlet published it, or when it was first seen there."""
        outlets = self.timeline.outlets
        published = (outlets[0].published if outlets else self.lead.published) or 0.0
        seen = outlets[0].seen if outlets else self.lead.raised_at
        return published if 0 < published <= seen else seen

    @property
    def escalations(self) -> tuple[str, ...]:
        """Return the reasons of its escalations, in words."""
        steps = (escalation.words for alert in self.alerts for escalation in alert.escalations)
        return tuple(dict.fromkeys(steps))

    @property
    def notes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(alert.note for alert in self.alerts if alert.note))


class WatchlistBriefing(Struct, frozen=True, kw_only=True):
    """The stories of one watchlist in a briefing."""

    name: str
    stories: tuple[BriefedStory, ...]
    """Top stories first, then the others, each sorted by severity, outlets and time."""
    left_out: int = 0
    """Stories that are not listed, because they exceed the limit."""
    listed_elsewhere: int = 0
    """Stories that stand under another watchlist, because its alert is more severe."""
    noise: int = 0
    """Alerts judged noise, which are not listed."""
    silenced: int = 0
    """Alerts raised in a silence, which are not listed."""
    backfilled: int = 0
    """Alerts of a backfill about earlier articles, which notified nobody and are not listed."""
    baseline: Baseline = UNKNOWN
    """Stories in this stretch of time, and how many are usual in it."""
    chart: tuple[int, ...] = ()
    """Stories in equal parts of the time, oldest first."""
    missed: str = ""
    """Feeds and times with gaps, in words; empty if all its feeds were read."""
    coverage: str = ""
    """What was seen and about how much was published, in words; empty if that is not known."""


class TroubledFeed(Struct, frozen=True, kw_only=True):
    """A feed of which articles may be missing."""

    name: str
    words: str
    """The trouble and its time."""
    gaps: tuple[Gap, ...] = ()


class Briefing(Struct, frozen=True, kw_only=True):
    """The stories of a stretch of time, by watchlist."""

    since: Timestamp
    until: Timestamp
    watchlists: tuple[WatchlistBriefing, ...]
    """Watchlists with an unusual number of stories first, then sorted by their first story."""
    feeds: int
    """Number of feeds that were to be read."""
    top: tuple[BriefedStory, ...] = ()
    """The stories of all watchlists with which it begins; `watchlists` has them too."""
    troubled: tuple[TroubledFeed, ...] = ()
    name: str = ""
    """Name of its entry in feeds.yaml; empty if a user asked for it."""
    due: Timestamp | None = None
    """Planned time, if that was missed."""

    @property
    def stories(self) -> int:
        """Return the number of stories, including those that are not listed."""
        return sum(len(part.stories) + part.left_out for part in self.watchlists)

    @property
    def unusual(self) -> tuple[WatchlistBriefing, ...]:
        """Return the watchlists with more stories than chance explains."""
        return tuple(part for part in self.watchlists if part.baseline.unusual)


class MessageText(Struct, frozen=True, kw_only=True):
    """A message in three formats."""

    subject: str
    plain: str
    markdown: str
    html: str


class StoredBriefing(MessageText, frozen=True, kw_only=True):
    """A scheduled briefing as it is sent; later changes to its stories do not change it.

    `html` is the content of `<body>`.
    """

    id: int = 0
    """0 while it is not stored."""
    name: str
    slot: Timestamp
    """Planned time."""
    made_at: Timestamp
    json: str


class BriefingProgress(Struct, frozen=True):
    """The progress of the briefings of an entry of feeds.yaml."""

    done: Timestamp
    """Scheduled times up to this one are done."""
    until: Timestamp | None
    """End of the last briefing; None before the first."""
