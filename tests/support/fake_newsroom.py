"""A newsroom in memory with the interface of `monitor.presentation.service.service.Service`."""

from __future__ import annotations

import threading
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from msgspec.structs import replace

from index.errors import ArchiveDamaged, QueryError
from index.evaluation.significant_terms import SignificantTerm
from index.query.completion import Completion, complete
from index.query.concepts import Concepts
from index.query.parser import Query, parse_query
from monitor.base.article import Article
from monitor.base.errors import StoreError
from monitor.model.alert import (
    Alert,
    AlertKind,
    AlertState,
    EscalatedAlert,
    Escalation,
    MergedAlert,
    Outlet,
    StoryAlerts,
    StoryTimeline,
    SuppressionReason,
    TriageState,
    Verdict,
)
from monitor.model.article import ArticleDetails, Version
from monitor.model.briefing import Briefing
from monitor.model.config import SavedSearch
from monitor.model.delivery import Delivery
from monitor.model.feed import (
    Coverage,
    Feed,
    FeedHealth,
    FeedState,
    Gap,
    GapKind,
    Health,
    Outcome,
    Poll,
)
from monitor.model.recall import Recall
from monitor.model.search import (
    FEW_HITS,
    BucketSize,
    Facets,
    Filter,
    PastSearch,
    Results,
    SearchHit,
    Series,
    Share,
    Suggestion,
    Trend,
)
from monitor.model.status import MonitorPresence, Status, StoreVersion
from monitor.model.triage import (
    Change,
    Decision,
    TriageAction,
    overwrites,
    triage_state,
)
from monitor.model.watchlist import (
    FEED_HEALTH,
    Match,
    Severity,
    Silence,
    Untriaged,
    Watchlist,
    WatchlistCount,
)
from monitor.presentation.service.briefing import compose_briefing
from monitor.presentation.service.known_names import clean_person
from monitor.watchlists.other_names import NameSuggestion
from monitor.watchlists.rehearsal import Rehearsal
from support.briefings import hostile_facts

NOW = 1_795_563_000.0
"""2026-11-24 19:30:00 UTC."""
ALL = Filter()
LISTS = (
    ("Alibaba", Severity.HIGH),
    ("Espionnage", Severity.HIGH),
    ("grève", Severity.MEDIUM),
    ("chips", Severity.LOW),
)
OUTLETS = ("Les Échos", "Reuters", "Le Monde", "FT")
TITLES = (
    "Alibaba dans le collimateur de la sûreté belge",
    "Espionnage : deux suspects arrêtés à Liège",
    "[MAJ] Grève des contrôleurs aériens : un vol sur deux annulé à Orly",
    "US widens export curbs on advanced chips to five more countries",
)
BODY = (
    "Le mouvement de grève touche un vol sur deux au départ d'Orly, selon la direction.\n"
    "Les syndicats ont appelé à une nouvelle grève lundi; la direction promet de répondre.\n"
) * 12


