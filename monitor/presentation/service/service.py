"""The answers for command line, dashboard and API that combine the store with other sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from index import archive_engine
from monitor.base.article import Timestamp
from monitor.base.formatting import clauses
from monitor.intake.ingest.feed_health import (
    WORST,
    describe_health,
    describe_redirect,
    describe_trouble,
    health,
)
from monitor.model.config import StoreAddress
from monitor.model.delivery import DeliveryState
from monitor.model.feed import Coverage, Feed, FeedHealth
from monitor.model.search import PastSearch, SearchHit
from monitor.model.status import Status, Totals
from monitor.storage.data_folder import archive_address
from monitor.storage.monitor_lock import current_heartbeat

if TYPE_CHECKING:
    from index.query.parser import Query
    from monitor.model.briefing import Briefing
    from monitor.model.config import SavedSearch
    from monitor.model.latency import Latency
    from monitor.model.watchlist import Watchlist
    from monitor.presentation.service.statistics import Statistics
    from monitor.presentation.service.triage import Triage
    from monitor.storage.search.search import ArchiveSearch
    from monitor.storage.store.sql.views import Views
    from monitor.watchlists.backtest import WatchlistPreview

DAY = 86_400.0
PREVIEW_DAYS = 30
"""Days of the archive on which a watchlist is tried before it is saved."""
SNIPPET = 300
"""Cells of the text of a similar article that are shown at most."""
LOG = "monitor.log"
"""Name of the log of a monitor in the background, in the data folder."""


class Service:
    """One newsroom, for any number of viewers. Calls are short and thread-safe.

    `views` answers what the store alone knows, `archive` searches the archive.
    """

    def __init__(
        self,
        folder: Path,
        views: Views,
        clock: Callable[[], Timestamp],
        zone: tzinfo,
        saved: Callable[[], Sequence[SavedSearch]] = tuple,
        config: Path | None = None,
        user: str = "",
        store: StoreAddress | None = None,
    ) -> None:
        self._folder = folder
        self._store = store or StoreAddress(folder)
        self._clock = clock
        self._zone = zone
        self.views = views
        self._user = user
        self.saved_searches = saved
        """Returns the searches that `feeds.yaml` names; raises ConfigError."""
        self.config = config
        """The `feeds.yaml` of the newsroom, None if nobody said where it is."""

    @cached_property
    def archive(self) -> ArchiveSearch:
        """The searches in the archive."""
        from monitor.storage.search.search import ArchiveSearch

        is_shared = self._store.is_shared
        return ArchiveSearch(self._folder, self.views, self._clock, self._zone, is_shared=is_shared)

    @cached_property
    def statistics(self) -> Statistics:
        """The counts: trends, facets, volumes."""
        from monitor.presentation.service.statistics import Statistics

        return Statistics(self.archive, self.views, self._clock, self._zone)

    @cached_property
    def triage(self) -> Triage:
        """The decisions of people about alerts."""
        from monitor.presentation.service.triage import Triage

        def matching_ids(query: Query) -> Collection[int]:
            return self.archive.matching_ids(query)

        return Triage(self.views, matching_ids, self._clock, self._zone, self._user)

    def feeds(self) -> list[FeedHealth]:
        """Return every feed's health, the worst first."""
        now = self._clock()
        feeds = []
        for feed, state, articles, move, former in self.views.feeds.subscribed():
            words = [describe_health(feed, state, now), describe_redirect(move, former, now)]
            feeds.append(
                FeedHealth(
                    feed=feed,
                    health=health(feed, state, now),
                    state=state,
                    articles=articles,
                    words=clauses(filter(None, words)),
                    trouble=describe_trouble(feed, state, now),
                    move=move,
                    former=former,
                )
            )
        return sorted(feeds, key=lambda f: (WORST.index(f.health), -f.state.failures))

    def similar(self, article: int, limit: int) -> list[SearchHit]:
        """Return the articles that are most like one, in any language, the nearest first.

        It takes a second. The score of each is the cosine of the two vectors. The article itself
        need not have a vector yet; of articles without one nothing is known.

        Raises:
            MissingExtraError: The model is not installed.
            EncodingError: The process that compares was killed, or died.
            StoreError: The store cannot be read.
        """
        from index.evaluation.highlight import snippet
        from monitor.intake.similar.encoding_process import EncodingProcess
        from monitor.model.event_link import require_encoder

        require_encoder("tocsin similar")  # not a message
        with closing(EncodingProcess(self._store)) as process:
            cosines = {hit.article: hit.cosine for hit in process.similar(article, limit)}
        feeds = {feed.number: feed.name for feed in self.views.feeds.every()}
        return [
            SearchHit(
                article=similar,
                feed=feeds.get(similar.feeds[0], "?"),
                score=cosines[similar.id],
                spans=(),
                snippet=snippet(similar, (), SNIPPET)[0],
                lit=(),
            )
            for similar in self.views.articles.get([*cosines])
        ]

    def preview_watchlist(
        self,
        watchlist: Watchlist,
        feeds: Sequence[Feed],
        progress: Callable[[int, int], None],
        *,
        days: int = PREVIEW_DAYS,
    ) -> WatchlistPreview:
        """Return the articles that a watchlist would have matched lately (see `preview`)."""
        from monitor.watchlists.backtest import preview

        since = self._clock() - days * DAY
        return preview(self.archive, self.views, watchlist, feeds, since, progress)

    def coverage(self, since: Timestamp) -> list[Coverage]:
        """Return the coverage of each watchlist: the gaps of its feeds since then."""
        from monitor.intake.ingest.coverage_gaps import coverage

        feeds = [subscribed.feed for subscribed in self.views.feeds.subscribed()]
        watched = {w.name: w.feeds for w in self.views.watchlists.in_force()}
        return coverage(watched, feeds, self.views.feeds.gaps(since, self._clock()))

    def briefing(
        self, since: Timestamp, *, watchlists: Sequence[str] = (), limit: int | None = None
    ) -> Briefing:
        """Return the briefing since then, of all watchlists or of some.

        Args:
            since: When it begins.
            watchlists: Names, in any case; empty for all.
            limit: Stories of a watchlist that are listed; 0 for all, None for 20.
        """
        from monitor.presentation.service.briefing import LISTED, compose_briefing, read_facts

        limit = LISTED if limit is None else limit
        facts = read_facts(
            self.views,
            self.feeds(),
            since=since,
            until=self._clock(),
            zone=self._zone,
            watchlists=watchlists,
            limit=limit,
        )
        return compose_briefing(facts, self._zone, limit=limit)

    def latency(self, since: Timestamp) -> Latency:
        """Return the time that each step took, for the articles with alerts since then."""
        from monitor.judgement.alerts.latency import latency

        names = {feed.number: feed.name for feed in self.views.feeds.every()}
        return latency(*self.views.deliveries.latency(since), names)

    def note_search(self, query: str, sort: str = "date") -> None:
        """Remember a search; raises StoreError if the store stays locked."""
        self.views.searches.note(PastSearch(query.strip(), sort, self._clock()))

    def status(self) -> Status:
        """Return the newsroom at a glance; reads the state of every feed."""
        totals, now = self.views.totals(), self._clock()
        feeds = self.views.feeds.subscribed()
        gaps = self.views.feeds.gaps(now - DAY, now)
        unsent = Counter[DeliveryState]()
        for (_, state), count in self.views.deliveries.unsent().items():
            unsent[state] += count
        log = (self._folder / LOG).absolute()
        from monitor.storage.maintenance import indexer

        rebuilt = indexer.read_progress(self._folder, now)
        status = Status(
            articles=totals.articles,
            indexed=self._searchable(totals),
            rebuilt=rebuilt,
            alerts=totals.alerts,
            untriaged=totals.untriaged,
            set_aside=self.views.set_aside_count(),
            feeds=Counter(health(subscribed.feed, subscribed.state, now) for subscribed in feeds),
            blind=sum(subscribed.state.blind for subscribed in feeds),
            gaps=Counter(kind for kind, _ in {(gap.kind, gap.feed.url) for gap in gaps}),
            monitor=None,
            pulse=None,
            backfill=tuple(self.views.watchlists.backfills()),
            silences=tuple(self.views.watchlists.silences(now)),
            silenced=self.views.silenced_count(),
            unsent=unsent[DeliveryState.WAITING],
            dead=unsent[DeliveryState.DEAD],
            log=str(log) if log.exists() else "",
            monitors=tuple(self.views.monitors()),
        )
        return self.renewed(status)

    def _searchable(self, totals: Totals) -> int:
        """Return the number of articles that can be searched on this machine."""
        engine = archive_engine(archive_address(self._folder))
        indexed = min(totals.articles, engine.count_articles())
        is_shared = self._store.is_shared  # the outbox is of other machines
        return indexed if is_shared else min(indexed, totals.articles - totals.unindexed)

    def suppressed(self) -> Counter[str]:
        """Return the number of suppressed alerts of the last day, by reason."""
        reasons = Counter[str]()
        counts = self.views.watchlists.suppressed(self._clock() - DAY)
        for (_, reason), count in counts.items():
            reasons[reason] += count
        return reasons

    def renewed(self, status: Status) -> Status:
        """Return a status with the latest heartbeat of the monitor, the counts as they were.

        Cheap enough for every second.
        """
        heartbeat = current_heartbeat(self._folder)
        return replace(
            status,
            monitor=heartbeat.presence if heartbeat else None,
            pulse=heartbeat.pulse if heartbeat else None,
            config_error=heartbeat.config_error if heartbeat else "",
            network_down=heartbeat.network_down if heartbeat else "",
            store_damage=heartbeat.store_damage if heartbeat else "",
            no_vectors=heartbeat.no_vectors if heartbeat else "",
        )
