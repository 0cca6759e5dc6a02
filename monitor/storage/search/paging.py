"""One page of a result, and the cursor to the next."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from msgspec import Struct
from msgspec.structs import replace

from index.archive import ArchiveHit, ArchivePage, CollectionStats
from index.query.parser import Query, parse_query
from monitor.base.article import Timestamp
from monitor.base.errors import CursorError
from monitor.base.translation import gettext as _
from monitor.storage.search.query_resolution import QueryResolution

if TYPE_CHECKING:
    from index import Archive
    from monitor.model.search import Filter


_VERSION = 1
_LONGEST = 20_000


class Cursor(Struct, frozen=True, kw_only=True):
    """A place in a result, between two pages."""

    search: str
    """Fingerprint of what is searched."""
    now: Timestamp
    """When the first page was asked for."""
    since: Timestamp | None
    until: Timestamp | None
    """The dates of the filter, as they were then."""
    max_id: int
    """Highest id in the archive then."""
    shown: int
    """Hits on the pages so far."""
    last: ArchiveHit
    stats: CollectionStats | None

    def written(self) -> str:
        """Return it as letters, digits, `-` and `_`."""
        last = self.last
        listed = [
            _VERSION, self.search, self.now, self.since, self.until, self.max_id, self.shown,
            last.date, last.id, last.score,
            *([self.stats.average_length, *self.stats.rarities] if self.stats else ()),
        ]  # fmt: skip
        packed = json.dumps(listed, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def parse_cursor(text: str, search: str) -> Cursor:
    """Return the cursor that was written for a search; raises CursorError if it was not."""
    try:
        padded = text.strip().encode("ascii") + b"=" * (-len(text.strip()) % 4)
        listed = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
        cursor = _cursor(listed) if len(text) <= _LONGEST else None
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error):
        cursor = None
    if cursor is None:
        raise CursorError(_("this is no place in a result; take `next` of the page before"))
    if cursor.search != search:
        raise CursorError(
            _("this place is in the result of another search; keep query and filters")
        )
    return cursor


def fingerprint(query: str, filter: Filter, sort: str) -> str:
    """Return what tells one search from another; dates that are relative move, and do not count."""
    parts = [
        query, sort, sorted(filter.lang), sorted(filter.feeds), sorted(filter.watchlists),
        filter.since is None, filter.until is None,
    ]  # fmt: skip
    return f"{crc32(json.dumps(parts).encode()):08x}"


def _cursor(listed: Sequence[Any]) -> Cursor:
    """Return the cursor of a list; raises ValueError or TypeError if it is none."""
    version, search, now, since, until, max_id, shown, date, id, score, *stats = listed
    if version != _VERSION or not isinstance(search, str):
        raise ValueError(version)
    numbers = [now, since or 0, until or 0, date, score, *stats]
    if not all(isinstance(n, float | int) and math.isfinite(n) for n in numbers):
        raise ValueError(listed)
    if not all(isinstance(n, int) and 0 <= n < 1 << 63 for n in (max_id, shown, id)):
        raise ValueError(listed)
    return Cursor(
        search=search,
        now=now,
        since=since,
        until=until,
        max_id=max_id,
        shown=shown,
        last=ArchiveHit(date, id, score),
        stats=CollectionStats(stats[0], tuple(stats[1:])) if stats else None,
    )


class PageOfHits(NamedTuple):
    """A page of a search, with the place where the next one begins."""

    page: ArchivePage
    hits: tuple[ArchiveHit, ...]
    before: int
    """Hits on the pages before it."""
    next: str
    """Where the next one begins; empty when there is none."""


class ResultPage:
    """A page to be looked up. Raises QueryError, CursorError."""

    def __init__(
        self,
        text: str,
        filter: Filter,
        *,
        sort: str,
        limit: int,
        after: str,
        page: int,
        now: Timestamp,
    ) -> None:
        """Understand what is searched; see `ArchiveSearch.search`."""
        self.query: Query = parse_query(text)
        self._sort = sort
        self._limit = limit
        self._page = page
        self._search = fingerprint(text, filter, sort)
        place = self._place = parse_cursor(after, self._search) if after else None
        self.now = place.now if place else now
        """The moment that relative dates count from."""
        self._filter = replace(filter, since=place.since, until=place.until) if place else filter

    def find(self, archive: Archive, resolution: QueryResolution) -> PageOfHits:
        """Return the hits of the page."""
        place = self._place
        page = archive.search(
            self.query,
            resolution.scope(self._filter, place.max_id if place else None),
            resolve=resolution.resolve,
            sort=self._sort,
            limit=self._limit if place else self._limit * self._page,
            after=place.last if place else None,
            stats=place.stats if place else None,
        )
        skipped = 0 if place else self._limit * (self._page - 1)
        hits = page.hits[skipped:]
        before = place.shown if place else min(skipped, page.total)
        more = hits and before + len(hits) < page.total
        return PageOfHits(page, hits, before, self._end(page, before + len(hits)) if more else "")

    def _end(self, page: ArchivePage, shown: int) -> str:
        """Return where the page ends, as a cursor."""
        return Cursor(
            search=self._search,
            now=self.now,
            since=self._filter.since,
            until=self._filter.until,
            max_id=self._place.max_id if self._place else page.last_id,
            shown=shown,
            last=page.hits[-1],
            stats=page.stats,
        ).written()
