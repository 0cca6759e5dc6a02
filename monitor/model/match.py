"""Where an article matches a watchlist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.config import Watchlist


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a watchlist hit an article: `article.part(field)[start:end] == text`."""

    field: str
    start: int
    end: int
    text: str
    term: str
    """The clause of the query that matched, as the analyst wrote it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistMatch:
    """A watchlist that an article satisfies, and where."""

    watchlist: Watchlist
    matches: tuple[Match, ...]
