"""Where an article matches a watchlist."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from monitor.model.config import Watchlist


class Match(Struct, frozen=True, kw_only=True):
    """Where a watchlist hit an article: `article.part(field)[start:end] == text`."""

    field: str
    start: int
    end: int
    text: str
    term: str
    """The clause of the query that matched, as the analyst wrote it."""


class WatchlistMatch(Struct, frozen=True, kw_only=True):
    """A watchlist that an article satisfies, and where."""

    watchlist: Watchlist
    matches: tuple[Match, ...]
