"""Searches of the archive: a page of hits with their articles and snippets.

::

    query, filters ─▶ query_resolution ─▶ index ─▶ Results: articles of the store,
      ▲                which articles?              │       snippets, a cursor to the next page
      └──────────── suggestions, where it finds few ┘
"""

from __future__ import annotations

import base64
import json
import math
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import tzinfo
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from zlib import crc32

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import astuple, replace

from index.analysis import inflection
from index.analysis.text_cache import clear_all
from index.archive import open_archive
from index.errors import ArchiveDamaged, ArchiveError
from index.evaluation.highlight import Highlighter, snippet
from index.interruption import checked, interruptible
from index.query.concepts import defined
from index.query.filters import UNDETERMINED
from index.query.parser import Query, parse_query
from index.query.suggestions import FEW, Count, slips
from index.search import ArchiveHit, ArchivePage, CollectionStats, MatchedArticles
from monitor.base.article import Article, Timestamp
from monitor.base.errors import CursorError, StoreError
from monitor.base.formatting import clauses
from monitor.base.translation import gettext as _, ngettext, number
from monitor.model.search import FEW_HITS, Filter, Results, SearchHit, Suggestion
from monitor.storage.maintenance import index_notes
from monitor.storage.search.query_resolution import QueryResolution
from monitor.storage.search.suggestions import suggestions

if TYPE_CHECKING:
    from index.archive import Archive
    from index.evaluation.significant_terms import SignificantTerm
    from index.query.ast import Node, Word
    from index.query.completion import Completion
    from index.search import DocumentFilter
    from monitor.model.feed import Feed
    from monitor.model.status import Totals
    from monitor.storage.store.sql.views import Views

TRIAL_SECONDS = 2.0
"""Seconds in which the rules of a file are tried."""
T = TypeVar("T")
Id = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]


