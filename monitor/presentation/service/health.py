"""How the newsroom is: its monitors, its feeds, what waits, and what may be missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from index.archive import archive_engine
from index.errors import ArchiveError
from monitor.base.article import Timestamp
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _
from monitor.intake.ingest.feed_health import (
    DAY,
    WORST,
    describe_barrier,
    describe_health,
    describe_redirect,
    describe_trouble,
    health,
)
from monitor.model.delivery import DeliveryState
from monitor.model.feed import Coverage, FeedHealth
from monitor.model.lease import SharingMonitor
from monitor.model.recall import Recall
from monitor.model.status import Status, Totals
from monitor.presentation.recall import whole
from monitor.storage.maintenance import index_notes
from monitor.storage.monitor_lock import current_heartbeat, died_heartbeat
from monitor.storage.store.sql.leases import sharing_monitors

if TYPE_CHECKING:
    from monitor.storage.store.sql.views import Views

LOG = "monitor.log"
"""Name of the log of a monitor in the background, in the data folder."""


class NewsroomHealth:
    """The state of one newsroom, read when it is asked for. Thread-safe."""

    def __init__(self, folder: Path, views: Views, clock: Callable[[], Timestamp]) -> None:
        self._folder = folder
        self._views = views
        self._clock = clock

    def feeds(self) -> list[FeedHealth]:
        """Return every feed's health, the worst first."""
        now = self._clock()
        feeds = []
        for record in self._views.feeds.subscribed():
            about = record.feed, record.state, now
            barrier = describe_barrier(record)
            redirect = describe_redirect(record.move, record.former, now)
            words = [describe_health(*about), barrier, redirect]
            if record.feed.is_found:
                words.append(_("a sitemap, compared with the feeds of its site"))
            feeds.append(
                FeedHealth(
                    **asdict(record),
                    health=health(*about),
                    words=clauses(filter(None, words)),
                    trouble=clauses(filter(None, (describe_trouble(*about), barrier))),
                )
            )
        return sorted(feeds, key=lambda f: (WORST.index(f.health), -f.state.failures))

    def coverage(self, since: Timestamp) -> list[Coverage]:
        """Return the coverage of each watchlist: the gaps of its feeds since then."""
        from monitor.intake.ingest.coverage_gaps import coverage

        feeds = [subscribed.feed for subscribed in self._views.feeds.subscribed()]
        watched = {w.name: w.feeds for w in self._views.watchlists.in_force()}
        return coverage(watched, feeds, self._views.feeds.gaps(since, self._clock()))

    def recalls(self, since: Timestamp) -> list[Recall]:
        """Return what was seen of outlets, and by watchlists, and how much was published."""
        from monitor.presentation.service.recall import read_recalls

        return read_recalls(self._views, since, self._clock())

    def recall_of_the_day(self) -> Recall | None:
        """Return the recall of the last day in all outlets; None where none is compared."""
        return whole(self.recalls(self._clock() - DAY))

    def status(self) -> Status:
        """Return the newsroom at a glance; reads the state of every feed."""
        totals, now = self._views.totals(), self._clock()
        feeds = self._views.feeds.subscribed()
        gaps = self._views.feeds.gaps(now - DAY, now)
        unsent = Counter[DeliveryState]()
        for (_channel, state), count in self._views.deliveries.unsent().items():
            unsent[state] += count
        log = (self._folder / LOG).absolute()
        rebuilt = index_notes.read_progress(self._folder, now)
        status = Status(
            articles=totals.articles,
            indexed=self._searchable(totals),
            rebuilt=rebuilt,
            alerts=totals.alerts,
            untriaged=totals.untriaged,
            set_aside=self._views.set_aside_count(),
            feeds=Counter(health(subscribed.feed, subscribed.state, now) for subscribed in feeds),
            blind=sum(subscribed.state.blind for subscribed in feeds),
            gaps=Counter(kind for kind, _url in {(gap.kind, gap.feed.url) for gap in gaps}),
            monitor=None,
            pulse=None,
            backfill=tuple(self._views.watchlists.backfills()),
            silences=tuple(self._views.watchlists.silences(now)),
            silenced=self._views.silenced_count(),
            unsent=unsent[DeliveryState.WAITING],
            dead=unsent[DeliveryState.DEAD],
            log=str(log) if log.exists() else "",
            monitors=self._sharing_monitors(),
        )
        return self.renewed(status)

    def _searchable(self, totals: Totals) -> int:
        """Return the number of articles that can be searched on this machine."""
        address = self._views.address
        try:
            indexed = archive_engine(address.archive).count_articles()
        except ArchiveError:  # a cluster that does not answer
            return 0
        # The outbox says nothing about an archive that only this machine has.
        waiting = 0 if address.has_own_archive else totals.unindexed
        return min(indexed, totals.articles - waiting)

    def suppressed(self) -> Counter[str]:
        """Return the number of suppressed alerts of the last day, by reason."""
        reasons = Counter[str]()
        counts = self._views.watchlists.suppressed(self._clock() - DAY)
        for (_watchlist, reason), count in counts.items():
            reasons[reason] += count
        return reasons

    def renewed(self, status: Status) -> Status:
        """Return a status with the latest heartbeat of the monitor, the counts as they were.

        Cheap enough for every second.
        """
        heartbeat = current_heartbeat(self._folder)
        dead = None if heartbeat else died_heartbeat(self._folder)
        return replace(
            status,
            monitor=heartbeat.presence if heartbeat else None,
            pulse=heartbeat.pulse if heartbeat else None,
            died=dead.presence if dead else None,
            died_at=dead.pulse if dead else None,
            config_error=heartbeat.config_error if heartbeat else "",
            edit_effects=heartbeat.edit_effects if heartbeat else "",
            network_down=heartbeat.network_down if heartbeat else "",
            store_damage=heartbeat.store_damage if heartbeat else "",
            index_waits=heartbeat.index_waits if heartbeat else "",
            no_vectors=heartbeat.no_vectors if heartbeat else "",
        )

    def _sharing_monitors(self) -> tuple[SharingMonitor, ...]:
        """Return the monitors of a store that several may share, those that are lost the last."""
        if not self._views.address.is_shared:
            return ()
        return tuple(sharing_monitors(self._views.connection))
