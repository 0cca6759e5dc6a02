"""Alerts that become louder because of what others tell of their story."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from index.article import Timestamp
from monitor import escalation
from monitor.evidence import Kind
from monitor.model import Arrival, Escalate, Raised, Severity, Verdict
from monitor.store.batch.proving import Proving
from monitor.store.batch.reopening import record_reopening
from monitor.store.chunks import marks
from monitor.stories.publishers import publisher

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

    def _escalate(self, arrivals: Sequence[Arrival], now: Timestamp) -> list[Raised]:
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

    def _stories(self, arrival: Arrival) -> Iterator[int]:
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

    def _escalate_story(self, story: int, backfill: bool, now: Timestamp) -> Iterator[Raised]:
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
                    yield Raised(
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
