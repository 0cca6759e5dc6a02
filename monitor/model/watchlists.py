"""Watchlists at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.model.severity import Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """A watchlist's alerts of today, and how many are usual by this time of this weekday."""

    today: int = 0
    """Since midnight, without those for what was there before."""
    usual: float | None = None
    """None while too little is known: fewer than two weeks."""
    weeks: int = 0
    """Same weekdays before this one that are known, up to eight."""
    surprise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchlistCount:
    """A watchlist and what it brought."""

    name: str
    severity: Severity
    total: int
    untriaged: int
    spark: tuple[int, ...]
    """Alerts in each two hours of the last day, oldest first."""
    pace: Pace = Pace()
