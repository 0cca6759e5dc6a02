"""What watchlists and their terms have brought, and what is left to look through."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from index.article import Timestamp
    from monitor.model.alerts import Verdict
    from monitor.model.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistRecord:
    """What a watchlist has brought so far, and what the analyst thought of it."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    last_hit: Timestamp | None
    relevant: int
    """Alerts with this verdict; those with none count for neither."""
    noise: int


@dataclass(frozen=True, slots=True)
class TermRecord:
    """What a term of a watchlist has brought so far, and what the analyst thought of it."""

    watchlist: str
    term: str
    total: int
    relevant: int
    noise: int


@dataclass(frozen=True, slots=True)
class Judged:
    """An article that raised an alert, and what the analyst thought of that."""

    article: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class BackfillStand:
    """How far a new rule has got with the articles that were there before it."""

    watchlist: str
    upto: int
    """Id of the last article it was matched with."""
    until: int
    """Id of the last article that was there before it."""
