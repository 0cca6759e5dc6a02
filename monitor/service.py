"""The facade that the command line and the dashboard use: reading, and triage."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from index.article import Article, Timestamp
from monitor.model import (
    Alert,
    AlertState,
    FeedHealth,
    Filter,
    Hit,
    Status,
    Verdict,
    WatchlistCount,
)


@dataclass(frozen=True, slots=True)
class Found:
    """One article that a search found."""

    article: Article
    feed: str
    score: float
    spans: tuple[tuple[str, int, int], ...]
    """(part, start, end) of every match, on the article's own text."""
    snippet: str
    """The text around the best matches, on one line."""
    lit: tuple[tuple[int, int], ...]
    """Matches as offsets into the snippet."""


@dataclass(frozen=True, slots=True)
class Results:
    """What a search found."""

    found: tuple[Found, ...]
    total: int
    note: str = ""
    """What the reader must know: an index that is behind or being rebuilt."""


@dataclass(frozen=True, slots=True)
class Reading:
    """An article with everything one wants to know while reading it."""

    article: Article
    feed: str
    alerts: tuple[Alert, ...]
    """With their matches: why it is here."""
    others: tuple[tuple[str, Timestamp], ...] = ()
    """Other outlets with the same story, and when each had it, first one first."""
    versions: int = 1


class Service:
    """One newsroom, for any number of viewers. Calls are short and thread-safe."""

    def status(self) -> Status:
        """Return the newsroom at a glance."""
        raise NotImplementedError

    def feeds(self) -> list[FeedHealth]:
        """Return every feed's health, the worst first."""
        raise NotImplementedError

    def watchlists(self) -> list[WatchlistCount]:
        """Return every watchlist with its counts."""
        raise NotImplementedError

    def newest_alert(self) -> int:
        """Return the id of the newest alert, 0 without any; cheap enough for every second."""
        raise NotImplementedError

    def alert_ids(
        self, filter: Filter = Filter(), *, after: int = 0, limit: int | None = None
    ) -> array[int]:
        """Return ids of alerts in ascending order: those above `after`, the newest `limit`."""
        raise NotImplementedError

    def alerts(self, ids: Sequence[int], *, matches: bool = False) -> list[Alert]:
        """Return these alerts by primary key, in the order asked; unknown ids are left out."""
        raise NotImplementedError

    def triage(
        self,
        ids: Iterable[int],
        *,
        state: AlertState | None = None,
        verdict: Verdict | None = None,
        starred: bool | None = None,
    ) -> None:
        """Set what is given on these alerts; raises StoreError if the store stays locked."""
        raise NotImplementedError

    def read(self, article: int) -> Reading | None:
        """Return an article to read, None if there is none of that id."""
        raise NotImplementedError

    def search(
        self,
        query: str,
        filter: Filter = Filter(),
        *,
        sort: str = "date",
        limit: int = 50,
    ) -> Results:
        """Search the archive; `sort` is date or score, limit 0 is all.

        Raises QueryError with the column of the mistake.
        """
        raise NotImplementedError

    def explain(self, article: int) -> list[Hit]:
        """Return which of the watchlists in force match an article, and where."""
        raise NotImplementedError

    def poll_now(self, url: str | None = None) -> None:
        """Ask the monitor to poll one feed at once, or all."""
        raise NotImplementedError


Clock = Callable[[], Timestamp]
