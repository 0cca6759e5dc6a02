"""Counts of articles and alerts: over time, by feed and language, today beside the usual."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, time, tzinfo
from operator import itemgetter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from index.query.concepts import each_name
from index.query.filters import UNDETERMINED, resolve_time
from index.query.parser import Query
from monitor.base.article import Timestamp
from monitor.base.errors import MonitorError
from monitor.base.translation import gettext as _
from monitor.model.search import BucketSize, Facets, Filter, GroupBy, Mention, Share, Trend
from monitor.model.watchlist import Baseline, Severity, WatchlistCount
from monitor.storage.search import trends
from monitor.storage.search.trends import Interval, bounds, merge_intervals
from monitor.watchlists.baselines import Baselines

if TYPE_CHECKING:  # imported where they are used: `tocsin status` needs none of them
    from index.search import MatchedArticles
    from monitor.storage.search.search import ArchiveSearch
    from monitor.storage.store.sql.views import Views

MAX_BUCKETS = 20_000
"""Buckets of one trend at most: two years of hours."""
SPARK_BUCKETS = 12
SPARK_WIDTH = 7_200.0
SAMPLE = 600
"""Articles that are read at most to find the significant terms."""


class Statistics:
    """Counts of one newsroom. Safe from any thread."""

    def __init__(
        self, search: ArchiveSearch, views: Views, clock: Callable[[], Timestamp], zone: tzinfo
    ) -> None:
        self._search = search
        self._views = views
        self._clock = clock
        self._zone = zone
        self._baselines = Baselines(views, zone)

    def trend(
        self,
        queries: Sequence[str],
        filter: Filter = Filter(),
        *,
        bucket: BucketSize | None = None,
        split: GroupBy | None = None,
    ) -> Trend:
        """Count the articles that queries find by stretches of local time, a series for each.

        `bucket` None chooses by the span; `split` makes a series of each language or feed of
        one query. A filter's or query's own dates say from when to when; else it is from
        the first article until now. Raises QueryError, ArchiveError, MonitorError.
        """
        parsed = [self._search.parsed(query) for query in queries]
        results = [(query.text, self._search.matches(query, filter)) for query in parsed]
        if split is not None:
            if split is GroupBy.NAME and not any(each_name(parsed[0].root)):
                raise MonitorError(_("the query has no concept; split it by language or feed"))
            matched = results[0][1]
            parts = self._labelled(parsed[0], matched, split)
            results = [(name, matched.restricted_to(ids)) for name, ids in parts]
        dates = [date for _, matched in results for date in matched.dates.values()]
        since, until = self._span(parsed, filter, dates)
        bucket = bucket or trends.choose_interval(until - since)
        if trends.estimate(since, until, bucket) > MAX_BUCKETS:
            raise MonitorError(
                _("that would be too many bars; count by longer stretches, or set --since")
            )
        edges = trends.edges(since, until, bucket, self._zone)
        gaps = self._gaps(since, until)
        return Trend(
            by=bucket,
            edges=edges,
            labels=tuple(trends.label(edge, bucket, self._zone) for edge in edges[:-1]),
            since=since,
            until=until,
            series=tuple(
                trends.series(name, matched, edges, (since, until), gaps)
                for name, matched in results
            ),
            note=self._search.note(),
        )

    def facets(self, text: str, filter: Filter = Filter(), *, limit: int = 10) -> Facets:
        """Return what the articles of a query have in common, `limit` of each kind.

        Raises QueryError, ArchiveError.
        """
        query = self._search.parsed(text)
        matched = self._search.matches(query, filter)
        dates = matched.dates
        ids = sorted(dates)
        texts = self._views.articles.get(sample(ids, SAMPLE))
        words = self._search.significant_terms(query, filter, texts, limit)
        return Facets(
            total=matched.total,
            first=min((Mention(id, dates[id]) for id in ids), key=_when, default=None),
            last=max((Mention(id, dates[id]) for id in ids), key=_when, default=None),
            feeds=_shares(self._labelled(query, matched, GroupBy.FEED), limit),
            langs=_shares(self._labelled(query, matched, GroupBy.LANG), limit),
            names=_shares(self._labelled(query, matched, GroupBy.NAME), limit),
            watchlists=tuple(
                Share(name, count)
                for name, count in Counter(
                    alert.watchlist for alert in self._views.alerts.of_articles(dates)
                ).most_common(limit)
            ),
            words=tuple(words),
            read=len(texts),
            note=self._search.note(),
        )

    def baselines(self) -> dict[str, Baseline]:
        """Return the number of stories of each active watchlist today, and the usual one."""
        now = self._clock()
        midnight = datetime.combine(datetime.fromtimestamp(now, self._zone), time(), self._zone)
        return self._baselines.between(midnight.timestamp(), now, now, lasting=True)

    def watchlists(self) -> list[WatchlistCount]:
        """Return every watchlist with its counts, and the baseline of today."""
        since = self._clock() - SPARK_BUCKETS * SPARK_WIDTH
        baselines = self.baselines()
        return [
            replace(count, pace=baselines.get(count.name, Baseline()))
            for count in self._views.watchlists.counts(since, SPARK_BUCKETS, SPARK_WIDTH)
        ]

    def max_severities(self, articles: Collection[int]) -> dict[int, Severity]:
        """Return the highest severity of the alerts of each article that raised any."""
        severities: dict[int, Severity] = {}
        for alert in self._views.alerts.of_articles(articles):
            highest = severities.get(alert.article, alert.severity)
            severities[alert.article] = min(alert.severity, highest, key=lambda s: s.rank)
        return severities

    def _labelled(
        self, query: Query, matched: MatchedArticles, split: GroupBy
    ) -> list[tuple[str, frozenset[int]]]:
        """Return the ids of articles by language, feed or name of a concept, the most first.

        Feeds of one name are one, as in `feed:NAME`.
        """
        if split is GroupBy.LANG:
            parts = [(lang or UNDETERMINED, ids) for lang, ids in matched.by_lang.items()]
        elif split is GroupBy.NAME:
            found = ((n, self._search.matching_ids(Query(n, c))) for n, c in each_name(query.root))
            parts = [(n, frozenset(ids) & matched.dates.keys()) for n, ids in found]
        else:
            names = {feed.number: feed.name for feed in self._views.feeds.every()}
            parts = [(names.get(number, "?"), ids) for number, ids in matched.by_feed.items()]
        ids_by_name: dict[str, frozenset[int]] = defaultdict(frozenset)
        for name, ids in parts:
            ids_by_name[name] |= ids
        return sorted(
            filter(itemgetter(1), ids_by_name.items()), key=lambda part: (-len(part[1]), part[0])
        )

    def _span(
        self, queries: Iterable[Query], filter: Filter, dates: Sequence[Timestamp]
    ) -> Interval:
        """Return the time to count in: as the filter or a query says, else all articles."""
        now = self._clock()
        limits = [
            bounds(query.root, lambda text: resolve_time(text, now, self._zone))
            for query in queries
        ]
        starts = [[*start, *_as_list(filter.since)] for start, _ in limits]
        ends = [[*end, *_as_list(filter.until), now] for _, end in limits]
        first, last = min(dates, default=now), max(dates, default=0.0)
        since = min(max(start, default=first) for start in starts)
        until = max(math.nextafter(last, math.inf), *(min(end) for end in ends))
        return since, until

    def _gaps(self, since: Timestamp, until: Timestamp) -> Mapping[int, Sequence[Interval]]:
        """Return the times without each feed, also before its first and after its last read."""
        gaps: dict[int, list[Interval]] = defaultdict(list)
        for gap in self._views.feeds.gaps(since, until):
            end = until if gap.end is None else gap.end
            gaps[gap.feed.number].append((gap.start, end))
        lifetimes = self._views.feeds.lifetimes(self._search.first_ids())
        for feed, (first_read, last_read) in lifetimes.items():
            if last_read is not None:
                gaps[feed].append((last_read, math.inf))
            if first_read is not None and first_read > since:
                gaps[feed].append((-math.inf, first_read))
        return {feed: merge_intervals(intervals) for feed, intervals in gaps.items()}


def sample(ids: Sequence[int], limit: int) -> list[int]:
    """Return at most `limit` of these ids, evenly spread."""
    count = min(len(ids), limit)
    return [ids[index * len(ids) // count] for index in range(count)]


def _when(mention: Mention) -> tuple[Timestamp, int]:
    return mention.date, mention.article


def _shares(parts: Iterable[tuple[str, frozenset[int]]], limit: int) -> tuple[Share, ...]:
    return tuple(Share(name, len(ids)) for name, ids in parts)[:limit]


def _as_list(moment: Timestamp | None) -> list[Timestamp]:
    return [] if moment is None else [moment]
