"""Alerts, their escalations, what is held back and their deliveries, written."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from index.article import Timestamp
from monitor.alerts import escalation
from monitor.audit.evidence import Kind, Via
from monitor.fetch.publishers import publisher
from monitor.model.alert import FEED_HEALTH, Match, Notice, Verdict, WatchlistMatch
from monitor.model.config import Escalate, Watchlist
from monitor.model.feed import Feed
from monitor.model.poll import ArticleChange, RaisedAlert
from monitor.model.severity import Severity
from monitor.store.sqlite.connection import marks
from monitor.store.sqlite.evidence_writes import Came, Proving
from monitor.store.sqlite.recognition import Transacted


def record_reopening(sql: sqlite3.Connection, alert: int, why: str, now: Timestamp) -> None:
    """Record that an alert is about to be new again, unless it is, or is called noise."""
    before = sql.execute(
        "SELECT state FROM alerts WHERE id = ? AND state <> 'new' AND verdict <> 'noise'", (alert,)
    ).fetchone()
    if before is None:
        return
    act = sql.execute("INSERT INTO acts (at, who, why) VALUES (?, '', ?)", (now, why)).lastrowid
    states = (json.dumps({"state": state}) for state in (before[0], "new"))
    sql.execute("INSERT INTO decisions VALUES (?, ?, ?, ?)", (alert, act, *states))


class Clocking(Transacted):
    """One row for each article that is news and rang; other articles cost nothing."""

    def _clock_in(self, arrival: ArticleChange, feed: Feed, came: Came, now: Timestamp) -> None:
        """Note when an article was published, seen and matched, once."""
        if arrival.backfill or came.via not in (Via.POLL, Via.PAGE):
            return
        seen = came.answered.received if came.answered else arrival.article.seen
        self._sql.execute(
            "INSERT OR IGNORE INTO latency (article, feed, published, seen, matched, edited)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                arrival.article.id,
                feed.number,
                arrival.article.published,
                min(seen, now),
                now,
                came.via is Via.POLL and not arrival.new,
            ),
        )


MEMBERS = "SELECT id FROM articles WHERE id = ?1 OR (story = ?1 AND story <> id)"
"""The articles of a story."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spread:
    """How far a story has got."""

    newest: int
    outlets: int
    """Independent ones."""
    crossed: dict[str, tuple[int, str]]
    """By language: the first article that carried it there, and its feed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Leader:
    """The first alert of a watchlist about a story, and what was asked for it."""

    id: int
    watchlist: str
    severity: Severity
    verdict: str
    title: str
    lang: str
    feed: str
    asked: Escalate
    tells_backfill: bool
    known: Collection[str]


class Escalating(Proving):
    """Each reason makes an alert louder once."""

    def _escalate(self, arrivals: Sequence[ArticleChange], now: Timestamp) -> list[RaisedAlert]:
        """Make alerts louder that arrivals give reason to; return those to be told of."""
        touched: dict[int, bool] = {}
        for arrival in arrivals:
            for story in self._stories(arrival):
                touched[story] = touched.get(story, True) and arrival.backfill
        return [
            told
            for story, backfill in touched.items()
            for told in self._escalate_story(story, backfill, now)
        ]

    def _stories(self, arrival: ArticleChange) -> Iterator[int]:
        """Yield the stories that an arrival spreads; alone it spreads none."""
        article = arrival.article
        if article.story != article.id or not arrival.new:
            yield article.story
        if arrival.crosses is not None:
            yield from (
                story
                for (story,) in self._sql.execute(
                    "SELECT story FROM articles WHERE id = ?", (arrival.crosses,)
                )
            )

    def _escalate_story(self, story: int, backfill: bool, now: Timestamp) -> Iterator[RaisedAlert]:
        leaders = self._leaders(story)
        if not leaders:
            return
        spread = self._spread(story)
        for leader in leaders:
            for reason in escalation.reasons(
                leader.asked, spread.outlets, spread.crossed.keys(), leader.known
            ):
                severity = self._raise_voice(leader, reason, spread, now)
                if leader.verdict != Verdict.NOISE:
                    yield RaisedAlert(
                        id=leader.id,
                        watchlist=leader.watchlist,
                        severity=severity,
                        title=leader.title,
                        lang=leader.lang,
                        feed=leader.feed,
                        backfill=backfill,
                        held="backfill" if backfill and not leader.tells_backfill else "",
                        escalation=escalation.words(
                            reason, spread.outlets, spread.crossed.get(reason, (0, ""))[1]
                        ),
                    )

    def _leaders(self, story: int) -> list[_Leader]:
        found = self._sql.execute(
            "SELECT min(al.id), al.watchlist, al.severity, al.verdict, a.title, a.lang, f.name,"
            " w.outlets, w.crossing, w.louder, w.notify_backfill,"
            " (SELECT group_concat(reason) FROM escalations e WHERE e.alert = al.id)"
            " FROM alerts al JOIN watchlists w ON w.name = al.watchlist"
            " JOIN articles a ON a.id = al.article JOIN feeds f ON f.number = a.feed"
            f" WHERE al.merged_into IS NULL AND al.article IN ({MEMBERS}) GROUP BY al.watchlist",
            (story,),
        )
        return [
            _Leader(
                id=id,
                watchlist=watchlist,
                severity=Severity(severity),
                verdict=verdict,
                title=title,
                lang=lang,
                feed=feed,
                asked=Escalate(
                    outlets=outlets, languages=bool(crossing), to=louder and Severity(louder)
                ),
                tells_backfill=bool(tells),
                known=(known or "").split(","),
            )
            for (
                id, watchlist, severity, verdict, title, lang, feed, outlets, crossing, louder,
                tells, known,
            ) in found
        ]  # fmt: skip

    def _spread(self, story: int) -> _Spread:
        members = self._sql.execute(
            "SELECT a.id, a.url, f.url FROM articles a JOIN feeds f ON f.number = a.feed"
            f" WHERE a.id IN ({MEMBERS})",
            (story,),
        ).fetchall()
        crossed: dict[str, tuple[int, str]] = {}
        for later, lang, feed in self._sql.execute(
            "SELECT c.later, a.lang, f.name FROM crossings c JOIN articles a ON a.id = c.later"
            " JOIN feeds f ON f.number = a.feed"
            f" WHERE c.earlier IN ({MEMBERS}) ORDER BY c.later",
            (story,),
        ):
            crossed.setdefault(lang, (later, feed))
        return _Spread(
            newest=max((id for id, _, _ in members), default=story),
            outlets=len({publisher(url, feed) for _, url, feed in members}),
            crossed=crossed,
        )

    def _raise_voice(
        self, leader: _Leader, reason: str, spread: _Spread, now: Timestamp
    ) -> Severity:
        """Make an alert louder and, unless it is noise, untriaged again; return how loud."""
        article = spread.crossed[reason][0] if reason in spread.crossed else spread.newest
        ((before,),) = self._sql.execute("SELECT severity FROM alerts WHERE id = ?", (leader.id,))
        after = escalation.louder(leader.asked, Severity(before))
        self._sql.execute(
            "INSERT INTO escalations (alert, reason, at, outlets, article, severity)"
            f" VALUES ({marks(6)})",
            (leader.id, reason, now, spread.outlets, article, before),
        )
        outlet = spread.crossed.get(reason, (0, ""))[1]
        words = escalation.words(reason, spread.outlets, outlet)
        record_reopening(self._sql, leader.id, words, now)
        self._sql.execute(
            "UPDATE alerts SET severity = ?,"
            " state = CASE verdict WHEN 'noise' THEN state ELSE 'new' END WHERE id = ?",
            (after, leader.id),
        )
        said = {
            "at": now,
            "reason": reason,
            "outlets": spread.outlets,
            "article": article,
            "from": before,
            "to": after,
        }
        self._prove(Kind.ESCALATED, leader.id, said)
        return after


class Raising(Escalating, Clocking):
    """At most one alert per watchlist and article."""

    def raise_late(self, arrival: ArticleChange, feed: Feed, now: Timestamp) -> list[RaisedAlert]:
        """Raise alerts for an article that is stored already; returns them."""
        raised = self._raise(arrival, feed, now, Came(Via.ARCHIVE))
        return raised + self._escalate([arrival], now) if raised else raised

    def backfilled(self, watchlists: Collection[str], upto: int) -> None:
        """Note that these rules have been matched with the articles up to that id."""
        self._sql.executemany(
            "UPDATE backfills SET upto = ? WHERE watchlist = ?",
            [(upto, watchlist) for watchlist in watchlists],
        )

    def _raise(
        self, arrival: ArticleChange, feed: Feed, now: Timestamp, came: Came
    ) -> list[RaisedAlert]:
        """Raise at most one alert per watchlist and article; returns those not merged.

        An alert that was raised before stays as it is, and gets the matches of today.
        """
        raised = []
        for hit in arrival.hits:
            leader = self._leader(hit, arrival)
            held, until = ("", None) if leader else self._held(hit.watchlist, arrival, now)
            fresh = self._sql.execute(
                "INSERT OR IGNORE INTO alerts"
                " (watchlist, article, severity, backfill, raised_at, merged_into, rule, held,"
                " held_until, article_version)"
                f" SELECT {marks(9)}, version FROM articles WHERE id = ? RETURNING id",
                (
                    hit.watchlist.name,
                    arrival.article.id,
                    hit.watchlist.severity,
                    arrival.backfill,
                    now,
                    leader,
                    hit.watchlist.rule,
                    held,
                    until,
                    arrival.article.id,
                ),
            ).fetchone()
            id = int(fresh[0]) if fresh else self._alert(hit, arrival.article.id)
            before = () if fresh else self._matched(id)
            self._match(id, hit.matches)
            if fresh:
                self._prove_raised(id, hit, arrival, feed, came, leader, now)
                self._clock_in(arrival, feed, came, now)
            elif came.via is Via.ARCHIVE:
                self._prove_rematched(id, hit.watchlist, before, now)
            if fresh and leader is None:
                raised.append(
                    RaisedAlert(
                        id=id,
                        watchlist=hit.watchlist.name,
                        severity=hit.watchlist.severity,
                        title=arrival.article.title,
                        feed=feed.name,
                        backfill=arrival.backfill,
                        held=held,
                        lang=arrival.article.lang,
                    )
                )
        return raised

    def _held(
        self, watchlist: Watchlist, arrival: ArticleChange, now: Timestamp
    ) -> tuple[str, Timestamp | None]:
        """Return why nobody is told of an alert raised now, if so, and until when it is held."""
        if arrival.backfill and not watchlist.notify_backfill:
            return "backfill", None
        if not watchlist.cooldown:
            return "", None
        ((told,),) = self._sql.execute(
            "SELECT max(raised_at) FROM alerts WHERE watchlist = ? AND held = ''"
            " AND merged_into IS NULL AND raised_at > ? AND raised_at <= ?",
            (watchlist.name, now - watchlist.cooldown, now),
        )
        return ("", None) if told is None else ("cooldown", told + watchlist.cooldown)

    def _notify(self, feed: Feed, notice: Notice, now: Timestamp) -> Iterator[RaisedAlert]:
        """Begin an episode, and raise the alert about it if it rings."""
        id = None
        if notice.rings:
            (id,) = self._sql.execute(
                "INSERT INTO alerts (watchlist, kind, feed, severity, title, raised_at)"
                f" VALUES ('', {marks(5)}) RETURNING id",
                (notice.kind, feed.number, notice.severity, notice.title, now),
            ).fetchone()
            self._prove_notice(id, feed, notice, now)
            yield RaisedAlert(
                id=id,
                watchlist=FEED_HEALTH,
                severity=notice.severity,
                title=notice.title,
                feed=feed.name,
                backfill=False,
                kind=notice.kind,
            )
        self._sql.execute(
            "INSERT INTO episodes (feed, kind, started_at, alert) VALUES (?, ?, ?, ?)",
            (feed.number, notice.kind, now, id),
        )

    def _alert(self, hit: WatchlistMatch, article: int) -> int:
        (id,) = self._sql.execute(
            "SELECT id FROM alerts WHERE watchlist = ? AND article = ?",
            (hit.watchlist.name, article),
        ).fetchone()
        return int(id)

    def _match(self, alert: int, matches: Sequence[Match]) -> None:
        self._sql.execute("DELETE FROM matches WHERE alert = ?", (alert,))
        self._sql.executemany(
            f"INSERT INTO matches VALUES ({marks(7)})",
            [
                (alert, place, m.field, m.start, m.end, m.text, m.term)
                for place, m in enumerate(matches)
            ],
        )

    def _leader(self, hit: WatchlistMatch, arrival: ArticleChange) -> int | None:
        """Return the alert of this watchlist that already speaks for this text, if any."""
        if arrival.copy_of is None:
            return None
        row = self._sql.execute(
            "SELECT coalesce(merged_into, id) FROM alerts WHERE watchlist = ?1 AND article IN"
            " (SELECT ?2 UNION SELECT id FROM articles WHERE copy_of = ?2)"
            " AND article <> ?3 ORDER BY id LIMIT 1",
            (hit.watchlist.name, arrival.copy_of, arrival.article.id),
        ).fetchone()
        return row and int(row[0])
