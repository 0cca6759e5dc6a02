"""The usual number of stories of each watchlist, and the watchlists that are unusual."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
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

Past = Mapping[str, Sequence[Story]]
"""The stories of each watchlist, the oldest first."""


def long_read_feeds(views: VolumeViews, past: Past, now: Timestamp) -> dict[int, Timestamp]:
    """Return the feeds that are known for long enough, with the first read or story of each."""
    since = views.read_since()
    for stories in past.values():
        for feed, at in {story.feed: story.at for story in stories[::-1]}.items():
            since[feed] = min(since.get(feed, now), at)
    return {feed: first for feed, first in since.items() if now - first >= volume.HISTORY}


def unusual_times(views: VolumeViews, since: Timestamp) -> list[UnusualTime]:
    """Return the unusual times of watchlists that lasted until then or longer."""
    return [time for time in views.unusual(since) if time.kind in UNUSUAL]


def watched_times(views: VolumeViews, since: Timestamp) -> list[Interval]:
    """Return the times in which the monitor watched since then."""
    return [(max(start, since), end) for start, end in views.watched(since)]


def known_times(watched: Sequence[Interval], past: Past, since: Timestamp) -> list[Interval]:
    """Return the times that were watched, and those between that imported articles cover."""
    moments = sorted(story.at for stories in past.values() for story in stories)
    known = [*watched]
    for start, end in volume.gaps([(since, since), *watched], since, math.inf):
        covered = moments[bisect_right(moments, start) : bisect_left(moments, end)]
        if covered and covered[-1] - covered[0] >= DAY:
            known.append((covered[0], covered[-1]))
    return sorted(known)


def learn_patterns(
    views: VolumeViews,
    watchlists: Iterable[WatchlistInForce],
    past: Past,
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
    watched = known_times(watched_times(views, now - memory), past, now - memory)
    if not watched or now - watched[0][0] < volume.HISTORY - DAY:
        return {}  # too little is known of each
    times = unusual_times(views, now - memory - DAY)
    feeds, unread = long_read_feeds(views, past, now), views.unread()
    changes = views.rule_changes(now - memory)
    hours = Hours.until(now, watched, zone)
    patterns = {}
    for watchlist in watchlists:
        if watchlist.is_pending:
            continue
        excluded = [_left_out(time) for time in times if time.watchlist == watchlist.name]
        stories = past.get(watchlist.name, ())
        since = changes.get(watchlist.name, 0.0)
        pattern = volume.learn(stories, hours, since, feeds, excluded, unread, windows)
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
        learned_for = now // DAY, *in_force
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
