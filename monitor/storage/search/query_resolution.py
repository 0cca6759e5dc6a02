"""The articles that names and dates of a query mean at one moment; and narrower queries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import tzinfo
from functools import cached_property
from typing import TYPE_CHECKING

from index.query.ast import Facet, clauses
from index.query.filters import UNDETERMINED, resolve_time, selects
from index.query.parser import parse_query
from index.query.suggestions import node_text
from index.search import DocumentFilter
from monitor.base.article import Timestamp

if TYPE_CHECKING:
    from monitor.model.feed import Feed
    from monitor.model.search import Filter
    from monitor.storage.store.sql.views import Views


class QueryResolution:
    """Turns the filters of queries into sets of articles, at one moment."""

    def __init__(
        self, views: Views, now: Timestamp, zone: tzinfo, feeds: Collection[Feed] | None = None
    ) -> None:
        self._views = views
        self._now = now
        self._zone = zone
        self._feeds = feeds

    @cached_property
    def feeds(self) -> Collection[Feed]:
        """All feeds, former ones too: their articles stay."""
        return self._views.feeds.every() if self._feeds is None else self._feeds

    def numbers(self, selectors: Iterable[str]) -> set[int]:
        """Return the numbers of the feeds that any of these selectors names."""
        return {
            feed.number
            for feed in self.feeds
            for selector in selectors
            if selects(selector, feed.name, feed.address, feed.tags)
        }

    def scope(self, filter: Filter, max_id: int | None = None) -> DocumentFilter:
        """Return the articles up to an id that a filter selects."""
        ids: set[int] | None = None
        for watchlist in filter.watchlists:
            ids = (ids or set()) | self._views.articles.ids(watchlist=watchlist)
        return DocumentFilter(
            ids=ids,
            feeds=self.numbers(filter.feeds) if filter.feeds else None,
            langs=[_code(lang) for lang in filter.lang] or None,
            since=filter.since,
            until=filter.until,
            max_id=max_id,
            resolve=self.resolve,
        )

    def resolve(self, facet: Facet) -> DocumentFilter:
        """Return the articles that a filter of the query selects."""
        value = facet.value
        match facet.name:
            case "lang":
                return DocumentFilter(langs=[_code(value)])
            case "feed":
                return DocumentFilter(feeds=self.numbers([value]))
            case "tag":
                return DocumentFilter(feeds=self.numbers([f"tag:{value}"]))
            case "since":
                return DocumentFilter(since=resolve_time(value, self._now, self._zone)[0])
            case "until":
                return DocumentFilter(until=resolve_time(value, self._now, self._zone)[1])
            case "watch":
                return DocumentFilter(ids=self._views.articles.ids(watchlist=value))
            case "severity":
                return DocumentFilter(ids=self._views.articles.ids(severity=value))
            case "story":
                return DocumentFilter(ids=self._views.articles.ids(story=int(value)))
            case "has":
                return DocumentFilter(ids=self._views.articles.ids(has=value))
            case "is":
                return DocumentFilter(ids=self._views.articles.ids(merged=value == "merged"))
        raise LookupError(facet.name)


def _code(lang: str) -> str:
    return "" if lang == UNDETERMINED else lang


def narrow_query(text: str, queries: Sequence[str]) -> str:
    """Return a query for the articles that satisfy all of these queries; raises QueryError."""
    if not queries:
        return text
    roots = [parse_query(query).root for query in (text, *queries)]
    return " ".join(node_text(clause) for root in roots for clause in clauses(root))
