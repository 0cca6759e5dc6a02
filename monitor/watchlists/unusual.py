"""Looks every few minutes whether watchlists bring far more stories than usual, or none."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import tzinfo

from msgspec import Struct

from monitor.base.article import Timestamp
from monitor.judgement.alerts import unusual_volume as volume
from monitor.judgement.alerts.plan import AlertPlan
from monitor.judgement.alerts.routing import Routing
from monitor.judgement.alerts.unusual_planning import HEADLINES, UnusualWatchlist, plan_unusual
from monitor.judgement.alerts.unusual_volume import DAY, Interval, Pattern, Story, Unusual
from monitor.model.alert import AlertKind, UnusualTime
from monitor.model.feed import SubscribedFeed
from monitor.model.watchlist import Watchlist
from monitor.storage.store.sql.store import Store
from monitor.storage.store.sql.volumes import VolumeViews
from monitor.watchlists.baselines import (
    learn_patterns,
    long_read_feeds,
    unusual_times,
    watched_times,
)

RECENT = 3 * DAY
"""Seconds for which stories are kept from one look to the next."""


class _Look(Struct, frozen=True, kw_only=True):
    """The facts at one look."""

    views: VolumeViews
    watchlists: Mapping[str, Watchlist]
    """Watchlists to look at, by name."""
    watched: Sequence[Interval]
    unwatched: Sequence[Interval]
    """Times of the last two days in which no monitor watched."""
    times: Sequence[UnusualTime]
    zone: tzinfo
    now: Timestamp


class UnusualWatch:
    """Looks at the watchlists of one newsroom. Runs in the store's thread.

    Patterns are learned once a day, from eight weeks of alerts; a look reads the new stories.
    """

    def __init__(self, store: Store, clock: Callable[[], Timestamp]) -> None:
        self._store = store
        self._clock = clock
        self._learned_for: object = None
        self._patterns: dict[str, Pattern] = {}
        self._feeds: frozenset[int] = frozenset()
        self._recent: dict[str, list[Story]] = {}
        self._last: dict[str, Timestamp] = {}
        self._read_until = 0.0
        self._newest = 0

    def look(
        self,
        watchlists: Sequence[Watchlist],
        routing: Routing,
        zone: tzinfo,
        *,
        patience: float,
        memory: float = volume.MEMORY,
        network_down: bool = False,
    ) -> AlertPlan:
        """Note that the monitor watches; return the plan that raises and ends unusual times.

        Args:
            watchlists: The watchlists in force.
            routing: Channels and routes.
            zone: Time zone of the hours of the day.
            patience: Seconds between two looks after which the monitor was away.
            memory: Seconds for which alerts are kept.
            network_down: Whether no feed can be read: then nothing is noted and nothing raised.

        Raises:
            StoreError: The store refuses; nothing was changed.
        """
        now = self._clock()
        if network_down:
            return AlertPlan(at=now)
        with self._store.batch() as batch:
            batch.volumes.note_watched(now, patience, now - volume.MEMORY - DAY)
        memory = min(memory, volume.MEMORY)
        with self._store.reading() as reading:
            views = reading.volumes
            watched = watched_times(views, now - memory)
            look = _Look(
                views=views,
                watchlists={item.name: item for item in watchlists if item.unusual},
                watched=watched,
                unwatched=volume.gaps(watched, now - 2 * DAY, now),
                times=unusual_times(views, now - memory - DAY),
                zone=zone,
                now=now,
            )
            self._read(look, memory)
            started, ended = self._started(look), self._ended(look)
        if not (started or ended):
            return AlertPlan(at=now)
        with self._store.batch() as batch:
            facts = batch.volumes.facts([unusual.watchlist.name for unusual in started], now)
            plan = plan_unusual(started, ended, facts, routing, now)
            batch.save_alerts(plan)
        return plan

    # --- usual patterns ------------------------------------------------------------------

    def _read(self, look: _Look, memory: float) -> None:
        """Read the stories since the last look; once a day read all, and learn the patterns."""
        views, now = look.views, look.now
        in_force = self._store.watchlists.in_force()
        rules = ((item.name, item.rule) for item in look.watchlists.values())
        learned_for = now // DAY, *rules, *in_force
        if learned_for == self._learned_for and self._read_until <= now:
            for name, stories in views.stories(self._read_until, self._newest).items():
                self._recent.setdefault(name, []).extend(stories)
                self._last[name] = stories[-1].at
                self._newest = max(self._newest, *(story.alert for story in stories))
        else:
            past = views.stories(now - volume.MEMORY)
            active = [item for item in in_force if item.name in look.watchlists]
            self._patterns = learn_patterns(views, active, past, look.zone, now, memory)
            self._feeds = frozenset(long_read_feeds(views, past, now) if self._patterns else ())
            self._last = {name: stories[-1].at for name, stories in past.items()}
            self._recent = {
                name: [story for story in stories if story.at > now - RECENT]
                for name, stories in past.items()
            }
            newest = (story.alert for stories in past.values() for story in stories)
            self._newest = max(newest, default=0)
            self._learned_for = learned_for
        self._read_until = now

    # --- unusual watchlists --------------------------------------------------------------

    def _started(self, look: _Look) -> list[UnusualWatchlist]:
        """Return the watchlists that are unusual from now on."""
        unread = look.views.unread()
        lasting = {(time.watchlist, time.kind) for time in look.times if time.ended_at is None}
        ended = {(t.watchlist, t.kind): t.ended_at for t in look.times if t.ended_at is not None}
        started = []
        for name, watchlist in look.watchlists.items():
            pattern = self._patterns.get(name)
            if pattern is None:
                continue
            if (name, AlertKind.SPIKE) not in lasting:
                spike = volume.find_spike(
                    pattern, self._recent.get(name, []), look.now, look.zone,
                    known_feeds=self._feeds,
                    last_end=ended.get((name, AlertKind.SPIKE), 0.0),
                    unwatched=look.unwatched, unread=unread,
                )  # fmt: skip
                if spike is not None:
                    started.append(self._with_stories(look.views, watchlist, spike))
            if (name, AlertKind.QUIET) not in lasting and (last := self._last.get(name)):
                silence = self._silence(look, pattern, last)
                if silence is not None:
                    started.append(self._with_stories(look.views, watchlist, silence))
        return started

    def _ended(self, look: _Look) -> list[tuple[str, AlertKind]]:
        """Return the unusual times that have ended."""
        lasting = [time for time in look.times if time.ended_at is None]
        return [(time.watchlist, time.kind) for time in lasting if not self._lasts(look, time)]

    def _lasts(self, look: _Look, time: UnusualTime) -> bool:
        pattern = self._patterns.get(time.watchlist)
        if pattern is None:
            return False
        if time.kind is AlertKind.QUIET:
            return self._last.get(time.watchlist, 0.0) <= time.started_at
        stories = self._recent.get(time.watchlist, [])
        return not volume.is_spike_over(
            pattern, stories, look.now, look.zone, known_feeds=self._feeds, unwatched=look.unwatched
        )

    def _silence(self, look: _Look, pattern: Pattern, last: Timestamp) -> Unusual | None:
        """Return a silence of the healthy feeds, which are looked up only if it matters."""

        def silence(healthy: Collection[int]) -> Unusual | None:
            return volume.find_silence(
                pattern, last, look.now, look.zone, healthy_feeds=healthy, watched=look.watched
            )

        if silence(self._feeds) is None:
            return None
        blind = {gap.feed.number for gap in self._store.feeds.gaps(last, look.now)}
        healthy = {
            record.feed.number
            for record in self._store.feeds.subscribed()
            if _is_well(record, look.now) and record.feed.number not in blind
        }
        return silence(self._feeds & healthy)

    def _with_stories(
        self, views: VolumeViews, watchlist: Watchlist, unusual: Unusual
    ) -> UnusualWatchlist:
        """Return an unusual watchlist with the stories that make the difference."""
        stories = self._recent.get(watchlist.name, [])
        if unusual.kind is AlertKind.SPIKE:
            recent = [s for s in stories if s.at >= unusual.since and s.feed in self._feeds]
        else:
            recent = stories[-1:]
        alerts = [story.alert for story in recent]
        articles = views.articles_of(alerts)
        return UnusualWatchlist(
            watchlist=watchlist,
            unusual=unusual,
            alerts=tuple(alerts) if unusual.stories else (),
            headlines=tuple(article.title for article in articles[:HEADLINES] if article.title),
        )


def _is_well(record: SubscribedFeed, now: Timestamp) -> bool:
    """Return whether a feed can be read and publishes as usual."""
    state = record.state
    if not record.feed.enabled or state.gone or state.failures or state.last_ok is None:
        return False
    silent_for = state.last_ok - (state.published or state.last_ok)
    return state.silent_after is None or silent_for <= state.silent_after
