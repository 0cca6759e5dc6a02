"""Searching for people: names to numbers, hits to articles with lit snippets.

::

    Asked ─▶ paging, meaning: which articles? ─▶ index ─▶ Results: articles of the store, lit
      ▲                                            │               with a cursor: the next page
      └────────────── helping, when it finds little┘

`completing` tells what can be written where the cursor stands.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from index.article import Timestamp
from index.errors import ArchiveDamaged, ArchiveError
from monitor.formatting import counted
from monitor.maintenance import index_rebuild
from monitor.model.search import Filter, Found, Results, Suggestion
from monitor.store.protocol import Views
from monitor.store.sqlite.connection import INDEX

if TYPE_CHECKING:
    from index.engine import searcher
    from index.engine.result_set import ResultSet
    from index.engine.searcher import Archive, ArchiveHit
    from index.query.ast import Word
    from index.query.completion import Completion
    from index.query.parser import Query
    from monitor.search.paging import Asked
    from monitor.search.query_resolution import Meaning


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

    def run(self, asked: Asked, width: int) -> Results:
        """Return a page of what a query finds; raises QueryError, CursorError, ArchiveError."""
        from monitor.search.paging import ResultPage

        page = ResultPage(asked, self._clock())
        articles, waiting, *_ = self._views.totals()
        if not articles:
            return Results((), 0, "there are no articles yet")
        with self._readable() as archive:
            leaf = page.turned_to(archive, self._meaning(page.now))
            note = self._note(archive, articles, waiting)
        return Results(
            tuple(self._lit(page.query, leaf.hits, width)),
            leaf.found.total,
            note,
            forms=leaf.found.forms,
            before=leaf.before,
            next=leaf.next,
        )

    def suggestions(self, text: str, filter: Filter) -> list[Suggestion]:
        """Return searches that find more than one that finds little; raises as `run` does."""
        from index.query.parser import parse
        from monitor.search.suggestions import suggestions

        query, meaning = parse(text), self._meaning()
        with self._readable() as archive:

            def run(query: Query, filter: Filter) -> searcher.ArchivePage:
                return archive.search(
                    query, meaning.scope(filter), resolve=meaning.resolve, limit=1
                )

            def similar(word: Word) -> list[str]:
                return archive.similar(word)

            return suggestions(query, filter, run, similar, self._clock)

    def complete(self, text: str, cursor: int) -> Completion:
        """Return what can be written where the cursor stands in a query."""
        from index.query.completion import complete
        from monitor.search.completion import values

        with self._readable() as archive:
            return complete(text, cursor, values(self._views, archive))

    def matched(self, query: Query, filter: Filter) -> ResultSet:
        """Return every article that a query finds, to be counted; raises ArchiveError."""
        meaning = self._meaning()
        with self._readable() as archive:
            return archive.matched(query, meaning.scope(filter), resolve=meaning.resolve)

    def everything(self) -> ResultSet:
        """Return every article that can be searched, to be counted; raises ArchiveError."""
        with self._readable() as archive:
            return archive.everything()

    def numbers(self, selectors: Iterable[str]) -> set[int]:
        """Return the numbers of the feeds that any of these selectors names."""
        return self._meaning().numbers(selectors)

    def _meaning(self, now: Timestamp | None = None) -> Meaning:
        from monitor.search.query_resolution import Meaning

        return Meaning(self._views, self._clock() if now is None else now, self._zone)

    @contextmanager
    def _readable(self) -> Iterator[Archive]:
        """Give the archive; raises ArchiveError with the way out if it is damaged."""
        try:
            yield self._opened()
        except ArchiveDamaged as error:
            self._archive = None
            index_rebuild.mark_suspect(self._folder.parent)
            raise ArchiveError(f"{error}; {index_rebuild.WAY_OUT}") from error

    def _opened(self) -> Archive:
        from index.engine.searcher import Archive

        with self._opening:
            if self._archive is None:
                self._archive = Archive(self._folder, partial=True)
            return self._archive

    def _note(self, archive: Archive, articles: int, waiting: int) -> str:
        """Return what whoever searches must know of the index; empty when all is well."""
        share = index_rebuild.read_progress(self._folder.parent, self._clock())
        if share is not None:
            return f"{index_rebuild.describe_progress(share)}: the rest is not found yet"
        if archive.lost:
            index_rebuild.mark_suspect(self._folder.parent)
            there = f"{archive.count} of {counted(articles, 'article')} can be searched"
            return f"the index is damaged, {there}; {index_rebuild.WAY_OUT}"
        return index_rebuild.describe_waiting(waiting)

    def _lit(self, query: Query, hits: Iterable[ArchiveHit], width: int) -> Iterable[Found]:
        from index.evaluation.highlight import Highlighter
        from index.evaluation.snippet import snippet

        hits = list(hits)
        articles = {a.id: a for a in self._views.articles([hit.id for hit in hits])}
        names = {feed.number: feed.name for feed in self._views.every_feed()}
        highlighter = Highlighter(query)
        for hit in hits:
            article = articles.get(hit.id)
            if article is None:
                continue
            lit = tuple(highlighter.spans(article))
            line, places = snippet(article, lit, width)
            yield Found(
                article=article,
                feed=names.get(article.feeds[0], "?"),
                score=hit.score,
                spans=lit,
                snippet=line,
                lit=tuple(places),
            )