class Cursor(Struct, frozen=True, forbid_unknown_fields=True):
    """The place in a result where a page begins."""

    search: str
    """Fingerprint of query, filter and order."""
    now: Timestamp
    """Time of the request for the first page: relative dates count from then."""
    since: Timestamp | None = None
    until: Timestamp | None = None
    """The dates of the filter, as they were then."""
    max_id: Id | None = None
    """Highest id in the archive at that time; None on the first page."""
    shown: Id = 0
    """Hits on the pages so far."""
    last: tuple[Timestamp, Id, float] | None = None
    """Date, id and score of the last hit on the pages so far."""
    stats: CollectionStats | None = None

    def next_page(self, result: ArchivePage, hits: Sequence[ArchiveHit], shown: int) -> str:
        """Return the cursor of the page behind these hits; empty when there is none."""
        if not hits or shown >= result.total:
            return ""
        max_id = result.last_id if self.max_id is None else self.max_id
        last = astuple(hits[-1])
        return replace(self, max_id=max_id, shown=shown, last=last, stats=result.stats).encoded()

    def encoded(self) -> str:
        """Return the cursor as letters, digits, `-` and `_`."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).decode().rstrip("=")


def parse_cursor(text: str, search: str) -> Cursor:
    """Return the cursor that was written for a search; raises CursorError if it was not."""
    try:
        padded = text.strip().encode("ascii") + b"=" * (-len(text.strip()) % 4)
        packed = base64.b64decode(padded, altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(packed, type=Cursor)
    except (ValueError, msgspec.MsgspecError, RecursionError) as error:
        message = _("this is no place in a result; take `next` of the page before")
        raise CursorError(message) from error
    if cursor.search != search:
        raise CursorError(
            _("this place is in the result of another search; keep query and filters")
        )
    return cursor


def fingerprint(query: str, filter: Filter, sort: str) -> str:
    """Return a hash that tells searches apart; it ignores the dates, since relative dates move."""
    parts = [
        query, sort, sorted(filter.lang), sorted(filter.feeds), sorted(filter.watchlists),
        filter.since is None, filter.until is None,
    ]  # fmt: skip
    return f"{crc32(json.dumps(parts).encode()):08x}"


class ArchiveSearch:
    """Searches of the archive of one newsroom, from any thread.

    Raises:
        ArchiveError: The archive cannot be searched; each method raises it.
    """

    def __init__(
        self, folder: Path, views: Views, clock: Callable[[], Timestamp], zone: tzinfo
    ) -> None:
        """Open nothing yet.

        Args:
            folder: The data folder.
            views: The reads of the store.
            clock: Returns the time.
            zone: The time zone in which days begin.
        """
        self._data = folder
        self._views = views
        self._clock = clock
        self._zone = zone
        self._open_lock = threading.Lock()
        self._archive: Archive | None = None

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
        """Return a page of the articles that a query finds.

        Args:
            query: The query, in the language of queries.
            filter: Further conditions on the articles.
            sort: `date` or `score`.
            limit: Hits of a page; 0 is all.
            width: Cells of a snippet at most.
            after: `Results.next` of the page before: pages are then those of one result,
                whatever arrives meanwhile.
            page: Without `after`: the number of the page, as of now.

        Raises:
            QueryError: The query has a mistake; the error knows its column.
            CursorError: `after` is no place in the result of this search.
        """
        parsed, key = self.parsed(query), fingerprint(query, filter, sort)
        cursor = Cursor(key, self._clock(), filter.since, filter.until)
        if after:
            cursor = parse_cursor(after, key)
        totals = self._views.totals()
        if not totals.articles:
            return Results((), 0, _("there are no articles yet"))
        filter = replace(filter, since=cursor.since, until=cursor.until)
        skipped = 0 if after else limit * (page - 1)
        with self.reading() as archive:
            resolution = self._resolution(cursor.now)
            result = archive.search(
                parsed,
                resolution.scope(filter, cursor.max_id),
                sort=sort,
                limit=skipped + limit,
                after=ArchiveHit(*cursor.last) if cursor.last else None,
                stats=cursor.stats,
            )
            note = self._note(archive, totals)
        hits = result.hits[skipped:]
        before = min(cursor.shown + skipped, result.total)
        search_hits = tuple(self.hits({hit.id: hit.score for hit in hits}, width, parsed))
        if missing := len(hits) - len(search_hits):
            note = ngettext(
                "{count} article is found by the index and not in the store any more",
                "{count} articles are found by the index and not in the store any more",
                missing,
            )
        return Results(
            search_hits,
            result.total,
            note,
            forms=result.forms,
            before=before,
            next=cursor.next_page(result, hits, before + len(hits)),
        )

    def suggestions(self, text: str, total: int, filter: Filter = Filter()) -> list[Suggestion]:
        """Return other searches that find more than these `total`; raises as `search` does."""
        query, resolution = self.parsed(text), self._resolution()
        if total >= FEW_HITS and not any(slips(query.root)):
            return []
        with self.reading() as archive:

            def run(query: Query, filter: Filter) -> ArchivePage:
                return archive.search(query, resolution.scope(filter), limit=1)

            return suggestions(query, filter, run, archive.similar_terms, self._clock)

    def timed_count(self) -> Count:
        """Return a count for some seconds; after them, and in a small archive, it is not known."""
        until = self._clock() + TRIAL_SECONDS

        @cache
        def is_large() -> bool:
            return self._views.totals().articles >= FEW

        def count(node: Node) -> int:
            with suppress(StoreError, ArchiveError), interruptible(lambda: self._clock() > until):
                if self._clock() <= until and is_large():
                    return self.count(Query(node.text, node))
            return -1

        return count

    def complete(self, text: str, cursor: int) -> Completion:
        """Return the completions at the cursor in a query."""
        from index.query.completion import complete

        with self.reading() as archive:
            return complete(text, cursor, lambda name: self._filter_values(name, archive))

    def _filter_values(self, name: str, archive: Archive) -> Iterable[str]:
        """Return the values that a filter of queries has in this newsroom."""
        match name:
            case "feed":
                return [feed.name for feed in self._views.feeds.every()]
            case "tag":
                return {tag for feed in self._views.feeds.every() for tag in feed.tags}
            case "watch":
                return [count.name for count in self._views.watchlists.counts(math.inf, 1, 1.0)]
            case "concept":
                return [concept.name for concept in self._views.watchlists.concepts().values()]
            case "lang":
                return [lang or UNDETERMINED for lang in archive.languages()]
        return ()

    def _ask(
        self,
        question: Callable[[Archive, Callable[[Filter], DocumentFilter]], T],
        empty: T,
        feeds: Collection[Feed] | None = None,
    ) -> T:
        """Answer a question to the archive; a new newsroom has no archive, and gets `empty`."""
        if not self._views.totals().articles:
            return empty
        with self.reading() as archive:
            resolution = QueryResolution(self._views, self._clock(), self._zone, feeds)
            return question(archive, resolution.scope)

    def count(self, query: Query) -> int:
        """Return the number of articles that satisfy a query."""
        return self._ask(lambda archive, scope: archive.count(query, scope(Filter())), 0)

    def matching_ids(
        self, query: Query, feeds: Collection[Feed] | None = None, since: Timestamp | None = None
    ) -> list[int]:
        """Return the id of every article that satisfies a query, ascending.

        `feeds` are those that its filters may name; None for those of the store. `since` is
        the earliest date.
        """
        dated = Filter(since=since)
        return self._ask(
            lambda archive, scope: archive.ids(query, scope(dated)), list[int](), feeds
        )

    def misspelt(self, word: Word) -> list[str]:
        """Return terms of the archive that may be misspellings of a word (see `similar_terms`)."""
        return self._ask(lambda archive, _: archive.similar_terms(word, rarer=True), list[str]())

    def matches(self, query: Query, filter: Filter) -> MatchedArticles:
        """Return every article that satisfies a query, by feed and language."""
        return self._ask(
            lambda archive, scope: archive.matches(query, scope(filter)), MatchedArticles()
        )

    def significant_terms(
        self, query: Query, filter: Filter, texts: Sequence[Article], limit: int
    ) -> list[SignificantTerm]:
        """Return the words that set the articles of a query apart, read from some of them."""
        return self._ask(
            lambda archive, scope: archive.significant_terms(query, texts, limit, scope(filter)), []
        )

    def first_ids(self) -> dict[int, int]:
        """Return the smallest id that each feed carried, by the number of the feed."""
        return self._ask(lambda archive, _: archive.first_ids(), {})

    def ids(self, query: str | None) -> list[int]:
        """Return the ids of all articles that a query finds, newest first; None finds all.

        Raises QueryError.
        """
        if query is None:
            return list(range(self._views.version().article, 0, -1))
        return self.matching_ids(self.parsed(query))[::-1]

    def parsed(self, text: str) -> Query:
        """Return the query of a text, with the concepts that are defined; raises QueryError."""
        return defined(parse_query(text), self._views.watchlists.concepts())

    def _resolution(self, now: Timestamp | None = None) -> QueryResolution:
        return QueryResolution(self._views, self._clock() if now is None else now, self._zone)

    @contextmanager
    def reading(self) -> Iterator[Archive]:
        """Yield the archive; raises ArchiveError with the remedy if it is damaged."""
        try:
            yield self._open()
        except ArchiveDamaged as error:
            self._archive = None
            index_notes.mark_suspect(self._data)
            raise ArchiveError(clauses([str(error), _(index_notes.WAY_OUT)])) from error

    def _open(self) -> Archive:
        with self._open_lock:
            if self._archive is None:
                self._archive = open_archive(self._views.address.archive, partial=True)
            return self._archive

    def free_memory(self) -> None:
        """Free the memory of the index while nobody searches; the next question opens it again."""
        with self._open_lock:
            self._archive = None  # a question that is being answered keeps it until its end
        clear_all()
        inflection.free_memory()

    def note(self) -> str:
        """Return a warning that results are incomplete, and why; empty when all is well."""
        totals = self._views.totals()
        if not totals.articles:
            return ""
        with self.reading() as archive:
            return self._note(archive, totals)

    def _note(self, archive: Archive, totals: Totals) -> str:
        share = index_notes.read_progress(self._data, self._clock())
        if share is not None:
            progress = index_notes.describe_progress(share)
            return _("{progress}: the rest is not found yet", progress=progress)
        if archive.damage:
            index_notes.mark_suspect(self._data)
            return ngettext(
                "the index is damaged, {there} of {count} article can be searched; {way_out}",
                "the index is damaged, {there} of {count} articles can be searched; {way_out}",
                totals.articles, there=number(archive.article_count),
                way_out=_(index_notes.WAY_OUT),
            )  # fmt: skip
        lacking = totals.articles - archive.article_count
        waiting = lacking if self._views.address.has_own_archive else totals.unindexed
        return index_notes.describe_waiting(max(0, waiting))

    def hits(
        self, scores: Mapping[int, float], width: int, query: Query | None = None
    ) -> Iterator[SearchHit]:
        """Yield articles with snippets of at most `width` cells, by their ids and scores.

        Without a query, nothing is lit. Articles that the store does not have are left out.
        """
        articles = {article.id: article for article in self._views.articles.get([*scores])}
        names = {feed.number: feed.name for feed in self._views.feeds.every()}
        alerts = self._views.alerts.of_articles(articles)
        highlighter = Highlighter(query) if query else None
        for id, score in checked(scores.items(), 1):
            article = articles.get(id)
            if article is None:
                continue
            spans = tuple(highlighter.spans(article)) if highlighter else ()
            text, lit = snippet(article, spans, width)
            yield SearchHit(
                article=article,
                feed=names.get(article.feeds[0], "?"),
                score=score,
                spans=spans,
                snippet=text,
                lit=tuple(lit),
                alerts=tuple(row.alert for row in alerts if row.article == article.id),
            )
