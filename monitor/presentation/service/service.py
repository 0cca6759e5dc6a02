"""The answers for command line, dashboard and API that combine the store with other sources."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import closing
from datetime import tzinfo
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.base.article import Timestamp
from monitor.model.event_link import require_encoder, why_no_vectors
from monitor.model.feed import Feed
from monitor.model.search import PastSearch, SearchHit

if TYPE_CHECKING:
    from index.query.concepts import Concepts
    from index.query.parser import Query
    from monitor.model.alert import Verdict
    from monitor.model.briefing import Briefing
    from monitor.model.config import Config, SavedSearch
    from monitor.model.latency import Latency
    from monitor.model.watchlist import Watchlist
    from monitor.presentation.service.health import NewsroomHealth
    from monitor.presentation.service.statistics import Statistics
    from monitor.presentation.service.triage import Triage
    from monitor.storage.search.search import ArchiveSearch
    from monitor.storage.store.sql.views import Views
    from monitor.watchlists.examples import ExampleQuery
    from monitor.watchlists.other_names import NameSuggestion
    from monitor.watchlists.rehearsal import Rehearsal

REHEARSAL_DAYS = 30
"""Days of the archive on which a watchlist is rehearsed before it is saved."""
SNIPPET = 300
"""Cells of the text of a similar article that are shown at most."""


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
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._zone = zone
        self.views = views
        self.user = user
        self.saved_searches = saved
        """Returns the searches that `feeds.yaml` names; raises ConfigError."""
        self.config = config
        """The `feeds.yaml` of the newsroom, None if nobody said where it is."""

    @cached_property
    def health(self) -> NewsroomHealth:
        """The state of the monitors and feeds."""
        from monitor.presentation.service.health import NewsroomHealth

        return NewsroomHealth(self._folder, self.views, self._clock)

    @cached_property
    def archive(self) -> ArchiveSearch:
        """The searches in the archive."""
        from monitor.storage.search.search import ArchiveSearch

        return ArchiveSearch(self._folder, self.views, self._clock, self._zone)

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

        return Triage(self.views, matching_ids, self._clock, self._zone, self.user)

    def similar(self, article: int, limit: int) -> list[SearchHit]:
        """Return the articles that are most like one, in any language, the nearest first.

        It takes a second. The score of each is the cosine of the two vectors. The article itself
        need not have a vector yet; of articles without one nothing is known.

        Raises:
            MissingExtraError: The model is not installed.
            EncodingError: The process that compares was killed, or died.
            StoreError: The store cannot be read.
        """
        from monitor.intake.similar.encoding_process import EncodingProcess

        require_encoder("tocsin similar")  # not a message
        with closing(EncodingProcess(self.views.address)) as process:
            cosines = {hit.article: hit.cosine for hit in process.similar(article, limit)}
        return [*self.archive.hits(cosines, SNIPPET)]

    def suggest_names(
        self, query: Query, concepts: Concepts, vectors: bool
    ) -> list[NameSuggestion]:
        """Return names that the concept of a query lacks, the best proven first.

        `vectors` compares meanings too. It takes some seconds. Raises ArchiveError, StoreError.
        """
        from monitor.watchlists.other_names import suggest_names

        encode = None
        if not why_no_vectors(vectors):
            from monitor.intake.similar.vectors import Encoder

            encode = Encoder().encode
        if not self.views.totals().articles:
            return []
        articles = self.views.articles
        with self.archive.reading() as archive:
            return suggest_names(query, archive, articles.get, articles.linked, encode, concepts)

    def rehearse(
        self,
        watchlist: Watchlist,
        feeds: Sequence[Feed],
        progress: Callable[[int, int], None] = lambda done, total: None,
        *,
        days: int = REHEARSAL_DAYS,
    ) -> Rehearsal:
        """Return what a watchlist would have brought lately (see `watchlists.rehearsal`)."""
        from monitor.watchlists.rehearsal import rehearse

        return rehearse(self.archive, self.views, watchlist, feeds, days, self._clock, progress)

    def edit_effects(self, before: Config, after: Config) -> list[str]:
        """Return what the changed rules of an edit would have brought lately, in words."""
        from monitor.watchlists.rehearsal import edit_effects

        archive, days, now = self.archive, REHEARSAL_DAYS, self._clock()
        return list(edit_effects(archive, self.views, before, after, days, now))

    def judge_example(self, watchlist: str, article: int, verdict: Verdict) -> None:
        """Keep the verdict on an example if the watchlist has an alert about it."""
        rows = self.views.alerts.of_articles([article])
        self.triage.change([r.alert for r in rows if r.watchlist == watchlist], verdict=verdict)

    def example_query(self, articles: Sequence[int]) -> ExampleQuery:
        """Return the query that articles have in common (see `monitor.watchlists.examples`)."""
        from monitor.watchlists.examples import example_query

        return example_query(self.archive.count, self.views, articles)

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
            self.health.feeds(),
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
