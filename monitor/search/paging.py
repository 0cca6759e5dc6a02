"""One page of a result: the first, the so many-th, or the one behind a place in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from index.article import Timestamp
from index.query import Query, parse
from monitor.search.cursor import Cursor, fingerprint, read
from monitor.search.meaning import Meaning

if TYPE_CHECKING:
    from index.searcher import Archive, Found, Hit
    from monitor.model import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for."""

    text: str
    filter: Filter
    sort: str
    """`date` or `score`."""
    limit: int
    """Hits of a page; 0 is all."""
    after: str = ""
    """`Results.next` of the page before."""
    page: int = 1
    """Without `after`: the so many-th page, as of now."""


class Leaf(NamedTuple):
    """A page that was found."""

    found: Found
    hits: tuple[Hit, ...]
    before: int
    """Hits on the pages before it."""
    next: str
    """Where the next one begins; empty when there is none."""


class Page:
    """A page to be looked up. Raises QueryError, CursorError."""

    def __init__(self, asked: Asked, now: Timestamp) -> None:
        self.query: Query = parse(asked.text)
        self._asked = asked
        self._search = fingerprint(asked.text, asked.filter, asked.sort)
        self._place = read(asked.after, self._search) if asked.after else None
        self.now = self._place.now if self._place else now
        """The moment that relative dates are told from."""
        self._filter = asked.filter
        if self._place:
            self._filter = replace(asked.filter, since=self._place.since, until=self._place.until)

    def turned_to(self, archive: Archive, meaning: Meaning) -> Leaf:
        """Look it up."""
        asked, place = self._asked, self._place
        found = archive.search(
            self.query,
            meaning.scope(self._filter, place.upto if place else None),
            resolve=meaning.resolve,
            sort=asked.sort,
            limit=asked.limit if place else asked.limit * asked.page,
            after=place.last if place else None,
            scale=place.scale if place else None,
        )
        skipped = 0 if place else asked.limit * (asked.page - 1)
        hits = found.hits[skipped:]
        before = place.shown if place else min(skipped, found.total)
        more = hits and before + len(hits) < found.total
        return Leaf(found, hits, before, self._end(found, before + len(hits)) if more else "")

    def _end(self, found: Found, shown: int) -> str:
        """Return where the page ends, as a cursor."""
        return Cursor(
            search=self._search,
            now=self.now,
            since=self._filter.since,
            until=self._filter.until,
            upto=self._place.upto if self._place else found.last_id,
            shown=shown,
            last=found.hits[-1],
            scale=found.scale,
        ).written()
