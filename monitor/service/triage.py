"""What people say of alerts, and watchlists that nobody is told of for a while."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from datetime import tzinfo
from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor.alerts.annotations import note as noted
from monitor.alerts.annotations import tag as tagged
from monitor.errors import MonitorError
from monitor.model.alert import FEED_HEALTH, Act, AlertState, Change, Decision, Verdict
from monitor.model.config import Silence
from monitor.model.search import Filter
from monitor.model.status import Judged, TermRecord
from monitor.store.protocol import Views

if TYPE_CHECKING:
    from index.engine.result_set import ResultSet
    from index.query.ast import Node
    from index.query.parser import Query
    from monitor.search.search import Search


class Triaging:
    """Each call is one act of one person: kept with who and when, taken back as a whole."""

    _views: Views
    _search: Search
    _zone: tzinfo
    _matched: Callable[[Query], ResultSet]
    _clock: Callable[[], Timestamp]
    _who: str

    def triage(
        self,
        ids: Iterable[int],
        *,
        state: AlertState | None = None,
        verdict: Verdict | None = None,
        starred: bool | None = None,
        note: str | None = None,
        tags: Collection[str] = (),
        untag: Collection[str] = (),
        acknowledge: bool = False,
    ) -> Act | None:
        """Say something of alerts; returns what that changed, None if nothing.

        `acknowledge` is for those that are new: what is closed stays so. `tags` are added,
        those of `untag` taken away; a `note` replaces the one there is, an empty one takes it
        away. Raises ValueError for a bad note or tag, StoreError if the store stays locked;
        then nothing is changed.
        """
        change = Change(
            state=state,
            verdict=verdict,
            starred=starred,
            note=None if note is None else noted(note),
            tags=tuple(map(tagged, tags)),
            untag=tuple(map(tagged, untag)),
            acknowledge=acknowledge,
        )
        return self._views.triage(list(ids), change, self._who, self._clock())

    def undo(self, act: int | None = None) -> Act | None:
        """Take back an act of this person, or the last that is in force; None without any.

        What was said of an alert since stays, and `Act.left` names it. Acts of other
        dashboards, of the command line and from before a restart count too. Raises StoreError.
        """
        return self._views.take_back(self._who, self._clock(), act)

    def redo(self) -> Act | None:
        """Say again what this person took back last; None if something was said since."""
        return self._views.say_again(self._who, self._clock())

    def select(self, filter: Filter = Filter(), query: str = "") -> list[int]:
        """Return ids of the alerts that pass a filter and that a query means, ascending.

        Raises:
            QueryError: The query has a mistake; the error knows its column.
            ArchiveError: The archive cannot be searched.
        """
        if not query:
            return list(self._passing(filter))
        from monitor.search.alert_filter import FilterMeaning, parse_alert_filter, select_alerts

        meaning = FilterMeaning(self._clock(), self._zone)
        return list(select_alerts(parse_alert_filter(query), filter, meaning, _ArchiveSource(self)))

    def articles_with(self, query: Query) -> int:
        """Return how many articles of the archive a query finds. Raises ArchiveError."""
        return self._matched(query).total

    def _passing(self, filter: Filter) -> Iterable[int]:
        feeds = self._search.numbers(filter.feeds) if filter.feeds else None
        return self._views.alert_ids(filter, feeds, 0, None)

    def decisions(self, alert: int) -> list[Decision]:
        """Return what was said of an alert, by whom and when, the first word first."""
        return self._views.decisions(alert)

    def tag_counts(self) -> dict[str, int]:
        """Return how many alerts have each tag of the analyst's, by tag."""
        return self._views.tag_counts()

    def term_records(self) -> list[TermRecord]:
        """Return what each term of the watchlists in force brought, the most first."""
        return self._views.term_records()

    def judged(self, watchlist: str) -> list[Judged]:
        """Return the articles that a watchlist raised alerts for, with what was said of them."""
        return self._views.judged(watchlist)

    def known_alerts(self, ids: Collection[int]) -> set[int]:
        """Return those of these numbers that alerts have."""
        return self._views.known_alerts(list(ids))


class _ArchiveSource:
    """Answers the parts of a filter over alerts; words are searched in the archive."""

    def __init__(self, triaging: Triaging) -> None:
        self._triaging = triaging

    def ids(self, filter: Filter) -> Iterable[int]:
        return self._triaging._passing(filter)

    def escalated(self) -> Iterable[int]:
        every = Filter(muted=True, closed=True)
        return [alert for _, alert in self._triaging._views.escalated_ids(every, None, 0, None)]

    def containing(self, node: Node) -> set[int]:
        from index.query.parser import Query

        articles = frozenset(self._triaging._matched(Query(node.text, node)).ids())
        return {id for id, about in self._triaging._views.article_of() if about in articles}


USUAL, LONGEST = 3_600.0, 30 * 86_400.0
"""Seconds of a mute: when nothing is said, and at most."""


class NoWatchlistError(MonitorError):
    """There is no watchlist of that name."""


class Muting:
    """Mutes always end. What they hold back is kept, counted and listed."""

    _views: Views
    _search: Search
    _clock: Callable[[], Timestamp]

    def mute(self, name: str, seconds: float = USUAL, by: str = "") -> Silence:
        """Tell nobody of a watchlist for a while; returns what holds from now on.

        Raises NoWatchlistError, ValueError for more than thirty days, StoreError.
        """
        if not 0 < seconds <= LONGEST:
            raise ValueError("a mute ends, at the latest after 30 days")
        now = self._clock()
        mute = Silence(watchlist=self._called(name), by=by, since=now, until=now + seconds)
        self._views.mute(mute)
        return mute

    def unmute(self, name: str) -> Silence | None:
        """End the mute of a watchlist now; returns what it was, None if there was none.

        The monitor then tells what it held back. Raises NoWatchlistError, StoreError.
        """
        now, called = self._clock(), self._called(name)
        before = {mute.watchlist: mute for mute in self._views.mutes(now)}
        return before.get(called) if self._views.unmute(called, now) else None

    def mutes(self) -> list[Silence]:
        """Return the mutes in force, the first one to end first."""
        return self._views.mutes(self._clock())

    def suppressed_ids(self, filter: Filter = Filter(), *, limit: int | None = None) -> list[int]:
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

        known = {one.casefold(): one for one in (*self._views.watched(), FEED_HEALTH)}
        found = known.get(name.strip().casefold())
        if found is None:
            close = get_close_matches(name.casefold(), known, n=1)
            hint = f"did you mean {known[close[0]]!r}?" if close else "`tocsin watch list` has all"
            raise NoWatchlistError(f"no watchlist is called {name!r}; {hint}")
        return found


class Skimming:
    """Headlines, and alerts that became louder."""

    _views: Views
    _search: Search

    def headlines(
        self, *, after: int = 0, before: int | None = None, limit: int = 2_000
    ) -> list[tuple[int, str]]:
        """Return (alert, headline) of the newest `limit` alerts between two, the newest first."""
        return self._views.headlines(after, before, limit)

    def stirred(self, filter: Filter = Filter(), *, after: int = 0) -> list[tuple[int, int, int]]:
        """Return (escalation, alert, newest alert then) of alerts that became louder.

        Those above `after`, each alert once, the oldest first; what is noise is not among them.
        """
        feeds = self._search.numbers(filter.feeds) if filter.feeds else None
        return self._views.stirred(filter, feeds, after)
