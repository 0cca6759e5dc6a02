"""What people say of alerts: the service's part of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING

from index.article import Timestamp
from monitor import model
from monitor.annotations import note as noted
from monitor.annotations import tag as tagged
from monitor.store import Views

if TYPE_CHECKING:
    from index.matched import Matched
    from index.query import Query
    from monitor.search import Search

_ANY = model.Filter(muted=True, closed=True)


class Triaging:
    """Each call is one act of one person: kept with who and when, taken back as a whole."""

    _views: Views
    _search: Search
    _zone: tzinfo
    _matched: Callable[[Query], Matched]
    _clock: Callable[[], Timestamp]
    _who: str

    def triage(
        self,
        ids: Iterable[int],
        *,
        state: model.AlertState | None = None,
        verdict: model.Verdict | None = None,
        starred: bool | None = None,
        note: str | None = None,
        tags: Collection[str] = (),
        untag: Collection[str] = (),
        acknowledge: bool = False,
    ) -> model.Act | None:
        """Say something of alerts; returns what that changed, None if nothing.

        `acknowledge` is for those that are new: what is closed stays so. `tags` are added,
        those of `untag` taken away; a `note` replaces the one there is, an empty one takes it
        away. Raises ValueError for a bad note or tag, StoreError if the store stays locked;
        then nothing is changed.
        """
        change = model.Change(
            state=state,
            verdict=verdict,
            starred=starred,
            note=None if note is None else noted(note),
            tags=tuple(map(tagged, tags)),
            untag=tuple(map(tagged, untag)),
            acknowledge=acknowledge,
        )
        return self._views.triage(list(ids), change, self._who, self._clock())

    def undo(self, act: int | None = None) -> model.Act | None:
        """Take back an act of this person, or the last that is in force; None without any.

        What was said of an alert since stays, and `Act.left` names it. Acts of other
        dashboards, of the command line and from before a restart count too. Raises StoreError.
        """
        return self._views.take_back(self._who, self._clock(), act)

    def redo(self) -> model.Act | None:
        """Say again what this person took back last; None if something was said since."""
        return self._views.say_again(self._who, self._clock())

    def chosen(self, filter: model.Filter = model.Filter(), query: str = "") -> list[int]:
        """Return ids of the alerts that pass a filter and that a query means, ascending.

        Where the query says `state:`, closed ones are not left out. Raises QueryError with the
        column of the mistake, ArchiveError.
        """
        if not query:
            return list(self._passing(filter))
        from monitor.search.alerted import Asking, alerted, read, speaks_of_state

        root = read(query)
        filter = replace(filter, closed=filter.closed or speaks_of_state(root))

        asking = Asking(
            alerts=self._passing,
            louder=lambda: [alert for _, alert in self._views.escalated_ids(_ANY, None, 0, None)],
            articles=lambda asked: self._matched(asked).ids(),
            article_of=self._views.article_of,
            now=self._clock(),
            zone=self._zone,
        )
        meant = alerted(root, asking)
        return [id for id in self._passing(filter) if id in meant]

    def articles_with(self, query: Query) -> int:
        """Return how many articles of the archive a query finds. Raises ArchiveError."""
        return self._matched(query).total

    def _passing(self, filter: model.Filter) -> Iterable[int]:
        feeds = self._search.numbers(filter.feeds) if filter.feeds else None
        return self._views.alert_ids(filter, feeds, 0, None)

    def decisions(self, alert: int) -> list[model.Decision]:
        """Return what was said of an alert, by whom and when, the first word first."""
        return self._views.decisions(alert)

    def tag_counts(self) -> dict[str, int]:
        """Return how many alerts have each tag of the analyst's, by tag."""
        return self._views.tag_counts()

    def term_records(self) -> list[model.TermRecord]:
        """Return what each term of the watchlists in force brought, the most first."""
        return self._views.term_records()

    def judged(self, watchlist: str) -> list[model.Judged]:
        """Return the articles that a watchlist raised alerts for, with what was said of them."""
        return self._views.judged(watchlist)

    def known_alerts(self, ids: Collection[int]) -> set[int]:
        """Return those of these numbers that alerts have."""
        return self._views.known_alerts(list(ids))
