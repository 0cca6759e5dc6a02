"""The usual number of stories of each watchlist, and the watchlists that are unusual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING

from monitor.base.article import Timestamp
from monitor.judgement.alerts import unusual_volume as volume
from monitor.judgement.alerts.unusual_volume import DAY, Hours, Interval, Pattern, Story
from monitor.model.alert import UNUSUAL, AlertKind, UnusualTime
from monitor.model.watchlist import Baseline, WatchlistInForce

if TYPE_CHECKING:
    from monitor.storage.store.sql.views import Views
    from monitor.storage.store.sql.volumes import VolumeViews

WEEK_HOURS = 7 * 24


def long_read_feeds(views: VolumeViews, now: Timestamp) -> dict[int, Timestamp]:
    """Return the feeds that have been read for long enough, with the first read of each."""
    read_since = views.read_since().items()
    return {feed: since for feed, since in read_since if now - since >= volume.HISTORY}


def unusual_times(views: VolumeViews, since: Timestamp) -> list[UnusualTime]:
    """Return the unusual times of watchlists that lasted until then or longer."""
    return [time for time in views.unusual(since) if time.kind in UNUSUAL]


def watched_times(views: VolumeViews, since: Timestamp) -> list[Interval]:
    """Return the times in which the monitor watched since then."""
    return [(max(start, since), end) for start, end in views.watched(since)]


def learn_patterns(
    views: VolumeViews,
    watchlists: Iterable[WatchlistInForce],
    past: Mapping[str, Sequence[Story]],
    zone: tzinfo,
    now: Timestamp,
    memory: float = volume.MEMORY,
    windows: Sequence[int] = volume.WINDOWS,
) -> dict[str, Pattern]:
    """Return the pattern of each watchlist of which enough is known.

    Args:
        views: The store.
        watchlists: The watchlists.
        past: Their stories.
        zone: Time zone of the hours of the day.
        now: The time.
        memory: Seconds of the past that are known.
        windows: See `volume.learn`.
    """
    watched = watched_times(views, now - memory)
    if not watched or now - watched[0][0] < volume.HISTORY - DAY:
        return {}  # too little is known of each
    times = unusual_times(views, now - memory - DAY)
    feeds, unread = long_read_feeds(views, now), views.unread()
    hours = Hours.until(now, watched, zone)
    patterns = {}
    for watchlist in watchlists:
        if watchlist.since is None:
            continue
        excluded = [_left_out(time) for time in times if time.watchlist == watchlist.name]
        stories = past.get(watchlist.name, ())
        pattern = volume.learn(stories, hours, watchlist.since, feeds, excluded, unread, windows)
        if pattern is not None:
            patterns[watchlist.name] = pattern
    return patterns


class Baselines:
    """The patterns of the watchlists of a newsroom, for viewers; learned once a day."""

    def __init__(self, views: Views, zone: tzinfo) -> None:
        self._views = views
        self._zone = zone
        self._learned_for: object = None
        self._patterns: dict[str, Pattern] = {}

    def between(
        self, since: Timestamp, until: Timestamp, now: Timestamp, *, lasting: bool
    ) -> dict[str, Baseline]:
        """Return the baseline of each watchlist in a time: stories, usual stories, unusual or not.

        Args:
            since: When the time begins.
            until: When it ends.
            now: The present time; the patterns are learned from its past.
            lasting: Whether only what still lasts is unusual.
        """
        in_force = self._views.watchlists.in_force()
        learned_for = now // DAY, *((active.name, active.since) for active in in_force)
        with self._views.volumes() as volumes:
            if learned_for != self._learned_for:
                past = volumes.stories(now - volume.MEMORY)
                self._patterns = learn_patterns(
                    volumes, in_force, past, self._zone, now, windows=()
                )
                self._learned_for = learned_for
            times = [
                time
                for time in unusual_times(volumes, since)
                if time.started_at < until and not (lasting and time.ended_at is not None)
            ]
            stories = volumes.stories(since)
        return {
            name: self._baseline(name, stories.get(name, ()), since, until, times)
            for name in (active.name for active in in_force)
        }

    def _baseline(
        self,
        name: str,
        stories: Sequence[Story],
        since: Timestamp,
        until: Timestamp,
        times: Sequence[UnusualTime],
    ) -> Baseline:
        kinds = {time.kind for time in times if time.watchlist == name}
        pattern = self._patterns.get(name)
        return Baseline(
            today=sum(story.at < until for story in stories),
            usual=pattern.usual((since, until), self._zone) if pattern else None,
            weeks=int(pattern.watched_hours // WEEK_HOURS) if pattern else 0,
            surprise=AlertKind.SPIKE in kinds,
            quiet=AlertKind.QUIET in kinds,
        )


def _left_out(time: UnusualTime) -> Interval:
    """Return the part of an unusual time to leave out: more than a day becomes usual."""
    end = time.started_at + DAY
    return time.started_at - DAY, min(time.ended_at or end, end)
