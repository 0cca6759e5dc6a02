"""Alerts that a filter and a query select; decisions about them, and silences, by one person."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from monitor.base.article import Timestamp
from monitor.base.text_cleaning import line, lines
from monitor.base.translation import gettext as _, number
from monitor.model.alert import AlertState, TriageState, Verdict
from monitor.model.search import Filter
from monitor.model.shown_names import written_list_name
from monitor.model.triage import Change, TriageAction
from monitor.model.watchlist import FEED_HEALTH, Silence
from monitor.presentation.service.known_names import clean_person, no_watchlist

if TYPE_CHECKING:
    from index.query.ast import Node
    from index.query.parser import Query
    from monitor.model.alert import Alert, EscalatedAlert
    from monitor.model.status import StoreVersion
    from monitor.storage.store.sql.views import Views


USUAL, LONGEST = 3_600.0, 30 * 86_400.0
"""Seconds of a silence: the default, and the most."""
MAX_NOTE = 10_000
"""Characters of a note at most."""
MAX_TAG = 50
"""Characters of a tag at most."""


class Triage:
    """Each change is one act of one person: recorded with who and when, undone as a whole.

    Silences always end. What they suppress is stored, counted and listed.
    """

    def __init__(
        self,
        views: Views,
        matching_ids: Callable[[Query], Collection[int]],
        clock: Callable[[], Timestamp],
        zone: tzinfo,
        user: str = "",
    ) -> None:
        self.views = views
        self._matching_ids = matching_ids
        self._clock = clock
        self._zone = zone
        self.user = user
        """The person who acts; empty for a person without a name."""

    def by(self, user: str) -> Triage:
        """Return the triage of another person."""
        return Triage(self.views, self._matching_ids, self._clock, self._zone, user)

    def change(
        self,
        ids: Iterable[int],
        *,
        state: AlertState | None = None,
        verdict: Verdict | None = None,
        starred: bool | None = None,
        note: str | None = None,
        assignee: str | None = None,
        tags: Collection[str] = (),
        untag: Collection[str] = (),
        acknowledge: bool = False,
        seen: Mapping[str, Any] = {},
        shown: Mapping[int, TriageState] = {},
    ) -> TriageAction | None:
        """Change alerts; returns what that changed, None if nothing.

        `acknowledge` is for those that are new: what is closed stays so. `tags` are added,
        those of `untag` taken away; a `note` replaces the one there is, an empty one takes it
        away. `assignee` is a name or `me`; `nobody` or an empty one is nobody. With `seen`, fields
        of a `TriageState`, nothing is changed where they differ. With `shown`, each alert as the
        person saw it, an alert on which the change would overwrite what somebody did since is left.

        Raises:
            ValueError: A note, tag or name is not valid; nothing is changed.
            StoreError: The store stays locked; nothing is changed.
            ChangedMeanwhileError: An alert is not as it was seen; nothing is changed.
        """
        change = Change(
            state=state,
            verdict=verdict,
            starred=starred,
            note=None if note is None else clean_note(note),
            assignee=self.person(assignee) if assignee else assignee,
            tags=tuple(map(clean_tag, tags)),
            untag=tuple(map(clean_tag, untag)),
            acknowledge=acknowledge,
            seen=seen,
        )
        return self.views.triage.change(list(ids), change, self.user, self._clock(), shown)

    def person(self, name: str) -> str:
        """Return the name of somebody as it is stored: `me` is this person, `nobody` is empty.

        Raises:
            ValueError: It is no name.
        """
        return clean_person(name, self.user)

    def undo(self, act: int | None = None) -> TriageAction | None:
        """Undo an act of this person, or the last that was not undone; None without any.

        What was decided about an alert since stays, and `TriageAction.left` names it. Acts of other
        dashboards, of the command line and from before a restart count too. Raises StoreError.
        """
        return self.views.triage.undo(self.user, self._clock(), act)

    def redo(self) -> TriageAction | None:
        """Redo what this person undid last; None if this person changed something since."""
        return self.views.triage.redo(self.user, self._clock())

    def select(self, filter: Filter = Filter(), query: str = "") -> list[int]:
        """Return ids of the alerts that pass a filter and that a query selects, ascending.

        Raises:
            QueryError: The query has a mistake; the error knows its column.
            ArchiveError: The archive cannot be searched.
        """
        from monitor.storage.search.alert_filter import (
            FilterMeaning,
            parse_alert_filter,
            select_alerts,
        )

        if not query:
            return list(self.views.alerts.ids(filter))
        meaning = FilterMeaning(self._clock(), self._zone, analyst=self.user)
        source = _ArchiveSource(self.views, self._matching_ids)
        return list(select_alerts(parse_alert_filter(query), filter, meaning, source))

    def silence(self, name: str, seconds: float = USUAL, user: str = "") -> Silence:
        """Suppress the alerts of a watchlist for a while; returns what holds from now on.

        Raises:
            UnknownNameError: No watchlist has that name.
            ValueError: It would last for more than thirty days.
            StoreError: The store stays locked.
        """
        if not 0 < seconds <= LONGEST:
            raise ValueError(_("a silence ends, at the latest after 30 days"))
        now = self._clock()
        silence = Silence(
            watchlist=self._watchlist_name(name), by=user, since=now, until=now + seconds
        )
        self.views.watchlists.silence(silence)
        return silence

    def end_silence(self, name: str) -> Silence | None:
        """End the silence of a watchlist now; returns what it was, None if there was none.

        The monitor then notifies what it suppressed. Raises UnknownNameError, StoreError.
        """
        now, watchlist = self._clock(), self._watchlist_name(name)
        active = {s.watchlist: s for s in self.views.watchlists.silences(now)}
        silence = active.get(watchlist)
        if silence is not None:
            self.views.watchlists.silence(replace(silence, until=now))
        return silence

    def _watchlist_name(self, name: str) -> str:
        """Return the name of a watchlist as it is written in `feeds.yaml`."""
        names = [watchlist.name for watchlist in self.views.watchlists.in_force()]
        spellings = {n.casefold(): n for n in (*names, FEED_HEALTH)}
        if spelling := spellings.get(written_list_name(name).strip().casefold()):
            return spelling
        raise no_watchlist(name, spellings.values())


class _ArchiveSource(Struct, frozen=True):
    """Answers the parts of a filter over alerts; words are searched in the archive."""

    views: Views
    matching_ids: Callable[[Query], Collection[int]]

    def ids(self, filter: Filter) -> Iterable[int]:
        return self.views.alerts.ids(filter)

    def escalated(self) -> Iterable[int]:
        all_alerts = Filter(silenced=True, closed=True)
        return [row.alert for row in self.views.alerts.escalated(all_alerts)]

    def containing(self, node: Node) -> set[int]:
        from index.query.concepts import defined
        from index.query.parser import Query

        if not self.views.totals().articles:
            return set()
        query = defined(Query(node.text, node), self.views.watchlists.concepts())
        articles = self.matching_ids(query)
        return {row.alert for row in self.views.alerts.of_articles(articles)}


class AlertSelection:
    """The alerts that a filter and a query select."""

    def __init__(self, triage: Triage, filter: Filter, query: str = "") -> None:
        """Begin with a query, which is evaluated at once; an empty one selects all.

        Raises:
            QueryError: The query has a mistake.
        """
        self.views = triage.views.alerts
        self.filter = filter
        self._queried = triage.select(filter, query) if query else None

    def alerts(self, limit: int) -> list[Alert]:
        """Return the `limit` alerts that were raised or escalated last, 0 for all, newest last."""
        return self.read([alert.id for alert in self.latest(limit)])

    def after(
        self, version: StoreVersion
    ) -> tuple[StoreVersion, Sequence[int], Sequence[EscalatedAlert]]:
        """Return the version of the store, and the alerts raised and escalated since `version`."""
        raised = self.views.ids(self.filter, after=version.alert)
        escalated = self.views.escalated(self.filter, after=version.escalation)
        version = version._replace(
            alert=max([version.alert, *raised]),
            escalation=max([version.escalation, *(row.escalation for row in escalated)]),
        )
        return version, raised, escalated

    def read(self, ids: Iterable[int]) -> list[Alert]:
        """Return these alerts, each once, with all that a row has."""
        return self.views.get([*dict.fromkeys(ids)], matches=True, timelines=True)

    def latest(self, limit: int) -> list[Alert]:
        """Return the alerts that were raised or escalated last, the newest last, bare."""
        if self._queried is not None:
            ids = list(self._queried)
            selected = frozenset(ids)
            any_state = replace(self.filter, closed=True)
            escalated = self.views.escalated(any_state)
            escalated_ids = [row.alert for row in escalated if row.alert in selected]
        else:
            ids = list(self.views.ids(self.filter, limit=limit or None))
            escalated = self.views.escalated(self.filter, limit=limit or None)
            escalated_ids = [row.alert for row in escalated]
        alerts = self.views.get([*dict.fromkeys([*ids[-limit:], *escalated_ids[-limit:]])])
        alerts.sort(key=lambda alert: (alert.stirred_at, alert.id))
        return alerts[-limit:]


def with_decisions(
    filter: Filter,
    state: str,
    verdict: str | None,
    tags: tuple[str, ...],
    assignees: tuple[str, ...],
    starred: bool,
) -> Filter:
    """Return a filter of alerts, with what was decided about them as commands and the API say it.

    `state` may be `open` or `all`, `verdict` be `none` for alerts without.
    """
    return replace(
        filter,
        state=None if state in ("open", "all") else AlertState(state),
        closed=state == "all",
        verdict=None if verdict is None else Verdict(verdict.replace("none", "")),
        starred=starred or None,
        tags=tags,
        assignees=assignees,
    )


def clean_note(text: str) -> str:
    """Return a note as it is stored: clean, a paragraph a line.

    Raises:
        ValueError: It is too long.
    """
    note = lines(text)
    if len(note) > MAX_NOTE:
        raise ValueError(
            _(
                "a note has {most} characters at most; this one has {length}",
                most=number(MAX_NOTE),
                length=number(len(note)),
            )
        )
    return note


def clean_tag(text: str) -> str:
    """Return a tag as it is stored: in lower case, with hyphens for spaces.

    Raises:
        ValueError: It has no letter, has a comma, or is too long.
    """
    tag = unicodedata.normalize("NFC", "-".join(line(text).removeprefix("#").split()).lower())
    if not any(map(str.isalpha, tag)):
        raise ValueError(_("{tag} is no tag; a tag holds a letter", tag=tag or _("nothing")))
    if "," in tag:
        raise ValueError(_("{tag} holds a comma; give one tag at a time", tag=tag))
    if len(tag) > MAX_TAG:
        raise ValueError(_("a tag has {most} characters at most", most=number(MAX_TAG)))
    return tag