class FakeNewsroom:
    """Alerts are made from their number on demand; triage is kept, and can be made to fail."""

    def __init__(self, alerts: int = 40, title: Callable[[int], str] | None = None) -> None:
        self.now = NOW
        self.count = alerts
        self.recall: Recall | None = None
        self.title = title or (lambda n: TITLES[n % 4])
        self.triaged: dict[int, tuple[AlertState, Verdict, bool]] = {}
        self.notes: dict[int, str] = {}
        self.tags: dict[int, tuple[str, ...]] = {}
        self.assignees: dict[int, str] = {}
        self.acts: dict[int, dict[int, Any]] = {}
        self.undone: set[int] = set()
        self.redoable: list[tuple[int, int]] = []
        self.louder: list[tuple[int, int]] = []
        """(alert, newest alert then) of each escalation."""
        self.why: dict[int, str] = {}
        self.unsent: list[Delivery] = []
        self.retried: list[int] = []
        self.muted: dict[str, Silence] = {}
        self.merged: dict[int, int] = {}
        """The alert that stands for a merged alert, by the merged alert."""
        self.others: dict[int, int] = {}
        """Articles without alert, by their ids, and the newest alert when each came."""
        self.silenced: set[int] = set()
        """Alerts that were raised in a silence."""
        self.locked = threading.Event()
        self.unreadable = False
        self.watching = True
        self.committed, self.at_rest = 0, False
        self.pulse: float | None = NOW - 3
        self.network_down = ""
        self.store_damage = ""
        self.config_error = ""
        self.edit_effects = ""
        self.polled: list[str | None] = []
        self.searches: list[str] = []
        self.tried: list[Watchlist] = []
        self.suggested: list[Query] = []
        self.judged: list[tuple[str, int, Verdict]] = []
        self.slow: dict[str, threading.Event] = {}
        """Queries that are answered only once their event is set."""
        self.about_feeds: set[int] = set()
        self.story_of: dict[int, int] = {}
        """The first alert of the story, of alerts that are not the first themselves."""
        self.noted: list[PastSearch] = [
            PastSearch("Alibaba", "date", NOW),
            PastSearch("puces", "date", 0),
        ]
        self.feed_health = [feed_health(n, name) for n, name in enumerate(OUTLETS)]
        self.lists: Sequence[tuple[str, Severity]] = LISTS
        self.published: Callable[[int], float | None] = lambda n: self._raised(n) - 120

    def _raised(self, n: int) -> float:
        return NOW - 60.0 * (self.start - n)

    start = 40
    config: Path | None = None

    @property
    def views(self) -> Any:
        """The reading half of the service."""
        return SimpleNamespace(
            version=self.version,
            listener=lambda: None,
            stamp=object,
            feeds=SimpleNamespace(
                polls=self.polls, gaps=self.gaps, every=self.every_feed, poll_now=self.poll_now
            ),
            watchlists=SimpleNamespace(
                silences=lambda now: list(self.muted.values()),
                untriaged=self.untriaged,
                concepts=dict,
            ),
            alerts=SimpleNamespace(
                ids=self.alert_ids,
                get=self.alerts,
                stories=self.stories,
                later_of_stories=self.later_of_stories,
                escalated=self.escalated,
                headlines=self.headlines,
                column_values=self.column_values,
            ),
            articles=SimpleNamespace(
                details=self.read,
                revisions=self.versions,
                get=lambda ids: [self._article(n) for n in ids],
                arrived=lambda since: len(self.others),
                without_alert=self.without_alert,
            ),
            triage=SimpleNamespace(
                decisions=self.decisions,
                tags=self.tag_counts,
                people=lambda: sorted({"me", *self.assignees.values()} - {""}),
            ),
            deliveries=SimpleNamespace(
                newest=self.deliveries, retry=self.retry, of_alerts=lambda ids: {}
            ),
            searches=SimpleNamespace(recent=self.searched),
        )

    @property
    def triage(self) -> Any:
        """The part of the service that changes alerts."""
        return SimpleNamespace(
            user="me",
            person=lambda name: clean_person(name, "me"),
            change=self.change,
            undo=self.undo,
            redo=self.redo,
            silence=self.mute,
            end_silence=self.unmute,
        )

    @property
    def statistics(self) -> Any:
        """The part of the service that counts."""
        return SimpleNamespace(
            trend=self.trend,
            facets=self.facets,
            watchlists=self.watchlists,
            max_severities=self.rung,
        )

    @property
    def archive(self) -> Any:
        """The part of the service that searches."""
        return SimpleNamespace(
            search=self.search,
            suggestions=self.suggestions,
            complete=self.complete,
            timed_count=lambda: lambda node: int(node.text != "grève rare"),
        )

    def version(self) -> StoreVersion:
        return StoreVersion(
            self.commits(),
            max([self.count, *self.others]),
            self.newest_alert(),
            self.newest_escalation(),
        )

    def clock(self) -> float:
        """Return a fixed time."""
        return self.now

    @property
    def health(self) -> FakeNewsroom:
        return self

    def recall_of_the_day(self) -> Recall | None:
        return self.recall

    def status(self) -> Status:
        triaged = sum(state is not AlertState.NEW for state, _, _ in self.triaged.values())
        feeds: dict[Health, int] = {}
        for feed in self.feed_health:
            feeds[feed.health] = feeds.get(feed.health, 0) + 1
        return Status(
            articles=1234,
            indexed=1234,
            alerts=self.count,
            untriaged=self.count - triaged,
            feeds=feeds,
            blind=0,
            monitor=MonitorPresence(pid=7, since=NOW - 900, config="feeds.yaml", log="")
            if self.watching
            else None,
            pulse=self.pulse if self.watching else None,
            network_down=self.network_down,
            store_damage=self.store_damage,
            config_error=self.config_error,
            edit_effects=self.edit_effects,
            silences=tuple(self.muted.values()),
            silenced=sum(self._triage_of(n)[0] is AlertState.NEW for n in self.silenced),
            unsent=len(self.unsent),
        )

    def renewed(self, status: Status) -> Status:
        now = FakeNewsroom.status(self)
        problems = {"network_down": now.network_down, "config_error": now.config_error}
        effects = now.edit_effects
        return replace(
            status, monitor=now.monitor, pulse=now.pulse, edit_effects=effects, **problems
        )

    def commits(self) -> int:
        """Return another version each time, unless the newsroom is at rest."""
        self.committed += not self.at_rest
        return self.committed

    def feeds(self) -> list[FeedHealth]:
        return list(self.feed_health)

    def rehearse(
        self, watchlist: Watchlist, feeds: Sequence[Feed], progress: Callable[[int, int], None]
    ) -> Rehearsal:
        """Find the articles whose titles have the first word of the query."""
        self.tried.append(watchlist)
        word = watchlist.query.text.partition(" ")[0]
        articles = self.search(word).hits
        progress(1, 1)
        return rehearsal(
            articles=self.count,
            matched=len(articles),
            alerts=len(articles),
            terms=((word, len(articles)), ("zinc", 0)),
            examples=articles[:10],
        )

    def judge_example(self, watchlist: str, article: int, verdict: Verdict) -> None:
        self.judged.append((watchlist, article, verdict))

    def suggest_names(
        self, query: Query, concepts: Concepts, vectors: bool
    ) -> list[NameSuggestion]:
        """Find two other names of anything but zinc."""
        self.suggested.append(query)
        if query.text == "zinc":
            return []
        return [
            NameSuggestion("CDG", ("acronym",), 3, 2, (1,)),
            NameSuggestion("Roissy", ("part",), 9, 4, (1,)),
        ]

    def polls(self, url: str) -> list[Poll]:
        return [
            Poll(at=NOW - 60, outcome=Outcome.READ, entries=20, known=18, new=2, status=200),
            Poll(
                at=NOW - 960, outcome=Outcome.FAILED, reason="503 Service Unavailable", status=503
            ),
        ]

    def watchlists(self) -> list[WatchlistCount]:
        return [
            WatchlistCount(
                name=name,
                severity=severity,
                total=self.count // 4,
                untriaged=n * 3,
                spark=tuple((h * (n + 2)) % 7 for h in range(12)),
            )
            for n, (name, severity) in enumerate(self.lists)
        ]

    def untriaged(self) -> Untriaged:
        by_watchlist = {count.name: count.untriaged for count in FakeNewsroom.watchlists(self)}
        return Untriaged(FakeNewsroom.status(self).untriaged, by_watchlist)

    def newest_alert(self) -> int:
        self._readable()
        return self.count

    def alert_ids(
        self, filter: Filter = ALL, *, after: int = 0, limit: int | None = None
    ) -> array[int]:
        self._readable()
        first = 1 if limit is None or filter != ALL else max(1, self.count - limit + 1)
        ids = array("q", range(max(first, after + 1), self.count + 1))
        if filter != ALL or self.triaged or self.merged or self.silenced:
            ids = array("q", (n for n in ids if self._passes(n, filter)))
        return ids if limit is None else ids[-limit:]

    def _passes(self, n: int, filter: Filter) -> bool:
        state, verdict, starred = self._triage_of(n)
        name, severity = LISTS[n % 4]
        severity = Severity.HIGH if n in self.why else severity
        feeds = [feed.removeprefix("tag:") for feed in filter.feeds]
        hidden = state is AlertState.CLOSED and not filter.closed and filter.state is None
        return not hidden and all((
            n not in self.merged or filter.merged,
            n not in self.silenced or filter.silenced,
            not filter.watchlists or name in filter.watchlists,
            filter.state in (None, state),
            filter.verdict in (None, verdict),
            filter.starred in (None, starred),
            not filter.severities or severity in filter.severities,
            not filter.lang or "fr" in filter.lang,
            not filter.tags or {*filter.tags} & {*self.tags.get(n, ())},
            not filter.feeds or OUTLETS[n % 4] in feeds,
            not filter.assignees or self.assignees.get(n, "") in filter.assignees,
            filter.noted in (None, bool(self.notes.get(n))),
            filter.since is None or self._raised(n) >= filter.since,
        ))  # fmt: skip

    def alerts(self, ids: Sequence[int], *, matches: bool = False) -> list[Alert]:
        self._readable()
        return [self._alert(n, matches=matches) for n in ids if 0 < n <= self.count]

    def stories(
        self, ids: Sequence[int], *, matches: bool = False, silenced: bool = False, **_: bool
    ) -> list[StoryAlerts]:
        first_ids = dict.fromkeys(self.story_of.get(n, n) for n in ids if 0 < n <= self.count)
        stories = []
        for first in first_ids:
            members = {first, *(n for n, of in self.story_of.items() if of == first)}
            members_shown = [
                n for n in sorted(members) if n in ids or self._passes(n, Filter(silenced=silenced))
            ]
            stories.append(StoryAlerts(tuple(self.alerts(members_shown, matches=matches))))
        return stories

    def later_of_stories(self, *, after: int = 0) -> tuple[array[int], array[int]]:
        alert_ids = sorted(n for n in self.story_of if after < n <= self.count)
        return array("q", alert_ids), array("q", (self.story_of[n] for n in alert_ids))

    def _readable(self) -> None:
        if self.unreadable:
            raise StoreError("the disk is gone")

    def _triage_of(self, n: int) -> tuple[AlertState, Verdict, bool]:
        return self.triaged.get(n, (AlertState.NEW, Verdict.NONE, False))

    def _alert(self, n: int, *, matches: bool = False) -> Alert:
        state, verdict, starred = self._triage_of(n)
        name, severity = LISTS[n % 4]
        severity = Severity.HIGH if n in self.why else severity
        if n in self.about_feeds:
            name, severity = FEED_HEALTH, Severity.MEDIUM
        return Alert(
            id=n,
            watchlist=name,
            article=None if n in self.about_feeds else n,
            kind=AlertKind.FAILING if n in self.about_feeds else AlertKind.MATCH,
            severity=severity,
            state=state,
            verdict=verdict,
            starred=starred,
            backfill=False,
            raised_at=self._raised(n),
            title=self.title(n),
            url=f"https://news.example/{n}",
            feed=OUTLETS[n % 4],
            lang="fr",
            published=self.published(n),
            copies=n % 3,
            merged_into=self.merged.get(n),
            suppressed=SuppressionReason.SILENCE if n in self.silenced else "",
            note=self.notes.get(n, ""),
            tags=self.tags.get(n, ()),
            assignee=self.assignees.get(n, ""),
            escalations=self._escalations(n),
            matches=_matches(self.title(n)) if matches else (),
            story_alert=self.story_of.get(n, n),
        )

    def _escalations(self, n: int) -> tuple[Escalation, ...]:
        return tuple(
            Escalation(
                id=number, alert=n, reason="outlets", words=self.why[n], at=self.now,
                severity=Severity.MEDIUM,
            )
            for number, (alert, _) in enumerate(self.louder, 1)
            if alert == n
        )  # fmt: skip

    def change(
        self,
        ids: Iterable[int],
        *,
        state: AlertState | None = None,
        verdict: Verdict | None = None,
        starred: bool | None = None,
        note: str | None = None,
        assignee: str | None = None,
        tags: Sequence[str] = (),
        untag: Sequence[str] = (),
        acknowledge: bool = False,
        seen: Mapping[str, Any] = {},
        shown: Mapping[int, TriageState] = {},
    ) -> TriageAction | None:
        if self.locked.is_set():
            raise StoreError("the store is locked")
        ids = list(ids)
        change = Change(state=state, verdict=verdict, starred=starred, note=note, assignee=assignee)
        now = {n: triage_state(self._alert(n, matches=False)) for n in ids}
        stale = tuple(n for n in ids if overwrites(shown.get(n, now[n]), now[n], change.on(now[n])))
        ids = [n for n in ids if n not in stale]
        before = {n: self._standing(n) for n in ids}
        for n, (*_, old_note, old_tags, old_assignee) in before.items():
            pairs = zip(self._triage_of(n), (state, verdict, starred), strict=True)
            after = tuple(old if new is None else new for old, new in pairs)
            self.triaged[n] = after  # type: ignore[assignment]
            self.notes[n] = old_note if note is None else note
            self.tags[n] = tuple(sorted({*old_tags, *tags} - {*untag}))
            self.assignees[n] = old_assignee if assignee is None else assignee
        action = self._act({n: old for n, old in before.items() if old != self._standing(n)})
        if stale:
            action = action or TriageAction(id=0, at=self.now, who="me", ids=())
            return replace(action, left=stale)
        return action

    def undo(self, action_id: int | None = None) -> TriageAction | None:
        if self.locked.is_set():
            raise StoreError("the store is locked")
        open_acts = [id for id in self.acts if id not in self.undone]
        number = action_id if action_id is not None else max(open_acts, default=None)
        if number is None or number in self.undone:
            return None
        before = self.acts[number]
        after = {n: self._standing(n) for n in before}
        for n, previous in before.items():
            self._restore(n, previous)
        action = self._act(after)
        assert action is not None
        self.undone |= {number, action.id}
        self.redoable.append((action.id, number))
        return action

    def redo(self) -> TriageAction | None:
        if not self.redoable:
            return None
        number, undo_id = self.redoable.pop()
        before = {n: self._standing(n) for n in self.acts[number]}
        for n, previous in self.acts[number].items():
            self._restore(n, previous)
        action = self._act(before)
        assert action is not None
        self.undone = self.undone - {undo_id} | {action.id}
        return action

    def decisions(self, alert: int) -> list[Decision]:
        """Return the decisions on an alert; the state after one is the state before the next."""
        states = {number: before[alert] for number, before in self.acts.items() if alert in before}
        decisions = []
        for (number, old), new in zip(
            states.items(), [*states.values(), self._standing(alert)][1:], strict=True
        ):
            names = TriageState.__struct_fields__
            fields = [name for name, a, b in zip(names, old, new, strict=True) if a != b]
            before, after = (dict(zip(names, values, strict=True)) for values in (old, new))
            decisions.append(
                Decision(
                    act=number, alert=alert, at=self.now, who="me", why="", undoes=None,
                    before={name: before[name] for name in fields},
                    after={name: after[name] for name in fields},
                )
            )  # fmt: skip
        return decisions

    def tag_counts(self) -> dict[str, int]:
        return dict(Counter(tag for tags in self.tags.values() for tag in tags))

    def _standing(self, n: int) -> tuple[AlertState, Verdict, bool, str, tuple[str, ...], str]:
        decision = self._triage_of(n)
        return (*decision, self.notes.get(n, ""), self.tags.get(n, ()), self.assignees.get(n, ""))

    def _restore(self, n: int, old: tuple[Any, ...]) -> None:
        self.triaged[n], self.notes[n], self.tags[n], self.assignees[n] = old[:3], *old[3:]

    def _act(self, before: dict[int, Any]) -> TriageAction | None:
        if not before:
            return None
        number = len(self.acts) + 1
        self.acts[number] = before
        return TriageAction(id=number, at=self.now, who="me", ids=tuple(before))

    # --- what is skimmed ------------------------------------------------------------

    def headlines(
        self, *, after: int = 0, before: int | None = None, limit: int
    ) -> list[tuple[int, str]]:
        top = self.count if before is None else before - 1
        ids = list(range(top, after, -1))
        return [(n, self.title(n)) for n in (ids if limit < 0 else ids[:limit])]

    def column_values(self, column: str) -> list[tuple[int, int, str, str | float | None]]:
        values: dict[str, Callable[[Alert], str | float | None]] = {
            "signs": lambda alert: str(alert.severity),
            "published": lambda alert: alert.published,
            "watchlist": lambda alert: alert.watchlist,
            "headline": lambda alert: alert.title,
            "outlet": lambda alert: alert.publisher,
            "others": lambda alert: alert.copies,
        }
        return [
            (alert.id, alert.story_alert, str(alert.severity), values[column](alert))
            for alert in self.alerts(range(1, self.count + 1))
        ]

    def newest_escalation(self) -> int:
        return len(self.louder)

    def escalated(self, filter: Filter, *, after: int = 0) -> list[EscalatedAlert]:
        passing = set(self.alert_ids(filter))
        return [
            EscalatedAlert(above, number, alert)
            for number, (alert, above) in enumerate(self.louder, 1)
            if number > after and alert in passing
        ]

    def escalate(self, alert: int, words: str = "5 outlets") -> None:
        """Let an alert become louder now."""
        self.louder.append((alert, self.count))
        self.why[alert] = words

    # --- deliveries and mutes ---------------------------------------------------------

    def deliveries(self, states: object, limit: int | None = None) -> list[Delivery]:
        return list(self.unsent)

    def retry(self, ids: Sequence[int] | None, now: float) -> int:
        deliveries = [d for d in self.unsent if ids is None or d.id in ids]
        self.retried += [d.id for d in deliveries]
        return len(deliveries)

    def mute(self, name: str, seconds: float = 3600.0, person: str = "") -> Silence:
        silence = Silence(watchlist=name, by=person, since=self.now, until=self.now + seconds)
        self.muted[name] = silence
        return silence

    def unmute(self, name: str) -> Silence | None:
        return self.muted.pop(name, None)

    def without_alert(
        self, *, after: int = 0, before: int = 1 << 60, limit: int = 1 << 60
    ) -> list[EscalatedAlert]:
        ids = sorted(n for n in self.others if after < n < before)[-limit:] if limit else []
        return [EscalatedAlert(self.others[n], n, -n) for n in ids]

    def _article(self, n: int) -> Article:
        return Article(
            id=n, feeds=(n % 4,), url=f"https://news.example/{n}", title=f"Article {n}",
            summary="", body=BODY, lang="fr", published=NOW - 120, seen=NOW - 60,
        )  # fmt: skip

    def read(self, article: int) -> ArticleDetails | None:
        if article in self.others:
            return ArticleDetails(article=self._article(article), feed="FT", alerts=(), versions=1)
        if not 0 < article <= self.count:
            return None
        title = self.title(article)
        alert = self._alert(article, matches=True)
        return ArticleDetails(
            article=Article(
                id=article,
                feeds=(1,),
                url=alert.url,
                title=title,
                summary=title,
                body=BODY,
                author="",
                lang="fr",
                published=alert.published,
                seen=alert.raised_at,
            ),
            feed=alert.feed,
            alerts=(alert,),
            timeline=self._telling(article),
            merged=tuple(self._merged(article)),
            versions=len(self.versions(article)),
        )

    def _merged(self, article: int) -> Iterator[MergedAlert]:
        for other, target in self.merged.items():
            if article in (other, target):
                first = target if article == other else other
                yield MergedAlert(
                    alert=first, partner=article, stands=first == target, article=first,
                    watchlist=LISTS[first % 4][0], title=self.title(first), seen=NOW,
                    publisher=OUTLETS[first % 4],
                )  # fmt: skip

    def _telling(self, article: int) -> StoryTimeline:
        """Articles in pairs tell one story; the fourth outlet does so in English."""
        first = article - (article + 1) % 2
        outlets = tuple(
            Outlet(name=OUTLETS[n % 4], article=n, seen=NOW - 200 + lag, lag=lag, copied=lag > 0)
            for n, lag in ((first, 0.0), (first + 1, 240.0))
            if n <= self.count
        )
        foreign = Outlet(name=OUTLETS[3], article=3, seen=NOW, lag=0.0, lang="en")
        return StoryTimeline(outlets, (foreign,) if article != 3 else ())

    def similar(self, article: int, limit: int) -> list[SearchHit]:
        """Return two articles that are similar to each article up to 30; none for those above."""
        ids = [] if article > 30 else [id for id in (5, 6, 7) if id != article][:2]
        return [
            SearchHit(
                article=details.article, feed=details.feed, score=0.9 - number / 10, spans=(),
                snippet="", lit=(),
            )
            for number, id in enumerate(ids)
            if (details := self.read(id))
        ]  # fmt: skip

    def versions(self, article: int) -> list[Version]:
        """Article 2 was edited once."""
        title = self.title(article)
        now = Version(number=1, title=title, summary="", body=BODY, until=None)
        if article != 2:
            return [now]
        before = replace(now, body="Une grève générale.\n" + BODY, until=NOW - 60)
        return [before, replace(now, number=2)]

    def gaps(self, since: float, until: float) -> list[Gap]:
        feed = self.feed_health[1].feed
        return [
            Gap(feed=feed, start=NOW - 7200, end=NOW - 3600, kind=GapKind.BLIND),
            Gap(feed=feed, start=NOW - 600, end=None, kind=GapKind.DOWN),
        ]

    def coverage(self, since: float) -> list[Coverage]:
        return [Coverage(watchlist="grève", feeds=4, gaps=tuple(self.gaps(since, self.now)))]

    def briefing(self, since: float) -> Briefing:
        """Return the invented briefing of support.briefings, with hostile texts."""
        return compose_briefing(replace(hostile_facts(), until=self.now), UTC)

    def every_feed(self) -> list[Feed]:
        return [replace(health.feed, number=1) for health in self.feed_health]

    def search(
        self,
        query: str,
        filter: Filter = ALL,
        *,
        sort: str = "date",
        limit: int = 50,
        width: int = 200,
        after: str = "",
    ) -> Results:
        self.searches.append(query)
        if query in self.slow:
            self.slow[query].wait(10)
        if query.endswith("("):
            raise QueryError("this bracket is never closed", len(query) - 1, "add )")
        if query == "broken":
            raise ArchiveDamaged("segment \x1b[2J\u202e[red]7 is damaged")
        hits = []
        for n in range(self.count, 0, -1):
            reading = self.read(n)
            assert reading is not None
            at = reading.article.title.lower().find(query.lower())
            if at >= 0:
                spans = (("title", at, at + len(query)),)
                hits.append(SearchHit(reading.article, reading.feed, 1.0, spans, "", ()))
        start = int(after or 0)
        end = start + limit
        next_page = str(end) if end < len(hits) else ""
        return Results(tuple(hits[start:end]), len(hits), before=start, next=next_page)

    def rung(self, articles: Iterable[int]) -> dict[int, Severity]:
        return {n: LISTS[n % 4][1] for n in articles if n % 3 == 0}

    def trend(self, queries: Sequence[str], filter: Filter = ALL) -> Trend:
        edges = tuple(NOW - 86_400.0 * n for n in range(30, -1, -1))
        counts = tuple(n % 7 for n in range(30))
        coverage = tuple(0.4 if 10 <= n < 15 else 1.0 for n in range(30))
        series = tuple(
            Series(name=query, counts=counts, covered=coverage, corrected=(None,) * len(counts))
            for query in queries
        )
        return Trend(
            by=BucketSize.DAY, edges=edges, labels=tuple("d" for _ in counts), since=edges[0],
            until=edges[-1], series=series,
        )  # fmt: skip

    def suggestions(self, query: str, total: int) -> list[Suggestion]:
        return [] if total >= FEW_HITS else [
            Suggestion(
                kind="inflections", query="grève", filter=ALL, total=10, gained=9, written=query,
                instead="grève~", forms=("greve", "greves"),
            ),
            Suggestion(
                kind="without", query="orly", filter=ALL, total=10, gained=9, written="[x]"
            ),
        ]  # fmt: skip

    def facets(self, query: str, *, limit: int = 10) -> Facets:
        return Facets(
            total=10, first=None, last=None, feeds=(Share("Le Monde", 6), Share("AFP", 4)),
            langs=(Share("fr", 9), Share("en", 1)), watchlists=(Share("grève", 3),),
            words=(SignificantTerm("orly", ("orly", "orlys"), 5, 0.4, 30.0),), read=8,
        )  # fmt: skip

    def poll_now(self, url: str | None = None) -> None:
        self.polled.append(url)

    def saved_searches(self) -> Sequence[SavedSearch]:
        query = parse_query("grève")
        return [SavedSearch(name="Mes grèves", query=query, sort="score")]

    def searched(self, limit: int = 50) -> list[PastSearch]:
        return list(self.noted[:limit])

    def note_search(self, query: str, sort: str = "date") -> None:
        if self.locked.is_set():
            raise StoreError("the store is locked")
        self.noted.insert(0, PastSearch(query.strip(), sort, self.now))

    def complete(self, query: str, cursor: int) -> Completion:
        return complete(query, cursor, lambda name: OUTLETS if name == "feed" else ())


