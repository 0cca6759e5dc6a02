"""Searching for people: names to numbers, hits to articles with lit snippets."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Timestamp
from index.errors import ArchiveDamaged, ArchiveError
from index.facets import UNDETERMINED, selects
from index.moments import resolve_time
from index.query import Query, parse
from monitor import rebuilding
from monitor.model import Feed, Filter, Found, Results
from monitor.store import Views
from monitor.store.connection import INDEX

if TYPE_CHECKING:
    from index.matched import Matched
    from index.searcher import Archive, Hit
    from index.segment import Scope
    from index.tree import Facet


class Search:
    """Searches of one newsroom, from any thread."""

    def __init__(
        self, folder: Path, views: Views, clock: Callable[[], Timestamp], zone: tzinfo
    ) -> None:
        self._folder = folder / INDEX
        self._views = views
        self._clock = clock
        self._zone = zone
        self._opening = threading.Lock()
        self._archive: Archive | None = None

    def run(self, text: str, filter: Filter, *, sort: str, limit: int, width: int) -> Results:
        """Return what a query finds; raises QueryError, ArchiveError."""
        query = parse(text)
        articles, waiting, *_ = self._views.totals()
        if not articles:
            return Results((), 0, "there are no articles yet")
        scope = self._scope(filter)
        with self._readable() as archive:
            found = archive.search(query, scope, resolve=self._resolve, sort=sort, limit=limit)
            note = self._note(archive, articles, waiting)
        return Results(tuple(self._lit(query, found.hits, width)), found.total, note)

    def matched(self, query: Query, filter: Filter) -> Matched:
        """Return every article that a query finds, to be counted; raises ArchiveError."""
        scope = self._scope(filter)
        with self._readable() as archive:
            return archive.matched(query, scope, resolve=self._resolve)

    def everything(self) -> Matched:
        """Return every article that can be searched, to be counted; raises ArchiveError."""
        with self._readable() as archive:
            return archive.everything()

    def numbers(self, selectors: Iterable[str]) -> set[int]:
        """Return the numbers of the feeds that any of these selectors names."""
        from urllib.parse import urlsplit

        return {
            feed.number
            for feed in self._feeds()
            for selector in selectors
            if selects(selector, feed.name, urlsplit(feed.url).hostname or "", feed.tags)
        }

    def name(self, number: int) -> str:
        """Return the name of a feed."""
        return next((feed.name for feed in self._feeds() if feed.number == number), "?")

    @contextmanager
    def _readable(self) -> Iterator[Archive]:
        """Give the archive; raises ArchiveError with the way out if it is damaged."""
        try:
            yield self._opened()
        except ArchiveDamaged as error:
            self._archive = None
            rebuilding.suspect(self._folder.parent)
            raise ArchiveError(f"{error}; {rebuilding.WAY_OUT}") from error

    def _opened(self) -> Archive:
        from index.searcher import Archive

        with self._opening:
            if self._archive is None:
                self._archive = Archive(self._folder, partial=True)
            return self._archive

    def _note(self, archive: Archive, articles: int, waiting: int) -> str:
        """Return what whoever searches must know of the index; empty when all is well."""
        share = rebuilding.share(self._folder.parent, self._clock())
        if share is not None:
            return f"{rebuilding.words(share)}: the rest is not found yet"
        if archive.lost:
            rebuilding.suspect(self._folder.parent)
            there = f"{archive.count} of {articles} articles can be searched"
            return f"the index is damaged, {there}; {rebuilding.WAY_OUT}"
        return f"{waiting} articles are still being indexed" if waiting else ""

    def _feeds(self) -> Collection[Feed]:
        return self._views.every_feed()

    def _scope(self, filter: Filter) -> Scope:
        from index.segment import Scope

        ids: set[int] | None = None
        for watchlist in filter.watchlists:
            ids = (ids or set()) | self._views.alerted(watchlist, None)
        return Scope(
            ids=ids,
            feeds=self.numbers(filter.feeds) if filter.feeds else None,
            langs=[_code(lang) for lang in filter.lang] or None,
            since=filter.since,
            until=filter.until,
        )

    def _resolve(self, facet: Facet) -> Scope:
        """Return what a filter of the query means, here and now."""
        from index.segment import Scope

        value = facet.value
        match facet.name:
            case "lang":
                return Scope(langs=[_code(value)])
            case "feed":
                return Scope(feeds=self.numbers([value]))
            case "tag":
                return Scope(feeds=self.numbers([f"tag:{value}"]))
            case "since":
                return Scope(since=resolve_time(value, self._clock(), self._zone)[0])
            case "until":
                return Scope(until=resolve_time(value, self._clock(), self._zone)[1])
            case "watch":
                return Scope(ids=self._views.alerted(value, None))
            case "severity":
                return Scope(ids=self._views.alerted(None, value))
            case "story":
                return Scope(ids=self._views.of_story(int(value)))
            case "has":
                return Scope(ids=self._having(value))
        raise LookupError(facet.name)

    def _having(self, what: str) -> set[int]:
        return self._views.alerted(None, None) if what == "alert" else self._views.having(what)

    def _lit(self, query: Query, hits: Iterable[Hit], width: int) -> Iterable[Found]:
        from index.highlight import spans
        from index.snippet import snippet

        hits = list(hits)
        articles = {a.id: a for a in self._views.articles([hit.id for hit in hits])}
        names = {feed.number: feed.name for feed in self._feeds()}
        for hit in hits:
            article = articles.get(hit.id)
            if article is None:
                continue
            lit = tuple(spans(query, article))
            line, places = snippet(article, lit, width)
            yield Found(
                article=article,
                feed=names.get(article.feeds[0], "?"),
                score=hit.score,
                spans=lit,
                snippet=line,
                lit=tuple(places),
            )


def _code(lang: str) -> str:
    return "" if lang == UNDETERMINED else lang
