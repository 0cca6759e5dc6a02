"""Muting watchlists, and what nobody was told of: the service's part of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor import model
from monitor.errors import MonitorError
from monitor.store import Views

if TYPE_CHECKING:
    from monitor.search import Search

USUAL, LONGEST = 3_600.0, 30 * 86_400.0
"""Seconds of a mute: when nothing is said, and at most."""


class NoWatchlistError(MonitorError):
    """There is no watchlist of that name."""


class Muting:
    """Mutes always end. What they hold back is kept, counted and listed."""

    _views: Views
    _search: Search
    _clock: Callable[[], Timestamp]

    def mute(self, name: str, seconds: float = USUAL, by: str = "") -> model.Mute:
        """Tell nobody of a watchlist for a while; returns what holds from now on.

        Raises NoWatchlistError, ValueError for more than thirty days, StoreError.
        """
        if not 0 < seconds <= LONGEST:
            raise ValueError("a mute ends, at the latest after 30 days")
        now = self._clock()
        mute = model.Mute(watchlist=self._called(name), by=by, since=now, until=now + seconds)
        self._views.mute(mute)
        return mute

    def unmute(self, name: str) -> model.Mute | None:
        """End the mute of a watchlist now; returns what it was, None if there was none.

        The monitor then tells what it held back. Raises NoWatchlistError, StoreError.
        """
        now, called = self._clock(), self._called(name)
        before = {mute.watchlist: mute for mute in self._views.mutes(now)}
        return before.get(called) if self._views.unmute(called, now) else None

    def mutes(self) -> list[model.Mute]:
        """Return the mutes in force, the first one to end first."""
        return self._views.mutes(self._clock())

    def suppressed_ids(
        self, filter: model.Filter = model.Filter(), *, limit: int | None = None
    ) -> list[int]:
        """Return ids of the newest alerts that nobody was told of, in ascending order."""
        feeds = self._search.numbers(filter.feeds) if filter.feeds else None
        return self._views.suppressed_ids(filter, feeds, limit)

    def suppressed(self, since: Timestamp) -> Counter[tuple[str, str]]:
        """Return how many alerts nobody was told of since then, by watchlist and reason.

        Reasons are those of `Alert.held`, and `copy`.
        """
        return self._views.suppressed(since)

    def _called(self, name: str) -> str:
        """Return the name of a watchlist as it is written in `feeds.yaml`."""
        from difflib import get_close_matches

        known = {one.casefold(): one for one in (*self._views.watched(), model.FEED_HEALTH)}
        found = known.get(name.strip().casefold())
        if found is None:
            close = get_close_matches(name.casefold(), known, n=1)
            hint = f"did you mean {known[close[0]]!r}?" if close else "`tocsin watch list` has all"
            raise NoWatchlistError(f"no watchlist is called {name!r}; {hint}")
        return found