def rehearsal(**fields: Any) -> Rehearsal:
    """Return a rehearsal of some fields, and nothing else in it."""
    counts = dict.fromkeys(("articles", "matched", "alerts", "lost"), 0)
    empty = dict.fromkeys(("terms", "examples", "near_misses", "overlaps"), ())
    return Rehearsal(**{"window": 30, "days": 30.0, "verdicts": {}, **counts, **empty, **fields})


def _matches(title: str) -> tuple[Match, ...]:
    """Return the matches of the word grève in the title and the body, of the title's start else."""
    occurrences = [
        Match(field="body", start=at, end=at + 5, text="grève", term="grève")
        for at in range(len(BODY))
        if BODY.startswith("grève", at)
    ][:5]
    end = title.find(" ", 6) if " " in title[6:] else len(title)
    return (Match(field="title", start=0, end=end, text=title[:end], term="terme"), *occurrences)


def feed_health(number: int, name: str, health: Health = Health.OK, words: str = "") -> FeedHealth:
    """Return a feed with this health."""
    return FeedHealth(
        feed=Feed(url=f"https://{number}.example/rss", name=name, number=number),
        health=health,
        state=FeedState(
            next_due=NOW + 120,
            last_poll=NOW - 60,
            last_ok=NOW - 60 if health is Health.OK else NOW - 7200,
            failures=0 if health is Health.OK else 4,
            reason=words,
            link=f"https://{number}.example/",
        ),
        articles=100 + number,
        words=words or "answers; asked again in 2m",
    )


def failing(newsroom: FakeNewsroom, number: int, words: str) -> None:
    """Let one feed fail for a reason."""
    name = newsroom.feed_health[number].feed.name
    newsroom.feed_health[number] = feed_health(number, name, Health.FAILING, words)


def aged(newsroom: FakeNewsroom, seconds: float) -> None:
    """Let time pass."""
    newsroom.now += seconds


__all__ = ["NOW", "FakeNewsroom", "aged", "failing", "feed_health"]
