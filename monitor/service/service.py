"""The facade that the command line and the dashboard use: reading, and triage."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor.ingest.coverage_gaps import coverage
from monitor.ingest.feed_health import WORST, health, words
from monitor.ingest.permanent_redirects import in_words as moving
from monitor.model.alert import NOBODY_ELSE, Alert
from monitor.model.article import ArticleDetails, Version
from monitor.model.config import SavedSearch
from monitor.model.feed import Coverage, Feed, FeedHealth, Gap, Poll
from monitor.model.search import Filter, Results, Searched, Suggestion
from monitor.model.severity import Severity
from monitor.model.status import WatchlistRecord
from monitor.service.counts import Counting
from monitor.service.status import Attesting, Glancing, Timing
from monitor.service.triage import Skimming, Triaging
from monitor.store.protocol import Views

if TYPE_CHECKING:
    from index.query.completion import Completion
    from monitor.search.search import Search


class Service(Attesting, Counting, Glancing, Skimming, Timing, Triaging):
    """One newsroom, for any number of viewers. Calls are short and thread-safe."""

    def __init__(
        self,
        folder: Path,
        search: Search,
        views: Views,
        clock: Callable[[], Timestamp],
        zone: tzinfo,
        saved: Callable[[], Sequence[SavedSearch]] = tuple,
        config: Path | None = None,
        who: str = "",
    ) -> None:
        super().__init__(search, views, clock, zone)
        self._folder = folder
        self._saved = saved
        self._who = who
        self.config = config
        """The `feeds.yaml` of the newsroom, None if nobody said where it is."""

    def feeds(self) -> list[FeedHealth]:
        """Return every feed's health, the worst first."""
        now = self._clock()
        moves, former = self._views.moves(), self._views.former()
        found = [
            FeedHealth(
                feed=feed,
                health=health(feed, state, now),
                state=state,
                articles=articles,
                words=words(feed, state, now)
                + moving(moves.get(feed.number), former.get(feed.number), now),
                move=moves.get(feed.number),
                former=former.get(feed.number),
            )
            for feed, state, articles in self._views.feeds()
        ]
        return sorted(found, key=lambda f: (WORST.index(f.health), -f.state.failures))

    def gaps(self, since: Timestamp, until: Timestamp | None = None) -> list[Gap]:
        """Return the gaps of feeds that reach into an interval, up to now when None."""
        return self._views.gaps(since, self._clock() if until is None else until)

    def coverage(self, since: Timestamp) -> list[Coverage]:
        """Return how well the feeds of each watchlist were read since then."""
        feeds = [feed for feed, _, _ in self._views.feeds()]
        return coverage(self._views.watched(), feeds, self.gaps(since))

    def every_feed(self) -> list[Feed]:
        """Return every feed there ever was: articles of former ones stay."""
        return self._views.every_feed()

    def polls(self, url: str) -> list[Poll]:
        """Return the last polls of a feed, newest first."""
        return self._views.polls(url)

    def records(self) -> list[WatchlistRecord]:
        """Return what every watchlist has brought, and the verdicts on it."""
        return self._views.records()

    def newest_alert(self) -> int:
        """Return the id of the newest alert, 0 without any; cheap enough for every second."""
        return self._views.newest_alert()

    def alert_ids(
        self, filter: Filter = Filter(), *, after: int = 0, limit: int | None = None
    ) -> array[int]:
        """Return ids of alerts in ascending order: those above `after`, the newest `limit`.

        Copies of a story that an alert already tells are not among them.
        """
        feeds = self._search.numbers(filter.feeds) if filter.feeds else None
        return self._views.alert_ids(filter, feeds, after, limit)

    def alerts(
        self, ids: Sequence[int], *, matches: bool = False, telling: bool = False
    ) -> list[Alert]:
        """Return these alerts by primary key, in the order asked; unknown ids are left out.

        With `telling`, each knows who else has its story.
        """
        found = self._views.alerts(ids, matches)
        if not telling:
            return found
        known = self._views.tellings({alert.article for alert in found if alert.article})
        return [
            replace(alert, telling=known.get(alert.article or 0, NOBODY_ELSE)) for alert in found
        ]

    def escalated_ids(
        self, filter: Filter = Filter(), *, after: int = 0, limit: int | None = None
    ) -> list[tuple[int, int]]:
        """Return (escalation, alert) of alerts that became louder, those above `after`.

        The newest `limit` of them, oldest first; what is called noise is not among them.
        """
        feeds = self._search.numbers(filter.feeds) if filter.feeds else None
        return self._views.escalated_ids(filter, feeds, after, limit)

    def newest_escalation(self) -> int:
        """Return the id of the newest escalation, 0 without any; as cheap as `newest_alert`."""
        return self._views.newest_escalation()

    def read(self, article: int) -> ArticleDetails | None:
        """Return an article to read, None if there is none of that id."""
        found = self._views.article(article)
        if found is None:
            return None
        others = self._views.others(found)
        trouble, retry = self._views.page_trouble(article)
        return ArticleDetails(
            article=found,
            feed=self._views.feed_name(found.feeds[0]),
            alerts=tuple(self._views.alerts_of(article)),
            others=tuple(others) if len(others) > 1 else (),
            telling=self._views.tellings([article]).get(article, NOBODY_ELSE),
            versions=self._views.versions(article),
            page_trouble=trouble,
            page_retry=retry,
        )

    def search(
        self,
        query: str,
        filter: Filter = Filter(),
        *,
        sort: str = "date",
        limit: int = 50,
        width: int = 200,
        after: str = "",
        page: int = 1,
    ) -> Results:
        """Search the archive; `sort` is date or score, limit 0 is all.

        Snippets take at most `width` cells. `after` is `Results.next` of the page before:
        pages are then those of one result, whatever arrives meanwhile. Raises QueryError
        with the column of the mistake, CursorError.
        """
        from monitor.search.paging import Asked

        asked = Asked(text=query, filter=filter, sort=sort, limit=limit, after=after, page=page)
        return self._search.run(asked, width)

    def rung(self, articles: Collection[int]) -> dict[int, Severity]:
        """Return how loud the loudest alert of each of these articles is, where there is one."""
        return self._views.rung(articles)

    def suggestions(self, query: str, filter: Filter = Filter()) -> list[Suggestion]:
        """Return searches that find more than one that finds little; takes some 0.1 s."""
        return self._search.suggestions(query, filter)

    def versions(self, article: int) -> list[Version]:
        """Return the texts an article has had, the first one first; see `revisions.edits`."""
        return self._views.texts(article)

    def found(self, query: str | None) -> list[int]:
        """Return the ids of all that a query finds, newest first; None is every article.

        Raises QueryError, ArchiveError.
        """
        if query is None:
            return list(range(self._views.newest_article(), 0, -1))
        from index.query.parser import parse

        return self._search.matched(parse(query), Filter()).ids()[::-1]

    def readings(self, ids: Iterable[int]) -> Iterator[ArticleDetails]:
        """Yield articles with their alerts and nothing else; unknown ids are left out."""
        names = {feed.number: feed.name for feed in self._views.every_feed()}
        for id in ids:
            if found := self._views.article(id):
                yield ArticleDetails(
                    article=found,
                    feed=names.get(found.feeds[0], "?"),
                    alerts=tuple(self._views.alerts_of(id)),
                    versions=self._views.versions(id),
                )

    def saved_searches(self) -> Sequence[SavedSearch]:
        """Return the searches that `feeds.yaml` names; raises ConfigError if it is not well."""
        return self._saved()

    def searched(self, limit: int = 50) -> list[Searched]:
        """Return the searches that were noted, the newest first, each query once."""
        return self._views.searched(limit)

    def note_search(self, query: str, sort: str = "date") -> None:
        """Remember a search; raises StoreError if the store stays locked."""
        self._views.note_search(Searched(query.strip(), sort, self._clock()))

    def forget_search(self, query: str) -> None:
        """Forget a search that was noted; raises StoreError if the store stays locked."""
        self._views.forget_search(query)

    def complete(self, query: str, cursor: int) -> Completion:
        """Return what can be written where the cursor stands in a query."""
        return self._search.complete(query, cursor)

    def poll_now(self, url: str | None = None) -> None:
        """Ask the monitor to poll one feed at once, or all."""
        self._views.poll_now(url)
